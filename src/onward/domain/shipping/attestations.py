"""Attestations as they are uploaded, and the provenance that is served of them (PEP 740).

Their shape is checked, and that they speak of this very file. Their signatures are not:
whoever installs can check those, with the file's hash.
"""

import base64
import binascii
from typing import Any, Literal

import msgspec

from onward.core.errors import BadInput

MOST_ATTESTATIONS = 20
MOST_BYTES = 1_000_000  # all together


class _Material(msgspec.Struct, frozen=True):
    certificate: str
    transparency_entries: list[dict[str, Any]]


class _Envelope(msgspec.Struct, frozen=True):
    statement: str
    signature: str


class _Attestation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    verification_material: _Material
    envelope: _Envelope


class _Subject(msgspec.Struct, frozen=True):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, frozen=True):
    subject: list[_Subject]


def read_attestations(text: str, filename: str, sha256: str) -> bytes | None:
    """Give the provenance object for the JSON list of attestations of a file; None for an empty list.

    Raises BadInput (``bad-attestations``) with all faults.
    """
    if len(text.encode()) > MOST_BYTES:
        raise _bad([f"they have more than {MOST_BYTES // 1_000_000} MB"])
    try:
        listed = msgspec.json.decode(text.encode(), type=list[msgspec.Raw])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _bad([f"they are no JSON list: {error}"]) from error
    if len(listed) > MOST_ATTESTATIONS:
        raise _bad([f"there are more than {MOST_ATTESTATIONS}"])
    faults = [
        f"number {place}: {why}"
        for place, one in enumerate(listed, 1)
        if (why := _fault(bytes(one), filename, sha256))
    ]
    if faults:
        raise _bad(faults)
    if not listed:
        return None
    bundle = {"publisher": {"kind": "unverified", "claims": None}, "attestations": listed}
    return msgspec.json.encode({"version": 1, "attestation_bundles": [bundle]})


def _fault(content: bytes, filename: str, sha256: str) -> str:
    """Say what is wrong with one attestation; an empty text when nothing is."""
    try:
        one = msgspec.json.decode(content, type=_Attestation)
        for text in (one.verification_material.certificate, one.envelope.signature):
            base64.b64decode(text, validate=True)
        statement = msgspec.json.decode(
            base64.b64decode(one.envelope.statement, validate=True), type=_Statement
        )
    except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError) as error:
        return str(error)
    if not one.verification_material.transparency_entries:
        return "it has no transparency entry"
    if not any(
        subject.name == filename and subject.digest.get("sha256") == sha256
        for subject in statement.subject
    ):
        return "it speaks of another file"
    return ""


def _bad(faults: list[str]) -> BadInput:
    return BadInput("bad-attestations", "the attestations cannot be taken", context=tuple(faults))
