"""The licences of what is about to enter, read from the metadata files beside the wheels."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from onward.core.disk import write_atomic
from onward.core.errors import OnwardError
from onward.core.lock import LockDiff, LockedPackage
from onward.core.net import Request
from onward.domain.licence import stated_licence
from onward.workflows.entering import Brought
from onward.workflows.resolve import Resolver

_METADATA_LIMIT = 5_000_000
_THREADS = 6


def licences_of(
    resolver: Resolver, brings: Sequence[Brought], diff: LockDiff
) -> tuple[Brought, ...]:
    """Give ``brings`` with the licence of each entering package; a name is left out when it cannot be told.

    Asks for the metadata file of one wheel of each package (PEP 658) and remembers the
    answer under the wheel's hash. Nothing is decided on it here, so a failure only leaves
    the licence unknown.
    """
    entering: dict[str, LockedPackage] = {package.name: package for package in diff.entering}
    wanted = [
        entering[name]
        for name in sorted({n for b in brings for n in b.packages})
        if name in entering
    ]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = dict(
            zip(
                (p.name for p in wanted),
                pool.map(lambda p: _licence(resolver, p), wanted),
                strict=True,
            )
        )
    known: dict[str, str] = {name: licence for name, licence in found.items() if licence}
    return tuple(
        msgspec.structs.replace(b, licences={n: known[n] for n in b.packages if n in known})
        for b in brings
    )


def _licence(resolver: Resolver, package: LockedPackage) -> str:
    wheel = next(
        (a for a in package.artifacts if a.is_wheel and a.url.startswith("https://")), None
    )
    if wheel is None or wheel.sha256 is None:
        return ""
    situation = resolver.situation
    kept = situation.cache / "licences" / wheel.sha256[:32]
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    if situation.offline:
        return ""
    try:
        answer = situation.net.get(
            Request(url=f"{wheel.url}.metadata", limit=_METADATA_LIMIT, timeout=5.0)
        )
    except OnwardError:
        return ""
    if answer.status not in (200, 404):
        return ""
    licence = stated_licence(answer.body.decode("utf-8", "replace")) if answer.status == 200 else ""
    write_atomic(kept, licence.encode(), durable=False)
    return licence
