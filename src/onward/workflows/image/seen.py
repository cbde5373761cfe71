"""What was found in a base, looked for once: interpreters, libraries, the loader, what its layers really hold."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from onward.adapters.layer_tar import open_layer
from onward.domain.images.elf import read_elf


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a base: interpreters, libraries, loader, processor (empty: not told).

    ``diff_ids`` are the digests of the layers as they were unpacked, the lowest first.
    """

    pythons: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    loader: str = ""
    architecture: str = ""
    watched: dict[str, str] = {}
    diff_ids: tuple[str, ...] = ()


def look_at_layers(paths: Iterable[Path]) -> Seen:
    """Look over the layers of a base; each is unpacked once, and its ``diff_id`` worked out on the way.

    Raises OutsideFailed (``bad-layer``) for one that is damaged.
    """
    ids: list[str] = []
    return msgspec.structs.replace(look(_members(paths, ids)), diff_ids=tuple(ids))


def look(members: Iterable[tuple[str, Path | None]]) -> Seen:
    """Look over what is in a base: paths, and files where they lie open."""
    pythons, libraries, loader, architecture = set[str](), set[str](), "", ""
    for path, source in members:
        folder, _, name = path.rpartition("/")
        if folder in ("usr/local/bin", "usr/bin", "opt/venv/bin") and name.startswith("python"):
            pythons.add(path)
        if ".so" in name and folder.startswith(("lib", "usr/lib", "usr/local/lib")):
            libraries.add(name)
        if name.startswith("ld-linux") or name == "ld64.so.2":
            loader = path
            if source is not None and (elf := read_elf(source.read_bytes())):
                architecture = elf.machine
    return Seen(
        pythons=tuple(sorted(pythons, reverse=True)),
        libraries=tuple(sorted(libraries)),
        loader=loader,
        architecture=architecture,
    )


def _members(paths: Iterable[Path], ids: list[str]) -> Iterator[tuple[str, None]]:
    for path in paths:
        with open_layer(path, hashed=True) as layer:
            for info, _ in layer:
                yield info.name.removeprefix("./").strip("/"), None
            ids.append(layer.diff_id())


def seen_of(value: object) -> Seen | None:
    """Read a note; None when it is none."""
    try:
        return msgspec.convert(value, Seen)
    except msgspec.ValidationError:
        return None
