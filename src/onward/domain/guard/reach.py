"""Where a locked package is really installed: the markers on the way to it say on which platforms."""

from collections.abc import Iterator, Sequence
from itertools import product

from onward.core.lock import Lock, LockedDependency, LockedPackage

_SYSTEMS = {
    "linux": ("posix", "linux", "Linux", ("x86_64", "aarch64")),
    "macos": ("posix", "darwin", "Darwin", ("x86_64", "arm64")),
    "windows": ("nt", "win32", "Windows", ("AMD64", "ARM64")),
}
_MACHINES = {"x86_64": ("x86_64", "AMD64"), "arm64": ("arm64", "aarch64", "ARM64")}

Environment = dict[str, str]
_Key = tuple[str, str, str]


class Reach:
    """Says which packages of ``lock`` a platform with a CPython version needs.

    In doubt a package counts as needed: where a marker cannot be read, where the lock knows
    no edges, or where the word for a platform leaves a machine or a patch release open.
    """

    def __init__(self, lock: Lock, python: tuple[int, int]) -> None:
        self._lock = lock
        self._python = python
        self._needed: dict[str, set[_Key]] = {}

    def needs(self, package: LockedPackage, platform: str) -> bool:
        """Whether ``platform`` (such as ``linux-x86_64``) installs ``package``."""
        known = environments(platform, self._python)
        if not self._lock.edges_known or not known:
            return True
        if platform not in self._needed:
            self._needed[platform] = {key for env in known for key in self._walk(env)}
        return package.key in self._needed[platform]

    def _walk(self, env: Environment) -> Iterator[_Key]:
        """Give the keys of all packages that are installed in ``env``, with every group and extra of the project."""
        todo: list[LockedDependency] = [d for edges in self._lock.groups.values() for d in edges]
        for member in self._lock.packages:
            if member.is_workspace_member:
                yield member.key
                todo += _edges(member, tuple(member.optional), groups=True)
        seen: set[tuple[_Key, tuple[str, ...]]] = set()
        while todo:
            edge = todo.pop()
            if not _holds(edge.marker, env):
                continue
            for package in self._lock.named(edge.name):
                meant = edge.version in ("", package.version) and edge.source in (
                    "",
                    package.source,
                )
                if meant and (package.key, edge.extras) not in seen:
                    seen.add((package.key, edge.extras))
                    yield package.key
                    todo += _edges(package, edge.extras, groups=False)


def environments(platform: str, python: tuple[int, int]) -> list[Environment]:
    """Give the marker environments (PEP 508) that the word for a platform may mean; none for an unknown word."""
    system, _, machine = platform.partition("-")
    if system not in _SYSTEMS:
        return []
    os_name, sys_platform, name, machines = _SYSTEMS[system]
    wanted = _MACHINES.get(machine, (machine,)) if machine else machines
    version = ".".join(map(str, python))
    return [
        {
            "os_name": os_name,
            "sys_platform": sys_platform,
            "platform_system": name,
            "platform_machine": one,
            "platform_release": "",
            "platform_version": "",
            "python_version": version,
            "python_full_version": f"{version}.{patch}",
            "implementation_name": "cpython",
            "implementation_version": f"{version}.{patch}",
            "platform_python_implementation": "CPython",
            "extra": "",
        }
        for one, patch in product(wanted, (0, 99))
    ]


def _edges(
    package: LockedPackage, extras: Sequence[str], *, groups: bool
) -> list[LockedDependency]:
    found = list(package.dependencies)
    for extra in extras:
        found += package.optional.get(extra, ())
    for edges in package.groups.values() if groups else ():
        found += edges
    return found


def _holds(marker: str, env: Environment) -> bool:
    if not marker:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedEnvironmentName

    try:
        return Marker(marker).evaluate(env)
    except (InvalidMarker, UndefinedEnvironmentName, RecursionError):
        return True
