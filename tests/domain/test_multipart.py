"""Forms come in pieces of any size, and give the same parts; what is no form is an error and nothing else."""

import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.multipart import Data, End, Event, Limits, Part, Reader, boundary_of

MARK = b"XbX"
Parts = list[tuple[str, str | None, bytes]]

names = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1).filter(
    lambda text: text == text.strip()
)
contents = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([b"\r\n", b"--", MARK, b"-", b"\r", b"\n", b"x"])).map(b"".join),
).filter(lambda content: b"\r\n--" + MARK not in b"\r\n" + content)
parts = st.lists(st.tuples(names, st.none() | names, contents), max_size=5)


def quoted(text: str) -> bytes:
    return re.sub(r'(["\\])', r"\\\1", text).encode()


def written(form: Parts) -> bytes:
    out = b""
    for name, filename, content in form:
        out += b"--" + MARK + b'\r\nContent-Disposition: form-data; name="' + quoted(name) + b'"'
        if filename is not None:
            out += b'; filename="' + quoted(filename) + b'"\r\nContent-Type: text/plain'
        out += b"\r\n\r\n" + content + b"\r\n"
    return out + b"--" + MARK + b"--\r\n"


def read(pieces: list[bytes], limits: Limits | None = None) -> Parts:
    reader = Reader(MARK, limits)
    events: list[Event] = []
    for piece in pieces:
        events += reader.feed(piece)
    reader.close()
    found: Parts = []
    ended = 0
    for event in events:
        match event:
            case Part(name=name, filename=filename):
                found.append((name, filename, b""))
            case Data(content=content):
                found[-1] = (*found[-1][:2], found[-1][2] + content)
            case End():
                ended += 1
    assert ended == len(found)
    return found


def cut(body: bytes, places: list[int]) -> list[bytes]:
    at = sorted({place % (len(body) + 1) for place in places})
    return [body[start:stop] for start, stop in zip([0, *at], [*at, len(body)], strict=True)]


@given(parts, st.lists(st.integers(0, 10_000), max_size=20))
@example([("a", None, b"")], [])
@example([("a", "b", b"\r\n--Xb"), ("c", None, b"\r\n")], list(range(200)))
def test_any_form_in_any_pieces_is_read_as_it_was_written(form: Parts, places: list[int]) -> None:
    assert read(cut(written(form), places)) == form


@given(parts, st.integers(0, 10_000), st.binary(min_size=1, max_size=3))
def test_a_damaged_form_is_an_error_or_another_form(form: Parts, at: int, put: bytes) -> None:
    body = written(form)
    place = at % len(body)
    with contextlib.suppress(BadInput):
        read([body[:place] + put + body[place + 1 :]])


@given(st.binary(max_size=300))
def test_what_is_no_form_is_an_error(body: bytes) -> None:
    with pytest.raises(BadInput):
        read([body])


@given(parts.filter(len), st.integers(0, 10_000))
def test_a_form_that_ends_too_early_is_an_error(form: Parts, at: int) -> None:
    body = written(form)
    with pytest.raises(BadInput):
        read([body[: at % (len(body) - 2)]])


def test_nothing_grows_past_its_limit() -> None:
    limits = Limits(parts=2, headers=100)
    with pytest.raises(BadInput, match="form"):
        read([written([("a", None, b"x")] * 3)], limits)
    reader = Reader(MARK, limits)
    reader.feed(b"--" + MARK + b"\r\n")
    reader.feed(b"X: 12345" * 12)
    with pytest.raises(BadInput):
        reader.feed(b"X: 12345")


def test_bytes_are_handed_on_while_they_come() -> None:
    reader = Reader(MARK)
    reader.feed(written([("a", "b", b"")])[: -len(MARK) - 8])
    given_out = sum(
        len(event.content)
        for _ in range(100)
        for event in reader.feed(b"\r\n-" * 1_000)
        if isinstance(event, Data)
    )
    assert given_out > 299_000


@given(st.text())
@example('multipart/form-data; boundary="a b"')
@example("MULTIPART/form-data;boundary=x")
def test_a_boundary_is_plain(content_type: str) -> None:
    try:
        found = boundary_of(content_type)
    except BadInput:
        return
    assert 1 <= len(found) <= 70
    assert not found.endswith(b" ")
