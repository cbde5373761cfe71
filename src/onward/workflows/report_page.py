"""What a report counts: findings by level, tool, rule and file, what is cheapest to mend next, and how it went before."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.git import repository
from onward.core.disk import write_atomic
from onward.core.errors import OnwardError
from onward.core.finding import Certainty, Place
from onward.core.lines import lines_of
from onward.core.policy import Level, Verdict
from onward.domain.baseline.file import NAME
from onward.workflows.check import Checked
from onward.workflows.situation import Situation

LOG = "checks.log"
"""In the project's folder of the cache: a line for each day with a check of everything."""

_MOST_RULES = 300
_MOST_FILES = 50
_MOST_UNKNOWN = 50
_MOST_STEPS = 15
_FEW = 10  # findings of a rule that are mended by hand in one sitting
_MOST_COMMITS = 40
_MOST_DAYS = 400


class RuleCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule was found, how many of those are known from before or safe to mend, in how many files, and where first."""

    rule: str
    count: int
    known: int
    safe: int
    files: int
    level: Level
    place: str
    message: str


class FileCount(msgspec.Struct, frozen=True, kw_only=True):
    """How much was found in a file, and the rule that was found most often."""

    path: str
    count: int
    to_mend: int
    most: str


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of the past: a day (ISO), a commit where it is one, and a count."""

    day: str
    count: int
    commit: str = ""


class Trend(msgspec.Struct, frozen=True, kw_only=True):
    """Counts from the past, oldest first, and what they were made of."""

    made_of: str
    points: tuple[Point, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows. Lists are cut to what somebody reads; the ``left_out`` say how many more there are."""

    levels: dict[Level, int]
    known: int
    tools: tuple[tuple[str, int], ...]
    rules: tuple[RuleCount, ...]
    rules_left_out: int
    files: tuple[FileCount, ...]
    files_left_out: int
    cheapest: tuple[RuleCount, ...]
    unknown: tuple[str, ...]
    unknown_left_out: int


class _OfRule:
    def __init__(self, first: Verdict) -> None:
        self.first = first
        self.levels: Counter[Level] = Counter()
        self.known = self.safe = 0
        self.files: set[str] = set()

    @property
    def known_for_certain(self) -> bool:
        return self.first.finding.certainty is Certainty.known

    def note(self, verdict: Verdict) -> None:
        self.levels[verdict.level] += 1
        self.known += verdict.known
        self.safe += verdict.finding.facts.get("fix") == "safe"
        if isinstance(verdict.finding.subject, Place):
            self.files.add(verdict.finding.subject.path)

    def told(self) -> RuleCount:
        """Give the count with the first finding as an example; there is one."""
        finding = self.first.finding
        return RuleCount(
            rule=finding.rule,
            count=self.levels.total(),
            known=self.known,
            safe=self.safe,
            files=len(self.files),
            level=max(self.levels, key=lambda level: level.strength),
            place=str(finding.subject),
            message=finding.message,
        )


def count(verdicts: Iterable[Verdict]) -> Report:
    """Count verdicts that pass by, however many; those that are off are not counted."""
    levels: Counter[Level] = Counter()
    by_rule: dict[str, _OfRule] = {}
    by_file: defaultdict[str, Counter[str]] = defaultdict(Counter)
    to_mend: Counter[str] = Counter()
    unknown: list[str] = []
    unknowns = 0
    for verdict in verdicts:
        if verdict.level is Level.off:
            continue
        finding = verdict.finding
        levels[verdict.level] += not verdict.known
        by_rule.setdefault(finding.rule, _OfRule(verdict)).note(verdict)
        if isinstance(finding.subject, Place):
            by_file[finding.subject.path][finding.rule] += 1
            to_mend[finding.subject.path] += verdict.blocks
        if finding.certainty is Certainty.unknown:
            unknowns += 1
            unknown += [finding.message] * (len(unknown) < _MOST_UNKNOWN)
    rules = sorted((one.told() for one in by_rule.values()), key=lambda one: (-one.count, one.rule))
    tools: Counter[str] = Counter()
    for one in rules:
        tools[one.rule.partition("/")[0]] += one.count
    files = _files(by_file, to_mend)
    return Report(
        levels=dict(levels),
        known=sum(one.known for one in rules),
        tools=tuple(tools.most_common()),
        rules=tuple(rules[:_MOST_RULES]),
        rules_left_out=max(0, len(rules) - _MOST_RULES),
        files=tuple(files[:_MOST_FILES]),
        files_left_out=max(0, len(files) - _MOST_FILES),
        cheapest=_cheapest([one for one in rules if by_rule[one.rule].known_for_certain]),
        unknown=tuple(unknown),
        unknown_left_out=unknowns - len(unknown),
    )


def trend(situation: Situation, kept: Path) -> Trend:
    """Give how many findings there were before: old ones by commit where there is a baseline in git, else by day of checks here."""
    root = situation.project.root.resolve()
    try:
        found = repository(root, situation.env, cwd=situation.cwd)
        versions = found.versions(root / NAME, _MOST_COMMITS) if found else []
    except OnwardError:
        versions = []
    if versions:
        points = [
            Point(day=_day(seconds), count=_entries(content), commit=commit)
            for commit, seconds, content in versions
        ]
        made_of = f"old findings in {NAME}, for each of the last commits that changed it"
        return Trend(made_of=made_of, points=tuple(points))
    made_of = (
        "findings that were not old, of the last check of everything on each day on this machine"
    )
    return Trend(made_of=made_of, points=tuple(_logged(kept / LOG)))


def note_check(kept: Path, checked: Checked, today: dt.date) -> None:
    """Note how many findings there are today; the last check of a day counts. That there is no room for it is no fault."""
    log = kept / LOG
    count = sum(many for level, many in checked.levels.items() if level is not Level.off)
    day = today.isoformat()
    before = [one for one in _logged(log) if one.day != day][-_MOST_DAYS:]
    lines = [f"{one.day} {one.count}\n" for one in (*before, Point(day=day, count=count))]
    try:
        write_atomic(log, "".join(lines).encode(), durable=False)
    except OnwardError:
        return


def _files(by_file: Mapping[str, Counter[str]], to_mend: Mapping[str, int]) -> list[FileCount]:
    made = [
        FileCount(
            path=path, count=rules.total(), to_mend=to_mend[path], most=rules.most_common(1)[0][0]
        )
        for path, rules in by_file.items()
    ]
    return sorted(made, key=lambda one: (-one.to_mend, -one.count, one.path))


def _cheapest(rules: Sequence[RuleCount]) -> tuple[RuleCount, ...]:
    """Give what to mend next: what a program mends, the most first, then rules with few findings left, the fewest first."""
    by_program = sorted((one for one in rules if one.safe), key=lambda one: (-one.safe, one.rule))
    by_hand = sorted(
        (one for one in rules if not one.safe and one.count <= _FEW),
        key=lambda one: (-one.level.strength, one.count, one.rule),
    )
    return (*by_program, *by_hand)[:_MOST_STEPS]


def _logged(log: Path) -> list[Point]:
    try:
        words = [line.split() for line in lines_of(log.read_text(encoding="utf-8"))]
    except (OSError, UnicodeDecodeError):
        return []
    return [
        Point(day=one[0], count=int(one[1]))
        for one in words
        if len(one) == 2 and one[1].isdecimal()
    ]


def _entries(content: bytes) -> int:
    return sum(1 for line in content.split(b"\n") if line and not line.startswith(b"#"))


def _day(seconds: int) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()
