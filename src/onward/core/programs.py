"""Where the program of a tool is: in the project's own environment, else (if we bring it) in onward's.

Nothing is started to find out: the version is read from the name of the ``.dist-info`` folder
(the standard "Recording installed projects").
"""

import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from onward.core.tool import Probe

PROJECT = "the project's environment"
ONWARD = "installed with onward"
_OF_PIP = ("requirements*.txt", "setup.py", "setup.cfg", "*.py")
_BROUGHT = "`onward[check]` brings one for every project."


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that comes as a Python distribution: its name for people, its distribution, its program.

    ``program`` empty means that it is called as the distribution is. ``brought`` is whether
    onward itself may have it installed.
    """

    tool: str
    distribution: str
    program: str = ""
    brought: bool = False


def find_program(wanted: Wanted, environment: Path) -> Probe:
    """Say which program would run for the project with that environment folder (it may not exist)."""
    name = wanted.program or wanted.distribution
    looked_at: list[str] = []
    for scripts, sites, origin in _places(environment, brought=wanted.brought):
        for program in (scripts / name, scripts / f"{name}.exe"):
            looked_at.append(str(program))
            if program.is_file():
                return Probe(
                    tool=wanted.tool,
                    found=True,
                    program=str(program),
                    version=_version(sites, wanted.distribution),
                    origin=origin,
                )
    return _not_there(wanted, environment, looked_at)


def find_library(wanted: Wanted, environment: Path) -> Probe:
    """Say which Python has a library that we use: the project's, else (if we bring it) onward's own.

    ``Probe.program`` is that Python.
    """
    stem = wanted.distribution.replace("-", "_")
    looked_at = [str(program) for program in _pythons(environment)]
    for _, sites, origin in _places(environment, brought=wanted.brought):
        looked_at += map(str, sites)
        python = Path(sys.executable) if origin == ONWARD else python_of(environment)
        if python is not None and any(any(site.glob(f"{stem}-*.dist-info")) for site in sites):
            version = _version(sites, wanted.distribution)
            return Probe(
                tool=wanted.tool, found=True, program=str(python), version=version, origin=origin
            )
    return _not_there(wanted, environment, looked_at)


def find_with_imports(wanted: Wanted, environment: Path) -> Probe:
    """Find the program of a tool that follows imports: it needs the project's environment to be there.

    Without one each import of a library would look like a fault of the code.
    """
    probe = find_program(wanted, environment)
    if not probe.found or python_of(environment) is not None:
        return probe
    return msgspec.structs.replace(
        probe,
        found=False,
        why=f"follows imports into the project's environment, and there is none in `{environment.name}`",
        how_to_get=_how_made(environment),
        looked_at=tuple(map(str, (Path(probe.program), *_pythons(environment)))),
    )


def _how_made(environment: Path) -> str:
    """Say what makes an environment, by what lies beside it: onward and uv do it only for a pyproject.toml."""
    beside = environment.parent
    if (beside / "Pipfile").is_file():
        return "`pipenv install --dev` makes it, with `PIPENV_VENV_IN_PROJECT=1`."
    if (beside / "pyproject.toml").is_file() or not any(any(beside.glob(one)) for one in _OF_PIP):
        return "`onward sync` makes it (`poetry install` or `pdm install` where that keeps the project)."
    name = environment.name
    return f"`python -m venv {name}` makes it; then let its pip install what the code imports."


def environment_of(root: Path, env: Mapping[str, str]) -> Path:
    """Give where the virtual environment of the project at ``root`` belongs; it may not exist."""
    return root / (env.get("UV_PROJECT_ENVIRONMENT") or ".venv")


def python_of(environment: Path) -> Path | None:
    """Give the Python of a virtual environment, None when there is none."""
    return next((program for program in _pythons(environment) if program.is_file()), None)


def _pythons(environment: Path) -> tuple[Path, Path]:
    return environment / "bin" / "python", environment / "Scripts" / "python.exe"


def _not_there(wanted: Wanted, environment: Path, looked_at: Iterable[str]) -> Probe:
    """Give the probe of a tool that was looked for in vain; what is installed shows in these places."""
    return Probe(
        tool=wanted.tool,
        found=False,
        how_to_get=_how_to_get(wanted, environment),
        looked_at=tuple(looked_at),
    )


def _how_to_get(wanted: Wanted, environment: Path) -> str:
    how = f"`onward add --dev {wanted.distribution}` gives the project its own."
    if wanted.brought:
        how += f" {_BROUGHT}"
    if python_of(environment) is None:
        how = f"`onward sync` makes the project's environment, if that declares it; else {how}"
    return how


def _places(environment: Path, *, brought: bool) -> Iterator[tuple[Path, tuple[Path, ...], str]]:
    sites = (*environment.glob("lib/python*/site-packages"), environment / "Lib" / "site-packages")
    for folder in ("bin", "Scripts"):
        yield environment / folder, sites, PROJECT
    if brought:
        scripts, site = _own()
        yield scripts, (site,), ONWARD


@cache
def _own() -> tuple[Path, Path]:
    return Path(sysconfig.get_path("scripts")), Path(sysconfig.get_path("purelib"))


def _version(sites: tuple[Path, ...], distribution: str) -> str:
    stem = distribution.replace("-", "_")
    for site in sites:
        for info in site.glob(f"{stem}-*.dist-info"):
            return info.name.removesuffix(".dist-info").rpartition("-")[2]
    return ""
