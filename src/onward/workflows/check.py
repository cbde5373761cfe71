"""One sentence of a user: check my project. Every wanted tool looks, one policy decides, one list is shown."""

import contextlib
import datetime as dt
import itertools
import sysconfig
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from onward.adapters.ruff import settings as ruff_settings
from onward.adapters.ruff import tools as ruff
from onward.adapters.tables import ruff_categories
from onward.core.errors import EngineFailed, MissingTool, OutsideFailed
from onward.core.finding import Certainty, Finding, Whole
from onward.core.perform import Listen, silent
from onward.core.policy import Decision, Level, Row, Source, Verdict
from onward.core.proc.run import stop_running
from onward.core.tool import FAILED, NO_FILES, CheckTool, OwnLook, failed_by
from onward.domain.policy.decide import Rulebook
from onward.domain.policy.model import Policy
from onward.domain.policy.ruff_levels import ruff_rows
from onward.domain.policy.rules_refactor import RUFF
from onward.workflows.checking.listing import python_files
from onward.workflows.checking.look import Looked, Stoppable, look, look_ourselves
from onward.workflows.checking.scope import Scope, State
from onward.workflows.checking.stream import Verdicts, bare

if TYPE_CHECKING:
    from onward.workflows.checking.old_ones import Matcher, OldOnes

TOOLS: tuple[CheckTool, ...] = (ruff.LINT, ruff.FORMAT)
"""The tools that look when nobody says otherwise."""

_BREATH = 0.2  # seconds between two looks whether someone wants to stop
_ROUNDS = 25  # of asking a tool to stop, five a second, before it is ended
_T = TypeVar("_T")

FindingSource = Callable[[], Iterable[Finding]]
"""Something beside the tools that has findings: the guard over the lock, the policy, the Python in use."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: a verdict on every finding, in the order in which they are shown.

    ``verdicts`` can be gone through any number of times; there may be millions of them.
    ``levels`` counts those that are not known from before, ``old`` is what came of the
    baseline (None: there is none). ``tools`` are those that looked or could not, not those
    that had nothing to look at. ``files`` is how many Python files were looked at, None when
    that is not known. ``others`` are files outside of the project and its environment that the
    answer was made from, there or not; None when it may change though nothing does that is looked
    at. ``looks`` is how the project's files looked as the check began.
    """

    verdicts: Iterable[Verdict]
    levels: dict[Level, int]
    old: "OldOnes | None" = None
    tools: tuple[Looked, ...] = ()
    files: int | None = None
    others: frozenset[str] | None = None
    looks: Mapping[str, tuple[int, int, int, int]] | None = None

    @property
    def blocked(self) -> bool:
        """Whether something enforced (or a new one under ratchet) stands in the way."""
        return self.level.can_fail

    @property
    def level(self) -> Level:
        """The strongest level that something was given; ``off`` when nothing was found."""
        found = (level for level, count in self.levels.items() if count)
        return max(found, key=lambda level: level.strength, default=Level.off)

    @property
    def decision(self) -> Decision:
        """All verdicts at once, those of level ``off`` included."""
        return Decision(because=tuple(self.verdicts))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, those of level ``off`` included."""
        return tuple(verdict.finding for verdict in self.verdicts)


def checked_of(verdicts: Iterable[Verdict], **more: Any) -> Checked:
    """Give the answer that holds these verdicts; ``more`` are its other fields."""
    levels = Counter(verdict.level for verdict in bare(verdicts) if not verdict.known)
    return Checked(verdicts=verdicts, levels=dict(levels), **more)


def check(
    scope: Scope,
    rows: Sequence[Row],
    *,
    env: Mapping[str, str],
    today: dt.date,
    tools: Sequence[CheckTool] = TOOLS,
    own: Sequence[OwnLook] = (),
    sources: Sequence[FindingSource] = (),
    matcher: "Matcher | None" = None,
    listen: Listen = silent,
) -> Checked:
    """Let every tool and every source look at ``scope`` at the same time, and decide by ``rows``.

    ``own`` is what onward looks for itself, in the Python files that ruff lists. A tool that is
    not there or fails is a finding of certainty unknown, and so is a source that the outside
    world let down; bad input in a source is raised. ``matcher`` knows what is old.
    """
    wanted = () if scope.paths == () else tuple(tools)
    listen("start", "Looking with " + (", ".join(tool.name for tool in wanted) or "no tool"))
    sysconfig.get_config_vars()  # where tools are found by; its first call is not safe in threads
    given_up = threading.Event()
    with _threads(len(wanted) + len(own) + len(sources) + 1, given_up) as pool:
        asking = [pool.submit(_ask, source) for source in sources]
        listen("progress", "looking at what has changed")
        state = State(scope, env, time.time_ns())
        looking = {pool.submit(look, tool, scope, env, state): tool.name for tool in wanted}
        listing = pool.submit(python_files, scope, env, state)
        (listed,) = _results({listing: "the list of files"}, listen)
        for one, found in _own_files(own, scope, listed, env, state):
            mine = Stoppable(one, given_up)
            task = pool.submit(look_ourselves, mine, scope, state, found, today.isoformat())
            looking[task] = one.name
        looked = tuple(_results(looking, listen, lambda: state.settle(patient=True)))
        settled = state.settle()
        answers_beside = _results(dict.fromkeys(asking, "what is said of the lock"), listen)
        beside = [finding for found in answers_beside for finding in found]
    listen("progress", "putting the answer together")
    files = None if listed is None else len(listed)
    if files == 0 and _may_name_python(scope):
        beside.append(_nothing_there())
    answers = [one.answer for one in looked if one.answer is not None]
    if matcher is not None:
        matcher.whole &= all(one.looked.whole for one in looked[len(wanted) :]) and bool(files)
        matcher.blind |= frozenset(
            one.looked.tool.partition(" ")[0]
            for one in looked[: len(wanted)]
            if not one.looked.whole
        )
    verdicts = Verdicts(scope, answers, beside, Rulebook(rows, today), matcher)
    listen("done", "Looked")
    told = tuple(one.looked for one in looked[: len(wanted)] if one.answer is not None)
    old = matcher.found if matcher else None
    lasts = settled and all(one.looked.lasts or one.looked.stumble for one in looked)
    lasts = lasts and all(one.rule != FAILED for one in beside)
    others = frozenset(state.others) if lasts and files is not None else None
    return checked_of(verdicts, old=old, tools=told, files=files, others=others, looks=state.looks)


@contextlib.contextmanager
def _threads(count: int, given_up: threading.Event) -> Iterator[ThreadPoolExecutor]:
    """Give threads to work in; when the body fails or is interrupted, the tools they run are stopped.

    Nothing begins any more then, a tool that was just being started is stopped too, and
    ``given_up`` is set for what runs in this process.
    """
    pool = ThreadPoolExecutor(max_workers=count)
    try:
        yield pool
    except BaseException:
        given_up.set()
        closing = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
        closing.start()
        for rounds in itertools.count():
            closing.join(_BREATH)
            if not closing.is_alive():
                break
            stop_running(at_once=rounds > _ROUNDS)
        raise
    pool.shutdown()


def _own_files(
    own: Sequence[OwnLook],
    scope: Scope,
    listed: tuple[str, ...] | None,
    env: Mapping[str, str],
    state: State,
) -> Iterator[tuple[OwnLook, tuple[str, ...]]]:
    """Give the looks with the files of each: those wanted, or all for what needs them together.

    Nothing is looked at ourselves while it is not known which files there are.
    """
    everything = listed
    if listed and scope.paths is not None and not all(one.depends.one_by_one for one in own):
        everything = python_files(msgspec.structs.replace(scope, paths=None), env, state)
    for one in own:
        files = listed if one.depends.one_by_one else everything
        if files is not None:
            yield one, files if scope.paths != () else ()


def rows_for(policy: Policy, folder: Path) -> tuple[Row, ...]:
    """Give the policy's rows with those for ruff's rules drawn from their categories and the settings near ``folder``.

    Rows that someone wrote stand before them.
    """
    written = tuple(row for row in policy.rows if row.source is not Source.builtin)
    chosen = ruff_settings.settings(folder)
    own = ruff_rows(chosen, ruff_categories(), policy.profile, policy.check.refactor & RUFF)
    return (*written, *own, *(row for row in policy.rows if row.source is Source.builtin))


def book_for(policy: Policy, folder: Path, today: dt.date) -> Rulebook:
    """Give the rows of ``rows_for`` that count today, ready for many verdicts."""
    return Rulebook(rows_for(policy, folder), today)


def with_ruff(policy: Policy, folder: Path) -> Policy:
    """Give the policy with ``rows_for`` as its rows: what really holds for the project at ``folder``."""
    return msgspec.structs.replace(policy, rows=rows_for(policy, folder))


def _results(
    futures: Mapping[Future[_T], str],
    listen: Listen,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[_T]:
    """Give each result, tell by their names which are still to come, and do ``meanwhile`` now and then.

    A wait without an end would miss a Ctrl-C that comes just before it begins.
    """
    for future in futures:
        while not future.done():
            with contextlib.suppress(TimeoutError):
                future.exception(_BREATH)
                break
            open_ = dict.fromkeys(name for one, name in futures.items() if not one.done())
            listen("progress", f"waiting for {', '.join(open_)}" if open_ else "")
            meanwhile()
        yield future.result()


def _ask(source: FindingSource) -> list[Finding]:
    try:
        return list(source())
    except (OutsideFailed, EngineFailed, MissingTool) as error:
        return [failed_by("onward", error)]


def _may_name_python(scope: Scope) -> bool:
    """Whether a Python file could be among what is wanted; a commit of pictures is no reason to miss one."""
    return scope.paths is None or any(
        path.endswith(("/", ".", *ruff.KINDS)) for path in scope.paths
    )


def _nothing_there() -> Finding:
    return Finding(
        rule=NO_FILES,
        subject=Whole(),
        message="there is no Python file here to check",
        hint="Nothing was looked at, so nothing is known to be good; look at the folder and at ruff's `exclude`.",
        certainty=Certainty.unknown,
    )
