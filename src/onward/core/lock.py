"""The nouns of a lock: which versions a project stands on, and which of them needs which."""

import msgspec

from onward.core.artifact import Artifact, Origin
from onward.core.names import Name


class LockedDependency(msgspec.Struct, frozen=True, kw_only=True):
    """An edge: something needs ``name`` where ``marker`` (PEP 508, empty: always) is true.

    ``version`` and ``source`` are given only where the name alone would not say which of
    several locked packages is meant. ``extras`` are the extras asked for.
    """

    name: Name
    version: str = ""
    source: str = ""
    marker: str = ""
    extras: tuple[str, ...] = ()


class LockedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one package in a lock, with its files and what it needs.

    ``version`` is empty when the project works it out at build time. ``source`` is the
    address of the index, or the URL, git address or path; ``kind`` is the lock's own word
    for it (``registry``, ``url``, ``git``, ``path``, ``editable``, ``directory``,
    ``virtual``). ``groups`` holds dependency groups (PEP 735), ``optional`` extras. A
    member of the workspace has no artifacts: it is the project's own code. Any other
    package has at least one, without a file name when the lock names no file.
    """

    name: Name
    version: str = ""
    origin: Origin = Origin.registry
    source: str = ""
    kind: str = "registry"
    artifacts: tuple[Artifact, ...] = ()
    dependencies: tuple[LockedDependency, ...] = ()
    optional: dict[str, tuple[LockedDependency, ...]] = {}
    groups: dict[str, tuple[LockedDependency, ...]] = {}
    is_workspace_member: bool = False
    is_root: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this package from every other in one lock: name, version, source."""
        return (self.name, self.version, self.source)

    def __str__(self) -> str:
        return f"{self.name}=={self.version}" if self.version else self.name


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A whole lock, as read.

    ``kind`` is ``uv``, ``poetry``, ``pdm``, ``pipenv`` or ``pylock``. ``edges_known`` is false for locks that are
    a flat list. ``groups`` are dependency groups that belong to no package (a workspace
    without a project of its own).
    """

    kind: str
    packages: tuple[LockedPackage, ...] = ()
    requires_python: str = ""
    edges_known: bool = True
    groups: dict[str, tuple[LockedDependency, ...]] = {}

    def named(self, name: str) -> tuple[LockedPackage, ...]:
        """Give every locked package of this (normalised) name; several when the lock forks."""
        return tuple(package for package in self.packages if package.name == name)

    def installed_with(self, name: str) -> frozenset[Name]:
        """Give the names that come along where ``name`` is installed, without its groups and extras.

        Where the lock knows no edges, or not the name, that is all it holds. Markers are not
        looked at, and a package counts with the extras that anything asks it for.
        """
        if not self.edges_known or not self.named(name):
            return frozenset(package.name for package in self.packages)
        asked: dict[str, set[str]] = {name: {""}}
        rest = [(name, "")]
        while rest:
            here, extra = rest.pop()
            for package in self.named(here):
                edges = package.optional.get(extra, ()) if extra else package.dependencies
                for edge in edges:
                    known = asked.setdefault(edge.name, set())
                    new = {"", *edge.extras} - known
                    known |= new
                    rest += [(edge.name, one) for one in new]
        return frozenset(one for package in self.packages if (one := package.name) in asked)

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """Give every file the lock could install, in the order of the lock."""
        return tuple(artifact for package in self.packages for artifact in package.artifacts)


class LockDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What a new lock brings: every package of it is in exactly one of added, changed (new side) and same."""

    added: tuple[LockedPackage, ...] = ()
    removed: tuple[LockedPackage, ...] = ()
    changed: tuple[tuple[LockedPackage, LockedPackage], ...] = ()
    same: tuple[LockedPackage, ...] = ()

    @property
    def entering(self) -> tuple[LockedPackage, ...]:
        """Give what must be judged as new: the added ones and the new side of the changed ones."""
        return (*self.added, *(new for _, new in self.changed))
