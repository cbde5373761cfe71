"""Poetry: ``[tool.poetry]`` of pyproject.toml, and poetry.lock (lock versions 1.x and 2.x)."""

from collections.abc import Iterator
from typing import Any

from packaging.markers import InvalidMarker, Marker

from onward.core.artifact import PUBLIC_INDEX, Artifact, Origin
from onward.core.finding import Place
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.core.project import Declared, IndexLine, Reading, Role, Unreadable
from onward.domain.layouts.declare import declare, declare_direct, unreadable
from onward.domain.layouts.lines import Lines
from onward.domain.layouts.poetry_constraint import hull, python_marker
from onward.domain.layouts.tables import Tables, parse_toml, sha256_in

_WAY_OUT = "Take it back from version control, or write it again with `poetry lock`."
_KINDS = {"git": Origin.git, "url": Origin.url, "file": Origin.path, "directory": Origin.path}


def read_poetry(data: dict[str, Any], text: str, path: str) -> Reading:
    """Read ``[tool.poetry]`` of a parsed pyproject.toml (``text``: the same file, for the lines).

    Constraints become PEP 440. One that only a union could say gets the widest range and a
    note. Raises BadInput with every key of a wrong type.
    """
    reader = _Declarations(data, text, path)
    reading = reader.read()
    reader.tables.finish()
    return reading


class _Declarations:
    def __init__(self, data: dict[str, Any], text: str, path: str) -> None:
        self.tables = Tables(path)
        self.lines = Lines(text, path)
        tool = self.tables.table(data.get("tool"), "tool")
        self.poetry = self.tables.table(tool.get("poetry"), "tool.poetry")
        self.declared: list[Declared] = []
        self.unreadable: list[Unreadable] = []

    def read(self) -> Reading:
        """Read ``[tool.poetry]``; faults of single entries are kept, those of whole tables noted in ``tables``."""
        tables, poetry = self.tables, self.poetry
        self.extras = {
            str(extra): {str(n).partition("[")[0].lower().replace("_", "-") for n in names}
            for extra, names in tables.table(poetry.get("extras"), "tool.poetry.extras").items()
            if isinstance(names, list)
        }
        python = ""
        for name, value in self.section("dependencies"):
            if name.lower() == "python":
                python = self.python(value)
            else:
                self.add(name, value, "tool.poetry.dependencies", Role.main, "")
        for name, value in self.section("dev-dependencies"):
            self.add(name, value, "tool.poetry.dev-dependencies", Role.group, "dev")
        for group, table in tables.table(poetry.get("group"), "tool.poetry.group").items():
            where = f"tool.poetry.group.{group}.dependencies"
            inside = tables.table(table, f"tool.poetry.group.{group}").get("dependencies")
            for name, value in tables.table(inside, where).items():
                self.add(name, value, where, Role.group, group)
        return Reading(
            declared=tuple(self.declared),
            unreadable=tuple(self.unreadable),
            indexes=tuple(self.sources()),
            name=tables.text(poetry, "name", "tool.poetry"),
            version=tables.text(poetry, "version", "tool.poetry"),
            requires_python=python,
            files=(self.lines.path,),
        )

    def section(self, key: str) -> Iterator[tuple[str, Any]]:
        yield from self.tables.table(self.poetry.get(key), f"tool.poetry.{key}").items()

    def python(self, value: object) -> str:
        place = self.lines.of_key("python", "tool.poetry.dependencies")
        try:
            return hull(value if isinstance(value, str) else str(dict(value)["version"]))[0]  # type: ignore[call-overload]
        except (ValueError, TypeError, KeyError):
            self.unreadable.append(unreadable(str(value), place, "not a constraint on Python"))
            return ""

    def sources(self) -> Iterator[IndexLine]:
        """Give the indexes of ``[[tool.poetry.source]]``."""
        found = self.tables.list_of(self.poetry.get("source"), "tool.poetry.source")
        for i, entry in enumerate(found):
            where = f"tool.poetry.source[{i}]"
            table = self.tables.table(entry, where)
            url = self.tables.text(table, "url", where)
            named = self.tables.text(table, "priority", where) == "explicit"
            yield IndexLine(
                url=url or (PUBLIC_INDEX if str(table.get("name")).lower() == "pypi" else ""),
                kind="named" if named else "index",
                place=self.lines.of_string(url, "tool.poetry.source"),
                name=self.tables.text(table, "name", where),
            )

    def add(self, name: str, value: object, where: str, role: Role, group: str) -> None:
        """Read one dependency; a list of tables is one for each marker or Python."""
        place = self.lines.of_key(name, where)
        for one in value if isinstance(value, list) else [value]:
            table = {"version": one} if isinstance(one, str) else one
            if not isinstance(table, dict):
                self.tables.faults.append(f"{where}.{name}: text or a table is expected")
                continue
            for r, g in self.roles(name, table, role, group):
                entry = _declared(name, table, place, r, g)
                (self.declared if isinstance(entry, Declared) else self.unreadable).append(entry)  # type: ignore[arg-type]

    def roles(
        self, name: str, table: dict[str, Any], role: Role, group: str
    ) -> list[tuple[Role, str]]:
        """An optional dependency is in every extra that names it."""
        if role is not Role.main or table.get("optional") is not True:
            return [(role, group)]
        plain = name.lower().replace("_", "-")
        return [(Role.extra, e) for e, names in self.extras.items() if plain in names] or [
            (Role.extra, "")
        ]


def _declared(
    name: str, table: dict[str, Any], place: Place, role: Role, group: str
) -> Declared | Unreadable:
    wanted = table.get("extras", [])
    extras = tuple(str(e) for e in wanted) if isinstance(wanted, list) else ()
    original = str(table.get("version", ""))
    try:
        marker = _marker(table)
        if address := _address(table):
            return declare_direct(
                address,
                place,
                role=role,
                group=group,
                name=name,
                marker=marker,
                extras=extras,
                editable=table.get("develop") is True,
            )
        specifiers, exact = hull(original or "*")
    except (ValueError, InvalidMarker, RecursionError) as error:
        return unreadable(f"{name} = {original or table}", place, str(error))
    text = name + (f"[{','.join(extras)}] " if extras else " ") + specifiers
    entry = declare(f"{text} ; {marker}" if marker else text, place, role=role, group=group)
    if isinstance(entry, Unreadable):
        return entry
    note = "" if exact else f"written as `{original}`; read as the widest range `{specifiers}`"
    changes = {"original": original, "note": note}
    return Declared(**{**_fields(entry), **changes})


def _fields(entry: Declared) -> dict[str, Any]:
    return {field: getattr(entry, field) for field in entry.__struct_fields__}


def _address(table: dict[str, Any]) -> str:
    if isinstance(git := table.get("git"), str):
        ref = next((str(table[k]) for k in ("rev", "tag", "branch") if k in table), "")
        return f"git+{git}" + (f"@{ref}" if ref else "")
    found = next((table[k] for k in ("url", "path", "file") if isinstance(table.get(k), str)), "")
    return str(found)


def _marker(table: dict[str, Any]) -> str:
    parts = []
    if isinstance(python := table.get("python"), str) and (text := python_marker(python)):
        parts.append(text)
    if isinstance(platform := table.get("platform"), str):
        parts.append(f'sys_platform == "{platform}"')
    if isinstance(markers := table.get("markers"), str) and markers:
        parts.append(str(Marker(markers)))
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)


def read_poetry_lock(text: str, path: str = "poetry.lock") -> Lock:
    """Give the lock that the whole text of a poetry.lock holds.

    Poetry does not write file addresses, sizes or upload times. Raises BadInput with line,
    or with the key of every entry that cannot be right.
    """
    data = parse_toml(text, path, _WAY_OUT)
    tables = Tables(path)
    metadata = tables.table(data.get("metadata"), "metadata")
    old_files = tables.table(metadata.get("files"), "metadata.files")  # lock versions before 2.0
    packages = tuple(
        _locked(tables, tables.table(entry, f"package[{i}]"), f"package[{i}]", old_files)
        for i, entry in enumerate(tables.list_of(data.get("package"), "package"))
    )
    python = tables.text(metadata, "python-versions", "metadata")
    tables.finish(_WAY_OUT)
    try:
        python = hull(python)[0]
    except ValueError:
        python = ""
    return Lock(kind="poetry", packages=packages, requires_python=python)


def _locked(
    tables: Tables, table: dict[str, Any], where: str, old_files: dict[str, Any]
) -> LockedPackage:
    name = tables.name(table.get("name"), f"{where}.name")
    version = tables.text(table, "version", where)
    source = tables.table(table.get("source"), f"{where}.source")
    word = tables.text(source, "type", f"{where}.source")
    address = tables.text(source, "url", f"{where}.source") or PUBLIC_INDEX
    if reference := source.get("resolved_reference"):
        address = f"{address}#{reference}"
    origin = _KINDS.get(word, Origin.registry)
    files = tables.list_of(
        table.get("files", old_files.get(table.get("name", ""))), f"{where}.files"
    )
    artifacts = []
    for i, entry in enumerate(files):
        file = tables.table(entry, f"{where}.files[{i}]")
        artifacts.append(
            Artifact(
                name=name,
                version=version,
                source=address,
                origin=origin,
                filename=tables.text(file, "file", f"{where}.files[{i}]"),
                sha256=sha256_in(file.get("hash")),
            )
        )
    bare = Artifact(name=name, version=version, source=address, origin=origin)
    plain, optional = _edges(tables, table, where)
    return LockedPackage(
        name=name,
        version=version,
        origin=origin,
        source=address,
        kind=word if word in _KINDS else "registry",
        artifacts=tuple(artifacts) or (bare,),
        dependencies=plain,
        optional=optional,
    )


def _edges(
    tables: Tables, table: dict[str, Any], where: str
) -> tuple[tuple[LockedDependency, ...], dict[str, tuple[LockedDependency, ...]]]:
    """Part what is always needed from what an extra asks for (Poetry writes both into one table)."""
    plain: list[LockedDependency] = []
    optional: list[LockedDependency] = []
    needs = tables.table(table.get("dependencies"), f"{where}.dependencies")
    for word, value in needs.items():
        name = tables.name(word, f"{where}.dependencies")
        for one in value if isinstance(value, list) else [value]:
            entry = one if isinstance(one, dict) else {}
            edge = LockedDependency(
                name=name,
                marker=str(entry.get("markers", "")),
                extras=tables.texts(entry.get("extras"), f"{where}.dependencies.{word}.extras"),
            )
            (optional if entry.get("optional") is True else plain).append(edge)
    by_extra: dict[str, tuple[LockedDependency, ...]] = {}
    extras = tables.table(table.get("extras"), f"{where}.extras")
    for extra, asked in extras.items():
        names = {
            _first_name(tables, text, where) for text in tables.texts(asked, f"{where}.extras")
        }
        if edges := tuple(edge for edge in optional if edge.name in names):
            by_extra[extra] = edges
    return tuple(plain), by_extra


def _first_name(tables: Tables, text: str, where: str) -> Name:
    """The name in `idna (>=2)` or `uvicorn[standard] (>=0.2)`."""
    word = text.partition(" ")[0].partition("[")[0].partition(";")[0].partition("(")[0]
    return tables.name(word, f"{where}.extras")
