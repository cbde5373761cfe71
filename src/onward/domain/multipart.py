"""``multipart/form-data`` as it comes in (RFC 7578, RFC 2046 section 5.1.1): parts, with limits, never the whole.

Strict where readers differ: no preamble, no padding behind a boundary, no folded headers, no
parameter twice, CR LF only. Who sends forms by a library sends none of these.
"""

import re

import msgspec

from onward.core.errors import BadInput

_BOUNDARY = re.compile(
    r'multipart/form-data\s*;\s*boundary=(?:"([^"\\]{1,70})"|([^\s;",]{1,70}))\s*', re.IGNORECASE
)
_BCHARS = re.compile(r"[0-9A-Za-z'()+_,./:=? -]*[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046, 5.1.1
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}):[ \t]*([^\r\n\x00]*)")
_PARAMETER = re.compile(r';[ \t]*([A-Za-z0-9*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))[ \t]*')


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much a form may hold: its parts, and the bytes of the headers of one part."""

    parts: int = 10_000
    headers: int = 8_000


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part begins: the field's name; ``filename`` is None for what is no file."""

    name: str
    filename: str | None = None


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Some bytes of the part that has begun."""

    content: bytes


class End(msgspec.Struct, frozen=True):
    """The part that has begun is whole."""


Event = Part | Data | End


def boundary_of(content_type: str) -> bytes:
    """Give the boundary that a Content-Type header names; raises BadInput (``bad-form``)."""
    found = _BOUNDARY.fullmatch(content_type.strip())
    word = (found[1] or found[2]) if found else ""
    if not _BCHARS.fullmatch(word):
        raise bad_form("its content type is not `multipart/form-data` with a boundary")
    return word.encode("ascii")


class Reader:
    """Reads a form piece by piece; every fault is BadInput (``bad-form``)."""

    def __init__(self, boundary: bytes, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._mark = b"\r\n--" + boundary
        self._left = b"\r\n"  # so that the first boundary looks like the others
        self._parts = 0
        self._step = self._boundary
        self._begun = False
        self.is_whole = False

    def feed(self, content: bytes) -> list[Event]:
        """Give what the next bytes bring, in order."""
        self._left += content
        events: list[Event] = []
        while self._step(events):
            pass
        return events

    def close(self) -> None:
        """Say that no more bytes come."""
        if not self.is_whole:
            raise bad_form("it ends too early")

    def _boundary(self, events: list[Event]) -> bool:
        """Read a boundary and what stands behind it: a line end, or the end of all."""
        size = len(self._mark)
        if not self._left.startswith(self._mark[: len(self._left)]):
            raise bad_form("it does not begin with its boundary")
        if len(self._left) < size + 2:
            return False
        after, self._left = self._left[size : size + 2], self._left[size + 2 :]
        if self._begun:
            events.append(End())
        if after == b"--":
            self.is_whole = True
            self._step = self._epilogue
        elif after == b"\r\n":
            self._step = self._headers
        else:
            raise bad_form("something stands behind a boundary")
        return True

    def _headers(self, events: list[Event]) -> bool:
        at = self._left.find(b"\r\n\r\n")
        if (at if at >= 0 else len(self._left)) > self._limits.headers:
            raise bad_form(f"the headers of a part have more than {self._limits.headers} bytes")
        if at < 0:
            return False
        self._parts += 1
        if self._parts > self._limits.parts:
            raise bad_form(f"it has more than {self._limits.parts} fields")
        events.append(_part(self._left[:at]))
        self._left = self._left[at + 4 :]
        self._begun = True
        self._step = self._data
        return True

    def _data(self, events: list[Event]) -> bool:
        at = self._left.find(self._mark)
        if at < 0:
            at = max(0, len(self._left) - len(self._mark) + 1)  # the rest could begin one
            if at:
                events.append(Data(content=self._left[:at]))
                self._left = self._left[at:]
            return False
        if at:
            events.append(Data(content=self._left[:at]))
        self._left = self._left[at:]
        self._step = self._boundary
        return True

    def _epilogue(self, events: list[Event]) -> bool:
        del events
        if self._left.strip(b"\r\n"):
            raise bad_form("something stands behind its end")
        self._left = b""
        return False


def _part(lines: bytes) -> Part:
    headers: dict[bytes, str] = {}
    for line in lines.split(b"\r\n"):
        found = _HEADER.fullmatch(line)
        if found is None:
            raise bad_form("a header of a part cannot be read")
        key = found[1].lower()
        if key in headers:
            raise bad_form("a part has a header twice")
        try:
            headers[key] = found[2].decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise bad_form("a header of a part is not UTF-8") from error
    if headers.get(b"content-transfer-encoding", "binary").lower() not in (
        "7bit",
        "8bit",
        "binary",
    ):
        raise bad_form("a part is encoded, which forms are not (RFC 7578, 4.7)")
    return _disposition(headers.get(b"content-disposition", ""))


def _disposition(text: str) -> Part:
    """Read a Content-Disposition (RFC 7578, section 4.2)."""
    kind, rest = text[:9].lower(), text[9:].strip()
    if kind != "form-data":
        raise bad_form("a part does not say which field it is")
    told: dict[str, str] = {}
    while rest:
        found = _PARAMETER.match(rest)
        if found is None or found[1].lower() in told:
            raise bad_form("a part does not say clearly which field it is")
        value = found[3] if found[2] is None else re.sub(r"\\(.)", r"\1", found[2])
        told[found[1].lower()] = value
        rest = rest[found.end() :]
    if not told.get("name") or "filename*" in told:
        raise bad_form("a part does not say clearly which field it is")
    return Part(name=told["name"], filename=told.get("filename"))


def bad_form(why: str) -> BadInput:
    """Give the error for a form that cannot be read."""
    return BadInput("bad-form", "the form cannot be read", context=(why,))
