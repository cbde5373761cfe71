"""The program that a Windows installer is about, and what makes a folder fit for one."""

import re
import struct
import uuid
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath

import msgspec

_PLAIN = re.compile(r"[^\x00-\x1f\x7f\"]{1,100}")
_IN_FILE_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_NUMBERS = re.compile(r"\d+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_GREATEST = 65_535


class Machine(StrEnum):
    """What a program runs on: the machine types of the PE format, as wixl spells them."""

    x64 = "x64"
    x86 = "x86"
    arm64 = "arm64"


_MACHINES = {0x8664: Machine.x64, 0x14C: Machine.x86, 0xAA64: Machine.arm64}


class WindowsApp(msgspec.Struct, frozen=True, kw_only=True):
    """Name, version and maker as people read them, the program to start, every file (``/``, sorted), an icon among them."""

    name: str
    version: str
    publisher: str
    program: str
    machine: Machine
    files: tuple[str, ...]
    icon: str = ""

    @property
    def folders(self) -> tuple[str, ...]:
        """Give all folders that files are in, parents first."""
        found = {str(above) for file in self.files for above in PurePosixPath(file).parents}
        return tuple(sorted(found - {"."}))

    @property
    def identity(self) -> uuid.UUID:
        """Give what stays the same through all versions, so that a newer one replaces an older one."""
        return uuid.uuid5(uuid.NAMESPACE_URL, f"onward:windows-app:{self.publisher}:{self.name}")

    @property
    def four_numbers(self) -> str:
        """Give the version as Windows has it (VERSIONINFO): four numbers of at most 65,535."""
        found = [min(int(number), _GREATEST) for number in _NUMBERS.findall(_release(self.version))]
        return ".".join(map(str, [*found, 0, 0, 0, 0][:4]))


def faults_of(app: WindowsApp) -> list[str]:
    """Say in sentences all that keeps ``app`` from being installed on Windows."""
    faults = [
        f"the {what} {text!r} must be 1 to 100 characters without quotes and control characters"
        for what, text in (("name", app.name), ("maker", app.publisher), ("version", app.version))
        if not _PLAIN.fullmatch(text)
    ]
    if not faults and _is_odd(app.name):
        faults.append(f"the name {app.name!r} cannot be that of a folder on Windows")
    if _PLAIN.fullmatch(app.version) and _is_odd(app.version):
        faults.append(f"the version {app.version!r} cannot be part of a file's name on Windows")
    if not _NUMBERS.search(_release(app.version)):
        faults.append(f"the version {app.version!r} has no number")
    if len(_NUMBERS.findall(_release(app.version))) > 4:
        faults.append(f"the version {app.version!r} has more than the four numbers of Windows")
    faults += [
        f"{file}: no file of Windows can be called that"
        for file in app.files
        if any(map(_is_odd, file.split("/")))
    ]
    return faults + _same_but_case(app.files)


def machine_of(head: bytes) -> Machine | None:
    """Read what a program runs on from its first 4096 bytes (PE format, COFF header); None when it is no such program."""
    if head[:2] != b"MZ" or len(head) < 64:
        return None
    (at,) = struct.unpack_from("<I", head, 0x3C)
    if at + 6 > len(head) or head[at : at + 4] != b"PE\0\0":
        return None
    (machine,) = struct.unpack_from("<H", head, at + 4)
    return _MACHINES.get(machine)


def program_among(machines: Mapping[str, Machine], name: str) -> str | None:
    """Choose the program to start among those at the top: the only one, or the one called as the app is."""
    if len(machines) == 1:
        return next(iter(machines))
    wanted = f"{name}.exe".casefold()
    return next((program for program in machines if program.casefold() == wanted), None)


def _release(version: str) -> str:
    return re.split(r"[+-]|(?<=\d)(?:a|b|rc|\.?dev|\.?post)", version, maxsplit=1)[0]


def _is_odd(name: str) -> bool:
    return bool(
        _IN_FILE_NAMES.search(name) or name.endswith((".", " ")) or _RESERVED.fullmatch(name)
    )


def _same_but_case(files: Sequence[str]) -> list[str]:
    seen: dict[str, str] = {}
    faults = []
    for file in files:
        first = seen.setdefault(file.casefold(), file)
        if first != file:
            faults.append(f"{first} and {file} are one file on Windows")
    return faults
