"""`onward new` as a person runs it."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from onward.cli.door import run_verb
from onward.domain.scaffold import FRAMEWORKS, STARTERS
from tests.conftest import FakeClock


class Said(NamedTuple):
    """Exit code, stdout and stderr."""

    code: int
    out: str
    err: str


New = Callable[..., Said]


@pytest.fixture
def new(tmp_path: Path, env: dict[str, str], clock: FakeClock) -> New:
    """Run `onward new` in a folder with a space; nobody can be asked."""
    cwd = tmp_path / "my work"
    cwd.mkdir()

    def run(*words: str, cwd: Path = cwd) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(["new", *words], env, cwd=cwd, clock=clock, out=out, err=err)
        return Said(code, out.getvalue(), err.getvalue())

    return run


def files(root: Path) -> list[str]:
    return sorted(
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    )


def test_without_a_kind_it_names_the_choices_and_does_nothing(new: New, tmp_path: Path) -> None:
    said = new("hello")
    assert said.code == 1
    assert all(kind in said.err for kind in STARTERS)
    assert "onward new hello --kind" in said.err
    assert not list((tmp_path / "my work").iterdir())


def test_web_without_a_framework_names_the_choices(new: New) -> None:
    said = new("hello", "--kind", "web")
    assert said.code == 1
    assert all(framework in said.err for framework in FRAMEWORKS)


def test_a_framework_alone_means_web(new: New) -> None:
    said = new("hello", "--framework", "flask", "--no-sync", "--json")
    assert said.code == 0
    assert json.loads(said.out)["kind"] == "web"


def test_a_dry_run_lists_what_the_run_then_writes(new: New, tmp_path: Path) -> None:
    there = tmp_path / "my work" / "hello"
    dry = new("hello", "--kind", "cli", "--dry-run")
    assert dry.code == 0
    assert "Nothing was written" in dry.out
    assert not there.exists()
    assert new("hello", "--kind", "cli", "--no-sync").code == 0
    listed = [line.strip() for line in dry.out.splitlines()]
    assert all(file in listed for file in files(there))
    assert "Make a git repository" in listed


def test_json_tells_it_all(new: New, tmp_path: Path) -> None:
    said = new("My Tool", "--kind", "data", "--no-sync", "--no-git", "--json", "--licence", "none")
    told: dict[str, Any] = json.loads(said.out)
    root = Path(told["root"])
    assert root == tmp_path / "my work" / "My Tool"
    assert (told["name"], told["module"], told["kind"]) == ("my-tool", "my_tool", "data")
    assert (told["dry_run"], told["synced"], told["framework"]) == (False, False, None)
    assert sorted(told["files"]) == files(root)
    assert not (root / ".git").exists()
    assert len(told["next"]) == 3
    assert told["next"][1] == "onward sync"


def test_here_takes_the_name_of_the_folder_and_leaves_the_folder_itself(
    new: New, tmp_path: Path
) -> None:
    here = tmp_path / "Ünder way"
    here.mkdir()
    before = here.stat().st_ino
    said = new(".", "--kind", "library", "--no-sync", cwd=here)
    assert said.code == 0
    assert here.stat().st_ino == before
    assert (here / "src" / "under_way" / "py.typed").is_file()
    assert "\n  cd " not in said.out


def test_a_folder_without_a_usable_name_needs_one(new: New) -> None:
    assert new("Привет", "--kind", "cli", "--no-sync").code == 2
    said = new("Привет", "--kind", "cli", "--no-sync", "--name", "privet")
    assert said.code == 0
    assert "cd Привет" in said.out or 'cd "Привет"' in said.out or "cd 'Привет'" in said.out


def test_what_stands_there_is_refused_before_any_question(new: New, tmp_path: Path) -> None:
    taken = tmp_path / "my work" / "hello"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine", encoding="utf-8")
    said = new("hello")
    assert said.code == 1
    assert "mine.txt" in said.err
    assert files(taken) == ["mine.txt"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("flask", "--framework", "flask"), "`flask-app`"),
        (("json", "--kind", "cli"), "`json-app`"),
        (("hello", "--kind", "cli", "--framework", "flask"), "belongs to the kind web"),
        (("hello", "--kind", "cli", "--python", "2.7"), "2.7"),
        (("hello", "--kind", "game"), "library"),
        ((), "NAME"),
    ],
)
def test_bad_answers_are_the_persons_to_mend(
    new: New, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    said = new(*words)
    assert said.code == 2
    assert told in said.err
    assert not list((tmp_path / "my work").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("typed", ["what\n7\n3\nquart\n", "WEB\n4\n"])
def test_a_person_is_asked(tmp_path: Path, env: dict[str, str], typed: str) -> None:
    code, screen = on_a_terminal(tmp_path, env, typed.encode())
    assert code == 0, screen
    assert "What is it going to be?" in screen
    assert "Which framework?" in screen
    assert (
        (tmp_path / "hello" / "src" / "hello" / "app.py").read_text(encoding="utf-8").count("quart")
    )


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
def test_no_answer_is_a_refusal(tmp_path: Path, env: dict[str, str]) -> None:
    code, screen = on_a_terminal(tmp_path, env, b"\x04")  # end of input
    assert code == 1, screen
    assert not (tmp_path / "hello").exists()


def on_a_terminal(cwd: Path, env: dict[str, str], typed: bytes) -> tuple[int, str]:
    """Run `onward new hello --no-sync` with a terminal on all three ends; give code and screen."""
    import pty

    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "onward", "new", "hello", "--no-sync", "--no-git"]
    with subprocess.Popen(argv, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as it:
        os.close(theirs)
        screen = b""
        while b": " not in screen:
            screen += os.read(ours, 4096)
        os.write(ours, typed)
        try:
            while more := os.read(ours, 4096):
                screen += more
        except OSError:  # Linux says so when the other end is closed
            pass
    os.close(ours)
    return it.returncode, screen.decode("utf-8", "replace")
