"""A new project appears whole or not at all, and never on top of something."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from onward.core.errors import EngineFailed, OnwardError, Refused
from onward.core.names import parse_name
from onward.core.perform import silent
from onward.core.plan import Plan, RunTool, Tell, WriteFile
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.domain.scaffold import answer
from onward.workflows.new import create, in_the_way, plan_new

STARTED = dt.datetime(2026, 6, 1, tzinfo=dt.UTC).isoformat()


def plan_for(target: Path, env: Mapping[str, str], *, git: bool = True) -> Plan:
    answers = answer(name=parse_name("demo"), kind="application", year=2026)
    return plan_new(answers, target, onward="0.1.0", env=env, git=git)


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def planned(plan: Plan, target: Path) -> dict[str, bytes]:
    return {
        Path(step.path).relative_to(target).as_posix(): step.content or b""
        for step in plan.steps
        if isinstance(step, WriteFile)
    }


def git(root: Path, env: Mapping[str, str], *words: str) -> str:
    ran = run(Call(argv=("git", *words), cwd=str(root), env=dict(env)))
    return ran.out.decode().strip()


@pytest.fixture(params=["not there", "empty", "below folders that are not there"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A place for a project, in each state it may be in; its parent holds nothing else."""
    place = tmp_path / "work dir ü"
    if request.param == "empty":
        (place / "demo").mkdir(parents=True)
    elif request.param == "not there":
        place.mkdir()
    else:
        place = place / "a" / "b"
    return place / "demo"


def test_it_writes_what_the_plan_says_and_makes_a_repository(
    target: Path, env: dict[str, str]
) -> None:
    plan = plan_for(target, env)
    create(plan, target, started=STARTED)
    assert tree(target) == planned(plan, target)
    assert sorted(path.name for path in target.parent.iterdir()) == ["demo"]
    assert git(target, env, "config", "--local", "core.hooksPath") == ".githooks"
    assert Path(git(target, env, "rev-parse", "--show-toplevel")).samefile(target)
    assert not (target / ".onward").exists()
    assert os.name == "nt" or os.access(target / ".githooks" / "pre-commit", os.X_OK)


def test_it_leaves_nothing_when_it_is_interrupted_at_any_step(
    target: Path, env: dict[str, str]
) -> None:
    existed = target.exists()
    plan = plan_for(target, env)
    for fatal in range(2 * len(plan.steps)):
        heard: list[str] = []

        def stop(event: str, sentence: str, heard: list[str] = heard, fatal: int = fatal) -> None:
            if event in ("start", "done"):
                heard.append(sentence)
            if len(heard) > fatal and event != "undo":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            create(plan, target, started=STARTED, listen=stop)
        assert len(heard) == fatal + 1
        assert target.exists() == existed
        assert not existed or not list(target.iterdir())
        if target.parent.exists():
            assert [path.name for path in target.parent.iterdir()] == ["demo"] * existed


def test_it_leaves_nothing_when_git_fails(target: Path, env: dict[str, str]) -> None:
    existed = target.exists()
    plan = plan_for(target, env)

    def fails_at_the_second(call: Call) -> Ran:
        if "config" in call.argv:
            return Ran(call=call, code=128, out=b"", err=b"fatal: no", seconds=0)
        return run(call)

    with pytest.raises(EngineFailed):
        create(plan, target, started=STARTED, runner=fails_at_the_second)
    assert target.exists() == existed
    assert not existed or not list(target.iterdir())


_KILLED = """
import os, sys
from pathlib import Path
from onward.core.names import parse_name
from onward.domain.scaffold import answer
from onward.workflows.new import create, plan_new

target, last = Path(sys.argv[1]), int(sys.argv[2])
answers = answer(name=parse_name("demo"), kind="application", year=2026)
plan = plan_new(answers, target, onward="0.1.0", env=dict(os.environ), git=True)
heard = []

def listen(event, sentence):
    heard.append(sentence)
    if len(heard) > last:
        os._exit(9)

create(plan, target, started="2026-06-01", listen=listen)
"""


@pytest.mark.parametrize("last", [0, 9, 31])
def test_after_a_kill_the_next_one_starts_from_nothing(
    target: Path, env: dict[str, str], last: int
) -> None:
    argv = [sys.executable, "-c", _KILLED, str(target), str(last)]
    assert subprocess.run(argv, env=env, check=False).returncode == 9
    assert not target.exists() or (target / ".onward" / "journal").exists()
    plan = plan_for(target, env)
    create(plan, target, started=STARTED)
    assert tree(target) == planned(plan, target)
    assert git(target, env, "config", "--local", "core.hooksPath") == ".githooks"


@pytest.mark.parametrize("what", ["file", "folder with a file", "hidden file", "broken link"])
def test_what_is_there_is_never_touched(tmp_path: Path, env: dict[str, str], what: str) -> None:
    target = tmp_path / "demo"
    if what == "file":
        target.write_text("mine", encoding="utf-8")
    elif what == "broken link":
        target.symlink_to(tmp_path / "nothing")
    else:
        target.mkdir()
        (target / (".hidden" if "hidden" in what else "mine")).write_text("x", encoding="utf-8")
    with pytest.raises(Refused) as refused:
        plan_for(target, env)
    assert refused.value.reference == "in-the-way"
    assert refused.value.context == in_the_way(target)


def test_a_file_where_a_folder_should_be_is_in_the_way(tmp_path: Path, env: dict[str, str]) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(Refused, match="not a new or empty folder"):
        plan_for(tmp_path / "file" / "below" / "demo", env)


def test_a_long_list_of_what_is_in_the_way_is_cut(tmp_path: Path) -> None:
    for number in range(13):
        (tmp_path / f"{number:02}").touch()
    assert in_the_way(tmp_path)[-1] == "and 3 more"


def test_an_empty_clone_is_filled_and_its_settings_are_left_alone(
    tmp_path: Path, env: dict[str, str]
) -> None:
    git(tmp_path, env, "init", "--quiet", "demo")
    target = tmp_path / "demo"
    plan = plan_for(target, env)
    create(plan, target, started=STARTED)
    assert tree(target) == planned(plan, target)
    assert git(target, env, "config", "--local", "core.hooksPath") == ""


def test_inside_a_repository_no_other_is_made(tmp_path: Path, env: dict[str, str]) -> None:
    git(tmp_path, env, "init", "--quiet")
    create(plan_for(tmp_path / "sub" / "demo", env), tmp_path / "sub" / "demo", started=STARTED)
    assert not (tmp_path / "sub" / "demo" / ".git").exists()
    assert git(tmp_path, env, "config", "--local", "core.hooksPath") == ""


def test_a_repository_named_in_the_environment_is_left_alone(
    tmp_path: Path, env: dict[str, str]
) -> None:
    git(tmp_path, env, "init", "--quiet", "other")
    hook = {**env, "GIT_DIR": str(tmp_path / "other" / ".git"), "GIT_INDEX_FILE": "index"}
    hook["GIT_OBJECT_DIRECTORY"] = str(tmp_path / "other" / "objects")
    create(plan_for(tmp_path / "demo", hook), tmp_path / "demo", started=STARTED)
    assert git(tmp_path / "other", env, "config", "--local", "core.hooksPath") == ""
    assert (tmp_path / "demo" / ".git" / "objects").is_dir()


@pytest.mark.parametrize("path", ["", None])
def test_without_git_the_plan_says_so(
    tmp_path: Path, env: dict[str, str], path: str | None
) -> None:
    bare = {**env, "PATH": path if path is not None else str(tmp_path)}
    plan = plan_for(tmp_path / "demo", bare)
    assert not any(isinstance(step, RunTool) for step in plan.steps)
    told = [step.sentence for step in plan.steps if isinstance(step, Tell)]
    assert any("No git here" in sentence for sentence in told)
    create(plan, tmp_path / "demo", started=STARTED, listen=silent)
    assert (tmp_path / "demo" / "pyproject.toml").is_file()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, env: dict[str, str]) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OnwardError) as failed:
        create(plan_for(tmp_path / "demo", env), tmp_path / "demo", started=STARTED)
    tmp_path.chmod(0o700)
    assert failed.value.reference == "cannot-write"
