"""What is written for other tools is what their published schemas ask for (those that check-jsonschema carries).

No package of a registry carries the schema of devcontainer.json, so that it is not among them.
"""

import json
import subprocess
import sys
from pathlib import Path

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


def test_the_dev_container_has_no_key_that_its_reference_does_not_know(
    shop: Path, ship: Ship
) -> None:
    assert ship(shop).code == 0
    made = json.loads((shop / ".devcontainer/devcontainer.json").read_text("utf-8"))
    compose = {"dockerComposeFile", "service", "workspaceFolder"}
    assert compose <= set(made)  # the three that one with Compose has to have
    others = {"name", "remoteUser", "postCreateCommand", "customizations", "forwardPorts"}
    assert set(made) <= compose | others
    assert all(isinstance(port, int) for port in made["forwardPorts"])
    named = yaml.safe_load((shop / "compose.yaml").read_text("utf-8"))["services"]
    assert made["service"] in named
    assert all((shop / ".devcontainer" / one).is_file() for one in made["dockerComposeFile"])
