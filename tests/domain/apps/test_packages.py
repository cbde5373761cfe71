"""Debian's fields, menu entries, what the loader asks for, what a traceback says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.tables import glibc_table
from onward.domain.apps import deb
from onward.domain.apps.desktop import desktop_entry, mime_package
from onward.domain.apps.elf import read_elf
from onward.domain.apps.glibc import newest_glibc, oldest_of_each
from onward.domain.apps.launcher import launcher
from onward.domain.apps.model import App, FileType, Kind
from onward.domain.apps.trouble import read_trouble

APP = App(
    slug="demo", name="Demo", version="1.0", kind=Kind.gui, entry="demo:main", summary="Shows"
)


@pytest.mark.parametrize(
    ("version", "debian"),
    [("1.2", "1.2"), ("1.0rc1", "1.0~rc1"), ("1.0.dev3", "1.0~dev3"), ("1!2.0", "2.0"), ("1.0+local.1", "1.0+local.1"), ("x", "0~x")],
)  # fmt: skip
def test_versions_as_debian_orders_them(version: str, debian: str) -> None:
    assert deb.debian_version(version) == debian


def test_fields_of_a_package() -> None:
    asked = deb.depends((2, 34), ["libxcb1", "libc6"])
    told = deb.control(APP, machine="amd64", depends=asked, kilobytes=7)
    assert "Package: demo\nVersion: 1.0\n" in told
    assert "Depends: libc6 (>= 2.34), libxcb1\n" in told
    assert told.endswith("Description: Shows\n")


def test_the_package_of_a_library_by_its_name() -> None:
    names = ("libxcb.so.1", "libxcb-icccm.so.4", "libpcre2-8.so.0", "libX11.so.6", "libodd.so")
    packages = ["libxcb1", "libxcb-icccm4", "libpcre2-8-0", "libx11-6", "libodd.so"]
    assert [deb.library_package(name) for name in names] == packages


def test_the_head_of_a_member_is_sixty_bytes() -> None:
    head = deb.member_head("data.tar.gz", 123)
    assert len(head) == 60
    assert head[:11] == b"data.tar.gz"
    assert head[48:] == b"123       `\n"


def test_a_menu_entry_quotes_what_the_desktop_would_read_as_its_own() -> None:
    app = App(
        slug="demo", name="A\\B", version="1", kind=Kind.terminal, entry="d:m",
        file_types=(FileType(extension=".a", mime="text/x-a", about="<A>"),),
    )  # fmt: skip
    told = desktop_entry(app, "/opt/my app/100% $x")
    assert 'Exec="/opt/my app/100%% \\\\$x" %F\n' in told
    assert "Name=A\\\\B\n" in told
    assert "Terminal=true\n" in told
    assert "MimeType=text/x-a;\n" in told
    assert "<comment>&lt;A&gt;</comment>" in mime_package(app)


@pytest.mark.skipif(sys.platform != "linux", reason="ELF is Linux's")
def test_what_a_program_asks_for_is_what_objdump_says() -> None:
    elf = read_elf(Path("/bin/ls").resolve().read_bytes())
    assert elf is not None
    assert "libc.so.6" in elf.needed
    listed = subprocess.run(["ldd", "/bin/ls"], capture_output=True, text=True, check=True).stdout
    assert all(name in listed for name in elf.needed)
    here = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()[-1]
    assert (2, 0) < newest_glibc(elf.versions) <= tuple(map(int, here.split(".")))


@given(st.binary(max_size=400), st.integers(0, 300))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    read_elf(b"\x7fELF\x02\x01" + noise)
    whole = Path(sys.executable).resolve().read_bytes()[:4096]
    read_elf(whole[:at] + noise + whole[at + len(noise) :])


def test_an_address_beyond_all_files_is_no_program() -> None:
    head = bytearray(b"\x7fELF\x02\x01" + bytes(58))
    head[32:40] = b"\xff" * 8
    head[54:58] = b"\x38\x00\x01\x00"
    assert read_elf(bytes(head)) is None


def test_the_oldest_that_has_a_glibc() -> None:
    names = {f"{one.name} {one.release}" for one in oldest_of_each((2, 34), glibc_table())}
    assert {"Debian 12", "Ubuntu 22.04", "RHEL, Alma, Rocky 9"} <= names
    assert not {"Debian 11", "Debian 13"} & names
    assert newest_glibc(["GLIBC_2.9", "GLIBC_2.34", "GLIBC_PRIVATE", "GLIBCXX_3.4"]) == (2, 34)


def test_a_traceback_names_what_is_missing() -> None:
    trouble = read_trouble(
        "ModuleNotFoundError: No module named 'a.b'\n"
        "ImportError: libxcb.so.1: cannot open shared object file: No such file or directory\n"
        "FileNotFoundError: [Errno 2] No such file or directory: '/opt/x/words.txt'\n"
        "importlib.metadata.PackageNotFoundError: No package metadata was found for demo\n"
        "x: /lib/libc.so.6: version `GLIBC_2.38' not found (required by x)\n"
        "Fontconfig error: Cannot load default config file\n"
    )
    assert trouble.modules == ("a.b",)
    assert trouble.libraries == ("libxcb.so.1",)
    assert trouble.files == ("/opt/x/words.txt",)
    assert trouble.metadata == ("demo",)
    assert trouble.glibc == ("GLIBC_2.38",)
    assert trouble.fonts
    assert len(trouble.sentences) == 6
    assert read_trouble("all is well").sentences == ()
    assert read_trouble("ImportError: cannot import name 'main' from 'demo'").modules == ()


@pytest.mark.parametrize("kind", list(Kind))
def test_a_launcher_is_python(kind: Kind) -> None:
    app = App(slug="d", name="D", version="1", kind=kind, entry="a.b:c.d", path="/it's")
    compile(launcher(app), "launcher", "exec")
    assert "from a.b import c as _first" in launcher(app)
    assert "_first.d" in launcher(app)
