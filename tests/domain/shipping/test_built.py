"""Archives are read with limits and from bytes; a source distribution can be made the same twice."""

import contextlib
import gzip
import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.shipping.built import canonical_sdist, read_built
from tests.domain.shipping.archives import CODE, sdist, wheel

WORDS = b"PRIV" + b"ATE KEY"  # in two, or this file would hold a key itself
KEY = b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (WORDS, b"A" * 64, WORDS)


def test_a_wheel_is_read() -> None:
    built = read_built("demo-1.0-py3-none-any.whl", wheel())
    assert built.is_wheel
    assert "demo/inner.py" in built.paths
    assert set(built.texts) == {"METADATA", "WHEEL", "RECORD"}


def test_a_source_distribution_is_read_without_its_top_folder() -> None:
    built = read_built("demo-1.0.tar.gz", sdist(links={"here": "demo/inner.py"}))
    assert not built.is_wheel
    assert built.paths == ("PKG-INFO", "demo/__init__.py", "demo/inner.py", "here")
    assert built.members[-1].link == "demo/inner.py"
    assert set(built.texts) == {"PKG-INFO"}


@pytest.mark.parametrize("name", ["demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz", "demo-1.0.zip"])
@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04", b"\x1f\x8b\x08garbage"])
def test_what_is_no_archive_is_bad_input(name: str, content: bytes) -> None:
    with pytest.raises(BadInput) as error:
        read_built(name, content)
    assert error.value.reference == "bad-archive"


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_a_damaged_archive_never_breaks_the_reader(noise: bytes, at: int) -> None:
    for name, content in (("d-1-py3-none-any.whl", wheel()), ("d-1.tar.gz", sdist())):
        damaged = content[:at] + noise + content[at + len(noise) :]
        with contextlib.suppress(BadInput):
            read_built(name, damaged)


def test_what_unpacks_to_too_much_is_refused() -> None:
    bomb = {"demo/zeros.bin": bytes(5_000_000)}
    for name, content in (("d-1-py3-none-any.whl", wheel(bomb)), ("d-1.tar.gz", sdist(bomb))):
        assert len(content) < 100_000
        with pytest.raises(BadInput) as error:
            read_built(name, content, most_bytes=1_000_000)
        assert error.value.context == ("it unpacks to more than 1 MB",)


def test_a_device_in_an_archive_is_refused() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("demo-1.0/dev")
        info.type = tarfile.CHRTYPE
        archive.addfile(info)
    with pytest.raises(BadInput):
        read_built("demo-1.0.tar.gz", out.getvalue())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (KEY, True),
        (KEY.replace(b"PRIVATE", b"RSA PRIVATE").replace(b"\n", b"\r\n"), True),
        (b'{"private_key": "' + KEY.replace(b"\n", b"\\n") + b'"}', True),
        (b"-----BEGIN RSA %b-----\nProc-Type: 4,ENCRYPTED\n" % WORDS, True),
        (b"-----BEGIN PGP %b BLOCK-----\n\n%b" % (WORDS, b"A" * 64), True),
        (b'if text.startswith("-----BEGIN PRIVATE KEY-----"):\n    pass\n', False),
        (b"-----BEGIN PRIVATE KEY-----\n...\n", False),
        (b"-----BEGIN CERTIFICATE-----\n" + b"A" * 64, False),
    ],
)
def test_a_private_key_is_told_from_code_that_speaks_of_one(content: bytes, expected: bool) -> None:
    built = read_built("demo-1.0.tar.gz", sdist({"file": content}))
    assert built.members[-1].holds_key is expected


def test_two_builds_at_two_times_by_two_people_become_one_file() -> None:
    one = canonical_sdist(sdist(when=1_700_000_000, owner="ann"), 1_600_000_000)
    two = canonical_sdist(sdist(when=1_800_000_000, owner="bob", order=-1), 1_600_000_000)
    assert one == two
    assert gzip.decompress(one)
    with tarfile.open(fileobj=io.BytesIO(one)) as archive:
        assert {info.mtime for info in archive} == {1_600_000_000}


_NAMES = st.text(st.sampled_from("abcä é_-."), min_size=1, max_size=60).filter(
    lambda n: n.strip(".")
)


@given(st.dictionaries(_NAMES, st.binary(max_size=300), max_size=6), st.integers(0, 2**33))
def test_making_it_canonical_loses_nothing_and_happens_once(
    files: dict[str, bytes], when: int
) -> None:
    content = sdist(files, links={"zz-link": "PKG-INFO"})
    before, once = read_built("d-1.tar.gz", content), canonical_sdist(content, when)
    after = read_built("d-1.tar.gz", once)
    assert {(m.path, m.sha256, m.link) for m in before.members} == {
        (m.path, m.sha256, m.link) for m in after.members
    }
    assert canonical_sdist(once, when) == once


def test_the_code_of_a_made_archive_is_what_went_in() -> None:
    built = read_built("demo-1.0.tar.gz", sdist())
    sizes = {path: member.size for path, member in zip(built.paths, built.members, strict=True)}
    assert {path: sizes[path] for path in CODE} == {path: len(text) for path, text in CODE.items()}
