"""Images of registries: a base is brought from one, the result is sent to one, and only what is not there yet."""

import json
from typing import Any

import msgspec

from onward.adapters.oci_registry import Registry
from onward.adapters.registry_logins import login_for
from onward.core.errors import BadInput
from onward.core.net import Net
from onward.core.perform import Listen
from onward.domain.images.login import Login
from onward.domain.images.manifest import (
    EMPTY,
    EMPTY_CONTENT,
    INDEX,
    MANIFEST,
    Blob,
    blob_of,
    index_of,
)  # fmt: skip
from onward.domain.images.reference import Reference
from onward.workflows.image.bench import Bench
from onward.workflows.image.build import Ground, Made, Shipped, Workplace
from onward.workflows.image.foundation import (
    Foundation,
    based,
    descriptor,
    find_manifest,
    from_base,
    read_object,
)
from onward.workflows.situation import Situation

_LARGEST_TEXT = 20_000_000  # bytes of a manifest, an index, a config


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What went to a registry: kinds of layers and their bytes, and how many blobs needed not go."""

    reference: str
    sent: tuple[str, ...]
    size: int
    there: int
    mounted: int


def registry_for(
    reference: Reference, situation: Situation, listen: Listen, *, writes: bool = False
) -> Registry:
    """Give a registry with the login that podman or Docker keeps for it."""
    env = situation.env
    net = Net(env, offline=True) if situation.offline else situation.net
    kept: list[Login | None] = []

    def login() -> Login | None:
        if not kept:
            kept.append(login_for(reference.registry, env, repository=reference.repository))
        return kept[0]

    return Registry(net, reference, login, listen=listen, writes=writes)


def base_of_registry(reference: Reference) -> Ground:
    """Give how to build on an image of a registry: its layers are fetched once and kept."""

    def ground(bench: Bench) -> Foundation:
        """Fetch what is not kept yet, and give what it is to build on."""
        registry = registry_for(reference, bench.situation, bench.listen)
        bench.listen("start", f"Asking {reference.registry} for the base {reference}")

        def small(blob: Blob) -> bytes:
            """Give a manifest or a config; raises BadInput for one that is larger than any is."""
            if blob.size > _LARGEST_TEXT:
                raise BadInput("bad-layout", f"`{reference}` has a config of {blob.size} bytes")
            if not bench.blobs.has(blob):
                with bench.blobs.new() as path:
                    if blob.media_type in (MANIFEST, INDEX) or "manifest" in blob.media_type:
                        _, content = registry.manifest(blob.digest)
                        path.write_bytes(content)
                    else:
                        registry.fetch(blob, path)
                    bench.blobs.adopt(path, blob)
            return bench.blobs.read(blob.digest)

        def fetch(blob: Blob) -> None:
            bench.listen("start", f"Fetching a layer of the base ({blob.size / 1e6:.1f} MB)")
            with bench.blobs.new() as path:
                registry.fetch(blob, path)
                bench.blobs.adopt(path, blob)

        top, content = registry.manifest(reference.which)
        bench.blobs.add(content, top.digest)
        blob, manifest = find_manifest(top.descriptor(), bench.platform, small)
        config = read_object(small(descriptor(manifest.get("config"))))
        base = based(blob, manifest, config, str(reference))
        base = msgspec.structs.replace(
            base, repository=f"{reference.registry}/{reference.repository}"
        )
        return from_base(bench, base, fetch)

    return ground


def push(shipped: Shipped, place: Workplace, registry: Registry, listen: Listen) -> Sent:
    """Send an image: layers, configs, manifests, what is attached; its tag last, so that it never names half of it.

    All is read back at the end. Raises OutsideFailed for a registry that fails or lies.
    """
    parcel = _Parcel(place, registry, listen)
    for image in shipped.images:
        parcel.image(image)
    if shipped.top is not None:
        content = place.blobs.read(shipped.top.digest)
        parcel.manifest(
            content, shipped.top.media_type, registry.reference.tag or shipped.top.digest
        )
    parcel.check()
    return Sent(
        reference=str(registry.reference),
        sent=tuple(parcel.sent),
        size=parcel.size,
        there=parcel.there,
        mounted=parcel.mounted,
    )


class _Parcel:
    """Sends blob after blob, and remembers what has to be there at the end."""

    def __init__(self, place: Workplace, registry: Registry, listen: Listen) -> None:
        self._place = place
        self._registry = registry
        self._listen = listen
        self._blobs: dict[str, Blob] = {}
        self._manifests: dict[str, bytes] = {}
        self.sent: list[str] = []
        self.size = self.there = self.mounted = 0

    def image(self, image: Made) -> None:
        """Send the layers that are not there, mounted from a neighbour where that can be, then the manifest."""
        near, _, repository = image.from_repository.partition("/")
        mount = repository if near == self._registry.reference.registry else ""
        for layer in image.layers:
            self.blob(layer.blob, layer.kind, mount if layer.kind == "base" else "")
        self.blob(image.config, "config")
        self.manifest(
            self._place.blobs.read(image.manifest.digest), MANIFEST, image.manifest.digest
        )
        entries = []
        kept = True
        for reference, kind in image.attached:
            content = self._place.blobs.read(reference.digest)
            read = json.loads(content)
            self.blob(blob_of(EMPTY_CONTENT, EMPTY), "empty")
            for told in read["layers"]:
                self.blob(descriptor(told), kind)
            kept = self.manifest(content, MANIFEST, reference.digest) and kept
            entries.append(reference.descriptor(artifactType=kind, annotations=read["annotations"]))
        if entries and not kept:
            self._list_by_tag(image, entries)

    def _list_by_tag(self, image: Made, entries: list[dict[str, Any]]) -> None:
        """List what is attached under a tag of the digest, for registries without the referrers API (OCI 1.1)."""
        tag = image.manifest.digest.replace(":", "-")
        own = {entry["digest"] for entry in entries}
        others = [one for one in self._registry.listed(tag) if one.get("digest") not in own]
        self.manifest(index_of([*others, *entries]), INDEX, tag)

    def blob(self, blob: Blob, kind: str, mount: str = "") -> None:
        """Send one, once; ``mount`` is a repository of the same registry that has it."""
        if blob.digest in self._blobs:
            return
        self._blobs[blob.digest] = blob
        if blob.size > 1_000_000:
            self._listen(
                "start",
                f"Looking whether {self._registry.reference.registry} has the layer of {kind}",
            )
        how = self._registry.send(blob, self._place.blobs.path(blob.digest), mount)
        if how == "sent":
            self.sent.append(kind)
            self.size += blob.size
        else:
            self.there += how == "there"
            self.mounted += how == "mounted"

    def manifest(self, content: bytes, media_type: str, which: str) -> bool:
        self._manifests[which] = content
        return self._registry.put_manifest(content, media_type, which)

    def check(self) -> None:
        for blob in self._blobs.values():
            if not self._registry.has(blob):
                raise self._registry.lied(f"it took {blob.digest} and does not have it")
        for which, content in self._manifests.items():
            self._registry.check_manifest(content, which)
