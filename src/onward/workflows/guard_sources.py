"""Where each installer takes packages from here: all its settings read, and judged against the guard's address."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv.settings import INDEX_VARIABLES, configuration_files, is_on, read_settings
from onward.core.disk import read_text
from onward.core.errors import OnwardError
from onward.core.finding import Finding, Place, Whole
from onward.core.project import IndexLine, Project
from onward.core.redact import redact
from onward.domain.guard import escapes
from onward.domain.guard.ways import Guarded, Way
from onward.domain.layouts.pipenv import read_pipfile
from onward.domain.layouts.requirements import read_requirements
from onward.workflows.guard_clients import Place as Here
from onward.workflows.project import open_project

_LARGEST = 10_000_000  # bytes of a file
_REQUIREMENTS = (
    "*requirements*.txt",
    "*requirements*.in",
    "requirements/*.txt",
    "requirements/*.in",
)


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one kind of file: their shown paths, and what was found."""

    files: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def __add__(self, other: "Read") -> "Read":
        """Give both together."""
        return Read(
            files=tuple(dict.fromkeys((*self.files, *other.files))),
            findings=self.findings + other.findings,
        )


def settings_read(guard: Guarded, here: Here) -> Read:
    """Read the settings of every installer that is in play, and give what leads elsewhere."""
    read = Read()
    for one in (_uv, _pip, _poetry, _pdm, _pipenv, _project):
        try:
            read += one(guard, here)
        except OnwardError as error:
            why = ": ".join(filter(None, (error.message, "; ".join(error.context))))
            read += _unread(one.__name__, why, error.hint or "")
        except OSError as error:
            read += _unread(one.__name__, str(error))
    return read


def _unread(what: str, why: str, hint: str = "") -> Read:
    return Read(findings=(escapes.unread(Whole(name=what.strip("_")), redact(why), hint),))


def shown(path: Path, root: Path | None) -> str:
    """Give a path for people: as seen from the project where it lies in it."""
    if root is not None and path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return str(path)


def _uv(guard: Guarded, here: Here) -> Read:
    env = here.env
    root = here.root or Path(os.sep)
    settings = read_settings(env, root, platform=here.platform, system=here.system)
    told = {word for name in INDEX_VARIABLES for word in escapes.words_of(name, env.get(name, ""))}
    told |= {os.path.normpath(root / word) for word in told if "://" not in word}
    off = is_on(env, "UV_NO_CONFIG") and not env.get("UV_CONFIG_FILE")
    paths = (
        []
        if off
        else [
            path
            for path in configuration_files(env, root, platform=here.platform, system=here.system)
            if path.is_file()
        ]
    )
    texts = _texts(paths, here)
    found = []
    for index in settings.indexes:
        if guard.covers(index.address) or index.url in told:
            continue
        spot = _spot(texts, index.url)
        if index.default and not spot[0]:
            why = "UV_NO_CONFIG is set" if off else "no settings file names another one"
            found.append(escapes.unguarded("uv", why, guard))
            continue
        key = (
            "the default index"
            if index.default
            else f"index `{index.name}`"
            if index.name
            else "an index"
        )
        kind = "index" if index.default else "extra-index"
        found += _escape(Way(client="uv", kind=kind, key=key, address=index.url, spot=spot), guard)
    for link in settings.find_links:
        if link not in told:
            spot = _spot(texts, link)
            found += _escape(
                Way(client="uv", kind="find-links", key="`find-links`", address=link, spot=spot),
                guard,
            )
    found += _pip_table(settings.carried.get("pip"), texts, guard)
    return Read(files=tuple(texts), findings=tuple(found))


def _pip_table(table: object, texts: Mapping[str, str], guard: Guarded) -> Iterator[Finding]:
    """Judge uv's ``[pip]`` table, which counts for ``uv pip`` only: `guard on` does not write there."""
    if not isinstance(table, dict):
        return
    for key, kind in _PIP_OF_UV.items():
        told = table.get(key, ())
        for word in [told] if isinstance(told, str) else told:
            spot = _spot(texts, str(word))
            way = Way(client="uv", kind=kind, key=f"`pip.{key}`", address=str(word), spot=spot)
            yield from _escape(way, guard)


_PIP_OF_UV = {
    "index-url": "extra-index",
    "extra-index-url": "extra-index",
    "find-links": "find-links",
}


def _pip(guard: Guarded, here: Here) -> Read:
    env = here.env
    environment = here.environment if here.environment and here.environment.is_dir() else None
    active = env.get("VIRTUAL_ENV")
    if environment is None and active:
        environment = Path(active)
    paths = pip_settings.files(env, environment, platform=here.platform, system=here.system)
    texts = _texts([path for path in paths if path.is_file()], here)
    says = pip_settings.read(texts)
    told = bool(env.get("PIP_INDEX_URL"))
    found: list[Finding] = []
    for way in says.ways:
        if way.kind != "index" or not told:
            key = f"`{way.where}.{way.key}`"
            found += _escape(msgspec.structs.replace(way, key=key), guard)
    silent = not told and not says.has_index and not says.no_index
    if silent and not is_on(env, "PIP_NO_INDEX") and (texts or _uses_pip(here, environment)):
        found.append(escapes.unguarded("pip", "no pip.conf on any level names an index", guard))
    return Read(files=tuple(texts), findings=tuple(found))


def _uses_pip(here: Here, environment: Path | None) -> bool:
    """Whether someone may call pip here: not in a project that uv locks, whose environment has no pip."""
    if here.root is None or not (here.root / "uv.lock").is_file():
        return True
    if any(name.startswith("PIP_") for name in here.env):
        return True
    programs = ("bin/pip*", "Scripts/pip*")
    return environment is not None and any(any(environment.glob(one)) for one in programs)


def _poetry(guard: Guarded, here: Here) -> Read:
    text = _pyproject(here)
    if here.root is None or not _uses("poetry", text, here.root):
        return Read()
    ways = poetry_settings.read(text)
    found = [f for way in ways for f in _escape(way, guard)]
    mirrored = guard.covers(here.env.get("POETRY_PYPI_MIRROR_URL", ""))
    if not mirrored and not any(way.kind == "index" for way in ways):
        why = "the project names no primary source"
        found.append(escapes.unguarded("poetry", why, guard, project=True))
    return Read(files=("pyproject.toml",), findings=tuple(found))


def _pdm(guard: Guarded, here: Here) -> Read:
    text = _pyproject(here)
    user = pdm_settings.user_file(here.env, platform=here.platform)
    used = here.root is not None and _uses("pdm", text, here.root)
    if not used and not (user and user.is_file()):
        return Read()
    paths = [here.root / "pdm.toml"] if here.root and used else []
    texts = _texts([p for p in (*paths, user) if p and p.is_file()], here)
    ways = pdm_settings.read(text if used else "", texts)
    variable = here.env.get("PDM_PYPI_URL", "")
    default = next((way for way in ways if way.kind == "index"), None)
    wins = bool(variable) and not (default and default.spot[0] == "pyproject.toml")
    found = [f for way in ways if not (wins and way is default) for f in _escape(way, guard)]
    if not wins and default is None:
        found.append(
            escapes.unguarded("pdm", "neither the project nor `pdm config` names one", guard)
        )
    return Read(files=tuple(texts), findings=tuple(found))


def _pipenv(guard: Guarded, here: Here) -> Read:
    file = here.root / "Pipfile" if here.root else None
    if file is None or not file.is_file():
        return Read()
    reading = read_pipfile(read_text(file, _LARGEST))
    found = [f for line in reading.indexes for f in _escape(_way(line), guard)]
    if not reading.indexes and not guard.covers(here.env.get("PIPENV_PYPI_MIRROR", "")):
        found.append(escapes.unguarded("pipenv", "the Pipfile names no source", guard))
    return Read(files=("Pipfile",), findings=tuple(found))


def _project(guard: Guarded, here: Here) -> Read:
    """Read what the project itself asks for: requirements on addresses, and indexes in files that are not uv's."""
    if here.root is None:
        return Read()
    project = open_project(here.root, here.env, read_lock=False)
    more = _requirements(here.root, project)
    found: list[Finding] = []
    seen: set[tuple[str, str]] = set()
    for entry in (*project.declared, *more.declared):
        mark = (str(entry.place), entry.direct)
        if entry.is_direct and mark not in seen:
            seen.add(mark)
            escape = escapes.direct_escape(entry.name, entry.direct, entry.place, guard)
            found += [escape] if escape else []
    for line in (*project.indexes, *more.indexes):
        mark = (str(line.place), line.url)
        if (
            line.place.path != "pyproject.toml" and mark not in seen
        ):  # that one was read with its installer
            seen.add(mark)
            found += _escape(_way(line), guard)
    for odd in (*project.unreadable, *more.unreadable):
        mark = (str(odd.place), odd.text)
        if mark not in seen:
            seen.add(mark)
            found.append(
                escapes.unread(odd.place, f"`{redact(odd.text)}` cannot be read: {odd.reason}")
            )
    return Read(files=(*project.files, *more.files), findings=tuple(found))


def _requirements(root: Path, project: Project) -> Project:
    """Give the requirements files of a project of any layout, as a project that has nothing else."""

    def load(path: str) -> str | None:
        place = (root / path).resolve()
        try:
            return read_text(place, _LARGEST) if place.is_relative_to(root.resolve()) else None
        except (OSError, OnwardError):
            return None

    known = set(project.files)
    found = Project(
        root=root,
        name="",
        kind=project.kind,
        kind_because="",
        layout=project.layout,
        environment=root,
    )
    for path in sorted({p for glob in _REQUIREMENTS for p in root.glob(glob) if p.is_file()}):
        name = path.relative_to(root).as_posix()
        if name in known:
            continue
        reading = read_requirements(read_text(path, _LARGEST), name, load)
        found = msgspec.structs.replace(
            found,
            declared=found.declared + reading.declared,
            unreadable=found.unreadable + reading.unreadable,
            indexes=found.indexes + reading.indexes,
            files=(*found.files, *reading.files),
        )
    return found


def _way(line: IndexLine) -> Way:
    place: Place = line.place
    client = (
        "pipenv" if place.path == "Pipfile" else "uv" if place.path.endswith(".toml") else "pip"
    )
    kind = line.kind if line.kind in ("index", "find-links") else "extra-index"
    return Way(
        client=client,
        kind=f"{kind}",
        key=f"`{line.kind}`",
        address=line.url,
        spot=(place.path, place.line),
    )


def _escape(way: Way, guard: Guarded) -> Iterator[Finding]:
    escape = escapes.setting_escape(way, guard)
    if escape is not None:
        yield escape


def _texts(paths: list[Path], here: Here) -> dict[str, str]:
    return {shown(path, here.root): read_text(path, _LARGEST) for path in paths}


def _spot(texts: Mapping[str, str], address: str) -> tuple[str, int]:
    for path, text in texts.items():
        for number, line in enumerate(text.split("\n"), 1):
            if f'"{address}"' in line or f"'{address}'" in line:
                return path, number
    return "", 0


def _pyproject(here: Here) -> str:
    file = here.root / "pyproject.toml" if here.root else None
    return read_text(file, _LARGEST) if file and file.is_file() else ""


def _uses(client: str, pyproject: str, root: Path) -> bool:
    return f"[tool.{client}" in pyproject or (root / f"{client}.lock").exists()
