"""``onward check`` on the public API and on what was changed, with the real git and griffe."""

import io
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.adapters.test_coverage_data import bits, database
from tests.conftest import FakeClock, MakeProject

LIBRARY = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n[tool.onward.check]\ntools = ["ruff"]\n'
APPLICATION = '[tool.onward]\nkind = "application"\n[tool.onward.check]\ntools = ["ruff"]\n'
STALE = '"""A."""\n\n\ndef named(a: int) -> int:\n    """Do.\n\n    Args:\n        b: Gone.\n    """\n    return a\n'
FILES = {
    "src/demo/__init__.py": '"""Demo."""\n\nfrom demo._inner import offered as offered\n',
    "src/demo/_inner.py": '"""Inner."""\n\n\ndef offered(x):\n    """Do."""\n    return x\n\n\ndef hidden(x):\n    """Do."""\n    return x\n',
    "src/demo/a.py": STALE,
    "tests/test_a.py": '"""T."""\n\nfrom demo.a import named\n\n\ndef test_it() -> None:\n    """T."""\n    named(1)\n',
}
OURS = ("hints/", "docs/", "tests/", "tool/not-chosen")


class Onward:
    """``onward check`` in process; gives what was found by the rules of this page."""

    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self.env = env
        self._clock = clock
        self.out = ""
        self.err = ""

    def __call__(self, cwd: Path, *words: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(["check", *words], self.env, cwd=cwd, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def json(self, cwd: Path, *words: str) -> dict[str, Any]:
        self(cwd, *words, "--json")
        value: dict[str, Any] = json.loads(self.out)
        return value

    def found(self, cwd: Path, *words: str) -> list[tuple[str, str, int, str]]:
        return [
            (
                one["rule"],
                one["subject"].get("path", ""),
                one["subject"].get("line", 0),
                one["level"],
            )
            for one in self.json(cwd, *words)["findings"]
            if one["rule"].startswith(OURS)
        ]


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


def git(root: Path, env: dict[str, str], *words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(("git", *who, *words), cwd=root, env=env, capture_output=True, check=True)


WHOLE = [
    ("hints/public", "src/demo/_inner.py", 4, "ratchet"),
    ("tests/unnamed", "src/demo/_inner.py", 4, "advise"),
    ("docs/stale", "src/demo/a.py", 8, "advise"),
]


def test_the_boundary_of_a_library(project: MakeProject, onward: Onward) -> None:
    root = project(extra=LIBRARY, files=FILES)
    assert onward.found(root) == WHOLE
    assert onward.found(root) == WHOLE  # from what was kept
    # a part is judged with all of the project in view
    assert onward.found(root, "src/demo/_inner.py") == WHOLE[:2]
    assert onward.found(root, "src/demo/a.py") == WHOLE[2:]


def test_what_another_file_changes_is_seen(project: MakeProject, onward: Onward) -> None:
    root = project(extra=LIBRARY, files=FILES)
    onward.found(root)
    (root / "src/demo/__init__.py").write_text('"""Demo."""\n', encoding="utf-8")
    assert onward.found(root) == WHOLE[2:]
    (root / "src/demo/__init__.py").write_text(FILES["src/demo/__init__.py"], encoding="utf-8")
    test = root / "tests/test_a.py"
    test.write_text(FILES["tests/test_a.py"] + "    offered(1)\n", encoding="utf-8")
    assert onward.found(root) == [WHOLE[0], WHOLE[2]]
    shutil.rmtree(root / "tests")  # without tests nobody is told that there are none
    assert onward.found(root) == [WHOLE[0], WHOLE[2]]


def test_for_an_application_hints_are_advice(project: MakeProject, onward: Onward) -> None:
    root = project(extra=APPLICATION, files=FILES)
    assert onward.found(root)[0] == ("hints/application", "src/demo/_inner.py", 4, "advise")


def test_the_share_of_each_module_is_told_on_request(project: MakeProject, onward: Onward) -> None:
    row = '[[tool.onward.policy]]\nmatch = "hints/coverage"\nlevel = "advise"\n'
    root = project(extra=LIBRARY + row, files=FILES)
    (told,) = (one for one in onward.json(root)["findings"] if one["rule"] == "hints/coverage")
    assert told["facts"] == {"demo._inner": 0.0, "demo.a": 100.0}
    assert "2 of 4 hints of the public API are there (50.0 %)" in told["message"]


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def repository(project: MakeProject, env: dict[str, str]) -> Path:
    root = project(extra=LIBRARY, files=FILES)
    (root / ".gitignore").write_text(".coverage\n", encoding="utf-8")
    git(root, env, "init", "-q")
    git(root, env, "add", "-A")
    git(root, env, "commit", "-q", "-m", "first")
    return root


@needs_git
def test_only_changed_files_are_shown(repository: Path, onward: Onward) -> None:
    assert onward(repository, "--changed") == 0
    assert "No changed Python file to check" in onward.out
    new = '"""N."""\n\n\ndef added(x):\n    """Do."""\n    if x:\n        return 1\n    return 2\n'
    (repository / "src/demo/b.py").write_text(new, encoding="utf-8")
    assert onward.found(repository, "--changed") == [
        ("hints/public", "src/demo/b.py", 4, "ratchet"),
        ("tests/unnamed", "src/demo/b.py", 4, "advise"),
    ]
    told = onward.json(repository, "--changed", "HEAD")["changed"]
    assert (told["files"], told["covered"], len(told["base"])) == (1, None, 40)
    assert onward.found(repository, "src/demo/a.py", "--changed") == []


@needs_git
def test_changed_lines_are_covered_or_not(repository: Path, onward: Onward) -> None:
    file = repository / "src/demo/a.py"
    more = (
        "\n\ndef named_too(a: int) -> int:\n    if a:\n        a = 2\n        a = 3\n    return a\n"
    )
    file.write_text(STALE + more, encoding="utf-8")
    database(repository / ".coverage", {str(file.resolve()): [bits(4, 10, 13, 14, 17)]}, {})
    found = onward.found(repository, "--changed")
    assert ("tests/uncovered", "src/demo/a.py", 15, "advise") in found
    assert onward.json(repository, "--changed")["changed"]["covered"] == {
        "lines": 5,
        "covered": 3,
        "data": ".coverage",
    }
    onward(repository, "--changed")
    assert "3 of 5 changed lines are covered (.coverage)." in onward.out
    assert "lines 15-16 were changed, and no test runs them" in onward.out


@needs_git
def test_old_foreign_or_damaged_data_is_unknown_and_not_covered(
    repository: Path, onward: Onward
) -> None:
    file = repository / "src/demo/a.py"
    file.write_text(STALE + "\n\nX = 1\n", encoding="utf-8")
    data = repository / ".coverage"
    database(data, {"src/demo/a.py": [bits(4)]}, {})
    os.utime(data, (1, 1))
    unknown = ("tests/coverage-unknown", "", 0, "advise")
    assert unknown in onward.found(repository, "--changed")
    onward(repository, "--changed")
    assert "`src/demo/a.py` was changed after `.coverage` was made" in onward.out
    assert "lines are covered" not in onward.out
    data.unlink()
    database(data, {"other.py": [bits(4)]}, {})
    onward(repository, "--changed")
    assert "`src/demo/a.py` is not in `.coverage`" in onward.out
    data.write_bytes(b"damaged")
    assert unknown in onward.found(repository, "--changed")
    data.unlink()
    assert unknown not in onward.found(repository, "--changed")


@needs_git
def test_a_base_that_is_not_there_and_no_repository_are_said(
    repository: Path, onward: Onward, project: MakeProject
) -> None:
    assert onward(repository, "--changed", "src") == 2
    assert "`src` is no commit, branch or tag here" in onward.err
    assert onward(project(name="other"), "--changed") == 2
    assert "is in no git repository" in onward.err
