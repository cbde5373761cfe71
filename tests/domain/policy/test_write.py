"""Writing a row: it stands first, and every other byte of the file stays."""

import datetime as dt
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.core.policy import Level
from onward.domain.policy.write import NewRow, with_row, with_row_updated

PROJECT = ("tool", "onward")
ROW = NewRow(
    match=("guard/too-new",),
    only="requests==2.31.0",
    level=Level.advise,
    why="looked at",
    until=dt.date(2026, 12, 31),
)
BLOCK = """[[tool.onward.policy]]
match = "guard/too-new"
only = "requests==2.31.0"
level = "advise"
until = 2026-12-31
why = "looked at"
"""


def rows(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = tomllib.loads(text)["tool"]["onward"]["policy"]
    return found


def test_a_file_without_settings_gets_them_at_its_end() -> None:
    text = '[project]\nname = "x"  # mine\n'
    assert with_row(text, PROJECT, ROW) == text + "\n" + BLOCK


def test_an_empty_file_holds_nothing_but_the_row() -> None:
    assert with_row("", PROJECT, ROW) == BLOCK


def test_a_file_without_a_last_line_end_is_not_broken() -> None:
    assert with_row("[a]\nb = 1", PROJECT, ROW) == "[a]\nb = 1\n\n" + BLOCK


def test_the_row_stands_after_its_own_section_and_before_the_next() -> None:
    before = '[tool.onward]\nprofile = "strict"\n[tool.onward.guard]\ncooldown = "1 day"\n\n'
    after = "# about ruff\n[tool.ruff]\nline-length = 100\n"
    assert with_row(before + after, PROJECT, ROW) == before + BLOCK + "\n" + after


def test_the_row_stands_before_the_first_one_and_its_comment() -> None:
    before = '[tool.onward]\nprofile = "strict"\n\n'
    after = '# the first\n[[tool.onward.policy]]\nmatch = "guard/yanked"\nlevel = "enforce"\n'
    assert with_row(before + after, PROJECT, ROW) == before + BLOCK + "\n" + after


def test_what_looks_like_a_header_in_a_text_is_none() -> None:
    text = '[project]\ndescription = """\n[[tool.onward.policy]]\n[tool.onward]\n"""\n'
    assert with_row(text, PROJECT, ROW) == text + "\n" + BLOCK


def test_windows_line_ends_stay() -> None:
    text = '[project]\r\nname = "x"\r\n'
    new = with_row(text, PROJECT, ROW)
    assert new == text + "\r\n" + BLOCK.replace("\n", "\r\n")


def test_an_array_of_inline_tables_gets_the_row_too() -> None:
    text = '[tool.onward]\npolicy = [\n    # old\n    { match = "guard/yanked", level = "enforce" },  # c\n]\n'
    new = with_row(text, PROJECT, ROW)
    assert rows(new) == [ROW.values(), *rows(text)]
    assert "    # old\n" in new
    assert '{ match = "guard/yanked", level = "enforce" },  # c\n]\n' in new


def test_settings_in_one_line_get_the_row_too() -> None:
    text = '[tool]\nonward = { profile = "strict" }\n'
    assert rows(with_row(text, PROJECT, ROW)) == [ROW.values()]


def test_an_organisations_file_has_its_rows_at_the_root() -> None:
    text = 'profile = "strict"\n[guard]\ncooldown = "7 days"\n'
    new = with_row(text, (), ROW)
    assert new.startswith(text)
    assert tomllib.loads(new)["policy"] == [ROW.values()]


def test_the_reason_is_quoted_as_toml_needs_it() -> None:
    row = NewRow(match=("guard/yanked",), only="a", level=Level.advise, why='say "hi" \\ ü # no')
    assert rows(with_row("", PROJECT, row))[0]["why"] == row.why


OLD = """[tool.onward]

# why this is here
[[tool.onward.policy]]
match = "guard/too-new"  # the rule
only = "Requests==2.31.0"
level = "off"  # hidden
why = "old"

# another
[[tool.onward.policy]]
match = "guard/yanked"
only = "requests==2.31.0"
level = "off"
why = "other"
"""


def test_the_same_rules_and_subject_are_changed_in_place() -> None:
    new = with_row_updated(OLD, PROJECT, ROW)
    assert new == OLD.replace(
        'level = "off"  # hidden\nwhy = "old"\n',
        ('level = "advise"  # hidden\nwhy = "looked at"\nuntil = 2026-12-31\n'),
    )


def test_an_end_that_is_no_longer_wanted_goes() -> None:
    with_end = OLD.replace('why = "old"', 'until = 2026-01-01\nwhy = "old"')
    row = NewRow(match=ROW.match, only=ROW.only, level=Level.off, why="old")
    assert with_row_updated(with_end, PROJECT, row) == OLD


def test_other_rules_or_subjects_are_not_the_same_row() -> None:
    other = NewRow(match=("guard/too-new",), only="requests", level=Level.advise, why="x")
    assert with_row_updated(OLD, PROJECT, other) is None
    more = NewRow(match=("guard/too-new", "guard/yanked"), only=ROW.only, level=Level.off, why="x")
    assert with_row_updated(OLD, PROJECT, more) is None


def test_a_row_in_an_array_of_inline_tables_is_changed_in_place() -> None:
    text = '[tool.onward]\npolicy = [{ match = "guard/too-new", only = "requests==2.31.0", level = "off", why = "o" }]\n'
    new = with_row_updated(text, PROJECT, ROW)
    assert new is not None
    assert rows(new) == [ROW.values()]


_lines = st.lists(
    st.sampled_from(
        [
            "# a comment", "", '[project]\nname = "x"', "[tool.ruff]\nselect = [\n    'E',  # why\n]",
            '[tool.onward]\nprofile = "strict"', '[tool.onward.guard]\ncooldown = "1 day"',
            '[[tool.onward.policy]]\nmatch = "guard/yanked"\nlevel = "enforce"',
            '[tool."other.one"]\ntext = """\n[[tool.onward.policy]]\n"""', "  [tool.deep]  # c\n  a.b = {c = 1}",
            "[[tool.uv.index]]\nurl = 'https://x'",
        ]
    ),
    max_size=8,
)  # fmt: skip


@given(_lines, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n", "\n\n"]))
def test_every_other_byte_of_a_file_stays(lines: list[str], newline: str, end: str) -> None:
    text = ("\n".join(lines) + end).replace("\n", newline)
    try:
        old = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # the same table twice; such a file is refused before
    new = with_row(text, PROJECT, ROW)
    before = old.get("tool", {}).get("onward", {}).get("policy", [])
    assert rows(new) == [ROW.values(), *before]
    block = BLOCK.replace("\n", newline if newline in text else "\n")
    added = len(new) - len(text)
    cuts = [
        at for at in range(len(text) + 1) if new == text[:at] + new[at : at + added] + text[at:]
    ]
    assert any(new[at : at + added].strip() == block.strip() for at in cuts)


@given(st.text(max_size=30).filter(str.isprintable), st.booleans())
def test_a_row_written_twice_is_one_row(why: str, until: bool) -> None:
    first = with_row(
        OLD, PROJECT, NewRow(match=("guard/yanked",), only="z", level=Level.off, why="a")
    )
    again = NewRow(
        match=("guard/yanked",),
        only="z",
        level=Level.advise,
        why=why,
        until=dt.date(2027, 1, 1) if until else None,
    )
    second = with_row_updated(first, PROJECT, again)
    assert second is not None
    assert rows(second) == [again.values(), *rows(first)[1:]]
    assert with_row_updated(second, PROJECT, again) == second


@pytest.mark.parametrize("text", ['[tool]\nonward = { policy = "x" }\n', "[tool.other]\na = nan\n"])
def test_a_file_that_cannot_be_added_to_safely_gives_the_row_to_paste(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        with_row(text, PROJECT, ROW)
    assert "\n".join(caught.value.context) + "\n" == BLOCK
