"""pyproject.toml by the standards: ``[project]`` (PEP 621), groups (PEP 735), ``[build-system]``
(PEP 518), and what uv, PDM and Hatch add beside them.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from onward.core.errors import BadInput
from onward.core.names import Name, parse_name
from onward.core.project import Declared, IndexLine, Reading, Role, Unreadable
from onward.domain.layouts.declare import declare, declare_direct, unreadable
from onward.domain.layouts.lines import Lines
from onward.domain.layouts.tables import Tables


def read_pyproject(data: dict[str, Any], text: str, path: str = "pyproject.toml") -> Reading:
    """Read all requirements and indexes of a parsed pyproject.toml, except ``[tool.poetry]``.

    ``text`` is the same file, for the lines. A requirement that is not PEP 508 becomes an
    unreadable entry; raises BadInput with every key of a wrong type.
    """
    reader = _Reader(data, text, path)
    reading = reader.read()
    reader.tables.finish()
    return reading


def dynamic_files(data: dict[str, Any]) -> tuple[tuple[str, Role, str], ...]:
    """Give (path, role, extra) of the requirements files that setuptools reads for dynamic fields.

    ``[tool.setuptools.dynamic] dependencies = {file = [...]}`` and ``optional-dependencies``.
    """
    table = _walk(data, "tool", "setuptools", "dynamic")
    found = [(path, Role.main, "") for path in _files(table.get("dependencies"))]
    extras = table.get("optional-dependencies")
    if isinstance(extras, dict):
        for extra, value in extras.items():
            found += [(path, Role.extra, str(extra)) for path in _files(value)]
    return tuple(found)


class _Reader:
    def __init__(self, data: dict[str, Any], text: str, path: str) -> None:
        self.data = data
        self.tables = Tables(path)
        self.lines = Lines(text, path)
        self.declared: list[Declared] = []
        self.unreadable: list[Unreadable] = []

    def read(self) -> Reading:
        """Read all tables; faults of single entries are kept, those of whole tables noted in ``tables``."""
        tables = self.tables
        project = tables.table(self.data.get("project"), "project")
        self.all(project.get("dependencies"), "project", "dependencies")
        extras = tables.table(project.get("optional-dependencies"), "project.optional-dependencies")
        for extra, entries in extras.items():
            self.all(entries, "project.optional-dependencies", extra, Role.extra, extra)
        self.groups()
        build = tables.table(self.data.get("build-system"), "build-system")
        self.all(build.get("requires"), "build-system", "requires", Role.build)
        tool = tables.table(self.data.get("tool"), "tool")
        self.uv(tables.table(tool.get("uv"), "tool.uv"))
        self.pdm_and_hatch(tool)
        return Reading(
            declared=tuple(self.sourced(tool)),
            unreadable=tuple(self.unreadable),
            indexes=tuple(self.indexes(tool)),
            name=tables.text(project, "name", "project"),
            version=tables.text(project, "version", "project"),
            requires_python=tables.text(project, "requires-python", "project"),
            files=(self.lines.path,),
        )

    def all(
        self, entries: object, table: str, key: str, role: Role = Role.main, group: str = ""
    ) -> None:
        for entry in self.tables.list_of(entries, f"{table}.{key}"):
            self.one(entry, table, role, group)

    def one(self, entry: object, table: str, role: Role, group: str) -> None:
        """Read one entry of a list of requirements (PEP 508)."""
        if not isinstance(entry, str):
            place = self.lines.of_table(table)
            self.unreadable.append(unreadable(str(entry), place, "text is expected"))
            return
        read = declare(entry, self.lines.of_string(entry, table), role=role, group=group)
        if isinstance(read, Declared):
            self.declared.append(read)
        else:
            self.unreadable.append(read)

    def groups(self) -> None:
        """Read dependency groups; an included group counts for both (PEP 735)."""
        table = "dependency-groups"
        groups = self.tables.table(self.data.get(table), table)
        own: dict[str, list[Declared]] = {}
        includes: dict[str, list[str]] = {}
        for group, entries in groups.items():
            start = len(self.declared)
            includes[group] = []
            for entry in self.tables.list_of(entries, f"{table}.{group}"):
                if isinstance(entry, dict) and isinstance(entry.get("include-group"), str):
                    includes[group].append(_plain(entry["include-group"]))
                else:
                    self.one(entry, table, Role.group, group)
            own[_plain(group)] = self.declared[start:]
        by_plain = {_plain(group): names for group, names in includes.items()}
        for group, names in includes.items():
            for name in _reached(names, by_plain):
                if name not in own:
                    place = self.lines.of_key(group, table)
                    self.unreadable.append(
                        unreadable(f"include-group = {name}", place, "there is no such group")
                    )
                elif name != _plain(group):
                    self.declared += [
                        msgspec.structs.replace(entry, group=group) for entry in own[name]
                    ]

    def uv(self, uv: dict[str, Any]) -> None:
        """Read what ``[tool.uv]`` adds: development requirements of old, constraints, overrides."""
        self.all(uv.get("dev-dependencies"), "tool.uv", "dev-dependencies", Role.group, "dev")
        for key in ("constraint-dependencies", "override-dependencies"):
            self.all(uv.get(key), "tool.uv", key, Role.constraint)
        self.all(
            uv.get("build-constraint-dependencies"),
            "tool.uv",
            "build-constraint-dependencies",
            Role.constraint,
            "build",
        )

    def pdm_and_hatch(self, tool: dict[str, Any]) -> None:
        """Read the groups of ``[tool.pdm.dev-dependencies]`` and of hatch's environments."""
        pdm = self.tables.table(tool.get("pdm"), "tool.pdm")
        groups = self.tables.table(pdm.get("dev-dependencies"), "tool.pdm.dev-dependencies")
        for group, entries in groups.items():
            for entry in self.tables.list_of(entries, f"tool.pdm.dev-dependencies.{group}"):
                if isinstance(entry, str) and entry.startswith("-e"):
                    place = self.lines.of_string(entry, "tool.pdm.dev-dependencies")
                    address = entry[2:].strip()
                    self.declared.append(
                        declare_direct(address, place, role=Role.group, group=group, editable=True)
                    )
                else:
                    self.one(entry, "tool.pdm.dev-dependencies", Role.group, group)
        for env, table in _walk(tool, "hatch", "envs").items():
            for key in ("dependencies", "extra-dependencies"):
                entries = table.get(key) if isinstance(table, dict) else None
                where = f"tool.hatch.envs.{env}"
                self.all(entries, where, key, Role.group, f"hatch.{env}")

    def sourced(self, tool: dict[str, Any]) -> Iterator[Declared]:
        """Give the declared entries with the address that ``[tool.uv.sources]`` puts in place of an index."""
        sources = {}
        for word, value in _walk(tool, "uv", "sources").items():
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, dict):
                sources[_name(word)] = first
        for entry in self.declared:
            source = sources.get(entry.name)
            if source is None or entry.role in (Role.build, Role.constraint):
                yield entry
                continue
            address = _address(source)
            note = "a member of this workspace" if source.get("workspace") is True else ""
            if index := source.get("index"):
                note = f"from the index `{index}`"
            yield msgspec.structs.replace(
                entry,
                direct=address or entry.direct,
                editable=source.get("editable") is True,
                note=note,
            )

    def indexes(self, tool: dict[str, Any]) -> Iterator[IndexLine]:
        """Give the indexes that uv and pdm are told to ask, each with its place."""
        uv = self.tables.table(tool.get("uv"), "tool.uv")
        for i, entry in enumerate(self.tables.list_of(uv.get("index"), "tool.uv.index")):
            where = f"tool.uv.index[{i}]"
            table = self.tables.table(entry, where)
            kind = "index" if table.get("default") is True else "extra-index"
            kind = "named" if table.get("explicit") is True else kind
            kind = "find-links" if table.get("format") == "flat" else kind
            url = self.tables.text(table, "url", where)
            place = self.lines.of_string(url, "tool.uv.index")
            name = self.tables.text(table, "name", where)
            yield IndexLine(url=url, kind=kind, place=place, name=name)
        for key, kind in (
            ("index-url", "index"),
            ("extra-index-url", "extra-index"),
            ("find-links", "find-links"),
        ):
            value = uv.get(key)
            for url in [value] if isinstance(value, str) else self.tables.texts(value, key):
                yield IndexLine(url=url, kind=kind, place=self.lines.of_string(url, "tool.uv"))
        sources = self.tables.list_of(_walk(tool, "pdm").get("source"), "tool.pdm.source")
        for i, entry in enumerate(sources):
            table = self.tables.table(entry, f"tool.pdm.source[{i}]")
            url = self.tables.text(table, "url", f"tool.pdm.source[{i}]")
            name = self.tables.text(table, "name", f"tool.pdm.source[{i}]")
            kind = "find-links" if table.get("type") == "find_links" else "index"
            kind = "extra-index" if kind == "index" and name != "pypi" else kind
            place = self.lines.of_string(url, "tool.pdm.source")
            yield IndexLine(url=url, kind=kind, place=place, name=name)


def _reached(names: list[str], includes: dict[str, list[str]]) -> list[str]:
    """Give every group included, directly or not, each once; a loop ends by itself."""
    found: list[str] = []
    rest = list(names)
    while rest:
        name = rest.pop(0)
        if name not in found:
            found.append(name)
            rest += includes.get(name, [])
    return found


def _address(source: dict[str, Any]) -> str:
    if isinstance(git := source.get("git"), str):
        ref = next((str(source[k]) for k in ("rev", "tag", "branch") if k in source), "")
        return f"git+{git}" + (f"@{ref}" if ref else "")
    return next((str(source[k]) for k in ("url", "path") if isinstance(source.get(k), str)), "")


def _walk(data: dict[str, Any], *keys: str) -> dict[str, Any]:
    for key in keys:
        value = data.get(key)
        data = value if isinstance(value, dict) else {}
    return data


def _files(value: object) -> list[str]:
    files = value.get("file") if isinstance(value, dict) else None
    listed = [files] if isinstance(files, str) else files
    return [f for f in listed if isinstance(f, str)] if isinstance(listed, list) else []


def _plain(group: str) -> str:
    return group.lower().replace("_", "-").replace(".", "-")


def _name(word: str) -> Name:
    try:
        return parse_name(word)
    except BadInput:
        return Name("")
