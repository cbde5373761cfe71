"""What a client gets for what it says it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.index.negotiate import HTML, JSON, PLAIN, content_type, is_known, takes_gzip


@pytest.mark.parametrize(
    ("accept", "wanted", "expected"),
    [
        ("", "", PLAIN),
        ("*/*", "", PLAIN),
        ("text/html", "", PLAIN),
        (f"{JSON}, {HTML};q=0.1, text/html;q=0.01", "", JSON),  # pip
        (f"{JSON};q=0.5, {HTML};q=0.2, text/html", "", PLAIN),
        (f"{JSON}, text/html", "", JSON),
        ("application/vnd.pypi.simple.latest+json", "", JSON),
        ("application/vnd.pypi.simple.latest+html", "", HTML),
        ("image/png", "", None),
        (f"{JSON};q=0", "", None),
        (f"{JSON};q=high, text/html", "", PLAIN),
        ("image/png", JSON, JSON),
        ("image/png", "application/vnd.pypi.simple.v1 json", JSON),  # an unescaped plus
        ("", "text/plain", None),
    ],
)
def test_the_form_of_a_page(accept: str, wanted: str, expected: str | None) -> None:
    assert content_type(accept, wanted) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [("", False), ("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("gzip;q=0.00", False), ("*", True), ("identity", False)],
)  # fmt: skip
def test_compression(header: str, expected: bool) -> None:
    assert takes_gzip(header) is expected


def test_tags() -> None:
    assert is_known('W/"a", "b"', '"a"')
    assert is_known("*", '"a"')
    assert not is_known('"ab"', '"a"')
    assert not is_known("", '"a"')


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_header_is_answered(accept: str, wanted: str) -> None:
    assert content_type(accept, wanted) in (JSON, HTML, PLAIN, None)
    assert takes_gzip(accept) in (True, False)
