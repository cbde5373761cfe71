"""uv.lock: reading it (format version 1, revisions as they come) and comparing two of them.

uv promises that a revision of version 1 only adds; so unknown keys are passed over, and an
unknown version is refused. The text is parsed once: that is most of the cost.
"""

import datetime as dt
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from packaging.version import InvalidVersion, Version

from onward.core.artifact import Artifact, Origin
from onward.core.errors import BadInput
from onward.core.lock import Lock, LockDiff, LockedDependency, LockedPackage
from onward.core.names import Name, parse_name

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
_FOLDERS = ("editable", "virtual", "directory")


def read_uv_lock(text: str, path: str = "uv.lock") -> Lock:
    """Give the lock that ``text`` (the whole of uv.lock) holds; ``path`` is for messages.

    Raises BadInput: ``bad-lock`` with line and column for text that is no TOML, or with
    the key of every entry that is not what uv writes; ``lock-version`` for a format that
    this reader does not know.
    """
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(
            "bad-lock",
            f"`{path}` cannot be read",
            context=(f"{path}: {error}",),
            hint="Take it back from version control, or remove it and run `onward lock`.",
        ) from error
    if data.get("version") != 1:
        raise BadInput(
            "lock-version",
            f"`{path}` has format version {data.get('version')!r}, and onward reads version 1",
            hint="Use a newer onward, or write the lock again with `onward lock`.",
        )
    return _Reader(data, path).lock()


class _Reader:
    """One pass over the parsed file; collects every fault before it complains."""

    def __init__(self, data: dict[str, Any], path: str) -> None:
        self.data = data
        self.path = path
        self.faults: list[str] = []
        manifest = self.table(data.get("manifest"), "manifest")
        members = manifest.get("members", ())
        self.members = {str(name) for name in members} if isinstance(members, list) else set()
        self.loose = manifest.get("dependency-groups")
        self.names: dict[str, Name] = {}

    def lock(self) -> Lock:
        entries = self.data.get("package", [])
        if not isinstance(entries, list):
            self.faults.append("package: a list of tables is expected")
            entries = []
        packages = tuple(self.package(entry, f"package[{i}]") for i, entry in enumerate(entries))
        loose = self.edges_by_word(self.loose, "manifest.dependency-groups")
        requires = self.data.get("requires-python", "")
        if not isinstance(requires, str):
            self.faults.append("requires-python: text is expected")
        if self.faults:
            raise BadInput(
                "bad-lock",
                f"`{self.path}` holds entries that uv does not write",
                context=tuple(f"{self.path}: {fault}" for fault in self.faults),
                hint="Take it back from version control, or remove it and run `onward lock`.",
            )
        version, revision = self.data["version"], self.data.get("revision", 0)
        return Lock(
            kind="uv",
            packages=packages,
            requires_python=requires,
            raw_version=f"{version} revision {revision}",
            groups=loose,
        )

    def package(self, entry: object, where: str) -> LockedPackage:
        table = self.table(entry, where)
        name = self.name(table.get("name"), where)
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
        wheels = table.get("wheels", [])
        if isinstance(wheels, list):
            entries += [(wheel, "wheels") for wheel in wheels]
        else:
            self.faults.append(f"{where}.wheels: a list is expected")
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
                    sha256=_sha256(entry.get("hash")),
                    size=_whole(entry.get("size")),
                    uploaded=_moment(entry.get("upload-time")),
                )
            )
        return tuple(made)

    def edges(self, value: object, where: str) -> tuple[LockedDependency, ...]:
        if value is None:
            return ()
        if not isinstance(value, list):
            self.faults.append(f"{where}: a list of tables is expected")
            return ()
        made = []
        for i, entry in enumerate(value):
            table = self.table(entry, f"{where}[{i}]")
            extras = table.get("extra", ())
            made.append(
                LockedDependency(
                    name=self.name(table.get("name"), f"{where}[{i}]"),
                    version=self.text(table, "version", where),
                    source=self.source(table["source"], where)[1] if "source" in table else "",
                    marker=self.text(table, "marker", where),
                    extras=tuple(map(str, extras)) if isinstance(extras, list) else (),
                )
            )
        return tuple(made)

    def edges_by_word(self, value: object, where: str) -> dict[str, tuple[LockedDependency, ...]]:
        if value is None:
            return {}
        table = self.table(value, where)
        return {word: self.edges(edges, f"{where}.{word}") for word, edges in table.items()}

    def table(self, value: object, where: str) -> dict[str, Any]:
        if value is None or isinstance(value, dict):
            return value or {}
        self.faults.append(f"{where}: a table is expected")
        return {}

    def text(self, table: Mapping[str, Any], key: str, where: str) -> str:
        value = table.get(key, "")
        if isinstance(value, str):
            return value
        self.faults.append(f"{where}.{key}: text is expected")
        return ""

    def name(self, value: object, where: str) -> Name:
        if isinstance(value, str):
            if value in self.names:
                return self.names[value]
            try:
                return self.names.setdefault(value, parse_name(value))
            except BadInput:
                pass
        self.faults.append(f"{where}.name: {value!r} is not a project name")
        return Name("")


def _last_part(url: str) -> str:
    path = re.split(r"[?#]", url, maxsplit=1)[0]
    return unquote(re.split(r"[/\\]", path)[-1])


def _sha256(value: object) -> str | None:
    if isinstance(value, str) and value.startswith("sha256:"):
        return value[7:].lower()
    return None


def _whole(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _moment(value: object) -> dt.datetime | None:
    """Give an aware time; a time that cannot be read is unknown, never now."""
    if not isinstance(value, str):
        return None
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


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


def _age(package: LockedPackage) -> tuple[bool, Version, str]:
    try:
        return (True, Version(package.version), package.source)
    except InvalidVersion:
        return (False, Version("0"), package.version + package.source)
