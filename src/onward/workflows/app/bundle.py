"""Look at every library of a bundle: what it asks for that a bare Linux lacks, and how old that Linux may be."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters import machine_libraries
from onward.core.errors import BadInput
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.system_programs import paths_of
from onward.domain.apps.elf import Elf, read_elf
from onward.domain.apps.glibc import newest_glibc
from onward.domain.apps.glyphs import letters_of_font

# The machine's own drivers stand behind these (and glibc must be the machine's), so they are never taken along.
_THEIRS = ("libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libutil.so", "libresolv.so", "libnss_",
           "ld-linux", "libnvidia", "libcuda", "libvulkan", "libdrm", "libgbm", "libpulse", "libasound", "libjack")  # fmt: skip
_FONTS = (".ttf", ".otf", ".ttc")
_LARGEST = 2_000_000_000


class Libraries(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle asks for: names it has not got, each with a file that asks, and the newest glibc symbol."""

    lacking: Mapping[str, str]
    glibc: tuple[int, int]


def libraries_of(bundle: Path, root: Path) -> Libraries:
    """Read every ELF file below ``bundle``; what stands in ``root`` (a Linux without it) is not lacking."""
    there = {name for _, _, names in os.walk(bundle) for name in names}
    lacking: dict[str, str] = {}
    versions: set[str] = set()
    for path, elf in _elves(bundle):
        versions.update(elf.versions)
        for name in elf.needed:
            if name not in there and machine_libraries.find(name, root) is None:
                lacking.setdefault(name, path.relative_to(bundle).as_posix())
    return Libraries(lacking=lacking, glibc=newest_glibc(versions))


def is_theirs(name: str) -> bool:
    """Whether a library has to be the machine's own: glibc, and what its drivers stand behind."""
    return name.startswith(_THEIRS)


def take_along(bundle: Path, root: Path) -> tuple[tuple[Path, ...], Mapping[str, str]]:
    """Copy what is lacking, and what that lacks, from this machine into the bundle.

    Gives what was taken, and the names those still lacking with the file that asks.
    """
    inside = bundle / "_internal"
    taken: list[Path] = []
    while True:
        lacking = libraries_of(bundle, root).lacking
        found = {
            name: path
            for name in lacking
            if not is_theirs(name) and (path := machine_libraries.find(name))
        }
        if not found:
            return tuple(taken), lacking
        for name, path in found.items():
            shutil.copyfile(path, inside / name)
            (inside / name).chmod(0o755)
            taken.append(inside / name)


def debian_packages(
    bundle: Path, env: Mapping[str, str], *, runner: Callable[[Call], Ran] = run
) -> tuple[str, ...]:
    """Give the Debian packages that have what the bundle still asks of the machine."""
    there = {name for _, _, names in os.walk(bundle) for name in names}
    paths: dict[str, None] = {}
    for _, elf in _elves(bundle):
        for name in elf.needed:
            if name not in there and (found := machine_libraries.find(name)):
                paths[str(found)] = None
                paths[str(found.resolve())] = None
    if not paths:
        return ()
    (dpkg_query,) = paths_of([machine_libraries.DPKG_QUERY], env)
    owners = machine_libraries.read_owners(
        runner(machine_libraries.ask_owner(dpkg_query, tuple(paths), env))
    )
    return tuple(sorted(set(owners.values())))


def letters_of(bundle: Path) -> frozenset[int]:
    """Give the code points that the fonts in a bundle can draw."""
    fonts = (path for path in bundle.rglob("*") if path.suffix.lower() in _FONTS)
    return frozenset().union(*(letters_of_font(path.read_bytes()) for path in fonts))


def even(bundle: Path) -> None:
    """Give everything rights that no umask had a say in: all may read, and start what its owner may start."""
    for path in (bundle, *bundle.rglob("*")):
        if not path.is_symlink():
            may_start = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if may_start else 0o644)


def size_of(bundle: Path) -> int:
    """Give the bytes of all files of a bundle."""
    return sum(
        path.lstat().st_size
        for path in bundle.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def check_size(bundle: Path) -> None:
    """Raise BadInput (``too-large``) for a bundle that no single file should hold."""
    size = size_of(bundle)
    if size > _LARGEST:
        raise BadInput(
            "too-large",
            f"{size / 1e9:.1f} GB are too much for one file",
            hint="`--format folder` has no such limit; let the program fetch large data at its first start.",
        )


def _elves(bundle: Path) -> Iterator[tuple[Path, Elf]]:
    for path in sorted(bundle.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
            file.seek(0)
            elf = read_elf(file.read())
        if elf is not None:
            yield path, elf
