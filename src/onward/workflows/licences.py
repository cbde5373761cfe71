"""The licences of what is about to enter, for whoever looks at the plan."""

from collections.abc import Sequence

import msgspec

from onward.core.lock import LockDiff, LockedPackage
from onward.workflows.entering import Brought
from onward.workflows.resolve import Resolver
from onward.workflows.stated_licences import stated_licences


def licences_of(
    resolver: Resolver, brings: Sequence[Brought], diff: LockDiff
) -> tuple[Brought, ...]:
    """Give ``brings`` with the licence of each entering package: empty when it states none, no entry when unknown."""
    entering: dict[str, LockedPackage] = {package.name: package for package in diff.entering}
    wanted = [
        entering[name]
        for name in sorted({n for b in brings for n in b.packages})
        if name in entering
    ]
    known = stated_licences(resolver, wanted)
    return tuple(
        msgspec.structs.replace(b, licences={n: known[n] for n in b.packages if n in known})
        for b in brings
    )
