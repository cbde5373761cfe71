"""validate-pyproject: how to ask it whether pyproject.toml is one, and what its answers mean."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.core.finding import Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.programs import Wanted, find_program
from onward.core.tool import Depends, Probe, Target, failed

_FILE = "pyproject.toml"
_VALIDATE = Wanted(tool="validate-pyproject", distribution="validate-pyproject")
_INVALID = b"Invalid file: "
_VALID = b"Valid file: "
_ERROR = "[ERROR] "


class ValidatePyproject:
    """``validate-pyproject``: the finding ``validate-pyproject/invalid``, for the first fault that it meets."""

    name = "validate-pyproject"
    depends = Depends(kinds=(_FILE,), environment=True)

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        """Find the project's own validate-pyproject: what it knows of other tools' tables are its plugins."""
        del env
        return find_program(_VALIDATE, environment)

    def call(self, probe: Probe, target: Target) -> Call | None:
        """Ask about the project's pyproject.toml, None when there is none or another one is wanted."""
        if target.named((_FILE,)) is None or not (Path(target.root) / _FILE).is_file():
            return None
        # else it would fetch the list of classifiers from pypi.org
        offline = {"VALIDATE_PYPROJECT_NO_NETWORK": "1", "NO_NETWORK": "1"}
        env = {**target.env, **offline, "PYTHONUTF8": "1", "NO_COLOR": "1"}
        return Call(argv=(probe.program, "--", _FILE), cwd=target.root, env=env, ok=(0, 1))

    def read(self, ran: Ran) -> Iterator[Finding]:
        """Read what ``call`` left: it says valid with 0 or invalid with 1, all else is a failure."""
        if ran.code == 0 and ran.out.startswith(_VALID):
            return
        why = _first_error(ran)
        if ran.code == 1 and ran.out.startswith(_INVALID) and why:
            yield Finding(
                rule="validate-pyproject/invalid",
                subject=Place(path=_FILE),
                message=why,
                hint="Mend it: a tool that reads the file may stop there, or go on without what it means.",
                seen_by=self.name,
            )
        else:
            yield failed(self.name, f"{ran.ended} without a readable answer", ran)


CHECK = ValidatePyproject()


def _first_error(ran: Ran) -> str:
    """Give its first error; behind it may stand what the schema says, and the way through its own code."""
    _, found, rest = ran.err.decode("utf-8", "replace").partition(_ERROR)
    return rest.partition("\n")[0].strip() if found else ""
