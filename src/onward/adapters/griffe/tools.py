"""griffe: how to ask it what the public API has broken since the last release, and what its answers mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.griffe.releases import may_break, next_breaking, repository, stated
from onward.core.code_folders import code_folders
from onward.core.errors import EngineFailed
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_library
from onward.core.tool import NO_JSON, Depends, Probe, Target, failed

_KINDS = (".py", ".pyi")
_GRIFFE = Wanted(tool="griffe", distribution="griffelib", brought=True)
_BEFORE_2 = Wanted(tool="griffe", distribution="griffe")  # where all was in one
_SCRIPT = Path(__file__).parents[2] / "data" / "api_breaks.py"


class _Break(msgspec.Struct, frozen=True):
    kind: str
    object: str
    what: str
    details: str = ""
    old: str = ""
    new: str = ""
    path: str = ""
    line: int = 0


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What ``data/api_breaks.py`` writes; without ``tag`` there was no release to compare with."""

    now: str
    tag: str = ""
    before: str = ""
    breaks: list[_Break] = []
    compared: int = 0
    absent: list[str] = []
    added: list[str] = []


class ApiChange(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the public API since a release: sentences about breaks, paths of new public names.

    ``tag`` is empty when there was no release to compare with; ``absent`` are packages of
    today that the release does not have, so that nothing is known of them.
    """

    tag: str = ""
    before: str = ""
    breaks: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    compared: int = 0
    absent: tuple[str, ...] = ()


class Griffe:
    """Public API against the last release: findings ``griffe/KIND``, or ``griffe/no-release``."""

    name = "griffe"
    depends = Depends(kinds=_KINDS)

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find a Python that has griffe: the project's own, else onward's."""
        del env
        probe = find_library(_GRIFFE, environment)
        older = find_library(_BEFORE_2, environment)
        return older if older.found and not probe.found else probe

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask for all packages at once; the commit of the last release is among the words, so an answer fits it.

        None for files that are not where the history is, as when the next commit is looked at.
        """
        if target.named(_KINDS) is None:
            return None
        root = Path(target.root)
        name, version = stated(root)
        history = repository(root, name, target.env)
        if target.paths and not history.there:
            return None
        words = [version]
        if last := history.last:
            words += [last.tag, last.version, last.commit, history.git, *packages(root)]
        argv = (probe.program, "-I", "-X", "utf8", str(_SCRIPT), *words)
        return Call(argv=argv, cwd=target.root, env={**target.env, "NO_COLOR": "1"})

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left: one JSON object and 0, all else is a failure."""
        try:
            answer = msgspec.json.decode(ran.out, type=_Answer)
        except NO_JSON:
            yield failed(self.name, f"{ran.ended} without a readable answer", ran)
            return
        if ran.code != 0:
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif not answer.tag or not answer.compared:
            yield _not_compared(answer)
        elif not may_break(answer.now, answer.before):
            yield from (_finding(one, answer) for one in answer.breaks)


CHECK = Griffe()


def read_change(ran: Ran) -> ApiChange:
    """Read what ``CHECK.call`` left as one change, whatever the version says; raises EngineFailed."""
    try:
        answer = msgspec.json.decode(ran.out, type=_Answer)
    except NO_JSON:
        answer = None
    if answer is None or ran.code != 0:
        last = lines_of(ran.err.decode("utf-8", "replace").strip())[-5:]
        raise EngineFailed(
            "griffe-failed", "griffe could not compare the public API", context=tuple(last)
        )
    return ApiChange(
        tag=answer.tag,
        before=answer.before,
        breaks=tuple(f"`{one.object}`{_what(one)}" for one in answer.breaks),
        added=tuple(answer.added),
        compared=answer.compared,
        absent=tuple(answer.absent),
    )


def packages(root: Path) -> list[str]:
    """Give the packages and modules that the project is imported by, relative to ``root`` with ``/``."""
    found: list[str] = []
    for path in code_folders(root).paths:
        place = root / path
        if place.is_dir() and (place.name == "src" or path == "."):
            found += [
                one.relative_to(root).as_posix()
                for one in sorted(place.iterdir())
                if one.stem.isidentifier() and (one.suffix == ".py" or any(one.glob("*.py")))
            ]
        else:
            found.append(path)
    return found


def _finding(one: _Break, answer: _Answer) -> Finding:
    said = f"the version, {answer.now}," if answer.now else "its version, which is not stated,"
    subject = Place(path=one.path, line=one.line) if one.path else Whole()
    return Finding(
        rule=f"griffe/{one.kind}",
        subject=subject,
        message=f"`{one.object}`{_what(one)} since {answer.tag}, and {said} does not say so",
        facts={"object": one.object, "against": answer.tag, "old": one.old, "new": one.new},
        hint=f"Keep what was there (a deprecated name is enough), or make the next version {next_breaking(answer.before)}.",
        seen_by="griffe",
    )


def _what(one: _Break) -> str:
    change = f"`{one.old or 'nothing'}` is now `{one.new or 'nothing'}`"
    by_name = one.kind.startswith("parameter-")
    if by_name and not (one.old and one.new):
        change = f"`{one.old or one.new}`"
    details = "" if one.kind.startswith("object-removed") else f", {change}"
    return f": {one.what[:1].lower()}{one.what[1:]}{details}"


def _not_compared(answer: _Answer) -> Finding:
    if answer.tag:
        why = f"none of the packages of today ({', '.join(answer.absent)}) is in {answer.tag}"
    else:
        why = "no tag of a release stands before the present commit in git"
    return Finding(
        rule="griffe/no-release",
        subject=Whole(),
        message=f"the public API was compared with nothing: {why}",
        hint="Tag releases with their version, such as `v1.2.0`; in CI, fetch the tags too.",
        certainty=Certainty.unknown,
        seen_by="griffe",
    )
