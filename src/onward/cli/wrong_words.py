"""Wrong words of one command line, collected so that all are told at once."""

import argparse
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from onward.core.errors import BadInput

_T = TypeVar("_T")


class WrongWords:
    """Reads word after word; ``tell`` ends it with all that was wrong."""

    def __init__(self) -> None:
        self._found: list[BadInput] = []

    def read(self, reader: Callable[[], _T]) -> _T | None:
        """Give what ``reader`` gives; None when it raises BadInput, which is kept."""
        try:
            return reader()
        except BadInput as error:
            self._found.append(error)
            return None

    def need_values(self, options: argparse.Namespace, names: Iterable[str]) -> None:
        """Keep a fault (``empty-word``) for each option of ``names`` that was given and is empty."""
        for name in names:
            told = getattr(options, name.replace("-", "_"))
            self.read(partial(_given, name, told))

    def tell(self) -> None:
        """Raise what was kept: a single one as it is, several as one BadInput (``wrong-words``)."""
        if len(self._found) == 1:
            raise self._found[0]
        if self._found:
            lines = []
            for error in self._found:
                lines += [f"{error.message} [{error.reference}]"]
                lines += [f"  {line}" for line in error.context]
                lines += [f"  -> {error.hint}"] * bool(error.hint)
            raise BadInput(
                "wrong-words", f"{len(self._found)} words cannot be used", context=tuple(lines)
            )


def need_values(options: argparse.Namespace, *names: str) -> None:
    """Raise BadInput (``empty-word``, ``wrong-words``) where options of ``names`` were given and are empty."""
    wrong = WrongWords()
    wrong.need_values(options, names)
    wrong.tell()


def _given(name: str, told: str | None) -> None:
    if told is not None and not told.strip():
        raise BadInput(
            "empty-word",
            f"`--{name}` has an empty value",
            hint="Perhaps a variable of the shell is not set. Give it a value, or leave it out.",
        )
