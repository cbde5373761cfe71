"""Which form of a page a client wants (PEP 691: the Accept header, or ``?format=``)."""

import functools
import re

import msgspec

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
PLAIN = "text/html"

_MEANS = {
    JSON: JSON,
    "application/vnd.pypi.simple.latest+json": JSON,
    HTML: HTML,
    "application/vnd.pypi.simple.latest+html": HTML,
    PLAIN: PLAIN,
}
_MOST = 8_000  # bytes of a header


class _Wish(msgspec.Struct, frozen=True):
    kind: str
    quality: float
    precise: bool


@functools.lru_cache(maxsize=512)
def content_type(accept: str, wanted: str = "") -> str | None:
    """Give the content type to answer with; None when nothing the client takes can be given (406).

    ``accept`` is the header (empty: anything), ``wanted`` the ``format`` of the query, which
    wins. Of equally liked types JSON comes first; a client that takes anything gets plain
    HTML, as PEP 503 clients expect.
    """
    if wanted:
        return _MEANS.get(wanted.replace(" ", "+"))  # a plus in a query is a blank
    if not accept.strip():
        return PLAIN
    wishes = [wish for part in accept[:_MOST].split(",") if (wish := _read(part))]
    best = max((wish.quality for wish in wishes if wish.quality > 0), default=0.0)
    if not best:
        return None
    liked = {wish.kind for wish in wishes if wish.quality == best and wish.precise}
    for kind in (JSON, HTML, PLAIN):
        if kind in liked:
            return kind
    return PLAIN  # only wildcards are liked as much


@functools.lru_cache(maxsize=512)
def prefers_html(accept: str) -> bool:
    """Whether a page for people is wanted more than JSON: browsers name HTML, installers do not."""
    html, json = (
        _named(accept, PLAIN),
        _named(accept, "application/json", "application/problem+json"),
    )
    return html > 0 and html >= json


@functools.lru_cache(maxsize=512)
def prefers_json(accept: str) -> bool:
    """Whether JSON is asked for by its name, and HTML is not liked more."""
    json = _named(accept, "application/json")
    return json > 0 and json > _named(accept, PLAIN)


def _named(accept: str, *kinds: str) -> float:
    """Give the quality at which one of these types is named itself; 0 when none is."""
    best = 0.0
    for part in accept[:_MOST].split(","):
        word, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if word in kinds:
            best = max(best, _quality(parameters) or 0.0)
    return best


def _quality(parameters: list[str]) -> float | None:
    """Give what ``q`` says (1 without it); None for what cannot be read."""
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
    return quality


def _read(part: str) -> _Wish | None:
    word, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = _quality(parameters)
    if quality is None or not 0 <= quality <= 1:
        return None
    if word in _MEANS:
        return _Wish(_MEANS[word], quality, True)
    return _Wish(PLAIN, quality, False) if word in ("*/*", "text/*", "application/*") else None


@functools.lru_cache(maxsize=512)
def takes_gzip(accept_encoding: str) -> bool:
    """Whether the client reads gzip (RFC 9110, 12.5.3)."""
    for part in accept_encoding[:_MOST].lower().split(","):
        word, *parameters = (piece.replace(" ", "") for piece in part.split(";"))
        if word in ("gzip", "x-gzip", "*"):
            return not any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters)
    return False


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the client has the page of this entity tag already (RFC 9110, 13.1.2)."""
    if not if_none_match:
        return False
    marks = (mark.strip().removeprefix("W/") for mark in if_none_match.split(","))
    return any(mark in (etag, "*") for mark in marks)
