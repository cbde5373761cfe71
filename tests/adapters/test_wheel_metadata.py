"""METADATA from the end of a wheel: the same as a zip reader finds, or an error; never something else."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.adapters.wheel_metadata import wheel_metadata
from onward.core.errors import OutsideFailed
from onward.core.net import Request, Response

NAME = "tidewater-1.0-py3-none-any.whl"
METADATA = b"Metadata-Version: 2.4\nName: tidewater\nVersion: 1.0\n" + b"x" * 5_000
INSIDE = "tidewater-1.0.dist-info/METADATA"


def wheel(*files: tuple[str, bytes], packed: int = zipfile.ZIP_DEFLATED, big: int = 0) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as archive:
        archive.writestr(zipfile.ZipInfo("tidewater/data.bin"), bytes(big) or b"0")
        for name, content in files or ((INSIDE, METADATA),):
            archive.writestr(name, content)
    return out.getvalue()


class Server:
    """Gives parts of one file, and counts what it gave."""

    def __init__(self, content: bytes, *, ranges: bool = True) -> None:
        self.content = content
        self.ranges = ranges
        self.given = 0

    def get(self, request: Request) -> Response:
        wanted = request.headers["Range"].removeprefix("bytes=")
        total = len(self.content)
        if not self.ranges:
            return Response(status=200, headers={}, body=self.content, url=request.url)
        first, _, last = wanted.partition("-")
        start = int(first) if first else max(0, total - int(last))
        stop = min(total, int(last) + 1) if first else total
        body = self.content[start:stop]
        self.given += len(body)
        told = {"content-range": f"bytes {start}-{stop - 1}/{total}"}
        return Response(status=206, headers=told, body=body, url=request.url)


def read(content: bytes, filename: str = NAME, *, ranges: bool = True) -> bytes:
    return wheel_metadata(Server(content, ranges=ranges).get, "https://x.test/w.whl", filename)


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("ranges", [True, False])
def test_small_wheels(packed: int, ranges: bool) -> None:
    assert read(wheel(packed=packed), ranges=ranges) == METADATA


def test_a_large_wheel_costs_its_end_and_its_metadata_only() -> None:
    files = [(INSIDE, METADATA), *((f"tidewater/{n:05}.py", bytes(300)) for n in range(3_000))]
    content = wheel(*files, packed=zipfile.ZIP_STORED, big=5_000_000)
    server = Server(content)
    assert wheel_metadata(server.get, "https://x.test/w.whl", NAME) == METADATA
    assert server.given < 400_000


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("tidewater-1.0.dist-info/RECORD", b"")], "0 METADATA"),
        ([(INSIDE, b"a"), (INSIDE, b"b")], "2 METADATA"),
        ([("other-1.0.dist-info/METADATA", b"a")], "another release"),
        ([("tidewater-1.1.dist-info/METADATA", b"a")], "another release"),
        ([("deep/tidewater-1.0.dist-info/METADATA", b"a")], "0 METADATA"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_two_could_read_in_two_ways_is_no_wheel(
    files: list[tuple[str, bytes]], why: str
) -> None:
    with pytest.raises(OutsideFailed, match=why):
        read(wheel(*files))


def test_other_spellings_of_name_and_version_are_the_same_release() -> None:
    content = wheel(("Tide.Water-1.0.0.dist-info/METADATA", METADATA))
    assert read(content, "tide_water-1.0-py3-none-any.whl") == METADATA


def test_bombs_comments_and_strangers() -> None:
    bomb = wheel((INSIDE, bytes(11_000_000)))
    comment = wheel()[:-2] + b"\x05\x00PK\x05\x06"
    for content in (bomb, comment, b"", b"<html>no such file</html>", wheel()[:-1], wheel() + b"x"):
        with pytest.raises(OutsideFailed):
            read(content)


def test_a_server_that_gives_another_part_is_not_believed() -> None:
    def lying(request: Request) -> Response:
        told = {"content-range": "bytes 0-9/10"}
        return Response(status=206, headers=told, body=wheel()[-10:], url=request.url)

    with pytest.raises(OutsideFailed):
        wheel_metadata(lying, "https://x.test/w.whl", NAME)


@settings(max_examples=400)
@given(st.data())
def test_a_damaged_wheel_is_read_right_or_not_at_all(data: st.DataObject) -> None:
    content = bytearray(wheel())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 60))
    try:
        found = read(bytes(content[: len(content) - cut]))
    except OutsideFailed:
        return
    assert found == METADATA
