"""The look for refactorings: where, how safe, what it says of files and machines that it cannot work with."""

import datetime as dt
from pathlib import Path

from onward.core.finding import Certainty, Finding, Place
from onward.core.policy import Level
from onward.core.tool import MISSING, Probe, Target
from onward.domain.policy.checks import Checks
from onward.domain.policy.decide import decide
from onward.domain.policy.ruff_levels import Settings, ruff_rows
from onward.domain.policy.rules_refactor import OWN, RUFF, UNREAD
from onward.workflows.checking.refactored import Refactorings, with_refactorings
from onward.workflows.checking.tools import wanted_tools
from onward.workflows.mending.refactor import RefactorFixer
from onward.workflows.project import open_project

CODE = """\
def first(numbers):
    for number in numbers:
        if check(number):
            return number
    return None


def size(names: list[str]) -> str:
    return "some" if len(names) > 0 else "none" if not names else "any"
"""


def look(folder: Path, content: bytes, names: frozenset[str] = OWN) -> list[Finding]:
    (folder / "a.py").write_bytes(content)
    return list(Refactorings(names).look(folder, ("a.py", "a.ipynb", "a.pyi", "gone.py")))


def test_what_is_found_says_where_and_how_safe_it_is(tmp_path: Path) -> None:
    found = look(tmp_path, CODE.encode())
    assert [(one.rule, str(one.subject), one.facts) for one in found] == [
        ("refactor/use-next", "a.py:2:5", {"fix": "unsafe"}),
        ("refactor/simplify-len-comparison", "a.py:9:22", {"fix": "unsafe"}),
    ]
    assert "here: `names`" in found[1].message
    assert "--unsafe" in found[0].hint
    assert [one.rule for one in look(tmp_path, CODE.encode(), frozenset({"use-next"}))] == [
        "refactor/use-next"
    ]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (found,) = look(tmp_path, b"x = [a b]\n")
    assert (found.rule, str(found.subject)) == (UNREAD, "a.py")
    assert look(tmp_path, b"\xff\xfe") == []
    assert look(tmp_path, b"") == []


def test_without_its_parsers_it_says_how_to_get_them(tmp_path: Path) -> None:
    (found,) = Refactorings(OWN, needs=("libcst", "no_such_parser")).look(tmp_path, ("a.py",))
    assert (found.rule, found.certainty) == (MISSING, Certainty.unknown)
    assert "onward[check]" in found.hint


def test_a_fix_keeps_marks_and_does_only_what_it_is_asked_for() -> None:
    fixer = RefactorFixer()
    code = b"\xef\xbb\xbfx = a if not b else c\r\ny = not any(not d for d in e)\r\n"
    mended = fixer.mend("a.py", code, ("refactor/swap-if-expression",))
    assert mended == b"\xef\xbb\xbfx = c if b else a\r\ny = not any(not d for d in e)\r\n"
    assert fixer.mend("a.py", b"\xff", ("refactor/use-next",)) is None
    safe = fixer.mend("a.py", CODE.encode(), ("refactor/use-next",))
    assert safe == CODE.encode()
    unsafe = fixer.mend("a.py", CODE.encode(), ("refactor/use-next",), unsafe=True)
    assert unsafe is not None
    assert b"return next(" in unsafe
    assert fixer.mends("refactor/use-next")
    assert not fixer.mends("ruff/PERF401")
    assert not fixer.mends("refactor/unread")


def selected(root: Path, ruff: str, checks: Checks) -> list[str]:
    """Give the codes that ruff is asked for beside those of the project's settings."""
    text = f'[project]\nname = "a"\nversion = "1"\n{ruff}'
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    tools = with_refactorings(wanted_tools(checks, open_project(root, {})), checks, root)
    tool = next(one for one in tools if one.name == "ruff")
    call = tool.call(Probe(tool="ruff", found=True, program="ruff"), Target(root=str(root), env={}))
    assert call is not None
    return call.argv[call.argv.index("--extend-select") + 1].split(",")


def test_ruff_looks_for_them_too_but_not_for_what_it_is_told_to_ignore(
    tmp_path: Path,
) -> None:
    every = Checks(refactor=OWN | RUFF)
    assert {"RUF100", "PERF401", "SIM108"} <= set(selected(tmp_path, "", every))
    told = '[tool.ruff.lint]\nselect = ["F"]\nignore = ["SIM", "PERF401"]\n'
    codes = selected(tmp_path, told, every)
    assert "RET504" in codes
    assert not {code for code in codes if code.startswith("SIM") or code == "PERF401"}
    assert selected(tmp_path, "", Checks(refactor=frozenset({"use-next", "C416"}))) == [
        "RUF100",
        "C416",
    ]
    assert selected(tmp_path, "", Checks()) == ["RUF100"]


def test_what_the_project_did_not_choose_itself_is_advice() -> None:
    chosen = Settings(selected=True, listed=("F", "PERF"), extended=("SIM10",))
    rows = ruff_rows(chosen, {}, refactor=RUFF)

    def level(rule: str) -> Level:
        return decide(
            [Finding(rule=rule, subject=Place(path="a.py"), message="x")], rows, dt.date(2026, 6, 1)
        ).level

    assert level("ruff/RET504") is Level.advise
    assert level("ruff/PERF401") is Level.ratchet
    assert level("ruff/SIM108") is Level.ratchet
    assert level("ruff/F401") is Level.ratchet
