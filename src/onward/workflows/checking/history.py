"""What git tells the baseline: which files were renamed since it was last committed, and what stood in some of them then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from onward.adapters.git import Repository
from onward.core.errors import OnwardError
from onward.domain.baseline.file import NAME
from onward.workflows.checking.source_lines import LARGEST_SOURCE, text_of

_MOST_FILES = 2_000  # of which older texts are asked for in one check


class History(Protocol):
    """What is known of the time when the baseline was last committed; where nothing is, the answers are empty."""

    def renamed(self) -> Mapping[str, str]:
        """Give the new path of each file that was renamed since, by its old one."""

    def texts(self, paths: Sequence[str]) -> Iterator[str]:
        """Give what stood in each of ``paths`` then, empty where that is not known."""


class NoHistory:
    """Nothing is known."""

    def renamed(self) -> Mapping[str, str]:
        """Give nothing."""
        return {}

    def texts(self, paths: Sequence[str]) -> Iterator[str]:
        """Give nothing for each."""
        return iter([""] * len(paths))


class GitHistory:
    """What git knows. Nothing is asked before it is needed, and a git that fails knows nothing.

    ``opened`` gives the repository that the folder ``root`` is in, None when it is in none.
    """

    def __init__(self, root: Path, opened: Callable[[], Repository | None]) -> None:
        self._root = root
        self._opened = opened
        self._found: tuple[Repository, str] | None = None
        self._asked = False

    def renamed(self) -> Mapping[str, str]:
        """Give the new path of each file that was renamed since, by its old one."""
        try:
            found = self._commit()
            return found[0].renamed_since(found[1], self._root) if found else {}
        except OnwardError:
            return {}

    def texts(self, paths: Sequence[str]) -> Iterator[str]:
        """Give what stood in each of ``paths`` then, empty where that is not known; one text is in memory at a time."""
        some = paths[:_MOST_FILES]
        given = 0
        try:
            found = self._commit()
            if found:
                for content in found[0].texts(found[1], self._root, some, LARGEST_SOURCE):
                    given += 1
                    yield "" if b"\0" in content else text_of(content)
        except OnwardError:
            pass  # without history what moved is found by what stands in it
        for _ in paths[given:]:
            yield ""

    def _commit(self) -> tuple[Repository, str] | None:
        """Give the repository and the last commit that changed the baseline."""
        if not self._asked:
            self._asked = True
            found = self._opened()
            commit = found.last_commit_of(NAME, self._root) if found else ""
            self._found = (found, commit) if found and commit else None
        return self._found
