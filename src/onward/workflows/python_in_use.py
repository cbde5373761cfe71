"""Which Pythons are there, which one the project uses and is pinned to, and what is wrong with that."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from onward.adapters.installed import python_of
from onward.adapters.interpreters import (
    Interpreter,
    managed,
    manager_of,
    search_variables,
    this_machine,
)
from onward.adapters.uv.python import list_call, read_list
from onward.core.disk import read_limited
from onward.core.errors import BadInput, OnwardError
from onward.core.finding import Certainty, Finding, Place, Subject, Whole
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run
from onward.core.project import Project
from onward.domain.python_versions import (
    Pin,
    State,
    allows,
    end_of_life,
    read_pin,
    sort_key,
    state_of,
)

PIN_FILE = ".python-version"
_LIMIT = 100_000


class Python(msgspec.Struct, frozen=True, kw_only=True):
    """One installed Python; ``ends`` is the last day of its security fixes, None when not known."""

    version: str
    path: str
    manager: str
    variant: str = ""
    ends: dt.date | None = None
    state: State = State.unknown
    in_use: bool = False


class Pythons(msgspec.Struct, frozen=True, kw_only=True):
    """The list, newest first. ``complete`` is false when uv could not be asked, so only managers' folders are known."""

    found: tuple[Python, ...]
    complete: bool = True


def list_pythons(
    uv: str,
    env: Mapping[str, str],
    today: dt.date,
    project: Project | None,
    *,
    runner: Callable[[Call], Ran] = run,
) -> Pythons:
    """List every CPython of this machine: all version managers', uv's own and the system's.

    The one in use is the one the project's environment was made from. ``uv`` is the
    program. Nothing is downloaded, nothing is changed.
    """
    machine = this_machine(env)
    cwd = str(project.root) if project else str(Path.cwd())
    complete = True
    try:
        call = list_call(uv, cwd, {**env, **search_variables(machine)})
        listed = read_list(expect(runner(call)))
        found = [
            Interpreter(version=one.version, path=one.path, manager=_manager(one.path, env))
            for one in listed
        ]
        variants = {one.path: one.variant for one in listed}
    except OnwardError:
        found, variants, complete = list(managed(machine)), {}, False
    home = _home_of(project.environment) if project else ""
    found.sort(key=lambda one: sort_key(one.version), reverse=True)
    return Pythons(
        found=tuple(
            Python(
                version=one.version,
                path=one.path,
                manager=one.manager,
                variant=variants.get(one.path, ""),
                ends=end_of_life(one.version),
                state=state_of(one.version, today),
                in_use=bool(home) and _same_folder(one.path, home),
            )
            for one in found
        ),
        complete=complete,
    )


def _manager(path: str, env: Mapping[str, str]) -> str:
    machine = this_machine(env)
    direct = manager_of(path, machine)
    return direct if direct != "system" else manager_of(str(Path(path).resolve()), machine)


def _home_of(environment: Path) -> str:
    """The folder of the Python an environment was made from (``home`` in pyvenv.cfg, PEP 405)."""
    try:
        text = read_limited(environment / "pyvenv.cfg", _LIMIT).decode("utf-8", "replace")
    except (OSError, BadInput):
        return ""
    for line in lines_of(text):
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return value.strip()
    return ""


def _same_folder(path: str, home: str) -> bool:
    return Path(path).parent == Path(home) or Path(path).parent.resolve() == Path(home).resolve()


def pin_of(root: Path) -> tuple[Pin | None, Place]:
    """Give the project's pin from ``.python-version`` and its place; None when there is none that is a plain version."""
    try:
        text = read_limited(root / PIN_FILE, _LIMIT).decode("utf-8-sig", "replace")
    except (OSError, BadInput):
        return None, Place(path=PIN_FILE)
    pin, line = read_pin(text)
    source = lines_of(text)[line - 1] if line else ""
    return pin, Place(path=PIN_FILE, line=line, source_line=source)


def version_in_use(project: Project, env: Mapping[str, str]) -> tuple[str, str]:
    """Give (version, where) of the Python the project works with; version '' when it cannot be told, where '' when there is none.

    That is its own environment's; without one the active virtual environment's.
    """
    active = env.get("VIRTUAL_ENV", "")
    for folder in (project.environment, Path(active) if active else None):
        if folder is not None and (folder / "pyvenv.cfg").is_file():
            return python_of(folder), folder.name
    return "", ""


def python_findings(
    project: Project, env: Mapping[str, str], today: dt.date
) -> tuple[Finding, ...]:
    """Give ``python/mismatch`` and ``python/end-of-life`` for a project as it stands.

    A mismatch is an environment made with another version than the pin, or a pin that
    ``requires-python`` does not allow. The end of life counts from about six months before
    it, for the pin, else for the environment.
    """
    pin, place = pin_of(project.root)
    version, where = version_in_use(project, env)
    found: list[Finding] = []
    if pin and where:
        found += _mismatch(pin, place, version, where)
    if pin and not allows(project.requires_python, pin):
        found.append(
            Finding(
                rule="python/mismatch",
                subject=place,
                message=f"the pin {pin} is outside `requires-python` ({project.requires_python})",
                hint="`onward python pin VERSION` with a version inside it, or change `requires-python`.",
                facts={"pin": str(pin), "requires_python": project.requires_python},
            )
        )
    subject: Subject = place if pin else Whole(name=project.name)
    found += _end_of_life(str(pin or version), subject, today)
    return tuple(found)


def _mismatch(pin: Pin, place: Place, version: str, where: str) -> list[Finding]:
    if version and pin.fits(version):
        return []
    if not version:
        return [
            Finding(
                rule="python/mismatch",
                subject=place,
                message=f"the Python of `{where}` cannot be told, so it may not be {pin}",
                hint="`onward sync` makes the environment again.",
                certainty=Certainty.unknown,
            )
        ]
    return [
        Finding(
            rule="python/mismatch",
            subject=place,
            message=f"`{where}` has Python {version}, the project is pinned to {pin}",
            hint=f"`onward sync` makes the environment with {pin}; `onward python pin` changes the pin for all.",
            facts={"pin": str(pin), "found": version},
        )
    ]


def _end_of_life(version: str, subject: Subject, today: dt.date) -> list[Finding]:
    state, ends = state_of(version, today), end_of_life(version)
    if state not in (State.ending, State.ended):
        return []
    minor = ".".join(version.split(".")[:2])
    when = f" on {ends.isoformat()}" if ends else ""
    said = f"ended{when}" if state is State.ended else f"end{when}"
    return [
        Finding(
            rule="python/end-of-life",
            subject=subject,
            message=f"security fixes for Python {minor} {said}",
            hint="`onward python list` shows newer ones; `onward python pin VERSION` moves the project.",
            facts={"version": version, **({"ends": ends.isoformat()} if ends else {})},
        )
    ]


def is_installed(pin: Pin, env: Mapping[str, str]) -> bool:
    """Say whether a version manager's folder holds a Python that fits ``pin``; the system's own are not looked at."""
    return any(pin.fits(one.version) for one in managed(this_machine(env)))
