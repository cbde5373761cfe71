"""How bad an advisory says it is, as one word where its words or its CVSS 3 vector allow that."""

import math
from collections.abc import Iterable

WORDS = ("low", "medium", "high", "critical")

_SAME = {"moderate": "medium", "important": "high", "none": ""}
# Weights of the base metrics: CVSS 3.1 specification, section 7.4.
_WEIGHTS: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}


def rating(words: Iterable[str | None], scores: Iterable[str]) -> str:
    """Give ``low`` to ``critical`` for the first of ``words`` that is known, else for a CVSS 3 vector.

    When neither helps, the first score as it was written (shortened), or an empty text.
    """
    for word in words:
        if word is not None:
            plain = word.strip().lower()
            plain = _SAME.get(plain, plain)
            if plain in WORDS:
                return plain
    written = [score.strip() for score in scores if score.strip()]
    for score in written:
        base = base_score(score)
        if base is not None:
            return _word_for(base)
    return written[0][:80] if written else ""


def base_score(vector: str) -> float | None:
    """Give the base score (0.0 to 10.0) of a CVSS 3.0 or 3.1 vector; None for anything else.

    CVSS 3.1 specification, section 7.1.
    """
    head, _, rest = vector.partition("/")
    if head not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    metrics = dict(part.split(":", 1) for part in rest.split("/") if ":" in part)
    try:
        weight = {name: table[metrics[name]] for name, table in _WEIGHTS.items()}
        scope = metrics["S"]
        privileges = _PRIVILEGES[scope][metrics["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    changed = scope == "C"
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0.0
    ease = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    return _round_up(min((1.08 if changed else 1.0) * (impact + ease), 10.0))


def _round_up(value: float) -> float:
    """Round up to one decimal, in whole numbers as the specification's appendix A asks."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10.0


def _word_for(base: float) -> str:
    # CVSS 3.1 specification, section 5, table 14
    if base >= 9.0:
        return "critical"
    if base >= 7.0:
        return "high"
    if base >= 4.0:
        return "medium"
    return "low" if base > 0 else ""
