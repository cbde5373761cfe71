"""Edits for an editor: applied to the old text they give the new one, whatever ends its lines."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from onward.workflows.editing import changes, lines_of

TEXTS = st.text(alphabet="ab\n\r\f\u2028", max_size=30)


@given(TEXTS)
def test_lines_end_where_the_protocol_says(text: str) -> None:
    assert "".join(lines_of(text)) == text
    assert len(lines_of(text)) == len(
        text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ) - (text == "" or text.endswith(("\n", "\r")))


@given(TEXTS, TEXTS)
def test_changes_make_the_new_text_of_the_old(before: str, after: str) -> None:
    lines = lines_of(before)
    made = changes(before, after)
    for one in reversed(made):
        lines[one.first : one.last] = [one.text]
    assert "".join(lines) == after
    assert all(one.first <= one.last <= two.first for one, two in itertools.pairwise(made))
    assert made or before == after
