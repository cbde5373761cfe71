"""What can be installed on Windows, and the words for the tools that make installers."""

import struct
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.domain.installers import nsis, wxs
from onward.domain.installers.windows_app import (
    Machine,
    WindowsApp,
    faults_of,
    machine_of,
    program_among,
)


def app(**other: object) -> WindowsApp:
    values: dict[str, object] = {
        "name": "Notes",
        "version": "1.2",
        "publisher": "Us",
        "program": "notes.exe",
        "machine": Machine.x64,
        "files": ("_internal/a.dll", "notes.exe"),
    }
    return WindowsApp(**(values | other))  # type: ignore[arg-type]


def pe(machine: int, at: int = 0x80) -> bytes:
    head = bytearray(max(at + 6, 64))
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, at)
    head[at : at + 4] = b"PE\0\0"
    struct.pack_into("<H", head, at + 4, machine)
    return bytes(head)


@pytest.mark.parametrize(
    ("machine", "meant"), [(0x8664, Machine.x64), (0x14C, Machine.x86), (0xAA64, Machine.arm64)]
)
def test_a_program_says_what_it_runs_on(machine: int, meant: Machine) -> None:
    assert machine_of(pe(machine)) is meant


@given(st.binary(max_size=200))
def test_any_bytes_can_be_asked(head: bytes) -> None:
    assert machine_of(head) is None or head.startswith(b"MZ")
    machine_of(b"MZ" + head)
    machine_of(pe(0x8664)[:0x3C] + head)


@pytest.mark.parametrize(
    ("version", "four"),
    [
        ("1.2.3", "1.2.3.0"),
        ("1.2.3rc1", "1.2.3.0"),
        ("1.2.dev4+g12", "1.2.0.0"),
        ("2026.11.29.7", "2026.11.29.7"),
        ("1.99999", "1.65535.0.0"),
    ],
)
def test_windows_has_four_numbers(version: str, four: str) -> None:
    assert app(version=version).four_numbers == four


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": 'a"b'},
        {"name": "a/b"},
        {"name": "a."},
        {"name": "a\nFile evil"},
        {"publisher": "a\0"},
        {"version": "dev"},
        {"version": "1/../2"},
        {"version": "1\\..\\2"},
        {"version": "1.2.3.4.5"},
        {"files": ("a.txt", "A.TXT")},
        {"files": ("con.txt",)},
        {"files": ("a:b",)},
        {"files": ("dir./a",)},
        {"files": ("a\nb",)},
    ],
)
def test_what_windows_cannot_have_is_told(wrong: dict[str, object]) -> None:
    assert len(faults_of(app(**wrong))) == 1


def test_what_it_can_have_is_fine() -> None:
    assert faults_of(app(name="Größe & Co. $1 'x'", files=("Ü $(x)/[1].txt", "console.txt"))) == []


def test_the_program_is_the_only_one_or_the_one_of_that_name() -> None:
    two = {"Notes.EXE": Machine.x64, "helper.exe": Machine.x64}
    assert program_among(two, "notes") == "Notes.EXE"
    assert program_among(two, "other") is None
    assert program_among({"a.exe": Machine.x86}, "other") == "a.exe"


def test_a_newer_version_replaces_an_older_one() -> None:
    assert app(version="1").identity == app(version="2").identity
    assert app(name="Other").identity != app().identity


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=60)
    | st.text("$%{}()^aU+24", max_size=20)
)
def test_a_string_of_nsis_stands_for_its_text(text: str) -> None:
    quoted = nsis.quoted(text)
    assert quoted[0] == quoted[-1] == '"'
    # first `${...}` and `$%...%` are expanded, and what comes of it is not looked at again
    pieces = quoted[1:-1].split("${U+24}")
    assert not any("${" in piece or "$%" in piece for piece in pieces)
    assert _as_nsis_reads("$".join(pieces)) == text


def _as_nsis_reads(inner: str) -> str:
    """Read a string as its documentation says (4.1.2); a bare quote or a variable is not expected."""
    read, at = "", 0
    while at < len(inner):
        if inner.startswith("$$", at):
            read, at = read + "$", at + 2
        elif inner.startswith('$\\"', at):
            read, at = read + '"', at + 3
        else:
            assert inner[at] not in '$"'
            read, at = read + inner[at], at + 1
    return read


_NAMES = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co"), exclude_characters='<>:"/\\|?*'),
    min_size=1,
    max_size=20,
).filter(lambda name: not faults_of(app(name=name, files=("notes.exe",))))


@given(name=_NAMES, publisher=_NAMES)
def test_the_description_is_xml_that_says_just_that(name: str, publisher: str) -> None:
    one = app(name=name, publisher=publisher)
    text = wxs.description(one, {file: f"files/{at}" for at, file in enumerate(one.files)})
    root = ET.fromstring(text)
    product = root[0]
    assert product.get("Name", "").replace("$(var.dollar)", "$") == name
    assert product.get("Manufacturer", "").replace("$(var.dollar)", "$") == publisher
    assert len(product.findall(".//{*}File")) == 2


def test_what_is_put_in_is_taken_out_and_nothing_else() -> None:
    one = app(files=("_internal/deep/a.dll", "notes.exe"))
    script = nsis.script(one, {file: file for file in one.files}, "out.exe")
    out = script.partition('Section "Uninstall"')[2]
    assert '"$INSTDIR\\_internal\\deep\\a.dll"' in out
    assert out.index('"$INSTDIR\\_internal\\deep"') < out.index('RMDir "$INSTDIR\\_internal"')
    assert "RMDir /r" not in out
