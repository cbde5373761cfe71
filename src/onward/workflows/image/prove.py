"""Start what was built: the image's root in a clean room, without network and rights, before anybody gets it."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from onward.adapters.clean_room import Inside, Wanted, enter, read
from onward.adapters.layer_tar import unpack
from onward.core.finding import Certainty, Finding, Place
from onward.core.lines import lines_of
from onward.core.perform import Listen
from onward.core.proc.run import run
from onward.domain.images.manifest import Layer
from onward.domain.images.program import Program
from onward.workflows.image.bench import key_of
from onward.workflows.image.installed import PYTHON

_SECONDS = 90.0
_WORDS = 12  # lines of a program that fails
_KEPT_ROOTS = 3
_HOUR, _DAY = 3600.0, 86_400.0  # seconds


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was proven in words, or what went wrong."""

    proven: str = ""
    finding: Finding | None = None


def unproven(name: str, why: str, hint: str = "") -> Finding:
    """Give the finding for an image that nobody has started."""
    return Finding(
        rule="ship/unproven",
        subject=Place(path=name),
        message=f"NOTHING WAS PROVEN: the image was not started, {why}",
        hint=hint or "Start it once where that can be done, before you hand it out.",
        certainty=Certainty.unknown,
    )


def prove(
    layers: Sequence[tuple[Layer, Path]],
    config: bytes,
    program: Program,
    *,
    name: str,
    roots: Path,
    listen: Listen,
) -> Proof:
    """Unpack ``layers`` (with where their blobs are) and start ``program`` in there, as the image's ``config`` says.

    A web application has to answer HTTP; a command has to know ``--help``, or at least its
    module has to be importable. ``roots`` is where unpacked lower layers are kept.
    """
    listen("start", "Starting it in a clean room, without network and as nobody")
    settings = json.loads(config)["config"]
    env = dict(word.partition("=")[::2] for word in settings["Env"])
    with _root(layers, roots) as root:
        trial = _Trial(root, env, settings["WorkingDir"], program, name)
        return trial.web() if program.port else trial.command()


class _Trial:
    """One root, and attempts at starting something in it."""

    def __init__(
        self, root: Path, env: dict[str, str], folder: str, program: Program, name: str
    ) -> None:
        self._root = root
        self._env = env
        self._folder = folder
        self._program = program
        self._name = name

    def web(self) -> Proof:
        """Start the server and ask it once."""
        port = self._program.port
        came = self._start(self._program.argv, port=port)
        if came.status is not None and 0 < came.status < 500:
            words = f"in a clean root it answers HTTP on port {port} with status {came.status}"
            return Proof(proven=words)
        if came.status is not None:
            return self._failed(f"it answers with status {came.status}", came)
        return self._failed(f"it never answered on port {port}", came)

    def command(self) -> Proof:
        """Ask a command for its help; import its module when it has none."""
        argv = self._program.argv
        came = None
        if argv[0] != PYTHON:
            came = self._start((*argv, "--help"))
            if not came.started or came.code == 0:
                words = f"in a clean root `{' '.join(argv)} --help` works"
                return Proof(proven=words) if came.started else self._failed("", came)
        script = _importing(self._program)
        if not script:
            return self._failed("it fails, and nothing tells which module to import instead", came)
        second = self._start((PYTHON, "-c", script))
        if second.started and second.code == 0:
            return Proof(proven="in a clean root its code can be imported")
        return self._failed("it cannot be imported", second)

    def _start(self, argv: Sequence[str], *, port: int = 0) -> Inside:
        program = self._found(argv[0])
        if not program:
            path = self._env.get("PATH", "")
            return Inside(started=True, code=127, err=f"`{argv[0]}` is nowhere on {path}")
        wanted = Wanted(
            root=str(self._root),
            argv=(program, *argv[1:]),
            env=self._env,
            folder=self._folder,
            timeout=_SECONDS,
            port=port,
        )
        return read(run(enter(wanted)))

    def _found(self, name: str) -> str:
        """Give where a program is inside the root."""
        if "/" in name:
            return name
        for folder in self._env.get("PATH", "").split(":"):
            if folder and os.path.lexists(self._root / folder.lstrip("/") / name):
                return f"{folder}/{name}"
        return ""

    def _failed(self, why: str, came: Inside | None) -> Proof:
        if came is not None and not came.started:
            hint = "It needs root, or the right to make user namespaces."
            return Proof(finding=unproven(self._name, f"since {came.why}", hint))
        lines = lines_of(((came.err or came.out) if came else "").strip())
        told = f" (exit code {came.code})" if came and came.code else ""
        words = "\n".join(lines[-_WORDS:])
        last = f": {lines[-1][:300]}" if lines else ""
        return Proof(
            finding=Finding(
                rule="ship/run",
                subject=Place(path=self._name),
                message=f"in a clean root `{' '.join(self._program.argv)}` does not work: {why}{told}{last}",
                facts={"words": words} if words else {},
                hint="Mend that, or name another command: `--command`. `--no-prove` leaves this out.",
            )
        )


def _importing(program: Program) -> str:
    """Give the code that imports what a program runs without running it; empty when nobody knows."""
    if program.module:
        return f"import importlib; importlib.import_module({program.module!r})"
    if program.argv[0] == PYTHON and len(program.argv) == 2 and program.argv[1].endswith(".py"):
        return f"import runpy; runpy.run_path({program.argv[1]!r}, run_name='imported')"
    return ""


@contextlib.contextmanager
def _root(layers: Sequence[tuple[Layer, Path]], roots: Path) -> Iterator[Path]:
    """Give the image's root: the lower layers from what is kept unpacked, the last one over it."""
    lower, (_, last) = layers[:-1], layers[-1]
    # by what was fetched, which is what gets unpacked
    kept = roots / key_of("root", *(layer.blob.digest for layer, _ in lower))
    roots.mkdir(parents=True, exist_ok=True)
    if not kept.is_dir():
        above = Path(tempfile.mkdtemp(prefix=".new-", dir=roots))
        try:
            for _, path in lower:
                unpack(path, above)
            above.chmod(0o755)
            with contextlib.suppress(OSError):  # another onward was faster
                above.rename(kept)
        finally:
            shutil.rmtree(above, ignore_errors=True)
    os.utime(kept)
    scratch = Path(tempfile.mkdtemp(prefix=".run-", dir=roots))
    try:
        top = scratch / "root"
        # the same files, not copies: the room shows them read-only
        shutil.copytree(kept, top, symlinks=True, copy_function=_link)
        unpack(last, top)
        scratch.chmod(0o755)
        yield top
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        _sweep(roots)


def _sweep(roots: Path) -> None:
    """Keep the roots that were used last, and what others may be working with now."""
    found = sorted(roots.iterdir(), key=lambda path: path.stat().st_mtime)
    kept = [path for path in found if not path.name.startswith(".")][-_KEPT_ROOTS:]
    newest = found[-1].stat().st_mtime if found else 0.0
    for path in found:
        age = newest - path.stat().st_mtime
        in_use = age < (_DAY if path.name.startswith(".") else _HOUR)
        if path not in kept and not in_use:
            shutil.rmtree(path, ignore_errors=True)


def _link(source: str, target: str) -> None:
    if Path(source).is_symlink():
        Path(target).symlink_to(Path(source).readlink())
    else:
        os.link(source, target)
