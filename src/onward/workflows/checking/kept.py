"""What is kept of an answer: whether it still holds, which files have to be looked at again, and keeping the new one."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from onward.adapters.answers import Answer, Head, opened, written
from onward.core.finding import Certainty, Finding, Place
from onward.workflows.checking.scope import Asked, Keys, Scope, State
from onward.workflows.checking.source_lines import Lines

_MOST_CHANGED = 500  # files that are looked at alone; with more everything is looked at


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """``holds`` is an answer that is still true; else ``again`` are the files to look at again, () for all.

    ``old`` is the answer that stays true for the other files, ``keys`` and ``place`` are how and
    where the new one is kept (None: it is not).
    """

    holds: Answer | None = None
    again: tuple[str, ...] = ()
    old: Answer | None = None
    keys: Keys | None = None
    place: Path | None = None

    @property
    def share(self) -> str:
        """How much of the new answer is from before, in a word."""
        return "some" if self.again else ""

    def renewed(
        self, head: Head, found: Iterable[Finding], lines: Lines | None
    ) -> tuple[Answer, bool]:
        """Give the new answer, with ``found`` and what stays of the old one, and whether all of it is certain.

        ``lines`` are written into it; None where they can be read when it is shown.
        """
        if self.keys is not None:
            head = msgspec.structs.replace(head, **msgspec.structs.asdict(self.keys))
        trust = _Trust()
        again = frozenset(self.again)
        if again:  # what is told of other files beside is in the old answer already
            found = (
                one
                for one in found
                if not isinstance(one.subject, Place) or one.subject.path in again
            )
        answer = written(
            head, trust.watch(found), old=self.old, but=again, line_of=lines.of if lines else None
        )
        return answer, trust.whole

    def keep(self, answer: Answer, state: State, *, whole: bool) -> bool:
        """Have an answer kept that is certain; whether it holds from now on if no file has changed while it was made."""
        if self.keys is None or self.place is None or not whole:
            return False
        state.keep(answer, self.place)
        return True


def kept_for(asked: Asked, scope: Scope, state: State, *, whole: bool) -> Kept:
    """Give what is kept of the last answer; ``whole`` is whether everything is asked about, not only some files."""
    if scope.kept is None:
        return Kept()
    keys = state.keys(asked)
    place = scope.kept / f"{asked.name.replace(' ', '-')}.answer"
    old = opened(place) if keys is not None else None
    if keys is not None and old is not None and old.head.whole == keys.whole:
        return Kept(holds=old)
    if keys is None or not whole:
        return Kept()
    again = _changed(asked, keys, old)
    return Kept(again=again, old=old if again else None, keys=keys, place=place)


def _changed(asked: Asked, keys: Keys, old: Answer | None) -> tuple[str, ...]:
    """Give the files that have to be looked at again; () when it is all of them."""
    if old is None or not asked.depends.one_by_one or old.head.frame != keys.frame:
        return ()
    again = tuple(path for path, at in keys.digests.items() if old.head.digests.get(path) != at)
    return again if len(again) <= _MOST_CHANGED else ()


class _Trust:
    """Whether every finding that passed by was one of certainty known."""

    def __init__(self) -> None:
        self.whole = True

    def watch(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            if finding.certainty is not Certainty.known:
                self.whole = False
            yield finding
