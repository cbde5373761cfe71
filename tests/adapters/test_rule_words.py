"""Our words about the rules of other tools: each has all its parts, and the examples are what they say."""

import ast
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from onward.adapters.mypy.words import rule_text
from onward.adapters.tables import WORDED, tool_words
from onward.domain.policy.words import RuleWords, ToolWords, read_words


def words(tool: str) -> ToolWords:
    found = tool_words(tool)
    assert found is not None
    return found


EVERY = [(tool, code) for tool in sorted(WORDED) for code in sorted(words(tool).rules)]


def test_there_is_one_file_for_each_tool() -> None:
    folder = resources.files("onward") / "data" / "rule_texts"
    assert {file.name for file in folder.iterdir()} == {f"{tool}.toml" for tool in WORDED}
    assert tool_words("ruff") is None


@pytest.mark.parametrize(("tool", "code"), EVERY)
def test_each_rule_has_all_parts(tool: str, code: str) -> None:
    said = words(tool).rules[code]
    what = said.what or getattr(rule_text(code), "summary", "")
    for sentence in (what, said.why):
        assert re.fullmatch(r"[\w`].*[.]", sentence), sentence
    assert said.example.bad
    assert said.example.good
    assert said.example.bad != said.example.good
    if tool != "mypy":
        assert said.what
        assert words(tool).address(code).startswith("https://")


def test_all_breaks_that_griffe_tells_have_words() -> None:
    griffe = pytest.importorskip("griffe")
    told = {kind.name.lower().replace("_", "-") for kind in griffe.BreakageKind}
    assert told | {"no-release"} == set(words("griffe").rules)


def test_what_was_recorded_of_tools_has_words() -> None:
    recorded = Path(__file__).parent.parent / "recorded"
    for tool, mark in (
        ("zizmor", r'"ident": "([a-z-]+)"'),
        ("hadolint", r'"code": ?"(DL\d+)"'),
        ("deptry", r'"code": ?"(DEP\d+)"'),
    ):
        files = [file for file in (recorded / tool).rglob("*") if file.is_file()]
        told = {
            code for file in files for code in re.findall(mark, file.read_text("utf-8", "replace"))
        }
        assert told
        assert told <= set(words(tool).rules)


PYTHON = [
    (tool, code)
    for tool, code in EVERY
    if tool in ("mypy", "basedpyright", "pyrefly", "vulture") and code != "unread"
]


@pytest.mark.parametrize(("tool", "code"), PYTHON)
def test_examples_in_python_are_python(tool: str, code: str) -> None:
    said = words(tool).rules[code]
    ast.parse(said.bad)
    ast.parse(said.good)


def test_mypy_finds_what_it_should_in_the_examples_and_nothing_else(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    rules = {code: said for code, said in words("mypy").rules.items() if not said.sketch}
    for code, said in rules.items():
        name = code.replace("-", "_")
        (tmp_path / f"bad_{name}.py").write_text(said.bad, encoding="utf-8")
        (tmp_path / f"good_{name}.py").write_text(said.good, encoding="utf-8")
    asked = (
        "comparison-overlap exhaustive-match explicit-override ignore-without-code possibly-undefined redundant-expr"
        " truthy-bool truthy-iterable unused-awaitable"
    )
    flags = [f"--enable-error-code={code}" for code in asked.split()]
    command = [sys.executable, "-m", "mypy", "--strict", "--warn-unreachable", *flags, "."]
    said_by = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / ".cache")],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    found: dict[str, set[str]] = {}
    for line in said_by.stdout.decode("utf-8").splitlines():
        if told := re.fullmatch(r"(\w+)\.py:\d+: (?:error|note): .*\[([a-z-]+)\]", line):
            found.setdefault(told[1], set()).add(told[2])
    for code in rules:
        name = code.replace("-", "_")
        assert code in found.get(f"bad_{name}", set()), code
        # asked of every method only so that its own example is looked at
        assert found.get(f"good_{name}", set()) <= {"explicit-override"} - {code}, code


def test_words_are_taken_from_another_rule_and_may_be_said_anew() -> None:
    other = RuleWords(what="One.", why="Two.", bad="x", good="y")
    tables = {"silence": "{code}!", "a": {"like": "mypy/b", "what": "New."}}
    read = read_words(tables, {"mypy/b": other}.__getitem__)
    assert read.rules["a"] == RuleWords(what="New.", why="Two.", bad="x", good="y")
    assert read.way("a") == "a!"


def test_a_key_that_means_nothing_is_not_taken() -> None:
    with pytest.raises(msgspec.ValidationError):
        read_words(
            {"a": {"why": "x", "bad": "x", "good": "y", "goood": ""}},
            words("mypy").rules.__getitem__,
        )
