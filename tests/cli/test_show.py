"""What people read needs no colour, obeys no stranger, and offers only ways out that work."""

import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import Desk
from onward.cli.show import Paint, decision_lines, paint_for, verdict_lines, ways_out
from onward.cli.show_checked import show_checked
from onward.core.finding import Certainty, Finding, Place, Release, Whole
from onward.core.policy import Decision, Level, Row, Source, Verdict
from onward.domain.policy.decide import Rulebook
from onward.workflows.check import checked_of
from onward.workflows.checking.look import Looked

TODAY = dt.date(2026, 6, 1)
PLAIN = Paint(on=False)
JINJA = Release(name="jinja2", version="2.10")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def desk(out: io.StringIO | None = None, **env: str) -> Desk:
    return Desk(
        env,
        cwd=Path(),
        clock=lambda: dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
        out=out or io.StringIO(),
        err=io.StringIO(),
    )


def verdict(level: Level = Level.enforce, row: Row | None = None, **more: Any) -> Verdict:
    given: dict[str, Any] = {"rule": "guard/vulnerable", "subject": JINJA, "message": "m"} | more
    row = row or Row(match="guard/*", level=level, where="onward's standard profile")
    return Verdict(finding=Finding(**given), level=level, row=row)


def shown(*verdicts: Verdict, files: int | None = 3, tools: bool = True, **more: Any) -> str:
    out = io.StringIO()
    looked = (Looked(tool="ruff", version="0.17.6", origin="installed with onward"),) * tools
    checked = checked_of(verdicts, tools=looked, files=files)
    show_checked(checked, desk(out), what="Python file", **more)
    return out.getvalue()


def test_colour_only_where_a_terminal_wants_it() -> None:
    assert paint_for(desk(Terminal()))("1", "x") == "\x1b[1mx\x1b[0m"
    assert paint_for(desk(Terminal(), NO_COLOR="1"))("1", "x") == "x"
    assert paint_for(desk(Terminal(), TERM="dumb"))("1", "x") == "x"
    assert paint_for(desk(io.StringIO()))("1", "x") == "x"


def _caret(line: str, column: int, end: int, end_line: int = 1) -> list[str]:
    place = Place(
        path="a.py", line=1, column=column, end_line=end_line, end_column=end, source_line=line
    )
    lines = verdict_lines(verdict(rule="ruff/F401", subject=place), PLAIN)
    return [text.strip().removeprefix("| ") for text in lines[1:]]


@pytest.mark.parametrize(
    ("line", "column", "end", "expected"),
    [
        ("import os", 8, 10, ["import os", "       ^^"]),
        ("        import os", 16, 18, ["import os", "       ^^"]),
        ("\timport os", 9, 11, ["import os", "       ^^"]),
        ('x = "é"; l = undefined', 14, 23, ['x = "é"; l = undefined', " " * 13 + "^" * 9]),
        ("    x", 1, 3, ["    x", "^^"]),
        ("x = (", 5, 2, ["x = (", "    ^"]),
        ("x", 2, 2, ["x", " ^"]),
    ],
)
def test_the_caret_stands_under_what_is_meant(
    line: str, column: int, end: int, expected: list[str]
) -> None:
    assert _caret(line, column, end) == expected


def test_what_goes_over_lines_is_marked_to_the_end_of_the_first() -> None:
    assert _caret("x = [1,", 5, 2, end_line=3) == ["x = [1,", "    ^^^"]


def test_a_line_that_is_too_long_is_cut() -> None:
    first, second = _caret("x" * 1000, 5, 900)
    assert len(first) == 160
    assert first.endswith("...")
    assert len(second) <= 160
    (only,) = _caret("x" * 1000, 900, 910)
    assert len(only) == 160


def test_a_name_cannot_give_orders_to_the_terminal() -> None:
    evil = "\x1b]0;owned\x07\u202ex"
    found = verdict(subject=Place(path=evil), message=evil, hint=evil, facts={"aliases": evil})
    text = shown(found) + "\n".join(decision_lines(Decision(because=(found,)), PLAIN, today=TODAY))
    assert not set("\x1b\x07\u202e") & set(text)


def test_evidence_and_a_tools_own_words_are_shown() -> None:
    facts = {"aliases": ["A-1", "B-2"], "first_fixed": "2.10.1", "none": None, "words": "one\ntwo"}
    lines = verdict_lines(verdict(facts=facts), PLAIN)
    assert "    aliases: A-1, B-2; first fixed: 2.10.1" in lines
    assert lines[-2:] == ["    | one", "    | two"]


def test_what_could_not_be_looked_at_says_so() -> None:
    found = verdict(Level.advise, subject=Whole(), certainty=Certainty.unknown)
    assert "advise (could not look)" in shown(found)
    assert "1 of them could not be looked at" in shown(found)


def test_nothing_found_names_what_was_looked_at() -> None:
    assert shown() == (
        "Checked 3 Python files with ruff 0.17.6 (installed with onward).\nNothing found.\n"
    )


def test_nothing_looked_at_is_not_nothing_found() -> None:
    assert shown(files=0) == "No Python file to check.\n"
    assert shown(files=0, tools=False) == "No Python file to check, so no tool was run.\n"


def _advice(count: int) -> list[Verdict]:
    return [
        verdict(
            Level.advise, rule=f"ruff/X{n % 2}", subject=Place(path="a.py", line=n + 1), message="m"
        )
        for n in range(count)
    ]


def test_much_advice_is_counted_unless_all_is_asked_for() -> None:
    many = _advice(31)
    text = shown(*many)
    assert "   16  ruff/X0  first at a.py:1: m" in text
    assert "   15  ruff/X1  first at a.py:2: m" in text
    assert "onward check --all" in text
    assert "Found: 31 as advice." in text
    assert shown(*many, every_advice=True).count("[ruff/X") == 31
    assert shown(*_advice(5)).count("[ruff/X") == 5


def test_counted_advice_cannot_paint_the_terminal() -> None:
    nasty = verdict(Level.advise, subject=Place(path="a\x1b[2J.py", line=1), message="\x1b]0;x\x07")
    counter = io.StringIO()
    show_checked(checked_of([nasty] * 21), desk(counter), what="Python file")
    assert "first at a\ufffd[2J.py:1: \ufffd]0;x\ufffd" in counter.getvalue()
    assert "\x1b" not in counter.getvalue()


def test_what_is_enforced_or_about_releases_is_never_only_counted() -> None:
    special = verdict(Level.advise, message="an advisory hits it")
    text = shown(*_advice(31), special, verdict(subject=Place(path="a.py"), rule="ruff/F401"))
    assert "an advisory hits it" in text
    assert "[ruff/F401]" in text


def test_what_is_off_is_not_shown() -> None:
    assert "Nothing found" in shown(verdict(Level.off))


def test_a_refusal_has_reason_evidence_row_and_way_out() -> None:
    found = verdict(message="PYSEC-1 hits it", facts={"aliases": ["CVE-1"]}, hint="use 2.10.1")
    lines = decision_lines(Decision(because=(found, verdict(Level.advise))), PLAIN, today=TODAY)
    assert lines == [
        "jinja2==2.10: PYSEC-1 hits it  [guard/vulnerable]",
        "  aliases: CVE-1",
        "  decided by onward's standard profile (`guard/*` = enforce)",
        "  -> use 2.10.1",
        '  -> onward allow jinja2==2.10 --rule guard/vulnerable --until 2026-07-01 --why "..."',
    ]


def test_a_refusal_says_which_data_it_is_built_on() -> None:
    found = verdict(seen_by="starter table of 2024-10-10, 300 packages")
    lines = decision_lines(Decision(because=(found,)), PLAIN, today=TODAY)
    assert "  built on starter table of 2024-10-10, 300 packages" in lines


def _organisation(**more: Any) -> Row:
    return Row(
        match="guard/*", level=Level.enforce, source=Source.organisation, where="org.toml", **more
    )


def test_a_way_out_that_would_not_work_is_not_offered() -> None:
    for row, offered in ((_organisation(), False), (_organisation(may_loosen=True), True)):
        ways = ways_out(verdict(row=row), today=TODAY)
        assert any(way.startswith("onward allow") for way in ways) is offered
    assert ways_out(verdict(row=_organisation()), today=TODAY) == [
        "only your organisation can allow it: org.toml"
    ]


def test_the_floor_below_a_projects_own_row_counts_too() -> None:
    own = Row(match="guard/*", level=Level.enforce, source=Source.project, where="pyproject.toml")
    book = Rulebook((own, _organisation()), TODAY)
    (way,) = ways_out(verdict(row=own), today=TODAY, book=book)
    assert way == "only your organisation can allow it: org.toml"
    free = Rulebook((own,), TODAY)
    assert ways_out(verdict(row=own), today=TODAY, book=free)[0].startswith("onward allow")


def test_known_malware_is_never_offered_to_be_allowed() -> None:
    assert ways_out(verdict(rule="guard/malicious"), today=TODAY) == []


def test_of_more_than_anyone_reads_the_first_of_each_rule_are_shown_and_the_rest_counted() -> None:
    many = [
        verdict(rule="ruff/F401", subject=Place(path=f"a{number}.py", line=1), message="unused")
        for number in range(300)
    ]
    other = verdict(rule="ruff/F821", subject=Place(path="z.py", line=1), message="unknown name")
    text = shown(*many, other, verdict())
    assert text.count("[ruff/F401]") == 10
    assert "    290  ruff/F401" in text
    assert "[ruff/F821]" in text
    assert "[guard/vulnerable]" in text
    assert "302 to mend" in text
    assert shown(*many, other, every_advice=True).count("[ruff/F401]") == 300


def test_what_to_do_is_said_once_for_a_file() -> None:
    lines = [
        verdict(
            rule="ruff/syntax", subject=Place(path="a.py", line=n), message="bad", hint="Mend it."
        )
        for n in (1, 2, 3)
    ]
    assert shown(*lines).count("-> Mend it.") == 1


def test_what_mends_advice_is_said_with_the_option_that_it_takes() -> None:
    more: dict[str, Any] = {
        "rule": "ruff/format",
        "hint": "`onward check --fix` writes it",
        "facts": {"fix": "safe"},
    }
    assert "-> `onward check --fix` writes it" in shown(verdict(Level.ratchet, **more))
    assert "-> `onward check --fix --all` writes it" in shown(verdict(Level.advise, **more))


def test_what_to_write_is_shown_in_lines_that_can_be_copied() -> None:
    text = shown(
        verdict(Level.advise, hint="Write:\n[tool.ruff]\nline-length = 100", message="a\nb")
    )
    assert "      -> Write:\n         [tool.ruff]\n         line-length = 100\n" in text
    assert "a b  [" in text
