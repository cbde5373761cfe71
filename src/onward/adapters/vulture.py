"""vulture: how to ask it what is never used, and what its answers mean."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.core.code_folders import code_folders
from onward.core.finding import Certainty, Finding, Place
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import Depends, Probe, Target, failed, relative

_KINDS = (".py",)
_VULTURE = Wanted(tool="vulture", distribution="vulture")
_DEAD = 3
_TESTS = ("tests", "test")  # what only they use is used, so they are read too
_LINE = re.compile(
    r"(?P<path>.+?):(?P<line>\d+): (?P<what>.+) \((?P<sure>\d{1,3})% confidence(?:, \d+ lines?)?\)"
)
_BROKEN = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<why>.+)")
_UNREAD = re.compile(r"Error: Could not read file (?P<path>.+?)(?: - .*)?")
_ADVICE = "Try to change the encoding to UTF-8."
_UNUSED = re.compile(r"unused (?P<kind>[a-z]+) '")


class Vulture:
    """``vulture``: findings ``vulture/unused-KIND`` and ``vulture/unreachable-code``."""

    name = "vulture"
    depends = Depends(kinds=_KINDS)

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own vulture."""
        del env
        return find_program(_VULTURE, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about everything, since a use may be anywhere: ``paths`` of its settings, else code and tests."""
        if target.named(_KINDS) is None:
            return None
        root = Path(target.root)
        paths: tuple[str, ...] = ()
        if not _names_paths(root):
            tests = (name for name in _TESTS if (root / name).is_dir())
            paths = ("--", *dict.fromkeys((*code_folders(root).paths, *tests)))
        env = {**target.env, "PYTHONUTF8": "1"}
        return Call(argv=(probe.program, *paths), cwd=target.root, env=env, ok=(0, _DEAD))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left: 0 is clean, 3 says that something is dead, 1 that files could not be read."""
        count = unknown = 0
        for line in lines_of(ran.out.decode("utf-8", "replace")):
            if said := _LINE.fullmatch(line):
                count += 1
                yield _finding(said, ran.call.cwd)
            elif line.strip():
                unknown += 1
        unread, strange = _unread(ran)
        yield from unread
        if ran.code not in (0, 1, _DEAD) or (ran.code == 1 and not unread):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif unknown or strange:
            yield failed(self.name, "its answer cannot be read", ran)
        elif bool(count) != (ran.code == _DEAD):
            why = f"it ended with {ran.ended} and named {count} findings"
            yield failed(self.name, why, ran)


CHECK = Vulture()


def _names_paths(root: Path) -> bool:
    try:
        read = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        return bool(read["tool"]["vulture"]["paths"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _finding(said: re.Match[str], root: str) -> Finding:
    unused = _UNUSED.match(said["what"])
    return Finding(
        rule=f"vulture/unused-{unused['kind']}" if unused else "vulture/unreachable-code",
        subject=Place(path=relative(said["path"], root), line=int(said["line"])),
        message=said["what"],
        facts={"confidence": int(said["sure"])},
        hint="Remove it, or name it in vulture's settings if something finds it by other ways.",
        seen_by="vulture",
    )


def _unread(ran: Ran) -> tuple[list[Finding], bool]:
    """Give a finding for each file that it told it could not read, and whether it said anything else."""
    found: list[Finding] = []
    strange = False
    for line in lines_of(ran.err.decode("utf-8", "replace")):
        if said := _UNREAD.fullmatch(line):
            found.append(_not_known(relative(said["path"], ran.call.cwd), 0, "it is not UTF-8"))
        elif said := _BROKEN.fullmatch(line):
            path = relative(said["path"], ran.call.cwd)
            found.append(_not_known(path, int(said["line"]), said["why"]))
        elif line.strip() and line != _ADVICE:
            strange = True
    return found, strange


def _not_known(path: str, line: int, why: str) -> Finding:
    return Finding(
        rule="vulture/unread",
        subject=Place(path=path, line=line),
        message=f"vulture could not read this file: {why}",
        hint="What it uses is not known, so what it alone uses looks dead.",
        certainty=Certainty.unknown,
        seen_by="vulture",
    )
