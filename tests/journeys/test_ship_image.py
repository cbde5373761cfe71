"""``onward ship image`` with the real uv: layers, digests, what is refused, and what leaves for a registry."""

import base64
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.container_registry import ContainerRegistry
from tests.journeys.conftest import MakeStage
from tests.journeys.stage import Said, Stage, as_json
from tests.registry import Registry

PROJECT = """\
[project]
name = "shop"
version = "0.3.0"
description = "A shop"
requires-python = ">=3.11"
dependencies = ["helper"]

[project.scripts]
shop = "shop.main:main"

[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"

[[tool.uv.index]]
url = "{index}"
default = true
"""
FILES = {
    "src/shop/__init__.py": "",
    "src/shop/main.py": "import helper\n\n\ndef main():\n    print('hello from', helper.NAME)\n",
    "src/shop/größe und maß.txt": "unicode and spaces\n",
    ".gitignore": ".venv\n.onward\ndist\n",
    "tests/test_shop.py": "def test_nothing(): ...\n",
}


@pytest.fixture(scope="session")
def kept_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of layers for the whole session: the Python's own takes seconds to compile."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "images"
    folder.mkdir(exist_ok=True)
    return folder


class Images:
    """A project in git, and ``onward ship image`` on it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.root = stage.root

    def commit(self) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        when = {
            "GIT_AUTHOR_DATE": "2026-05-01T00:00:00Z",
            "GIT_COMMITTER_DATE": "2026-05-01T00:00:00Z",
        }
        if not (self.root / ".git").exists():
            self.git("init", "-q")
        self.git("add", "-A")
        self.git(*who, "commit", "-qm", "change", **when)

    def git(self, *words: str, **env: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, env={**self.stage.env, **env}, check=True)

    def __call__(self, *words: str, code: int = 0, **env: str) -> Said:
        said = self.stage.onward("ship", "image", *words, **env)
        assert said.code == code, said.text
        return said

    def layers(self, *words: str) -> dict[str, str]:
        told = as_json(self(*words, "--json"))
        return {layer["kind"]: layer["digest"] for layer in told["images"][0]["layers"]}


@pytest.fixture
def ready(make_stage: MakeStage, kept_images: Path) -> Callable[..., Images]:
    def make(**more: Any) -> Images:
        stage = make_stage(**more)
        cache = Path(stage.env["ONWARD_CACHE_DIR"])
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "images").symlink_to(kept_images)
        images = Images(stage)
        stage.fine("sync")
        images.commit()
        return images

    return make


@pytest.fixture
def images(ready: Callable[..., Images], registry: Registry) -> Images:
    """The shop, which needs ``helper``; that has a command of its own."""
    registry.add(
        "helper",
        "1.0",
        files={"helper/__init__.py": "NAME = 'helper'\n\ndef main(): print(NAME)\n", "helper-1.0.data/data/share/x.txt": "data\n"},
        scripts={"help-me": "helper:main"},
    )  # fmt: skip
    return ready(pyproject=PROJECT.format(index=registry.url), index=None, files=FILES)


def members(layout: Path, digest: str) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(layout / "blobs" / "sha256" / digest.removeprefix("sha256:")) as tar:
        return {info.name: info for info in tar}


def text(layout: Path, digest: str, name: str) -> str:
    with tarfile.open(layout / "blobs" / "sha256" / digest.removeprefix("sha256:")) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read().decode()


def blob(layout: Path, digest: str) -> Any:
    return json.loads((layout / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes())


def test_the_digest_is_the_answer_and_the_layout_holds_it(images: Images) -> None:
    said = images()
    layout = images.root / "dist" / "image"
    digest = said.out.strip()
    index = json.loads((layout / "index.json").read_text(encoding="utf-8"))
    assert said.out.count("\n") == 1
    assert index["manifests"][0]["digest"] == digest
    manifest = blob(layout, digest)
    system, python, dependencies, application = [one["digest"] for one in manifest["layers"]]
    config = blob(layout, manifest["config"]["digest"])
    settings = config["config"]
    assert (settings["User"], settings["Entrypoint"]) == ("65532:65532", ["shop"])
    assert settings["Labels"]["org.opencontainers.image.title"] == "shop"
    assert len(settings["Labels"]["org.opencontainers.image.revision"]) == 40
    assert config["created"] == "2026-05-01T00:00:00Z"

    assert "usr/lib" in members(layout, system)
    inside = members(layout, python)
    assert not [
        name for name in inside if "/test/" in name or "/idlelib/" in name or name.endswith(".a")
    ]
    place = next(
        name for name in members(layout, dependencies) if name.endswith("helper/__init__.py")
    )
    site = place.removesuffix("helper/__init__.py")
    assert [name for name in members(layout, dependencies) if "helper/__pycache__/__init__" in name]
    assert "opt/venv/share/x.txt" in members(layout, dependencies)
    assert text(layout, dependencies, "opt/venv/bin/help-me").startswith("#!/opt/venv/bin/python\n")
    own = members(layout, application)
    assert f"{site}shop/größe und maß.txt" in own
    assert text(layout, application, "opt/venv/bin/shop").startswith("#!/opt/venv/bin/python\n")
    assert not [name for name in own if "test" in name or "direct_url" in name]
    assert {(info.uid, info.gid, info.mtime) for info in own.values()} == {(0, 0, 315_532_800)}
    assert str(images.root).encode() not in b"".join(
        p.read_bytes() for p in (layout / "blobs" / "sha256").iterdir()
    )


def test_what_is_attached_says_what_it_is_attached_to(images: Images) -> None:
    digest = images().out.strip()
    layout = images.root / "dist" / "image"
    index = json.loads((layout / "index.json").read_text(encoding="utf-8"))
    attached = {one["artifactType"]: blob(layout, one["digest"]) for one in index["manifests"][1:]}
    assert {one["subject"]["digest"] for one in attached.values()} == {digest}
    bill = blob(layout, attached["application/vnd.cyclonedx+json"]["layers"][0]["digest"])
    assert {"helper", "cpython"} <= {one["name"] for one in bill["components"]}
    statement = blob(layout, attached["application/vnd.in-toto+json"]["layers"][0]["digest"])
    assert statement["subject"][0]["digest"]["sha256"] == digest.removeprefix("sha256:")


def test_a_change_of_the_application_makes_one_layer_and_no_build(images: Images) -> None:
    before = images.layers()
    (images.root / "src/shop/main.py").write_text(
        "def main():\n    print('other')\n", encoding="utf-8"
    )
    said = images("--json")
    after = {one["kind"]: one["digest"] for one in as_json(said)["images"][0]["layers"]}
    assert [kind for kind in before if before[kind] != after[kind]] == ["application"]
    assert "Building" not in said.err
    assert "differs from the last commit" in said.text


def test_a_layer_made_without_a_build_is_the_one_of_a_build(images: Images, tmp_path: Path) -> None:
    images()
    (images.root / "src/shop/main.py").write_text(
        "def main():\n    print('other')\n", encoding="utf-8"
    )
    images.commit()
    quick = images.layers()
    for note in (Path(images.stage.env["ONWARD_CACHE_DIR"]) / "images" / "notes").glob("replay-*"):
        note.unlink()
    said = images("--json")
    assert "Building the project's wheel" in said.err
    assert {one["kind"]: one["digest"] for one in as_json(said)["images"][0]["layers"]} == quick


def test_a_new_module_is_in_the_next_image(images: Images) -> None:
    images()
    (images.root / "src/shop/more.py").write_text("", encoding="utf-8")
    images.commit()
    images()
    layout = images.root / "dist" / "image"
    assert [
        name
        for name in members(layout, images.layers()["application"])
        if name.endswith("shop/more.py")
    ]


def test_undo_takes_a_new_layout_away_and_brings_an_old_one_back(images: Images) -> None:
    layout = images.root / "dist" / "image"
    images()
    images.stage.fine("undo")
    assert not layout.exists()
    images()
    index = (layout / "index.json").read_bytes()
    (images.root / "src/shop/main.py").write_text("def main(): ...\n", encoding="utf-8")
    images()
    assert (layout / "index.json").read_bytes() != index
    images.stage.fine("undo")
    assert (layout / "index.json").read_bytes() == index
    assert blob(layout, json.loads(index)["manifests"][0]["digest"])["layers"]


def test_a_dry_run_writes_nothing(images: Images) -> None:
    said = images("--dry-run", "--tar", "shop.tar", "--output", "out")
    assert "would put it into" in said.err
    assert not (images.root / "out").exists()
    assert not (images.root / "shop.tar").exists()


def test_the_build_of_the_project_is_not_told_what_publishes(
    ready: Callable[..., Images], registry: Registry
) -> None:
    spy = "import os, pathlib\n" + (Path(__file__).parent / "backend.py").read_text("utf-8")
    spy += (
        "\ndef build_wheel(folder, *_, build=build_wheel):\n"
        "    if 'SPY' in os.environ:\n"
        "        pathlib.Path(os.environ['SPY']).write_text(' '.join(os.environ))\n"
        "    return build(folder)\n"
        "build_editable = build_wheel\n"
    )
    text = PROJECT.format(index=registry.url).replace('["helper"]', "[]")
    text = text.replace(
        'requires = ["uv_build>=0.13,<0.14"]', 'requires = []\nbackend-path = ["."]'
    )
    images = ready(
        pyproject=text.replace('"uv_build"', '"backend"').replace("shop.main:main", "shop:main"),
        index=None,
        files={
            "src/shop/__init__.py": "def main(): print(1)\n",
            "backend.py": spy,
            "backend.toml": "",
        },
    )
    seen = images.root.parent / "seen"
    images("--dry-run", SPY=str(seen), UV_PUBLISH_TOKEN="t", ACTIONS_ID_TOKEN_REQUEST_TOKEN="t")
    assert "SPY" in seen.read_text(encoding="utf-8")
    assert not {"UV_PUBLISH_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"} & set(
        seen.read_text().split()
    )


def test_a_secret_in_the_tree_is_refused_by_its_name(images: Images) -> None:
    (images.root / ".env").write_text("TOKEN=s3cret\n", encoding="utf-8")
    key = "-----BEGIN PRIV" + f"ATE KEY-----\n{'s3cret' * 12}\n"
    (images.root / "src/shop/data.txt").write_text(key, encoding="utf-8")
    images.commit()
    said = images(code=1)
    assert ".env" in said.text
    assert "src/shop/data.txt" in said.text
    assert "ship/secret" in said.text
    assert "TOKEN" in said.text
    assert "s3cret" not in said.text
    assert not (images.root / "dist").exists()


def test_a_secret_that_git_does_not_track_stays_out(images: Images) -> None:
    (images.root / "src/shop/.env").write_text("TOKEN=s3cret\n", encoding="utf-8")
    said = images()
    assert "not tracked by git, so not in the image: src/shop/.env" in said.err
    layout = images.root / "dist" / "image"
    assert not [name for name in members(layout, images.layers()["application"]) if ".env" in name]


def test_images_of_earlier_runs_are_neither_named_nor_packed(
    ready: Callable[..., Images], registry: Registry
) -> None:
    registry.add("helper", "1.0")
    images = ready(dependencies=["helper"], files={"main.py": "", ".gitignore": ".venv\n.onward\n"})

    def run() -> tuple[Said, str]:
        said = images("--output", "made/out", "--tar", "made/shop.tar", "--json")
        layers = as_json(said)["images"][0]["layers"]
        return said, layers[-1]["digest"]

    _, first = run()
    (images.root / "mine.txt").write_text("", encoding="utf-8")
    (images.root / "made/.shop.tar.x.tmp").write_bytes(
        (images.root / "made/shop.tar").read_bytes()[:4000]  # of a run that was killed
    )
    said, again = run()
    assert "not in the image: mine.txt\n" in said.err
    assert again == first
    (images.root / "mine.txt").unlink()
    images.commit()  # by accident, with all that was made
    assert run()[1] == first
    shutil.rmtree(images.root / ".git")
    said, last = run()
    assert last == first
    assert "made" not in said.err.replace("made/out", "").replace("made/shop.tar", "")


def test_a_link_that_leads_out_is_refused(images: Images) -> None:
    (images.root / "src/shop/data").symlink_to("/etc/hostname")
    images.commit()
    assert "src/shop/data -> /etc/hostname" in images(code=2).err


def test_a_lock_that_is_out_of_date_is_refused(images: Images) -> None:
    path = images.root / "pyproject.toml"
    path.write_text(
        path.read_text("utf-8").replace('["helper"]', '["helper", "helper>=1.0"]'), "utf-8"
    )
    assert "onward lock" in images(code=1).err


def test_a_push_sends_only_what_changed(images: Images) -> None:
    with ContainerRegistry().running() as there:
        name = f"127.0.0.1:{there.port}/team/shop"
        digest = images("--push", f"{name}:1").out.strip()
        _, content = there.manifests["team/shop", "1"]
        layers = [one["digest"] for one in json.loads(content)["layers"]]
        assert ("team/shop", digest) in there.manifests
        (images.root / "src/shop/main.py").write_text("def main(): ...\n", encoding="utf-8")
        before = set(there.blobs)
        said = images("--push", f"{name}:2")
        new = [one["digest"] for one in json.loads(there.manifests["team/shop", "2"][1])["layers"]]
        assert [one for one in new if one not in layers] == new[-1:]
        came = {digest: len(there.blobs[digest]) for digest in set(there.blobs) - before}
        assert new[-1] in came
        assert sum(came.values()) < 20_000, said.err
        # what is attached is listed under a tag, since this registry has no referrers API
        listed = json.loads(there.manifests["team/shop", said.out.strip().replace(":", "-")][1])
        assert len(listed["manifests"]) == 2


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_a_push_uses_what_podman_login_kept_and_shows_nothing_of_it(
    images: Images, tmp_path: Path, kind: str
) -> None:
    with ContainerRegistry().running() as there:
        secret = secrets.token_hex(16)
        there.login, there.kind = ("me", secret), kind
        name = f"127.0.0.1:{there.port}/team/shop"
        packed = base64.b64encode(f"me:{secret}".encode()).decode()
        auths = {name: {"auth": packed}, f"127.0.0.1:{there.port}": {"auth": "bm86"}}
        (tmp_path / "run" / "containers").mkdir(parents=True)
        kept = tmp_path / "run" / "containers" / "auth.json"
        kept.write_text(json.dumps({"auths": auths}), encoding="utf-8")
        said = images("--push", f"{name}:1", XDG_RUNTIME_DIR=str(tmp_path / "run"))
        assert ("team/shop", "1") in there.manifests
        for word in (secret, packed):
            assert word not in said.text
            assert not [path for path, held in images.stage.kept_words() if word.encode() in held]
        refused = images("--push", f"{name}:2", code=2, XDG_RUNTIME_DIR=str(tmp_path / "none"))
        assert "docker login" in refused.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_sees_how_much_has_been_sent(images: Images) -> None:
    images("--dry-run")
    with ContainerRegistry().running() as there:
        there.pause = 0.3
        err = Terminal()
        name = f"127.0.0.1:{there.port}/team/shop:1"
        code = run_verb(
            ["ship", "image", "--push", name],
            images.stage.env,
            cwd=images.root,
            clock=images.stage.clock,
            out=io.StringIO(),
            err=err,
        )
        assert code == 0, err.getvalue()
        shown = re.findall(r"([\d.]+) of ([\d.]+) MB sent, \d+ s", err.getvalue())
        assert shown
        assert all(float(sent) <= float(total) for sent, total in shown)


@pytest.mark.parametrize("fault", ["drops", "digest", "failing"])
def test_a_registry_that_fails_or_lies_never_gets_the_tag(images: Images, fault: str) -> None:
    with ContainerRegistry().running() as there:
        value = {"drops": True, "digest": "sha256:" + "0" * 64, "failing": {"PUT": 500}}[fault]
        setattr(there, fault, value)
        said = images("--push", f"127.0.0.1:{there.port}/team/shop:1", code=4)
        assert f"127.0.0.1:{there.port}" in said.err
        if fault != "drops":
            assert ("team/shop", "1") not in there.manifests
        assert said.out == ""


def test_offline_no_registry_is_asked(images: Images) -> None:
    images("--dry-run")
    with ContainerRegistry().running() as there:
        name = f"127.0.0.1:{there.port}/team/shop:1"
        assert "offline" in images("--push", name, code=4, ONWARD_OFFLINE="1").err
        assert "offline" in images("--base", name, code=4, ONWARD_OFFLINE="1").err
        assert there.seen == []


def test_a_base_of_a_registry_is_built_on_and_mounted(images: Images) -> None:
    with ContainerRegistry().running() as there:
        base = f"127.0.0.1:{there.port}/team/base:1"
        images("--push", base)
        said = images("--base", base, "--push", f"127.0.0.1:{there.port}/team/other:1", "--json")
        told = as_json(said)["images"][0]
        assert [layer["kind"] for layer in told["layers"]] == ["base"] * 4 + [
            "dependencies",
            "application",
        ]
        assert "0 blobs were there, 4 mounted" in as_json(said)["done"][-1]
        manifest = json.loads(there.manifests["team/other", "1"][1])
        assert manifest["annotations"]["org.opencontainers.image.base.name"] == base


@pytest.fixture
def root_folders(tmp_path: Path) -> dict[str, Path]:
    """A base for each of two processors: a folder with a Python and a loader, as far as anybody looks."""
    made = {}
    for name, number in (("amd64", 62), ("arm64", 183)):
        folder = tmp_path / f"root {name}"
        (folder / "usr/bin").mkdir(parents=True)
        (folder / "lib").mkdir()
        (folder / f"usr/bin/python3.{sys.version_info[1]}").write_bytes(b"")
        loader = bytearray(b"\x7fELF\x02\x01".ljust(64, b"\0"))
        loader[18:20] = number.to_bytes(2, "little")
        (folder / "lib/ld-linux.so.2").write_bytes(loader)
        (folder / "usr/bin/link").symlink_to("/etc/passwd")
        made[name] = folder
    return made


def test_several_platforms_are_one_index(
    ready: Callable[..., Images], registry: Registry, root_folders: dict[str, Path], tmp_path: Path
) -> None:
    for machine in ("x86_64", "aarch64"):
        registry.add(
            "helper", "1.0", files={"helper/__init__.py": f"NAME = '{machine}'\n"},
            tags=(f"py3-none-manylinux_2_17_{machine}",),
        )  # fmt: skip
    images = ready(pyproject=PROJECT.format(index=registry.url), index=None, files=FILES)
    one = ["linux/amd64", "linux/arm64"]
    said = images("--base", str(root_folders["arm64"]), "--platform", one[1], "--output", "arm")
    layout = images.root / "arm"
    manifest = blob(layout, said.out.strip())
    assert blob(layout, manifest["config"]["digest"])["architecture"] == "arm64"
    found = [text(layout, layer["digest"], name) for layer in manifest["layers"]
             for name in members(layout, layer["digest"]) if name.endswith("helper/__init__.py")]  # fmt: skip
    assert found == ["NAME = 'aarch64'\n"]
    base = manifest["layers"][0]["digest"]
    assert members(layout, base)["usr/bin/link"].linkname == "/etc/passwd"
    assert (
        "linux/arm64"
        in images("--base", str(root_folders["arm64"]), "--platform", one[0], code=2).err
    )

    # the two bases as one image, to build on both at once
    (tmp_path / "both").mkdir()
    images(
        "--base", str(root_folders["amd64"]), "--platform", one[0], "--output", "amd", "--no-prove"
    )
    both = _joined(tmp_path / "both", {"amd64": images.root / "amd", "arm64": layout})
    said = images("--base", str(both), "--platform", ",".join(one), "--output", "all", "--no-prove")
    index = blob(images.root / "all", said.out.strip())
    assert [entry["platform"]["architecture"] for entry in index["manifests"]] == ["amd64", "arm64"]


def _joined(folder: Path, layouts: dict[str, Path]) -> Path:
    import hashlib

    blobs = folder / "blobs" / "sha256"
    entries = []
    for architecture, layout in layouts.items():
        shutil.copytree(layout / "blobs" / "sha256", blobs, dirs_exist_ok=True)
        entry = json.loads((layout / "index.json").read_text("utf-8"))["manifests"][0]
        entries.append({**entry, "platform": {"os": "linux", "architecture": architecture}})
    media = "application/vnd.oci.image.index.v1+json"
    inner = json.dumps({"schemaVersion": 2, "mediaType": media, "manifests": entries}).encode()
    digest = hashlib.sha256(inner).hexdigest()
    (blobs / digest).write_bytes(inner)
    top = {"mediaType": media, "digest": f"sha256:{digest}", "size": len(inner)}
    (folder / "index.json").write_text(
        json.dumps({"schemaVersion": 2, "manifests": [top]}), "utf-8"
    )
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', "utf-8")
    return folder


def test_a_platform_without_a_wheel_is_refused(
    ready: Callable[..., Images], registry: Registry, root_folders: dict[str, Path]
) -> None:
    registry.add("helper", "1.0", tags=("py3-none-manylinux_2_17_x86_64",))
    images = ready(pyproject=PROJECT.format(index=registry.url), index=None, files=FILES)
    said = images("--base", str(root_folders["arm64"]), "--platform", "linux/arm64", code=2)
    assert "has a wheel for linux/arm64" in said.err


def test_a_project_that_is_no_package_runs_from_its_folder(
    ready: Callable[..., Images], registry: Registry
) -> None:
    registry.add("helper", "1.0")
    images = ready(
        dependencies=["helper"],
        files={
            "main.py": "import helper\n",
            "data/x y.txt": "",
            ".gitignore": ".venv\n.onward\n",
            "tests/t.py": "",
        },
    )
    said = images("--output", "out", "--json")
    assert as_json(said)["command"] == ["/opt/venv/bin/python", "/app/main.py"]
    layer = as_json(said)["images"][0]["layers"][-1]["digest"]
    names = set(members(images.root / "out", layer))
    assert {"app/main.py", "app/data/x y.txt"} <= names
    assert not [name for name in names if name.startswith(("app/tests", "app/."))]


@pytest.mark.parametrize(
    "broken", ["[]", "{", '{"layers": []}', '{"layers": 3, "config": 4}', "{}"]
)
def test_a_base_that_is_broken_is_told(images: Images, tmp_path: Path, broken: str) -> None:
    import hashlib

    folder = tmp_path / "base"
    (folder / "blobs/sha256").mkdir(parents=True)
    digest = hashlib.sha256(broken.encode()).hexdigest()
    (folder / "blobs/sha256" / digest).write_text(broken, encoding="utf-8")
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": f"sha256:{digest}", "size": len(broken)}  # fmt: skip
    (folder / "index.json").write_text(json.dumps({"manifests": [entry]}), encoding="utf-8")
    (folder / "oci-layout").write_text("{}", encoding="utf-8")
    said = images("--base", str(folder), code=2)
    assert "base" in said.err


def test_members_of_a_workspace_and_packages_without_wheels(
    ready: Callable[..., Images], registry: Registry
) -> None:
    registry.add("helper", "1.0", wheel=False, sdist=True)
    backend = '[build-system]\nrequires = ["uv_build>=0.13,<0.14"]\nbuild-backend = "uv_build"\n'
    pyproject = PROJECT.format(index=registry.url).replace('["helper"]', '["helper", "beside"]')
    pyproject += '[tool.uv.workspace]\nmembers = ["packages/*"]\n[tool.uv.sources]\nbeside = { workspace = true }\n'
    files = {
        **FILES,
        "src/shop/main.py": "import beside, helper\n\n\ndef main():\n    print(beside.NAME)\n",
        "packages/beside/pyproject.toml": f'[project]\nname = "beside"\nversion = "1"\nrequires-python = ">=3.11"\n{backend}',
        "packages/beside/src/beside/__init__.py": "NAME = 'beside'\n",
    }
    images = ready(pyproject=pyproject, index=None, files=files)
    layers = images.layers("--output", "out")
    own = members(images.root / "out", layers["application"])
    assert [name for name in own if name.endswith("site-packages/beside/__init__.py")]
    assert [name for name in own if name.endswith("site-packages/shop/main.py")]
    below = members(images.root / "out", layers["dependencies"])
    assert [name for name in below if name.endswith("site-packages/helper/__init__.py")]
    assert not [name for name in below if "beside" in name]


@pytest.fixture
def workspace(ready: Callable[..., Images], registry: Registry) -> Images:
    """A workspace whose root is no project: ``api`` needs ``core``, a folder of code ``job`` needs it too."""
    for name in ("helper", "lonely"):
        registry.add(name, "1.0", files={f"{name}/__init__.py": ""})
    backend = '[build-system]\nrequires = ["uv_build>=0.13,<0.14"]\nbuild-backend = "uv_build"\n'
    source = "[tool.uv.sources]\ncore = { workspace = true }\n"

    def project(name: str, needs: str, more: str) -> str:
        table = f'[project]\nname = "{name}"\nversion = "1"\nrequires-python = ">=3.11"\n'
        return f"{table}dependencies = [{needs}]\n{more}"

    index = f'[[tool.uv.index]]\nurl = "{registry.url}"\ndefault = true\n'
    return ready(
        pyproject=f'[tool.uv.workspace]\nmembers = ["packages/*"]\n{index}',
        index=None,
        files={
            ".gitignore": ".venv\n.onward\ndist\n",
            "packages/api/pyproject.toml": project(
                "api", '"core", "helper"', f'[project.scripts]\napi = "api:main"\n{backend}{source}'
            ),
            "packages/api/src/api/__init__.py": "import core\ndef main(): print(core.NAME)\n",
            "packages/core/pyproject.toml": project("core", "", backend),
            "packages/core/src/core/__init__.py": "NAME = 'core'\n",
            "packages/job/pyproject.toml": project("job", '"core"', source),
            "packages/job/src/job/__main__.py": "import core\nprint(core.NAME)\n",
            "packages/other/pyproject.toml": project("other", '"lonely"', backend),
            "packages/other/src/other/__init__.py": "",
        },
    )


def packed(layout: Path, layers: dict[str, str]) -> set[str]:
    names = [
        name for kind in ("dependencies", "application") for name in members(layout, layers[kind])
    ]
    return {name.split("site-packages/")[1].split("/")[0] for name in names if "site-packages/" in name}  # fmt: skip


def test_one_member_of_a_workspace_is_packed_with_what_it_needs(workspace: Images) -> None:
    said = workspace(code=2)
    assert "packages/api: api" in said.err
    assert "--package api" in said.err
    assert "packages/other: other" in workspace("--package", "nobody", code=2).err
    layers = workspace.layers("--package", "api", "--tag", "t")
    layout = workspace.root / "packages/api/dist/image"
    inside = packed(layout, layers)
    assert {"api", "core", "helper"} <= inside
    assert not {"other", "lonely", "job"} & inside
    here = Images(
        Stage(workspace.root / "packages/api", workspace.stage.env, workspace.stage.clock)
    )
    assert here.layers("--output", "same") == layers
    (workspace.root / "packages/core/src/core/__init__.py").write_text("NAME = 'new'\n", "utf-8")
    said = here("--output", "same")
    assert "differs from the last commit" in said.err
    assert said.out.strip() != ""


def test_a_member_that_is_no_package_is_packed_with_its_files(workspace: Images) -> None:
    said = workspace("--package", "packages/job", "--output", "out", "--json")
    layers = {one["kind"]: one["digest"] for one in as_json(said)["images"][0]["layers"]}
    assert as_json(said)["command"][-2:] == ["-m", "job"]
    assert "core" in packed(workspace.root / "out", layers)
    assert "app/src/job/__main__.py" in members(workspace.root / "out", layers["application"])
    if os.geteuid() == 0 and sys.platform.startswith("linux"):
        assert as_json(said)["proven"]


def test_a_secret_of_a_member_beside_is_refused(workspace: Images) -> None:
    (workspace.root / "packages/other/.env").write_text("TOKEN=s3cret\n", encoding="utf-8")
    workspace.commit()
    workspace("--package", "api", "--dry-run", "--no-prove")
    (workspace.root / "packages/core/src/core/.env").write_text("TOKEN=s3cret\n", encoding="utf-8")
    workspace.commit()
    said = workspace("--package", "api", code=1)
    assert "packages/core/src/core/.env" in said.text
    assert "s3cret" not in said.text


can_prove = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0,
    reason="a clean room is not certain here",
)


@can_prove
def test_a_command_is_started_before_it_is_handed_out(images: Images) -> None:
    assert as_json(images("--json"))["proven"] == ["in a clean root `shop --help` works"]
    main = images.root / "src/shop/main.py"
    main.write_text("import gone_entirely\n\n\ndef main(): ...\n", encoding="utf-8")
    said = images(code=1)
    assert "ship/run" in said.text
    assert "gone_entirely" in said.text
    said = images("--no-prove")
    assert "NOTHING WAS PROVEN" in said.err


@can_prove
def test_a_command_without_help_is_imported(images: Images) -> None:
    main = images.root / "src/shop/main.py"
    main.write_text("def main():\n    raise SystemExit(3)\n", encoding="utf-8")
    assert as_json(images("--json"))["proven"] == ["in a clean root its code can be imported"]


SERVER = """\
import http.server


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(STATUS)
        self.end_headers()


def main():
    http.server.HTTPServer(("0.0.0.0", 8123), Handler).serve_forever()
"""


@can_prove
@pytest.mark.parametrize("status", [200, 404, 503])
def test_a_web_program_has_to_answer(images: Images, status: int) -> None:
    text = SERVER.replace("STATUS", str(status))
    (images.root / "src/shop/main.py").write_text(text, encoding="utf-8")
    said = images("--port", "8123", "--json", code=1 if status == 503 else 0)
    told = as_json(said)
    if status == 503:
        assert told["digest"] is None
        assert "status 503" in told["findings"][-1]["message"]
        return
    assert told["proven"] == [f"in a clean root it answers HTTP on port 8123 with status {status}"]
    manifest = blob(images.root / "dist/image", told["images"][0]["digest"])
    config = blob(images.root / "dist/image", manifest["config"]["digest"])["config"]
    assert config["ExposedPorts"] == {"8123/tcp": {}}
    assert config["Healthcheck"]["Test"][:2] == ["CMD", "/opt/venv/bin/python"]


@pytest.mark.parametrize("where", ["dist/image/index.json", "sha256/", "shop.tar"])
def test_a_full_disk_leaves_nothing_under_a_final_name(
    images: Images, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, rename = Path.replace, os.rename

    def full(self: Path, target: Any) -> Path:
        if where in str(target):
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    def full_too(source: Any, target: Any) -> None:
        if where.startswith("dist") and str(target).endswith("dist/image"):
            raise OSError(28, "No space left on device", str(target))
        rename(source, target)

    images("--dry-run")
    monkeypatch.setattr(Path, "replace", full)
    monkeypatch.setattr(os, "rename", full_too)
    said = images("--output", "dist/image", "--tar", "shop.tar", code=4)
    assert "space" in said.err
    monkeypatch.undo()
    assert not (images.root / "shop.tar").exists()
    assert not list(images.root.glob(".shop.tar*"))
    if where != "shop.tar":
        assert not (images.root / "dist").exists()
    images("--output", "dist/image", "--tar", "shop.tar")


needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not here")
needs_umoci = pytest.mark.skipif(shutil.which("umoci") is None, reason="umoci is not here")
needs_registry = pytest.mark.skipif(
    shutil.which("docker-registry") is None, reason="docker-registry is not here"
)


@needs_skopeo
def test_skopeo_reads_the_layout_and_the_tar(images: Images) -> None:
    digest = images("--output", "out", "--tar", "shop.tar").out.strip()
    for source in (f"oci:{images.root}/out:0.3.0", f"oci-archive:{images.root}/shop.tar:0.3.0"):
        ran = subprocess.run(["skopeo", "inspect", source], capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert json.loads(ran.stdout)["Digest"] == digest
    source = f"docker-archive:{images.root}/shop.tar:shop:0.3.0"
    ran = subprocess.run(
        ["skopeo", "inspect", "--config", source], capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["config"]["User"] == "65532:65532"


@needs_umoci
def test_umoci_unpacks_it(images: Images, tmp_path: Path) -> None:
    images("--output", "out")
    root = ["--rootless"] if os.geteuid() else []
    words = [
        "umoci",
        "unpack",
        *root,
        "--image",
        f"{images.root}/out:0.3.0",
        str(tmp_path / "bundle"),
    ]
    ran = subprocess.run(words, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    place = tmp_path / "bundle" / "rootfs"
    assert (place / "opt/venv/bin/shop").is_file()
    if os.geteuid() == 0:
        words = ["chroot", "--userspec=65532:65532", str(place), "/opt/venv/bin/shop"]
        env = {"PATH": f"/opt/venv/bin:{os.environ['PATH']}:/usr/sbin"}
        ran = subprocess.run(words, capture_output=True, env=env, check=False)
        assert ran.stdout == b"hello from helper\n", ran.stderr


@needs_registry
@needs_skopeo
def test_debians_registry_takes_it_and_gives_it_back(images: Images, tmp_path: Path) -> None:
    import socket
    import time

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "registry.yml"
    settings.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/data}}}}\n"
        f'http: {{addr: "127.0.0.1:{port}"}}\n',
        encoding="utf-8",
    )
    child = subprocess.Popen(
        ["docker-registry", "serve", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        name = f"127.0.0.1:{port}/team/shop:1"
        digest = images("--push", name).out.strip()
        again = as_json(images("--push", name, "--json"))["done"]
        assert "nothing had to be sent" in again[-1]
        words = [
            "skopeo",
            "copy",
            "--src-tls-verify=false",
            f"docker://{name}",
            f"oci:{tmp_path}/back:1",
        ]
        ran = subprocess.run(words, capture_output=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert blob(tmp_path / "back", digest)["layers"]
        based = images("--base", name, "--push", f"127.0.0.1:{port}/team/other:1", "--json")
        assert "mounted" in as_json(based)["done"][-1]
        assert as_json(based)["images"][0]["layers"][0]["kind"] == "base"
    finally:
        child.terminate()
        child.wait()


def test_a_library_of_this_machine_that_changed_is_taken_again(images: Images) -> None:
    images("--dry-run")
    notes = Path(images.stage.env["ONWARD_CACHE_DIR"]) / "images" / "notes"
    (note,) = [path for path in notes.glob("here-*") if "watched" in path.read_text("utf-8")]
    told = json.loads(note.read_text(encoding="utf-8"))
    assert any(path.endswith("libc.so.6") or "libc" in path for path in told["watched"])
    assert "Taking the Python" not in images("--dry-run").err
    told["watched"]["/etc/hostname"] = "another"
    note.write_text(json.dumps(told), encoding="utf-8")
    assert "Taking the Python" in images("--dry-run").err
