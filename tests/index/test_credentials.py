"""Every form in which a token comes, and every form in which it does not."""

import base64
import contextlib
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.tokens import Token, make_token
from onward.index.credentials import LONGEST, token_in


@pytest.fixture(scope="module")
def token() -> Token:
    return make_token(secrets.token_bytes)


def packed(pair: bytes) -> bytes:
    return base64.b64encode(pair)


@pytest.mark.parametrize("form", [
    b"Bearer %t", b"bearer %t", b"BEARER   %t ", b"Basic %b(__token__:%t)", b"basic %b(__token__:%t)",
    b"Basic   %b(x:%t)", b"Basic %b(:%t)", b"Basic %b(%t:)", b"Basic %b(%t)", b"Basic %b(\xe9\xff:%t)",
])  # fmt: skip
def test_forms_with_a_token(token: Token, form: bytes) -> None:
    assert token_in(filled(form, token)) == token


@pytest.mark.parametrize("form", [
    b"", b" ", b"Basic", b"Basic ", b"Bearer", b"Bearer ", b"Basic %%%", b"Basic \xff\xfe", b"Basic %b(__token__:)",
    b"Basic %b(a:b)", b"Basic %b(:)", b"Basic %b()", b"Basic =", b"Basic A", b"Digest %t", b"%t", b"Bearer x %t",
    b"Basic %t", b"Basic %b(__token__:x%t)", b"Negotiate abc", b"Bearer \xff", b"Basic %b(\xff\xfe)", b"Bearer \0",
    b"Basic%b(__token__:%t)", b"Basic\t%b(__token__:%t)", b"Basic %b(%t:other)",
])  # fmt: skip
def test_forms_without_one(token: Token, form: bytes) -> None:
    assert token_in(filled(form, token)) is None


@pytest.mark.parametrize(
    "form", [b"Bearer %tx", b"Bearer %t %t", b"Basic %b(a:%t\n)", b"Bearer onward_", b"Basic %b(a:%t:b)"]
)  # fmt: skip
def test_what_was_meant_to_be_one_is_told(token: Token, form: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        token_in(filled(form, token))
    assert token.secret not in " ".join((caught.value.message, *caught.value.context))


def test_a_huge_header_is_not_looked_at(token: Token) -> None:
    user = b"x" * LONGEST
    assert token_in(b"Basic " + packed(user + b":" + token.text.encode())) is None


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda b: b"Basic " + packed(b)))
def test_any_bytes_are_read_or_passed_over(header: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert token_in(header) is None


def filled(form: bytes, token: Token) -> bytes:
    """Give ``form`` with ``%t`` as the token and ``%b(...)`` in base64."""
    text = form.replace(b"%t", token.text.encode())
    before, mark, rest = text.partition(b"%b(")
    return before + packed(rest[:-1]) if mark else text
