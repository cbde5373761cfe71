"""Line edits: only what names exactly the old pin, and every other byte stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.pin_edits import edit_ci, edit_dockerfile, edit_pin, edit_requires
from onward.domain.python_versions import read_pin

WORKFLOW = """name: checks
jobs:
  test:
    container:
      image: python:3.11.7-slim
    strategy:
      matrix:
        python-version: ["3.11.7", "3.12"]
    steps:
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11.7"  # the team's
      - with: { python-version: 3.11.7 }
      - with:
          python-version: 3.11.70
          other: 3.11.7
"""


def test_a_workflow_changes_only_where_the_pin_is_the_whole_value() -> None:
    edited = edit_ci(WORKFLOW, "3.11.7", "3.12.1")
    assert edited.changed == (5, 12)
    assert edited.left == (8, 13)
    before, after = WORKFLOW.splitlines(), edited.text.splitlines()
    assert after[4] == "      image: python:3.12.1-slim"
    assert after[11] == '          python-version: "3.12.1"  # the team\'s'
    assert [
        i for i, pair in enumerate(zip(before, after, strict=True), 1) if len(set(pair)) > 1
    ] == [5, 12]


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("python-version: 3.11\n", 'python-version: "3.20"\n'),
        ("- python-version: '3.11'\r\n", "- python-version: '3.20'\r\n"),
        ("image: python:3.11", "image: python:3.20"),
        (
            "  image: docker.io/library/python:3.11-alpine\n",
            "  image: docker.io/library/python:3.20-alpine\n",
        ),
        ("  name: python:3.11 # x\n", "  name: python:3.20 # x\n"),
    ],
)
def test_quotes_line_ends_and_comments_stay(line: str, new: str) -> None:
    assert edit_ci(line, "3.11", "3.20").text == new


@pytest.mark.parametrize(
    "line",
    [
        "image: python:3.11.7\n",
        "image: python:3.11@sha256:00\n",
        "image: mypython:3.11\n",
        "image: python:3.110\n",
        "python-version: ${{ matrix.python }}\n",
        "# python-version: 3.11\n",
    ],
)
def test_what_is_something_else_stays(line: str) -> None:
    edited = edit_ci(line, "3.11", "3.12")
    assert edited.text == line
    assert not edited.changed


def test_a_dockerfile_follows() -> None:
    text = "ARG PYTHON_VERSION=3.11.7\nFROM --platform=linux/amd64 python:3.11.7-slim AS build\nRUN python3.11.7 -V\n"
    edited = edit_dockerfile(text, "3.11.7", "3.12.1")
    assert edited.text == text.replace("=3.11.7", "=3.12.1").replace(
        "python:3.11.7", "python:3.12.1"
    )
    assert (edited.changed, edited.left) == ((1, 2), (3,))


def test_requires_python_changes_in_the_project_table_only() -> None:
    text = "[tool.x]\nrequires-python = '>=3.9'\n[project]\nname = 'a'\nrequires-python = '>=3.11' # why\n[tool.y]\n"
    edited = edit_requires(text, ">=3.10")
    assert edited.changed == (5,)
    assert edited.text == text.replace("'>=3.11'", "'>=3.10'")
    assert not edit_requires("[project]\nname = 'a'\n", ">=3").changed


lines = st.lists(
    st.sampled_from(["# a\n", "\n", "3.11\n", "3.9.1 # old\r\n", "pypy3.10\n"]), max_size=4
)


@given(lines.map("".join), st.sampled_from(["3.12", "3.13.1"]))
def test_a_pin_file_reads_as_the_new_pin_and_keeps_its_other_lines(text: str, new: str) -> None:
    after = edit_pin(text, new)
    pin, line = read_pin(after)
    assert str(pin) == new
    kept = [one for i, one in enumerate(after.splitlines(), 1) if i != line]
    _, old_line = read_pin(text)
    assert kept == [one for i, one in enumerate(text.splitlines(), 1) if i != old_line]
    assert edit_pin(after, new) == after
