"""One that stays in memory is believed only as far as a new one bears it out; both are small programs here."""

import json
import sys
from pathlib import Path

import pytest

from onward.core.disk import locked
from onward.core.proc.call import Call, Ran
from onward.core.tool import Probe
from onward.workflows.checking.warm import Stay, Warmth, ask, end, is_there

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts")

NEW = """#!{python}
import pathlib, sys
pathlib.Path("log").open("a").write("mypy ")
said = pathlib.Path("new")
sys.stdout.write(said.read_text() if said.exists() else "")
more = pathlib.Path("more")
sys.stderr.write(more.read_text() if more.exists() else "")
sys.exit(1 if said.exists() else 0)
"""
STAYING = """#!{python}
import json, pathlib, sys, time
status, word = pathlib.Path(sys.argv[2]), sys.argv[3]
pathlib.Path("log").open("a").write(word + " ")
if word in ("stop", "kill"):
    status.unlink()
    sys.exit(0)
if not status.exists():
    status.write_text(json.dumps({{"pid": 1}}))
    print("Daemon started")
if pathlib.Path("hang").exists():
    time.sleep(60)
crash = pathlib.Path("crash")
left = int(crash.read_text()) if crash.exists() else 0
if left:
    crash.write_text(str(left - 1))
    print("Daemon crashed!", file=sys.stderr)
    sys.exit(2)
said = pathlib.Path("old")
sys.stdout.write(said.read_text() if said.exists() else "")
sys.exit(2 if pathlib.Path("two").exists() else 1 if said.exists() else 0)
"""


def finding(message: str, line: int = 1, code: str | None = "misc") -> str:
    told = {
        "file": "a.py", "line": line, "column": 0, "message": message, "hint": None, "code": code,
        "severity": "error",
    }  # fmt: skip
    return json.dumps(told) + "\n"


class Place:
    """A project with a mypy and a dmypy that say what files there tell them to say."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.folder = folder / "warm"
        (folder / "bin").mkdir()
        self.root.mkdir()
        for name, text in (("mypy", NEW), ("dmypy", STAYING)):
            program = folder / "bin" / name
            program.write_text(text.format(python=sys.executable), encoding="utf-8")
            program.chmod(0o755)
        self.program = str(folder / "bin" / "mypy")
        self.unchanged = True

    def say(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def unsay(self, *names: str) -> None:
        for name in names:
            (self.root / name).unlink()

    def ask(
        self, identity: str = "one", names: tuple[str, ...] = ("a.py",), later: float = 60
    ) -> tuple[Ran, Warmth]:
        self.say("log", "")
        stay = Stay(
            folder=self.folder,
            identity=identity,
            names=frozenset(names),
            unchanged=lambda: self.unchanged,
            later=later,
        )
        call = Call(argv=(self.program, "--", "."), cwd=str(self.root), env={}, ok=(0, 1))
        return ask(Probe(tool="mypy", found=True, program=self.program), call, stay)

    @property
    def log(self) -> str:
        return (self.root / "log").read_text(encoding="utf-8").strip()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_first_answer_is_a_new_ones_and_then_it_is_asked_alone(place: Place) -> None:
    ran, warmth = place.ask()
    assert (ran.code, warmth, place.log) == (0, Warmth(started=True), "run mypy")
    ran, warmth = place.ask()
    assert (ran.code, warmth, place.log) == (0, Warmth(asked=True), "run")


def test_what_is_found_anew_is_what_a_new_one_finds(place: Place) -> None:
    place.ask()
    place.say("old", finding("wrong"))
    place.say("new", finding("wrong"))
    ran, warmth = place.ask()
    assert (ran.out, warmth.asked, place.log) == (finding("wrong").encode(), False, "run mypy")
    place.say("old", finding("wrong", line=2))
    ran, warmth = place.ask()  # the same, further down
    assert (ran.out, ran.code, warmth.asked) == (finding("wrong", line=2).encode(), 1, True)


def test_one_that_is_wrong_is_ended_and_after_three_times_left_alone(place: Place) -> None:
    place.ask()
    place.say("new", finding("there"))
    for number in range(3):
        place.say("old", finding(f"something else {number}"))
        ran, warmth = place.ask()
        assert ran.out == finding("there").encode()
        assert warmth.cold == "its daemon failed: it found something else than a new one"
        assert place.log == "run mypy stop"
        assert not is_there(place.folder)
    ran, warmth = place.ask()
    assert (ran.out, place.log) == (finding("there").encode(), "mypy")
    assert "failed 3 times; the last time it found something else" in warmth.cold
    place.ask(identity="other settings")
    assert place.log == "run mypy stop"
    end(place.folder, {})  # whoever ends it gives it another chance
    place.say("old", finding("there"))
    assert place.ask()[1] == Warmth(started=True)


def test_one_that_sees_nothing_where_it_saw_something_before_is_not_believed(place: Place) -> None:
    place.say("old", finding("there"))
    place.say("new", finding("there"))
    place.ask()
    place.unsay("old")
    ran, _ = place.ask()
    assert ran.out == finding("there").encode()


def test_code_that_changes_meanwhile_is_no_ones_fault(place: Place) -> None:
    place.ask()
    place.say("old", finding("before"))
    place.say("new", finding("after"))
    place.unchanged = False
    ran, warmth = place.ask()
    assert (ran.out, warmth.cold, place.log) == (finding("after").encode(), "", "run mypy")
    place.say("old", finding("after"))
    assert not place.ask()[1].asked  # nothing is known to be right


def test_one_that_does_not_answer_is_killed_and_a_new_one_looks(place: Place) -> None:
    place.ask()
    place.say("hang", "")
    place.say("new", finding("there"))
    ran, warmth = place.ask(later=0.5)
    assert (ran.out, place.log) == (finding("there").encode(), "run kill mypy")
    assert "did not finish within" in warmth.cold
    place.unsay("hang")
    place.say("old", finding("there"))
    assert place.ask()[1].started
    assert place.ask()[1].asked


def test_one_that_crashed_is_started_anew_and_if_that_is_no_better_a_new_one_looks(
    place: Place,
) -> None:
    place.ask()
    place.say("crash", "1")
    place.say("new", finding("there"))
    place.say("old", finding("there"))
    ran, warmth = place.ask()
    assert (ran.out, place.log) == (finding("there").encode(), "run stop run mypy")
    assert warmth == Warmth(started=True)
    place.say("crash", "2")
    ran, warmth = place.ask()
    assert (ran.out, place.log) == (finding("there").encode(), "run stop run stop mypy")
    assert warmth.cold == "its daemon failed: it ended with exit code 2: Daemon crashed!"


@pytest.mark.parametrize("said", ["nonsense\n", '{"file": 1}\n', "mypy: error\n"])
def test_an_answer_that_is_not_understood_is_none(place: Place, said: str) -> None:
    place.ask()
    place.say("old", said)
    ran, warmth = place.ask()
    assert (ran.code, warmth.cold) == (0, "its daemon failed: its answer cannot be read")


@pytest.mark.parametrize("exit_code", [1, 2])
@pytest.mark.parametrize("code", ["syntax", None])
def test_code_that_cannot_be_parsed_is_a_new_ones_to_tell(
    place: Place, code: str | None, exit_code: int
) -> None:
    place.ask()
    place.say("old", finding("broken", code=code))
    if exit_code == 2:
        place.say("two", "")
    ran, warmth = place.ask()
    assert (ran.code, warmth, place.log) == (0, Warmth(), "run mypy")
    place.unsay("old", *["two"] * (exit_code == 2))
    assert place.ask()[1].asked


def test_words_on_settings_are_not_lost(place: Place) -> None:
    place.say("more", "pyproject.toml: [mypy]: Unrecognized option: nonsense = 1\n")
    for _ in range(3):
        ran, warmth = place.ask()
        assert b"nonsense" in ran.err
        assert "has more to say" in warmth.cold
    assert place.ask()[1].cold.startswith("with these settings its daemon failed")


def test_other_settings_and_removed_files_start_it_anew(place: Place) -> None:
    place.ask(names=("a.py", "b.py"))
    place.ask(names=("a.py", "b.py", "c.py"))
    assert place.log == "run"
    place.ask(names=("a.py",))
    assert place.log == "stop run mypy"
    place.ask(identity="two")
    assert place.log == "stop run mypy"


def test_only_one_check_asks_it_at_a_time(place: Place) -> None:
    place.ask()
    with locked(place.folder / "lock", "it"):
        ran, warmth = place.ask()
    assert (ran.code, place.log) == (0, "mypy")
    assert "another check" in warmth.cold


def test_where_nothing_can_be_written_a_new_one_looks(place: Place) -> None:
    place.folder.write_text("a file", encoding="utf-8")
    _, warmth = place.ask()
    assert (warmth.asked, place.log) == (False, "mypy")
