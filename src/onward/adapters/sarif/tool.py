"""A tool by configuration alone (``[[tool.onward.check.sarif]]``): where its program is, and how it is asked."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.sarif.read import findings
from onward.core.finding import Finding
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import Probe, Target, failed
from onward.domain.policy.checks import SarifTool

LARGEST = 64_000_000
"""Bytes of an answer; a larger one is not read."""


class Configured:
    """Runs the command of the settings in the project's folder and reads SARIF from its standard output.

    What such a tool depends on is not known (a data base, the network), so it is asked each time.
    """

    depends = None

    def __init__(self, tool: SarifTool, root: Path) -> None:
        self.name = tool.name
        self._tool = tool
        self._root = root

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the program: in the project's environment, else on ``PATH``; with a ``/`` it is a path in the project."""
        word = self._tool.command[0]
        if "/" in word or "\\" in word:
            program = self._root / word
            if program.is_file():
                return Probe(tool=self.name, found=True, program=str(program), origin="the project")
            how = f"`{word}` is what `command` in `[[tool.onward.check.sarif]]` names; mend it."
            return Probe(tool=self.name, found=False, how_to_get=how)
        probe = find_program(Wanted(tool=self.name, distribution=word), environment)
        if probe.found:
            return probe
        if on_path := shutil.which(word, path=env.get("PATH")):
            return Probe(tool=self.name, found=True, program=on_path, origin="PATH")
        how = f"{probe.how_to_get} If `{word}` comes from elsewhere, put it on PATH."
        return msgspec.structs.replace(probe, how_to_get=how)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask with its own words, whatever is wanted; None when no path is of its ``kinds``."""
        if target.named(self._tool.kinds or ("",)) is None:
            return None
        env = {**target.env, "PYTHONUTF8": "1", "NO_COLOR": "1"}
        return Call(
            argv=(probe.program, *self._tool.command[1:]),
            cwd=target.root,
            env=env,
            ok=self._tool.ok,
            keep=LARGEST,
        )

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left; exit codes that the settings do not name are a failure, after what could be read."""
        if len(ran.out) >= LARGEST:
            why = f"its answer has more than {LARGEST // 1_000_000} MB"
            yield failed(self.name, why, msgspec.structs.replace(ran, out=b""))
            return
        yield from findings(self.name, ran)
        if ran.code not in self._tool.ok:
            yield failed(self.name, f"it ended with {ran.ended}", ran)
