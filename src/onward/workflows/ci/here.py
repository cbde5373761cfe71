"""The steps of the jobs on this machine, one after the other, and what passed is remembered.

A step passed before when the very same words ran on the very same files: those that git
tracks or would add, but not what steps build. What is remembered lies in onward's cache
folder, never in the project.
"""

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from onward import __version__
from onward.adapters.git import repository
from onward.adapters.uv.commands import uv_program
from onward.core.disk import locked, read_limited, sha256_of, write_atomic
from onward.core.errors import BadInput, MissingTool, OnwardError, OutsideFailed
from onward.core.lines import lines_of
from onward.core.perform import Listen, silent
from onward.core.proc.call import Call
from onward.core.proc.run import run
from onward.core.redact import redact
from onward.core.walk import walk
from onward.domain.pipeline.model import DIST, FETCHED, Job, Step, slug_of

_LAST_LINES = 20
_LARGEST_LOG = 50_000_000  # bytes that are read again to take secrets out
_PIECE = 1 << 20


class Local(msgspec.Struct, frozen=True, kw_only=True):
    """A step as it runs here: ``name`` is unique, ``words`` are for people, ``seconds`` the longest it may take.

    ``built`` is the folder that it builds into, or that what was built lies in.
    """

    name: str
    title: str
    words: tuple[str, ...]
    argv: tuple[str, ...]
    env: dict[str, str]
    folder: str
    built: str
    seconds: float
    each_time: bool = False
    may_fail: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a step.

    ``outcome`` is ``passed``, ``passed before``, ``passed over`` (``--from``), ``failed``,
    ``not started`` (its program is not there) or ``not reached``. ``words`` are the last lines
    of a step that failed, ``log`` is the file with all of them.
    """

    step: Local
    outcome: str
    seconds: float = 0.0
    code: int | None = None
    log: str = ""
    words: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        """Whether nothing runs after it."""
        return self.outcome in ("failed", "not started")


class _State(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of the steps that passed, by name."""

    schema: int = 1
    passed: dict[str, str] = {}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where logs, built files and what passed are kept, for one project."""

    folder: Path

    @property
    def state(self) -> Path:
        """The file that says what passed."""
        return self.folder / "passed.json"

    def built(self, folder: str = "") -> Path:
        """Give the folder that steps for ``folder`` of the project build into."""
        return self.folder / (f"built-{slug_of(folder)}" if folder else "built")

    def log(self, name: str) -> Path:
        """Give the log of a step."""
        return self.folder / "logs" / f"{name}.txt"


def place_for(cache: Path, root: Path) -> Place:
    """Give the place for the project at ``root``; nothing is made yet."""
    return Place(folder=cache / "ci" / sha256_of(str(root.resolve()).encode())[:24])


def steps_here(jobs: Sequence[Job], place: Place, env: Mapping[str, str]) -> tuple[Local, ...]:
    """Give the steps that this machine can do, each of the tests once for each Python; uploads only as a dry run."""
    return tuple(
        _local(job, step, python, place, env)
        for job in jobs
        if job.anywhere
        for python in job.pythons or ("",)
        for step in job.steps
        if step.argv
    )


def _local(job: Job, step: Step, python: str, place: Place, env: Mapping[str, str]) -> Local:
    words = (*step.argv, *step.dry)
    built = str(place.built(job.folder))
    argv = tuple(built if word in (DIST, FETCHED) else word for word in words)
    if step.onward:
        words = ("onward", *words)
        argv = (sys.executable, "-m", "onward", *argv)
    elif argv[0] == "uv":
        argv = (uv_program(env), *argv[1:])
    told = {**step.env, **({"UV_PYTHON": python} if python else {})}
    return Local(
        name=f"{step.name}-{python}" if python else step.name,
        title=f"{step.title} (Python {python})" if python else step.title,
        words=words,
        argv=argv,
        env=told,
        folder=step.folder,
        built=built,
        seconds=job.minutes * 60.0,
        each_time=step.each_time,
        may_fail=step.may_fail,
    )


def run_here(
    root: Path,
    steps: Sequence[Local],
    place: Place,
    env: Mapping[str, str],
    *,
    start: str = "",
    dry_run: bool = False,
    listen: Listen = silent,
    sources: Path | None = None,
) -> Iterator[Told]:
    """Run ``steps`` up to the first that fails, telling of each as soon as it is over.

    ``sources`` is the folder whose files decide what passed before: that of the workspace, where ``root`` is a member of it.
    ``start`` is the name of a step: those before it are passed over, that one runs even where
    it passed before. With ``dry_run`` nothing runs. Raises BadInput (``no-such-step``), and
    OutsideFailed while another onward does the same here.
    """
    names = [step.name for step in steps]
    if start and start not in names:
        raise BadInput(
            "no-such-step",
            f"there is no step `{start}`",
            context=tuple(f"{step.name}: {step.title}" for step in steps),
        )
    if dry_run:
        yield from _told_only(_Running(root, place, env, silent, sources), steps, start)
        return
    with locked(place.folder / "lock", f"the steps of `{root}`", wait=1.0):
        yield from _Running(root, place, env, listen, sources).each(steps, start)


def _told_only(running: "_Running", steps: Sequence[Local], start: str) -> Iterator[Told]:
    begun = not start
    for step in steps:
        begun = begun or step.name == start
        known = step.name != start and running.knows(step)
        word = "passed before" if known else "not reached" if begun else "passed over"
        yield Told(step=step, outcome=word)


class _Running:
    """One run over the steps of a project."""

    def __init__(
        self,
        root: Path,
        place: Place,
        env: Mapping[str, str],
        listen: Listen,
        sources: Path | None = None,
    ) -> None:
        self._root = root
        self._place = place
        self._env = env
        self._listen = listen
        self._state = _read_state(place.state)
        self._files = files_key(sources or root, env)

    def knows(self, step: Local) -> bool:
        """Whether the step passed before on the files as they are."""
        return not step.each_time and self._state.passed.get(step.name) == self._key(step)

    def each(self, steps: Sequence[Local], start: str) -> Iterator[Told]:
        """Run them."""
        begun, stopped = not start, False
        for step in steps:
            begun = begun or step.name == start
            if stopped:
                yield Told(step=step, outcome="not reached")
            elif not begun and not self.knows(step):
                yield Told(step=step, outcome="passed over")
            elif not begun or (step.name != start and self.knows(step)):
                yield Told(step=step, outcome="passed before", log=str(self._place.log(step.name)))
            else:
                told = self._run(step)
                stopped = told.stops
                yield told

    def _run(self, step: Local) -> Told:
        self._listen("start", f"{step.name}: {step.title}")
        self._remember(step.name, "")  # what is cut short has not passed
        log = self._place.log(step.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        if step.built in step.argv and "wheel" in step.argv:
            shutil.rmtree(step.built, ignore_errors=True)
        Path(step.built).mkdir(parents=True, exist_ok=True)
        call = Call(
            argv=(shutil.which(step.argv[0], path=self._env.get("PATH")) or step.argv[0], *step.argv[1:]),
            cwd=str(self._root / step.folder),
            env={**self._env, **step.env},
            timeout=step.seconds,
            out_file=str(log),
            err_too=True,
            whole_group=True,
            watched=True,
        )  # fmt: skip
        try:
            ran = run(call)
        except MissingTool as error:
            return Told(step=step, outcome="not started", words=(error.message,))
        except OutsideFailed as error:
            return Told(
                step=step,
                outcome="failed",
                seconds=step.seconds,
                log=str(log),
                words=(*_last(log), error.message),
            )
        finally:
            _clean(log)
        passed = ran.succeeded or step.may_fail
        if passed:
            self._remember(step.name, self._key(step))
        return Told(
            step=step,
            outcome="passed" if passed else "failed",
            seconds=ran.seconds,
            code=ran.code,
            log=str(log),
            words=() if passed else _last(log),
        )

    def _remember(self, name: str, key: str) -> None:
        passed = {**self._state.passed, name: key}
        self._state = _State(passed={name: key for name, key in passed.items() if key})
        write_atomic(self._place.state, msgspec.json.encode(self._state), durable=False)

    def _key(self, step: Local) -> str:
        parts = [__version__, self._files, step.folder, *step.argv]
        parts += [f"{name}={value}" for name, value in sorted(step.env.items())]
        return sha256_of("\0".join(parts).encode())


def files_key(root: Path, env: Mapping[str, str]) -> str:
    """Give a word for the names and contents of the files below ``root`` that git tracks or would add, but for built ones.

    Without git it is all files but those of tools' own folders.
    """
    total = hashlib.sha256()
    for path in sorted(set(_paths(root, env))):
        if path.startswith((f"{DIST}/", f"{FETCHED}/")):
            continue
        total.update(f"{path}\0{_content(root / path)}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _paths(root: Path, env: Mapping[str, str]) -> Iterable[str]:
    try:
        known = repository(root, env, cwd=root)
    except OnwardError:
        known = None
    if known is None:
        return [path for path, entry in walk(str(root)) if entry is not None]
    return (*known.with_submodules(root)[0], *known.new_files(root))


def _content(path: Path) -> str:
    try:
        if path.is_symlink():
            return f"link {os.readlink(path)}"  # noqa: PTH115 - as it is written there
        content = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                content.update(piece)
            mode = os.fstat(file.fileno()).st_mode & 0o111
    except OSError:
        return "-"
    return f"{content.hexdigest()} {bool(mode)}"


def _read_state(path: Path) -> _State:
    try:
        state = msgspec.json.decode(read_limited(path, 5_000_000), type=_State)
    except (OSError, OnwardError, msgspec.MsgspecError):
        return _State()  # nothing is known to have passed, so all of it runs
    return state if state.schema == 1 else _State()


def _clean(log: Path) -> None:
    """Take out of a log what looks like a secret."""
    try:
        text = read_limited(log, _LARGEST_LOG).decode("utf-8", "replace")
    except (OSError, BadInput):
        return
    write_atomic(log, redact(text).encode(), durable=False)


def _last(log: Path) -> tuple[str, ...]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 20_000))
            said = file.read().decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(lines_of(said.strip())[-_LAST_LINES:])
