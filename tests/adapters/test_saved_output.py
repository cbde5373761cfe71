"""Output of flake8 and pylint that somebody saved: every line becomes a finding, belongs to the form, or is a fault."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.flake8 import CHECK as FLAKE8
from onward.adapters.pylint import CHECK as PYLINT
from onward.core.finding import Certainty, Finding, Place
from onward.core.saved import ReadsSaved, Saved, decoded
from onward.workflows.checking.tools import READ_SAVED, adapter, known
from tests.adapters.samples_types import recorded


def text(name: str) -> str:
    return decoded(recorded(name))


def found(saved: Saved) -> list[Finding]:
    assert saved.faults == ()
    return [finding for _, finding in saved.findings]


def test_every_tool_that_reads_saved_output_is_named() -> None:
    assert [name for name in sorted(known()) if isinstance(adapter(name), ReadsSaved)] == list(
        READ_SAVED
    )


def test_flake8s_default_form() -> None:
    seen = found(FLAKE8.read_saved(text("flake8/7.5.0/default.txt")))
    assert len(seen) == 9
    assert seen[0] == Finding(
        rule="flake8/F401",
        subject=Place(path="src/my/a.py", line=1, column=1),
        message="'os' imported but unused",
        seen_by="flake8",
    )
    assert seen[-1].rule == "flake8/E999"


def test_flake8_says_that_all_is_well_only_by_its_count() -> None:
    assert found(FLAKE8.read_saved(text("flake8/7.5.0/default-clean.txt"))) == []
    (fault,) = FLAKE8.read_saved("").faults
    assert "--count" in fault


def test_lines_that_flake8_counted_and_are_not_there() -> None:
    lines = text("flake8/7.5.0/default.txt").splitlines(keepends=True)
    saved = FLAKE8.read_saved("".join([*lines[:3], *lines[4:]]))
    assert saved.faults == ("line 9: flake8 counted 9, and 8 are here",)


@pytest.mark.parametrize(
    "line",
    [
        "Traceback (most recent call last):",
        "src/my/a.py:1:1 F401 'os' imported but unused",  # a colon is missing
        "src/my/a.py:1: [F401] 'os' imported but unused",  # flake8's form `pylint`
        "src/my/a.py",  # flake8 --quiet
        "1     F401 'os' imported but unused",  # flake8 --statistics
        "import os",  # flake8 --show-source
    ],
)
def test_a_line_that_is_not_flake8s_is_named(line: str) -> None:
    saved = FLAKE8.read_saved(f"a.py:1:1: F401 'os' imported but unused\n\n{line}\n")
    assert saved.faults == (f"line 3: `{line}`",)


def test_pylints_text_with_a_message_over_several_lines() -> None:
    seen = found(PYLINT.read_saved(text("pylint/4.1.4/text.txt")))
    assert len(seen) == 12
    assert seen[0] == Finding(
        rule="pylint/syntax-error",
        subject=Place(path="src/my/c.py", line=1, column=13),
        message="Parsing failed: 'invalid syntax (my.c, line 1)'",
        facts={"name": "E0001"},
        seen_by="pylint",
    )
    assert seen[-1].rule == "pylint/duplicate-code"
    assert seen[-1].message == "Similar lines in 2 files"
    assert "return totl" in seen[-1].facts["more"]


def test_pylints_text_and_its_json_say_the_same() -> None:
    by_text = found(PYLINT.read_saved(text("pylint/4.1.4/text.txt")))
    by_json = found(PYLINT.read_saved(text("pylint/4.1.4/json.json")))
    seen = {(one.rule, str(one.subject), one.message) for one in by_json}
    assert len(seen) == 12
    assert seen == {(one.rule, str(one.subject), one.message) for one in by_text}


def test_pylints_newer_json() -> None:
    answer = json.dumps({
        "messages": [
            {
                "type": "warning", "symbol": "unused-import", "message": "Unused import os", "messageId": "W0611",
                "path": "a.py", "line": 1, "column": 0,
            }
        ],
        "statistics": {},
    })  # fmt: skip
    (one,) = found(PYLINT.read_saved(f"{answer}\n"))
    assert (one.rule, str(one.subject)) == ("pylint/unused-import", "a.py:1:1")
    assert found(PYLINT.read_saved("[]\n")) == []


def test_pylint_says_that_all_is_well_only_by_its_rate() -> None:
    assert found(PYLINT.read_saved(text("pylint/4.1.4/text-clean.txt"))) == []
    (fault,) = PYLINT.read_saved("\n").faults
    assert "empty" in fault


def test_what_pylint_could_not_look_at_is_unknown() -> None:
    (one,) = found(PYLINT.read_saved(text("pylint/4.1.4/text-fatal.txt")))
    assert (one.rule, one.certainty) == ("pylint/fatal", Certainty.unknown)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("a.py:1:0: W0611: Unused import os (unused-import)\nOops\n", 2),
        ("a.py:1:0: W0611: Unused import os\n", 1),  # the symbol is missing
        ("a.py:1:0: W0611: Unused\nb.py:1:0: W0611: Unused import os (unused-import)\n", 1),
        ("a.py:1: [W0611(unused-import), ] Unused import os\n", 1),  # its form `parseable`
        ('[\n{"path": ', 2),
        ('{"runs": []}\n', 1),
        ('[{"path": "a.py"}]\n', 1),
        ("Usage: pylint\n", 1),
    ],
)
def test_what_is_not_pylints_is_named_with_its_line(said: str, line: int) -> None:
    saved = PYLINT.read_saved(said)
    assert saved.faults[0].startswith(f"line {line}:")


def test_settings_that_pylint_did_not_take_are_a_fault() -> None:
    saved = PYLINT.read_saved(text("pylint/4.1.4/settings.json"))
    assert saved.faults
    assert all("settings" in fault for fault in saved.faults)


@pytest.mark.parametrize("tool", [FLAKE8, PYLINT])
@given(words=st.text())
def test_no_text_is_ever_clean_by_accident(tool: ReadsSaved, words: str) -> None:
    saved = tool.read_saved(words)
    # the three ways to say that all is well
    if words.strip() not in ("0", "[]") and "rated at" not in words and "messages" not in words:
        assert saved.findings or saved.faults


@pytest.mark.parametrize(
    ("tool", "name"),
    [(FLAKE8, "flake8/7.5.0/default.txt"), (PYLINT, "pylint/4.1.4/text.txt")],
)
@given(data=st.data())
def test_a_text_that_was_cut_is_never_whole(
    tool: ReadsSaved, name: str, data: st.DataObject
) -> None:
    whole = text(name)
    at = data.draw(st.integers(0, len(whole) - 2))
    if not whole[:at].endswith("\n"):
        assert tool.read_saved(whole[:at]).faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_of_shells(encoding: str) -> None:
    assert decoded("é.py:1:1: F401 x\r\n".encode(encoding)) == "é.py:1:1: F401 x\r\n"
