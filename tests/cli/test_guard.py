"""``onward guard update`` and ``status``, as typed."""

import io
import json
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.cli.guard import Bar
from tests import dumps
from tests.conftest import FakeClock


class Terminal(io.StringIO):
    """A place for words that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Typed:
    """Types commands in one place, and keeps what was answered."""

    def __init__(self, env: dict[str, str], cwd: Path, clock: FakeClock) -> None:
        self.env, self.cwd, self.clock = env, cwd, clock
        self.out = self.err = ""

    def __call__(self, *words: str, err: io.StringIO | None = None) -> int:
        out, err = io.StringIO(), err or io.StringIO()
        code = run_verb(words, self.env, cwd=self.cwd, clock=self.clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code


@pytest.fixture
def typed(env: dict[str, str], tmp_path: Path, clock: FakeClock) -> Typed:
    dumps.write(tmp_path / "all.zip", dumps.several(10))
    return Typed(env, tmp_path, clock)


def test_update_then_status(typed: Typed) -> None:
    assert typed("guard", "status") == 0
    assert "starter table" in typed.out
    assert "-> `onward guard update`" in typed.out
    assert typed("guard", "update", "--from", "all.zip") == 0
    assert typed.out == (
        "Advisory data of 2026-05-31: 10 advisories on 2 projects, 0 of them on malicious releases.\n"
    )
    assert typed.err == ""
    assert typed("guard", "update", "--from", "all.zip") == 0
    assert typed.out.startswith("Nothing newer than")
    assert typed("guard", "status") == 0
    assert "OSV dump of 2026-05-31, 10 entries, 1 days old" in typed.out
    assert "onward guard update" not in typed.out


def test_old_data_is_said_each_time(typed: Typed) -> None:
    typed.clock.advance(days=40)
    assert typed("guard", "update", "--from", "all.zip") == 0
    assert "41 days old" in typed.out
    assert typed("guard", "status") == 0
    assert "more than 7 days old" in typed.out


def test_in_json(typed: Typed) -> None:
    assert typed("guard", "status", "--json") == 0
    before = json.loads(typed.out)
    assert (before["starter"], before["old"], before["feed"], before["path"]) == (
        True,
        True,
        None,
        None,
    )
    assert typed("guard", "update", "--json", "--from", "all.zip") == 0
    assert json.loads(typed.out)["changed"] is True
    assert typed("guard", "status", "--json") == 0
    after = json.loads(typed.out)
    assert (after["starter"], after["old"], after["days"]) == (False, False, 1)
    assert after["feed"]["entries"] == 10
    assert Path(after["path"]).is_file()


def test_the_environment_names_the_source(typed: Typed) -> None:
    typed.env["ONWARD_FEED_URL"] = (typed.cwd / "all.zip").as_uri()
    assert typed("guard", "update", "--quiet") == 0
    assert typed.out == typed.err == ""


def test_failures_say_what_to_do(typed: Typed) -> None:
    dumps.write(typed.cwd / "bad.zip", b"no dump")
    assert typed("guard", "update", "--from", "bad.zip") == 4
    assert "[bad-dump]" in typed.err
    assert "bad.zip" in typed.err
    assert typed("guard", "update", "--from", "absent.zip") == 2
    assert "absent.zip" in typed.err
    assert typed("guard") == 2
    assert typed("guard", "nonsense") == 2


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end(typed: Typed) -> None:
    assert typed("guard", "update", "--from", "all.zip", err=Terminal()) == 0
    assert "advisories [##############################] 10 of 10" in typed.err
    assert typed.err.endswith("\r")
    assert typed("guard", "update", "--force", "--quiet", "--from", "all.zip", err=Terminal()) == 0
    assert typed.err == ""


def test_a_bar_without_a_known_end() -> None:
    err = Terminal()
    bar = Bar(err)
    bar.show("download", 2_500_000, 0)
    bar.show("download", 5_000_000, 10_000_000)
    assert "download 2.5 MB" in err.getvalue()
    assert "[###############...............] 5.0 MB of 10.0 MB" in err.getvalue()
