"""``onward ship image`` killed at any step, out of disk, with huge files and odd names: nothing half done has a final name."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import small_disk
from tests.journeys.stage import as_json
from tests.journeys.test_ship_image import (
    FILES,
    PROJECT,
    Images,
    blob,
    images,
    kept_images,
    members,
    ready,
)
from tests.registry import Registry

__all__ = ["images", "kept_images", "ready", "small_disk"]
REPOSITORY = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are a thing of POSIX")
KILLS = 12  # for each start


def whole(images: Images) -> None:
    """Whatever has its final name is all there, and is what its name says."""
    layout, tar = images.root / "out", images.root / "shop.tar"
    if layout.exists():
        index = json.loads((layout / "index.json").read_text(encoding="utf-8"))
        for one in blob(layout, index["manifests"][0]["digest"])["layers"]:
            assert members(layout, one["digest"])
    if tar.exists():
        with tarfile.open(tar) as opened:
            assert "oci-layout" in opened.getnames()
    kept = Path(images.stage.env["ONWARD_CACHE_DIR"]) / "images" / "blobs" / "sha256"
    for folder in (layout / "blobs" / "sha256", kept):
        for path in folder.glob("[0-9a-f]*") if folder.exists() else ():
            with path.open("rb") as file:
                assert hashlib.file_digest(file, "sha256").hexdigest() == path.name


def killed(images: Images, at: int, tmp_path: Path) -> int:
    """Kill it before its ``at``-th change of a file; give how many there were when it came to its end."""
    from tests.faults.at_a_point import Drive, command

    count = tmp_path / "count"
    count.unlink(missing_ok=True)
    cache = str(Path(images.stage.env["ONWARD_CACHE_DIR"]).resolve())
    drive = Drive(
        argv=["ship", "image", "--output", "out", "--tar", "shop.tar", "--no-prove"],
        folders=[str(images.root), cache, str(Path(cache, "images").resolve())],
        now=images.stage.clock().isoformat(),
        count=str(count),
        kill_at=at,
    )
    words, env = command(drive, images.stage.env)
    ran = subprocess.run(words, cwd=images.root, env=env, capture_output=True, check=False)
    assert bool(at) == (ran.returncode != 0), ran.stderr.decode()
    return int(count.read_text()) if count.exists() else 0


@posix
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("there", [False, True], ids=["new", "over an older one"])
def test_a_kill_before_any_change_of_a_file_leaves_nothing_half_done(
    images: Images, tmp_path: Path, there: bool
) -> None:
    out, tar, main = images.root / "out", images.root / "shop.tar", images.root / "src/shop/main.py"

    def start(number: int) -> None:
        if not there:
            shutil.rmtree(out, ignore_errors=True)
            tar.unlink(missing_ok=True)
        main.write_text(f"def main():\n    print({number})\n", encoding="utf-8")

    killed(images, 0, tmp_path)
    start(0)
    most = killed(images, 0, tmp_path)
    assert most > KILLS
    for number in range(KILLS):
        start(number + 1)
        at = 1 + number * (most - 1) // (KILLS - 1)
        killed(images, at, tmp_path)
        whole(images)
    images("--output", "out", "--tar", "shop.tar")  # on what the last one left
    whole(images)
    first = json.loads((out / "index.json").read_text("utf-8"))["manifests"][0]["digest"]
    shutil.rmtree(out)
    assert images("--output", "out").out.strip() == first
    assert not list(images.root.glob(".shop.tar*"))
    assert not list(images.root.glob(".onward-new-*"))


def test_a_disk_that_is_full_leaves_nothing(images: Images, small_disk: Path) -> None:
    layout, tar = small_disk / "made" / "out", small_disk / "made" / "shop.tar"
    for words in (("--output", str(layout)), ("--tar", str(tar))):
        said = images(*words, code=4)
        assert "space" in said.err
        assert list(small_disk.iterdir()) == []
    images("--output", "out")


def test_a_cache_on_a_full_disk_keeps_no_part_of_a_layer(
    images: Images, small_disk: Path, tmp_path: Path
) -> None:
    said = images("--output", "out", code=4, ONWARD_CACHE_DIR=str(small_disk / "cache"))
    assert "space" in said.err
    assert not (images.root / "out").exists()
    for path in (small_disk / "cache").rglob("sha256/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    images("--output", "out")


# VmHWM and not ru_maxrss: that is handed down from whoever started the process
MEASURED = """
import datetime, os, pathlib, sys
from onward.cli.door import run_verb
now = datetime.datetime.fromisoformat(sys.argv[1])
code = run_verb(sys.argv[2:], os.environ, cwd=pathlib.Path.cwd(), clock=lambda: now)
told = pathlib.Path("/proc/self/status").read_text()
print("VmHWM:", told.partition("VmHWM:")[2].split()[0], file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("package", [False, True], ids=["folder", "package"])
def test_files_that_are_larger_than_the_memory_it_may_use(
    ready: Callable[..., Images], registry: Registry, package: bool
) -> None:
    registry.add("helper", "1.0")
    place = "src/shop/data.bin" if package else "data/data.bin"
    images = (
        ready(pyproject=PROJECT.format(index=registry.url), index=None, files=FILES)
        if package
        else ready(dependencies=["helper"], files={"main.py": "", ".gitignore": ".venv\n.onward\n"})
    )
    size = 300_000_000
    (images.root / place).parent.mkdir(exist_ok=True)
    with (images.root / place).open("wb") as file:
        file.truncate(size)  # it takes no room
    images.git("add", "-A")
    now = images.stage.clock().isoformat()
    words = [sys.executable, "-c", MEASURED, now, "ship", "image", "--json"]
    env = {**images.stage.env, "PYTHONPATH": str(REPOSITORY / "src")}
    ran = subprocess.run(words, cwd=images.root, env=env, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    layer = json.loads(ran.stdout)["images"][0]["layers"][-1]["digest"]
    inside = members(images.root / "dist/image", layer)
    assert [one.size for name, one in inside.items() if name.endswith("data.bin")] == [size]
    most = next(line for line in ran.stderr.decode().split("\n") if line.startswith("VmHWM:"))
    assert int(most.split()[1]) * 1024 < size // 2


@pytest.fixture
def odd(ready: Callable[..., Images], registry: Registry, tmp_path: Path) -> Iterator[Images]:
    """A project in a folder with an odd name, with odd names in it."""
    registry.add("helper", "1.0")
    images = ready(
        folder="mein Laden – 店 $(x) 'q'",
        dependencies=["helper"],
        files={
            "main.py": "print('ok')\n",
            "data/größe und maß.txt": "",
            "data/日本 语/🎈 %s {0}.txt": "",
            "data/-n": "",
            "data/" + "x" * 200 + ".txt": "",
            ".gitignore": ".venv\n.onward\n",
        },
    )
    yield images
    with contextlib.suppress(OSError):
        shutil.rmtree(tmp_path / "odd")


def test_odd_names_of_folders_and_files_come_through(odd: Images) -> None:
    said = odd("--output", "aus gabe/größe", "--tar", "das bild.tar", "--json")
    told = as_json(said)
    layer = told["images"][0]["layers"][-1]["digest"]
    names = set(members(odd.root / "aus gabe/größe", layer))
    assert {
        "app/data/größe und maß.txt",
        "app/data/日本 语/🎈 %s {0}.txt",
        "app/data/-n",
        "app/data/" + "x" * 200 + ".txt",
    } <= names
    with tarfile.open(odd.root / "das bild.tar") as tar:
        assert "manifest.json" in tar.getnames()
    if os.geteuid() == 0 and sys.platform == "linux":
        assert told["proven"]


@pytest.mark.skipif(sys.platform == "win32", reason="links are another thing on Windows")
@pytest.mark.parametrize("target", ["/etc/hostname", "../../../outside", "inner/../../../../x"])
def test_no_link_leads_out_of_the_tree(images: Images, target: str) -> None:
    (images.root / "src/shop/inner").symlink_to("main.py")
    (images.root / "src/shop/data").symlink_to(target)
    images.commit()
    said = images(code=2)
    assert f"src/shop/data -> {target}" in said.err
    assert "shop/inner ->" not in said.err
    assert "Building" not in said.err
    assert not (images.root / "dist").exists()
