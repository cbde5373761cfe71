"""What a workflow says of its actions is read and rewritten without touching anything else."""

import pytest

from onward.domain.pipeline.actions import SEEN, Use, chosen, pinned, uses_in, written

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_uses_are_found_in_each_form_that_people_write() -> None:
    text = f"""steps:
  - uses: a/b@v1
  - uses:   "a/c/sub/folder@v1.2"   # a note of theirs
  - name: x
    uses: 'a/d@{COMMIT}' # v3.0.0
  - uses: ./local
  - uses: docker://alpine:3.20
  # - uses: a/commented@v1
  - run: "echo uses: a/b@v2"
"""
    assert list(uses_in(text)) == [
        Use(action="a/b", at="v1"),
        Use(action="a/c/sub/folder", at="v1.2", note="a note of theirs"),
        Use(action="a/d", at=COMMIT, note="v3.0.0"),
    ]
    tags = [(use.repository, use.tag, use.is_pinned) for use in uses_in(text)]
    assert tags == [("a/b", "v1", False), ("a/c", "v1.2", False), ("a/d", "v3.0.0", True)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_pin_is_written_with_its_tag_and_all_else_stays(end: str) -> None:
    lines = ["  - uses: a/b@v1", "    uses: 'a/b@v1' # old words", "  - uses: a/other@v1", ""]
    new = pinned(end.join(lines), {("a/b", "v1"): Use(action="a/b", at=COMMIT, note="v1.4.0")})
    assert new.split(end) == [
        f"  - uses: a/b@{COMMIT} # v1.4.0",
        f"    uses: 'a/b@{COMMIT}' # v1.4.0",
        "  - uses: a/other@v1",
        "",
    ]


def test_what_the_file_says_of_an_action_wins_over_the_table() -> None:
    mine = Use(action="actions/checkout", at=COMMIT, note="v9.9.9")
    kept = chosen(f"      - uses: actions/checkout@{COMMIT} # v9.9.9\n")
    assert kept["actions/checkout"] == mine
    assert written(mine) != written(SEEN["actions/checkout"])
    assert kept["astral-sh/setup-uv"] == SEEN["astral-sh/setup-uv"]
    assert written(Use(action="a/b", at="v1")) == "a/b@v1"
