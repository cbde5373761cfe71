"""Find which of several changes break something, with few trials.

Works best on changes that stand in order, each one after those it needs.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import msgspec

Unit = TypeVar("Unit", bound=Hashable)


class Culprit(msgspec.Struct, Generic[Unit], frozen=True, kw_only=True):
    """A unit that breaks. ``together_with`` is the kept unit without which it would not, if one was found."""

    unit: Unit
    together_with: Unit | None = None


class Outcome(msgspec.Struct, Generic[Unit], frozen=True, kw_only=True):
    """Which units are kept, which break, and which nothing is known of because the trials ran out.

    ``trials`` counts the calls of ``fails``. ``proven`` says that the last call was with
    exactly the kept units and passed (with nothing kept there is nothing to prove).
    """

    kept: tuple[Unit, ...]
    culprits: tuple[Culprit[Unit], ...] = ()
    undecided: tuple[Unit, ...] = ()
    trials: int = 0
    proven: bool = True


def culprits(
    units: Sequence[Unit], fails: Callable[[Sequence[Unit]], bool], *, most: int = 60
) -> Outcome[Unit]:
    """Give what may be kept of ``units`` (all different), calling ``fails`` about ``most`` times at most.

    ``fails`` gets a part of ``units`` in their order and says whether it breaks; no units
    at all are known to pass. The first unit whose addition breaks is found by binary
    search, left out, and the rest is tried again. When breaking is monotone (more units
    never mend) the kept ones pass together, and each culprit would break them.
    """
    search = _Search(units, fails, most)
    while search.rest:
        if search.spent:
            search.undecided, search.rest = search.rest, []
        elif not search.breaks([*search.kept, *search.rest]):
            search.kept, search.rest = [*search.kept, *search.rest], []
        else:
            search.leave_one_out()
    proven = not search.kept or search.last == tuple(search.kept)
    if not proven:
        search.known.clear()
        proven = not search.breaks(search.kept)
    return Outcome(
        kept=tuple(search.kept),
        culprits=tuple(search.found),
        undecided=tuple(search.undecided),
        trials=search.trials,
        proven=proven,
    )


class _Search(Generic[Unit]):
    """What is known so far; ``last`` is the part that passed if the last trial passed."""

    def __init__(
        self, units: Sequence[Unit], fails: Callable[[Sequence[Unit]], bool], most: int
    ) -> None:
        self.fails = fails
        self.most = most
        self.kept: list[Unit] = []
        self.rest = list(units)
        self.undecided: list[Unit] = []
        self.found: list[Culprit[Unit]] = []
        self.known: dict[tuple[Unit, ...], bool] = {(): False}
        self.trials = 0
        self.last: tuple[Unit, ...] | None = None
        self._order = {unit: i for i, unit in enumerate(units)}

    @property
    def spent(self) -> bool:
        return self.trials >= self.most

    def breaks(self, part: Sequence[Unit]) -> bool:
        """Try a part, unless it was tried before."""
        key = tuple(sorted(part, key=self._order.__getitem__))
        if key not in self.known:
            self.trials += 1
            self.known[key] = self.fails(key)
            self.last = None if self.known[key] else key
        return self.known[key]

    def leave_one_out(self) -> None:
        """Find the first unit of ``rest`` that breaks what stands before it, and go on behind it."""
        at = self._first_break(self.kept, self.rest, [])
        if at is None:
            self.undecided, self.rest = self.rest, []
            return
        unit = self.rest[at]
        self.kept += self.rest[:at]
        self.rest = self.rest[at + 1 :]
        self.found.append(Culprit(unit=unit, together_with=self._partner(unit)))

    def _partner(self, unit: Unit) -> Unit | None:
        """Give the kept unit that ``unit`` breaks with, when alone it does not."""
        if not self.kept or self.spent or self.breaks([unit]):
            return None
        at = self._first_break([], self.kept, [unit])
        return None if at is None else self.kept[at]

    def _first_break(
        self, before: Sequence[Unit], among: Sequence[Unit], behind: Sequence[Unit]
    ) -> int | None:
        """Give the index in ``among`` whose addition breaks; all of it breaks, none of it does not.

        None when the trials ran out first.
        """
        passing, breaking = 0, len(among)
        while breaking - passing > 1:
            if self.spent:
                return None
            middle = (passing + breaking) // 2
            if self.breaks([*before, *among[:middle], *behind]):
                breaking = middle
            else:
                passing = middle
        return breaking - 1
