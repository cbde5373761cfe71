"""uv.lock: reading it (format version 1, revisions as they come) and comparing two of them.

uv promises that a revision of version 1 only adds; so unknown keys are passed over, and an
unknown version is refused. Parsing is most of the cost, so a table that has been parsed
once, for the lock before a change, is not parsed again for the lock after it.
"""

import functools
import re
import tomllib
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from onward.core.artifact import Artifact, Origin
from onward.core.errors import BadInput
from onward.core.lock import Lock, LockDiff, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.domain.layouts.tables import Tables, moment_in, parse_toml, sha256_in, size_in

if TYPE_CHECKING:
    from packaging.version import Version

_RUNS = re.compile(r"[-_.]+")
_ORIGINS = {
    "registry": Origin.registry,
    "url": Origin.url,
    "git": Origin.git,
    "path": Origin.path,
    "editable": Origin.path,
    "directory": Origin.path,
    "virtual": Origin.path,
}
_WAY_OUT = "Take it back from version control, or remove it and run `onward lock`."
_FOLDERS = ("editable", "virtual", "directory")


def read_uv_lock(text: str, path: str = "uv.lock") -> Lock:
    """Give the lock that ``text`` (the whole of uv.lock) holds; ``path`` is for messages.

    Raises BadInput: ``bad-toml`` with line and column, ``bad-file`` with the key of every
    entry that is not what uv writes, ``lock-version`` for a format that this reader does
    not know.
    """
    data = _parsed(text, path)
    if (version := data.get("version")) != 1:
        stated = "does not say its format version" if version is None else f"has format version {version!r}"  # fmt: skip
        raise BadInput(
            "lock-version",
            f"`{path}` {stated}, and onward reads version 1",
            hint=_WAY_OUT if version is None else f"Use a newer onward. {_WAY_OUT}",
        )
    return _Reader(data, path).lock()


def _parsed(text: str, path: str) -> dict[str, Any]:
    """Give what ``tomllib.loads`` gives for the whole text, package by package where that is the same.

    It is the same when every part is whole by itself and holds nothing but its package; a
    break inside a string leaves a part that is not.
    """
    head, *parts = text.split(_PACKAGE)
    try:
        data = tomllib.loads(head)
        tables = [_package(part) for part in parts]
    except (tomllib.TOMLDecodeError, RecursionError):
        return parse_toml(text, path, _WAY_OUT)
    if not parts or "package" in data or any(len(table) != 1 for table in tables):
        return parse_toml(text, path, _WAY_OUT)
    return {**data, "package": [entry for table in tables for entry in table["package"]]}


@functools.lru_cache(maxsize=8192)
def _package(part: str) -> dict[str, Any]:
    """Parse one package's table; whoever gets it does not change it."""
    return tomllib.loads(f"[[package]]\n{part}")


_PACKAGE = "\n[[package]]\n"


class _Reader(Tables):
    """One pass over the parsed file."""

    def __init__(self, data: dict[str, Any], path: str) -> None:
        super().__init__(path)
        self.data = data
        manifest = self.table(data.get("manifest"), "manifest")
        members = manifest.get("members", ())
        self.members = {str(name) for name in members} if isinstance(members, list) else set()
        self.loose = manifest.get("dependency-groups")

    def lock(self) -> Lock:
        """Read all of it; raises BadInput with every fault."""
        entries = self.list_of(self.data.get("package"), "package")
        packages = tuple(self.package(entry, f"package[{i}]") for i, entry in enumerate(entries))
        loose = self.edges_by_word(self.loose, "manifest.dependency-groups")
        requires = self.text(self.data, "requires-python", "uv.lock")
        self.finish(_WAY_OUT)
        return Lock(
            kind="uv",
            packages=packages,
            requires_python=requires,
            groups=loose,
        )

    def package(self, entry: object, where: str) -> LockedPackage:
        """Read one ``[[package]]``; faults are noted."""
        table = self.table(entry, where)
        name = self.name(table.get("name"), f"{where}.name")
        where = f"{where} ({name})"
        version = self.text(table, "version", where)
        kind, source = self.source(table.get("source"), where)
        own = kind in _FOLDERS and (source == "." or name in self.members)
        return LockedPackage(
            name=name,
            version=version,
            origin=_ORIGINS[kind],
            source=source,
            kind=kind,
            artifacts=() if own else self.files(table, (name, version), (kind, source), where),
            dependencies=self.edges(table.get("dependencies"), f"{where}.dependencies"),
            optional=self.edges_by_word(table.get("optional-dependencies"), f"{where}.optional"),
            groups=self.edges_by_word(table.get("dev-dependencies"), f"{where}.dev-dependencies"),
            is_workspace_member=own,
            is_root=own and source == ".",
        )

    def source(self, value: object, where: str) -> tuple[str, str]:
        table = self.table(value, f"{where}.source")
        for kind in _ORIGINS:
            if isinstance(address := table.get(kind), str):
                return kind, address
        self.faults.append(f"{where}.source: one of {', '.join(_ORIGINS)} is expected")
        return "registry", ""

    def files(
        self, table: dict[str, Any], release: tuple[Name, str], origin: tuple[str, str], where: str
    ) -> tuple[Artifact, ...]:
        """Give the sdist and the wheels; where uv names no file, one artifact for the source."""
        (name, version), (kind, source) = release, origin
        entries = [(table["sdist"], "sdist")] if "sdist" in table else []
        wheels = self.list_of(table.get("wheels"), f"{where}.wheels")
        entries += [(wheel, "wheels") for wheel in wheels]
        trust = _ORIGINS[kind]
        if not entries:
            url = source if kind in ("url", "git") else ""
            return (Artifact(name=name, version=version, source=source, origin=trust, url=url),)
        made = []
        for entry, key in entries:
            if not isinstance(entry, dict):
                self.faults.append(f"{where}.{key}: a table is expected")
                continue
            url = self.text(entry, "url", where) or self.text(entry, "path", where)
            if not url and kind != "registry":
                url = source
            filename = self.text(entry, "filename", where) or _last_part(url)
            if key == "wheels" and _RUNS.sub("-", filename.partition("-")[0]).lower() != name:
                # uv installs what the file holds: under another name it would pass unjudged.
                self.faults.append(f"{where}.wheels: `{filename}` is not a wheel of {name}")
            made.append(
                Artifact(
                    name=name,
                    version=version,
                    source=source,
                    origin=trust,
                    filename=filename,
                    url=url,
                    sha256=sha256_in(entry.get("hash")),
                    size=size_in(entry.get("size")),
                    uploaded=moment_in(entry.get("upload-time")),
                )
            )
        return tuple(made)

    def edges(self, value: object, where: str) -> tuple[LockedDependency, ...]:
        """Read a list of what a package needs; faults are noted."""
        made = []
        for i, entry in enumerate(self.list_of(value, where)):
            table = self.table(entry, f"{where}[{i}]")
            made.append(
                LockedDependency(
                    name=self.name(table.get("name"), f"{where}[{i}].name"),
                    version=self.text(table, "version", where),
                    source=self.source(table["source"], where)[1] if "source" in table else "",
                    marker=self.text(table, "marker", where),
                    extras=self.texts(table.get("extra"), f"{where}[{i}].extra"),
                )
            )
        return tuple(made)

    def edges_by_word(self, value: object, where: str) -> dict[str, tuple[LockedDependency, ...]]:
        table = self.table(value, where)
        return {word: self.edges(edges, f"{where}.{word}") for word, edges in table.items()}


def _last_part(url: str) -> str:
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return unquote(re.split(r"[/\\]", path)[-1])


def diff_locks(old: Lock | None, new: Lock) -> LockDiff:
    """Give what differs from ``old`` (None: there was no lock) to ``new``.

    Two packages are the same when name, version and source agree and no file of the new
    one is unknown to the old (by sha256; by address where there is none): a mere upload
    time or a dropped file is no change. What is left of one name is paired newest with
    newest as changed, so a fork that only one side has counts as added or removed.
    """
    before = _by_name(old.packages if old else ())
    after = _by_name(new.packages)
    added: list[LockedPackage] = []
    changed: list[tuple[LockedPackage, LockedPackage]] = []
    same: list[LockedPackage] = []
    removed = [p for name, packages in before.items() if name not in after for p in packages]
    for name, packages in after.items():
        olds = list(before.get(name, ()))
        left = []
        for package in packages:
            twin = next((o for o in olds if o.key == package.key), None)
            if twin is None:
                left.append(package)
                continue
            olds.remove(twin)
            if _marks(package) <= _marks(twin):
                same.append(package)
            else:
                changed.append((twin, package))
        olds.sort(key=_age, reverse=True)
        left.sort(key=_age, reverse=True)
        changed += zip(olds, left, strict=False)
        added += left[len(olds) :]
        removed += olds[len(left) :]
    order = {package.key: i for i, package in enumerate(new.packages)}
    added.sort(key=lambda package: order[package.key])
    return LockDiff(
        added=tuple(added), removed=tuple(removed), changed=tuple(changed), same=tuple(same)
    )


def _by_name(packages: tuple[LockedPackage, ...]) -> dict[Name, list[LockedPackage]]:
    groups: dict[Name, list[LockedPackage]] = defaultdict(list)
    for package in packages:
        groups[package.name].append(package)
    return groups


def _marks(package: LockedPackage) -> set[tuple[str, str]]:
    return {(a.filename, a.sha256 or f"unhashed {a.url}") for a in package.artifacts}


def _age(package: LockedPackage) -> "tuple[bool, Version, str]":
    from packaging.version import InvalidVersion, Version

    try:
        return (True, Version(package.version), package.source)
    except InvalidVersion:
        return (False, Version("0"), package.version + package.source)
