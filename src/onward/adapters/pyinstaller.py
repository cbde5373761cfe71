"""PyInstaller (6.22): what to call for a folder or one file. It runs in the environment of the program, never in ours."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.redact import redact

REQUIREMENTS = ("pyinstaller==6.22.3",)
"""The version that was tried; it goes into the build environment only."""

_SECONDS = 3_600.0
_WORDS = 25


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What to build: name of the program, the script that starts it, and what goes in beside what it imports.

    ``hooks`` are scripts that run first (PyInstaller's), ``plugins`` names of Nuitka's.
    ``data`` are (path on this machine, folder inside); ``collected`` packages go in whole, with
    their data; ``metadata`` are distributions whose entry points and version are asked for.
    """

    name: str
    script: Path
    work: Path
    one_file: bool = False
    windowed: bool = False
    data: Sequence[tuple[Path, str]] = ()
    collected: Sequence[str] = ()
    metadata: Sequence[str] = ()
    hidden: Sequence[str] = ()
    paths: Sequence[Path] = ()
    hooks: Sequence[Path] = ()
    plugins: Sequence[str] = ()


def build(python: Path, wanted: Wanted, env: dict[str, str]) -> Call:
    """Give the call that builds into ``work/dist``; ``python`` is that of the build environment."""
    work = wanted.work
    argv = [str(python), "-I", "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    argv += [
        "--name",
        wanted.name,
        "--distpath",
        str(work / "dist"),
        "--workpath",
        str(work / "work"),
    ]
    argv += ["--specpath", str(work), "--onefile" if wanted.one_file else "--onedir"]
    argv += ["--windowed"] if wanted.windowed else []
    for option, words in (
        ("--collect-submodules", wanted.collected),
        ("--collect-data", wanted.collected),
        ("--copy-metadata", wanted.metadata),
        ("--hidden-import", wanted.hidden),
        ("--paths", [str(path) for path in wanted.paths]),
        ("--runtime-hook", [str(path) for path in wanted.hooks]),
        ("--add-data", [f"{source}:{place}" for source, place in wanted.data]),
    ):
        argv += [word for said in words for word in (option, said)]
    told = {"PYINSTALLER_CONFIG_DIR": str(work / "config"), "PYTHONHASHSEED": "0"}
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    kept = {name: value for name, value in env.items() if name not in unwanted}
    return Call(
        argv=(*argv, str(wanted.script)), cwd=str(work), env={**kept, **told}, timeout=_SECONDS, whole_group=True
    )  # fmt: skip


def last_words(ran: Ran) -> tuple[str, ...]:
    """Give the last lines that it said."""
    said = (ran.err or ran.out).decode("utf-8", "replace")
    return tuple(lines_of(redact(said).strip())[-_WORDS:])
