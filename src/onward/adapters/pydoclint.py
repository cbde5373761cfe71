"""pydoclint: how to ask it whether docstrings fit their signatures, and what its answers mean."""

import os
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

_KINDS = (".py", ".pyi")
_PYDOCLINT = Wanted(tool="pydoclint", distribution="pydoclint")
_LINE = re.compile(r"(?P<path>.+?):(?P<line>\d+): (?P<code>DOC\d{3}): (?P<text>.+)")
# with a baseline of its own, after some of it was mended
_NOTES = ("Some old violations were fixed.", "Use `--generate-baseline=True`.")
_UNREADABLE = "DOC002"
_PAGE = "https://jsh9.github.io/pydoclint/violation_codes.html"


class Pydoclint:
    """``pydoclint``: findings ``pydoclint/CODE``."""

    name = "pydoclint"
    depends = Depends(kinds=_KINDS)

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own pydoclint."""
        del env
        return find_program(_PYDOCLINT, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about the wanted files, else about where the code lies, each line with its file."""
        if (wanted := target.named(_KINDS)) is None:
            return None
        wanted = wanted or code_folders(Path(target.root)).paths
        argv = [probe.program, "--quiet", "--show-filenames-in-every-violation-message", "True"]
        if _has_baseline(Path(target.root)):  # it would write it anew
            argv += ["--generate-baseline", "False", "--auto-regenerate-baseline", "False"]
        env = {**target.env, "PYTHONUTF8": "1", "NO_COLOR": "1"}
        return Call(argv=(*argv, "--", *wanted), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what it told (on standard error); 0 is clean, 1 says that there are violations."""
        count = 0
        unread = False
        for line in lines_of((ran.out + b"\n" + ran.err).decode("utf-8", "replace")):
            if said := _LINE.fullmatch(line):
                count += 1
                yield _finding(said, ran.call.cwd)
            elif not line.startswith(_NOTES):
                unread = unread or bool(line.strip())
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif unread:
            yield failed(self.name, "its answer cannot be read", ran)
        elif bool(count) != bool(ran.code):
            why = f"it ended with {ran.ended} and named {count} findings"
            yield failed(self.name, why, ran)


CHECK = Pydoclint()


def _has_baseline(root: Path) -> bool:
    try:
        read = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
        return "baseline" in read["tool"]["pydoclint"]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _finding(said: re.Match[str], root: str) -> Finding:
    path = said["path"].removeprefix(f".{os.sep}").removeprefix("./")
    return Finding(
        rule=f"pydoclint/{said['code']}",
        subject=Place(path=relative(path, root), line=int(said["line"])),
        message=said["text"].strip(),
        facts={"url": _PAGE},
        certainty=Certainty.unknown if said["code"] == _UNREADABLE else Certainty.known,
        seen_by="pydoclint",
    )
