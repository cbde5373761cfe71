"""Several indexes as one: which of them answers for a name. Files of two are never mixed.

A claimed name belongs to the own packages and is asked for nowhere else, whatever version
an upstream may have (dependency confusion). A name that fits the patterns of an upstream is
asked for only where patterns fit it, for the same reason. Any other name belongs to the
first that knows it: the own packages, then the upstreams in their order.
"""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

import msgspec

from onward.core.names import Name
from onward.domain.guard.releases import Judged
from onward.shelves.guarded import Guarded, View


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One index; ``names`` are globs on the names that it is asked for (none: all)."""

    guarded: Guarded
    names: tuple[str, ...] = ()

    def may_have(self, name: Name) -> bool:
        """Whether this index is asked for ``name`` at all."""
        return not self.names or any(fnmatchcase(name, glob) for glob in self.names)


class Merged:
    """Gives, for a name, the index that answers for it and its judgement there."""

    def __init__(self, own: Guarded | None, upstreams: Sequence[Part]) -> None:
        self._own = (Part(guarded=own),) if own else ()
        self._upstreams = tuple(upstreams)
        self._parts = (*self._own, *self._upstreams)

    def names(self) -> Iterator[Name]:
        """Give the names of which some index has a judged page on disk; one may come twice."""
        for part in self._parts:
            yield from part.guarded.names()

    def last_judged(self, name: Name) -> Judged | None:
        """Give what was found when a page of ``name`` was last judged; None when none is on disk. Asks no index."""
        found = (part.guarded.last_judged(name) for part in self._parts if part.may_have(name))
        return next((judged for judged in found if judged is not None), None)

    def view(self, name: Name) -> tuple[Guarded, View] | None:
        """Give who answers for ``name`` and the view of its page; None when nobody knows it.

        Raises OutsideFailed when an index that comes before the answer could not be asked:
        to go on to the next one would let that one take the name over.
        """
        for part in self._asked(name):
            if (view := part.guarded.view(name)) is not None:
                return part.guarded, view
        return None

    def upstream_with(self, name: Name) -> str | None:
        """Give the address of the first upstream that has ``name``, asked now; None when none has.

        Raises OutsideFailed when one of them could not be asked.
        """
        for part in self._fitting(name):
            if part.guarded.listed(name, anew=True) is not None:
                return part.guarded.index.address
        return None

    def _asked(self, name: Name) -> Sequence[Part]:
        return (*self._own, *self._fitting(name))

    def _fitting(self, name: Name) -> Sequence[Part]:
        fitting = [part for part in self._upstreams if part.may_have(name)]
        named = [part for part in fitting if part.names]
        return named or fitting
