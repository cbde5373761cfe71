"""``onward check --from TOOL:FILE``: what flake8 and pylint printed elsewhere joins the list."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

CODE = "import os\nimport sys\n"
FOUND = "src/app.py:1:1: F401 'os' imported but unused\nsrc/app.py:2:1: F401 'sys' imported but unused\n2\n"
SETTINGS = '[tool.onward.check]\ntools = ["ruff format"]\n'


class Onward:
    """One verb of onward in process, at a fixed time."""

    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self._env = env
        self._clock = clock
        self.out = self.err = ""

    def __call__(self, cwd: Path, *words: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(list(words), self._env, cwd=cwd, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def findings(self, cwd: Path, *words: str) -> list[dict[str, Any]]:
        self(cwd, "check", "--json", *words)
        every: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return [one for one in every if one["rule"].startswith(("flake8/", "pylint/"))]


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


@pytest.fixture
def root(project: MakeProject) -> Path:
    made = project(files={"src/app.py": CODE, "src/other.py": "x = 1\n"}, extra=SETTINGS)
    (made / "flake8.txt").write_text(FOUND, encoding="utf-8")
    return made


def test_findings_join_and_have_the_levels_of_their_tool(onward: Onward, root: Path) -> None:
    found = onward.findings(root, "--from", "flake8:flake8.txt")
    assert [(one["rule"], one["subject"]["line"]) for one in found] == [
        ("flake8/F401", 1),
        ("flake8/F401", 2),
    ]
    assert {one["level"] for one in found} == {"ratchet"}
    assert onward(root, "check", "--from", "flake8:flake8.txt") == 1
    assert onward(root, "check") == 0


def test_only_what_is_looked_at_counts(onward: Onward, root: Path) -> None:
    assert onward.findings(root, "src/other.py", "--from", "flake8:flake8.txt") == []
    assert len(onward.findings(root, "src", "--from", "flake8:flake8.txt")) == 2


def test_paths_may_be_seen_from_where_one_is(onward: Onward, root: Path) -> None:
    (root / "src/here.txt").write_text("./app.py:1:1: F401 'os' imported but unused\n", "utf-8")
    (one,) = onward.findings(root / "src", "--from", "flake8:here.txt")
    assert one["subject"]["path"] == "src/app.py"
    whole = f"{root / 'src/app.py'}:1:1: F401 'os' imported but unused\n"
    (root / "whole.txt").write_text(whole, "utf-8")
    (one,) = onward.findings(root, "--from", "flake8:whole.txt")
    assert one["subject"]["path"] == "src/app.py"


def test_standard_input_and_two_tools(
    onward: Onward, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = b"src/app.py:1:0: W0611: Unused import os (unused-import)\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(said)))
    found = onward.findings(root, "--from", "pylint:-", "--from", "flake8:flake8.txt")
    assert [one["rule"] for one in found] == [
        "flake8/F401",
        "pylint/unused-import",
        "flake8/F401",
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"src/app.py:1:1: F401 x\nKilled\n", "line 2: `Killed`"),
        (b"src/app.py:1:1: F401 x\nsrc/gone.py:1:1: F401 x\n", "line 2: `src/gone.py:1:1`"),
        (b"../app.py:1:1: F401 x\n", "line 1: `../app.py:1:1`"),
        (b"src/app.py:1:1: F401 x\n\xff\n", "line 2: it is not UTF-8"),
        (b"src/app.py:1:1: F4", "line 1: "),
    ],
)
def test_what_is_not_understood_stops_the_check(
    onward: Onward, root: Path, content: bytes, told: str
) -> None:
    (root / "bad.txt").write_bytes(content)
    assert onward(root, "check", "--from", "flake8:bad.txt") == 2
    assert told in onward.err
    assert not onward.out


def test_many_faults_are_counted(onward: Onward, root: Path) -> None:
    (root / "bad.txt").write_text("what\n" * 30, encoding="utf-8")
    assert onward(root, "check", "--from", "flake8:bad.txt") == 2
    assert "line 10: `what`" in onward.err
    assert "and 20 more" in onward.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "mypy:a.txt"), "flake8, pylint"),
        (("--from", "flake8.txt"), "flake8, pylint"),
        (("--from", "flake8:none.txt"), "`none.txt` cannot be read"),
        (("--from", "flake8:-", "--from", "pylint:-"), "only once"),
        (("--from", "flake8:flake8.txt", "--from", "flake8:flake8.txt"), "each tool only once"),
        (("--from", "flake8:flake8.txt", "--fix"), "does not go with"),
        (("--from", "flake8:flake8.txt", "--staged"), "does not go with"),
    ],
)
def test_what_cannot_be_meant_is_said(
    onward: Onward, root: Path, words: tuple[str, ...], told: str
) -> None:
    (root / "a.txt").touch()
    assert onward(root, "check", *words) == 2
    assert told in onward.err


def test_a_baseline_with_such_findings_waits_for_the_tool(onward: Onward, root: Path) -> None:
    fed = ("--from", "flake8:flake8.txt")
    assert onward(root, "check", "--adopt", *fed) == 0
    before = (root / "onward-baseline.txt").read_bytes()
    assert before.count(b"flake8/F401") == 2
    assert onward(root, "check", *fed) == 0
    assert onward(root, "check") == 0  # nobody looked, so nothing is gone
    assert (root / "onward-baseline.txt").read_bytes() == before
    (root / "flake8.txt").write_text(FOUND.partition("\n")[0] + "\n1\n", encoding="utf-8")
    assert onward(root, "check", *fed) == 0
    assert (root / "onward-baseline.txt").read_bytes().count(b"flake8/F401") == 1


def test_a_tool_of_the_project_is_not_run_beside_its_saved_output(
    onward: Onward, project: MakeProject
) -> None:
    tools = SETTINGS.replace('format"', 'format", "flake8"')
    root = project(files={"src/app.py": CODE}, extra=tools)
    (root / "flake8.txt").write_text(FOUND, encoding="utf-8")
    onward(root, "check")
    assert "tool/missing" in onward.out
    assert len(onward.findings(root, "--from", "flake8:flake8.txt")) == 2
    assert "tool/missing" not in onward.out
