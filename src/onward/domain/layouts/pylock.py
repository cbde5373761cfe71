"""pylock.toml (PEP 751), read with packaging's own reader."""

from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from packaging.pylock import (
    Package,
    PackageSdist,
    PackageWheel,
    Pylock,
    PylockUnsupportedVersionError,
    PylockValidationError,
)

from onward.core.artifact import PUBLIC_INDEX, Artifact, Origin
from onward.core.errors import BadInput
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.domain.layouts.tables import moment_in, parse_toml


def read_pylock(text: str, path: str = "pylock.toml") -> Lock:
    """Give the lock that a pylock file (PEP 751, version 1.x) holds.

    ``dependencies`` of an entry is optional in the standard and most tools leave it out;
    edges count as known when any entry has them. Raises BadInput with line, or with the
    key that breaks the standard.
    """
    data = parse_toml(text, path)
    try:
        lock = Pylock.from_dict(data)
    except PylockUnsupportedVersionError as error:
        raise BadInput(
            "lock-version",
            f"`{path}` has a version that onward does not read",
            context=(str(error),),
            hint="Write it again with a tool that gives version 1.0.",
        ) from error
    except PylockValidationError as error:
        raise BadInput(
            "bad-file", f"`{path}` does not follow PEP 751", context=(f"{path}: {error}",)
        ) from error
    return Lock(
        kind="pylock",
        packages=tuple(_package(package) for package in lock.packages),
        requires_python=str(lock.requires_python or ""),
        edges_known=any(package.dependencies for package in lock.packages),
    )


def _package(package: Package) -> LockedPackage:
    name, version = Name(package.name), str(package.version or "")
    kind, origin, source = _source(package)
    own = package.directory is not None and source in (".", "./")
    artifacts = tuple(_artifacts(package, name, version, origin, source))
    bare = Artifact(name=name, version=version, source=source, origin=origin)
    edges = [
        LockedDependency(name=Name(str(one["name"])), version=str(one.get("version", "")))
        for one in package.dependencies or ()
        if "name" in one
    ]
    return LockedPackage(
        name=name,
        version=version,
        origin=origin,
        source=source,
        kind=kind,
        artifacts=() if own else (artifacts or (bare,)),
        dependencies=tuple(edges),
        is_workspace_member=own,
        is_root=own,
    )


def _source(package: Package) -> tuple[str, Origin, str]:
    if vcs := package.vcs:
        return "git", Origin.git, f"{vcs.url or vcs.path}#{vcs.commit_id}"
    if archive := package.archive:
        if archive.url:
            return "url", Origin.url, archive.url
        return "path", Origin.path, archive.path or ""
    if directory := package.directory:
        return "directory", Origin.path, directory.path
    return "registry", Origin.registry, package.index or PUBLIC_INDEX


def _artifacts(
    package: Package, name: Name, version: str, origin: Origin, source: str
) -> Iterator[Artifact]:
    if archive := package.archive:
        yield Artifact(
            name=name,
            version=version,
            source=source,
            origin=origin,
            filename=_last(source),
            url=archive.url or "",
            sha256=archive.hashes.get("sha256"),
            size=archive.size,
            uploaded=moment_in(archive.upload_time),
        )
    files: list[PackageSdist | PackageWheel] = [package.sdist] if package.sdist else []
    for file in files + list(package.wheels or ()):
        yield Artifact(
            name=name,
            version=version,
            source=source,
            origin=origin,
            filename=file.name or _last(file.url or file.path or ""),
            url=file.url or file.path or "",
            sha256=file.hashes.get("sha256"),
            size=file.size,
            uploaded=moment_in(file.upload_time),
        )


def _last(address: str) -> str:
    return unquote(urlsplit(address).path.replace("\\", "/").rpartition("/")[2])
