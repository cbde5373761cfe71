"""File name, metadata and pyproject.toml must say one thing, and RECORD the truth."""

import pytest

from onward.domain.shipping.built import Built, read_built
from onward.domain.shipping.metadata import (
    core_metadata,
    extras,
    metadata_findings,
    record_findings,
    scripts,
)
from tests.domain.shipping.archives import CODE, METADATA, sdist, wheel

NAME = "demo-1.0-py3-none-any.whl"
INFO = "demo-1.0.dist-info"


def messages(built: Built, **project: str) -> list[str]:
    found = metadata_findings(built, {"project": project} if project else {})
    return [finding.message for finding in found]


def test_what_agrees_is_fine() -> None:
    for built in (read_built(NAME, wheel()), read_built("demo-1.0.tar.gz", sdist())):
        assert messages(built) == []
        assert messages(built, name="Demo", version="1.0") == []
        assert messages(built, name="demo", version="1.0.0") == [], "1.0 and 1.0.0 are one version"


def test_a_dynamic_version_is_the_backends_business() -> None:
    assert messages(read_built(NAME, wheel()), name="demo") == []


def test_three_places_that_do_not_agree_are_all_named() -> None:
    metadata = METADATA.replace("1.0", "1.1")
    (said,) = messages(read_built(NAME, wheel(metadata=metadata)), name="demo", version="1.2")
    assert "the file name says 1.0" in said
    assert "its metadata says 1.1" in said
    assert "pyproject.toml says 1.2" in said


def test_another_name_is_named() -> None:
    (said,) = messages(read_built(NAME, wheel()), name="other", version="1.0")
    assert "not one name" in said


@pytest.mark.parametrize("name", ["demo.whl", "demo-1.0-py3.whl", "de mo-1.0-py3-none-any.whl"])
def test_a_file_name_that_no_installer_takes(name: str) -> None:
    found = list(metadata_findings(read_built(name, wheel()), {}))
    assert "ship/filename" in {finding.rule for finding in found}


def test_metadata_that_is_not_there() -> None:
    built = read_built("demo-1.0.tar.gz", sdist(top="demo-1.0/deeper"))
    assert core_metadata(built) == (None, ["it is missing"])
    assert messages(built) == ["PKG-INFO: it is missing"]


def test_metadata_that_is_wrong_says_where() -> None:
    wrong = METADATA + "Requires-Dist: not a requirement!\nRequires-Python: newest\n"
    said = " ".join(messages(read_built(NAME, wheel(metadata=wrong))))
    assert "not a requirement" in said
    assert "newest" in said


def test_newer_fields_under_an_older_number_are_taken_as_indexes_take_them() -> None:
    old = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nLicense-File: LICENSE\n"
    assert messages(read_built(NAME, wheel(metadata=old))) == []


def record_messages(record: str, **files: bytes) -> str:
    content = wheel({**CODE, **files}, record=record)
    return " ".join(f.message for f in record_findings(read_built(NAME, content)))


def test_record_must_list_what_is_there_and_only_that() -> None:
    assert list(record_findings(read_built(NAME, wheel()))) == []
    said = record_messages(f"gone.py,sha256=x,1\n{INFO}/RECORD,,\n")
    assert "does not list `demo/inner.py`" in said
    assert "lists `gone.py`, which is not there" in said


def test_record_must_have_the_real_hash_and_size() -> None:
    said = record_messages("demo/inner.py,sha256=AAAA,6\ndemo/__init__.py,,\n")
    assert "another hash or size for `demo/inner.py`" in said
    assert "another hash or size for `demo/__init__.py`" in said


def test_scripts_are_read_as_installers_read_them() -> None:
    text = (
        b"[console_scripts]\nDemo-Tool = demo:main\nmore = demo.inner:x.y [extra]\n"
        b"[gui_scripts]\nwindow=demo:win\n[other]\nz = z:z\n"
    )
    built = read_built(NAME, wheel({**CODE, f"{INFO}/entry_points.txt": text}))
    assert scripts(built) == {
        "Demo-Tool": "demo:main",
        "more": "demo.inner:x.y",
        "window": "demo:win",
    }
    broken = read_built(NAME, wheel({**CODE, f"{INFO}/entry_points.txt": b"\xff[["}))
    assert scripts(broken) == {}


def test_extras() -> None:
    metadata = METADATA + "Provides-Extra: web\nProvides-Extra: fast\n"
    assert extras(read_built(NAME, wheel(metadata=metadata))) == ("web", "fast")
    assert extras(read_built(NAME, wheel())) == ()
