"""The rows that hold before anyone has written one: the catalogue's levels, per profile."""

from functools import cache

from onward.core.policy import Row, Source
from onward.domain.policy.catalogue import RULES
from onward.domain.policy.decide import CATCH_ALL
from onward.domain.policy.rule import Profile


@cache
def builtin_rows(profile: Profile = Profile.standard) -> tuple[Row, ...]:
    """Give onward's own rows for a profile: exact rules first, families next, the catch-all last."""
    ordered = sorted(RULES.values(), key=lambda rule: rule.is_family)
    rows = tuple(
        Row(
            match=rule.id,
            level=rule.level(profile),
            source=Source.builtin,
            where=f"onward's {profile} profile",
        )
        for rule in ordered
    )
    return (*rows, CATCH_ALL)
