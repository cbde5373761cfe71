"""The rules of onward's own looks at code, in words."""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_OFF, _ADVISE, _RATCHET, _ENFORCE = Level

CHECK_RULES: tuple[Rule, ...] = (
    Rule(
        id="suppression/no-reason",
        summary="A comment silences a tool and does not say why.",
        why="Whoever reads it later cannot tell an exception that was thought about from one that was in the way. So it stays"
        " for ever, and the next one is copied from it.",
        remedy="Write the reason after it: `# noqa: F401 - part of the public API`. With `until 2027-01-31` in it, it ends.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="suppression/blanket",
        summary="A comment silences every rule of a tool, not the one that is meant.",
        why="It also hides what is found there tomorrow, by rules that nobody had in mind. The one rule that was meant is enough.",
        remedy="Name the rules: `# noqa: F401`, `# type: ignore[arg-type]`.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="suppression/expired",
        summary="A comment silences a tool until a day that has passed.",
        why="Somebody decided that this may wait until then. Now it is then.",
        remedy="Mend what it hides and remove the comment, or decide again and write a new day.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="suppression/bad-until",
        summary="The day after `until` in such a comment is not a day.",
        why="It would never end, and looks as if it did. A day that does not exist is most often a slip of the finger.",
        remedy="Write a day or a month: `until 2027-01-31`, `until 2027-01`.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="suppression/unused",
        summary="A comment silences a rule that finds nothing there.",
        why="It was needed once. Now it only hides the next fault at that line.",
        remedy="`onward check --fix` removes it.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
)
