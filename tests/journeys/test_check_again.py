"""The answer of a check is given again while nothing has changed, and never longer."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import MakeProject

TOOLS = '\n[tool.onward.check]\ntools = ["ruff"]\n'


class House:
    def __init__(self, root: Path, env: dict[str, str]) -> None:
        self.root = root
        self.env = env

    def settle(self) -> None:
        """Let all that was written be old enough to be believed: times of change cannot be set back."""
        while True:
            newest = max(
                max(place.stat().st_mtime_ns, place.stat().st_ctime_ns)
                for place in (self.root, *self.root.rglob("*"))
            )
            if newest < time.time_ns() - 2_100_000_000:
                return
            time.sleep(0.1)

    def check(self, *words: str, **env: str) -> tuple[int, str, bool]:
        """Give exit code, output, and whether the answer was one from before."""
        argv = (sys.executable, "-X", "importtime", "-m", "onward", "check", *words)
        ran = subprocess.run(
            argv,
            cwd=self.root,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout, "onward.workflows.check\n" not in ran.stderr


@pytest.fixture
def house(project: MakeProject, env: dict[str, str]) -> House:
    root = project(files={"a.py": "import os\n", "sub/b.py": "x = 1\n"}, extra=TOOLS)
    house = House(root, env)
    house.settle()
    return house


@pytest.mark.slow
def test_the_same_answer_comes_at_once_and_a_change_is_seen(house: House) -> None:
    first = house.check()
    assert first[0] == 1
    assert "F401" in first[1]
    assert first[2] is False
    assert house.check() == (*first[:2], True)
    assert house.check("--json")[2] is False, "another question has another answer"
    assert house.check(ONWARD_RUFF="elsewhere")[2] is False, "so has another environment"
    assert house.check() == (*first[:2], True)
    (house.root / "a.py").write_text('"""Fine."""\n')
    code, said, again = house.check()
    assert (code, again) == (0, False)
    assert "F401" not in said
    assert house.check()[2] is False, "what was changed just now may change again unseen"


@pytest.mark.slow
@pytest.mark.parametrize("change", ["new", "gone", "moved", "settings above", "same size and time"])
def test_nothing_that_changes_goes_unseen(house: House, change: str) -> None:
    house.check()
    assert house.check()[2] is True
    place = house.root / "a.py"
    if change == "new":
        (house.root / "sub" / "c.py").write_text("import sys\n")
    elif change == "gone":
        place.unlink()
    elif change == "moved":
        place.rename(house.root / "sub" / "a.py")
    elif change == "settings above":
        (house.root.parent / "ruff.toml").write_text("")
    else:
        before = place.stat()
        place.write_text("import re\n")
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert house.check()[2] is False


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "link"), reason="the system has no links")
def test_another_environment_that_shares_files_changes_nothing(house: House) -> None:
    inside = house.root / ".venv" / "lib" / "shared.py"
    inside.parent.mkdir(parents=True)
    (house.root / ".venv" / "pyvenv.cfg").write_text("")
    inside.write_text("x = 1\n")
    os.link(inside, house.root.parent / "in uv's cache")
    house.settle()
    house.check()
    os.link(inside, house.root.parent / "in another environment")
    assert house.check()[2] is True
    inside.write_text("x = 22\n")
    assert house.check()[2] is False


@pytest.mark.slow
def test_a_damaged_answer_is_none(house: House) -> None:
    first = house.check()
    (kept,) = (Path(house.env["ONWARD_CACHE_DIR"]) / "check" / "again").iterdir()
    kept.write_bytes(kept.read_bytes()[:-3])
    assert house.check()[:2] == first[:2]
    kept.write_bytes(b"")
    assert house.check()[:2] == first[:2]


@pytest.mark.slow
def test_that_a_tool_is_not_there_lasts_until_something_is_installed(house: House) -> None:
    place = house.root / "pyproject.toml"
    text = place.read_text(encoding="utf-8").replace('["ruff"]', '["ruff", "mypy", "vulture"]')
    place.write_text(text, encoding="utf-8")
    house.settle()
    first = house.check()
    assert "tool/missing" in first[1]
    assert house.check() == (*first[:2], True)
    program = house.root / ".venv" / "bin" / "vulture"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text("")
    house.settle()
    assert house.check()[2] is False


BREAKS = """\
#!/bin/sh
echo asked >> "{log}"
if [ -e "{elsewhere}" ]; then cat "{elsewhere}" >&2; exit 7; fi
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the tool is a script of sh")
def test_a_tool_that_failed_is_asked_each_time_and_the_rest_is_not(house: House) -> None:
    log, elsewhere = house.root.parent / "log", house.root.parent / "elsewhere"
    place = house.root / "pyproject.toml"
    text = place.read_text(encoding="utf-8").replace('["ruff"]', '["ruff", "typos"]')
    place.write_text(text, encoding="utf-8")
    program = house.root / ".venv" / "bin" / "typos"
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(BREAKS.format(log=log, elsewhere=elsewhere), encoding="utf-8")
    program.chmod(0o755)
    about = house.root / ".venv" / "lib" / "python3.11" / "site-packages" / "typos-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: typos\nVersion: 1.0\n")
    elsewhere.write_text("no room on the disk\n")
    house.settle()

    def asked() -> int:
        return len(log.read_text().splitlines())

    first = house.check()
    assert "typos could not look" in first[1]
    assert (house.check(), asked()) == ((*first[:2], True), 2)
    elsewhere.write_text("no memory\n")
    second = house.check()
    assert second[2] is False, "it stumbled over something else"
    assert house.check() == (*second[:2], True)
    elsewhere.unlink()
    third = house.check()
    assert "typos could not look" not in third[1]
    before = asked()
    assert (house.check(), asked()) == ((*third[:2], True), before), "its answer is kept now"


CRASHES = """\
#!{python}
with open({log!r}, "a") as log:
    log.write("asked\\n")
if {failing!r} == "itself":
    raise ValueError("a name is required")
raise OSError(28, "no space left on the device")
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the tool is a script that starts itself")
@pytest.mark.parametrize(("failing", "asked"), [("itself", 1), ("elsewhere", 2)])
def test_a_tool_with_an_error_in_its_own_code_is_not_asked_again(
    house: House, failing: str, asked: int
) -> None:
    log = house.root.parent / "log"
    place = house.root / "pyproject.toml"
    text = place.read_text(encoding="utf-8").replace('["ruff"]', '["ruff", "deptry"]')
    place.write_text(text, encoding="utf-8")
    program = house.root / ".venv" / "bin" / "deptry"
    program.parent.mkdir(parents=True, exist_ok=True)
    (house.root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (house.root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n", encoding="utf-8")
    said = CRASHES.format(python=sys.executable, log=str(log), failing=failing)
    program.write_text(said, encoding="utf-8")
    program.chmod(0o755)
    about = house.root / ".venv" / "lib" / "python3.11" / "site-packages" / "deptry-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: deptry\nVersion: 1.0\n")
    house.settle()
    first = house.check()
    assert "deptry could not look" in first[1]
    assert (house.check(), len(log.read_text().splitlines())) == ((*first[:2], True), asked)
    before = len(log.read_text().splitlines())
    (house.root / "more.py").write_text("", encoding="utf-8")
    assert "deptry could not look" in house.check()[1]
    assert len(log.read_text().splitlines()) == before + 1, "its failure is no answer to keep"


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform == "win32", reason="a pipe that breaks is told there in other ways"
)
@pytest.mark.parametrize("form", ["--json", "--all"])
def test_a_reader_who_has_enough_changes_neither_verdict_nor_the_next_answer(
    project: MakeProject, env: dict[str, str], form: str
) -> None:
    root = project(files={"a.py": "import os\n" * 1500}, extra=TOOLS)
    house = House(root, env)
    house.settle()

    def broken_off() -> int:
        with subprocess.Popen(
            (sys.executable, "-m", "onward", "check", form),
            cwd=root,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            assert child.stderr is not None
            assert child.stdout.read(1)
            child.stdout.close()
            assert child.stderr.read() == b""
            return child.wait()

    assert broken_off() == 1
    code, said, _ = house.check(form)
    assert code == 1
    assert said.count("F811") == 1499
    assert house.check(form) == (code, said, True)
    assert broken_off() == 1  # the answer from before, which nobody reads to its end either
