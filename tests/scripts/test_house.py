"""The checks of the house check what they say."""

import ast
import sys
from pathlib import Path

import pytest

from scripts import docs, find_python, sizes


def test_the_reference_is_what_the_code_says() -> None:
    assert docs.stale(docs.pages()) == [], "run scripts/docs"


def test_every_verb_has_its_place_in_the_reference() -> None:
    from onward.cli.main import VERBS

    page = docs.commands()

    assert [verb for verb in VERBS if f"### onward {verb}\n" not in page] == []
    assert "| `--print` |" in page


def test_a_long_file_and_a_long_function_are_named() -> None:
    function = "def long():\n" + "    x = 1\n" * 60
    text = function + "\n" * 340

    assert list(sizes.too_long(Path("a.py"), text)) == [
        "a.py: 401 lines; a file has at most 400: make it a folder of topics",
        "a.py:1: `long` has 61 lines; a function has at most 60",
    ]
    assert list(sizes.too_long(Path("a.py"), "x = 1\n" * 400)) == []


def test_lines_that_no_tool_counts_so_are_named() -> None:
    text = "a = text.splitlines()\nb = ran.out.splitlines()\nc = raw.splitlines()  # splitlines: bytes\n"

    assert list(sizes.other_lines(Path("a.py"), text)) == [
        "a.py:1: `splitlines` ends lines at form feeds; use `core.lines.lines_of`"
    ]


def test_a_program_that_is_no_python_does_not_fit(tmp_path: Path) -> None:
    assert find_python.fits(sys.executable)
    assert not find_python.fits(str(tmp_path / "nothing"))


# What an old Python has to understand to find a newer one, or to say that there is none.
@pytest.mark.parametrize(
    "name", ["bootstrap", "find_python", "registry_settings", "test", "demo", "bench", "soak"]
)
def test_an_old_python_can_read_the_start(name: str) -> None:
    text = (sizes.ROOT / "scripts" / f"{name}.py").read_text(encoding="utf-8")

    ast.parse(text, feature_version=(3, 8))


def test_the_way_to_the_shell_scripts_is_short() -> None:
    folder = sizes.ROOT / "scripts"
    shells = [path for path in folder.iterdir() if path.is_file() and not path.suffix]

    assert {path.name for path in shells} >= {"test", "demo", "bench", "soak", "with-python"}
    for path in shells:
        assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
        assert path.name == "with-python" or (folder / f"{path.name.replace('-', '_')}.py").exists()
