"""Project pages: both forms say the same, hostile ones are errors or lose what is hostile in them."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from onward.adapters.simple_api import (
    JSON,
    File,
    Meta,
    Page,
    artifacts_of,
    ask,
    read_page,
    read_time,
    version_of,
    versions_of,
    write_page,
)
from onward.core.artifact import Status
from onward.core.errors import OutsideFailed
from onward.core.names import Name, parse_name
from onward.domain.guard.advisories import canonical
from tests.registry import Registry, pages

DEMO = Name("demo")
HERE = "https://index.example.org/simple/demo/"
HTML = "text/html; charset=utf-8"


def json_page(*files: dict[str, object], **more: object) -> bytes:
    return json.dumps(
        {"meta": {"api-version": "1.1"}, "name": "demo", "files": list(files), **more}
    ).encode()


def file(filename: str = "demo-1.0.tar.gz", **more: object) -> dict[str, object]:
    return {"filename": filename, "url": f"/files/{filename}", "hashes": {}, **more}


def read(body: bytes, kind: str = JSON, url: str = HERE) -> Page:
    return read_page(body, kind, url, DEMO)


def both(registry: Registry) -> tuple[Page, Page]:
    """The page of ``demo`` in both forms, as the registry gives them."""
    found = []
    for accept in (pages.JSON, pages.HTML):
        reply = registry.answer("/simple/demo/", {"accept": accept})
        found.append(read(reply.body, reply.headers["Content-Type"], f"{registry.url}demo/"))
    return found[0], found[1]


def test_both_forms_say_the_same(registry: Registry) -> None:
    registry.add("demo", "1.0", requires_python=">=3.9", sdist=True)
    registry.add("demo", "1.1", yanked="it <broke> & burned", tags=("cp311-cp311-win_amd64",))
    registry.add("demo", "1.2", yanked="")
    registry.status("demo", "archived", "no longer kept")

    as_json, as_html = both(registry)

    assert as_json.status is as_html.status is Status.archived
    assert len(as_json.files) == len(as_html.files) == 4
    for one, other in zip(as_json.files, as_html.files, strict=True):
        assert one.filename == other.filename
        assert one.url == other.url
        assert one.url.startswith(registry.base)
        assert one.hashes == other.hashes
        assert one.requires_python == other.requires_python
        assert one.yanked == other.yanked
        assert one.core_metadata == other.core_metadata


def test_a_page_survives_being_written(registry: Registry) -> None:
    registry.add("demo", "1.0", requires_python=">=3.9", sdist=True, yanked="broken")
    page, _ = both(registry)

    assert read(write_page(page)) == page


def test_a_page_without_hashes_still_says_that_there_are_none() -> None:
    written = json.loads(write_page(read(json_page(file()))))

    assert written["files"][0]["hashes"] == {}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("2026-05-01T10:00:00.123456Z", True),
        ("2026-05-01T10:00:00+02:00", True),
        ("9999-12-31T23:59:59Z", False),
        ("0001-01-01T00:00:00Z", False),
        ("2026-05-01T10:00:00", False),
        ("soon", False),
        ("", False),
    ],
)
def test_a_time_that_nobody_can_read_is_left_out(told: str, *, kept: bool) -> None:
    page = read(json_page(file(**{"upload-time": told})))

    assert page.files[0].upload_time == (told if kept else None)


def test_the_request_asks_for_json_first_and_only_for_what_is_new() -> None:
    request = ask("https://index.example.org/simple", DEMO, etag='"abc"')

    assert request.url == HERE
    assert request.headers["Accept"].startswith(JSON)
    assert request.headers["If-None-Match"] == '"abc"'
    assert ask("https://x.org/simple/", DEMO, modified="Mon").headers["If-Modified-Since"] == "Mon"


def test_artifacts_carry_what_the_rules_need() -> None:
    body = json_page(
        file(
            hashes={"sha256": "ab" * 32},
            size=7,
            yanked=True,
            **{"upload-time": "2026-05-01T10:00:00.5Z", "requires-python": ">=3.9"},
        )
    )

    ((version, (artifact,)),) = artifacts_of(read(body), DEMO, "https://index").items()

    assert version == artifact.version == "1.0"
    assert artifact.uploaded == dt.datetime(2026, 5, 1, 10, 0, 0, 500_000, tzinfo=dt.UTC)
    assert (artifact.sha256, artifact.size, artifact.yanked) == ("ab" * 32, 7, "")
    assert (artifact.source, artifact.requires_python) == ("https://index", ">=3.9")


# Garbage is an error, never an empty page


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", JSON),
        (b"", HTML),
        (b"", ""),
        (b"not a page at all", HTML),
        (b"not a page at all", "text/plain"),
        (b"<html>this is <b>not", JSON),
        (b"{}", JSON),
        (b"[]", JSON),
        (b"null", JSON),
        (json_page(name="other"), JSON),
        (json_page(name="../demo"), JSON),
        (json_page(meta={"api-version": "2.0"}), JSON),
        (json_page(files=None), JSON),
        (json_page({"filename": 7, "url": "x"}), JSON),
        (json_page({"url": "x"}), JSON),
        (b'{"meta": {"api-version": "1.0"}, "name": "demo", "files": [', JSON),
        (b'{"x": ' + b"[" * 200_000, JSON),
        (b"\xff\xfe\x00{", JSON),
        (b'<html><head><meta name="pypi:repository-version" content="2.1"></head></html>', HTML),
        (b"\x1f\x8b\x08\x00garbage", JSON),
    ],
)
def test_what_is_no_page_is_an_error(body: bytes, kind: str) -> None:
    with pytest.raises(OutsideFailed) as caught:
        read(body, kind)

    assert caught.value.reference == "bad-page"


@given(st.binary(max_size=300), st.sampled_from([JSON, HTML, "", "text/plain"]))
def test_any_bytes_are_a_page_of_demo_or_an_error(body: bytes, kind: str) -> None:
    try:
        page = read(body, kind)
    except OutsideFailed:
        return
    assert page.name == "demo"


_WORDS = st.text(max_size=30) | st.sampled_from(["demo-1.0.tar.gz", "https://[x", "//", "http://"])


@given(
    st.lists(
        st.fixed_dictionaries(
            {"filename": _WORDS, "url": _WORDS},
            optional={
                "upload-time": _WORDS,
                "yanked": st.booleans() | _WORDS,
                "size": st.integers(-9, 9),
                "hashes": st.dictionaries(_WORDS, _WORDS, max_size=2),
            },
        ),
        max_size=4,
    )
)
def test_odd_files_are_kept_or_left_out_but_never_crash(files: list[dict[str, object]]) -> None:
    page = read(json_page(*files))

    artifacts_of(page, DEMO, HERE)
    assert all(found.url.startswith(("https://", "http://")) for found in page.files)


def test_no_error_shows_a_login() -> None:
    with pytest.raises(OutsideFailed) as caught:
        read(b"", JSON, "https://ann:secret@index.example.org/simple/demo/")

    assert "secret" not in f"{caught.value.message} {caught.value.context}"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://x.org/demo-1.0.tar.gz",
        "javascript:x",
        "data:,x",
        "//",
        "\\\\x\\y",
    ],
)
def test_files_off_the_web_are_left_out(url: str) -> None:
    hostile = file("demo-1.1.tar.gz", url=url)

    shown = [f.url for f in read(json_page(file(), hostile)).files]

    assert shown[0] == "https://index.example.org/files/demo-1.0.tar.gz"
    assert all(address.startswith("https://index.example.org/") for address in shown)


def test_a_base_element_moves_the_files_of_a_page() -> None:
    page = read(
        b'<html><base href="https://files.example.org/a/"><a href="demo-1.0.tar.gz#sha256=ABCD">x</a>',
        HTML,
    )

    assert page.files[0].url == "https://files.example.org/a/demo-1.0.tar.gz"
    assert page.files[0].hashes == {"sha256": "abcd"}


# Versions in file names


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("demo-1.0-py3-none-any.whl", "1.0"),
        ("demo-1.0-1-py3-none-any.whl", "1.0"),
        ("Demo-1.0-py3-none-any.whl", "1.0"),
        ("demo-1.0+cu12-py3-none-any.whl", "1.0+cu12"),
        ("demo-1.0.tar.gz", "1.0"),
        ("demo-1.0.zip", "1.0"),
        ("DEMO-1.0-beta.tar.gz", "1.0-beta"),
        ("demo-1.0-py3.whl", None),
        ("other-1.0-py3-none-any.whl", None),
        ("demo_extra-1.0-py3-none-any.whl", None),
        ("demo-extra-1.0.tar.gz", "extra-1.0"),
        ("other-1.0.tar.gz", None),
        ("demo-1.0.exe", None),
        ("demo-1.0.egg", None),
        ("demo.tar.gz", None),
        ("", None),
        ("../demo-1.0.tar.gz", None),
        ("demo-../../x-py3-none-any.whl", None),
        ("demo-1.0\\..-py3-none-any.whl", None),
    ],
)
def test_the_version_in_a_file_name(filename: str, version: str | None) -> None:
    assert version_of(filename, DEMO) == version


_NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", fullmatch=True)


@given(_NAMES, st.sampled_from(["1.0", "2!1.0.post1", "1.0+a.b", "0", "2024.1rc1"]))
def test_every_rightly_built_name_is_read(name: str, version: str) -> None:
    normal = Name(canonicalize_name(name))
    escaped = normal.replace("-", "_")

    assert version_of(f"{escaped}-{version}-py3-none-any.whl", normal) == version
    assert version_of(f"{escaped}-{version}.tar.gz", normal) == version
    assert version_of(f"{name}-{version}.tar.gz", normal) == version


def test_equal_versions_are_one_release() -> None:
    names = [
        "demo-1.0-py3-none-any.whl",
        "demo-1.0.0.tar.gz",
        "demo-v1.tar.gz",
        "demo-1.0RC1.tar.gz",
        "demo-1.0.rc.1.zip",
        "demo-2004d.tar.gz",
    ]
    page = read(json_page(*(file(name) for name in names)))

    found = {v: [a.filename for a in files] for v, files in artifacts_of(page, DEMO, "x").items()}

    assert found == {"1.0": names[:3], "1.0rc1": names[3:5], "2004d": names[5:]}
    assert set(versions_of(page, DEMO).values()) == set(found)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("2026-05-01T10:00:00Z", dt.datetime(2026, 5, 1, 10, tzinfo=dt.UTC)),
        ("2026-05-01T10:00:00.123456+00:00", dt.datetime(2026, 5, 1, 10, 0, 0, 123456, dt.UTC)),
        ("2026-05-01T10:00:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_without_a_zone_is_no_time(text: str | None, read_as: dt.datetime | None) -> None:
    assert read_time(text) == read_as


_PIECE = st.text("aZ0._+!-", max_size=6)


@given(
    stem=st.sampled_from(("de-mo", "de_mo", "De_mo", "de.mo", "demo", "de_mo-extra")),
    pieces=st.lists(_PIECE, max_size=6),
    ending=st.sampled_from((".whl", ".tar.gz", ".zip", ".tgz", "")),
    long=st.sampled_from((0, 0, 0, 60, 220)),
)
def test_a_page_reads_each_name_as_one_alone_is_read(
    stem: str, pieces: list[str], ending: str, long: int
) -> None:
    filename = "-".join([stem, *pieces]) + "0" * long + ending
    name = parse_name("de-mo")
    files = (File(filename=filename, url="https://files.example/x"),)
    text = version_of(filename, name)
    read = versions_of(Page(meta=Meta(api_version="1.0"), name="de-mo", files=files), name)
    assert (filename in read) == (text is not None)
    if text is not None:
        assert canonical(read[filename]) == canonical(text)
