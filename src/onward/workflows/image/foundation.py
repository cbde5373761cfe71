"""What an image stands on: the Python of this machine, a root folder, an image layout, or an image of a registry."""

import contextlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from onward.adapters.layer_tar import can_unpack_zstd
from onward.adapters.oci_layout import Blobs, is_layout, read_index
from onward.core.errors import BadInput
from onward.domain.images.entries import Entry, Kind
from onward.domain.images.manifest import (
    DOCKER_LAYER,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEX,
    LAYER,
    MANIFEST,
    ZSTD_LAYER,
    Blob,
    Layer,
    Platform,
)  # fmt: skip
from onward.workflows.image.bench import Bench, key_of
from onward.workflows.image.libraries import Libraries
from onward.workflows.image.python import (
    PREFIX,
    interpreter_entries,
    this_architecture,
)  # fmt: skip
from onward.workflows.image.seen import Seen, look, look_at_layers, seen_of

_SKIPPED = ("proc", "sys", "dev")  # what a running system puts there is not the image's
_LAYERS = {LAYER, DOCKER_LAYER, "application/vnd.oci.image.layer.v1.tar"}


_NO_ZSTD = (
    "Layers of zstd are read by an onward on Python 3.14 or later (`uv tool install --python 3.14 onward`),"
    " or with a package beside it (`uv tool install --with backports.zstd onward`)."
)


class Foundation(msgspec.Struct, frozen=True, kw_only=True):
    """The layers below the dependencies, and what is known of them.

    ``python`` is the interpreter in the image, ``libraries`` the names of the shared
    libraries there, ``library_place`` where more can be put. ``config`` is that of the base,
    ``name`` and ``digest`` say which it was; both are empty for this machine's own.
    """

    key: str
    layers: tuple[Layer, ...]
    python: str
    libraries: frozenset[str]
    library_place: str
    config: dict[str, Any] = {}
    name: str = ""
    digest: str = ""
    from_repository: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is this machine's, with the certificates where we put them."""
        return not self.config and any(layer.kind == "system" for layer in self.layers)


class _Settings(msgspec.Struct, frozen=True):
    Env: tuple[Annotated[str, msgspec.Meta(pattern=r"^[^\x00=][^\x00]*$")], ...] | None = None


class _RootFs(msgspec.Struct, frozen=True):
    diff_ids: tuple[Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")], ...]


class _Config(msgspec.Struct, frozen=True):
    """What is read in the config of a base (OCI image specification, config.md): others may have written it."""

    rootfs: _RootFs
    config: _Settings | None = None
    history: tuple[dict[str, Any], ...] | None = None
    architecture: str = ""


Fetch = Callable[[Blob], None]
"""Brings a blob of a base into the cache."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """An image for one platform as it was found: where, its config, its layers' blobs."""

    name: str
    digest: str
    config: dict[str, Any]
    blobs: tuple[Blob, ...]
    repository: str = ""


def from_folder(bench: Bench, folder: Path) -> Foundation:
    """Build on the root file system in a folder."""
    walked = list(_tree(folder))
    marks = [f"{e.path}|{e.kind}|{e.mode}|{e.owner}|{e.target}|{mark}" for e, mark in walked]
    key = key_of("folder", *marks)
    layer = bench.layer("base", (key,), lambda: [entry for entry, _ in walked])
    name = f"seen-{key}"
    seen = seen_of(bench.notes.get(name))
    if seen is None:
        seen = look((entry.path, entry.source) for entry, _ in walked)
        bench.notes.put(name, seen)
    _same_processor(seen, bench.platform, folder)
    base = Base(name="", digest="", config={}, blobs=(layer.blob,))
    return _on(bench, base, (layer,), seen)


def from_layout(bench: Bench, folder: Path) -> Foundation:
    """Build on the image in an OCI image layout."""
    store = Blobs(folder / "blobs")
    manifests = [e for e in read_index(folder) if e.get("mediaType") in (MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST)
                 and "artifactType" not in e]  # fmt: skip
    if not manifests:
        raise BadInput("bad-layout", f"`{folder}` holds no image")
    read = find_manifest(manifests[0], bench.platform, lambda blob: store.read(blob.digest))
    return from_base(
        bench,
        _based(read, store, str(folder)),
        lambda blob: bench.blobs.take(blob, store.path(blob.digest)),
    )


def find_manifest(
    entry: dict[str, Any], platform: Platform, read: Callable[[Blob], bytes]
) -> tuple[Blob, dict[str, Any]]:
    """Follow an index to the manifest of ``platform``; raises BadInput (``no-such-platform``) with those there are."""
    for _ in range(4):
        blob = descriptor(entry)
        value = read_object(read(blob))
        if blob.media_type not in (INDEX, DOCKER_LIST):
            return blob, value
        listed = value.get("manifests")
        listed = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
        there = [e for e in listed if isinstance(e.get("platform"), dict)]
        fits = [
            e
            for e in there
            if e["platform"].get("architecture") == platform.architecture
            and e["platform"].get("os") == platform.os
            and e["platform"].get("variant", "") in ("", "v8", platform.variant)
        ] or [e for e in listed if "platform" not in e and len(listed) == 1]
        if not fits:
            names = sorted(
                {f"{e['platform'].get('os')}/{e['platform'].get('architecture')}" for e in there}
            )
            raise BadInput(
                "no-such-platform",
                f"the base has no image for {platform}",
                context=(f"it has {', '.join(names)}",) if names else (),
                hint="Leave that platform out, or take another base.",
            )
        entry = fits[0]
    raise BadInput("bad-layout", "the base's indexes lead to indexes, again and again")


def _based(read: tuple[Blob, dict[str, Any]], store: Blobs, name: str) -> Base:
    blob, manifest = read
    config = read_object(store.read(descriptor(manifest.get("config")).digest))
    return based(blob, manifest, config, name)


def based(blob: Blob, manifest: dict[str, Any], config: dict[str, Any], name: str) -> Base:
    """Read a manifest as a base; raises BadInput (``odd-base``) for layers of a kind that cannot be built on."""
    try:
        layers = tuple(descriptor(layer) for layer in manifest["layers"])
        ids = msgspec.convert(config, _Config).rootfs.diff_ids
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise BadInput("bad-layout", f"`{name}` is no image that can be read: {error}") from error
    known = _LAYERS | {ZSTD_LAYER} if can_unpack_zstd() else _LAYERS
    odd = sorted({layer.media_type for layer in layers} - known)
    if odd or len(layers) != len(ids):
        raise BadInput(
            "odd-base",
            f"`{name}` has layers that onward cannot build on",
            context=tuple(odd) or ("its config tells of other layers than its manifest",),
            hint=_NO_ZSTD
            if ZSTD_LAYER in odd
            else "Layers of tar with gzip are what nearly all images have.",
        )
    return Base(name=name, digest=blob.digest, config=config, blobs=layers)


def from_base(bench: Bench, base: Base, fetch: Fetch) -> Foundation:
    """Build on an image that was found; its layers are brought into the cache."""
    ids = base.config["rootfs"]["diff_ids"]
    for blob in base.blobs:
        if not bench.blobs.has(blob):
            fetch(blob)
        with contextlib.suppress(OSError):
            os.utime(bench.blobs.path(blob.digest))
    layers = tuple(
        Layer(
            blob=msgspec.structs.replace(blob, media_type=_plain(blob.media_type)),
            diff_id=one,
            kind="base",
        )
        for blob, one in zip(base.blobs, ids, strict=True)
    )
    name = f"seen-{key_of(*(blob.digest for blob in base.blobs))}"
    seen = seen_of(bench.notes.get(name))
    if seen is None or len(seen.diff_ids) != len(base.blobs):
        bench.listen("start", "Looking over the layers of the base")
        seen = look_at_layers([bench.blobs.path(blob.digest) for blob in base.blobs])
        bench.notes.put(name, seen)
    _as_told(seen, ids, base.name)
    # the note is of the layers, and this the config's word
    seen = msgspec.structs.replace(seen, architecture=base.config.get("architecture", ""))
    _same_processor(seen, bench.platform, base.name)
    return _on(bench, base, layers, seen)


def _as_told(seen: Seen, told: list[str], name: str) -> None:
    """Raise BadInput (``lying-base``) for a config whose ``diff_ids`` are not those of the layers."""
    lies = [
        f"layer {number} is {found}, and its config says {one}"
        for number, (found, one) in enumerate(zip(seen.diff_ids, told, strict=True), 1)
        if found != one
    ]
    if lies:
        raise BadInput(
            "lying-base",
            f"the config of `{name}` tells of other layers than those that came with it",
            context=tuple(lies),
            hint="Nothing was built on it, and no engine would start it. Take another base, or have this one made again.",
        )


def _plain(media_type: str) -> str:
    return LAYER if media_type == DOCKER_LAYER else media_type


def _on(bench: Bench, base: Base, layers: tuple[Layer, ...], seen: Seen) -> Foundation:
    """Add this machine's Python where the base has none that fits."""
    minor = bench.python.minor
    python = next((p for p in seen.pythons if p.endswith(f"/python{minor}")), "")
    place = ""
    if not python:
        if bench.platform.architecture != this_architecture():
            raise BadInput(
                "no-python-in-base",
                f"the base has no Python {minor} for {bench.platform}",
                context=tuple(f"it has /{path}" for path in seen.pythons),
                hint="Take a base that has it; the Python of this machine does not run there.",
            )
        if not seen.loader:
            raise BadInput(
                "no-glibc-in-base",
                f"the base has neither Python {minor} nor glibc, which this machine's Python needs",
                context=tuple(f"it has /{path}" for path in seen.pythons),
                hint="Take a base that has that Python, or one that is not Alpine.",
            )
        libraries = Libraries(
            bench.python.architecture, bench.python.executable, bench.python.libraries
        )
        place = libraries.place
        low = frozenset(seen.libraries)
        key = (bench.python.key, *sorted(low))
        layers += (bench.layer("Python", key, lambda: interpreter_entries(bench, libraries, low)),)
        python = f"{PREFIX}/bin/python{minor}"
    return Foundation(
        key=key_of(*(layer.diff_id for layer in layers)),
        layers=layers,
        python=f"/{python}",
        libraries=frozenset(seen.libraries),
        library_place=place,
        config=base.config,
        name=base.name,
        digest=base.digest,
        from_repository=base.repository,
    )


def _same_processor(seen: Seen, platform: Platform, base: object) -> None:
    if seen.architecture and seen.architecture != platform.architecture:
        raise BadInput(
            "no-such-platform",
            f"`{base}` is for linux/{seen.architecture}, and the image is to be for {platform}",
            hint=f"Take another base, or build for this one's: `--platform linux/{seen.architecture}`.",
        )


def _tree(folder: Path) -> Iterator[tuple[Entry, str]]:
    """Give what is in a root folder, links not followed, each with a word that changes when it does."""
    mine = os.geteuid() if hasattr(os, "geteuid") else 0
    top = len(str(folder)) + 1
    for here, folders, files in os.walk(folder, onerror=_raise):
        start = f"{here[top:].replace(os.sep, '/')}/" if len(here) > top else ""
        links = set[str]()
        for name in sorted({*files, *folders}):
            path = f"{here}{os.sep}{name}"
            about = os.lstat(path)
            owner = (about.st_uid, about.st_gid)
            owner = (0, 0) if mine and owner[0] == mine else owner
            place, mode = f"{start}{name}", stat.S_IMODE(about.st_mode)
            if stat.S_ISLNK(about.st_mode):
                links.add(name)
                target = os.readlink(path)  # noqa: PTH115
                yield Entry(path=place, kind=Kind.link, target=target, owner=owner), ""
            elif stat.S_ISDIR(about.st_mode):
                yield Entry(path=place, kind=Kind.folder, mode=mode, owner=owner), ""
            elif stat.S_ISREG(about.st_mode):
                mark = f"{about.st_size}-{about.st_mtime_ns}-{about.st_ino}"
                yield Entry(path=place, mode=mode, source=Path(path), owner=owner), mark
        folders[:] = sorted(
            n for n in folders if n not in links and not (not start and n in _SKIPPED)
        )


def _raise(error: OSError) -> None:
    raise BadInput(
        "cannot-read",
        f"`{error.filename}` in the base cannot be read: {error.strerror}",
        hint="Build as a user who may read all of it.",
    ) from error


def read_object(content: bytes) -> dict[str, Any]:
    """Read a JSON object; raises BadInput (``bad-layout``)."""
    try:
        value = json.loads(content)
        json.dumps(
            value, ensure_ascii=False
        ).encode()  # half a surrogate pair can be read, and not written
    except (ValueError, RecursionError) as error:
        raise BadInput("bad-layout", f"the base has JSON that cannot be read: {error}") from error
    if not isinstance(value, dict):
        raise BadInput("bad-layout", "the base has JSON that is no object")
    return value


def descriptor(value: Any) -> Blob:
    """Read a descriptor; raises BadInput (``bad-layout``)."""
    try:
        return msgspec.convert(
            {"media_type": value["mediaType"], "digest": value["digest"], "size": value["size"]},
            Blob,
        )
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise BadInput("bad-layout", f"the base has a descriptor that is none: {error}") from error


def base_of_folder(folder: Path) -> Callable[[Bench], Foundation]:
    """Give how to build on what is in a folder: an image layout, or a root file system."""
    if is_layout(folder):
        return lambda bench: from_layout(bench, folder)
    if not any((folder / name).exists() for name in ("usr", "bin", "lib", "etc")):
        raise BadInput(
            "no-such-base",
            f"`{folder}` is neither an OCI image layout nor a root file system",
            hint="`debootstrap` makes one; `skopeo copy docker://IMAGE oci:DIR` gives the other.",
        )
    return lambda bench: from_folder(bench, folder)
