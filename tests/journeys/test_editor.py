"""An editor talks with ``onward check --lsp`` over pipes: findings on open and save, and what to do about them."""

import io
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject
from tests.editor_client import editor

TYPES = '[tool.onward.check]\ntools = ["ruff", "ruff format"]\n'
SELECTED = f'{TYPES}[tool.ruff.lint]\nselect = ["E", "F"]\n'
BAD = 'import os\n\n\ndef half(x):\n    return "🦉", wrong\n'
FIXED = 'def half(x):\n    return "🦉", wrong\n'
RESOLVES = {"codeAction": {"resolveSupport": {"properties": ["edit"]}}}
CAN = {
    "textDocument": RESOLVES,
    "workspace": {"workspaceEdit": {"documentChanges": True}},
    "window": {"showDocument": {"support": True}},
}


@pytest.fixture
def root(project: MakeProject) -> Path:
    return project(files={"a.py": BAD, "b.py": "import re\n"}, extra=SELECTED).resolve()


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """Do text edits of a file without signs beyond the first plane before them in a line."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:at])) for at in range(len(lines) + 1)]
    for edit in sorted(edits, key=lambda one: -one["range"]["start"]["line"]):
        first, last = (starts[spot["line"]] + spot["character"] for spot in edit["range"].values())
        text = text[:first] + edit["newText"] + text[last:]
    return text


def only(actions: list[Any], beginning: str) -> Any:
    (found,) = (one for one in actions if one["title"].startswith(beginning))
    return found


def test_findings_come_on_open_and_go_on_save(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        can = client.begin(**CAN)["capabilities"]
        assert can["codeActionProvider"]["resolveProvider"] is True
        client.open("a.py")
        unused, undefined = client.until("a.py", "ruff/F401", "ruff/F821")
        assert client.codes("b.py") == []  # nobody has opened it
        assert undefined["severity"] == 1
        assert undefined["source"] == "onward"
        assert undefined["codeDescription"]["href"].startswith("https://docs.astral.sh/ruff/rules/")
        # the owl counts two units of UTF-16, and one of code points
        assert undefined["range"] == {
            "start": {"line": 4, "character": 17}, "end": {"line": 4, "character": 22},
        }  # fmt: skip
        assert unused["range"]["start"] == {"line": 0, "character": 7}
        client.save("a.py", 'def half(x):\n    return "🦉", x\n')
        client.until("a.py")
        assert client.end() == 0


def test_columns_count_as_the_editor_wants_them(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        told = client.begin(general={"positionEncodings": ["utf-32"]})
        assert told["capabilities"]["positionEncoding"] == "utf-32"
        client.open("a.py")
        _, undefined = client.until("a.py", "ruff/F401", "ruff/F821")
        assert undefined["range"]["start"] == {"line": 4, "character": 16}


def test_all_files_when_the_settings_say_so(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        client.begin(settings={"files": "all"})
        client.until("b.py", "ruff/F401")
        client.tell("workspace/didChangeConfiguration", settings={"onward": {"files": "open"}})
        client.until("b.py")
        client.tell("workspace/didChangeConfiguration", settings={"onward": {"files": 7}})
        client.open("b.py")
        client.until("b.py", "ruff/F401")
        assert "cannot be read" in str(client.told)


def test_a_rule_is_mended_in_the_text_as_it_stands_unsaved(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        client.begin(**CAN)
        client.open("a.py")
        unused, undefined = client.until("a.py", "ruff/F401", "ruff/F821")
        client.change("a.py", f"# new\n{BAD}", 2)
        action = only(client.actions("a.py", unused), "Mend ruff/F401")
        assert action["isPreferred"] is True
        assert "edit" not in action
        (change,) = client.ask("codeAction/resolve", **action)["edit"]["documentChanges"]
        assert change["textDocument"]["version"] == 2
        assert applied(f"# new\n{BAD}", change["edits"]) == f"# new\n\n\n{FIXED}"
        titles = [one["title"] for one in client.actions("a.py", undefined)]
        assert not [title for title in titles if title.startswith("Mend ruff/F821")]


def test_everything_safe_is_mended_at_once_also_without_resolving(
    root: Path, env: dict[str, str]
) -> None:
    with editor(root, env) as client:
        client.begin()
        client.open("a.py")
        client.until("a.py", "ruff/F401", "ruff/F821")
        (action,) = client.actions("a.py", only=["source.fixAll"])
        (edits,) = action["edit"]["changes"].values()
        assert "import os" not in applied(BAD, edits)
        assert (root / "a.py").read_text(
            encoding="utf-8"
        ) == BAD  # the editor writes, not the server


def test_silencing_leaves_room_for_the_reason_and_it_is_asked_for(
    root: Path, env: dict[str, str]
) -> None:
    with editor(root, env) as client:
        client.begin(**CAN)
        client.open("a.py")
        _, undefined = client.until("a.py", "ruff/F401", "ruff/F821")
        action = only(client.actions("a.py", undefined), "Silence ruff/F821")
        (change,) = action["edit"]["documentChanges"]
        (edit,) = change["edits"]
        assert edit["newText"] == "  # noqa: F821 - "
        assert edit["range"]["start"] == {"line": 4, "character": 22}
        client.ask("workspace/executeCommand", **action["command"])
        shown = client.asked[-1]["params"]
        assert shown["selection"]["start"] == {"line": 4, "character": 39}
        line = BAD.splitlines()[4]
        client.save("a.py", BAD.replace(line, f"{line}  # noqa: F821 - "))
        client.until("a.py", "ruff/F401", "ruff/format", "suppression/no-reason")
        client.save("a.py", BAD.replace(line, f"{line}  # noqa: F821 - made at run time"))
        client.until("a.py", "ruff/F401")


def test_a_rule_is_explained(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        client.begin(**CAN)
        client.open("a.py")
        unused, _ = client.until("a.py", "ruff/F401", "ruff/F821")
        command = only(client.actions("a.py", unused), "Explain ruff/F401")["command"]
        text = client.ask("workspace/executeCommand", **command)
        assert text.startswith("ruff/F401: unused import")
        assert "Left here: 2 in 2 files" in text
        assert client.asked[-1]["method"] == "window/showDocument"
        wrong = client.answer(
            client.post("workspace/executeCommand", command="onward.explain", arguments=["no/such"])
        )
        assert "error" in wrong
        assert client.ask("workspace/executeCommand", **command) == text


def test_a_broken_project_is_said_and_what_was_found_stays(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        client.begin()
        client.open("a.py")
        client.until("a.py", "ruff/F401", "ruff/F821")
        good = (root / "pyproject.toml").read_text(encoding="utf-8")
        client.save("pyproject.toml", f"{good}\n[tool.onward\n")
        (said,) = client.until("pyproject.toml", "editor/not-checked")
        assert "could not check this project" in said["message"]
        assert client.codes("a.py") == ["ruff/F401", "ruff/F821"]
        client.save("pyproject.toml", good)
        client.save("a.py", FIXED)
        client.until("a.py", "ruff/F821")
        client.until_gone("pyproject.toml", "editor/not-checked")


def test_a_tool_that_crashes_is_one_diagnostic(project: MakeProject, env: dict[str, str]) -> None:
    table = '\n[[tool.onward.check.sarif]]\nname = "crash"\ncommand = ["./crash"]\n'
    root = project(files={"a.py": "import os\n"}, extra=SELECTED + table)
    program = root / "crash"
    program.write_text(f"#!{sys.executable}\nraise SystemExit(77)\n", encoding="utf-8")
    program.chmod(0o755)
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    (root / "pyproject.toml").write_text(
        text.replace('"ruff format"]', '"ruff format", "crash"]'), encoding="utf-8"
    )
    with editor(root.resolve(), env) as client:
        client.begin()
        client.open("a.py")
        client.until("a.py", "ruff/F401")
        said = client.until_said("pyproject.toml", "tool/failed", "crash could not look")
        assert said["severity"] == 1


def test_the_newest_check_wins_and_a_tool_that_hangs_is_stopped(
    project: MakeProject, env: dict[str, str]
) -> None:
    table = '\n[[tool.onward.check.sarif]]\nname = "hang"\ncommand = ["./hang"]\n'
    root = project(files={"a.py": "import os\n"}, extra=SELECTED + table)
    toml = root / "pyproject.toml"
    good = toml.read_text(encoding="utf-8")
    began = root / "began"
    program = root / "hang"
    program.write_text(
        f"#!{sys.executable}\nimport signal\nopen({str(began)!r}, 'w').close()\nsignal.pause()\n",
        encoding="utf-8",
    )
    program.chmod(0o755)
    toml.write_text(good.replace('"ruff format"]', '"ruff format", "hang"]'), encoding="utf-8")
    with editor(root.resolve(), env) as client:
        client.begin()
        client.open("a.py")
        while not began.exists():  # the check hangs, and the server answers all the same
            assert client.actions("a.py", only=["refactor"]) == []
        toml.write_text(good, encoding="utf-8")
        client.save("a.py")
        client.until("a.py", "ruff/F401")
        assert "hang" not in str(client.shown)
        toml.write_text(good.replace('"ruff format"]', '"ruff format", "hang"]'), encoding="utf-8")
        began.unlink()
        client.save("a.py")
        while not began.exists():
            assert client.actions("a.py", only=["refactor"]) == []
        assert client.end() == 0  # in the middle of it


def test_cancelling_does_no_harm(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        client.begin(**CAN)
        client.open("a.py")
        unused, _ = client.until("a.py", "ruff/F401", "ruff/F821")
        action = only(client.actions("a.py", unused), "Mend ruff/F401")
        numbers = [client.post("codeAction/resolve", **action) for _ in range(8)]
        for number in numbers:
            client.tell("$/cancelRequest", id=number)
        answers = [client.answer(number) for number in numbers]
        assert all("result" in one or one["error"]["code"] == -32800 for one in answers)
        client.tell("$/cancelRequest", id=99)
        assert client.ask("codeAction/resolve", **action)["edit"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM")
def test_it_ends_when_it_is_told_to_or_the_editor_is_gone(root: Path, env: dict[str, str]) -> None:
    with editor(root, env) as client:
        client.begin()
        client.process.send_signal(signal.SIGTERM)
        assert client.process.wait(30) != 0
    with editor(root, env) as client:
        client.begin()
        assert client.process.stdin is not None
        client.process.stdin.close()
        assert client.process.wait(30) != 0


def test_old_findings_are_hidden_unless_they_are_asked_for(
    root: Path, env: dict[str, str], clock: FakeClock
) -> None:
    rows = '[[tool.onward.policy]]\nmatch = "ruff/*"\nlevel = "ratchet"\nwhy = "old code"\n'
    toml = root / "pyproject.toml"
    toml.write_text(f"{toml.read_text(encoding='utf-8')}\n{rows}", encoding="utf-8")
    out = io.StringIO()
    assert run_verb(["check", "--adopt"], env, cwd=root, clock=clock, out=out, err=out) == 0
    (root / "b.py").write_text("import re\nimport json\n", encoding="utf-8")
    with editor(root, env) as client:
        client.begin()
        client.open("b.py")
        (new,) = client.until("b.py", "ruff/F401")
        assert (new["severity"], new["range"]["start"]["line"]) == (2, 1)
        client.tell("workspace/didChangeConfiguration", settings={"onward": {"known": True}})
        old, _ = client.until("b.py", "ruff/F401", "ruff/F401")
        assert old["severity"] == 4
        assert "(known from before)" in old["message"]


def test_no_project_is_said(tmp_path: Path, env: dict[str, str]) -> None:
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "a.py").write_text("import os\n", encoding="utf-8")
    with editor(lone.resolve(), env) as client:
        client.begin()
        client.open("a.py")
        client.until("pyproject.toml", "editor/not-checked")
        assert client.end() == 0
