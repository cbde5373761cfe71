"""Archives around a bundle: the same bytes each time, and whole."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from onward.core.errors import BadInput, Refused
from onward.core.perform import perform, undo_last
from onward.domain.apps.model import App, FileType, Kind
from onward.workflows.app.appimage import check_appimage, make_appimage, unpacked
from onward.workflows.app.forms import Wanted, deb
from onward.workflows.app.pack import make_deb, make_tar_gz
from onward.workflows.app.put import plan_for
from onward.workflows.app.roots import Root
from onward.workflows.app.source import refuse_links_out

APP = App(
    slug="demo", name="Demo", version="1.0", kind=Kind.gui, entry="demo:main", icon="a.png", author="A <a@b>",
    file_types=(FileType(extension=".d", mime="text/x-d"),),
)  # fmt: skip
ICONS = {"16x16/apps/demo.png": b"png"}
THEN = 1_600_000_000


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Give what PyInstaller makes, in small: a program, a library, a link, a name with a space and an umlaut."""
    return bundle_at(tmp_path / "bundle")


def bundle_at(top: Path) -> Path:
    inside = top / "_internal"
    (inside / "data").mkdir(parents=True)
    program = top / "demo"
    program.write_text('#!/bin/sh\necho hello from $(basename "$0")\n', encoding="utf-8")
    program.chmod(0o775)
    for name in ("lib.so.1", "data/wörds and more.txt"):
        (inside / name).write_text(name, encoding="utf-8")
    (inside / "lib.so").symlink_to("lib.so.1")
    return top


def test_the_same_bundle_gives_the_same_bytes_whenever_and_wherever(
    bundle: Path, tmp_path: Path
) -> None:
    other = bundle_at(tmp_path / "elsewhere")
    for path in other.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    (other / "_internal" / "lib.so.1").chmod(0o600)
    made = []
    for number, source in enumerate((bundle, other)):
        tar, package = tmp_path / f"{number}.tar.gz", tmp_path / f"{number}.deb"
        make_tar_gz(APP, source, ICONS, THEN, tar)
        make_deb(APP, source, ICONS, THEN, package, machine="amd64", depends=["libc6"])
        made.append((tar.read_bytes(), package.read_bytes()))
    assert made[0] == made[1]


def test_the_script_installs_starts_and_takes_away(bundle: Path, tmp_path: Path) -> None:
    tar, prefix = tmp_path / "a.tar.gz", tmp_path / "my & own prefix"
    make_tar_gz(APP, bundle, ICONS, THEN, tar)
    with tarfile.open(tar) as archive:
        assert {(member.uid, member.uname, member.mtime) for member in archive} == {
            (0, "root", THEN)
        }
        archive.extractall(tmp_path / "un packed", filter="data")
    script = tmp_path / "un packed" / "demo-1.0" / "install.sh"

    def install(*words: str) -> str:
        return subprocess.run(
            ["/bin/sh", str(script), "--prefix", str(prefix), *words],
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    for _ in range(2):  # over itself, too
        assert str(prefix) in install()
    said = subprocess.run(
        [str(prefix / "bin" / "demo")], check=True, capture_output=True, text=True
    ).stdout
    assert said == "hello from demo\n"
    entry = (prefix / "share/applications/demo.desktop").read_text(encoding="utf-8")
    assert f'Exec="{prefix}/lib/demo/demo" %F\n' in entry
    assert (prefix / "share/icons/hicolor/16x16/apps/demo.png").read_bytes() == b"png"
    install("--uninstall")
    assert not list(prefix.rglob("*demo*"))  # the desktop's own databases stay


@pytest.mark.parametrize("place", ["lib/demo/precious", "bin/demo"])
@pytest.mark.parametrize("words", [(), ("--uninstall",)])
def test_the_script_leaves_alone_what_is_not_this_program(
    bundle: Path, tmp_path: Path, place: str, words: tuple[str, ...]
) -> None:
    tar, theirs = tmp_path / "a.tar.gz", tmp_path / "prefix" / place
    make_tar_gz(APP, bundle, ICONS, THEN, tar)
    with tarfile.open(tar) as archive:
        archive.extractall(tmp_path, filter="data")
    theirs.parent.mkdir(parents=True)
    theirs.write_text("of somebody else", encoding="utf-8")
    script = tmp_path / "demo-1.0" / "install.sh"
    ran = subprocess.run(
        ["/bin/sh", str(script), "--prefix", str(tmp_path / "prefix"), *words],
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "nothing was changed" in ran.stderr
    assert theirs.read_text(encoding="utf-8") == "of somebody else"
    assert [path for path in (tmp_path / "prefix").rglob("*") if path.is_file()] == [theirs]


def test_the_menu_entry_starts_what_is_in_any_folder(bundle: Path, tmp_path: Path) -> None:
    tar, prefix = tmp_path / "a.tar.gz", tmp_path / 'a $HOME `b` \\c 100% |&"d'
    make_tar_gz(APP, bundle, ICONS, THEN, tar)
    with tarfile.open(tar) as archive:
        archive.extractall(tmp_path, filter="data")
    script = tmp_path / "demo-1.0" / "install.sh"
    subprocess.run(["/bin/sh", str(script), "--prefix", str(prefix)], check=True)
    entry = (prefix / "share/applications/demo.desktop").read_text(encoding="utf-8")
    (line,) = (line for line in entry.split("\n") if line.startswith("Exec="))
    value = line.removeprefix("Exec=").removesuffix(" %F").replace("\\\\", "\\")
    inner = value[1:-1].replace("%%", "%")
    assert re.sub(r'\\(["`$\\])', r"\1", inner) == f"{prefix}/lib/demo/demo"
    assert not re.search(r'(?<!\\)(?:\\\\)*["`$]', inner)


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")
def test_dpkg_reads_the_package(bundle: Path, tmp_path: Path) -> None:
    deb, out = tmp_path / "a.deb", tmp_path / "out"
    make_deb(APP, bundle, ICONS, THEN, deb, machine="amd64", depends=["libc6 (>= 2.34)"])
    fields = subprocess.run(
        ["dpkg-deb", "-f", str(deb)], check=True, capture_output=True, text=True
    ).stdout
    assert "Depends: libc6 (>= 2.34)\n" in fields
    subprocess.run(["dpkg-deb", "-R", str(deb), str(out)], check=True)
    assert (out / "usr/bin/demo").readlink() == Path("/opt/demo/demo")
    assert os.access(out / "opt/demo/demo", os.X_OK)
    checked = subprocess.run(
        ["md5sum", "-c", "DEBIAN/md5sums"], cwd=out, capture_output=True, check=False
    )
    assert checked.returncode == 0


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="this is no Debian")
def test_a_package_with_windows_and_no_fonts_depends_on_some(bundle: Path, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"]}
    asked = []
    for _ in range(2):
        made = deb(Wanted(app=APP, bundle=bundle, icons={}, when=THEN, work=tmp_path), env)
        fields = ["dpkg-deb", "-f", str(made), "Depends"]
        asked.append(subprocess.run(fields, check=True, capture_output=True, text=True).stdout)
        (bundle / "_internal" / "fonts").mkdir(exist_ok=True)
        (bundle / "_internal" / "fonts" / "a.ttf").touch()
    assert ["fonts-dejavu-core" in words for words in asked] == [True, False]


def test_a_link_that_leads_out_is_refused(bundle: Path, tmp_path: Path) -> None:
    (bundle / "_internal" / "out").symlink_to("/etc/passwd")
    with pytest.raises(BadInput, match="leads out"):
        make_tar_gz(APP, bundle, {}, THEN, tmp_path / "a.tar.gz")


def test_what_was_made_is_put_and_taken_back(bundle: Path, tmp_path: Path) -> None:
    root, out = tmp_path / "project", tmp_path / "project" / "dist"
    root.mkdir()
    single = tmp_path / "single"
    single.write_bytes(b"program")
    plan = plan_for({"demo.bin": single}, {"demo-1": bundle}, out, executable=["demo.bin"])
    perform(plan, root, started="2026-06-01T12:00:00+00:00")
    assert os.access(out / "demo.bin", os.X_OK)
    assert (out / "demo-1" / "_internal" / "lib.so").is_symlink()
    assert {path.name for path in out.iterdir()} == {"demo.bin", "demo-1", "SHA256SUMS"}
    assert plan_for({"demo.bin": single}, {"demo-1": bundle}, out).steps == ()
    undo_last(root)
    assert not out.exists() or not list(out.iterdir())


def test_another_build_of_the_same_version_is_not_replaced_unasked(
    bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "dist"
    bundle_at(out / "demo-1")
    (out / "demo-1" / "_internal" / "lib.so.1").write_bytes(b"other")
    with pytest.raises(Refused) as caught:
        plan_for({}, {"demo-1": bundle}, out)
    assert caught.value.reference == "would-replace"
    perform(plan_for({}, {"demo-1": bundle}, out, force=True), tmp_path, started="")
    assert (out / "demo-1" / "_internal" / "lib.so.1").read_bytes() == b"lib.so.1"
    assert {path.name for path in out.iterdir()} == {"demo-1"}


@pytest.mark.skipif(
    shutil.which("mksquashfs") is None or shutil.which("unsquashfs") is None,
    reason="squashfs-tools are not on this machine",
)
def test_an_appimage_is_a_runtime_with_the_program_behind_it(bundle: Path, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    runtime.write_bytes(b"\x7fELF\x02\x01\x01\0AI\x02" + bytes(5) + b"stand-in" * 512)
    env = {"PATH": os.defpath, "SOURCE_DATE_EPOCH": "1"}
    icons = {f"256x256/apps/{APP.slug}.png": b"png"}
    check_appimage(APP, runtime, env)
    made = []
    for number, mask in enumerate((0o022, 0o077)):
        before = os.umask(mask)
        try:
            work = tmp_path / f"wörk {number}"
            work.mkdir()
            wanted = Wanted(app=APP, bundle=bundle, icons=icons, when=THEN, work=work)
            made.append(make_appimage(wanted, runtime, env))
        finally:
            os.umask(before)
    assert made[0].read_bytes() == made[1].read_bytes()
    assert made[0].read_bytes().startswith(runtime.read_bytes() + b"hsqs")
    place = unpacked(wanted, made[1], runtime, Root(path=tmp_path, said=""), env)
    top = Path(place.binds[0].source)
    said = subprocess.run([top / "AppRun"], check=True, capture_output=True, text=True).stdout
    assert said.startswith("hello from")
    assert (top / "usr/lib/demo/_internal/lib.so").is_symlink()


def test_what_an_appimage_lacks_is_told_with_the_way_out(tmp_path: Path) -> None:
    no_runtime = tmp_path / "runtime"
    no_runtime.write_bytes(b"\x7fELF" + bytes(60))
    for given, reference in ((None, "no-runtime"), (tmp_path / "x", "no-runtime"), (no_runtime, "bad-runtime")):  # fmt: skip
        with pytest.raises(BadInput) as caught:
            check_appimage(APP, given, {})
        assert caught.value.reference == reference
        assert "type2-runtime" in (caught.value.hint or "")


def test_links_that_lead_out_of_the_project_are_refused_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "assets" / "real.txt").touch()
    for name, target in (
        ("assets/inside", "real.txt"),
        ("assets/out", "/etc/hostname"),
        ("up", ".."),
        ("tests/out", "/etc/hostname"),
    ):
        (tmp_path / name).symlink_to(target)
    files = ("assets/real.txt", "assets/inside", "assets/out", "up", "tests/out")
    with pytest.raises(BadInput) as caught:
        refuse_links_out(tmp_path, tmp_path, files)
    assert caught.value.reference == "link-out"
    assert [words.partition(" ")[0] for words in caught.value.context] == ["assets/out", "up"]
