"""Tools that behave badly: real programs in place of mypy, run by the real check."""

import datetime as dt
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from onward.adapters.mypy import tools as mypy
from onward.core.finding import Certainty, Finding
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, Depends, Probe, Target
from onward.workflows.check import check
from onward.workflows.checking.scope import Scope

TODAY = dt.date(2026, 6, 1)

_SEEN = (
    '{"file": "a.py", "line": 1, "column": 0, "message": "wrong", "hint": null, '
    '"code": "misc", "severity": "error"}'
)


class Instead:
    """mypy's adapter around a Python program of the test's own."""

    name = "mypy"
    depends: Depends | None = None

    def __init__(self, code: str, timeout: float = 60) -> None:
        self._code = code
        self._timeout = timeout

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        return Probe(tool="mypy", found=True, program=sys.executable, version="2.4.1")

    def call(self, probe: Probe, target: Target) -> Call | None:
        call = mypy.CHECK.call(probe, target)
        assert call is not None
        argv = (sys.executable, "-c", self._code, *call.argv[1:])
        return msgspec.structs.replace(call, argv=argv, timeout=self._timeout)

    def read(self, ran: Ran) -> Iterator[Finding]:
        return mypy.CHECK.read(ran)


def found_by(tool: Instead, folder: Path, env: dict[str, str]) -> list[Finding]:
    root = folder / "project"
    root.mkdir()
    (root / "a.py").write_text("x = 1\n", encoding="utf-8")
    scope = Scope(root=root, environment=folder / "none")
    return list(check(scope, (), env=env, today=TODAY, tools=(tool,)).findings)


def test_much_on_stderr_before_the_answer_stops_nothing(
    tmp_path: Path, env: dict[str, str]
) -> None:
    code = f"import sys\nsys.stderr.write('noise ' * 35_000)\nprint({_SEEN!r})\nsys.exit(1)"
    (found,) = found_by(Instead(code), tmp_path, env)
    assert (found.rule, found.message) == ("mypy/misc", "wrong")


@pytest.mark.parametrize(
    ("code", "timeout"),
    [
        ("import time; time.sleep(60)", 0.3),
        ("import os; os.abort()", 60),
        (f"import os; print({_SEEN!r}, flush=True); os._exit(139)", 60),
        (f"print({_SEEN!r}[:40]); raise SystemExit(1)", 60),
        ("raise SystemExit(1)", 60),
    ],
)
def test_a_tool_that_hangs_or_dies_is_never_clean(
    tmp_path: Path, env: dict[str, str], code: str, timeout: float
) -> None:
    found = found_by(Instead(code, timeout), tmp_path, env)
    (failure,) = [finding for finding in found if finding.rule == FAILED]
    assert failure.certainty is Certainty.unknown


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals of this kind")
@pytest.mark.parametrize(
    ("name", "way"),
    [("SIGSEGV", "`onward update mypy`"), ("SIGKILL", "memory"), ("SIGTERM", "run it again")],
)
def test_a_tool_that_a_signal_ended_is_told_so_with_a_way_out(
    name: str, way: str, tmp_path: Path, env: dict[str, str]
) -> None:
    code = f"import os, signal\nos.kill(os.getpid(), signal.{name})"
    (found,) = [one for one in found_by(Instead(code), tmp_path, env) if one.rule == FAILED]
    assert f"it ended with signal {name}" in found.message
    assert "-1" not in found.message
    assert way in found.hint
