"""What is attached to an image: a bill of materials (CycloneDX 1.5) and where it comes from (in-toto, SLSA provenance 1)."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from onward import __version__
from onward.domain.images.manifest import Blob, rendered

BILL = "application/vnd.cyclonedx+json"
STATEMENT = "application/vnd.in-toto+json"

_NAMESPACE = uuid.UUID("0d2c2a0e-59c3-4b7b-9b0e-2f6c86c1f1aa")  # ours, for serial numbers


def bill_of(
    exported: Mapping[str, Any], name: str, version: str, image: Blob, *, python: str, when: int
) -> bytes:
    """Give the bill of an image: what uv says of the lock, the Python, the image itself; nothing that chance put in.

    ``when`` is in seconds since 1970.
    """
    metadata = dict(exported.get("metadata") or {})
    said = metadata.get("component") or {}
    metadata["component"] = {
        **said,
        "type": "container",
        "name": name,
        "version": version,
        "purl": f"pkg:oci/{quote(name)}@{quote(image.digest)}",
        "hashes": [{"alg": "SHA-256", "content": image.digest.removeprefix("sha256:")}],
    }
    metadata["timestamp"] = moment(when)
    tools = metadata.get("tools")
    ours = {"name": "onward", "version": __version__}
    metadata["tools"] = [*(tools if isinstance(tools, list) else []), ours]
    interpreter = {
        "type": "application",
        "bom-ref": f"cpython@{python}",
        "name": "cpython",
        "version": python,
        "purl": f"pkg:generic/cpython@{python}",
        "cpe": f"cpe:2.3:a:python:python:{python}:*:*:*:*:*:*:*",
    }
    whole = {
        **exported,
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, image.digest)}",
        "metadata": metadata,
        "components": [*exported.get("components", []), interpreter],
    }
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()


def statement_of(
    image: Blob,
    name: str,
    parameters: Mapping[str, Any],
    materials: Sequence[tuple[str, str]],
) -> bytes:
    """Give an unsigned statement of how an image came about. ``materials`` are addresses with their digests
    (``KIND:HEX``)."""
    digests = [(uri, *digest.partition(":")[::2]) for uri, digest in materials]
    return rendered(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": name, "digest": {"sha256": image.digest.removeprefix("sha256:")}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {
                "buildDefinition": {
                    "buildType": "https://onward.invalid/ship-image/v1",
                    "externalParameters": dict(parameters),
                    "resolvedDependencies": [
                        {"uri": uri, "digest": {kind: number}} for uri, kind, number in digests
                    ],
                },
                "runDetails": {
                    "builder": {
                        "id": "https://onward.invalid/local",
                        "version": {"onward": __version__},
                    }
                },
            },
        }
    )


def moment(when: int) -> str:
    """Give seconds since 1970 as RFC 3339 has them, in UTC."""
    return dt.datetime.fromtimestamp(when, dt.UTC).isoformat().replace("+00:00", "Z")
