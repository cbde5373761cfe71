"""``onward ship app`` looks at what was really packed: a member beside the project, and a script in the program's file."""

import datetime as dt
import secrets
import sys
import sysconfig
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

if sys.platform != "linux":
    pytest.skip("programs are built on Linux as yet", allow_module_level=True)

BACKEND = Path(__file__).with_name("backend.py").read_text(encoding="utf-8")
MADE_BY = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def key() -> str:
    """Give what looks like a private key, and opens nothing."""
    lines = "\n".join(secrets.token_hex(32) for _ in range(3))
    return f"-----BEGIN PRIV{'ATE KEY'}-----\n{lines}\n"


@pytest.fixture
def shop(project: MakeProject) -> Path:
    """Give a project whose workspace has a member, with a key in its code, that goes along."""
    member = '[project]\nname = "beside"\nversion = "1.0"\nrequires-python = ">=3.11"\n' + MADE_BY
    return project(
        dependencies=["beside"],
        extra=f'[project.scripts]\ndemo = "demo:main"\n{MADE_BY}[tool.uv.workspace]\nmembers = ["members/*"]\n'
        "[tool.uv.sources]\nbeside = { workspace = true }\n",
        files={
            "src/demo/__init__.py": "import beside\ndef main():\n    return 0\n",
            "backend.py": BACKEND,
            "backend.toml": "",
            "members/beside/pyproject.toml": member,
            "members/beside/src/beside/__init__.py": f"KEY = '''\n{key()}'''\n",
            "members/beside/backend.py": BACKEND,
            "members/beside/backend.toml": "",
        },
    )


def test_a_zip_with_a_key_of_a_member_beside_it_is_not_handed_out(
    shop: Path, env: dict[str, str], clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(["lock"], env, cwd=shop, clock=clock) == 0
    words = ["ship", "app", "--format", "zipapp", "--no-prove"]
    assert run_verb(words, env, cwd=shop, clock=clock) == 1
    said = capsys.readouterr().err
    assert "beside/__init__.py: it holds a private key [ship/secret]" in said
    assert not (shop / "dist").exists()


@pytest.mark.registry
@pytest.mark.timeout(600)
@pytest.mark.skipif(not sysconfig.get_config_var("Py_ENABLE_SHARED"), reason="PyInstaller needs it")
def test_a_folder_with_a_key_of_a_member_or_in_its_script_is_not_handed_out(
    shop: Path, registry_env: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ship", "app", "--format", "folder", "--no-prove"]
    (shop / "start.py").write_text(f"import beside\nKEY = '''\n{key()}'''\n", encoding="utf-8")
    now = FakeClock(dt.datetime.now(dt.UTC))
    assert run_verb(["lock"], registry_env, cwd=shop, clock=now) == 0
    assert run_verb([*words, "--entry", "start.py"], registry_env, cwd=shop, clock=now) == 1
    said = capsys.readouterr().err
    assert "_internal/beside/__init__.pyc: it holds a private key [ship/secret]" in said
    assert "start.py: it holds a private key [ship/secret]" in said
    assert not (shop / "dist").exists()
