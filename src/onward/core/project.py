"""The nouns of a project: what it says it needs, where it says so, and what it is locked to."""

from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from onward.core.finding import Place
from onward.core.lock import Lock
from onward.core.names import Name


class Layout(StrEnum):
    """Which tool's files lead; one project has one layout."""

    uv = "uv"
    pep621 = "pep621"
    poetry = "poetry"
    pdm = "pdm"
    pipenv = "pipenv"
    setup = "setup"
    requirements = "requirements"
    pylock = "pylock"


class Kind(StrEnum):
    """An application is run where we put it; a library is installed beside what we do not know."""

    application = "application"
    library = "library"


class Role(StrEnum):
    """Why a requirement is there: ``constraint`` lines bind a version but ask for nothing."""

    main = "main"
    extra = "extra"
    group = "group"
    build = "build"
    constraint = "constraint"


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement as the project's own file states it.

    ``requirement`` is PEP 508 text (what another tool's form was turned into; ``original``
    is then what stands in the file). ``name`` is empty where only building would tell it.
    ``group`` names the extra or the group. ``direct`` is the URL, git address or path that
    the requirement names, empty for one that an index answers. ``note`` says what could
    not be said exactly in PEP 508.
    """

    requirement: str
    name: Name
    place: Place
    role: Role = Role.main
    group: str = ""
    direct: str = ""
    editable: bool = False
    original: str = ""
    hashes: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_direct(self) -> bool:
        """Whether it comes from an address or a path of its own and not from an index."""
        return bool(self.direct)


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that could not be understood: never dropped, later a finding with certainty unknown.

    ``dynamic``: it is right as it stands, but only running the project's own code would tell it.
    """

    place: Place
    text: str
    reason: str
    dynamic: bool = False


class IndexLine(msgspec.Struct, frozen=True, kw_only=True):
    """An index, extra index or find-links address that a project's file names.

    ``kind`` is ``index``, ``extra-index``, ``find-links`` or ``named`` (used only by
    requirements that name it).
    """

    url: str
    kind: str
    place: Place
    name: str = ""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one reader made of one file (and the files it includes)."""

    declared: tuple[Declared, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    indexes: tuple[IndexLine, ...] = ()
    name: str = ""
    version: str = ""
    requires_python: str = ""
    files: tuple[str, ...] = ()

    def __add__(self, other: "Reading") -> "Reading":
        """Give both together; the first to name the project or its Python wins."""
        return Reading(
            declared=self.declared + other.declared,
            unreadable=self.unreadable + other.unreadable,
            indexes=self.indexes + other.indexes,
            name=self.name or other.name,
            version=self.version or other.version,
            requires_python=self.requires_python or other.requires_python,
            files=self.files + tuple(f for f in other.files if f not in self.files),
        )


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project as its files tell of it.

    ``kind_because`` says why it counts as application or library. ``requires_python`` is a
    PEP 440 specifier set (empty: not stated). ``lock_file`` and ``files`` are relative to
    ``root`` with ``/``; ``files`` are all that was read, so all that a cache must watch.
    ``foreign_locks`` are locks of tools other than uv. ``members`` maps each workspace
    member's folder (relative, ``.`` for the root) to its name. ``pyproject`` is the parsed
    file, empty when there is none. ``environment`` is where its virtual environment
    belongs; it may not exist.
    """

    root: Path
    name: str
    kind: Kind
    kind_because: str
    layout: Layout
    environment: Path
    requires_python: str = ""
    declared: tuple[Declared, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    indexes: tuple[IndexLine, ...] = ()
    lock: Lock | None = None
    lock_file: str = ""
    foreign_locks: tuple[str, ...] = ()
    members: dict[str, str] = {}
    pyproject: dict[str, Any] = {}
    files: tuple[str, ...] = ()

    @property
    def tool_onward(self) -> dict[str, Any] | None:
        """The table ``[tool.onward]``, or None when there is none."""
        tool = self.pyproject.get("tool")
        table = tool.get("onward") if isinstance(tool, dict) else None
        return table if isinstance(table, dict) else None
