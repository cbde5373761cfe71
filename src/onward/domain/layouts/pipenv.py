"""Pipenv: Pipfile and Pipfile.lock (Pipfile specification 6)."""

from typing import Any

from packaging.markers import InvalidMarker, Marker

from onward.core.artifact import PUBLIC_INDEX, Artifact, Origin
from onward.core.finding import Place
from onward.core.lock import Lock, LockedPackage
from onward.core.project import Declared, IndexLine, Reading, Role, Unreadable
from onward.domain.layouts.declare import declare, declare_direct, name_of_address, unreadable
from onward.domain.layouts.lines import Lines
from onward.domain.layouts.tables import Tables, parse_json, parse_toml

_WAY_OUT = "Take it back from version control, or write it again with `pipenv lock`."
_NOT_PACKAGES = ("source", "requires", "scripts", "pipenv", "pipfile")
_MARKERS = ("os_name", "sys_platform", "platform_machine", "platform_python_implementation",
            "platform_release", "platform_system", "platform_version", "python_version",
            "python_full_version", "implementation_name", "implementation_version")  # fmt: skip


def read_pipfile(text: str, path: str = "Pipfile") -> Reading:
    """Read a Pipfile: its packages by category (``dev-packages`` is the group ``dev``), indexes, Python.

    An entry that cannot be understood becomes unreadable; raises BadInput with line, or
    with every key of a wrong type.
    """
    data = parse_toml(text, path)
    tables, lines = Tables(path), Lines(text, path)
    declared: list[Declared] = []
    unread: list[Unreadable] = []
    for category, content in data.items():
        if category in _NOT_PACKAGES:
            continue
        group = {"packages": "", "dev-packages": "dev"}.get(category, category)
        role = Role.group if group else Role.main
        for name, value in tables.table(content, category).items():
            entry = _declared(name, value, lines.of_key(name, category), role, group)
            if isinstance(entry, Declared):
                declared.append(entry)
            else:
                unread.append(entry)
    indexes = []
    for i, entry in enumerate(tables.list_of(data.get("source"), "source")):
        table = tables.table(entry, f"source[{i}]")
        url = tables.text(table, "url", f"source[{i}]")
        indexes.append(
            IndexLine(
                url=url,
                kind="named" if i else "index",  # only the first answers for everything
                place=lines.of_string(url, "source"),
                name=tables.text(table, "name", f"source[{i}]"),
            )
        )
    requires = tables.table(data.get("requires"), "requires")
    exact = tables.text(requires, "python_full_version", "requires")
    minor = tables.text(requires, "python_version", "requires")
    tables.finish()
    return Reading(
        declared=tuple(declared),
        unreadable=tuple(unread),
        indexes=tuple(indexes),
        requires_python=f"=={exact}" if exact else (f"=={minor}.*" if minor else ""),
        files=(path,),
    )


def _declared(
    name: str, value: object, place: Place, role: Role, group: str
) -> Declared | Unreadable:
    table = {"version": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        return unreadable(f"{name} = {value}", place, "text or a table is expected")
    wanted = table.get("extras", [])
    extras = tuple(str(e) for e in wanted) if isinstance(wanted, list) else ()
    try:
        marker = _marker(table)
    except (InvalidMarker, RecursionError) as error:
        return unreadable(f"{name} = {value}", place, str(error).partition("\n")[0])
    if address := _address(table):
        return declare_direct(
            address,
            place,
            role=role,
            group=group,
            name=name_of_address(address) or name,
            marker=marker,
            extras=extras,
            editable=table.get("editable") is True,
        )
    version = str(table.get("version", "*")).strip()
    specifiers = "" if version == "*" else version
    if specifiers[:1].isdigit():
        specifiers = "==" + specifiers
    text = name + (f"[{','.join(extras)}] " if extras else " ") + specifiers
    return declare(f"{text} ; {marker}" if marker else text, place, role=role, group=group)


def _address(table: dict[str, Any]) -> str:
    for vcs in ("git", "hg", "svn", "bzr"):
        if isinstance(address := table.get(vcs), str):
            ref = f"@{table['ref']}" if "ref" in table else ""
            return f"{vcs}+{address}{ref}"
    return next(
        (str(table[k]) for k in ("path", "file", "url") if isinstance(table.get(k), str)), ""
    )


def _marker(table: dict[str, Any]) -> str:
    """Pipenv takes `markers = "..."` and also each variable as a key: `sys_platform = "== 'win32'"`."""
    parts = [f"{key} {table[key]}" for key in _MARKERS if isinstance(table.get(key), str)]
    if isinstance(markers := table.get("markers"), str):
        parts.append(markers)
    if not parts:
        return ""
    return str(Marker(parts[0] if len(parts) == 1 else " and ".join(f"({p})" for p in parts)))


def read_pipfile_lock(text: str, path: str = "Pipfile.lock") -> Lock:
    """Give the lock that the whole text of a Pipfile.lock holds: a flat list, without edges.

    Hashes are not tied to files, so each package has one artifact, with a sha256 only when
    there is exactly one. A package in several categories is given once for each version.
    Raises BadInput with line, or with the key of every entry that cannot be right.
    """
    data = parse_json(text, path, _WAY_OUT)
    tables = Tables(path)
    meta = tables.table(data.get("_meta"), "_meta")
    sources = [
        tables.table(s, "_meta.sources")
        for s in tables.list_of(meta.get("sources"), "_meta.sources")
    ]
    indexes = {str(s.get("name", "")): str(s.get("url", PUBLIC_INDEX)) for s in sources}
    default = next(iter(indexes.values()), PUBLIC_INDEX)
    packages: dict[tuple[str, str, str], LockedPackage] = {}
    for category, content in data.items():
        if category == "_meta":
            continue
        for name, entry in tables.table(content, category).items():
            where = f"{category}.{name}"
            table = tables.table(entry, where)
            package = _locked(
                tables, name, table, where, indexes.get(str(table.get("index")), default)
            )
            packages[package.key] = package
    requires = tables.table(meta.get("requires"), "_meta.requires")
    exact = tables.text(requires, "python_full_version", "_meta.requires")
    minor = tables.text(requires, "python_version", "_meta.requires")
    tables.finish(_WAY_OUT)
    return Lock(
        kind="pipenv",
        packages=tuple(packages.values()),
        requires_python=f"=={exact}" if exact else (f"=={minor}.*" if minor else ""),
        edges_known=False,
    )


def _locked(
    tables: Tables, word: str, table: dict[str, Any], where: str, index: str
) -> LockedPackage:
    name = tables.name(word, where)
    version = tables.text(table, "version", where).removeprefix("==").strip()
    address = _address(table)
    kind = "registry"
    if address:
        kind = "git" if address.startswith(("git+", "hg+", "svn+", "bzr+")) else "path"
        kind = "url" if kind == "path" and "://" in address else kind
    origin = {"git": Origin.git, "url": Origin.url, "path": Origin.path}.get(kind, Origin.registry)
    hashes = tables.texts(table.get("hashes"), f"{where}.hashes")
    own = table.get("editable") is True and address in (".", "./")
    artifact = Artifact(
        name=name,
        version=version,
        source=address or index,
        origin=origin,
        url=address if kind == "url" else "",
        sha256=hashes[0][7:] if len(hashes) == 1 and hashes[0].startswith("sha256:") else None,
    )
    return LockedPackage(
        name=name,
        version=version,
        origin=origin,
        source=address or index,
        kind=kind,
        artifacts=() if own else (artifact,),
        is_workspace_member=own,
        is_root=own,
    )
