"""The baseline of ``onward check`` in a real project: adopted, kept through edits, made shorter, grown for a reason."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from onward.cli.door import run_verb
from onward.domain.baseline.file import NAME
from tests.conftest import FakeClock, MakeProject

RATCHET = """
[tool.ruff.lint]
select = ["S"]
[[tool.onward.policy]]
match = "ruff/S*"
level = "ratchet"
why = "old code"
"""
CODE = '''"""Old code."""


def first(text):
    value = eval(text)
    return value


def second(text):
    kept = []
    kept.append(eval(text))
    return kept


def third(one, two):
    assert one
    assert two
'''


class Here:
    """One project and ``onward`` in it."""

    def __init__(self, root: Path, env: dict[str, str], clock: FakeClock) -> None:
        self.root, self.env, self._clock = root, env, clock
        self.out = self.err = ""

    def __call__(self, *words: str, verb: str = "check", **more: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        env = self.env | more
        code = run_verb([verb, *words], env, cwd=self.root, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def new(self, *words: str, **more: str) -> list[tuple[str, str, int]]:
        """Give (rule, path, line) of what blocks."""
        self(*words, "--no-shrink", "--json", **more)
        return [
            (one["rule"], one["subject"]["path"], one["subject"]["line"])
            for one in self.json["findings"]
            if one["level"] == "ratchet" and not one["known"]
        ]

    @property
    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value

    @property
    def lines(self) -> list[str]:
        return [
            line for line in (self.root / NAME).read_text().splitlines() if not line.startswith("#")
        ]

    def write(self, text: str, path: str = "src/code.py") -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)


@pytest.fixture
def here(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Here:
    root = project(files={"src/code.py": CODE}, extra=RATCHET)
    return Here(root, env, clock)


def adopted(here: Here) -> Here:
    assert here("--adopt") == 0, here.out + here.err
    return here


def test_without_a_baseline_old_findings_fail_and_with_one_they_do_not(here: Here) -> None:
    assert here() == 1
    assert here("--adopt", "--dry-run") == 1
    assert not (here.root / NAME).exists()
    assert here("--adopt") == 0
    assert "Not looked at: mypy follows imports into the project's environment" in here.err
    assert "will be new once it can be seen" in here.err
    assert "-> `onward sync` makes it" in here.err
    assert len(here.lines) == 4
    assert here() == 0
    assert f"4 old ones left in {NAME}." in here.out
    assert here("undo") == 0
    assert not (here.root / NAME).exists()
    assert here() == 1


def test_the_four_traps(here: Here) -> None:
    adopted(here)
    here.write(CODE.replace("    assert two\n", "    assert two\n    assert two\n"))
    ((rule, _, line),) = here.new()
    assert (rule, line in (17, 18)) == ("ruff/S101", True)  # which of the two is nobody's to say
    here.write(
        CODE.replace("    value = eval(text)\n", "    value = text\n") + "    last = eval(two)\n"
    )
    assert here.new() == [("ruff/S307", "src/code.py", 18)]
    here.write(
        CODE.replace(
            "    assert one\n    assert two\n",
            "    if one:\n        assert one\n        assert two\n",
        )
    )
    assert here.new() == []
    (here.root / "src/code.py").unlink()
    here.write(CODE, "src/deep/other.py")
    assert here.new() == []


def test_a_whole_check_makes_it_shorter_and_a_part_of_one_does_not(here: Here) -> None:
    adopted(here)
    here.write(CODE.replace("    assert one\n", ""))
    here.write("X = 1\n", "src/more.py")
    assert here("src/code.py") == 0
    assert len(here.lines) == 4
    assert here(CI="true") == 0
    assert "baseline/stale" in here.out
    assert len(here.lines) == 4
    assert here() == 0
    assert f"1 old finding is gone: `{NAME}` is shorter now (3 left)." in here.err
    assert len(here.lines) == 3
    here.write(CODE)
    assert here.new() == [("ruff/S101", "src/code.py", 16)]


def test_a_tool_that_cannot_look_takes_nothing_out(here: Here) -> None:
    adopted(here)
    before = here.lines
    assert here(ONWARD_RUFF=str(here.root / "nowhere")) == 1
    assert here.lines == before


def test_a_file_that_does_not_parse_keeps_what_is_known_of_it(here: Here) -> None:
    adopted(here)
    before = here.lines
    here.write(CODE + "def broken(:\n")
    assert here() == 1
    assert here.lines == before
    here.write(CODE)
    assert here() == 0


def test_nothing_is_taken_in_while_a_tool_cannot_look(here: Here) -> None:
    assert here("--adopt", ONWARD_RUFF=str(here.root / "nowhere")) == 2
    assert "nothing was taken in" in here.err
    assert not (here.root / NAME).exists()


def test_taking_in_is_offered_as_a_way_out_only_when_it_would_work(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    files = {"src/code.py": "import os\n" * 30}
    here = Here(project(files=files, extra="[tool.mypy]"), env, clock)
    assert here() == 1
    assert "mypy follows imports into the project's environment" in here.out
    assert "-> Once all could be looked at, `onward check --adopt` takes old ones in" in here.out
    assert here("--adopt") == 2
    (here.root / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\n')
    assert here() == 1
    assert "-> `onward check --adopt` takes 30 of them in as known" in here.out


def test_it_grows_for_a_reason_only(here: Here) -> None:
    adopted(here)
    here.write(CODE + "    assert one and two\n    eval(one)\n")
    assert len(here.new()) == 2
    assert here("--accept") == 2
    assert "--why" in here.err
    assert here("--accept", "ruff/S101", "--why", "for a day") == 1
    assert here.new() == [("ruff/S307", "src/code.py", 19)]
    assert [line.split("\t")[-1] for line in here.lines].count("for a day") == 1
    assert here("--adopt") == 1
    assert "has a baseline already" in here.err


def test_other_forms_hide_or_mark_what_is_known(here: Here) -> None:
    adopted(here)
    here.write(CODE + "    assert one and two\n")
    assert here("--sarif") == 1
    results = here.json["runs"][0]["results"]
    states = [
        (one["baselineState"], one["level"])
        for one in results
        if one["ruleId"].startswith("ruff/S")
    ]
    assert states == [("unchanged", "note")] * 4 + [("new", "error")]
    here("--github")
    assert here.out.count("::error") == 1
    here("--junit")
    assert ET.fromstring(here.out).get("failures") == "1"


def test_a_renamed_file_is_followed_by_git(here: Here) -> None:
    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
        subprocess.run(["git", *who, *words], cwd=here.root, env=here.env, check=True)

    adopted(here)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    git("mv", "src/code.py", "src/moved.py")
    here.write(CODE.replace("value", "other").replace("kept", "more"), "src/moved.py")
    git("add", ".")
    assert here.new() == []
    assert here() == 0
    assert {line.split("\t")[0] for line in here.lines} == {"src/moved.py"}
    assert len(here.lines) == 4


def test_an_unfinished_merge_in_the_file_is_told(here: Here) -> None:
    adopted(here)
    text = (here.root / NAME).read_text()
    (here.root / NAME).write_text(text + "<<<<<<< mine\n=======\n>>>>>>> theirs\n")
    assert here() == 2
    assert "holds a merge that was not finished" in here.err


class Repo:
    """The git repository that a project is in."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self("init", "-q")

    def __call__(self, *words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.invalid")
        subprocess.run(["git", *who, *words], cwd=self._here.root, env=self._here.env, check=True)

    def commit(self) -> None:
        self("add", ".")
        self("commit", "-qm", "a state")


MENDED = "    start(one)\n    assert one\n    work(one)\n"
REPEATED = "    start(one)\n    work(one)\n    assert one\n    last(one)\n"


def test_with_git_a_twin_of_what_was_mended_is_new(here: Here) -> None:
    here.write(CODE + "\n\ndef fourth(one):\n" + MENDED)
    adopted(here)
    here.write(CODE + "\n\ndef fourth(one):\n" + REPEATED)
    assert here.new() == []  # the same line in the same function: without git nobody could tell
    here.write(CODE + "\n\ndef fourth(one):\n" + MENDED)
    Repo(here).commit()
    here.write(CODE + "\n\ndef fourth(one):\n" + REPEATED)
    assert here.new() == [("ruff/S101", "src/code.py", 23)]
    assert here("--accept", "--why", "later") == 0
    assert [line.split("\t")[-1] for line in here.lines].count("later") == 1
    assert here.new() == []


def test_with_git_commits_after_the_baseline_do_not_matter(here: Here) -> None:
    here.write(CODE + "\n\ndef fourth(one):\n" + MENDED)
    adopted(here)
    git = Repo(here)
    git.commit()
    here.write(
        "# a remark\n" + CODE.replace("kept", "list_of_all") + "\n\ndef fourth(one):\n" + MENDED
    )
    git.commit()
    assert here.new() == []
    here.write("# a remark\n" + CODE + "\n\ndef fourth(one):\n" + REPEATED)
    git.commit()
    assert here.new() == [("ruff/S101", "src/code.py", 24)]


def test_with_git_a_renamed_file_is_looked_up_under_its_old_name(here: Here) -> None:
    here.write(CODE + "\n\ndef fourth(one):\n" + MENDED)
    adopted(here)
    git = Repo(here)
    git.commit()
    git("mv", "src/code.py", "src/moved.py")
    here.write(CODE + "\n\ndef fourth(one):\n" + REPEATED, "src/moved.py")
    git("add", ".")
    assert here.new() == [("ruff/S101", "src/moved.py", 23)]


def test_a_git_that_fails_or_knows_no_baseline_changes_nothing(here: Here, tmp_path: Path) -> None:
    here.write(CODE + "\n\ndef fourth(one):\n" + MENDED)
    git = Repo(here)
    git.commit()
    adopted(here)  # not committed
    here.write(CODE + "\n\ndef fourth(one):\n" + REPEATED)
    assert here.new() == []
    git.commit()  # both at once: what it was adopted with is in no commit
    assert here.new() == []
    here.write("binary\0 = 1\n")
    git.commit()
    empty = tmp_path / "no programs"
    empty.mkdir()
    here.write(CODE + "\n\ndef fourth(one):\n" + REPEATED)
    assert here.new(PATH=str(empty)) == []


def test_undo_after_a_fix_brings_back_what_the_check_took_out(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    unused = "import os\nimport sys\n\nprint(sys)\n"
    files = {"src/code.py": unused, "src/more.py": unused}
    here = adopted(Here(project(files=files), env, clock))
    before = here.lines
    assert here("src/code.py", "--fix") == 0, here.out + here.err
    assert here() == 0
    assert f"1 old finding is gone: `{NAME}` is shorter now (1 left)." in here.err
    assert here("undo") == 0
    assert here.lines == before
    assert here.new() == []


def test_undo_of_an_adoption_does_not_mind_that_onward_has_made_the_file_shorter(
    here: Here,
) -> None:
    adopted(here)
    here.write(CODE.replace("    assert one\n", ""))
    assert here() == 0
    assert len(here.lines) == 3
    assert here("undo") == 0, here.err
    assert not (here.root / NAME).exists()


def test_a_baseline_that_somebody_else_has_changed_is_not_taken_back(here: Here) -> None:
    adopted(here)
    (here.root / NAME).write_text("\n".join(["# onward baseline 1", *here.lines[1:]]) + "\n")
    here.write(CODE.replace("    assert one\n", ""))
    here()
    assert here("undo") == 1
    assert f"{NAME} was changed since" in here.err
