"""Prove that a wheel works where nothing else is: install it into an empty environment, import it, find its commands.

What it needs comes through the guarded index, so nothing is installed that was not judged;
what the project takes from beside it is built here and given to uv as a file.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.uv import build as uv_build
from onward.adapters.uv.commands import Uv
from onward.core.errors import OnwardError
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.domain.shipping.built import Built
from onward.domain.shipping.contents import importable
from onward.domain.shipping.metadata import extras, scripts
from onward.workflows.build import Refuse
from onward.workflows.kept_log import Log
from onward.workflows.uv_words import outside_if_network

_IMPORT_SECONDS = 300.0

# Runs in the empty environment: what fails to import is written to a file, since modules may print.
_TRIAL = """
import importlib, json, sys
wanted, answer = json.loads(sys.argv[1]), sys.argv[2]
faults = {}
def attempt(what, target):
    module, _, path = target.partition(":")
    try:
        found = importlib.import_module(module)
        for part in filter(None, path.split(".")):
            found = getattr(found, part)
    except BaseException as error:
        faults[what] = f"{type(error).__name__}: {error}"
for module in wanted["modules"]:
    attempt("import " + module, module)
for name, target in wanted["scripts"].items():
    attempt("command " + name, target)
with open(answer, "w", encoding="utf-8") as file:
    json.dump(faults, file)
"""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What the trial found, and what it proved in words."""

    findings: tuple[Finding, ...] = ()
    proven: tuple[str, ...] = ()


class Trial:
    """One trial: the wheel as a file, the siblings' wheels ``beside`` it, an environment below ``scratch``.

    ``project`` is a copy of the project, which says the Python; ``uv`` sees the guarded index only.
    """

    def __init__(
        self,
        uv: Uv,
        refuse: Refuse,
        wheel: Built,
        *,
        path: Path,
        beside: Sequence[Path],
        project: Path,
        scratch: Path,
        log: Log,
    ) -> None:
        self._log = log
        self._uv = uv
        self._refuse = refuse
        self._wheel = wheel
        self._path = path
        self._beside = beside
        self._project = project
        self._env = uv.env
        self.environment = scratch / "empty"
        self._nowhere = scratch / "nowhere"
        self._answer = scratch / "answer.json"

    def run(self, *, offline: bool) -> Tried:
        """Install with dependencies, then import; ``offline`` takes them from uv's cache or leaves it unproven.

        What fails to import is tried once more with all extras, since some modules are
        there for an extra only. Raises OutsideFailed when the registry did not answer,
        Refused when it needs what the policy holds back, EngineFailed when no empty
        environment could be made.
        """
        made = run(uv_build.empty_environment(self._uv, self.environment, self._project))
        if not made.succeeded:
            raise uv_build.failed("uv could not make an empty environment", made)
        ran = self._install("", offline=offline)
        if not ran.succeeded:
            if offline:
                return Tried(findings=(self._untried(),))
            words = tuple(uv_build.last_words(ran))
            self._refuse(words)
            outside_if_network(ran)
            return Tried(
                findings=(
                    self._finding("ship/install", "it cannot be installed", "\n".join(words)),
                )
            )
        proven = "it installs into an empty environment"
        return self._imported(
            proven + (" (from uv's cache alone)" if offline else ""), offline=offline
        )

    def _install(self, extras: str, *, offline: bool) -> Ran:
        wheels = (f"{self._path}{extras}", *map(str, self._beside))
        ran = run(
            uv_build.install(self._uv, wheels, self.environment, self._project, offline=offline)
        )
        self._log.ran(f"install {self._path.name}{extras} into an empty environment", ran)
        return ran

    def _imported(self, proven: str, *, offline: bool) -> Tried:
        modules, commands = importable(self._wheel), scripts(self._wheel)
        findings = [
            self._finding("ship/script", f"the command `{name}` was not installed")
            for name in commands
            if not self._is_command(name)
        ]
        faults = self._faults(modules, commands)
        alone = [name for name in modules if f"import {name}" not in faults]
        notes: list[str] = []
        offered = ",".join(extras(self._wheel))
        with_extras = bool(faults and alone and offered)
        if with_extras and self._install(f"[{offered}]", offline=offline).succeeded:
            left = self._faults(modules, commands)
            notes = [
                what.removeprefix("import ")
                for what in faults
                if what not in left and what.startswith("import ")
            ]
            faults = left
        findings += [self._fault(what, why) for what, why in faults.items()]
        said = [proven]
        if not findings:
            said.append("it imports: " + ", ".join(alone[:8]) + ("..." if len(alone) > 8 else ""))
            said += [f"with its extras it imports: {', '.join(notes)}"] * bool(notes)
            said += ["its commands are there: " + ", ".join(commands)] * bool(commands)
        return Tried(findings=tuple(findings), proven=tuple(said))

    def _faults(self, modules: tuple[str, ...], commands: Mapping[str, str]) -> dict[str, str]:
        """Give what fails and why: ``import NAME``, ``command NAME``, or an empty text for all of it at once."""
        self._nowhere.mkdir(exist_ok=True)
        self._answer.unlink(missing_ok=True)
        wanted = json.dumps({"modules": modules, "scripts": dict(commands)})
        python = str(uv_build.python_of(self.environment))
        call = Call(
            argv=(python, "-I", "-c", _TRIAL, wanted, str(self._answer)),
            cwd=str(self._nowhere),
            env={k: v for k, v in self._env.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))},
            timeout=_IMPORT_SECONDS,
        )
        try:
            ran = run(call)
        except OnwardError as error:
            return {"": f"importing it did not end: {error.message}"}
        self._log.ran("import its modules and commands", ran)
        try:
            faults: dict[str, str] = json.loads(self._answer.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            words = " ".join(uv_build.last_words(ran)[-3:])
            return {"": f"importing it ended Python with {ran.ended}. {words}".rstrip()}
        return faults

    def _fault(self, what: str, why: str) -> Finding:
        kind, _, name = what.partition(" ")
        if kind == "command":
            return self._finding("ship/script", f"the command `{name}` cannot start: {why}")
        return self._finding("ship/import", f"`{what}` fails: {why}" if what else why)

    def _is_command(self, name: str) -> bool:
        folder = uv_build.scripts_of(self.environment)
        return shutil.which(name, path=str(folder)) is not None

    def _finding(self, rule: str, message: str, words: str = "") -> Finding:
        return Finding(
            rule=rule,
            subject=Place(path=self._wheel.filename),
            message=message,
            facts={"words": words} if words else {},
            hint="Try it yourself: install the wheel into a new environment and import it there.",
        )

    def _untried(self) -> Finding:
        return Finding(
            rule="ship/unproven",
            subject=Place(path=self._wheel.filename),
            message="not installed and not imported: its dependencies are not in uv's cache, and `--offline` was asked for",
            hint="Run it again without `--offline` before you hand it out.",
            certainty=Certainty.unknown,
        )
