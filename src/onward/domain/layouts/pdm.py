"""pdm.lock (lock versions 4.x). What a PDM project declares is PEP 621 and read there."""

from typing import Any

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from onward.core.artifact import PUBLIC_INDEX, Artifact, Origin
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.domain.layouts.tables import Tables, parse_toml, sha256_in

_WAY_OUT = "Take it back from version control, or write it again with `pdm lock`."


def read_pdm_lock(text: str, path: str = "pdm.lock", default_index: str = PUBLIC_INDEX) -> Lock:
    """Give the lock that the whole text of a pdm.lock holds.

    PDM does not write which index a file came from (``default_index`` is said instead) and
    writes addresses only with the strategy ``static_urls``. An entry of its own for each
    extra is joined with its package. Raises BadInput with line, or with the key of every
    entry that cannot be right.
    """
    data = parse_toml(text, path, _WAY_OUT)
    tables = Tables(path)
    metadata = tables.table(data.get("metadata"), "metadata")
    joined: dict[tuple[str, str, str], LockedPackage] = {}
    for i, entry in enumerate(tables.list_of(data.get("package"), "package")):
        where = f"package[{i}]"
        package = _package(tables, tables.table(entry, where), where, default_index)
        earlier = joined.get(package.key)
        joined[package.key] = _join(earlier, package) if earlier else package
    targets = [
        tables.table(t, "metadata.targets")
        for t in tables.list_of(metadata.get("targets"), "metadata.targets")
    ]
    python = next((str(t["requires_python"]) for t in targets if "requires_python" in t), "")
    tables.finish(_WAY_OUT)
    return Lock(kind="pdm", packages=tuple(joined.values()), requires_python=python)


def _package(
    tables: Tables, table: dict[str, Any], where: str, default_index: str
) -> LockedPackage:
    name = tables.name(table.get("name"), f"{where}.name")
    version = tables.text(table, "version", where)
    kind, source = _source(tables, table, where, default_index)
    origin = {"git": Origin.git, "url": Origin.url, "registry": Origin.registry}.get(
        kind, Origin.path
    )
    own = kind == "path" and source in (".", "./")
    artifacts = []
    for i, entry in enumerate(tables.list_of(table.get("files"), f"{where}.files")):
        file = tables.table(entry, f"{where}.files[{i}]")
        url = tables.text(file, "url", where)
        artifacts.append(
            Artifact(
                name=name,
                version=version,
                source=source,
                origin=origin,
                filename=tables.text(file, "file", where)
                or url.rpartition("/")[2].partition("#")[0],
                url=url,
                sha256=sha256_in(file.get("hash")),
            )
        )
    bare = Artifact(name=name, version=version, source=source, origin=origin)
    edges = _edges(tables, table, where, name)
    extras = tables.texts(table.get("extras"), f"{where}.extras")
    return LockedPackage(
        name=name,
        version=version,
        origin=origin,
        source=source,
        kind=kind,
        artifacts=() if own else (tuple(artifacts) or (bare,)),
        dependencies=() if extras else edges,
        optional=dict.fromkeys(extras, edges),
        is_workspace_member=own,
        is_root=own,
    )


def _source(
    tables: Tables, table: dict[str, Any], where: str, default_index: str
) -> tuple[str, str]:
    for kind in ("git", "url", "path"):
        if address := tables.text(table, kind, where):
            if kind == "git":
                address = f"{address}#{table.get('revision', '')}"
            return kind, address
    return "registry", default_index


def _edges(
    tables: Tables, table: dict[str, Any], where: str, name: Name
) -> tuple[LockedDependency, ...]:
    edges = []
    for text in tables.texts(table.get("dependencies"), f"{where}.dependencies"):
        try:
            asked = Requirement(text)
        except (InvalidRequirement, RecursionError):
            tables.faults.append(f"{where}.dependencies: `{text[:100]}` is not a requirement")
            continue
        edge = LockedDependency(
            name=tables.name(asked.name, f"{where}.dependencies"),
            marker=str(asked.marker or ""),
            extras=tuple(sorted(asked.extras)),
        )
        if edge.name != name:  # the entry of an extra names its own package first
            edges.append(edge)
    return tuple(edges)


def _join(a: LockedPackage, b: LockedPackage) -> LockedPackage:
    plain, extra = (a, b) if not a.optional else (b, a)
    return msgspec.structs.replace(
        plain,
        dependencies=plain.dependencies or b.dependencies,
        optional={**a.optional, **b.optional},
        artifacts=plain.artifacts or extra.artifacts,
    )
