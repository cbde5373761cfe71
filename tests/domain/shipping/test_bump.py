"""The next version number: every choice goes up, and to where a person expects it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from onward.core.errors import BadInput
from onward.domain.shipping.bump import PARTS, next_version, part_for


@pytest.mark.parametrize(
    ("before", "choice", "after"),
    [
        ("1.2.3", "major", "2.0.0"),
        ("1.2.3", "minor", "1.3.0"),
        ("1.2.3", "patch", "1.2.4"),
        ("1.2.3", "pre", "1.2.4rc1"),
        ("1.2", "minor", "1.3"),
        ("1.2", "patch", "1.2.1"),
        ("1", "major", "2"),
        ("1", "minor", "1.1"),
        ("1.2.3.4", "patch", "1.2.4.0"),
        ("2.0.0rc1", "major", "2.0.0"),
        ("2.0.0rc1", "patch", "2.0.0"),
        ("2.0.0rc1", "pre", "2.0.0rc2"),
        ("2.0.1rc1", "minor", "2.1.0"),
        ("2.0.1rc1", "major", "3.0.0"),
        ("2.0.0a4", "pre", "2.0.0a5"),
        ("1.3.0.dev2", "minor", "1.3.0"),
        ("1.3.0.dev2", "pre", "1.3.0rc1"),
        ("1.3.0rc1.dev2", "pre", "1.3.0rc1"),
        ("1.2.3.post1", "patch", "1.2.4"),
        ("1.2.3+local", "patch", "1.2.4"),
        ("1!2.0", "minor", "1!2.1"),
        ("0.1.0", "1.0", "1.0"),
        ("1.0", "1.1-RC.1", "1.1rc1"),
    ],
)
def test_what_follows(before: str, choice: str, after: str) -> None:
    assert str(next_version(Version(before), choice)) == after


VERSIONS = st.builds(
    lambda epoch, release, pre, post, dev: Version(
        epoch + ".".join(map(str, release)) + pre + post + dev
    ),
    st.sampled_from(["", "", "1!"]),
    st.lists(st.integers(0, 30), min_size=1, max_size=5),
    st.sampled_from(["", "", "a0", "b3", "rc1"]),
    st.sampled_from(["", "", ".post0", ".post2"]),
    st.sampled_from(["", "", ".dev0", ".dev7"]),
)


@given(VERSIONS, st.sampled_from(PARTS))
def test_every_choice_goes_up_and_only_pre_gives_a_pre_release(before: Version, part: str) -> None:
    after = next_version(before, part)
    assert after > before
    assert after.is_prerelease is (part == "pre")
    assert after.epoch == before.epoch
    assert len(after.release) >= len(before.release)
    assert (after.post, after.dev, after.local) == (None, None, None)


@given(VERSIONS)
def test_a_larger_part_never_gives_a_lower_version(before: Version) -> None:
    patch, minor, major = (next_version(before, part) for part in ("patch", "minor", "major"))
    assert patch <= minor <= major


@given(VERSIONS, VERSIONS)
def test_a_version_of_ones_own_has_to_be_higher(before: Version, wanted: Version) -> None:
    if wanted > before:
        assert next_version(before, str(wanted)) == wanted
    else:
        with pytest.raises(BadInput, match="not higher"):
            next_version(before, str(wanted))


@pytest.mark.parametrize("text", ["", "next", "1..2", "v", "1.2.x"])
def test_what_is_no_version_is_said(text: str) -> None:
    with pytest.raises(BadInput, match="is no version"):
        next_version(Version("1.0"), text)


def test_a_word_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(BadInput) as told:
        next_version(Version("1.0"), "minro")
    assert "major, minor, patch, pre and auto" in (told.value.hint or "")


@pytest.mark.parametrize(
    ("before", "breaks", "additions", "part"),
    [
        ("1.4.0", True, True, "major"),
        ("0.4.0", True, False, "minor"),
        ("1.4.0", False, True, "minor"),
        ("0.4.0", False, True, "minor"),
        ("1.4.0", False, False, "patch"),
    ],
)
def test_what_the_public_api_asks_for(
    before: str, breaks: bool, additions: bool, part: str
) -> None:
    assert part_for(Version(before), breaks=breaks, additions=additions) == part
