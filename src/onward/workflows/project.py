"""Open the project a person stands in, whatever tool it was made with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onward.core.artifact import PUBLIC_INDEX
from onward.core.disk import read_text
from onward.core.errors import BadInput
from onward.core.finding import Certainty, Finding, Place
from onward.core.lock import Lock
from onward.core.names import is_name, parse_name
from onward.core.programs import environment_of
from onward.core.project import Layout, Project, Reading, Role, Unreadable
from onward.domain.layouts.choose import (
    FOREIGN_LOCKS,
    choose_layout,
    is_member,
    is_project,
    is_pylock,
    is_requirements,
    kind_of,
    workspace_globs,
)
from onward.domain.layouts.pep621 import dynamic_files, read_pyproject
from onward.domain.layouts.tables import parse_toml
from onward.domain.layouts.uvlock import read_uv_lock

_STATED_LIMIT = 5_000_000  # bytes of a file that people write
_LOCK_LIMIT = 100_000_000  # bytes of a file that a tool writes
_MOST_MEMBERS = 1000
_LOOKED_FOR = "pyproject.toml, setup.cfg, setup.py, Pipfile, pylock.toml and requirements*.txt"

_LOCK_FILES = {
    Layout.uv: "uv.lock",
    Layout.poetry: "poetry.lock",
    Layout.pdm: "pdm.lock",
    Layout.pipenv: "Pipfile.lock",
}


def find_root(cwd: Path, *, scripts: bool = False) -> Path:
    """Give the root of the project that ``cwd`` (a folder) is in.

    That is the nearest folder upward that holds a project file; one with only a requirements file or a pyproject.toml
    that merely configures tools counts when nothing better is found in the same repository, with ``scripts`` at last
    one of Python files alone. A member of a uv workspace gives the workspace's root. Raises BadInput (``no-project``).
    """
    start = cwd.resolve()
    weak: Path | None = None
    for folder in (start, *start.parents):
        strength = _strength(folder)
        if strength == "strong":
            return _workspace_root(folder)
        if strength == "weak" and weak is None:
            weak = folder
        if weak is not None and (folder / ".git").exists():
            break
    if weak is not None:
        return weak
    if scripts and any(next(start.glob(f"{below}*.py"), None) for below in ("", "*/")):
        return start
    raise BadInput(
        "no-project",
        f"there is no Python project in `{start}` or above it",
        context=(f"Looked for {_LOOKED_FOR}.",),
        hint="Go to a project's folder, or start one with `onward new NAME`.",
    )


def _strength(folder: Path) -> str:
    if (path := folder / "pyproject.toml").is_file():
        return "strong" if is_project(_toml(path)) or (folder / "setup.py").is_file() else "weak"
    if (folder / "setup.py").is_file() or (folder / "Pipfile").is_file():
        return "strong"
    if (path := folder / "setup.cfg").is_file():
        text = read_text(path, _STATED_LIMIT)
        return "strong" if "[metadata]" in text or "[options]" in text else "weak"
    names = _names(folder)
    return "weak" if any(is_pylock(n) or is_requirements(n) for n in names) else ""


def _workspace_root(folder: Path) -> Path:
    """Give the root of the uv workspace that ``folder`` is a member of, or ``folder`` itself.

    As uv does: the search ends at the first workspace above, member or not, and at a project that is none.
    """
    path = folder / "pyproject.toml"
    own = _toml(path) if path.is_file() else {}
    if not own or workspace_globs(own) is not None:
        return folder
    for above in folder.parents:
        path = above / "pyproject.toml"
        if not path.is_file():
            continue
        pyproject = _toml(path)
        globs = workspace_globs(pyproject)
        if globs is not None:
            return above if is_member(folder.relative_to(above).as_posix(), *globs) else folder
        if "project" in pyproject:
            return folder
    return folder


def open_project(
    cwd: Path, env: Mapping[str, str], *, read_lock: bool = True, scripts: bool = False
) -> Project:
    """Read the project that ``cwd`` is in: what it declares, where, and what it is locked to.

    ``env`` is asked for ``UV_PROJECT_ENVIRONMENT`` only. With ``read_lock`` False the lock is named but not parsed;
    ``scripts`` as in ``find_root``. Raises BadInput when there is no project, or when a file cannot be read at all,
    with every fault of that file; single entries that cannot be understood are kept in ``unreadable``.
    """
    root = find_root(cwd, scripts=scripts)
    opener = _Opener(root)
    reading = opener.read()
    lock_file, lock = opener.lock(reading, read_lock=read_lock)
    commands = any(
        "console_scripts" in read_text(root / name, _STATED_LIMIT)
        for name in ("setup.cfg", "setup.py")
        if opener.layout is Layout.setup and (root / name).is_file()
    )
    kind, because = kind_of(opener.layout, opener.pyproject, commands)
    foreign = tuple(name for name in FOREIGN_LOCKS if name in opener.present)
    files = [*reading.files, *([lock_file] if lock_file else [])]
    return Project(
        root=root,
        name=parse_name(reading.name) if is_name(reading.name) else root.name,
        kind=kind,
        kind_because=because,
        layout=opener.layout,
        environment=environment_of(root, env),
        requires_python=reading.requires_python,
        declared=reading.declared,
        unreadable=reading.unreadable,
        indexes=reading.indexes,
        lock=lock,
        lock_file=lock_file,
        foreign_locks=foreign,
        members=opener.members,
        pyproject=opener.pyproject,
        files=tuple(dict.fromkeys(files)),
    )


class _Opener:
    """Reads the files of one root, in the order that its layout asks for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.present = _names(root)
        self.pyproject = (
            _toml(root / "pyproject.toml", "pyproject.toml")
            if "pyproject.toml" in self.present
            else {}
        )
        layout = choose_layout(self.present, self.pyproject)
        self.layout = layout or Layout.pep621  # a pyproject.toml with tool tables only
        self.boundary = next((f for f in (root, *root.parents) if (f / ".git").exists()), root)
        self.members: dict[str, str] = {}

    def read(self) -> Reading:
        reading = Reading(files=("pyproject.toml",)) if self.pyproject else Reading()
        if self.pyproject:
            reading += self.standard("pyproject.toml", self.pyproject)
        if self.layout is Layout.pipenv and "Pipfile" in self.present:
            from onward.domain.layouts.pipenv import read_pipfile

            reading += read_pipfile(read_text(self.root / "Pipfile", _STATED_LIMIT))
        if self.layout is Layout.setup or self.is_dynamic():
            reading += self.setup()
        if self.layout in (Layout.setup, Layout.requirements):
            reading += self.requirements()
        return reading

    def standard(self, path: str, data: dict[str, Any]) -> Reading:
        """Read a pyproject.toml and the members of its workspace."""
        text = read_text(self.root / path, _STATED_LIMIT)
        reading = read_pyproject(data, text, path)
        if self.layout is Layout.poetry:
            from onward.domain.layouts.poetry import read_poetry

            reading += read_poetry(data, text, path)
        if globs := workspace_globs(data):
            self.members["."] = reading.name  # empty where the root is no project itself
            for folder in self.workspace(*globs):
                member = f"{folder}/pyproject.toml"
                found = _toml(self.root / member, member)
                inside = read_pyproject(found, read_text(self.root / member, _STATED_LIMIT), member)
                self.members[folder] = inside.name
                reading += inside
        return reading

    def workspace(self, globs: list[str], exclude: list[str]) -> list[str]:
        """Give the folders of a uv workspace's members, without the root."""
        found: set[str] = set()
        for glob in globs:
            try:
                for path in self.root.glob(glob):
                    relative = path.relative_to(self.root).as_posix()
                    if (path / "pyproject.toml").is_file() and is_member(relative, [glob], exclude):
                        found.add(relative)
                    if len(found) >= _MOST_MEMBERS:
                        return sorted(found)
            except (ValueError, NotImplementedError) as error:
                raise BadInput(
                    "bad-glob",
                    f"`{glob}` in `[tool.uv.workspace] members` is not a glob of folders below the root",
                    context=(f"pyproject.toml: {error}",),
                ) from error
        return sorted(found - {"."})

    def is_dynamic(self) -> bool:
        project = self.pyproject.get("project")
        dynamic = project.get("dynamic") if isinstance(project, dict) else None
        return isinstance(dynamic, list) and bool(
            {"dependencies", "optional-dependencies"}.intersection(map(str, dynamic))
        )

    def setup(self) -> Reading:
        from onward.domain.layouts.requirements import read_requirements
        from onward.domain.layouts.setup_cfg import read_setup_cfg
        from onward.domain.layouts.setup_py import read_setup_py

        reading = Reading()
        if "setup.cfg" in self.present:
            reading += read_setup_cfg(
                read_text(self.root / "setup.cfg", _STATED_LIMIT), "setup.cfg", self.load
            )
        if "setup.py" in self.present:
            reading += read_setup_py(read_text(self.root / "setup.py", _STATED_LIMIT))
        for path, role, group in dynamic_files(self.pyproject):
            text = self.load(path)
            if text is not None:
                reading += read_requirements(text, path, self.load, role=role, group=group)
        return reading

    def requirements(self) -> Reading:
        """Read every requirements file; a file made from an ``.in`` file of the same name is its lock."""
        from onward.domain.layouts.requirements import read_requirements

        reading = Reading()
        paths = [name for name in sorted(self.present) if is_requirements(name)]
        folder = self.root / "requirements"
        if folder.is_dir():
            inside = sorted(p.name for p in folder.iterdir() if p.suffix in (".txt", ".in"))
            paths += [f"requirements/{name}" for name in inside]
        for path in paths:
            if path.endswith(".txt") and path[:-4] + ".in" in paths:
                reading += Reading(files=(path,))
                continue
            text = self.load(path)
            if text is None or path in reading.files:
                continue
            group = _group_of(path)
            if self.layout is Layout.setup and not group:
                group = "requirements"
            role = Role.group if group else Role.main
            reading += read_requirements(text, path, self.load, role=role, group=group)
        return reading

    def lock(self, reading: Reading, *, read_lock: bool) -> tuple[str, Lock | None]:
        name = _LOCK_FILES.get(self.layout, "")
        if name in self.present:
            text = read_text(self.root / name, _LOCK_LIMIT) if read_lock else ""
            return name, _read_lock(self.layout, text, name) if read_lock else None
        pylocks = sorted(n for n in self.present if is_pylock(n))
        if pylocks and self.layout in (Layout.pep621, Layout.pylock, Layout.setup):
            first = "pylock.toml" if "pylock.toml" in pylocks else pylocks[0]
            if not read_lock:
                return first, None
            from onward.domain.layouts.pylock import read_pylock

            return first, read_pylock(read_text(self.root / first, _LOCK_LIMIT), first)
        if (
            self.layout in (Layout.requirements, Layout.setup)
            and "requirements.txt" in self.present
        ):
            from onward.domain.layouts.requirements import pinned_lock, read_requirements

            text = self.load("requirements.txt") or ""
            pinned = pinned_lock(
                read_requirements(text, "requirements.txt", self.load), PUBLIC_INDEX
            )
            return ("requirements.txt", pinned) if pinned else ("", None)
        return "", None

    def load(self, path: str) -> str | None:
        """Give the text of a file that another one includes, from inside the repository only."""
        found = (self.root / path).resolve()
        if not found.is_relative_to(self.boundary.resolve()) or not found.is_file():
            return None
        return read_text(found, _STATED_LIMIT)


def _read_lock(layout: Layout, text: str, name: str) -> Lock:
    """Read the lock of a layout. The readers are imported here: a uv project needs none of the others."""
    if layout is Layout.uv:
        return read_uv_lock(text, name)
    if layout is Layout.poetry:
        from onward.domain.layouts.poetry import read_poetry_lock

        return read_poetry_lock(text, name)
    if layout is Layout.pdm:
        from onward.domain.layouts.pdm import read_pdm_lock

        return read_pdm_lock(text, name)
    from onward.domain.layouts.pipenv import read_pipfile_lock

    return read_pipfile_lock(text, name)


def _group_of(path: str) -> str:
    """The group a requirements file is for: `requirements-dev.txt`, `dev-requirements.txt`, `requirements/dev.txt`."""
    folder, _, name = path.rpartition("/")
    word = name.rpartition(".")[0].lower().replace("requirements", "").strip("-_. ")
    return "" if folder and word in ("base", "main", "prod", "production") else word


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(entry.name for entry in folder.iterdir())
    except OSError:
        return frozenset()


def _toml(path: Path, shown: str = "") -> dict[str, Any]:
    return parse_toml(
        read_text(path, _STATED_LIMIT), shown or str(path), "Mend that line, then try again."
    )


def editable_with_uv(project: Project) -> None:
    """Raise BadInput (``not-editable``) unless onward may edit this project's dependencies.

    It may when they stand in ``[project]`` (PEP 621) and no lock of another tool would be
    left behind. The message names what was found and what can be done.
    """
    tools = {"poetry.lock": "poetry add", "pdm.lock": "pdm add", "Pipfile.lock": "pipenv install"}
    if project.foreign_locks:
        lock = project.foreign_locks[0]
        found, way = f"`{lock}`", f"use `{tools[lock]}` here"
        if project.layout is not Layout.poetry and "project" in project.pyproject:
            way += f", or remove `{lock}` and run `onward lock`"
    elif project.layout in (Layout.uv, Layout.pep621) and is_project(project.pyproject):
        return
    else:
        found, way = {
            Layout.poetry: ("`[tool.poetry]` in pyproject.toml", "use `poetry add` here"),
            Layout.pipenv: ("a `Pipfile`", "use `pipenv install` here"),
            Layout.setup: ("`setup.cfg` or `setup.py`", "edit `install_requires` there"),
            Layout.requirements: ("a requirements file", "edit that file"),
            Layout.pylock: ("a `pylock.toml` alone", "change it with the tool that made it"),
        }.get(project.layout, ("", "add a `[project]` table with a name and a version"))
    keeps = f"keeps its dependencies in {found}, which onward reads and checks but does not edit"
    raise BadInput(
        "not-editable",
        f"`{project.name}` {keeps if found else 'has no `[project]` table in pyproject.toml'}",
        context=(
            "onward edits dependencies that stand in `[project]` (PEP 621) with uv.lock beside it.",
        ),
        hint=f"{way[0].upper()}{way[1:]}; `onward check` judges the result.",
    )


def layout_findings(project: Project) -> tuple[Finding, ...]:
    """Give what could not be read, each with certainty unknown.

    ``project/unreadable`` for every entry that could not be understood;
    ``project/dynamic`` once for each file whose requirements only running it would tell.
    """
    found = [
        Finding(
            rule="project/unreadable",
            subject=entry.place if entry.place.path else Place(path="pyproject.toml"),
            message=f"`{entry.text}` cannot be judged: {entry.reason}",
            hint=""
            if entry.reason.endswith("cannot be read")
            else "Write it as PEP 508 says, for example `name>=1.2`.",
            certainty=Certainty.unknown,
        )
        for entry in project.unreadable
        if not entry.dynamic
    ]
    dynamic: dict[str, list[Unreadable]] = {}
    for entry in project.unreadable:
        if entry.dynamic:
            dynamic.setdefault(entry.place.path, []).append(entry)
    found += [
        Finding(
            rule="project/dynamic",
            subject=entries[0].place,
            message=f"`{path}` works out requirements when it runs, and onward does not run it: `{entries[0].text}`",
            hint="Write them in `[project]` of pyproject.toml, or lock them; what is locked is judged.",
            facts={"lines": sorted({entry.place.line for entry in entries})},
            certainty=Certainty.unknown,
        )
        for path, entries in dynamic.items()
    ]
    return tuple(found)
