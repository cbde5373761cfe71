"""What a file's name may be: everything that is taken can be listed, stored and asked for."""

import contextlib
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.simple_api import version_of
from onward.core.errors import BadInput
from onward.domain.shipping.strict_zip import check_zip
from onward.domain.shipping.uploads import read_filename

words = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._]{0,8}[A-Za-z0-9])?", fullmatch=True)
versions = st.from_regex(
    r"(1!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post[0-9])?(\.dev[0-9])?(\+[a-z0-9]{1,4})?",
    fullmatch=True,
)
tags = st.sampled_from(["py3-none-any", "cp311-cp311-manylinux_2_17_x86_64", "py2.py3-none-any"])
filenames = st.one_of(
    st.builds("{}-{}-{}.whl".format, words, versions, tags),
    st.builds("{}-{}-1x-{}.whl".format, words, versions, tags),
    st.builds("{}-{}.tar.gz".format, words, versions),
    st.text(),
    st.text().map(lambda text: f"{text}-1.0-py3-none-any.whl"),
    st.text().map(lambda text: f"acme-{text}.tar.gz"),
)


@given(filenames)
def test_every_name_that_is_taken_is_listed_as_what_it_says(filename: str) -> None:
    try:
        named = read_filename(filename)
    except BadInput:
        return
    assert version_of(filename, named.name) is not None
    assert not set(filename) & set("/\\:\0 \n")
    assert read_filename(filename).key == named.key


@given(words, versions, tags)
def test_spellings_of_one_file_have_one_key(word: str, version: str, tag: str) -> None:
    one = f"{word.replace('.', '_')}-{version}-{tag}.whl"
    other = f"{word.upper()}-v{version}-{tag}.whl"
    try:
        keys = {read_filename(name).key for name in (one, other)}
    except BadInput:
        return
    assert len(keys) == 1


def zip_of(*names: str, **options: int) -> bytearray:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", options.get("method", zipfile.ZIP_DEFLATED)) as archive:
        for name in names:
            archive.writestr(name, f"the content of {name}")
    return bytearray(out.getvalue())


def check(content: bytes | bytearray) -> None:
    check_zip(io.BytesIO(content), len(content))


class _Pipe(io.RawIOBase):
    """A file that cannot seek, so that zipfile writes sizes behind each member."""

    def __init__(self) -> None:
        self.content = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self.content += piece
        return len(piece)


def test_plain_zip_files_pass() -> None:
    check(zip_of("a", "b/c", "d"))
    check(zip_of("a", method=zipfile.ZIP_STORED))
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", "1")
        archive.writestr("b", "2")
    check(pipe.content)


def test_what_readers_would_read_in_two_ways_does_not() -> None:
    plain = zip_of("first", "other")
    directory = plain.index(b"PK\x01\x02")
    second = plain.index(b"PK\x03\x04", 4)
    other_size = bytearray(plain)
    struct.pack_into("<I", other_size, 22, 3)  # of the first member, at its beginning
    overlap = bytearray(plain)
    struct.pack_into("<I", overlap, plain.index(b"PK\x01\x02", directory + 4) + 42, 0)
    encrypted = bytearray(plain)
    encrypted[6] |= 1
    encrypted[directory + 8] |= 1
    fewer = bytearray(plain)
    struct.pack_into("<2H", fewer, plain.rindex(b"PK\x05\x06") + 8, 1, 1)
    for content in (
        b"x" + plain,
        plain + b"x",
        plain[:second] + b"hidden" + plain[second:],
        other_size,
        overlap,
        encrypted,
        fewer,
        b"",
        bytes(22),
    ):
        with pytest.raises(BadInput):
            check(content)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_damaged_zip_file_is_an_error_or_still_one(at: int, byte: int) -> None:
    content = zip_of("first", "other")
    content[at % len(content)] = byte
    with contextlib.suppress(BadInput):
        check(content)
