"""Which findings of a check are old: the baseline matched with all files, once, before anything is shown."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.core.disk import read_limited
from onward.core.finding import Finding, Place
from onward.core.policy import Level, Verdict
from onward.domain.baseline.entry import Entry, entries_of, may_be_known
from onward.domain.baseline.file import NAME, Baseline, read, written
from onward.domain.baseline.history import matched_by_lines
from onward.domain.baseline.match import Match, Seen, paired
from onward.domain.baseline.settle import settle
from onward.workflows.checking.history import History
from onward.workflows.checking.scope import Scope
from onward.workflows.checking.source_lines import source_text

STALE = "baseline/stale"

LARGEST = 500_000_000
"""Bytes of a baseline file."""

_MOST_SETTLED = 200_000  # new findings that are looked through for what moved to another file


def open_baseline(root: Path) -> Baseline:
    """Give the baseline of the project at ``root``; raises BadInput naming every faulty line."""
    try:
        return read(read_limited(root / NAME, LARGEST))
    except FileNotFoundError:
        return Baseline()


class OldOnes(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the baseline: how many are known, which entries fit nothing, what the file would hold now.

    ``content`` is None when the file is right as it is, or not everything was looked at.
    ``by_history`` says that older texts were asked for.
    """

    known: int = 0
    gone: tuple[Entry, ...] = ()
    content: bytes | None = None
    by_history: bool = False


class Matcher:
    """Marks the verdicts that are known. ``learn`` goes through all files first.

    ``whole`` says whether everything was looked at; only then is what fits nothing really gone.
    ``blind`` are the tools that could not look (as their rules begin): what they found once stays.
    """

    def __init__(
        self, baseline: Baseline, scope: Scope, history: History, *, locked: bool = False
    ) -> None:
        self._baseline = baseline
        self._scope = scope
        self._history = history
        self._locked = locked
        self.whole = scope.paths is None
        self.blind: frozenset[str] = frozenset()
        self._known: dict[str, set[int]] = {}
        self.found = OldOnes()

    @property
    def told(self) -> tuple[Finding, ...]:
        """What there is to find about the baseline itself: stale entries, where the file may not be written."""
        gone = self.found.gone
        return (stale_finding(gone),) if gone and self._locked and self.whole else ()

    def learn(self, paths: Sequence[str], of: Callable[[str], list[Verdict]]) -> None:
        """Match every file that has entries, then what is left over with all other files.

        ``paths`` are those with findings, ``of`` gives the verdicts of one.
        """
        entries = self._entries()
        self.blind |= _stopped(entries, paths, of)
        kept: dict[str, Sequence[Entry]] = {}
        new: list[Seen] = []
        gone: list[Entry] = []
        changed = False
        unseen: dict[str, Sequence[Entry]] = {}
        guessed: dict[str, Sequence[Entry]] = {}
        for path, every in entries.items():
            if not self._counts(path):
                kept[path] = every
                continue
            verdicts = of(path)
            if any(map(_hides_others, verdicts)):
                kept[path] = every
                match = self._matched(path, every, verdicts)
                self._known[path] = {seen.at for seen in match.known}
                continue
            mine = [one for one in every if not self._unseen(one)]
            match = self._matched(path, mine, verdicts)
            unseen[path] = [one for one in every if self._unseen(one)]
            if match.guessed and path:
                guessed[path] = mine
                continue
            new += match.new
            gone += match.gone
            changed |= self._keep(kept, path, mine, match)
        for path, match in self._by_history(guessed, of):
            new += match.new
            gone += [msgspec.structs.replace(one, path=path) for one in match.gone]
            changed |= self._keep(kept, path, guessed[path], match)
        for path in paths if gone else ():
            if path and path not in entries and len(new) < _MOST_SETTLED:
                new += self._matched(path, (), of(path)).new
        lost = {path for path in entries if path and not (self._scope.root / path).exists()}
        settled = settle(new, gone, lost)
        for seen in settled.known:
            path = seen.entry.path
            self._known.setdefault(path, set()).add(seen.at)
            kept[path] = (*kept.get(path, ()), seen.entry)
        for path, others in unseen.items():
            if others:
                kept[path] = (*kept.get(path, ()), *others)
        known = sum(map(len, self._known.values()))
        content = None
        if self.whole and (changed or gone):
            content = written(one for part in kept.values() for one in part)
        self.found = OldOnes(
            known=known, gone=settled.gone, content=content, by_history=bool(guessed)
        )

    def marked(self, path: str, verdicts: Iterable[Verdict]) -> Iterator[Verdict]:
        """Give the verdicts of one file, those that are known marked so."""
        known = self._known.get(path)
        if not known:
            yield from verdicts
            return
        at = 0
        for verdict in verdicts:
            if counts(verdict):
                yield msgspec.structs.replace(verdict, known=at in known)
                at += 1
            else:
                yield verdict

    def _unseen(self, entry: Entry) -> bool:
        return entry.rule.partition("/")[0] in self.blind

    def _keep(
        self, kept: dict[str, Sequence[Entry]], path: str, mine: Sequence[Entry], match: Match
    ) -> bool:
        """Note what is known in one file; say whether its lines in the baseline change."""
        if match.known:
            self._known[path] = {seen.at for seen in match.known}
        anew = bool(match.gone) or match.stale or any(one.path != path for one in mine)
        if anew:
            kept[path] = tuple(seen.entry for seen in match.known)
        elif mine:
            kept[path] = mine
        return anew

    def _matched(self, path: str, mine: Sequence[Entry], verdicts: Sequence[Verdict]) -> Match:
        findings = [verdict.finding for verdict in verdicts if counts(verdict)]
        if not findings:
            return Match(gone=tuple(mine))
        return paired(mine, entries_in(self._scope.root, path, findings))

    def _by_history(
        self, guessed: Mapping[str, Sequence[Entry]], of: Callable[[str], list[Verdict]]
    ) -> Iterator[tuple[str, Match]]:
        """Match again, with what stood in the files when the baseline was last committed, as far as that is known."""
        befores = self._history.texts([mine[0].path for mine in guessed.values()])
        for (path, mine), before in zip(guessed.items(), befores, strict=True):
            verdicts = of(path)
            if not before:
                yield path, self._matched(path, mine, verdicts)
                continue
            findings = [verdict.finding for verdict in verdicts if counts(verdict)]
            text = source_text(self._scope.root / path)
            yield path, matched_by_lines(mine, findings, before, text)

    def _entries(self) -> dict[str, Sequence[Entry]]:
        """Give the entries of each path; those of a file that history calls renamed under its new name."""
        entries: dict[str, Sequence[Entry]] = {
            path: self._baseline.of(path) for path in self._baseline.paths
        }
        missing = [path for path in entries if path and not (self._scope.root / path).exists()]
        renames = self._history.renamed() if missing else {}
        for path in missing:
            now = renames.get(path)
            if now is not None and now not in entries:
                entries[now] = entries.pop(path)
        return entries

    def _counts(self, path: str) -> bool:
        """Say whether a path was looked at, or is not there any more."""
        wanted = self._scope.paths is None if not path else self._scope.wants(path)
        return wanted or bool(path and not (self._scope.root / path).exists())


def _hides_others(verdict: Verdict) -> bool:
    """Say whether a finding is the reason why others of its file are not there: it does not parse, or cannot be read."""
    rule = verdict.finding.rule
    return not may_be_known(verdict.finding) or rule.endswith(_SYNTAX)


def _stopped(
    entries: Mapping[str, Sequence[Entry]],
    paths: Sequence[str],
    of: Callable[[str], list[Verdict]],
) -> set[str]:
    """Give the tools that one file stopped from looking at all others; asked only when such a tool has entries."""
    rules = {one.rule.partition("/")[0] for every in entries.values() for one in every}
    stops = {rule for rule in _STOPS if rule.partition("/")[0] in rules}
    if not stops:
        return set()
    told = {verdict.finding.rule for path in paths for verdict in of(path)}
    return {rule.partition("/")[0] for rule in stops & told}


_STOPS = frozenset({"mypy/syntax"})  # with one such error it checks nothing at all
_SYNTAX = ("/invalid-syntax", "/syntax", "/E999", "/syntax-error", "/invalid-syntax-error")


def counts(verdict: Verdict) -> bool:
    """Say whether a finding can stand in the baseline: under ratchet, and known for certain."""
    return verdict.level is Level.ratchet and may_be_known(verdict.finding)


def entries_in(root: Path, path: str, findings: Sequence[Finding]) -> list[Entry]:
    """Give the entries that would stand for the findings of one file under ``root``."""
    return entries_of(findings, source_text(root / path) if path else "")


def stale_finding(gone: Sequence[Entry]) -> Finding:
    """Give the finding for entries that fit nothing any more where the file may not be written."""
    many = len(gone)
    first = gone[0]
    what = "1 entry fits" if many == 1 else f"{many} entries fit"
    return Finding(
        rule=STALE,
        subject=Place(path=NAME),
        message=f"{what} nothing any more, the first: {first.rule} in {first.path or first.symbol}",
        facts={"count": many},
        hint="Run `onward check` where it may write, and commit the shorter file.",
    )
