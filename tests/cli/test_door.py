"""Words that do not fit are told with the word that was meant, and the answer stays in order."""

import datetime as dt
import io
import os
import signal
import sys
from pathlib import Path

import pytest

from onward.cli.door import Desk, run_verb, show_error, terminable
from onward.core.errors import BadInput


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["undo", "--forc"], "`--force`"),
        (["python", "lst"], "`list`"),
        (["new", "x", "--kind", "librry"], "`library`"),
        (["guard", "updat"], "`update`"),
    ],
)
def test_a_slip_in_an_option_or_a_choice_is_told(
    words: list[str], meant: str, tmp_path: Path
) -> None:
    err = io.StringIO()

    assert run_verb(words, {}, cwd=tmp_path, out=io.StringIO(), err=err) == 2
    assert f"-> Did you mean {meant}?" in err.getvalue()


def test_a_word_near_to_nothing_gets_no_guess(tmp_path: Path) -> None:
    err = io.StringIO()

    assert run_verb(["undo", "--zzzz"], {}, cwd=tmp_path, out=io.StringIO(), err=err) == 2
    assert "Did you mean" not in err.getvalue()


def desk(out: io.TextIOWrapper, err: io.TextIOWrapper) -> Desk:
    return Desk({}, cwd=Path(), clock=lambda: dt.datetime.now(dt.UTC), out=out, err=err)


def test_answer_and_progress_keep_their_order_in_one_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("a", encoding="utf-8") as out, log.open("a", encoding="utf-8") as err:
        both = desk(out, err)
        both.tell("first")
        both.say("second")
        both.tell("third")

    assert log.read_text(encoding="utf-8").split() == ["first", "second", "third"]


def test_progress_goes_on_when_nobody_reads_the_answer(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    err = io.StringIO()
    alone = Desk({}, cwd=tmp_path, clock=lambda: dt.datetime.now(dt.UTC), out=Gone(), err=err)

    alone.tell("still at work")

    assert err.getvalue() == "still at work\n"


def test_work_and_exit_code_stay_when_nobody_reads(tmp_path: Path) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    nowhere = Desk({}, cwd=tmp_path, clock=lambda: dt.datetime.now(dt.UTC), out=Gone(), err=Gone())
    nowhere.say("answer")
    nowhere.tell("progress")
    nowhere.stops_unread = True
    with pytest.raises(BrokenPipeError):
        nowhere.say("a long answer")
    assert run_verb(["undo"], {}, cwd=tmp_path, out=Gone(), err=Gone()) == 2


def test_an_error_cannot_paint_the_terminal(tmp_path: Path) -> None:
    err = io.StringIO()
    paper = Desk(
        {}, cwd=tmp_path, clock=lambda: dt.datetime.now(dt.UTC), out=io.StringIO(), err=err
    )
    show_error(BadInput("bad", "no \x1b[2J", context=("a\tb\n\x9bc",), hint="x\r::error::y"), paper)
    assert err.getvalue().splitlines() == [
        "onward: no \ufffd[2J [bad]",
        "  a b",
        "\ufffdc",
        "  -> x\ufffd::error::y",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_to_be_stopped_and_a_closed_terminal_are_like_ctrl_c(name: str) -> None:
    """What is half done is taken back, and no scratch folder stays."""
    number = signal.Signals[name]
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), terminable():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_under_nohup_a_closed_terminal_stops_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminable():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
