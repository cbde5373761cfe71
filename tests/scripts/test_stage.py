"""The demo's stage notices what is not as it must be."""

import sys
from pathlib import Path

import pytest

from scripts.stage import Stage, fingerprint


def play(tmp_path: Path, env: dict[str, str], code: str, **wanted: object) -> int:
    stage = Stage(env)
    stage.step([sys.executable, "-c", code], tmp_path, why="To see.", **wanted)  # type: ignore[arg-type]
    return stage.end()


def test_what_is_right_passes(
    tmp_path: Path, env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    code = "import sys; print('one two'); sys.exit(3)"

    ended = play(
        tmp_path, env, code, codes=[3], says=["one", ("2", "two")], unchanged=("file", "none")
    )

    told = capsys.readouterr().out
    assert ended == 0
    assert "  | one two\n" in told
    assert "1 of 1 steps" in told


@pytest.mark.parametrize(
    ("code", "wanted", "fault"),
    [
        ("import sys; sys.exit(2)", {}, "exit code 2, not 0"),
        ("print('x')", {"says": ["y", ("a", "b")]}, "nothing said of y; nothing said of a or b"),
        ("open('new', 'w').close()", {"unchanged": ("new",)}, "new was changed"),
        ("pass", {"check": lambda _: "it is missing"}, "it is missing"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path,
    env: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    code: str,
    wanted: dict[str, object],
    fault: str,
) -> None:
    assert play(tmp_path, env, code, **wanted) == 1
    assert f"WRONG step 1: {fault}" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "ended"), [("serving at once", 0), ("no", 1)])
def test_a_server_runs_until_the_body_is_done(
    tmp_path: Path, env: dict[str, str], words: str, ended: int
) -> None:
    stage = Stage(env)
    stays = "import threading; threading.Event().wait()" if ended == 0 else ""
    program = [sys.executable, "-c", f"print({words!r}, flush=True); {stays}"]
    with stage.running(program, tmp_path, why="To see.", says="serving"):
        stage.step([sys.executable, "-c", "pass"], tmp_path, why="Meanwhile.")
    assert stage.end() == ended


def test_a_folder_changes_with_any_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner" / "__pycache__").mkdir(parents=True)
    (folder / "inner" / "a").write_text("1", encoding="utf-8")
    before = fingerprint(folder)
    (folder / "inner" / "__pycache__" / "a.pyc").write_text("x", encoding="utf-8")
    compiled = fingerprint(folder)
    (folder / "inner" / "a").write_text("2", encoding="utf-8")

    assert before == compiled != fingerprint(folder)
