"""A tool that could not look is asked again, and only the very same words count as the same."""

import os
import sys
from pathlib import Path

import pytest

from onward.core.proc.call import ANSWER, Call
from onward.core.proc.run import run
from onward.core.proc.stumble import says_the_same, stumble

SAY = "import os, pathlib, sys; sys.{to}.write(pathlib.Path('said').read_text()); sys.exit(int(os.environ['CODE']))"
ENV = {**os.environ, "CODE": "3", "LOGIN": "hunter2", "MODE": "before"}


@pytest.mark.parametrize("to", ["stdout", "stderr", "out file", "answer"])
def test_the_same_words_wherever_they_go(tmp_path: Path, to: str) -> None:
    said = tmp_path / "said"
    said.write_text("no room\n")
    code = SAY.format(to="stderr" if to == "stderr" else "stdout")
    if to == "answer":
        code = code.replace("sys.stdout", "open(sys.argv[1], 'w')")
    call = Call(
        argv=(sys.executable, "-c", code, *([ANSWER] if to == "answer" else [])),
        cwd=str(tmp_path),
        env={name: value for name, value in ENV.items() if name != "MODE"} | {"MORE": "1"},
        out_file=str(tmp_path / "out") if to == "out file" else "",
    )
    line = stumble(run(call), ENV)
    assert "\n" not in line
    assert "hunter2" not in line, "what onward was started with is not written down"
    assert says_the_same(line, ENV)
    assert not says_the_same(line, {**ENV, "CODE": "4"})
    said.write_text("no rooM\n")
    assert not says_the_same(line, ENV)


def test_it_is_asked_in_the_environment_of_before(tmp_path: Path) -> None:
    code = "import os; print(os.environ.get('MODE'), os.environ['MORE']); raise SystemExit(1)"
    env = {name: value for name, value in ENV.items() if name != "MODE"} | {"MORE": "1"}
    line = stumble(run(Call(argv=(sys.executable, "-c", code), cwd=str(tmp_path), env=env)), ENV)
    assert says_the_same(line, ENV)
    assert says_the_same(line, {**ENV, "MODE": "other", "MORE": "2"})


def test_what_cannot_be_asked_says_nothing_the_same(tmp_path: Path) -> None:
    program = tmp_path / "tool"
    program.write_text(f"#!{sys.executable}\nraise SystemExit(1)\n")
    argv = (sys.executable, str(program))
    line = stumble(run(Call(argv=argv, cwd=str(tmp_path), env=ENV)), ENV)
    assert says_the_same(line, ENV)
    assert not says_the_same(line.replace(sys.executable, "/nowhere/python"), ENV)
    assert not says_the_same(line[:-2], ENV)
    assert not says_the_same("", ENV)
