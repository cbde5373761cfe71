"""``onward check`` on real files with the real ruff and the real git."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

BAD = "import os\n\n\ndef f(x):\n    return undefined\n"
GOOD = '"""Fine."""\n'
SELECTED = '[tool.ruff.lint]\nselect = ["E", "F"]\n[tool.ruff.format]\n'
ODD = "src/ünï code.py"


class Onward:
    """``onward check`` in process, at a fixed time."""

    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self.env = env
        self._clock = clock
        self.out = ""
        self.err = ""

    def __call__(self, cwd: Path, *words: str, verb: str = "check", **more: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        env = self.env | more
        code = run_verb([verb, *words], env, cwd=cwd, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def json(self, cwd: Path, *words: str) -> dict[str, Any]:
        self(cwd, *words, "--json")
        value: dict[str, Any] = json.loads(self.out)
        return value

    def rules(self, cwd: Path, *words: str) -> set[tuple[str, str]]:
        """Give (rule, path) of what was found in files."""
        found = self.json(cwd, *words)["findings"]
        return {
            (one["rule"], one["subject"]["path"])
            for one in found
            if one["subject"]["type"] == "place"
        }


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


def snapshot(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not {".onward", ".ruff_cache", ".git"} & set(path.parts)
    }


def test_a_fault_fails_and_is_shown_with_its_line(project: MakeProject, onward: Onward) -> None:
    root = project(files={ODD: BAD}, folder="my prøj")
    before = snapshot(root)
    assert onward(root) == 1
    assert f"{ODD}\n" in onward.out
    assert "5:12  enforce  Undefined name `undefined`  [ruff/F821]" in onward.out
    assert "| return undefined\n      |        ^^^^^^^^^\n" in onward.out
    assert "Checked 1 Python file with ruff " in onward.out
    assert snapshot(root) == before


def test_a_good_project_passes_and_says_what_was_looked_at(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={"src/demo/__init__.py": GOOD}, extra=SELECTED)
    assert onward(root) == 0
    assert "Checked 1 Python file with ruff " in onward.out
    assert "ruff format " in onward.out


def test_it_works_from_a_folder_inside_and_on_paths_named_from_there(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={"a.py": BAD, "sub/b.py": BAD, "sub/deep/c.py": BAD})
    faults = {(rule, path) for rule, path in onward.rules(root / "sub") if rule == "ruff/F821"}
    assert faults == {("ruff/F821", p) for p in ("a.py", "sub/b.py", "sub/deep/c.py")}
    named = onward.rules(root / "sub", "deep", "../a.py")
    assert {path for _, path in named} == {"sub/deep/c.py", "a.py"}


def test_paths_that_are_not_there_are_all_named(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": GOOD})
    assert onward(root, "a.py", "gone.py", "..") == 2
    assert "`gone.py` is not there" in onward.err
    assert "`..` is outside of the project" in onward.err


def test_other_files_are_not_taken_for_python(project: MakeProject, onward: Onward) -> None:
    root = project(files={"notes.txt": "not (python", "a.py": GOOD})
    assert onward(root, "notes.txt") == 0
    assert "No Python file to check" in onward.out


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every name is Unicode")
def test_a_name_that_is_no_unicode_breaks_nothing(project: MakeProject, onward: Onward) -> None:
    root = project(files={"good.py": GOOD, "a\nb.py": "import os  # noqa\n"}, extra=SELECTED)
    Path(os.fsdecode(os.fsencode(root) + b"/odd\xff.py")).write_text(BAD)
    assert onward(root, "--json") == 1
    found = json.loads(onward.out)["findings"]
    told = {(one["rule"], one["subject"].get("path")) for one in found}
    assert ("suppression/no-reason", "a\nb.py") in told
    assert ("ruff/F821", "odd\ufffd.py") in told or ("tool/failed", None) in told


def test_a_folder_without_python_is_not_called_clean(project: MakeProject, onward: Onward) -> None:
    value = onward.json(project())
    (found,) = [one for one in value["findings"] if one["rule"] == "check/no-files"]
    assert (found["certainty"], found["level"], value["files"]) == ("unknown", "advise", 0)


def test_a_project_without_pyproject(tmp_path: Path, onward: Onward) -> None:
    root = tmp_path / "old"
    root.mkdir()
    (root / "setup.cfg").write_text("[metadata]\nname = old\nversion = 1\n", encoding="utf-8")
    (root / "old.py").write_text(BAD, encoding="utf-8")
    assert onward(root) == 1
    assert "[ruff/F821]" in onward.out


@pytest.mark.parametrize(
    ("text", "word"),
    [("[tool.ruff]\nbogus = 1\n", "bogus"), ('[tool.ruff]\nrequired-version = "==0.1.0"\n', "0.1")],
)
def test_a_ruff_that_will_not_run_is_not_clean(
    project: MakeProject, onward: Onward, text: str, word: str
) -> None:
    root = project(files={"a.py": GOOD}, extra=text)
    assert onward(root) == 1
    assert "[tool/failed]" in onward.out
    assert word in onward.out
    assert "Nothing found" not in onward.out


def test_a_ruff_that_is_not_there_is_not_clean(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": GOOD})
    assert onward(root, ONWARD_RUFF=str(root / "no-such-ruff")) == 1
    assert "[tool/missing]" in onward.out
    assert "no such program" in onward.out


def test_the_policys_own_rows_decide(project: MakeProject, onward: Onward) -> None:
    row = '[[tool.onward.policy]]\nmatch = "ruff/F*"\nlevel = "advise"\nwhy = "later"\n'
    root = project(files={"a.py": BAD}, extra=row)
    levels = {one["rule"]: one["level"] for one in onward.json(root)["findings"]}
    assert levels["ruff/F821"] == "advise"
    assert onward(root) == 0


@pytest.mark.parametrize(
    ("form", "start"),
    [("--json", "{"), ("--sarif", "{"), ("--github", "::"), ("--junit", "<?xml")],
)
def test_every_form_answers_on_stdout_alone(
    project: MakeProject, onward: Onward, form: str, start: str
) -> None:
    root = project(files={"a.py": BAD})
    assert onward(root, form) == 1
    assert onward.out.startswith(start)
    assert onward.err == ""


def test_fix_mends_what_is_safe_and_undo_takes_it_back(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={ODD: BAD, "b.py": "import os\n"}, extra=SELECTED, folder="my prøj")
    before = snapshot(root)
    assert onward(root, "--fix", "--dry-run") == 1
    assert f"mend {ODD} (ruff/F401, ruff/format)" in onward.err
    assert snapshot(root) == before
    assert onward(root, "--fix") == 1
    assert "Done: mend 2 files" in onward.err
    after = snapshot(root)
    assert after[ODD] == b"def f(x):\n    return undefined\n"
    assert after["b.py"] == b""
    assert "ruff/F401" not in onward.out
    assert "ruff/F821" in onward.out
    assert onward(root, verb="undo") == 0
    assert snapshot(root) == before


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_undo_shows_no_command_for_a_terminal_from_a_name(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={"a\x1b[31m.py": BAD}, extra=SELECTED)
    onward(root, "--fix")
    assert onward(root, verb="undo") == 0
    assert "\x1b" not in onward.out
    assert "a\ufffd[31m.py" in onward.out


def test_fix_with_nothing_to_mend_leaves_no_trace(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": GOOD}, extra=SELECTED)
    assert onward(root, "--fix") == 0
    assert "nothing safe to mend" in onward.err
    assert not (root / ".onward").exists()


def test_fix_touches_only_the_paths_that_were_named(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": "import os\n", "b.py": "import os\n"})
    onward(root, "--fix", "a.py")
    assert (root / "a.py").read_text(encoding="utf-8") == ""
    assert (root / "b.py").read_text(encoding="utf-8") == "import os\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs names of 250 characters")
def test_a_file_that_cannot_be_written_leaves_every_file_as_it_was(
    project: MakeProject, onward: Onward
) -> None:
    # So long a name leaves no room for the new file beside it: that fails for every user, root too.
    names = [*(f"m{n}.py" for n in range(5)), f"m3{'x' * 245}.py"]
    root = project(files=dict.fromkeys(names, "import os\n"))
    before = snapshot(root)
    assert onward(root, "--fix") == 4
    assert snapshot(root) == before
    assert "cannot write" in onward.err


# Does what `check --fix` does, and is gone the hard way after the third file.
_KILLED = """
import datetime as dt, os, pathlib
from onward.core.perform import perform
from onward.workflows.check_project import check_project, plan_for
from onward.workflows.situation import working_on
done = []
def listen(event, sentence):
    done.extend([sentence] * (event == "done"))
    if len(done) == 3:
        os._exit(137)
with working_on(pathlib.Path.cwd(), os.environ, dt.datetime.now(dt.UTC)) as (situation, _):
    plan = plan_for(situation, check_project(situation))
    perform(plan, situation.project.root, started="2026-06-01T12:00:00", listen=listen)
"""


def test_killed_in_the_middle_the_next_onward_puts_every_file_back(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={f"m{n}.py": "import os\n" for n in range(6)})
    before = snapshot(root)
    killed = subprocess.run(
        (sys.executable, "-c", _KILLED), cwd=root, env=onward.env, capture_output=True, check=False
    )
    assert killed.returncode == 137, killed.stderr
    assert snapshot(root) != before
    assert onward(root, "--fix", "--dry-run") == 1
    assert "interrupted" in onward.err
    assert snapshot(root) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them")
def test_interrupted_a_tool_that_did_not_hear_it_is_stopped(
    project: MakeProject, onward: Onward, tmp_path: Path
) -> None:
    root = project(files={"a.py": "import os\n"})
    started = tmp_path / "started"
    deaf = tmp_path / "deaf-ruff"
    deaf.write_text(
        "#!/bin/sh\ntrap '' INT\n"
        f'case "$1" in --version) echo ruff 0.17.6;; *) touch "{started}"; sleep 50;; esac\n',
        encoding="utf-8",
    )
    deaf.chmod(0o755)
    child = subprocess.Popen(
        (sys.executable, "-m", "onward", "check"),
        cwd=root,
        env=onward.env | {"ONWARD_RUFF": str(deaf)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(600):
        if started.exists():
            break
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=30)  # and not the tool's 50 seconds
    assert child.returncode == 130, err


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has them")
def test_interrupted_while_ruff_runs_nothing_has_changed(
    project: MakeProject, onward: Onward, tmp_path: Path
) -> None:
    root = project(files={"a.py": "import os\n"})
    before = snapshot(root)
    started = tmp_path / "started"
    slow = tmp_path / "slow-ruff"
    slow.write_text(
        f'#!/bin/sh\ncase "$1" in --version) echo ruff 0.17.6;; *) touch "{started}"; sleep 60;; esac\n',
        encoding="utf-8",
    )
    slow.chmod(0o755)
    child = subprocess.Popen(
        (sys.executable, "-m", "onward", "check", "--fix"),
        cwd=root,
        env=onward.env | {"ONWARD_RUFF": str(slow)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    for _ in range(600):
        if started.exists():
            break
        time.sleep(0.05)
    os.killpg(child.pid, signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert snapshot(root) == before


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


class Git:
    def __init__(self, root: Path, env: dict[str, str]) -> None:
        self._root = root
        self._env = env
        self("init", "-q")

    def __call__(self, *words: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        return subprocess.run(
            ("git", *who, *words),
            cwd=self._root,
            env=self._env,
            capture_output=True,
            check=True,
            encoding="utf-8",
        ).stdout


@needs_git
def test_staged_looks_at_what_would_be_committed(project: MakeProject, onward: Onward) -> None:
    root = project(files={ODD: GOOD, "other.py": BAD, "later.py": GOOD}, folder="my prøj")
    git = Git(root, onward.env)
    git("add", "-A")
    git("commit", "-qm", "x")
    (root / ODD).write_text(BAD, encoding="utf-8")
    git("add", ODD)
    (root / ODD).write_text(GOOD, encoding="utf-8")
    (root / "later.py").write_text(BAD, encoding="utf-8")
    before, status = snapshot(root), git("status", "--porcelain=v2")
    assert onward(root, "--staged") == 1
    assert {path for _, path in onward.rules(root, "--staged")} == {ODD}
    answer = onward.json(root, "--staged")
    assert answer["files"] == 1
    shown = [f["subject"]["source_line"] for f in answer["findings"] if f["rule"] == "ruff/F401"]
    assert shown == ["import os"], "the line is the staged one, whatever stands in the file now"
    assert snapshot(root) == before
    assert git("status", "--porcelain=v2") == status
    git("add", ODD)
    assert onward(root, "--staged") == 0
    assert "No staged Python file to check" in onward.out


@needs_git
def test_staged_before_the_first_commit_and_inside_a_larger_repository(
    project: MakeProject, onward: Onward
) -> None:
    top = project(name="top", extra='[tool.ruff.lint]\nignore = ["F401"]\n')
    root = project(name="inner", folder="top/inner", files={"a.py": BAD})
    (root / "pyproject.toml").write_text("[project]\nname='inner'\nversion='1'\n", encoding="utf-8")
    git = Git(top, onward.env)
    (top / "outside.py").write_text(BAD, encoding="utf-8")
    git("add", "-A")
    found = onward.rules(root, "--staged")
    assert ("ruff/F821", "a.py") in found
    assert ("ruff/F401", "a.py") not in found, "the settings above the project are staged too"
    assert {path for _, path in found} == {"a.py"}


@needs_git
def test_staged_works_as_a_hook_that_git_starts(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": GOOD})
    git = Git(root, onward.env)
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.write_text(
        f'#!/bin/sh\nexec "{Path(sys.executable).as_posix()}" -m onward check --staged\n',
        encoding="utf-8",
        newline="\n",
    )
    hook.chmod(0o755)
    git("add", "-A")
    git("commit", "-qm", "good")
    (root / "a.py").write_text(BAD, encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git("commit", "-qam", "bad")
    said = refused.value.stdout + refused.value.stderr
    assert "[ruff/F821]" in said
    assert git("log", "--format=%s").split() == ["good"]


def test_staged_outside_of_git_and_with_fix_is_a_clear_no(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={"a.py": GOOD})
    assert onward(root, "--staged") == 2
    assert "in no git repository" in onward.err
    assert onward(root, "--staged", "--fix") == 2
    assert onward(root, "--dry-run") == 2


@pytest.mark.skipif(os.name != "posix", reason="links need a right on Windows")
def test_a_file_outside_through_a_link_is_looked_at_and_never_mended_nor_offered(
    project: MakeProject, onward: Onward, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("import os\n")
    root = project(files={"real.py": "import os\n"}, extra=SELECTED)
    (root / "link.py").symlink_to("../outside.py")
    (root / "inner.py").symlink_to("real.py")
    found = {
        one["subject"]["path"]: one
        for one in onward.json(root)["findings"]
        if one["rule"] == "ruff/F401"
    }
    assert "fix" not in found["link.py"]["facts"]
    assert "lies outside of the project" in found["link.py"]["hint"]
    assert found["real.py"]["facts"]["fix"] == "safe"
    onward(root)
    assert "mends 2 of them" in onward.out
    assert onward(root, "--fix") == 1
    assert "`onward check --fix`" not in onward.out
    assert outside.read_text() == "import os\n"
    assert (root / "real.py").read_text() == ""
    assert (root / "inner.py").is_symlink()


def test_a_folder_of_scripts_is_checked_and_mended_without_any_settings(
    tmp_path: Path, onward: Onward
) -> None:
    root = tmp_path / "scripts"
    (root / "below").mkdir(parents=True)
    (root / "below" / "a.py").write_text("import os\n\nprint(undefined)\n")
    assert onward(root) == 1
    assert "[ruff/F821]" in onward.out
    assert onward(root, "--fix") == 1
    assert (root / "below" / "a.py").read_text().lstrip() == "print(undefined)\n"
    assert onward(root, verb="undo") == 0
    assert (root / "below" / "a.py").read_text().startswith("import os")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert onward(empty) == 2
    assert "no Python project" in onward.err
