"""The line that says how far a long step is."""

import datetime as dt
import io
import os
from pathlib import Path

import pytest

from onward.cli.changing import listener
from onward.cli.door import Desk
from onward.cli.progress import Progress, telling, watching


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_step_is_shown_after_a_second_with_how_far_it_is() -> None:
    err, seconds = Terminal(), Seconds()
    line = Progress(err, seconds)
    line.step()
    line.word("7 projects judged so far")
    line.draw()
    assert err.getvalue() == ""
    seconds.now = 3.2
    line.draw()
    assert err.getvalue() == "\r    7 projects judged so far, 3 s"


def test_a_shorter_line_covers_the_longer_one_and_nothing_stays_at_the_end() -> None:
    err, seconds = Terminal(), Seconds()
    line = Progress(err, seconds)
    line.word("a long word")
    seconds.now = 2
    line.draw()
    line.word("")
    line.draw()
    line.over()
    line.draw()
    assert err.getvalue() == "\r    a long word, 2 s\r    2 s             \r       \r"


def test_a_line_is_never_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((20, 24)))
    err, seconds = Terminal(), Seconds()
    line = Progress(err, seconds)
    line.word("a word much longer than that")
    seconds.now = 5
    line.draw()
    assert err.getvalue() == "\r    a word much lon"


def test_words_take_the_place_of_the_line() -> None:
    err, seconds = Terminal(), Seconds()
    desk = _desk(err)
    line = Progress(err, seconds)
    desk.before_words = line.over
    line.step()
    seconds.now = 4
    line.draw()
    desk.tell("said")
    line.draw()
    assert err.getvalue() == "\r    4 s\r       \rsaid\n"


def test_where_nobody_looks_only_the_steps_are_told() -> None:
    err = io.StringIO()
    listen = listener(_desk(err), quiet=False)
    listen("start", "Resolving")
    listen("progress", "7 projects judged so far")
    listen("done", "Resolving")
    assert err.getvalue() == "  Resolving ...\n"


def test_a_check_shows_what_it_waits_for_and_says_no_word_of_its_own() -> None:
    err = Terminal()
    desk = _desk(err)
    listen = watching(desk)
    listen("start", "Looking with ruff")
    listen("progress", "waiting for mypy")
    assert err.getvalue() == ""
    line = desk.progress
    watching(desk)  # the check after a mending
    assert line is not None
    assert desk.progress is line
    desk.tell("said")
    assert err.getvalue() == "said\n"


def test_where_nobody_looks_a_check_says_nothing_while_it_runs() -> None:
    err = io.StringIO()
    listen = watching(_desk(err))
    listen("start", "Looking with ruff")
    listen("progress", "waiting for mypy")
    assert err.getvalue() == ""


def test_a_step_of_a_build_is_told_and_shows_how_far_it_is_where_a_person_looks() -> None:
    for err in (Terminal(), io.StringIO()):
        desk = _desk(err)
        listen = telling(desk)
        listen("start", "Fetching a layer")
        listen("progress", "3.0 of 50.0 MB")
        assert err.getvalue() == "Fetching a layer ...\n"
        line = desk.progress
        assert (line is not None) == err.isatty()
        if line is not None:
            line.draw()  # not a second old
        listen("note", "cut short")
        listen("done", "Fetching a layer")
        assert err.getvalue() == "Fetching a layer ...\nnote: cut short\n"


def _desk(err: io.StringIO) -> Desk:
    return Desk({}, cwd=Path(), clock=lambda: dt.datetime.now(dt.UTC), out=io.StringIO(), err=err)
