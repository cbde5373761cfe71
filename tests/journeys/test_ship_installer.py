"""``onward ship installer`` with the real makensis, wixl and osslsigncode."""

import datetime as dt
import json
import secrets
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock

PROGRAMS = ("makensis", "7z", "wixl", "msiextract")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)),
    reason=f"{', '.join(PROGRAMS)} are not all on this machine",
)
PYPROJECT = '[project]\nname = "notes"\nversion = "1.2"\nauthors = [{ name = "Us & Söhne" }]\n'
Ship = Callable[..., int]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a project with a folder as PyInstaller leaves it on Windows."""
    (tmp_path / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    folder = tmp_path / "built here" / "notes"
    odd = folder / "_internal" / "Ünder $(x) %d"
    odd.mkdir(parents=True)
    program = bytearray(1024)
    program[:2] = b"MZ"
    struct.pack_into("<I", program, 0x3C, 0x80)
    program[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", program, 0x84, 0x8664, 0)
    (folder / "notes.exe").write_bytes(program)
    (folder / "_internal" / "base_library.zip").write_bytes(b"x" * 70_000)
    (odd / "a $INSTDIR [1].txt").write_text("hello", encoding="utf-8")
    (odd / "empty").touch()
    return folder


@pytest.fixture
def ship(
    tmp_path: Path,
    env: dict[str, str],
    clock: FakeClock,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> Ship:
    """Run the command in the project's folder."""

    def call(*words: str, **more: str) -> int:
        return run_verb(
            ["ship", "installer", str(folder), *words], cwd=tmp_path, env=env | more, clock=clock
        )

    return call


def test_both_hold_what_they_were_given_and_are_made_again_the_same(
    ship: Ship, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ship("--format", "exe,msi", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [file["name"] for file in told["files"]] == [
        "notes-1.2-x64-setup.exe",
        "notes-1.2-x64.msi",
    ]
    assert len(told["proven"]) == 2
    assert any("not signed" in note for note in told["notes"])
    assert any("nothing was started" in note for note in told["notes"])
    setup = tmp_path / "dist" / "notes-1.2-x64-setup.exe"
    first = setup.read_bytes()
    assert first[:2] == b"MZ"
    assert ship() == 0
    assert "The very same files were there already" in capsys.readouterr().out
    assert setup.read_bytes() == first


def test_names_are_no_words_of_nsis(ship: Ship, tmp_path: Path) -> None:
    name, maker = "$%HOME% ${__TIME__} $1", "${NSISDIR} $$ $(^Name)"
    assert ship("--name", name, "--publisher", maker) == 0
    made = (tmp_path / "dist" / f"{name}-1.2-x64-setup.exe").read_bytes()
    for text in (name, maker, f"{name} setup"):  # as Windows shows them, in UTF-16
        assert f"\0{text}\0".encode("utf-16-le") in made


def test_another_build_of_the_version_is_not_replaced_unasked(ship: Ship, folder: Path) -> None:
    assert ship() == 0
    (folder / "more.txt").write_text("more", encoding="utf-8")
    assert ship() == 1
    assert ship("--force") == 0


def test_a_file_in_the_place_of_the_folder_is_told_before_anything_is_made(
    ship: Ship, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ship("--out", "pyproject.toml") == 2
    assert "[no-folder]" in capsys.readouterr().err
    assert not (tmp_path / ".onward" / "journal").exists()


def test_a_dry_run_writes_nothing(ship: Ship, tmp_path: Path) -> None:
    assert ship("--dry-run") == 0
    assert not (tmp_path / "dist").exists()


@pytest.mark.skipif(
    not (shutil.which("osslsigncode") and shutil.which("openssl")),
    reason="osslsigncode or openssl is not on this machine",
)
def test_both_and_the_program_inside_are_signed(
    ship: Ship, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ship("--out", "first") == 0
    # a real program for Windows, since only one can be signed
    shutil.copy(tmp_path / "first" / "notes-1.2-x64-setup.exe", folder / "notes.exe")
    password = secrets.token_urlsafe(12)
    key, cert, both = (str(tmp_path / name) for name in ("k.pem", "c.pem", "c.pfx"))
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
             "-subj", "/CN=test", "-addext", "extendedKeyUsage=codeSigning")  # fmt: skip
    _openssl(
        "pkcs12",
        "-export",
        "-inkey",
        key,
        "-in",
        cert,
        "-out",
        both,
        "-passout",
        f"pass:{password}",
    )
    wrong = ship("--sign", both, ONWARD_SIGNING_PASSWORD="not " + password)
    assert wrong == 2
    assert password not in capsys.readouterr().err
    assert ship("--format", "exe,msi", "--sign", both, ONWARD_SIGNING_PASSWORD=password) == 0
    told = capsys.readouterr()
    assert told.out.count("signed, and as they were signed") == 2
    assert password not in told.out + told.err
    inside = tmp_path / "inside"
    setup = tmp_path / "dist" / "notes-1.2-x86-setup.exe"
    subprocess.run(["7z", "x", "-y", f"-o{inside}", setup], check=True, capture_output=True)
    assert (inside / "notes.exe").stat().st_size > (folder / "notes.exe").stat().st_size


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def test_all_that_is_in_the_way_is_told_at_once(
    ship: Ship, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes.exe").write_bytes(b"\x7fELF")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / ".env").write_text("A=1", encoding="utf-8")
    (folder / "_internal" / "con").touch()
    assert ship() == 2
    told = capsys.readouterr().err
    for words in (
        "no program for Windows",
        "link is a link",
        ".env: files of this name hold secrets; it sets A",
        "_internal/con",
    ):
        assert words in told


def test_a_missing_tool_is_named_with_its_package(
    ship: Ship, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert ship("--format", "exe,msi", PATH=str(tmp_path)) == 2
    told = capsys.readouterr().err
    assert "`makensis`, `7z`, `wixl`, `msiextract` are not on this machine" in told
    assert "install" in told


def test_what_nothing_says_has_to_be_given(
    ship: Ship, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").unlink()
    assert ship("--name", "Notes") == 2
    assert "--app-version, --publisher" in capsys.readouterr().err


@pytest.mark.registry
@pytest.mark.timeout(300)
def test_an_icon_is_drawn_from_the_svg_of_the_project(
    registry_env: dict[str, str], tmp_path: Path, folder: Path, clock: FakeClock
) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>'
    (tmp_path / "my icon.svg").write_text(svg, encoding="utf-8")
    words = ["ship", "installer", str(folder), "--icon", "my icon.svg"]
    today = FakeClock(dt.datetime.now(dt.UTC))
    assert run_verb(words, cwd=tmp_path, env=registry_env, clock=today) == 0
    made = (tmp_path / "dist" / "notes-1.2-x64-setup.exe").read_bytes()
    assert b"\x89PNG\r\n\x1a\n" in made  # the icon stands in the setup program as it is
