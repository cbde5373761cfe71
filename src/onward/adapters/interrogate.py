"""interrogate: how to ask it what has no docstring, and what its table means."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.core.code_folders import code_folders
from onward.core.finding import Finding, Place, Whole
from onward.core.lines import lines_of
from onward.core.proc.call import ANSWER, Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import Depends, Probe, Target, failed, relative

_KINDS = (".py", ".pyi")
_INTERROGATE = Wanted(tool="interrogate", distribution="interrogate")
_HEADING = re.compile(r"=+ Coverage for (?P<base>.+?) =+")
_ROW = re.compile(r"\| (?P<name>.+?) *\| +(?P<status>COVERED|MISSED) \|")
_MODULE = re.compile(r"(?P<file>.+) \(module\)")
_OBJECT = re.compile(r"(?P<name>.+) \(L(?P<line>\d+)\)")
_RESULT = re.compile(
    r"-+ RESULT: (?P<word>PASSED|FAILED) \(minimum: (?P<least>\d+(?:\.\d+)?)%, actual: (?P<now>\d+(?:\.\d+)?)%\) -+"
)
_KNOWN = re.compile(r"[|=-].*|")  # all other lines of its tables


class Interrogate:
    """``interrogate``: findings ``interrogate/missing``, and ``interrogate/coverage`` below the project's minimum."""

    name = "interrogate"
    depends = Depends(kinds=_KINDS)

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own interrogate."""
        del env
        return find_program(_INTERROGATE, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask for the long table about all of the code: its minimum is one for the whole."""
        if target.named(_KINDS) is None:
            return None
        paths = code_folders(Path(target.root)).paths
        argv = (probe.program, "-vv", "--no-color", "--output", "-")
        # a badge that its settings ask for would be written into the project
        badge = ("--generate-badge", f"{ANSWER}.svg", "--badge-format", "svg")
        env = {**target.env, "PYTHONUTF8": "1", "NO_COLOR": "1", "COLUMNS": "400"}
        return Call(argv=(*argv, *badge, "--", *paths), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read its tables; they end with a result, which has to fit the exit code (0 passed, 1 failed)."""
        base, file = "", ""
        result: re.Match[str] | None = None
        unread = False
        for line in lines_of(ran.out.decode("utf-8", "replace")):
            if said := _HEADING.fullmatch(line):
                base, file = said["base"], ""
            elif said := _ROW.fullmatch(line):
                if module := _MODULE.fullmatch(said["name"]):
                    file = relative(os.path.join(base, module["file"]), ran.call.cwd)  # noqa: PTH118
                if said["status"] == "MISSED" and file:
                    yield _missing(file, said["name"])
                unread = unread or not file
            elif said := _RESULT.fullmatch(line):
                result = said
            else:
                unread = unread or not (
                    _KNOWN.fullmatch(line) or line.startswith("Generated badge")
                )
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif result is None or unread:
            yield failed(self.name, "its answer cannot be read", ran)
        elif (result["word"] == "FAILED") != bool(ran.code):
            yield failed(self.name, f"{result['word']} with {ran.ended}", ran)
        elif ran.code:
            yield _too_few(result)


CHECK = Interrogate()


def _missing(file: str, name: str) -> Finding:
    said = _OBJECT.fullmatch(name)
    line = int(said["line"]) if said else 0
    return Finding(
        rule="interrogate/missing",
        subject=Place(path=file, line=line),
        message=f"`{said['name']}` has no docstring" if said else "this module has no docstring",
        hint="One sentence says what it is for; its users read that first.",
        seen_by="interrogate",
    )


def _too_few(result: re.Match[str]) -> Finding:
    return Finding(
        rule="interrogate/coverage",
        subject=Whole(),
        message=f"{result['now']}% of the code has docstrings, and the project wants {result['least']}%",
        facts={"actual": float(result["now"]), "minimum": float(result["least"])},
        hint="Write the missing ones; `fail-under` in `[tool.interrogate]` is the minimum.",
        seen_by="interrogate",
    )
