"""flake8: how to ask it, and what its answers mean."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.core.code_folders import everything
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.saved import Saved, cut, numbered, strange
from onward.core.tool import Depends, Probe, RuleText, Target, failed, relative

_FLAKE8 = Wanted(tool="flake8", distribution="flake8")
# It has no machine form. A path with colons does no harm behind them, and without its tab a line was cut.
_FORM = "%(row)d:%(col)d:%(code)s:%(path)s\t%(text)s\t"
_LINE = re.compile(
    rb"(?P<row>\d+):(?P<col>\d+):(?P<code>[A-Z]+\d*):(?P<path>[^\t]+)\t(?P<text>.+)\t"
)
# Its default form, for output that somebody saved.
_DEFAULT = re.compile(r"(?P<path>.+?):(?P<row>\d+):(?P<col>\d+): (?P<code>[A-Z]+\d*) (?P<text>.+)")
_EMPTY = (
    "it is empty: flake8 prints nothing when all is well, but nothing as well when it did not run;"
    " `flake8 --count` tells the two apart"
)
_UNREAD = "E902"
_PARTS = ("row", "col", "code", "path", "text")
_PAGE = "https://flake8.pycqa.org/en/latest/user/error-codes.html"
_PYCODESTYLE = "https://pycodestyle.pycqa.org/en/latest/intro.html#error-codes"


class Flake8:
    """``flake8``: findings ``flake8/CODE``."""

    name = "flake8"
    depends = Depends(kinds=(".py",), environment=True, above=("setup.cfg", "tox.ini", ".flake8"))

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own flake8: its plugins live beside it."""
        del env
        return find_program(_FLAKE8, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask for one line a finding in a form of ours, on standard output, whatever its settings say.

        It would go into a ``.venv`` that its settings do not exclude, so it is told where to look.
        """
        if (wanted := target.named((".py",))) is None:
            return None
        argv = [probe.program, f"--format={_FORM}", "--output-file=", "--no-show-source"]
        argv += ["--color", "never", "--", *(wanted or everything(Path(target.root)))]
        env = {**target.env, "PYTHONUTF8": "1", "NO_COLOR": "1"}
        return Call(argv=tuple(argv), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; 0 is clean, 1 says that there are violations, all else is a failure."""
        count = 0
        unread = False
        for line in ran.out.splitlines():
            if said := _LINE.fullmatch(line):
                count += 1
                words = (part.decode("utf-8", "replace") for part in said.group(*_PARTS))
                yield _finding(*words, root=ran.call.cwd)
            else:
                unread = unread or bool(line.strip())
        if ran.code not in (0, 1):
            yield failed(self.name, f"it ended with {ran.ended}", ran)
        elif unread:
            yield failed(self.name, "its answer cannot be read", ran)
        elif ran.code == 1 and not count:
            yield failed(self.name, "it ended with exit code 1 but named nothing", ran)

    def read_saved(self, text: str) -> Saved:
        """Read its default form; the number that ``--count`` adds at the end has to be that of the violations."""
        found: list[tuple[str, Finding]] = []
        faults: list[str] = []
        counts: list[tuple[int, int]] = []
        for number, line in numbered(text):
            if line.isdecimal():
                counts.append((number, int(line)))
            elif not counts and (said := _DEFAULT.fullmatch(line)):
                found.append((f"line {number}", _finding(*said.group(*_PARTS), root="")))
            else:
                faults.append(strange(number, line))
        faults += (
            f"line {number}: flake8 counted {count}, and {len(found)} are here"
            for number, count in counts
            if count != len(found)
        )
        if not found and not faults and not counts:
            faults.append(_EMPTY)
        return Saved(findings=tuple(found), faults=(*faults, *cut(text)))

    def rule_text(self, code: str, probe: Probe, env: Mapping[str, str]) -> RuleText | None:
        """Give the address of the text about a code; None for a plugin's, which has its own."""
        del probe, env
        if not re.fullmatch(r"(?:F|E|W|C901)\d*", code):
            return None
        return RuleText(
            rule=f"flake8/{code}",
            name=code,
            summary=f"flake8's code `{code}`.",
            url=_PYCODESTYLE if code[0] in "EW" else _PAGE,
        )


CHECK = Flake8()


def _finding(row: str, col: str, code: str, path: str, text: str, *, root: str) -> Finding:
    path = relative(path.removeprefix(f".{os.sep}").removeprefix("./"), root)
    line, column = int(row), int(col)
    return Finding(
        rule=f"flake8/{code}",
        subject=Place(path=path, line=line, column=column if line else 0),
        message=text,
        certainty=Certainty.unknown if code == _UNREAD else Certainty.known,
        seen_by="flake8",
    )
