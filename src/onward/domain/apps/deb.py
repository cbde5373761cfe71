"""What a Debian package is made of (deb(5), Debian policy 5): the control file, checksums, and the archive around both."""

import re
import struct
from collections.abc import Iterable, Mapping

from onward.domain.apps.model import App, Kind

_VERSION = re.compile(r"[0-9][A-Za-z0-9.+~]*")
_PRE = re.compile(r"(?<=[0-9])[.-]?(a|b|rc|dev)(?=[0-9])")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def debian_version(version: str) -> str:
    """Give a version in Debian's order: a pre-release comes before its release."""
    public, _, local = version.partition("+")
    told = _PRE.sub(r"~\1", public).replace("!", ":").replace("-", ".").replace("_", ".")
    told = told.partition(":")[2] or told
    told += f"+{local}" if local else ""
    return told if _VERSION.fullmatch(told) else f"0~{re.sub('[^A-Za-z0-9.+~]', '.', told)}"


def debian_machine(machine: str) -> str:
    """Give Debian's word for a machine that ``uname`` names."""
    return _MACHINES.get(machine, machine)


def control(app: App, *, machine: str, depends: Iterable[str], kilobytes: int) -> str:
    """Give the control file; ``machine`` is Debian's word, ``kilobytes`` the size when installed."""
    section = "utils" if app.kind is Kind.terminal else "x11" if app.kind is Kind.gui else "web"
    lines = {
        "Package": app.slug,
        "Version": debian_version(app.version),
        "Section": section,
        "Priority": "optional",
        "Architecture": machine,
        "Depends": ", ".join(depends),
        "Installed-Size": str(kilobytes),
        "Maintainer": app.author or f"{app.name} <nobody@localhost>",
        "Description": app.summary or app.name,
    }
    return "".join(f"{key}: {value}\n" for key, value in lines.items() if value)


def checksums(md5: Mapping[str, str]) -> str:
    """Give the file ``md5sums``, by path without a leading slash."""
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(md5.items()))


def depends(glibc: tuple[int, int], packages: Iterable[str]) -> tuple[str, ...]:
    """Give what the package asks for: glibc at its version, and ``packages`` by name."""
    base = (f"libc6 (>= {glibc[0]}.{glibc[1]})",) if glibc > (0, 0) else ("libc6",)
    return (*base, *sorted(set(packages) - {"libc6"}))


def library_package(soname: str) -> str:
    """Give the name that Debian policy 8.1 has for the package of a shared library: ``libxcb1`` for ``libxcb.so.1``."""
    stem, _, version = soname.partition(".so.")
    between = "-" if stem[-1:].isdigit() and version else ""
    return f"{stem}{between}{version}".lower().replace("_", "-")


def member_head(name: str, size: int) -> bytes:
    """Give the head of one member of the ``ar`` archive: no owner, no time."""
    return struct.pack(
        "16s12s6s6s8s10s2s",
        *(word.ljust(width).encode() for word, width in (
            (name, 16), ("0", 12), ("0", 6), ("0", 6), ("100644", 8), (str(size), 10),
        )),
        b"`\n",
    )  # fmt: skip
