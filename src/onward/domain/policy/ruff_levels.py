"""The levels of ruff's rules: by the category that ruff gives each, and by what a project has chosen itself."""

from collections.abc import Collection, Iterable, Iterator, Mapping

import msgspec

from onward.core.policy import Level, Row
from onward.domain.policy.globs import text_test
from onward.domain.policy.rule import Profile

_OFF, _ADVISE, _RATCHET, _ENFORCE = Level

LEVELS: Mapping[str, Mapping[Profile, Level]] = {
    category: dict(zip(Profile, levels, strict=True))
    for category, levels in {
        "correctness": (_RATCHET, _ENFORCE, _ENFORCE),
        "security": (_RATCHET, _ENFORCE, _ENFORCE),
        "suspicious": (_ADVISE, _RATCHET, _ENFORCE),
        "performance": (_ADVISE, _RATCHET, _ENFORCE),
        "complexity": (_ADVISE, _ADVISE, _RATCHET),
        "style": (_OFF, _ADVISE, _RATCHET),
        "pedantic": (_OFF, _ADVISE, _RATCHET),
        "formatting": (_OFF, _ADVISE, _RATCHET),
        "restriction": (_OFF, _ADVISE, _RATCHET),
    }.items()
}
"""Category to the level of its rules in the profiles relaxed, standard and strict."""

_CHOSEN = {Profile.relaxed: _ADVISE, Profile.standard: _RATCHET, Profile.strict: _RATCHET}
_UNREADABLE = ("ruff/invalid-syntax", "ruff/E9*")
# Ruff's groups of one letter that other codes start with too; a digit keeps them apart.
_GROUPS_WITHOUT_DIGIT = frozenset({"PL", "C", "T"})
_ADVICE = "ruff's own choice, not the project's; `select` in its settings makes it the project's"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What matters here of ruff's settings.

    ``selected`` is whether the project lists its rules itself (``listed``), ``extended`` the codes
    it adds to them or to the default ones, ``ignored`` those it does not want, ``formats`` whether
    it has a ``format`` table, ``where`` the file.
    """

    selected: bool = False
    listed: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    formats: bool = False
    where: str = ""


def ruff_rows(
    chosen: Settings,
    categories: Mapping[str, frozenset[str]],
    profile: Profile = Profile.standard,
    refactor: Collection[str] = (),
) -> tuple[Row, ...]:
    """Give the rows for ruff's rules in a profile; ``categories`` maps each category to its rules.

    A rule that the project chose itself (``select``, ``extend-select``) is at least ratchet
    (advice in the relaxed profile), since choosing it says that it matters here. The codes in
    ``refactor`` that it did not choose so are advice.
    """
    where = f"ruff's settings in {chosen.where}" if chosen.where else "ruff's defaults"
    least = _CHOSEN[profile]
    made = [_format_row(chosen, profile, where)]
    made += [
        Row(match=glob, level=_ENFORCE, where="what cannot be read is in no style")
        for glob in _UNREADABLE
    ]
    own = (*chosen.listed, *chosen.extended)
    made += [
        Row(match=f"ruff/{code}", level=_ADVISE, where="`refactor` in [tool.onward.check]")
        for code in sorted(code for code in refactor if not _among(code, own))
    ]
    for glob in ("ruff/*",) if chosen.selected else map(_glob, chosen.extended):
        made += _by_category(glob, categories, profile, where, least)
        made.append(Row(match=glob, level=least, where=where))
    if not chosen.selected:
        made += _by_category("ruff/*", categories, profile, f"onward's {profile} profile", _OFF)
        made.append(Row(match="ruff/*", level=_ADVISE, where=where, why=_ADVICE))
    return tuple(made)


def unwanted(chosen: Settings, codes: Iterable[str]) -> frozenset[str]:
    """Give those of some codes that the project told ruff to ignore."""
    return frozenset(code for code in codes if _among(code, chosen.ignored))


def _among(code: str, selectors: Iterable[str]) -> bool:
    return any(text_test(_glob(selector))(f"ruff/{code}") for selector in selectors)


def _format_row(chosen: Settings, profile: Profile, where: str) -> Row:
    if profile is Profile.strict or (chosen.formats and profile is Profile.standard):
        return Row(match="ruff/format", level=_ENFORCE, where=where)
    return Row(
        match="ruff/format", level=_ADVISE, where=where, why="" if chosen.formats else _ADVICE
    )


def _by_category(
    glob: str, categories: Mapping[str, frozenset[str]], profile: Profile, where: str, least: Level
) -> Iterator[Row]:
    for category, rules in categories.items():
        level = LEVELS[category][profile] if category in LEVELS else _ADVISE
        yield Row(
            match=glob,
            among=rules,
            level=max(level, least, key=lambda one: one.strength),
            where=f"{where}: {category}",
        )


def _glob(code: str) -> str:
    if code == "ALL":
        return "ruff/*"
    letters = code.isalpha() and code not in _GROUPS_WITHOUT_DIGIT
    return f"ruff/{code}[0-9]*" if letters else f"ruff/{code}*"
