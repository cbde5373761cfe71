"""The rows that hold before anyone has written one: the catalogue's levels, per profile."""

from collections.abc import Sequence
from functools import cache

from onward.core.policy import Row, Source
from onward.domain.policy.catalogue import RULES
from onward.domain.policy.decide import CATCH_ALL
from onward.domain.policy.rule import Profile, Rule
from onward.domain.policy.rules_more_tools import sarif_families


@cache
def builtin_rows(
    profile: Profile = Profile.standard, configured: tuple[str, ...] = ()
) -> tuple[Row, ...]:
    """Give onward's own rows for a profile: exact rules first, families next, the catch-all last.

    ``configured`` are the names of tools by configuration alone; they have families too.
    """
    ordered = sorted(RULES.values(), key=lambda rule: rule.is_family)
    return (*_rows((*ordered, *sarif_families(configured)), profile), CATCH_ALL)


def _rows(rules: Sequence[Rule], profile: Profile) -> tuple[Row, ...]:
    return tuple(
        Row(
            match=rule.id,
            level=rule.level(profile),
            source=Source.builtin,
            where=f"onward's {profile} profile",
        )
        for rule in rules
    )
