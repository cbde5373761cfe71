"""The bill of materials of what is shipped (CycloneDX 1.5, JSON): the same bytes for the same build."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from onward import __version__
from onward.domain.shipping.built import Built

_NAMESPACE = uuid.UUID("6f4a0f38-6c0b-4a5e-9d0c-2f6f2a6b3f51")  # ours, for serial numbers


def of_lock(
    exported: dict[str, Any], name: str, version: str, built: Sequence[Built], when: int
) -> bytes:
    """Give uv's export of the lock with the built files and their hashes in it, and without what chance put in.

    ``exported`` is CycloneDX JSON as uv gives it, ``built`` the wheel first, ``when`` seconds
    since 1970.
    """
    bill = dict(exported)
    metadata = dict(bill.get("metadata") or {})
    said = metadata.get("component") or {}
    own = {"version": version, "purl": _purl(name, version)}  # uv leaves a dynamic version out
    metadata["component"] = {**said, **own, **_files(built)}
    bill["metadata"] = metadata
    return _render(bill, built, when)


def of_requirements(
    name: str, version: str, requirements: Sequence[str], built: Sequence[Built], when: int
) -> bytes:
    """Give a bill for a project without a lock: what it asks for, marked as not resolved to versions."""
    reference = f"{name}@{version}"
    components = [_asked(text) for text in requirements]
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": reference,
                "name": name,
                "version": version,
                "purl": _purl(name, version),
                **_files(built),
            },
            "properties": [
                {
                    "name": "onward:resolved",
                    "value": "false: there is no lock, so these are requirements and not versions",
                }
            ],
        },
        "components": components,
        "dependencies": [
            {"ref": reference, "dependsOn": [one["bom-ref"] for one in components]},
            *({"ref": one["bom-ref"]} for one in components),
        ],
    }
    return _render(bill, built, when)


def _asked(text: str) -> dict[str, Any]:
    try:
        name = canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        name = canonicalize_name(text)
    return {
        "type": "library",
        "bom-ref": text,
        "name": name,
        "purl": f"pkg:pypi/{name}",
        "properties": [{"name": "onward:requirement", "value": text}],
    }


def _purl(name: str, version: str) -> str:
    return f"pkg:pypi/{canonicalize_name(name)}@{quote(version)}"


def _files(built: Sequence[Built]) -> dict[str, Any]:
    wheel = built[0]
    return {
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        "externalReferences": [
            {
                "type": "distribution",
                "url": quote(one.filename),
                "hashes": [{"alg": "SHA-256", "content": one.sha256}],
            }
            for one in built
        ],
    }


def _render(bill: dict[str, Any], built: Sequence[Built], when: int) -> bytes:
    metadata = {**bill["metadata"]}
    metadata["timestamp"] = (
        dt.datetime.fromtimestamp(when, dt.UTC).isoformat().replace("+00:00", "Z")
    )
    tools = metadata.get("tools")
    metadata["tools"] = [
        *(tools if isinstance(tools, list) else []),
        {"name": "onward", "version": __version__},
    ]
    marks = "".join(one.sha256 for one in built)
    serial = uuid.uuid5(_NAMESPACE, marks)
    whole = {**bill, "serialNumber": f"urn:uuid:{serial}", "metadata": metadata}
    return (json.dumps(whole, indent=2, ensure_ascii=False) + "\n").encode()
