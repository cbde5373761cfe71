"""What lies beside a file on its index: its METADATA (PEP 658) and its provenance (PEP 740)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from onward.adapters.simple_api import File
from onward.adapters.wheel_metadata import is_metadata_of, wheel_metadata
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.core.net import Net, Request, Response

METADATA = ".metadata"
"""What stands behind a wheel's address to give the address of its metadata (PEP 658)."""

LARGEST_FILE = 20_000_000_000  # bytes, where the page tells no size (PEP 700 asks for it)
LARGEST_METADATA = 10_000_000  # bytes
LARGEST_PROVENANCE = 2_000_000  # bytes; PyPI's have about 10 kB for each attestation


class Source(Protocol):
    """The page that lists a file."""

    @property
    def name(self) -> Name:
        """The project."""

    @property
    def index(self) -> str:
        """The address of the index it is from."""

    def original(self, filename: str) -> File | None:
        """Give a file, by its name, as its own index lists it."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How upstreams are asked for what their pages name.

    ``reach`` gives an address with the login that it needs; ``inside`` says whether what an
    index (its address) names may be at an address inside, see ``Request``.
    """

    reach: Callable[[str], str]
    inside: Callable[[str, str], bool]


class Upstreams:
    """Asks the indexes that list files. Safe to share between threads."""

    def __init__(self, net: Net, ways: Ways) -> None:
        self._net = net
        self._ways = ways

    def request(self, source: Source, address: str, limit: int, accept: str = "") -> Request:
        """Give the request for something that the page of ``source`` names, of at most ``limit`` bytes."""
        return Request(
            url=self._ways.reach(address),
            headers={"Accept": accept} if accept else {},
            limit=limit,
            inside=self._ways.inside(source.index, address),
        )

    def provenance(self, source: Source, file: File) -> bytes | None:
        """Ask for the attestations of a file; None when the index has none."""
        if not file.provenance:
            return None
        accept = "application/vnd.pypi.integrity.v1+json, application/json;q=0.5"
        answer = self._net.get(self.request(source, file.provenance, LARGEST_PROVENANCE, accept))
        if answer.status in (404, 410):
            return None
        if answer.status != 200:
            raise OutsideFailed(
                "upstream-refused", f"the upstream answered {answer.status} for a provenance"
            )
        try:
            _PROVENANCE.decode(answer.body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise OutsideFailed(
                "bad-provenance", f"what `{file.filename}` has as provenance is none (PEP 740)"
            ) from error
        return answer.body

    def metadata(self, source: Source, file: File) -> bytes:
        """Ask for the file beside the wheel where the index says there is one, else for the end of the wheel."""
        told = file.core_metadata or file.dist_info_metadata
        if not told:
            return self._metadata_within(source, file)
        request = self.request(source, file.url, LARGEST_METADATA)
        answer = self._net.get(msgspec.structs.replace(request, url=f"{request.url}{METADATA}"))
        if answer.status != 200:
            return self._metadata_within(source, file)
        if not is_as_told(file, answer.body):
            raise OutsideFailed(
                "wrong-hash",
                f"the metadata of `{file.filename}` is not what its page promised",
            )
        hashed = isinstance(told, dict) and best_hash(told) is not None
        if not hashed and not is_metadata_of(answer.body, source.name):
            raise OutsideFailed(
                "bad-metadata", f"what `{file.filename}` has as metadata is none of `{source.name}`"
            )
        return answer.body

    def _metadata_within(self, source: Source, file: File) -> bytes:
        request = self.request(source, file.url, LARGEST_FILE)

        def get(part: Request) -> Response:
            return self._net.get(msgspec.structs.replace(part, inside=request.inside))

        return wheel_metadata(get, request.url, file.filename)


def is_as_told(file: File, metadata: bytes) -> bool:
    """Whether METADATA has the hash that its page tells, if it tells one (PEP 658)."""
    told = file.core_metadata or file.dist_info_metadata
    best = best_hash(told) if isinstance(told, dict) else None
    return best is None or hashlib.new(best[0], metadata).hexdigest() == best[1]


class _Provenance(msgspec.Struct, frozen=True):
    """What every provenance object has (PEP 740): another answer of whatever server is none, and is not handed on."""

    version: int
    attestation_bundles: list[dict[str, msgspec.Raw]]


_PROVENANCE = msgspec.json.Decoder(_Provenance)


def best_hash(hashes: Mapping[str, str]) -> tuple[str, str] | None:
    """Give (kind, hex digits) of the hash to trust; None when there is none that can be trusted."""
    for kind, length in (("sha256", 64), ("sha512", 128), ("sha384", 96)):
        digest = hashes.get(kind, "").lower()
        if len(digest) == length and _HEX.fullmatch(digest):
            return kind, digest
    return None


_HEX = re.compile(r"[0-9a-f]+")
