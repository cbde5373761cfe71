"""Rules that need a lock: where a package really comes from, and whether it must be built."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from onward.core.artifact import Artifact, Origin
from onward.core.finding import Finding, Release
from onward.core.lock import LockedPackage
from onward.core.redact import redact
from onward.domain.guard.reach import Reach
from onward.domain.guard.setting import Setting


def judge_source(
    package: LockedPackage, setting: Setting, default_index: str
) -> tuple[Finding, ...]:
    """Give ``guard/foreign-source`` for a package from outside the allowed indexes.

    Allowed are ``default_index`` and what ``guard.indexes`` lists (globs on addresses).
    Members of the workspace are the project itself and are never foreign.
    """
    if package.is_workspace_member:
        return ()
    allowed = (default_index.rstrip("/"), *setting.indexes)
    source = package.source.rstrip("/")
    if package.origin is Origin.registry and any(
        source == a or fnmatchcase(source, a) for a in allowed
    ):
        return ()
    where = {
        Origin.registry: "the index",
        Origin.url: "the address",
        Origin.git: "the git repository",
        Origin.path: "the path",
    }[package.origin]
    return (
        Finding(
            rule="guard/foreign-source",
            subject=Release(
                name=package.name, version=package.version, source=redact(package.source)
            ),
            message=f"{package} comes from {where} `{redact(package.source)}`, which is not an allowed index",
            hint="If that is meant, list it in `[tool.onward.guard] indexes` or allow it with a reason.",
            facts={"origin": package.origin.value},
        ),
    )


def judge_listed(package: LockedPackage, listed: Sequence[Artifact]) -> tuple[Finding, ...]:
    """Give ``guard/not-on-index`` when a lock names a file that its index does not offer as such.

    ``listed`` are the files of the project on the page of that index. A file is the same
    when its name and sha256 agree; where the index tells no sha256, its address must.
    """
    there = {artifact.filename: artifact for artifact in listed}
    odd = [
        why
        for file in package.artifacts
        if (why := _unlike(file, there.get(file.filename))) is not None
    ]
    if not odd:
        return ()
    return (
        Finding(
            rule="guard/not-on-index",
            subject=Release(name=package.name, version=package.version, source=package.source),
            message=f"uv.lock does not agree with {package.source} about {package}: {'; '.join(odd)}",
            hint=f"Look who changed uv.lock. `onward update {package.name}`, or removing the entry and"
            " `onward lock`, takes what the index offers.",
            facts={"files": odd},
        ),
    )


def _unlike(file: Artifact, there: Artifact | None) -> str | None:
    if there is None:
        return f"`{file.filename}` is not there (any more)"
    if there.sha256 is not None:
        return None if file.sha256 == there.sha256 else f"`{file.filename}` has another hash there"
    return None if file.url == there.url else f"`{file.filename}` has another address there"


def judge_wheels(
    package: LockedPackage, setting: Setting, reach: Reach | None = None
) -> tuple[Finding, ...]:
    """Give ``guard/source-only`` when some declared platform would have to build the package from source.

    ``reach`` knows the platforms that install it at all; without it each one counts.
    """
    files = [file for file in package.artifacts if file.filename]
    if package.is_workspace_member or not files:
        return ()
    wheels = [file for file in files if file.is_wheel]
    lacking = [
        p
        for p in setting.platforms
        if not any(wheel_fits(w.filename, p, setting.python) for w in wheels)
        and (reach is None or reach.needs(package, p))
    ]
    if not lacking:
        return ()
    version = ".".join(map(str, setting.python))
    return (
        Finding(
            rule="guard/source-only",
            subject=Release(name=package.name, version=package.version, source=package.source),
            message=(
                f"{package} has no wheel for {', '.join(lacking)} with Python {version}: "
                "installing it there builds it, and building runs the package's own code"
            ),
            hint=_build_needs(files),
            facts={"platforms": list(lacking), "python": version},
        ),
    )


def wheel_fits(filename: str, platform: str, python: tuple[int, int]) -> bool:
    """Say whether a wheel's tags (PEP 425) serve a platform such as ``linux-x86_64`` and a CPython version.

    ``linux``, ``macos`` and ``windows`` without a machine mean any machine of that system.
    """
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) < 5:
        return False
    pythons, abis, platforms = parts[-3].split("."), parts[-2].split("."), parts[-1].split(".")
    fitting = [tag for tag in platforms if _platform_fits(tag, platform)]
    return any(
        _abi_fits(interpreter, abi, tag, python)
        for interpreter in pythons
        for abi in abis
        for tag in fitting
    )


_PYTHON_TAG = re.compile(r"(py|cp)(\d)(\d*)")


def _abi_fits(interpreter: str, abi: str, platform: str, python: tuple[int, int]) -> bool:
    """Say whether CPython takes an interpreter and abi tag; what has an abi is not for ``any`` platform."""
    match = _PYTHON_TAG.fullmatch(interpreter)
    if not match or int(match[2]) != python[0] or (abi != "none" and platform == "any"):
        return False
    minor = int(match[3]) if match[3] else None
    if match[1] == "py":
        return abi == "none" and (minor is None or minor <= python[1])
    if minor is None or minor > python[1]:
        return False
    if minor < python[1]:
        return abi == "abi3"
    return abi in ("none", "abi3", f"cp{python[0]}{python[1]}")


_SYSTEMS = {
    "linux": ("manylinux", "linux_"),
    "musllinux": ("musllinux",),
    "macos": ("macosx",),
    "windows": ("win",),
}
_MACHINES = {"amd64": "x86_64", "x64": "x86_64", "aarch64": "arm64", "i686": "x86", "win32": "x86"}


def _platform_fits(tag: str, platform: str) -> bool:
    if tag == "any":
        return True
    system, _, machine = platform.lower().partition("-")
    if not tag.startswith(_SYSTEMS.get(system, (system,))):
        return False
    if not machine:
        return True
    machine = _MACHINES.get(machine, machine)
    if tag.endswith(("universal2", "intel", "universal", "fat64", "fat3")):
        return machine in ("x86_64", "arm64") if tag.endswith("universal2") else machine == "x86_64"
    word = "x86" if tag == "win32" else tag
    return any(
        word.endswith(spelled)
        for spelled in (machine, *(k for k, v in _MACHINES.items() if v == machine))
    )


def _build_needs(files: Sequence[Artifact]) -> str:
    if any(file.is_wheel and "-none-any" not in file.filename for file in files):
        return "Its other wheels hold compiled code, so a compiler and the Python headers are needed to build it."
    return "Building it needs the network for its build requirements, and a compiler if it holds compiled code."
