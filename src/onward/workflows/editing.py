"""What an editor asks for: the findings of the project by file, and the text of one file mended for some rules."""

import contextlib
import datetime as dt
import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path

import msgspec

from onward.core.env import in_ci
from onward.core.errors import OnwardError
from onward.core.finding import Place
from onward.core.policy import Level, Verdict
from onward.domain.policy.decide import Rulebook
from onward.workflows.check import rows_for
from onward.workflows.check_project import check_project, cool, is_warm, scope_of
from onward.workflows.mending.repair import Repairer
from onward.workflows.mending.safe import least, tidies
from onward.workflows.project import find_root
from onward.workflows.situation import Situation, open_situation

_MOST = 5_000  # findings in files that nobody has opened
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What an editor wants to see: of which files (``opened``, and with ``everywhere`` all), and old findings too.

    ``warm``: the type checker may stay in memory, also where the project's settings do not say so.
    """

    opened: frozenset[str] = frozenset()
    everywhere: bool = False
    known: bool = False
    warm: bool = False


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A check as an editor needs it: verdicts by path (relative, ``/``; empty: about no file).

    ``left_out`` counts those in files that nobody has opened and that were too many. ``anchor`` is the file that
    stands for what is about no file. ``cold`` is why a type checker in memory was not asked.
    """

    root: Path
    anchor: str
    by_path: dict[str, list[Verdict]]
    left_out: int = 0
    cold: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Lines ``first`` up to ``last`` (from 0, ``last`` not included) become ``text``."""

    first: int
    last: int
    text: str


class Workplace(msgspec.Struct, frozen=True, kw_only=True):
    """Where an editor works: a folder in the project, the environment, and the clock."""

    folder: Path
    env: Mapping[str, str]
    clock: Callable[[], dt.datetime]

    def situation(self) -> Situation:
        """Open the project as it is now; raises what ``open_situation`` raises."""
        return open_situation(self.folder, self.env, self.clock())


def root_of(desk: Workplace) -> Path:
    """Give the project's folder, links resolved."""
    return find_root(desk.folder).resolve()


def see(desk: Workplace, wish: Wish, started: Callable[[], object] = int) -> Seen:
    """Check the whole project and keep what the editor wants; raises what opening the project raises.

    ``started`` is called when a type checker is about to be started that stays in memory.
    """
    situation = desk.situation()
    warm = (wish.warm or situation.policy.check.warm) and not in_ci(desk.env)
    if warm and not is_warm(situation):
        started()
    checked = check_project(situation, warm=warm)
    by_path: dict[str, list[Verdict]] = {}
    beside = left_out = 0
    for verdict in checked.verdicts:
        place = verdict.finding.subject
        path = place.path if isinstance(place, Place) else ""
        near = not path or path in wish.opened
        if verdict.level is Level.off or (verdict.known and not wish.known):
            continue
        if not near and not wish.everywhere:
            continue
        if not near and beside >= _MOST:
            left_out += 1
            continue
        beside += not near
        by_path.setdefault(path, []).append(verdict)
    project = situation.project
    return Seen(
        root=project.root.resolve(),
        anchor=next(iter(project.files), "pyproject.toml"),
        by_path=by_path,
        left_out=left_out,
        cold="; ".join(tool.warmth.cold for tool in checked.tools if tool.warmth.cold),
    )


def cool_down(desk: Workplace) -> None:
    """End the type checker that stays in memory for the project; one that cannot be ended ends itself later."""
    with contextlib.suppress(OnwardError):
        cool(desk.situation())


def can_be_mended(verdict: Verdict) -> bool:
    """Say whether a tool calls its fix safe."""
    return verdict.finding.facts.get("fix") == "safe"


def mended(desk: Workplace, path: str, text: str, rules: list[str]) -> str:
    """Give ``text`` of the file ``path`` mended for ``rules`` by safe fixes; nothing is written."""
    situation = desk.situation()
    scope = scope_of(situation)
    book = Rulebook(rows_for(situation.policy, scope.root), situation.now.date())
    made = Repairer(scope, situation.env).repaired(
        path,
        text.encode("utf-8", "surrogatepass"),
        sorted(rules),
        tidy=tidies(book, path, least(also_advice=False)),
    )
    return made.content.decode("utf-8", "surrogatepass")


def lines_of(text: str) -> list[str]:
    """Give the lines with their ends as the protocol counts them: only CR, LF and both end a line."""
    return _LINE.findall(text)


def changes(before: str, after: str) -> list[Change]:
    """Give the lines to change, from the first to the last, so that ``before`` becomes ``after``."""
    old, new = lines_of(before), lines_of(after)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    tail = zip(reversed(old[same:]), reversed(new[same:]), strict=False)
    below = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], tail))
    old_part, new_part = old[same : len(old) - below], new[same : len(new) - below]
    found = SequenceMatcher(None, old_part, new_part).get_opcodes()
    return [
        Change(first=same + first, last=same + last, text="".join(new_part[start:end]))
        for kind, first, last, start, end in found
        if kind != "equal"
    ]
