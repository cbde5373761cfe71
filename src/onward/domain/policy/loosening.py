"""Which rows make something weaker than it would be without them, and which only try to.

A row is compared with what would hold on the rules and subjects it can meet: the sources
below its own, and the stronger rows that stand after it in the same file. Patterns are
compared by samples: for each pattern of the policy, one text that fits it.
"""

import datetime as dt
import re
from collections.abc import Sequence

from onward.core.finding import Place, Release, Subject, Whole
from onward.core.policy import Row, Source
from onward.domain.policy.catalogue import RULES
from onward.domain.policy.decide import Rulebook, admissible, counts
from onward.domain.policy.globs import fits, is_literal, plain_name, text_test

_ORDER = (Source.builtin, Source.organisation, Source.project, Source.option)
_ANYTHING: tuple[Subject, ...] = (
    Release(name="sample", version="1"),
    Place(path="sample", line=1),
    Whole(name="sample"),
)


class Review:
    """The rows of one policy on one day, ready to be asked what each of them does to the others."""

    def __init__(self, rows: Sequence[Row], today: dt.date) -> None:
        self._rows = tuple(row for row in rows if counts(row, today))
        self._today = today
        self._rules = _sample_rules(self._rows)
        self._subjects = _sample_subjects(self._rows)
        self._books = {
            source: Rulebook(
                [row for row in self._rows if _ORDER.index(row.source) < _ORDER.index(source)],
                today,
            )
            for source in _ORDER
        }

    def loosens(self, row: Row) -> bool:
        """Say whether this row makes any rule weaker on any subject than it would else be."""
        return self._finds(row, held=False)

    def is_held_back(self, row: Row) -> bool:
        """Say whether an organisation's floor keeps this row from counting somewhere."""
        return self._finds(row, held=True)

    def _finds(self, row: Row, *, held: bool) -> bool:
        if row.source is Source.builtin or row not in self._rows:
            return False
        near = row.source in (Source.project, Source.option)
        below, stronger = self._books[row.source], self._stronger_after(row)
        for rule in (rule for rule in self._rules if text_test(row.match)(rule)):
            for subject in self._met(row):
                floor = below.floor(rule, subject) if near else None
                stands = admissible(row, floor)
                if held and not stands:
                    return True
                if held or not stands:
                    continue
                beside = stronger.row(rule, subject) if stronger else None
                if beside is not None and beside.source is row.source and admissible(beside, floor):
                    return True
                if row.level.strength < below.row(rule, subject).level.strength:
                    return True
        return False

    def _stronger_after(self, row: Row) -> Rulebook | None:
        after = self._rows[self._rows.index(row) + 1 :]
        found = [
            other
            for other in after
            if other.source is row.source and other.level.strength > row.level.strength
        ]
        return Rulebook(found, self._today) if found else None

    def _met(self, row: Row) -> tuple[Subject, ...]:
        if not row.only:
            return self._subjects
        if all(is_literal(glob) for glob in row.only):
            own = tuple(subject for glob in row.only for subject in _samples(glob))
            names = {subject.name for subject in own if isinstance(subject, Release)}
            return own + tuple(
                subject
                for subject in self._subjects
                if isinstance(subject, Release)
                and subject.name in names
                and any(fits(glob, subject) for glob in row.only)
            )
        return tuple(
            subject for subject in self._subjects if any(fits(glob, subject) for glob in row.only)
        )


def _sample_rules(rows: Sequence[Row]) -> tuple[str, ...]:
    known = [sample_of(rule) for rule in RULES]
    return tuple(dict.fromkeys([*known, *(sample_of(row.match) for row in rows)]))


def _sample_subjects(rows: Sequence[Row]) -> tuple[Subject, ...]:
    found: dict[Subject, None] = dict.fromkeys(_ANYTHING)
    for row in rows:
        for glob in row.only:
            found.update(dict.fromkeys(_samples(glob)))
    return tuple(found)


def _samples(glob: str) -> tuple[Subject, ...]:
    name, equals, version = (part.strip() for part in glob.partition("=="))
    release = Release(
        name=sample_of(plain_name(name)), version=sample_of(version) if equals else "1"
    )
    path = glob + "**" if glob.endswith("/") else glob
    return (
        release,
        *(() if equals else (Release(name=release.name),)),
        Place(path=sample_of(path.removeprefix("./")), line=1),
        Whole(name=sample_of(glob)),
    )


def sample_of(glob: str) -> str:
    """Give one text that a pattern fits; a pattern without wildcards fits itself."""
    if is_literal(glob):
        return glob
    text = re.sub(r"\[(!?)([^\]]+)\]", _one_of, glob)
    return re.sub(r"\*+", "x", text).replace("?", "x")


def _one_of(found: re.Match[str]) -> str:
    if not found[1]:
        return found[2][0]
    test = text_test(found[0])
    return next((letter for letter in "xyz0129abc" if test(letter)), "x")
