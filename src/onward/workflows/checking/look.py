"""One tool looks: from what is kept of its last answer where that still holds, else by being run."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.answers import Answer, Head, opened, written
from onward.core.errors import OnwardError
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.tool import CheckTool, Target, failed_by, missing
from onward.workflows.checking.scope import Keys, Scope, State

_LARGEST_SOURCE = 5_000_000  # bytes of a file whose lines are shown beside a finding
_FILES_AT_ONCE = 32  # of which the lines are in memory
_MOST_CHANGED = 500  # files that are looked at alone; with more the tool looks at everything


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What one tool did: how long it took, whether its answer can be trusted to be whole.

    ``kept`` says how much of the answer is from before: ``all``, ``some`` or nothing.
    """

    tool: str
    version: str = ""
    origin: str = ""
    seconds: float = 0.0
    whole: bool = True
    kept: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A tool's part in a check: what it did, and its findings (None when it had nothing to look at)."""

    looked: Looked
    answer: Answer | None = None


def look(tool: CheckTool, scope: Scope, env: Mapping[str, str], state: State) -> Seen:
    """Let one tool look at the scope; whatever goes wrong with it becomes a finding."""
    probe = tool.probe(scope.environment, env)
    about = Looked(tool=tool.name, version=probe.version, origin=probe.origin)
    head = Head(seen_by=str(probe))
    if not probe.found:
        return _failed(about, head, missing(probe))
    target = scope.target(env)
    call = tool.call(probe, target)
    if call is None:
        return Seen(looked=about)
    whole = tool.call(probe, msgspec.structs.replace(target, paths=()))
    keys = None if whole is None or scope.kept is None else state.keys(tool, probe, whole)
    place = _place(tool, scope)
    old = opened(place) if keys is not None else None
    if keys is not None and old is not None and old.head.whole == keys.whole:
        return Seen(looked=msgspec.structs.replace(about, kept="all"), answer=old)
    again = _changed(tool, target, keys, old)
    if again is not None and keys is not None and old is not None:
        call = tool.call(probe, msgspec.structs.replace(target, paths=again))
        kept, but = old, frozenset(again)
    else:
        kept, but = None, frozenset[str]()
    if call is None or whole is None:
        return Seen(looked=about)
    if again is None and call.argv != whole.argv:
        keys = None  # only what is asked about everything is kept
    head = msgspec.structs.replace(head, **(msgspec.structs.asdict(keys) if keys else {}))
    try:
        return _run(tool, call, about, head, _Kept(answer=kept, but=but, place=place, state=state))
    except OnwardError as error:
        return _failed(about, head, failed_by(tool.name, error))


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    answer: Answer | None
    but: frozenset[str]
    place: Path
    state: State


def _run(tool: CheckTool, call: Call, about: Looked, head: Head, kept: _Kept) -> Seen:
    depends = tool.depends
    with tempfile.TemporaryDirectory(prefix="onward-") as folder:
        out = str(Path(folder) / "out") if depends is not None and depends.streams else ""
        ran = run(msgspec.structs.replace(call, whole_group=True, out_file=out))
        trust = _Trust()
        found = trust.watch(_in_scope(tool, ran, kept))
        answer = written(head, _with_lines(found, Path(call.cwd)), old=kept.answer, but=kept.but)
    looked = msgspec.structs.replace(
        about, seconds=ran.seconds, whole=trust.whole, kept="some" if kept.answer else ""
    )
    if head.whole and trust.whole and kept.state.unchanged(time.time_ns()):
        answer.save(kept.place)
    return Seen(looked=looked, answer=answer)


class _Trust:
    """Whether every finding that passed by was one of certainty known."""

    def __init__(self) -> None:
        self.whole = True

    def watch(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        for finding in findings:
            if finding.certainty is not Certainty.known:
                self.whole = False
            yield finding


def _in_scope(tool: CheckTool, ran: Ran, kept: _Kept) -> Iterator[Finding]:
    """Give what was read; where only changed files were asked about, what is told of others is from before."""
    for finding in tool.read(ran):
        place = finding.subject
        if kept.answer is None or not isinstance(place, Place) or place.path in kept.but:
            yield finding


def _changed(
    tool: CheckTool, target: Target, keys: Keys | None, old: Answer | None
) -> tuple[str, ...] | None:
    """Give the files that have to be looked at again; None when it is everything.

    Only for a check of the whole: of what is limited to some files nothing is kept.
    """
    depends = tool.depends
    if keys is None or old is None or depends is None or not depends.one_by_one or target.paths:
        return None
    if old.head.frame != keys.frame:
        return None
    again = tuple(path for path, at in keys.digests.items() if old.head.digests.get(path) != at)
    return again if again and len(again) <= _MOST_CHANGED else None


def _failed(about: Looked, head: Head, finding: Finding) -> Seen:
    looked = msgspec.structs.replace(about, whole=False)
    return Seen(looked=looked, answer=written(head, [finding]))


def _place(tool: CheckTool, scope: Scope) -> Path:
    return (scope.kept or Path()) / f"{tool.name.replace(' ', '-')}.answer"


def _with_lines(findings: Iterable[Finding], root: Path) -> Iterator[Finding]:
    """Give the findings with the source line each one points at, read from ``root`` once per file."""
    lines: dict[str, list[str]] = {}
    for finding in findings:
        place = finding.subject
        # What is about the file as a whole has a line to jump to, but no column and no text.
        if not isinstance(place, Place) or not place.column or "cell" in finding.facts:
            yield finding
            continue
        if place.path not in lines:
            if len(lines) >= _FILES_AT_ONCE:
                lines.clear()
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
