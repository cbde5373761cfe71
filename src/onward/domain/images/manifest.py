"""What an image is written down in: config, manifest, index (OCI image specification 1.1), as bytes that never vary."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from onward.core.disk import sha256_of

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
ZSTD_LAYER = "application/vnd.oci.image.layer.v1.tar+zstd"
EMPTY = "application/vnd.oci.empty.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

EMPTY_CONTENT = b"{}"


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """A descriptor: what kind, which content (``sha256:`` and hex), how many bytes."""

    media_type: str
    digest: str
    size: int

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """Give it as JSON, with further members of the specification."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size, **more}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer: its blob, the digest of the tar in it, how many bytes it unpacks to, and what made it."""

    blob: Blob
    diff_id: str
    kind: str
    unpacked: int = 0


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """An operating system, a processor by Go's name, and its variant (empty: none)."""

    os: str = "linux"
    architecture: str
    variant: str = ""

    def value(self) -> dict[str, str]:
        """Give it as JSON."""
        found = {"architecture": self.architecture, "os": self.os}
        return {**found, "variant": self.variant} if self.variant else found

    def __str__(self) -> str:
        return "/".join(filter(None, (self.os, self.architecture, self.variant)))


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """How a container of the image starts; ``health`` is the command of its health check (empty: none)."""

    entrypoint: tuple[str, ...]
    env: dict[str, str]
    user: str
    folder: str
    labels: dict[str, str] = {}
    ports: tuple[int, ...] = ()
    health: tuple[str, ...] = ()


def blob_of(content: bytes, media_type: str) -> Blob:
    """Give the descriptor of some bytes."""
    return Blob(media_type=media_type, digest=f"sha256:{sha256_of(content)}", size=len(content))


def rendered(value: Any) -> bytes:
    """Give JSON whose bytes depend on nothing but the value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def config_of(
    platform: Platform, layers: Sequence[Layer], runs: Runs, created: str, base: Mapping[str, Any]
) -> bytes:
    """Give the image's config. ``base`` is the config that the first layers come with (empty: none); its
    environment stays where ours says nothing, its history stays."""
    inherited = (base.get("config") or {}).get("Env") or []
    env = dict(word.partition("=")[::2] for word in inherited if isinstance(word, str))
    env |= runs.env
    settings: dict[str, Any] = {
        "Entrypoint": list(runs.entrypoint),
        "Env": [f"{name}={value}" for name, value in sorted(env.items())],
        "Labels": dict(runs.labels),
        "User": runs.user,
        "WorkingDir": runs.folder,
    }
    if runs.ports:
        settings["ExposedPorts"] = {f"{port}/tcp": {} for port in runs.ports}
    if runs.health:
        settings["Healthcheck"] = {
            "Test": ["CMD", *runs.health],
            "Interval": 30_000_000_000,  # nanoseconds
            "Timeout": 5_000_000_000,
            "StartPeriod": 10_000_000_000,
            "Retries": 3,
        }
    history = list(base.get("history") or [])
    inside = sum(not entry.get("empty_layer") for entry in history if isinstance(entry, dict))
    history += [
        {"created": created, "created_by": f"onward ship image: {layer.kind}"}
        for layer in layers[inside:]
    ]
    return rendered(
        {
            **platform.value(),
            "created": created,
            "config": settings,
            "history": history,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }
    )


def manifest_of(config: Blob, layers: Sequence[Blob], annotations: Mapping[str, str]) -> bytes:
    """Give the manifest of an image."""
    return rendered(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor() for layer in layers],
            "annotations": dict(annotations),
        }
    )


def attachment_of(subject: Blob, content: Blob, title: str, created: str) -> bytes:
    """Give the manifest of something that is said about ``subject`` (an artifact with one blob)."""
    annotations = {"org.opencontainers.image.title": title}
    return rendered(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": content.media_type,
            "config": blob_of(EMPTY_CONTENT, EMPTY).descriptor(),
            "layers": [content.descriptor(annotations=annotations)],
            "subject": subject.descriptor(),
            "annotations": {"org.opencontainers.image.created": created},
        }
    )


def index_of(entries: Sequence[dict[str, Any]]) -> bytes:
    """Give an index of descriptors."""
    return rendered({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries)})
