"""A program that is missing is named, with the command that installs it on this system."""

from pathlib import Path

import pytest

from onward.core.errors import MissingTool
from onward.core.system_programs import SystemProgram, how_to_get, paths_of

ONE = SystemProgram(
    command="one", purpose="to count", apt="one-tools", brew="one", winget="One.One"
)
TWO = SystemProgram(command="two", purpose="to count on", apt="two-tools")


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("linux", "Install with `sudo apt install one-tools two-tools`."),
        ("darwin", "Install with `brew install one`. brew has no package of two;"),
        ("win32", "Install with `winget install One.One`. winget has no package of two;"),
        ("freebsd14", "Install with `sudo apt install one-tools two-tools`."),
    ],
)
def test_each_system_has_its_words(platform: str, words: str) -> None:
    assert how_to_get((ONE, TWO), platform).startswith(words)


def test_all_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(MissingTool) as caught:
        paths_of((ONE, TWO), {"PATH": str(tmp_path)}, "linux")
    assert caught.value.context == ("one is needed to count", "two is needed to count on")


def test_those_that_are_there_are_given(tmp_path: Path) -> None:
    program = tmp_path / "one"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    assert paths_of((ONE,), {"PATH": str(tmp_path)}) == (str(program),)
