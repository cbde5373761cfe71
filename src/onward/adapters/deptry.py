"""deptry: how to ask it which dependencies are missing or unused, and what its answers mean."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.core.code_folders import code_folders
from onward.core.finding import Certainty, Finding, Place
from onward.core.lines import lines_of
from onward.core.proc.call import ANSWER, Call, Ran
from onward.core.programs import Wanted, find_with_imports
from onward.core.tool import NO_JSON, Depends, Probe, Target, failed, relative

_KINDS = (".py", ".ipynb")
_ABOUT = (*_KINDS, ".toml", ".txt", ".in")
_DEPTRY = Wanted(tool="deptry", distribution="deptry")
_SKIPPED = re.compile(
    r"Warning: Skipping processing of (?P<path>.+?) because of the following error: (?P<why>.+)"
)


class _Error(msgspec.Struct, frozen=True):
    code: str
    message: str


class _Location(msgspec.Struct, frozen=True):
    file: str
    line: int | None = None
    column: int | None = None


class _Seen(msgspec.Struct, frozen=True):
    """One entry of ``--json-output``; what is about a requirement has no line."""

    error: _Error
    module: str
    location: _Location


class Deptry:
    """``deptry``: findings ``deptry/CODE``."""

    name = "deptry"
    depends = Depends(kinds=_ABOUT, environment=True)

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own deptry: it asks the installed packages which modules they bring."""
        del env
        return find_with_imports(_DEPTRY, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about everything: one file less is one use less."""
        if target.named(_ABOUT) is None:
            return None
        # what lies in the folder that it is given counts as the project's own: with `.` that is not what is in `src`
        code = "src" if "src" in code_folders(Path(target.root)).bases else "."
        argv = (probe.program, "--no-ansi", "--json-output", ANSWER, code)
        env = {**target.env, "PYTHONUTF8": "1", "NO_COLOR": "1"}
        return Call(argv=argv, cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read its file; 0 is clean, 1 says that there are findings, a file that it skipped is not known."""
        for line in lines_of(ran.err.decode("utf-8", "replace")):
            if said := _SKIPPED.match(line):
                yield _skipped(relative(said["path"], ran.call.cwd), said["why"])
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
            return
        try:
            seen = msgspec.json.decode(ran.file, type=list[_Seen])
        except NO_JSON:
            yield failed(self.name, f"{ran.ended} without a readable answer", ran)
            return
        yield from (_finding(one, ran.call.cwd) for one in seen)
        if bool(seen) != bool(ran.code):
            why = f"it ended with {ran.ended} and named {len(seen)} findings"
            yield failed(self.name, why, ran)


CHECK = Deptry()


def _finding(one: _Seen, root: str) -> Finding:
    return Finding(
        rule=f"deptry/{one.error.code}",
        subject=Place(
            path=relative(one.location.file, root),
            line=one.location.line or 0,
            column=one.location.column or 0,
        ),
        message=one.error.message,
        facts={"module": one.module},
        hint=_HINTS.get(one.error.code, "").format(one.module),
        seen_by="deptry",
    )


_HINTS = {
    "DEP001": "`onward add` the distribution that brings `{}`, or take the import out.",
    "DEP002": "`onward remove {}` if nothing needs it.",
    "DEP003": "`onward add` it: what only comes along with another package may go with its next release.",
    "DEP004": "Move it from the development group to the project's dependencies.",
}


def _skipped(path: str, why: str) -> Finding:
    return Finding(
        rule="deptry/unread",
        subject=Place(path=path),
        message=f"deptry could not read this file: {why}",
        hint="What it imports is not known; a dependency that only it uses looks unused.",
        certainty=Certainty.unknown,
        seen_by="deptry",
    )
