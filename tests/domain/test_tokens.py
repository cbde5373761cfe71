"""The form of a token: what is written comes back, and nothing else reads as one."""

import hashlib
import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.tokens import Token, looks_like_token, make_token, parse_token

LETTERS = string.ascii_letters + string.digits
seeds = st.binary(min_size=39, max_size=39)


def of(seed: bytes) -> Token:
    """A token of these bytes instead of random ones."""
    rest = bytearray(seed)

    def give(count: int) -> bytes:
        taken = bytes(rest[:count])
        del rest[:count]
        return taken

    return make_token(give)


@given(seeds)
def test_a_token_reads_as_itself(seed: bytes) -> None:
    token = of(seed)
    assert parse_token(token.text) == token
    assert looks_like_token(token.text)
    assert re.fullmatch(r"onward_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}", token.text)


@given(seeds, seeds)
def test_other_bytes_are_another_token(one: bytes, other: bytes) -> None:
    assume(one != other)
    assert of(one).text != of(other).text


@given(seeds, st.data())
def test_a_slip_of_one_letter_is_noticed(seed: bytes, data: st.DataObject) -> None:
    text = of(seed).text
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from(LETTERS + "_"))
    assume(letter != text[at])
    with pytest.raises(BadInput) as caught:
        parse_token(text[:at] + letter + text[at + 1 :])
    assert caught.value.reference in ("no-token", "mistyped-token")


@given(seeds, st.data())
def test_two_letters_that_changed_places_are_noticed(seed: bytes, data: st.DataObject) -> None:
    text = of(seed).text
    at = data.draw(st.integers(0, len(text) - 2))
    assume(text[at] != text[at + 1])
    with pytest.raises(BadInput):
        parse_token(text[:at] + text[at + 1] + text[at] + text[at + 2 :])


@given(
    st.text(max_size=100)
    | st.from_regex(r"onward_[0-9A-Za-z]{10}_[0-9A-Za-z]{49}\n?", fullmatch=True)
)
def test_no_other_text_is_a_token(text: str) -> None:
    with pytest.raises(BadInput) as caught:  # but for a chance of one in four thousand million
        parse_token(text)
    error = caught.value
    assert error.reference in ("no-token", "mistyped-token")
    said = " ".join((error.message, *error.context, error.hint or ""))
    assert len(text) < 8 or text not in said


@given(seeds, st.sampled_from(("", " ", "\n", "\0", "x")))
def test_nothing_may_stand_around_it(seed: bytes, more: str) -> None:
    text = of(seed).text
    for odd in (
        more + text,
        text + more,
        text.upper(),
        text[:-1],
        text.replace("onward", "Onward"),
    ):
        if odd != text:
            with pytest.raises(BadInput):
                parse_token(odd)


@given(seeds)
def test_what_is_kept_is_the_sha256_of_the_secret(seed: bytes) -> None:
    token = of(seed)
    assert token.digest == hashlib.sha256(token.secret.encode()).hexdigest()
    assert token.fits(token.digest)
    assert not token.fits(token.digest[:-1])
    assert not token.fits("")


@given(seeds)
def test_its_words_do_not_show_the_secret(seed: bytes) -> None:
    token = of(seed)
    for shown in (str(token), repr(token), f"{token}", repr([token])):
        assert token.id in shown
        assert token.secret not in shown
