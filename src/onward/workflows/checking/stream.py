"""All findings of a check, file by file, with their levels: however many there are, few are in memory at once."""

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from onward.adapters.answers import Answer
from onward.core.finding import Finding, Place, Release
from onward.core.policy import Verdict
from onward.core.walk import is_inside
from onward.domain.policy.decide import Rulebook
from onward.workflows.checking.scope import Scope
from onward.workflows.checking.source_lines import Lines

if TYPE_CHECKING:
    from onward.workflows.checking.old_ones import Matcher

_IN_MEMORY = 50_000  # verdicts; more are made anew each time somebody goes through them


class Verdicts:
    """Verdicts in the order in which they are shown: files by path and line, then releases, then the project.

    Can be gone through any number of times. Each has its source line; who needs that of few goes through
    ``bare`` ones, since it costs a look at every file.
    """

    def __init__(
        self,
        scope: Scope,
        answers: Sequence[Answer],
        beside: Iterable[Finding],
        book: Rulebook,
        matcher: "Matcher | None" = None,
    ) -> None:
        self._scope = scope
        self._answers = answers
        self._book = book
        self._root = str(scope.root)
        self._inside: dict[str, bool] = {}
        self._beside: dict[str, list[Finding]] = {}
        for finding in beside:
            self._beside.setdefault(_path(finding), []).append(finding)
        self._matcher = matcher
        if matcher is not None:
            matcher.learn(self._paths(), lambda path: list(self._of(path)))
            for finding in matcher.told:
                self._beside.setdefault(_path(finding), []).append(finding)
        first = tuple(islice(self._made(), _IN_MEMORY + 1))
        self._all = first if len(first) <= _IN_MEMORY else None

    def __iter__(self) -> Iterator[Verdict]:
        return self.with_lines(self.bare())

    def bare(self) -> Iterator[Verdict]:
        """Give the verdicts without source lines, but for those that the answers brought along."""
        return self._made() if self._all is None else iter(self._all)

    def with_lines(self, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Give the same verdicts with their source lines."""
        lines = Lines(self._scope.root)
        for verdict in verdicts:
            place = verdict.finding.subject
            bare = isinstance(place, Place) and not place.source_line
            line = lines.of(verdict.finding) if bare else ""
            yield _at_line(verdict, line) if line else verdict

    def _made(self) -> Iterator[Verdict]:
        for path in self._paths():
            verdicts = self._of(path)
            yield from self._matcher.marked(path, verdicts) if self._matcher else verdicts

    def _paths(self) -> tuple[str, ...]:
        paths = {path for answer in self._answers for path in answer.paths()} | set(self._beside)
        return (*sorted(paths - {""}), "")

    def _of(self, path: str) -> Iterator[Verdict]:
        found = [finding for answer in self._answers for finding in answer.findings(path)]
        wanted = found if not path or self._scope.wants(path) else []
        elsewhere = bool(path) and self._leads_outside(path)
        for finding in sorted(_once([*wanted, *self._beside.get(path, ())]), key=_order):
            yield self._book.verdict(_without_fix(finding) if elsewhere else finding)

    def _leads_outside(self, path: str) -> bool:
        """Say whether a file is one outside of the project, through a link: what is there is never written."""
        file = os.path.join(self._root, path)  # noqa: PTH118 - asked for every file
        folder = os.path.dirname(file)  # noqa: PTH120
        return not self._holds(folder) or (
            os.path.islink(file) and not is_inside(file, self._root)  # noqa: PTH114
        )

    def _holds(self, folder: str) -> bool:
        """Say whether a folder is one of the project; in one that is, only a link of its own leads out."""
        known = self._inside.get(folder)
        if known is None:
            plain = folder.startswith(f"{self._root}{os.sep}") and ".." not in folder
            if plain and not os.path.islink(folder):  # noqa: PTH114 - of thousands
                known = self._holds(os.path.dirname(folder))  # noqa: PTH120
            else:
                known = is_inside(folder, self._root)
            self._inside[folder] = known
        return known


def bare(verdicts: Iterable[Verdict]) -> Iterable[Verdict]:
    """Give ``verdicts`` without the source lines that are not at hand."""
    return verdicts.bare() if isinstance(verdicts, Verdicts) else verdicts


def with_lines(some: Iterable[Verdict], verdicts: Iterable[Verdict]) -> Iterable[Verdict]:
    """Give ``some`` of the ``bare`` ones of ``verdicts`` with their source lines."""
    return verdicts.with_lines(some) if isinstance(verdicts, Verdicts) else some


def _at_line(verdict: Verdict, line: str) -> Verdict:
    finding = verdict.finding
    if not isinstance(finding.subject, Place):
        return verdict
    place = msgspec.structs.replace(finding.subject, source_line=line)
    return msgspec.structs.replace(verdict, finding=msgspec.structs.replace(finding, subject=place))


def _without_fix(finding: Finding) -> Finding:
    if "fix" not in finding.facts:
        return finding
    facts = {key: value for key, value in finding.facts.items() if key != "fix"}
    hint = "This file lies outside of the project, through a link, so onward does not write it: mend it there."
    return msgspec.structs.replace(finding, facts=facts, hint=hint)


def _path(finding: Finding) -> str:
    return finding.subject.path if isinstance(finding.subject, Place) else ""


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the findings of one path, of those that say the same in the same place the first."""
    seen: set[tuple[str, object, object, str]] = set()
    for finding in findings:
        subject = finding.subject
        here = (subject.line, subject.column) if isinstance(subject, Place) else (str(subject), 0)
        mark = (finding.rule, *here, finding.message)
        if mark not in seen:  # linter and formatter both tell of a file that does not parse
            seen.add(mark)
            yield finding


def _order(finding: Finding) -> tuple[int, str, int, int, str, str]:
    subject = finding.subject
    if isinstance(subject, Place):
        return (0, subject.path, subject.line, subject.column, finding.rule, finding.message)
    kind = 1 if isinstance(subject, Release) else 2
    return (kind, str(subject), 0, 0, finding.rule, finding.message)
