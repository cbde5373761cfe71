"""The shared libraries of this machine: where one is, and which Debian package it belongs to (dpkg-query)."""

import platform
from collections.abc import Mapping
from pathlib import Path

from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.system_programs import SystemProgram

DPKG_QUERY = SystemProgram(
    command="dpkg-query", purpose="to name the Debian package of a library", apt="dpkg"
)


def folders(root: Path = Path("/")) -> tuple[Path, ...]:
    """Give the folders below ``root`` that its loader looks into by itself."""
    machine = platform.machine()
    words = (
        f"lib/{machine}-linux-gnu",
        f"usr/lib/{machine}-linux-gnu",
        "lib64",
        "usr/lib64",
        "lib",
        "usr/lib",
    )
    return tuple(root / word for word in words)  # fmt: skip


def find(name: str, root: Path = Path("/")) -> Path | None:
    """Give the path of a library by the name that programs ask for, None when it is not there."""
    if "/" in name:
        return None
    return next((place / name for place in folders(root) if (place / name).is_file()), None)


def ask_owner(dpkg_query: str, paths: tuple[str, ...], env: Mapping[str, str]) -> Call:
    """Ask which packages have these files; it fails where one belongs to none, and still answers for the others."""
    argv = (dpkg_query, "-S", *paths)
    return Call(argv=argv, cwd="/", env={**env, "LC_ALL": "C.UTF-8"}, timeout=60.0, ok=(0, 1))


def read_owners(ran: Ran) -> dict[str, str]:
    """Give the package of each path, without its architecture."""
    found: dict[str, str] = {}
    for line in lines_of(ran.out.decode("utf-8", "replace")):
        packages, mark, path = line.partition(": /")
        if mark:
            found[f"/{path}"] = packages.partition(",")[0].partition(":")[0]
    return found
