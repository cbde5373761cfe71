"""The licences that packages of a lock state, read from the metadata files beside their wheels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onward.core.artifact import Artifact
from onward.core.disk import write_atomic
from onward.core.errors import OutsideFailed
from onward.core.lock import LockedPackage
from onward.core.net import Request
from onward.core.perform import counted
from onward.domain.licence import stated_licence

if TYPE_CHECKING:
    from onward.workflows.resolve import Resolver

_METADATA_LIMIT = 5_000_000
_THREADS = 6
_PATIENCE = 5.0  # seconds for one answer: nobody waits longer for a licence
_UNKNOWN = "?"  # what is remembered of a wheel whose metadata cannot be had


def stated_licences(resolver: "Resolver", packages: Sequence[LockedPackage]) -> dict[str, str]:
    """Give the licence of each package by name: empty when it states none, no entry when unknown.

    Asks for the metadata file of one wheel of each package (PEP 658), or, where the index
    has none, for the end of the wheel, and remembers the answer under the wheel's hash. A
    failure only leaves the licence unknown.
    """
    found = {package.name: _kept(resolver, package) for package in packages}
    if unknown := [package for package in packages if found[package.name] is None]:
        from concurrent.futures import ThreadPoolExecutor  # most often there is nothing to ask

        with ThreadPoolExecutor(_THREADS) as pool:
            every = pool.map(lambda package: _ask(resolver, package), unknown)
            asked = counted(every, len(unknown), "licences asked for", resolver.listen)
            found |= dict(zip((package.name for package in unknown), asked, strict=True))
    return {name: licence for name, licence in found.items() if licence not in (None, _UNKNOWN)}


def remembered_licence(cache: Path, package: LockedPackage) -> str | None:
    """Give the licence that a package was once found to state (empty: none); None when that is not known here."""
    place = _place(cache, package)
    try:
        told = place.read_text(encoding="utf-8") if place is not None else _UNKNOWN
    except OSError:
        return None
    return None if told == _UNKNOWN else told


def _kept(resolver: "Resolver", package: LockedPackage) -> str | None:
    """Give what is remembered of a package's licence: empty for none stated, None when nobody has asked yet."""
    place = _place(resolver.situation.cache, package)
    if place is None:
        return _UNKNOWN
    try:
        return place.read_text(encoding="utf-8")
    except OSError:
        return _UNKNOWN if resolver.situation.offline else None


def _ask(resolver: "Resolver", package: LockedPackage) -> str:
    place, wheel = _place(resolver.situation.cache, package), _wheel(package)
    if place is None or wheel is None:
        return _UNKNOWN
    net = resolver.situation.net
    try:
        request = Request(url=f"{wheel.url}.metadata", limit=_METADATA_LIMIT, timeout=_PATIENCE)
        answer = net.get(request)
        metadata = answer.body
        if answer.status != 200:
            from onward.adapters.wheel_metadata import (
                wheel_metadata,
            )  # where an index has no such files

            metadata = wheel_metadata(net.get, wheel.url, wheel.filename, timeout=_PATIENCE)
    except OutsideFailed as error:
        if error.reference != "bad-wheel":
            return _UNKNOWN  # it may answer the next time
        licence = _UNKNOWN
    else:
        licence = stated_licence(metadata.decode("utf-8", "replace"))
    write_atomic(place, licence.encode(), durable=False)
    return licence


def _place(cache: Path, package: LockedPackage) -> Path | None:
    wheel = _wheel(package)
    return None if wheel is None else cache / "licences" / f"{wheel.sha256}"[:32]


def _wheel(package: LockedPackage) -> Artifact | None:
    wheels = (
        a for a in package.artifacts if a.is_wheel and a.url.startswith(("https://", "http://"))
    )
    return next((a for a in wheels if a.sha256), None)
