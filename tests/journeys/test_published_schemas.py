"""What is written for other tools is what their published schemas ask for (those that check-jsonschema carries).

No package of a registry carries the schema of devcontainer.json: what it says of what we write is a table here.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
import yaml

from onward.core.names import parse_name
from onward.domain.scaffold import FRAMEWORKS, STARTERS, answer
from onward.workflows.new import create, plan_new
from tests.conftest import MakeProject
from tests.journeys.test_container_files import Ship, lock, ship, shop

__all__ = ["ship", "shop"]


def faults(schema: str, *files: Path) -> str:
    """Give what is wrong with files, by a schema that the tool brings along: no network is asked."""
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    ran = subprocess.run([*words, *map(str, files)], capture_output=True, check=False)
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout.decode() if ran.returncode else ""


def test_compose_files_are_what_the_compose_specification_says(shop: Path, ship: Ship) -> None:
    assert ship(shop).code == 0
    plain, debug = shop / "compose.yaml", shop / "compose.debug.yaml"
    assert faults("compose-spec", plain, debug) == ""
    broken = yaml.safe_load(plain.read_text("utf-8"))
    broken["services"]["web"]["ports"] = "8000"
    plain.write_text(yaml.safe_dump(broken), encoding="utf-8")
    assert "services.web.ports" in faults("compose-spec", plain)


@pytest.mark.parametrize(
    "needs",
    [["psycopg"], ["pymongo", "redis"], ["celery", "pymysql"], ["dramatiq[rabbitmq]", "arq"], []],
)
def test_with_any_service_they_still_are(
    project: MakeProject, ship: Ship, needs: list[str]
) -> None:
    names = [one.partition("[")[0] for one in needs]
    files = {
        "src/shop/app.py": "app = Flask(__name__)\n",
        "src/shop/tasks.py": "import os\nqueue = Celery()\nqueue.conf.beat_schedule = {}\n"
        "x = os.environ['DATABASE_URL'], os.environ['SECRET']\n@actor\ndef one(): ...\n",
        "uv.lock": lock("flask", "gunicorn", *names),
    }
    root = project(name="shop", dependencies=["flask", "gunicorn", *needs], files=files)
    said = ship(root)
    assert said.code == 0, said.err
    assert faults("compose-spec", root / "compose.yaml", root / "compose.debug.yaml") == ""


def test_the_workflows_of_new_projects_are_workflows(tmp_path: Path, env: dict[str, str]) -> None:
    made = []
    for kind in STARTERS:
        framework = next(iter(FRAMEWORKS)) if kind == "web" else ""
        answers = answer(
            name=parse_name("hello"), kind=kind, framework=framework, licence="MIT", python="3.11", year=2026
        )  # fmt: skip
        plan = plan_new(answers, tmp_path / kind, onward="0.1.0", env=env, git=False)
        create(plan, tmp_path / kind, started="2026-06-01T00:00:00+00:00")
        made.append(tmp_path / kind / ".github" / "workflows" / "ci.yml")
    assert faults("github-workflows", *made) == ""


# What the published schema says of each property that we write, in our words. Source:
# github.com/devcontainers/spec, schemas/devContainer.base.schema.json at commit
# 08c3f97f71385c52a01c026d145c510294847332 (`composeContainer`, `devContainerCommon`); for what is
# VS Code's own github.com/microsoft/vscode, extensions/configuration-editing/schemas/
# devContainer.vscode.schema.json at commit 16be4bf856cf0dbd2e812988f23b7bed200fde9f.
# No property that neither of them names may stand there.
COMPOSE = {"dockerComposeFile": list[str], "service": str, "workspaceFolder": str}
"""Those that a dev container with Compose has to have."""
OTHERS = {
    "name": str,
    "remoteUser": str,
    "postCreateCommand": str,
    "forwardPorts": list[Annotated[int, msgspec.Meta(ge=0, le=65535)]],
    "customizations": dict[str, Any],
}
EXTENSION = r"^[a-zA-Z0-9][a-zA-Z0-9-]*\.[a-zA-Z0-9][a-zA-Z0-9-]*$"
VSCODE = {
    "extensions": list[Annotated[str, msgspec.Meta(pattern=EXTENSION)]],
    "settings": dict[str, Any],
}


def as_the_schema_says(made: dict[str, Any]) -> None:
    """Insist on the required properties, and on known names with values of their types."""
    assert COMPOSE.keys() <= made.keys() <= COMPOSE.keys() | OTHERS.keys()
    for key, value in made.items():
        msgspec.convert(value, (COMPOSE | OTHERS)[key])
    assert made["customizations"].keys() == {"vscode"}
    for key, value in made["customizations"]["vscode"].items():
        msgspec.convert(value, VSCODE[key])


MEMBER = '[project]\nname = "web"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["flask", "gunicorn"]\n'
LOCKED = '\n[[package]]\nname = "web"\nversion = "1"\nsource = { virtual = "web" }\n'
NEED = 'dependencies = [{ name = "flask" }, { name = "gunicorn" }]\n'
FLASK = "app = Flask(__name__)\n"
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({"files": {"main.py": "print(1)\n", "uv.lock": lock("attrs")}}, ""),
    "web": (
        {
            "dependencies": ["flask", "gunicorn"],
            "files": {"app.py": FLASK, "uv.lock": lock("flask", "gunicorn")},
        },
        "",
    ),
    "services": (
        {
            "dependencies": ["flask", "gunicorn", "psycopg", "redis"],
            "files": {"app.py": FLASK, "uv.lock": lock("flask", "gunicorn", "psycopg", "redis")},
        },
        "",
    ),
    "workspace": (
        {
            "pyproject": '[tool.uv.workspace]\nmembers = ["web"]\n',
            "files": {
                "web/pyproject.toml": MEMBER,
                "web/app.py": FLASK,
                "uv.lock": lock("flask", "gunicorn") + LOCKED + NEED,
            },
        },
        "web",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_dev_containers_are_what_their_published_schema_says(
    project: MakeProject, ship: Ship, kind: str
) -> None:
    about, member = KINDS[kind]
    root = project(**about)
    said = ship(root, *(("--package", member) if member else ()))
    assert said.code == 0, said.err
    folder = root / member
    made = json.loads((folder / ".devcontainer/devcontainer.json").read_text("utf-8"))
    as_the_schema_says(made)
    named = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))["services"]
    assert made["service"] in named
    assert made.get("forwardPorts", []) == ([8000] if kind != "plain" else [])
    assert all((folder / ".devcontainer" / one).is_file() for one in made["dockerComposeFile"])


@pytest.mark.parametrize(
    "spoilt",
    [{"dockerComposeFile": 7}, {"forwardPorts": ["8000"]}, {"forwardPorts": [65536]}, {"remoteUser": 0},
     {"service": None}, {"other": 1}, {"customizations": {"vscode": {"extensions": ["python"]}}}],
)  # fmt: skip
def test_what_it_does_not_say_would_be_seen(shop: Path, ship: Ship, spoilt: dict[str, Any]) -> None:
    assert ship(shop).code == 0
    made = json.loads((shop / ".devcontainer/devcontainer.json").read_text("utf-8"))
    as_the_schema_says(made)
    with pytest.raises((AssertionError, msgspec.ValidationError)):
        as_the_schema_says({**made, **spoilt})
