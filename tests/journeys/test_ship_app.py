"""``onward ship app`` with the real uv and PyInstaller: one program, built once for all tests here."""

import datetime as dt
import importlib.util
import io
import json
import os
import secrets
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from onward.adapters.clean_room import Wanted, enter, read
from onward.cli.door import run_verb
from onward.core.proc.run import run
from tests.conftest import FakeClock, MakeProject

if sys.platform != "linux":
    pytest.skip("programs are built on Linux as yet", allow_module_level=True)
if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
    pytest.skip("PyInstaller needs a Python with a shared library", allow_module_level=True)
with tempfile.TemporaryDirectory() as empty:
    if why := read(run(enter(Wanted(root=empty, argv=("/bin/true",))))).why:
        pytest.skip(why, allow_module_level=True)

# `colorsys` is imported by a name that nobody can read from the source; `words.txt` by the helper of `--init`
CODE = """
import importlib, sys
from demo import onward_app
def main():
    name = importlib.import_module("color" + "sys").__name__
    if "--self-test" in sys.argv:
        import inspect, multiprocessing  # PyInstaller changes both, but only when they are asked for
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            assert pool.map(abs, [-1]) == [1]
        if hasattr(sys, "_MEIPASS"):
            assert inspect.getsourcefile(main).startswith(sys._MEIPASS)
    elif hasattr(sys, "_MEIPASS"):
        assert "inspect" not in sys.modules and "multiprocessing" not in sys.modules
    print("demo", name, onward_app.path("dätä 1/wörds.txt").read_text(encoding="utf-8").strip())
    return 0 if len(sys.argv) > 1 else 4
"""
TABLE = """
[project.scripts]
demo = "demo:main"
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
[tool.onward.app]
prove = ["--self-test"]
"""


class Shipped(NamedTuple):
    """What one run said and left."""

    root: Path
    code: int
    out: str
    err: str


def ship(
    root: Path, env: dict[str, str], clock: FakeClock, *words: str, verb: str = "ship"
) -> Shipped:
    out, err = io.StringIO(), io.StringIO()
    argv = [verb, *(("app",) if verb == "ship" else ()), *words]
    code = run_verb(argv, env, cwd=root, clock=clock, out=out, err=err)
    return Shipped(root, code, out.getvalue(), err.getvalue())


@pytest.fixture
def today() -> FakeClock:
    """Give today: what comes from the real registry is younger than the clock of other tests."""
    return FakeClock(dt.datetime.now(dt.UTC))


@pytest.fixture
def shop(registry_env: dict[str, str], project: MakeProject) -> tuple[Path, dict[str, str]]:
    """Give a locked project and an environment without apt, so that the root is of this machine's own libraries."""
    few = Path(registry_env["HOME"]) / "few"
    few.mkdir(parents=True)
    for name in ("git", "sh", "ldd", "objdump", "objcopy"):
        if found := shutil.which(name):
            (few / name).symlink_to(found)
    root = project(
        extra=TABLE, files={"src/demo/__init__.py": CODE, "src/demo/dätä 1/wörds.txt": "good day\n"}
    )
    return root, {**registry_env, "PATH": str(few)}


@pytest.mark.registry
@pytest.mark.timeout(900)
def test_a_program_is_built_mended_started_handed_out_and_taken_back(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    assert ship(root, env, today, "--init").code == 0
    assert ship(root, env, today, verb="lock").code == 0
    before = os.umask(0o077)  # who started it must not be the only one who can read it
    try:
        done = ship(root, env, today, "--format", "folder,tar.gz", "--json")
    finally:
        os.umask(before)
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["is_proven"]
    assert any("colorsys was left out" in words for words in told["notes"])
    assert any("glibc" in words for words in told["notes"])
    assert len(told["proven"]) == 2
    assert "demo colorsys good day" in told["proven"][0]
    (folder,) = (root / "dist").glob("demo-0.1.0-linux-*[!z]")
    said = subprocess.run(
        [str(folder / "demo"), "x"], env={}, capture_output=True, text=True, check=True
    )
    assert said.stdout == "demo colorsys good day\n"
    assert {path.name for path in (root / "dist").iterdir()} == {
        "SHA256SUMS",
        folder.name,
        f"{folder.name}.tar.gz",
    }
    assert ship(root, env, today, verb="undo").code == 0
    assert not folder.exists()
    assert not list((root / "dist").glob("*")) if (root / "dist").exists() else True


@pytest.mark.registry
@pytest.mark.timeout(900)
def test_what_does_not_start_is_not_handed_out_but_on_demand(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    (root / "src/demo/__init__.py").write_text(
        "def main():\n    open('/opt/demo/lost.txt')\n", encoding="utf-8"
    )
    assert ship(root, env, today, verb="lock").code == 0
    done = ship(root, env, today)
    assert done.code == 1
    assert "not-proven" in done.err
    assert "lost.txt is not there" in done.err
    assert not (root / "dist").exists()
    loud = ship(root, env, today, "--no-prove", "--dry-run")
    assert loud.code == 0
    assert "NOTHING WAS PROVEN" in loud.out
    assert not (root / "dist").exists()


@pytest.mark.registry
@pytest.mark.timeout(900)
def test_a_secret_that_was_packed_is_not_handed_out(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    value = secrets.token_hex(12)
    key = "-----BEGIN PRIV" + f"ATE KEY-----\n{value * 3}\n"
    (root / "src/demo/dätä 1/notes.txt").write_text(key, encoding="utf-8")
    (root / "src/demo/dätä 1/live.env").write_text(f"TOKEN={value}\n", encoding="utf-8")
    assert ship(root, env, today, verb="lock").code == 0
    done = ship(root, env, today, "--no-prove")
    assert done.code == 1, done.out
    assert "demo/dätä 1/notes.txt: it holds a private key [ship/secret]" in done.err
    assert "demo/dätä 1/live.env: files of this name hold secrets; it sets TOKEN" in done.err
    assert value not in done.out + done.err


@pytest.mark.registry
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("apt-get") is None, reason="this is no Debian")
def test_a_zip_is_started_with_the_python_of_debian_and_with_this_one(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    env = {**env, "PATH": os.environ["PATH"]}
    assert ship(root, env, today, "--init").code == 0
    table = (
        root / "pyproject.toml"
    )  # what people work with differs between systems, and does not go along
    told = "[dependency-groups]\ndev = [\"colorama; sys_platform == 'win32'\"]\n"
    table.write_text(table.read_text(encoding="utf-8") + told, encoding="utf-8")
    assert ship(root, env, today, verb="lock").code == 0
    done = ship(root, env, today, "--format", "zipapp", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert "demo colorsys good day" in told["proven"][0]
    assert "Debian's Python 3." in told["proven"][0]
    said = subprocess.run(
        [sys.executable, root / "dist" / "demo-0.1.0.pyz", "--self-test"],
        env=env, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said == "demo colorsys good day\n"


@pytest.mark.registry
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="this is no Debian")
def test_two_builds_elsewhere_and_later_are_the_same(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    env = {**env, "PATH": os.environ["PATH"]}
    assert ship(root, env, today, "--init").code == 0
    assert ship(root, env, today, verb="lock").code == 0
    other = root.parent / "ünder another name" / "x"
    shutil.copytree(root, other)
    for path in other.rglob("*"):
        os.utime(path, (1_500_000_000, 1_500_000_000))
    later = FakeClock(today() + dt.timedelta(days=1))
    words = ("--no-prove", "--format", "folder,onefile,deb,tar.gz,zipapp")
    found = []
    for folder, clock, mask, zone in (
        (root, today, 0o022, "UTC"),
        (other, later, 0o077, "Asia/Tokyo"),
    ):
        before = os.umask(mask)
        try:
            done = ship(folder, {**env, "TZ": zone}, clock, *words)
        finally:
            os.umask(before)
        assert done.code == 0, done.err
        found.append(_contents(folder / "dist"))
    assert found[0] == found[1]
    (metadata,) = (root / "dist").glob("demo-0.1.0-linux-*/_internal/demo-0.1.0.dist-info")
    assert not (metadata / "direct_url.json").exists()  # it names a folder of this machine


def _contents(top: Path) -> dict[str, tuple[int, bytes]]:
    """Give each file, with what it may do where it is in a folder of ours: that goes along."""
    found = {}
    for path in top.rglob("*"):
        name = path.relative_to(top).as_posix()
        if path.is_file():
            found[name] = (path.stat().st_mode if "/" in name else 0, path.read_bytes())
    return found


@pytest.mark.registry
@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no compiler on this machine")
def test_nuitka_builds_it_by_choice_and_it_is_started_the_same_way(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    env = {**env, "PATH": os.environ["PATH"]}
    assert ship(root, env, today, "--init").code == 0
    code = (root / "src/demo/__init__.py").read_text(encoding="utf-8")
    # what is imported by name is lost on Nuitka, too; to build it twice takes minutes
    code = f"import colorsys\n{code}"
    (root / "src/demo/__init__.py").write_text(code, encoding="utf-8")
    assert ship(root, env, today, verb="lock").code == 0
    done = ship(root, env, today, "--format", "folder", "--engine", "nuitka", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert "demo colorsys good day" in told["proven"][0]
    (folder,) = (root / "dist").glob("demo-0.1.0-linux-*")
    assert (folder / "_internal/demo/dätä 1/wörds.txt").is_file()


def test_what_nuitka_lacks_is_told_before_anything_is_built(
    env: dict[str, str], project: MakeProject, clock: FakeClock
) -> None:
    root = project(extra=TABLE, files={"src/demo/__init__.py": ""})
    none = ship(root, {**env, "PATH": os.devnull}, clock, "--engine", "nuitka")
    assert none.code == 2
    assert "sudo apt install gcc" in none.err


def test_what_a_package_lacks_is_told_before_anything_is_built(
    env: dict[str, str], project: MakeProject, clock: FakeClock
) -> None:
    root = project(extra=TABLE, files={"src/demo/__init__.py": ""})
    none = ship(root, {**env, "PATH": os.devnull}, clock, "--format", "deb")
    assert none.code == 2
    assert "sudo apt install dpkg" in none.err


@pytest.mark.registry
@pytest.mark.timeout(300)
def test_one_picture_gives_the_icons_of_every_system(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 5"><rect width="9" height="5" fill="#f00"/></svg>'
    (root / "icön 1.svg").write_text(svg, encoding="utf-8")
    assert ship(root, env, today, verb="lock").code == 0
    none = ship(root, env, today, "--format", "icons")
    assert none.code == 2
    assert "--icon FILE" in none.err
    done = ship(root, env, today, "--format", "icons", "--icon", "icön 1.svg")
    assert done.code == 0, done.err
    top = root / "dist" / "demo-icons"
    ico, icns = (top / "demo.ico").read_bytes(), (top / "demo.icns").read_bytes()
    assert struct.unpack_from("<HHH", ico) == (0, 1, 7)
    assert {ico[6 + 16 * number] for number in range(7)} == {16, 24, 32, 48, 64, 128, 0}
    assert (icns[:4], struct.unpack_from(">I", icns, 4)[0]) == (b"icns", len(icns))
    small = (top / "hicolor/16x16/apps/demo.png").read_bytes()
    assert struct.unpack_from(">II", small, 16) == (16, 16)
    assert (top / "hicolor/scalable/apps/demo.svg").is_file()


@pytest.mark.registry
@pytest.mark.timeout(300)
def test_a_picture_that_harms_is_no_icon(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="{}">{}</svg>'
    drawn = {
        "long.svg": svg.format(900_000, '<rect width="9" height="9"/>'),
        "outside.svg": svg.format(9, '<image width="9" height="9" href="/tmp/x.png"/>'),
        "entity.svg": '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + svg.format(9, "<text>&x;</text>"),
        # Pillow would start Ghostscript for it, whatever its name is
        "script.png": "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
    }
    for name, text in drawn.items():
        (root / name).write_text(text, encoding="utf-8")
    assert ship(root, env, today, verb="lock").code == 0
    told = {
        "long.svg": "far from square: 16 to 1600000",
        "outside.svg": "shows a picture of another file",
        "entity.svg": "unknown entity",
        "script.png": "cannot identify image file",
    }
    for name, words in told.items():
        done = ship(root, env, today, "--format", "icons", "--icon", name)
        assert (done.code, words in done.err) == (2, True), done.err
    assert not (root / "dist").exists()


WINDOW = """
import os, sys
if LOST:  # as where the system has no fonts and the program brings none
    os.environ["FONTCONFIG_FILE"] = "/opt/lost.conf"
import tkinter as tk
def main():
    root = tk.Tk()
    root.geometry("300x200")
    tk.Label(root, text="A line that people can read").pack(pady=50)
    tk.Button(root, text="Go Да").pack()
    names = ["日本"]
    tk.Frame(root, width=200, height=40, bg="red").pack()
    tk.Frame(root, width=100, height=40, bg="blue").pack()
    root.mainloop()
"""


@pytest.mark.registry
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not on this machine")
@pytest.mark.skipif(importlib.util.find_spec("_tkinter") is None, reason="no Tk in this Python")
def test_a_window_without_fonts_is_told(
    shop: tuple[Path, dict[str, str]], today: FakeClock
) -> None:
    root, env = shop
    env = {**env, "PATH": os.environ["PATH"]}
    code = root / "src/demo/__init__.py"
    code.write_text(WINDOW.replace("LOST", "False"), encoding="utf-8")
    assert ship(root, env, today, verb="lock").code == 0
    good = ship(root, env, today, "--format", "folder", "--gui", "--dry-run")
    assert good.code == 0, good.err
    assert "its text drawn by fonts" in good.out
    assert "CJK: 日" in good.out
    assert "CYRILLIC" not in good.out  # DejaVu, which goes along, has that
    shapes = "".join(line for line in WINDOW.splitlines(True) if "text=" not in line)
    code.write_text(shapes.replace("LOST", "False"), encoding="utf-8")
    mute = ship(root, env, today, "--format", "folder", "--gui")
    assert mute.code == 1
    assert "text = false" in mute.err
    pyproject = root / "pyproject.toml"
    table = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(f"{table}text = false\n", encoding="utf-8")
    assert ship(root, env, today, "--format", "folder", "--gui", "--dry-run").code == 0
    pyproject.write_text(table, encoding="utf-8")
    code.write_text(WINDOW.replace("LOST", "True"), encoding="utf-8")
    bad = ship(root, env, today, "--format", "folder", "--gui")
    assert bad.code == 1
    assert "not-proven" in bad.err
    assert "fonts" in bad.err
    assert not (root / "dist").exists()


def test_without_a_lock_nothing_is_built(
    env: dict[str, str], project: MakeProject, clock: FakeClock
) -> None:
    done = ship(project(extra=TABLE, files={"src/demo/__init__.py": ""}), env, clock)
    assert done.code == 2
    assert "onward lock" in done.err


@pytest.mark.registry
@pytest.mark.parametrize("entry", ["nope:main", "demo.nope:main"])
def test_a_module_that_is_not_there_is_told_before_anything_is_built(
    shop: tuple[Path, dict[str, str]], today: FakeClock, entry: str
) -> None:
    root, env = shop
    assert ship(root, env, today, verb="lock").code == 0
    done = ship(root, env, today, "--entry", entry)
    assert done.code == 2, done.err
    assert f"there is no module `{entry.partition(':')[0]}`" in done.err
    assert "hidden-imports" not in done.err


@pytest.mark.parametrize("option", ["format", "out", "name", "icon", "entry", "appimage-runtime"])
def test_an_option_with_nothing_in_it_is_told(
    env: dict[str, str], project: MakeProject, clock: FakeClock, option: str
) -> None:
    done = ship(project(extra=TABLE), env, clock, f"--{option}", "")
    assert done.code == 2
    assert f"`--{option}` has an empty value" in done.err


def test_a_missing_screen_is_told_before_anything_is_built(
    env: dict[str, str], project: MakeProject, clock: FakeClock
) -> None:
    root = project(extra=TABLE, files={"src/demo/__init__.py": ""})
    done = ship(root, {**env, "PATH": os.devnull}, clock, "--gui")
    assert done.code == 2
    assert "sudo apt install xvfb" in done.err


def test_the_helper_for_data_files_is_written_once(
    env: dict[str, str], project: MakeProject, clock: FakeClock
) -> None:
    root = project(extra=TABLE, files={"src/demo/__init__.py": ""})
    assert ship(root, env, clock, "--init", "--dry-run").code == 0
    assert not (root / "src/demo/onward_app.py").exists()
    assert ship(root, env, clock, "--init").code == 0
    assert ship(root, env, clock, "--init").code == 1
    assert ship(root, env, clock, verb="undo").code == 0
    assert not (root / "src/demo/onward_app.py").exists()
