"""``onward check --warm`` with the real mypy and its real daemon: as right as a check without, whatever happens to it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.editor_client import editor
from tests.journeys.edits import Edited
from tests.journeys.test_check import Onward
from tests.journeys.test_check_types import with_environment

MYPY = '[tool.onward.check]\ntools = ["mypy"]\n'
FILES = {
    "src/demo/__init__.py": "",
    "src/demo/a.py": "def f(x: int) -> int:\n    return x\n",
    "src/demo/b.py": "from demo.a import f\n\nsize: int = f(1)\n",
}
STAYS = "stays in memory now"
ASKED = "[from memory]"


class Warm(Onward):
    """``onward check --warm``, and what is known of the process that stays."""

    @property
    def folder(self) -> Path:
        (found,) = Path(self.env["ONWARD_CACHE_DIR"]).glob("check/*/warm")
        return found

    @property
    def pid(self) -> int:
        return pid_in(self.status)

    @property
    def status(self) -> Path:
        standing = json.loads((self.folder / "standing.json").read_bytes())
        return self.folder / f"dmypy-{standing['number']}.json"

    def found(self, root: Path, *words: str) -> list[tuple[Any, ...]]:
        """Give all that is told of mypy's findings."""
        value = self.json(root, *words)
        return sorted(
            (
                one["subject"].get("path", ""),
                one["subject"].get("line", 0),
                one["subject"].get("column", 0),
                one["subject"].get("end_column", 0),
                one["rule"],
                one["message"],
            )
            for one in value["findings"]
            if one["rule"].startswith(("mypy/", "tool/"))
        )


@pytest.fixture
def warm(env: dict[str, str], clock: FakeClock) -> Iterator[Warm]:
    onward = Warm({**env, "CI": ""}, clock)
    yield onward
    for status in Path(env["ONWARD_CACHE_DIR"]).glob("check/*/warm/dmypy-*.json"):
        end(pid_in(status))


@pytest.fixture
def root(project: MakeProject) -> Path:
    return with_environment(project(files=FILES, extra=MYPY))


def pid_in(status: Path) -> int:
    value: dict[str, Any] = json.loads(status.read_bytes())
    return int(value["pid"])


def end(pid: int) -> None:
    try:
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    except OSError:
        return


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def is_gone(pid: int) -> bool:
    """Whether a process that was told to end has ended; it may take a moment."""
    deadline = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(pid)


def add(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_it_stays_is_asked_and_ends_when_told_to(root: Path, warm: Warm) -> None:
    assert warm(root, "--warm-stop") == 0
    assert "No type checker is in memory." in warm.out
    warm(root)
    assert not list(Path(warm.env["ONWARD_CACHE_DIR"]).glob("check/*/warm"))  # nobody asked for it
    add(root / "src/demo/a.py", "# one\n")
    assert warm(root, "--warm") == 0
    assert STAYS in warm.err
    assert ASKED not in warm.out  # a new one looked too
    pid = warm.pid
    add(root / "src/demo/a.py", "# two\n")
    assert warm(root, "--warm") == 0
    assert (ASKED in warm.out, STAYS in warm.err, warm.pid) == (True, False, pid)
    add(root / "src/demo/a.py", "\ndef g() -> str:\n    return f(2)\n")
    assert warm(root, "--warm") == 1  # whatever is new is looked at by a new one
    assert ASKED not in warm.out
    assert "7:12  ratchet  Incompatible return value type" in warm.out
    text = (root / "src/demo/a.py").read_text(encoding="utf-8")
    (root / "src/demo/a.py").write_text(f"# above\n{text}", encoding="utf-8")
    assert warm(root, "--warm") == 1
    assert ASKED in warm.out
    assert "8:12  ratchet  Incompatible return value type" in warm.out
    assert warm(root, "--warm-stop") == 0
    assert "has ended" in warm.out
    assert not list(warm.folder.glob("dmypy-*.json"))


def test_nothing_that_it_said_is_kept(root: Path, warm: Warm) -> None:
    warm(root, "--warm")
    add(root / "src/demo/a.py", "# one\n")
    warm(root, "--warm")
    assert ASKED in warm.out
    assert warm.json(root)["tools"][0]["warm"] is False
    warm(root, "--warm")
    assert ASKED not in warm.out  # what a new one said is


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("rings", "edits"), [(False, 8), (True, 5)], ids=["layers", "rings"])
def test_it_finds_what_a_new_one_finds_whatever_is_edited(
    root: Path, warm: Warm, tmp_path: Path, rings: bool, edits: int
) -> None:
    cold = Warm({**warm.env, "ONWARD_CACHE_DIR": str(tmp_path / "other cache")}, warm._clock)
    pyproject = (root / "pyproject.toml").read_text(encoding="utf-8")

    def settle(words: str) -> None:
        text = f"{pyproject}\n[tool.mypy]\n{words}"
        (root / "pyproject.toml").write_text(text, encoding="utf-8")

    environment = root / ".venv"
    (site,) = (
        *environment.glob("lib/python*/site-packages"),
        *environment.glob("Lib/site-packages"),
    )
    edited = Edited(root / "src", site, settle, seed=7, rings=rings)
    for _ in range(edits):
        what = edited.edit()
        assert warm.found(root, "--warm") == cold.found(root), what


def test_another_release_other_settings_and_a_removed_file_start_it_anew(
    root: Path, warm: Warm
) -> None:
    warm(root, "--warm")
    pids = [warm.pid]
    (root / "src/demo/b.py").unlink()
    warm(root, "--warm")
    pids.append(warm.pid)
    add(root / "pyproject.toml", "[tool.mypy]\nstrict = true\n")
    warm(root, "--warm")
    pids.append(warm.pid)
    assert len(set(pids)) == 3
    assert (is_gone(pids[0]), is_gone(pids[1]), is_alive(pids[2])) == (True, True, True)


def test_it_may_be_killed_at_any_time(root: Path, warm: Warm) -> None:
    warm(root, "--warm")
    first = warm.pid
    end(first)
    add(root / "src/demo/a.py", "\ndef g() -> str:\n    return f(2)\n")
    assert warm(root, "--warm") == 1
    assert (warm.pid == first, STAYS in warm.err) == (False, True)
    # the number may be another process's by now
    with subprocess.Popen((sys.executable, "-c", "input()"), stdin=subprocess.PIPE) as other:
        end(warm.pid)
        status = {"pid": other.pid, "connection_name": str(root / "nobody.sock")}
        warm.status.write_text(json.dumps(status), encoding="utf-8")
        add(root / "src/demo/a.py", "# one\n")
        assert warm(root, "--warm") == 1
        assert STAYS in warm.err
        assert other.poll() is None
        other.communicate(b"\n")


def test_onward_may_be_killed_while_it_starts_one(root: Path, warm: Warm) -> None:
    words = (sys.executable, "-m", "onward", "check", "--warm")
    with subprocess.Popen(words, cwd=root, env=warm.env, stdout=subprocess.DEVNULL) as check:
        deadline = time.monotonic() + 60
        while not list(Path(warm.env["ONWARD_CACHE_DIR"]).glob("check/*/warm/standing.json")):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        check.kill()
    add(root / "src/demo/a.py", "\ndef g() -> str:\n    return f(2)\n")
    assert warm(root, "--warm") == 1
    assert "Incompatible return value type" in warm.out
    said = warm.err
    add(root / "src/demo/a.py", "# one\n")
    assert warm(root, "--warm") == 1
    assert ASKED in warm.out, (said, warm.err)


def test_where_none_is_wanted_there_is_none(root: Path, warm: Warm) -> None:
    add(root / "pyproject.toml", "warm = true\n")
    assert warm(root, CI="true") == 0
    assert "No type checker is kept warm where CI is set" in warm.err
    assert warm(root, "--no-warm") == 0
    assert warm(root, "--warm", "--staged") == 2
    assert "[only-anew]" in warm.err
    assert not list(Path(warm.env["ONWARD_CACHE_DIR"]).glob("check/*/warm"))


def test_an_editor_ends_the_one_that_it_started(root: Path, warm: Warm) -> None:
    bad = "def f(x: int) -> int:\n    return 'x'\n"
    with editor(root, warm.env) as client:
        client.begin(settings={"warm": True})
        client.open("src/demo/a.py")
        client.save("src/demo/a.py", bad)
        client.until("src/demo/a.py", "mypy/return-value")
        pid = warm.pid
        assert is_alive(pid)
        assert client.end() == 0
    assert is_gone(pid)
    # an answer that still holds needs nobody in memory
    (root / "src/demo/a.py").write_text(f"{bad}\n\ndef g() -> None: ...\n", encoding="utf-8")
    warm(root, "--warm")
    with editor(root, warm.env) as client:
        client.begin(settings={"warm": True})
        client.open("src/demo/a.py")
        client.until("src/demo/a.py", "mypy/return-value")
        assert client.end() == 0
    assert is_alive(warm.pid)  # not the editor's
