"""One gate for all that is handed out: a secret is refused by its file and variables, its value is never told."""

import io
import secrets
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from onward.domain.shipping.secrets import SECRET_FILES
from tests.conftest import FakeClock, MakeProject
from tests.journeys.stage import Said
from tests.journeys.test_container_files import BUILD, lock
from tests.journeys.test_container_files import CODE as SHOP
from tests.journeys.test_ship_wheel import Shipping, ship

__all__ = ["ship"]
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
VALUE = secrets.token_hex(12)
ENV = f"# ours\nexport TOKEN={VALUE}\n"
KEY = "-----BEGIN PRIV" + f"ATE KEY-----\n{VALUE * 3}\n-----END PRIV" + "ATE KEY-----\n"
EXAMPLES = {
    ".env.example": "TOKEN=\n",
    "src/demo/settings.env.template": "TOKEN=change-me\n",
    "src/demo/ca.pem": "-----BEGIN CERTIFICATE-----\n" + "A" * 64 + "\n",
    "docs/keys.md": "A key begins with `-----BEGIN PRIV" + "ATE KEY-----`.\n",
}
Run = Callable[..., Said]


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Run:
    def call(root: Path, *words: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(list(words), env, cwd=root, clock=clock, out=out, err=err)
        said = Said(code, out.getvalue(), err.getvalue())
        assert VALUE not in said.text
        return said

    return call


def commit(root: Path, env: dict[str, str]) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "-Af"), ("commit", "-qm", "x")):
        subprocess.run(("git", *who, *words), cwd=root, env=env, check=True)


@needs_git
def test_a_wheel_is_refused_for_what_is_tracked(ship: Shipping) -> None:
    root = ship.make(files={".env": ENV, "src/demo/data.txt": KEY, **EXAMPLES})
    commit(root, ship.env)
    assert ship("--no-reproduce") == 1
    assert ".env" in ship.out
    assert "it sets TOKEN" in ship.out
    assert "src/demo/data.txt" in ship.out
    assert "example" not in ship.out
    assert VALUE not in ship.out + ship.err
    assert ship.dist == set()


def test_a_wheel_is_refused_for_what_is_packed(ship: Shipping) -> None:
    told = f"[add]\n'demo/.env' = '''{ENV}'''\n'demo/data.txt' = '''{KEY}'''\n"
    ship.make(told=told, files=EXAMPLES)
    assert ship("--no-reproduce") == 1
    assert ".whl/demo/.env" in ship.out
    assert "it sets TOKEN" in ship.out
    assert ".whl/demo/data.txt" in ship.out
    assert VALUE not in ship.out + ship.err


@needs_git
def test_examples_and_an_env_that_is_not_tracked_are_no_alarm(ship: Shipping) -> None:
    root = ship.make(files={**EXAMPLES, ".gitignore": ".env\n"})
    commit(root, ship.env)
    (root / ".env").write_text(ENV, encoding="utf-8")
    assert ship("--no-reproduce") == 0, ship.out
    assert "secret" not in ship.out.replace("no secrets", "")


APP = """
[project.scripts]
demo = "demo:main"
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
"""


@needs_git
@pytest.mark.skipif(sys.platform != "linux", reason="programs are built on Linux as yet")
def test_a_program_is_refused_before_it_is_built(
    env: dict[str, str], project: MakeProject, onward: Run
) -> None:
    root = project(extra=APP, files={"src/demo/__init__.py": "", ".env": ENV, **EXAMPLES})
    commit(root, env)
    said = onward(root, "ship", "app", "--no-prove")
    assert said.code == 1
    assert ".env: files of this name hold secrets; it sets TOKEN [ship/secret]" in said.err
    assert "example" not in said.err
    subprocess.run(("git", "rm", "-q", "--cached", ".env"), cwd=root, env=env, check=True)
    assert "onward lock" in onward(root, "ship", "app", "--no-prove").err  # it is past the gate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder as PyInstaller leaves it on Windows, and a project beside it."""
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "notes"\nversion = "1.2"\nauthors = [{ name = "Us" }]\n', "utf-8"
    )
    folder = tmp_path / "built"
    folder.mkdir()
    program = bytearray(1024)
    program[:2] = b"MZ"
    struct.pack_into("<I", program, 0x3C, 0x80)
    program[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", program, 0x84, 0x8664, 0)
    (folder / "notes.exe").write_bytes(program)
    return folder


@pytest.mark.skipif(
    not all(map(shutil.which, ("makensis", "7z"))), reason="makensis or 7z is not on this machine"
)
def test_an_installer_is_refused_for_any_file_in_it(folder: Path, onward: Run) -> None:
    root = folder.parent
    words = ("ship", "installer", str(folder))
    for path, text in EXAMPLES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    assert onward(root, *words).code == 0
    (folder / "Live.ENV").write_text(ENV, encoding="utf-8")
    (folder / "data.bin").write_text(KEY, encoding="utf-8")
    said = onward(root, *words, "--force")
    assert said.code == 2
    assert "Live.ENV: files of this name hold secrets; it sets TOKEN" in said.err
    assert "data.bin: it holds a private key" in said.err
    row = '[[tool.onward.policy]]\nmatch = "ship/secret"\nonly = ["Live.ENV", "data.bin"]\n'
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(row + 'level = "advise"\nwhy = "opens nothing"\n')
    assert onward(root, *words, "--force").code == 0


@pytest.fixture
def shop(project: MakeProject) -> Path:
    files = {**SHOP, "uv.lock": lock("fastapi", "uvicorn", "celery"), **EXAMPLES}
    needs = ["fastapi", "uvicorn", "celery[redis]"]
    return project(name="shop", dependencies=needs, extra=BUILD, files=files)


@needs_git
def test_container_files_are_refused_for_what_the_image_would_hold(
    shop: Path, env: dict[str, str], onward: Run
) -> None:
    words = ("ship", "container-files")
    commit(shop, env)
    assert onward(shop, *words).code == 0
    (shop / "src/shop/data.txt").write_text(KEY, encoding="utf-8")  # no name would keep it out
    said = onward(shop, *words)
    assert said.code == 1
    assert "src/shop/data.txt: it holds a private key [ship/secret]" in said.err
    (shop / "src/shop/data.txt").unlink()
    (shop / ".env").write_text(ENV, encoding="utf-8")  # as it has to be there for compose
    assert onward(shop, *words).code == 0
    commit(shop, env)
    said = onward(shop, *words)
    assert said.code == 1
    assert ".env: files of this name hold secrets; it sets TOKEN" in said.err
    assert onward(shop, *words, "--explain").code == 0


def test_the_context_leaves_out_every_name_of_a_secret(shop: Path, onward: Run) -> None:
    assert onward(shop, "ship", "container-files").code == 0
    lines = set((shop / ".dockerignore").read_text("utf-8").split("\n"))
    assert {f"**/{name}" for name in SECRET_FILES} <= lines
