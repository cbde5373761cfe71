"""What can be said more plainly: onward's own refactorings in the files, and ruff's beside what a project selects."""

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from onward.adapters.ruff.settings import settings
from onward.adapters.ruff.tools import Linter
from onward.core.finding import Finding, Place
from onward.core.tool import CheckTool, Depends, Probe, missing
from onward.domain.policy.checks import Checks
from onward.domain.policy.ruff_levels import unwanted
from onward.domain.policy.rules_refactor import RUFF, UNREAD, text_of
from onward.workflows.checking.contents import contents

_LARGEST = 1_000_000  # bytes; a larger Python file is data
_NEEDED = ("ast_grep_py", "libcst")


class Refactorings:
    """Looks for the refactorings with these names; ``needs`` are the modules without which it cannot."""

    name = "refactor"

    def __init__(self, names: frozenset[str], needs: tuple[str, ...] = _NEEDED) -> None:
        self._names = names
        self._needs = needs
        self.depends = Depends(kinds=(".py", ".pyw"), one_by_one=True)

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        """Give what can be said more plainly in ``paths``; one finding of certainty unknown when nobody can look."""
        if any(importlib.util.find_spec(name) is None for name in self._needs):
            yield missing(
                Probe(
                    tool="refactor",
                    found=False,
                    how_to_get="It needs ast-grep and LibCST, which come with `onward[check]`: install that in"
                    " place of `onward`, or take `refactor` out of [tool.onward.check].",
                )
            )
            return
        for path, content in contents(root, paths, self.depends.kinds, _LARGEST):
            yield from self._in_file(path, content)

    def _in_file(self, path: str, content: bytes) -> Iterator[Finding]:
        """Give the refactorings in one file, or that it cannot be read as Python."""
        # imported where it is wanted, since start-up counts
        from onward.adapters.refactor.refactor import find

        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return  # whoever checks such files tells of it
        found = find(text, self._names)
        if found is None:
            yield Finding(
                rule=UNREAD,
                subject=Place(path=path),
                message="the file cannot be read as Python, so no refactoring was looked for in it",
                hint="Mend it; if it is newer Python than onward knows, install a newer onward.",
            )
            return
        for one in found:
            words = text_of(f"refactor/{one.name}")
            said = f"; here: `{one.new}`" if one.new else ""
            yield Finding(
                rule=f"refactor/{one.name}",
                subject=Place(
                    path=path,
                    line=one.line,
                    column=one.column,
                    end_line=one.end_line,
                    end_column=one.end_column,
                ),
                message=f"{words.title.removesuffix('.') if words else one.name}{said}",
                facts={"fix": "safe" if one.safe else "unsafe"},
                hint="`onward check --fix --all` does it"
                if one.safe
                else "`onward check --fix --unsafe --all` does it where tests prove it",
            )


def with_refactorings(
    tools: Sequence[CheckTool], checks: Checks, folder: Path
) -> tuple[CheckTool, ...]:
    """Give the tools, ruff with the wanted refactorings among its rules; those it is told to ignore stay ignored."""
    codes = checks.refactor & RUFF
    if codes:
        codes -= unwanted(settings(folder), codes)
    return tuple(Linter(codes) if codes and tool.name == "ruff" else tool for tool in tools)
