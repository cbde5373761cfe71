"""One sentence of a user: check my project. Every wanted tool looks, one policy decides, one list is shown."""

import contextlib
import datetime as dt
import itertools
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TypeVar

import msgspec

from onward.adapters import ruff, ruff_settings
from onward.core.errors import EngineFailed, MissingTool, OnwardError, OutsideFailed
from onward.core.finding import Certainty, Finding, Place, Release, Whole
from onward.core.perform import Listen, silent
from onward.core.policy import Decision, Row, Source
from onward.core.proc.run import run, stop_running
from onward.core.tool import CheckTool, Probe, Target, failed_by, missing
from onward.domain.policy.decide import decide
from onward.domain.policy.model import Policy
from onward.domain.policy.rule import Profile

TOOLS: tuple[CheckTool, ...] = (ruff.LINT, ruff.FORMAT)
"""The tools that look when nobody says otherwise."""

NO_FILES = "check/no-files"

_LARGEST_SOURCE = 5_000_000  # bytes of a file whose lines are shown beside a finding

_BREATH = 0.2  # seconds between two looks whether someone wants to stop
_ROUNDS = 25  # of asking a tool to stop, five a second, before it is ended
_T = TypeVar("_T")

FindingSource = Callable[[], Iterable[Finding]]
"""Something beside the tools that has findings: the guard over the lock, the policy, the Python in use."""


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at.

    ``root`` is the folder (absolute, links resolved; for a commit the tree made from the
    index), ``environment`` the project's own, ``paths`` what is wanted of it: relative with
    ``/``, folders ending with ``/``; None is all of it and empty is nothing.
    """

    root: Path
    environment: Path
    paths: tuple[str, ...] | None = None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What one tool did: its findings, how long it took, whether its answer can be trusted to be whole."""

    tool: str
    version: str = ""
    origin: str = ""
    seconds: float = 0.0
    whole: bool = True
    findings: tuple[Finding, ...] = ()


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: the decision over all findings, in the order in which they are shown.

    ``files`` is how many Python files were looked at, None when that is not known.
    """

    decision: Decision
    tools: tuple[Looked, ...] = ()
    files: int | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, those of level ``off`` included."""
        return tuple(verdict.finding for verdict in self.decision.because)


def check(
    scope: Scope,
    rows: Sequence[Row],
    *,
    env: Mapping[str, str],
    today: dt.date,
    tools: Sequence[CheckTool] = TOOLS,
    sources: Sequence[FindingSource] = (),
    listen: Listen = silent,
) -> Checked:
    """Let every tool and every source look at ``scope`` at the same time, and decide by ``rows``.

    A tool that is not there or fails is a finding of certainty unknown, and so is a source
    that the outside world let down; bad input in a source is raised.
    """
    target = Target(root=str(scope.root), env=dict(env), paths=scope.paths or ())
    wanted = () if scope.paths == () else tuple(tools)
    listen("start", "Looking with " + (", ".join(tool.name for tool in wanted) or "no tool"))
    sysconfig.get_config_vars()  # where tools are found by; its first call is not safe in threads
    with _threads(len(wanted) + len(sources) + 1) as pool:
        looking = [pool.submit(look, tool, scope.environment, target) for tool in wanted]
        counting = pool.submit(_count, scope, target)
        asking = [pool.submit(_ask, source) for source in sources]
        looked = tuple(_results(looking))
        (files,) = _results([counting])
        beside = [finding for found in _results(asking) for finding in found]
    seen = [finding for one in looked for finding in one.findings if _is_wanted(finding, scope)]
    if files == 0 and scope.paths != ():
        beside.append(_nothing_there())
    shown = sorted(_once([*_with_lines(seen, scope.root), *beside]), key=_order)
    listen("done", "Looked")
    return Checked(decision=decide(shown, rows, today), tools=looked, files=files)


@contextlib.contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads to work in; when the body fails or is interrupted, the tools they run are stopped.

    Nothing begins any more then, and a tool that was just being started is stopped too.
    """
    pool = ThreadPoolExecutor(max_workers=count)
    try:
        yield pool
    except BaseException:
        closing = threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True})
        closing.start()
        for rounds in itertools.count():
            closing.join(_BREATH)
            if not closing.is_alive():
                break
            stop_running(at_once=rounds > _ROUNDS)
        raise
    pool.shutdown()


def rows_for(policy: Policy, folder: Path) -> tuple[Row, ...]:
    """Give the policy's rows with those for ruff's rules drawn from what the settings near ``folder`` choose.

    Only the standard profile looks at them: relaxed advises and strict enforces whatever
    they say. Rows that someone wrote stand before both.
    """
    if policy.profile is not Profile.standard:
        return policy.rows
    written = tuple(row for row in policy.rows if row.source is not Source.builtin)
    own = ruff_settings.rows(ruff_settings.settings(folder))
    return (*written, *own, *(row for row in policy.rows if row.source is Source.builtin))


def with_ruff(policy: Policy, folder: Path) -> Policy:
    """Give the policy with ``rows_for`` as its rows: what really holds for the project at ``folder``."""
    return msgspec.structs.replace(policy, rows=rows_for(policy, folder))


def look(tool: CheckTool, environment: Path, target: Target) -> Looked:
    """Let one tool look at ``target``; whatever goes wrong with it becomes a finding."""
    probe = tool.probe(environment, target.env)
    about = Looked(tool=tool.name, version=probe.version, origin=probe.origin)
    if not probe.found:
        return msgspec.structs.replace(about, whole=False, findings=(missing(probe),))
    call = tool.call(probe, target)
    if call is None:
        return about
    try:
        ran = run(msgspec.structs.replace(call, whole_group=True))
    except OnwardError as error:
        return msgspec.structs.replace(
            about, whole=False, findings=(_stamped(failed_by(tool.name, error), probe),)
        )
    findings = tuple(_stamped(finding, probe) for finding in tool.read(ran))
    return msgspec.structs.replace(
        about,
        seconds=ran.seconds,
        whole=all(finding.certainty is Certainty.known for finding in findings),
        findings=findings,
    )


def _results(futures: Iterable[Future[_T]]) -> Iterator[_T]:
    """Give each result. A wait without an end would miss a Ctrl-C that comes just before it begins."""
    for future in futures:
        while not wait((future,), timeout=_BREATH).done:
            pass
        yield future.result()


def _stamped(finding: Finding, probe: Probe) -> Finding:
    return msgspec.structs.replace(finding, seen_by=str(probe))


def _count(scope: Scope, target: Target) -> int | None:
    if scope.paths == ():
        return 0
    probe = ruff.find(scope.environment, target.env)
    if not probe.found:
        return None
    call = ruff.files(probe, target)
    if call is None:
        return 0
    try:
        listed = ruff.read_files(run(msgspec.structs.replace(call, whole_group=True)))
    except OnwardError:
        return None
    return None if listed is None else sum(wants(path, scope) for path in listed)


def _ask(source: FindingSource) -> list[Finding]:
    try:
        return list(source())
    except (OutsideFailed, EngineFailed, MissingTool) as error:
        return [failed_by("onward", error)]


def wants(path: str, scope: Scope) -> bool:
    """Say whether a path in the scope's root is one of those wanted, or below one."""
    if scope.paths is None:
        return True
    return any(
        path == one or one in ("./", ".") or (one.endswith("/") and path.startswith(one))
        for one in scope.paths
    )


def _is_wanted(finding: Finding, scope: Scope) -> bool:
    return not isinstance(finding.subject, Place) or wants(finding.subject.path, scope)


def _nothing_there() -> Finding:
    return Finding(
        rule=NO_FILES,
        subject=Whole(),
        message="there is no Python file here to check",
        hint="Nothing was looked at, so nothing is known to be good; look at the folder and at ruff's `exclude`.",
        certainty=Certainty.unknown,
    )


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[tuple[str, str, str]] = set()
    for finding in findings:
        mark = (finding.rule, str(finding.subject), finding.message)
        if mark not in seen:  # linter and formatter both tell of a file that does not parse
            seen.add(mark)
            yield finding


def _with_lines(findings: Sequence[Finding], root: Path) -> Iterator[Finding]:
    """Give the findings with the source line each one points at, read from ``root`` once per file."""
    lines: dict[str, list[str]] = {}
    for finding in findings:
        place = finding.subject
        # What is about the file as a whole has a line to jump to, but no column and no text.
        if not isinstance(place, Place) or not place.column or "cell" in finding.facts:
            yield finding
            continue
        if place.path not in lines:
            lines[place.path] = _lines(root / place.path)
        text = lines[place.path]
        if place.line <= len(text):
            place = msgspec.structs.replace(place, source_line=text[place.line - 1])
        yield msgspec.structs.replace(finding, subject=place)


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _LARGEST_SOURCE:
            return []
        with path.open(encoding="utf-8-sig", errors="replace", newline=None) as file:
            return file.read().split("\n")
    except OSError:
        return []


def _order(finding: Finding) -> tuple[int, str, int, int, str, str]:
    subject = finding.subject
    if isinstance(subject, Place):
        return (0, subject.path, subject.line, subject.column, finding.rule, finding.message)
    kind = 1 if isinstance(subject, Release) else 2
    return (kind, str(subject), 0, 0, finding.rule, finding.message)
