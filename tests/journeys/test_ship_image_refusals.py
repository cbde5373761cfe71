"""What ``onward ship image`` refuses: each wrong word, project and base by its sentence, and not a byte is written."""

import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onward.domain.images.manifest import MANIFEST, Blob, blob_of, index_of, rendered
from tests.container_registry import ContainerRegistry
from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Said, Stage

posix = pytest.mark.skipif(sys.platform != "linux", reason="images are built on Linux")
pytestmark = posix

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "0.1.0"
source = { virtual = "." }
"""
FILES = {"main.py": "print('hello')\n", ".gitignore": ".venv\n.onward\n", "uv.lock": LOCK}

Make = Callable[..., Stage]


@pytest.fixture
def make(make_stage: MakeStage) -> Make:
    """A maker of projects in git with an environment, as far as anybody looks before something is installed."""

    def made(*, environment: bool = True, **more: Any) -> Stage:
        files = {**FILES, **more.pop("files", {})}
        files = {path: text for path, text in files.items() if text is not None}
        stage = make_stage(files=files, **more)
        if environment:
            (stage.root / ".venv").mkdir()
            home = f"home = {Path(sys.base_prefix) / 'bin'}\n"
            (stage.root / ".venv" / "pyvenv.cfg").write_text(home, encoding="utf-8")
        for words in (("init", "-q"), ("add", "-A")):
            subprocess.run(["git", *words], cwd=stage.root, env=stage.env, check=True)
        return stage

    return made


@pytest.fixture
def stage(make: Make) -> Stage:
    return make()


def refused(stage: Stage, *words: str, code: int = 2, **env: str) -> Said:
    """Insist that it refuses, says what to do, and writes nothing."""
    said = stage.refused("ship", "image", *words, code=code, **env)
    assert said.out == ""
    assert "  -> " in said.err
    assert "Building" not in said.err
    return said


DIGEST = "sha256:" + "0" * 64
WORDS: list[tuple[tuple[str, ...], str, tuple[str, ...]]] = [
    (("--push", "Team/App:1"), "bad-reference", ("`Team/App` is no repository",)),
    (("--push", "registry.example.com/app:-x"), "bad-reference", ("`-x` is no tag",)),
    (("--push", "regi_stry.example.com/app"), "bad-reference", ("is no host of a registry",)),
    (("--push", "registry.example.com/app:"), "bad-reference", ("`` is no tag",)),
    (("--push", "registry.example.com/app@sha256:12"), "bad-reference", ("is no digest",)),
    (("--push", "x.example/" + "a" * 250), "bad-reference", ("255 characters",)),
    (("--push", "https://registry.example.com/app"), "bad-reference", ("https:",)),
    (("--push", f"registry.example.com/app:2@{DIGEST}"), "push-by-digest", ("`--push registry.example.com/app:2`",)),
    (("--push", "shop:1"), "no-account", ("docker.io/library/shop:1", "ACCOUNT/shop")),
    (("--base", "./nowhere"), "no-such-base", ("nowhere` is not there",)),
    (("--base", "main.py"), "no-such-base", ("main.py` is no folder",)),
    (("--base", "Python:3"), "bad-reference", ("`library/Python` is no repository",)),
    (("--base", "plain"), "no-such-base", ("neither an OCI image layout nor a root",)),
    (("--platform", "windows/amd64"), "bad-platform", ("`windows/amd64` is no platform", "linux/arm64")),
    (("--platform", "linux/"), "bad-platform", ("`linux/`",)),
    (("--platform", "linux/arm/v7/x"), "bad-platform", ("`linux/arm/v7/x`",)),
    (("--platform", "linux/amd64,,arm"), "bad-platform", ("``, `arm` are no platforms",)),
    (("--platform", "linux/ämd64"), "bad-platform", ("ämd64",)),
    (("--platform", "linux/amd64,linux/arm64", "--tar", "x.tar"), "one-platform", ("one platform",)),
    (("--port", "0"), "bad-port", ("1 to 65535",)),
    (("--port", "-1"), "bad-port", ("`--port -1`",)),
    (("--port", "65536"), "bad-port", ("`--port 65536`",)),
    (("--command", "python 'x"), "bad-command", ("No closing quotation",)),
    (("--command", "python\nx"), "bad-command", ("one line",)),
    (("--command", "''"), "bad-command", ("a program to start",)),
    (("--tag", "größe"), "bad-tag", ("`größe` is no tag",)),
    (("--tag", "x" * 129), "bad-tag", ("at most 128",)),
    (("--tag", "1.0", "--push", "registry.example.com/app"), "tag-unused", ("app:TAG",)),
    (("--output", "plain"), "in-the-way", ("plain` is there and is no image layout",)),
    (("--output", "main.py"), "in-the-way", ("main.py` is there and is no image layout",)),
    (("--output", "main.py/out"), "no-folder", ("main.py` is there and is no folder",)),
    (("--output", "."), "in-the-way", ("is no image layout",)),
    (("--tar", "plain"), "in-the-way", ("plain` is there and is no file",)),
    (("--tar", "main.py/x.tar"), "no-folder", ("main.py` is there and is no folder",)),
    (("--tar", "out/x.tar", "--output", "out"), "same-place", ("out/x.tar",)),
    (("--tar", "out", "--output", "out"), "same-place", ("beside the folder",)),
    (("--tar", "out", "--output", "out/x"), "same-place", ("beside the folder",)),
    *(((f"--{name}", ""), "empty-word", (f"`--{name}` has an empty value",))
      for name in ("output", "tar", "push", "base", "package", "command", "tag")),
    (("--package", "nobody"), "no-member", ("no member is called `nobody`", "no workspace")),
    (("--platform", "linux/s390x"), "no-base", ("`--base python:",)),
]  # fmt: skip


@pytest.mark.parametrize(("words", "reference", "told"), WORDS)
def test_a_wrong_word_is_told_with_what_to_do(
    stage: Stage, words: tuple[str, ...], reference: str, told: tuple[str, ...]
) -> None:
    (stage.root / "plain").mkdir()
    (stage.root / "plain" / "mine.txt").write_text("", encoding="utf-8")
    said = refused(stage, *words)
    assert f"[{reference}]" in said.err
    for sentence in told:
        assert sentence in said.err


def test_all_wrong_words_are_told_at_once(stage: Stage) -> None:
    words = (
        "--push",
        "BAD",
        "--base",
        "./nowhere",
        "--platform",
        "dos",
        "--port",
        "0",
        "--tag",
        "-",
    )
    said = refused(stage, *words, "--command", "'", "--tar", "main.py/x", "--output", "main.py")
    assert said.err.startswith("onward: 8 words cannot be used [wrong-words]\n")
    for word in ("BAD", "./nowhere", "dos", "--port 0", "`-`", "--command '", "nothing can be put into", "main.py` is there"):  # fmt: skip
        assert word in said.err
    assert said.err.count("  -> ") == 8


def test_a_port_that_is_no_number_is_told(stage: Stage) -> None:
    assert "--port" in stage.refused("ship", "image", "--port", "http", code=2).err


PROJECTS: list[tuple[dict[str, Any], str, tuple[str, ...]]] = [
    ({"files": {"uv.lock": None}}, "no-lock", ("`onward lock`",)),
    ({"files": {"uv.lock": None}, "environment": False}, "no-lock", ("[project]",)),
    ({"environment": False}, "no-environment", ("`onward sync`",)),
    ({"files": {"main.py": None, "other.py": ""}}, "no-program", ("`__main__.py`", "--command")),
    (
        {"files": {"main.py": "from flask import Flask\napp = Flask(__name__)\n"}},
        "no-server",
        ("the Flask application `main:app` has no server", "`onward add gunicorn`"),
    ),
    (
        {"pyproject": '[tool.uv.workspace]\nmembers = ["a"]\n', "files": {"a/pyproject.toml": '[project]\nname = "a"\nversion = "1"\n'}},
        "which-member",
        ("`--package a`", "a: a"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("what", "reference", "told"), PROJECTS)
def test_a_project_that_cannot_be_packed_is_told_with_what_to_do(
    make: Make, what: dict[str, Any], reference: str, told: tuple[str, ...]
) -> None:
    said = refused(make(**what))
    assert f"[{reference}]" in said.err
    for sentence in told:
        assert sentence in said.err


def test_a_link_that_leads_out_and_an_image_in_the_way_are_told(stage: Stage) -> None:
    (stage.root / "outside.txt").symlink_to("/etc/hostname")
    subprocess.run(["git", "add", "-A"], cwd=stage.root, env=stage.env, check=True)
    assert "outside.txt -> /etc/hostname" in refused(stage).err
    (stage.root / "outside.txt").unlink()
    (stage.root / "dist" / "image").mkdir(parents=True)
    (stage.root / "dist" / "image" / "mine.txt").write_text("", encoding="utf-8")
    assert "[in-the-way]" in refused(stage).err


class Layout:
    """An image layout of one layer, as it should be but for what a test spoils."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder = folder
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for name in names:
                tar.addfile(tarfile.TarInfo(name))
        self.plain = out.getvalue()
        self.packed = gzip.compress(self.plain, mtime=0)
        self.media = "application/vnd.oci.image.layer.v1.tar+gzip"
        self.architecture = "amd64"
        self.diff_id = f"sha256:{hashlib.sha256(self.plain).hexdigest()}"
        self.platform: dict[str, str] | None = None

    def blob(self, content: bytes, media: str) -> Blob:
        made = blob_of(content, media)
        path = self.path(made)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return made

    def path(self, blob: Blob) -> Path:
        return self.folder / "blobs" / "sha256" / blob.digest.removeprefix("sha256:")

    def written(self) -> Blob:
        """Write it, and give its layer."""
        layer = self.blob(self.packed, self.media)
        about = {
            "architecture": self.architecture,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [self.diff_id]},
        }
        config = self.blob(rendered(about), "application/vnd.oci.image.config.v1+json")
        manifest = self.blob(
            rendered({"schemaVersion": 2, "config": config.descriptor(), "layers": [layer.descriptor()]}),
            MANIFEST,
        )  # fmt: skip
        entry = manifest.descriptor(**({"platform": self.platform} if self.platform else {}))
        if self.platform:
            inner = self.blob(index_of([entry]), "application/vnd.oci.image.index.v1+json")
            entry = inner.descriptor()
        (self.folder / "index.json").write_bytes(index_of([entry]))
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', "utf-8")
        return layer


PYTHON = f"usr/bin/python{MINOR}"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "base").mkdir()
    return Layout(tmp_path / "base", PYTHON, "lib/ld-linux.so.2")


def on(stage: Stage, layout: Layout, reference: str, code: int = 2) -> Said:
    said = stage.refused(
        "ship", "image", "--base", str(layout.folder), "--platform", "linux/amd64", code=code
    )
    assert f"[{reference}]" in said.err
    assert said.out == ""
    return said


def test_a_base_whose_config_tells_of_other_layers_is_refused(stage: Stage, layout: Layout) -> None:
    layout.diff_id = DIGEST
    layout.written()
    said = on(stage, layout, "lying-base")
    assert f"its config says {DIGEST}" in said.err
    assert "Nothing was built on it" in said.err


def test_a_base_of_a_registry_that_tells_of_other_layers_is_refused(
    stage: Stage, layout: Layout
) -> None:
    layout.diff_id = DIGEST
    layout.written()
    with ContainerRegistry().running() as there:
        for path in (layout.folder / "blobs" / "sha256").iterdir():
            there.blobs[f"sha256:{path.name}"] = path.read_bytes()
            there.owned.add(("team/base", f"sha256:{path.name}"))
        entry = json.loads((layout.folder / "index.json").read_bytes())["manifests"][0]
        content = there.blobs[entry["digest"]]
        for which in ("1", entry["digest"]):
            there.manifests["team/base", which] = (MANIFEST, content)
        name = f"127.0.0.1:{there.port}/team/base:1"
        words = ("ship", "image", "--base", name, "--platform", "linux/amd64")
        said = stage.refused(*words, code=2)
        assert "[lying-base]" in said.err
        assert name in said.err
        missing = ("--base", name.replace("base:1", "base:2"), "--platform", "linux/amd64")
        assert "[no-such-image]" in refused(stage, *missing).err
        there.login, there.kind = ("me", "s3cret"), "basic"
        said = refused(stage, *missing)
        assert "[registry-refused]" in said.err
        assert "docker login" in said.err


def test_layers_of_another_kind_are_told(stage: Stage, layout: Layout) -> None:
    layout.media = "application/vnd.oci.image.layer.v1.tar+xz"
    layout.written()
    assert layout.media in on(stage, layout, "odd-base").err


def test_layers_of_zstd_are_told_with_the_way_to_read_them(
    stage: Stage, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("compression", "backports"):  # as if neither were there
        monkeypatch.setitem(sys.modules, f"{package}.zstd", None)
        monkeypatch.delattr(sys.modules.get(package), "zstd", raising=False)
    layout.media = "application/vnd.oci.image.layer.v1.tar+zstd"
    layout.written()
    said = on(stage, layout, "odd-base")
    assert layout.media in said.err
    assert "--with backports.zstd" in said.err


def test_a_base_for_another_processor_is_told(stage: Stage, layout: Layout) -> None:
    layout.architecture = "arm64"
    layout.written()
    said = on(stage, layout, "no-such-platform")
    assert "is for linux/arm64" in said.err
    assert "--platform linux/arm64" in said.err


def test_an_index_without_the_platform_tells_which_it_has(stage: Stage, layout: Layout) -> None:
    layout.platform = {"os": "linux", "architecture": "s390x"}
    layout.written()
    assert "it has linux/s390x" in on(stage, layout, "no-such-platform").err


def test_a_base_without_the_python_is_told(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    bare = Layout(tmp_path / "bare", "usr/bin/python3.1")
    bare.written()
    assert "it has /usr/bin/python3.1" in on(stage, bare, "no-glibc-in-base").err
    bare.architecture = "s390x"
    bare.written()
    said = stage.refused(
        "ship", "image", "--base", str(bare.folder), "--platform", "linux/s390x", code=2
    )
    assert "[no-python-in-base]" in said.err


def test_a_layer_that_is_damaged_or_gone_is_told(stage: Stage, layout: Layout) -> None:
    layer = layout.written()
    layout.path(layer).write_bytes(layout.packed[:-1] + b"x")
    assert "is not what its name says" in on(stage, layout, "wrong-digest").err
    layout.path(layer).unlink()
    assert layer.digest in on(stage, layout, "no-blob").err


def test_a_layer_that_is_no_tar_is_told(stage: Stage, layout: Layout) -> None:
    layout.packed = gzip.compress(b"no tar at all" * 100)
    layout.written()
    on(stage, layout, "bad-layer", code=4)
