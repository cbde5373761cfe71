"""Changelogs as people write them: which versions have a section, and whether it says anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.shipping.changelog import about, fragments, sections, towncrier

KEPT = """# Changelog
All notable changes.

## [Unreleased]
### Added
- Something for Python 3.13.

### Python 4.0 is supported

## [1.1.0] - 2026-03-04
### Added
- A door.

## [1.0.0] - 2026-01-02

[1.1.0]: https://example.invalid/compare/1.0.0...1.1.0
"""


def test_keep_a_changelog() -> None:
    found = [(one.version, one.unreleased, one.told) for one in sections(KEPT)]
    assert found == [("", True, True), ("1.1.0", False, True), ("1.0.0", False, True)]
    assert about(KEPT, "4.0") is None
    assert about(KEPT, "1.1") is not None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("## 1.2.0 (2026-01-02)\n- x\n", "1.2.0"),
        ("## v1.2.0\n- x\n", "1.2.0"),
        ("## demo 1.2.0\n- x\n", "1.2.0"),
        ("Version 1.2.0\n-------------\n\n* x\n", "1.2.0"),
        ("History\n=======\n\n1.2.0 (2026-01-02)\n++++++++++++++++++\n\n* x\n", "1.2.0"),
        ("1.2.0rc1\n========\nwords\n", "1.2.0rc1"),
        ("## 2026-01-02: 1.2.0\n- x\n", "1.2.0"),
        ("## Release 2026.1\n- x\n", "2026.1"),
        ("## [1.2.0-beta.2] - 2026-01-02\n- x\n", "1.2.0b2"),
    ],
)
def test_how_people_head_a_section(text: str, version: str) -> None:
    (one,) = sections(text)
    assert (one.version, one.told) == (version, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# Changelog\n",
        "## 1.2.x\n- words\n",
        "```\n## 1.2.0\n```\n",
        "## 1.2.0 (unreleased)\n- words\n",
        "words about 1.2.0\n",
    ],
)
def test_what_is_no_section_about_a_release(text: str) -> None:
    assert about(text, "1.2.0") is None


def test_a_section_without_words() -> None:
    one = about("## 1.2.0\n\n### Added\n\n## 1.1.0\n- x\n", "1.2.0")
    assert one is not None
    assert not one.told


NUMBERS = st.lists(st.integers(0, 40), min_size=2, max_size=4).map(lambda n: ".".join(map(str, n)))
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="#`~"), max_size=30
)


@given(st.lists(st.tuples(NUMBERS, WORDS), min_size=1, max_size=6, unique_by=lambda one: one[0]))
def test_every_section_is_found_in_order(written: list[tuple[str, str]]) -> None:
    text = "# Changes\n\n" + "".join(f"## [{v}] - 2026-01-02\n\n- a {w}\n\n" for v, w in written)
    found = sections(text)
    assert [one.version for one in found] == [version for version, _ in written]
    assert all(one.told for one in found)
    for version, _ in written:
        assert about(text, version) is not None


@given(st.text(max_size=300), NUMBERS)
def test_any_text_can_be_read(text: str, version: str) -> None:
    for one in sections(text):
        assert one.version or one.unreleased
    about(text, version)


def test_towncriers_table_and_fragments() -> None:
    assert towncrier({}) is None
    found = towncrier({"tool": {"towncrier": {"package": "demo", "package_dir": "src"}}})
    assert found is not None
    assert (found.directory, found.filename) == ("src/demo/newsfragments", "NEWS.rst")
    own = towncrier({}, {"tool": {"towncrier": {"directory": "changelog.d/", "filename": "C.md"}}})
    assert own is not None
    assert (own.directory, own.filename) == ("changelog.d", "C.md")
    names = ["README.md", ".gitignore", "template.md.jinja", "12.feature.md", "+x.fix.md", "plain"]
    assert fragments(names) == ("+x.fix.md", "12.feature.md")
