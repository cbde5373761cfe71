"""Layers are unpacked as the specification says, and never outside of their root."""

import contextlib
import gzip
import hashlib
import io
import secrets
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.layer_tar import can_unpack_zstd, open_layer, unpack
from onward.core.errors import OutsideFailed


def layer(path: Path, *members: tuple[str, str, str]) -> Path:
    """Write a layer of (name, kind, content or target)."""
    kinds = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE,
             "device": tarfile.CHRTYPE}  # fmt: skip
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, held in members:
            info = tarfile.TarInfo(name)
            info.type = kinds[kind]
            info.mode = 0o6755
            info.linkname = held if kind in ("link", "hard") else ""
            content = held.encode() if kind == "file" else b""
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").write_text("outside", encoding="utf-8")
    return tmp_path / "root"


def test_what_an_upper_layer_removes_is_gone(root: Path, tmp_path: Path) -> None:
    unpack(
        layer(tmp_path / "1", ("a/b", "file", "1"), ("a/c", "file", "2"), ("d/e", "file", "3")),
        root,
    )
    unpack(
        layer(
            tmp_path / "2",
            ("a/.wh.b", "file", ""),
            ("d/.wh..wh..opq", "file", ""),
            ("d/f", "file", "4"),
        ),
        root,
    )
    assert sorted(p.relative_to(root).as_posix() for p in root.rglob("*")) == [
        "a",
        "a/c",
        "d",
        "d/f",
    ]


def test_a_fixed_link_is_one_within_the_root(root: Path, tmp_path: Path) -> None:
    members = (("run", "dir", ""), ("var/run", "link", "/run"), ("var/run/pid", "file", "1"))
    unpack(layer(tmp_path / "1", *members), root)
    assert (root / "run/pid").read_text(encoding="utf-8") == "1"


@pytest.mark.parametrize(
    "members",
    [
        [("../secret", "file", "changed")],
        [("/../secret", "file", "changed")],
        [("a", "link", ".."), ("a/secret", "file", "changed")],
        [("a", "link", "../.."), ("a/secret", "file", "changed")],
        [("a/b", "link", "../../.."), ("a/b/secret", "file", "changed")],
        [("a", "hard", "../secret"), ("a", "file", "changed")],
        [("a", "link", "../secret"), ("b", "hard", "a"), ("b", "file", "changed")],
        [("a", "link", "../secret"), ("a", "file", "changed")],
        [("a", "link", ".."), (".wh.a", "file", ""), ("a", "link", ".."), ("a/.wh.secret", "file", "")],
        [("a", "link", ".."), ("a/.wh..wh..opq", "file", "")],
        [("a", "hard", ""), ("b", "hard", "/"), ("c", "hard", "./..")],
        [(".wh...", "file", "")],
        [("a", "dir", ""), ("a/.wh...", "file", ""), (".wh..", "file", ""), (".wh.", "file", "")],
    ],
)  # fmt: skip
def test_nothing_outside_is_touched(
    root: Path, tmp_path: Path, members: list[tuple[str, str, str]]
) -> None:
    unpack(layer(tmp_path / "1", *members), root)
    assert (tmp_path / "secret").read_text(encoding="utf-8") == "outside"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1", "root", "secret"]


_PARTS = st.sampled_from(
    [
        "a",
        "b",
        "..",
        ".",
        "secret",
        ".wh.a",
        ".wh.secret",
        ".wh..wh..opq",
        ".wh...",
        ".wh..",
        ".wh.",
        "",
    ]
)
_MEMBERS = st.tuples(
    st.lists(_PARTS, min_size=1, max_size=4).map("/".join),
    st.sampled_from(["file", "dir", "link", "hard"]),
    st.lists(_PARTS, min_size=1, max_size=4).map("/".join),
)


@given(st.lists(_MEMBERS, max_size=6))
def test_no_layer_reaches_out(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[str, str, str]]
) -> None:
    top = tmp_path_factory.mktemp("reach")
    (top / "secret").write_text("outside", encoding="utf-8")
    (top / "root").mkdir()
    with contextlib.suppress(OutsideFailed, OSError):
        unpack(layer(top / "layer", *members), top / "root")
    assert (top / "secret").read_text(encoding="utf-8") == "outside"
    assert sorted(p.name for p in top.iterdir()) == ["layer", "root", "secret"]


def test_devices_and_rights_of_owners_are_left_out(root: Path, tmp_path: Path) -> None:
    unpack(layer(tmp_path / "1", ("null", "device", ""), ("su", "file", "x")), root)
    assert [p.name for p in root.iterdir()] == ["su"]
    assert (root / "su").stat().st_mode & 0o7777 == 0o755


def test_a_damaged_layer_is_told(root: Path, tmp_path: Path) -> None:
    path = layer(tmp_path / "1", ("a", "file", "x" * 5000))
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(OutsideFailed, match="cannot be read"):
        unpack(path, root)


def test_a_layer_of_several_gzip_members_is_unpacked_whole(root: Path, tmp_path: Path) -> None:
    """As eStargz makes them, one for each file."""
    plain = gzip.decompress(
        layer(tmp_path / "0", ("a", "file", "1"), ("b", "file", "2")).read_bytes()
    )
    packed = b"".join(gzip.compress(plain[at : at + 700]) for at in range(0, len(plain), 700))
    (tmp_path / "1").write_bytes(packed)
    unpack(tmp_path / "1", root)
    assert sorted(p.name for p in root.iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    "rest", [b"x" * 100, gzip.compress(b"", mtime=0)[:-3]], ids=["no gzip", "half of a member"]
)
def test_a_layer_that_goes_on_as_something_else_is_told(
    root: Path, tmp_path: Path, rest: bytes
) -> None:
    path = layer(tmp_path / "1", ("a", "file", "1"))
    path.write_bytes(path.read_bytes() + rest)

    def read() -> None:
        with open_layer(path, hashed=True) as opened:
            assert list(opened)
            opened.diff_id()

    with pytest.raises(OutsideFailed) as caught:
        read()
    assert caught.value.reference == "bad-layer"


def test_a_circle_of_links_is_told(root: Path, tmp_path: Path) -> None:
    with pytest.raises(OutsideFailed, match="circle"):
        unpack(
            layer(tmp_path / "1", ("a", "link", "b"), ("b", "link", "a"), ("a/c", "file", "")), root
        )


def of(path: Path, name: str, **fields: object) -> Path:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info)
    return path


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_would_fill_the_memory_is_not_read(
    root: Path, tmp_path: Path, kind: bytes
) -> None:
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 1 << 33
    (tmp_path / "1").write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(100_000)))
    with pytest.raises(OutsideFailed, match="header of 8589934592 bytes"):
        unpack(tmp_path / "1", root)


def test_a_file_larger_than_the_disk_is_not_begun(root: Path, tmp_path: Path) -> None:
    """A sparse one needs no bytes in the layer: 4 TB in a few hundred."""
    sparse = {"GNU.sparse.size": str(1 << 42), "GNU.sparse.map": "0,0", "GNU.sparse.name": "s"}
    with pytest.raises(OutsideFailed) as caught:
        unpack(of(tmp_path / "1", "s", pax_headers=sparse), root)
    assert caught.value.reference == "disk-full"
    assert not list(root.iterdir())


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("a", {"pax_headers": {"path": "a\0b"}}),
        ("a" * 300, {}),
        ("/".join(["a" * 200] * 40), {}),
        ("a", {"type": tarfile.SYMTYPE, "linkname": ""}),
        ("a", {"type": tarfile.SYMTYPE, "linkname": "x" * 5000}),
    ],
)
def test_a_name_that_cannot_be_is_told(
    root: Path, tmp_path: Path, name: str, fields: dict[str, object]
) -> None:
    with pytest.raises(OutsideFailed) as caught:
        unpack(of(tmp_path / "1", name, **fields), root)
    assert caught.value.reference == "bad-layer"


def test_a_field_with_an_absurd_length_is_told(root: Path, tmp_path: Path) -> None:
    told = b"99999999999999999999 path=x\n"
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, len(told)
    (tmp_path / "1").write_bytes(gzip.compress(info.tobuf() + told.ljust(512, b"\0")))
    with pytest.raises(OutsideFailed) as caught:
        unpack(tmp_path / "1", root)
    assert caught.value.reference == "bad-layer"


def test_folders_stay_open_to_whoever_unpacks(root: Path, tmp_path: Path) -> None:
    """As in images of Fedora, where /usr/bin is closed to writing: only root may write there all the same."""
    unpack(of(tmp_path / "1", "usr/bin", type=tarfile.DIRTYPE, mode=0o555), root)
    assert (root / "usr/bin").stat().st_mode & 0o777 == 0o755


reads_zstd = pytest.mark.skipif(not can_unpack_zstd(), reason="nothing here reads zstd")
SKIPPABLE = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"table"
"""A frame without content, as zstd:chunked has one at its end."""


def zstd(content: bytes) -> bytes:
    if sys.version_info >= (3, 14):
        from compression import zstd as packer
    else:
        from backports import zstd as packer
    return packer.compress(content)


def plain(tmp_path: Path, *members: tuple[str, str, str]) -> bytes:
    return gzip.decompress(layer(tmp_path / "plain", *members).read_bytes())


@reads_zstd
def test_a_layer_of_zstd_is_unpacked_and_its_digest_worked_out(root: Path, tmp_path: Path) -> None:
    content = plain(tmp_path, ("a", "file", "1"), ("b", "file", "2"))
    half = len(content) // 2
    packed = zstd(content[:half]) + SKIPPABLE + zstd(content[half:]) + SKIPPABLE
    (tmp_path / "1").write_bytes(packed)
    unpack(tmp_path / "1", root)
    assert sorted(p.name for p in root.iterdir()) == ["a", "b"]
    with open_layer(tmp_path / "1", hashed=True) as opened:
        assert [info.name for info, _ in opened] == ["a", "b"]
        assert opened.diff_id() == f"sha256:{hashlib.sha256(content).hexdigest()}"


@reads_zstd
@pytest.mark.parametrize("end", [b"", b"x" * 20])
def test_a_damaged_layer_of_zstd_is_told(root: Path, tmp_path: Path, end: bytes) -> None:
    content = plain(tmp_path, ("a", "file", secrets.token_hex(50_000)))
    (tmp_path / "1").write_bytes(zstd(content)[:-5000] + end)
    with pytest.raises(OutsideFailed) as caught:
        unpack(tmp_path / "1", root)
    assert caught.value.reference == "bad-layer"


@reads_zstd
def test_a_layer_that_wants_more_memory_than_zstd_may_have_is_told(
    root: Path, tmp_path: Path
) -> None:
    # the head of a frame with a window of 2 GB (RFC 8878, 3.1.1.1.2), and one empty block
    window = (31 - 10) << 3
    (tmp_path / "1").write_bytes(b"\x28\xb5\x2f\xfd\x00" + bytes([window]) + b"\x01\x00\x00")
    with pytest.raises(OutsideFailed) as caught:
        unpack(tmp_path / "1", root)
    assert caught.value.reference == "bad-layer"


@reads_zstd
def test_a_layer_that_unpacks_to_thousands_of_times_its_size_is_not_read_to_its_end(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "1").write_bytes(zstd(plain(tmp_path, ("a", "file", "1")) + bytes(200_000_000)))

    def read() -> None:
        with open_layer(tmp_path / "1", hashed=True) as opened:
            assert list(opened)
            opened.diff_id()

    with pytest.raises(OutsideFailed, match="more than 2000 times its size"):
        read()
