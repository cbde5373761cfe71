"""``onward ship container-files`` in a project, written once and again beside a person's edits."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from onward.cli.door import run_verb
from onward.workflows.regenerate import RECORD
from tests.conftest import FakeClock, MakeProject
from tests.journeys.stage import Said

Ship = Callable[..., Said]
CODE = {
    "src/shop/__init__.py": "",
    "src/shop/app.py": "import os\napp = FastAPI()\nKEY = os.environ['STRIPE_KEY']\n"
    "URL = os.environ['SHOP_DATABASE_URL']\n@app.get('/healthz')\ndef well(): ...\n",
    "src/shop/tasks.py": "import os\nqueue = Celery(broker=os.environ['CELERY_BROKER_URL'])\n",
}
NEEDS = ["fastapi", "uvicorn", "psycopg[binary]", "celery[redis]", "built"]
BUILD = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n'
FILES = {
    "Dockerfile",
    ".dockerignore",
    "compose.yaml",
    ".env.example",
    ".devcontainer/devcontainer.json",
    "compose.debug.yaml",
    ".vscode/launch.json",
    ".idea/runConfigurations/container.xml",
    "kubernetes.yaml",
    "Procfile",
}


def lock(*wheels: str, built: str = "") -> str:
    """Give a lock with a wheel of each name, and a source distribution only of ``built``."""
    text = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
    place = 'source = { registry = "https://pypi.org/simple" }\n'
    for name in wheels:
        file = f'{{ url = "https://x.example/{name}-1.0-py3-none-any.whl", hash = "sha256:{"0" * 64}" }}'
        text += f'\n[[package]]\nname = "{name}"\nversion = "1.0"\n{place}wheels = [{file}]\n'
    if built:
        file = f'{{ url = "https://x.example/{built}-1.0.tar.gz", hash = "sha256:{"0" * 64}" }}'
        text += f'\n[[package]]\nname = "{built}"\nversion = "1.0"\n{place}sdist = {file}\n'
    return text


@pytest.fixture
def shop(project: MakeProject) -> Path:
    """Give a web program with a worker, a database, a queue and a package without wheels."""
    files = {**CODE, "uv.lock": lock("fastapi", "uvicorn", "psycopg", "celery", built="built")}
    return project(name="shop", dependencies=NEEDS, extra=BUILD, files=files)


@pytest.fixture
def ship(env: dict[str, str], clock: FakeClock) -> Ship:
    """Run ``onward ship container-files`` (or another verb) in a folder."""

    def call(root: Path, *words: str, verb: tuple[str, ...] = ("ship", "container-files")) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb([*verb, *words], env, cwd=root, clock=clock, out=out, err=err)
        return Said(code, out.getvalue(), err.getvalue())

    return call


def contents(root: Path) -> dict[str, bytes]:
    """Give all files of the project but onward's own notes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".onward" not in path.parts
    }


def test_everything_is_written_and_wired(shop: Path, ship: Ship) -> None:
    before = contents(shop)
    said = ship(shop)
    assert said.code == 0, said.text
    assert contents(shop).keys() - before.keys() == FILES | {RECORD}
    compose = yaml.safe_load((shop / "compose.yaml").read_text())
    services = compose["services"]
    assert services.keys() == {"web", "worker", "postgres", "redis"}
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]
    for process in ("web", "worker"):
        wired = services[process]["environment"]
        assert wired["SHOP_DATABASE_URL"].startswith("postgresql://app:${POSTGRES_PASSWORD:?")
        assert wired["CELERY_BROKER_URL"] == "redis://redis:6379/0"
        assert services[process]["depends_on"] == {
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
        }
    for service in ("postgres", "redis"):
        assert services[service]["healthcheck"]["test"][0] == "CMD"
        assert services[service]["volumes"][0].startswith(f"{service}-data:")
    assert compose["volumes"].keys() == {"postgres-data", "redis-data"}
    docker = (shop / "Dockerfile").read_text()
    assert "USER 10001:10001" in docker
    assert "127.0.0.1:8000/healthz" in docker
    assert "FROM ${BUILD_IMAGE} AS build" in docker  # `built` has no wheel


def test_nothing_of_a_command_is_expanded_by_whoever_starts_it(shop: Path, ship: Ship) -> None:
    assert ship(shop, "--command", "run '$HOME' '${A}' '$(B)' 'two words' '\"'").code == 0
    told = yaml.safe_load((shop / "compose.yaml").read_text())["services"]["app"]["command"]
    assert told == ["run", "$$HOME", "$${A}", "$$(B)", "two words", '"']
    pods = list(yaml.safe_load_all((shop / "kubernetes.yaml").read_text()))
    deployment = next(one for one in pods if one["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["command"] == told
    assert 'CMD ["run", "$HOME", "${A}", "$(B)", "two words", "\\""]' in (
        shop / "Dockerfile"
    ).read_text(encoding="utf-8")
    run = ET.parse(shop / ".idea/runConfigurations/container.xml")
    (words,) = (one.get("value") for one in run.iter("option") if one.get("name") == "PARAMETERS")
    assert words == '$HOME ${A} $(B) "two words" "\\""'


@pytest.mark.parametrize("told", ['run "x', "", "  ", "''", "run 'a\nb'"])
def test_a_command_that_is_none_is_told(shop: Path, ship: Ship, told: str) -> None:
    said = ship(shop, "--command", told)
    assert said.code == 2
    assert "[bad-command]" in said.text
    if told:
        image = ship(shop, "--command", told, verb=("ship", "image"))
        assert "[bad-command]" in image.text


def test_kubernetes_refers_to_secrets_and_runs_without_rights(shop: Path, ship: Ship) -> None:
    ship(shop, "--only", "kubernetes")
    text = (shop / "kubernetes.yaml").read_text()
    web, worker, service = yaml.safe_load_all(text)
    assert [one["kind"] for one in (web, worker, service)] == [
        "Deployment",
        "Deployment",
        "Service",
    ]
    for deployment in (web, worker):
        pod = deployment["spec"]["template"]["spec"]
        (container,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert container["envFrom"] == [{"secretRef": {"name": "shop-env"}}]
        assert container["resources"]["limits"].keys() == {"cpu", "memory"}
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"] == labels
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert service["spec"]["selector"] == web["spec"]["selector"]["matchLabels"]


def test_settings_of_editors_fit_together(shop: Path, ship: Ship) -> None:
    said = ship(shop)
    container = json.loads((shop / ".devcontainer/devcontainer.json").read_text())
    for file in container["dockerComposeFile"]:
        inside = yaml.safe_load((shop / ".devcontainer" / file).read_text())
        assert container["service"] in inside["services"]
    start, join = json.loads((shop / ".vscode/launch.json").read_text())["configurations"]
    assert (start["module"], start["args"][0]) == ("uvicorn", "shop.app:app")
    assert join["connect"] == {"host": "127.0.0.1", "port": 5678}
    assert join["pathMappings"][0]["remoteRoot"] == container["workspaceFolder"]
    assert "--listen 127.0.0.1:5678 --wait-for-client -m uvicorn shop.app:app" in said.out
    root = ET.parse(shop / ".idea/runConfigurations/container.xml").getroot()
    options = {one.get("name"): one.get("value") for one in root.iter("option")}
    assert (options["SCRIPT_NAME"], options["MODULE_MODE"]) == ("uvicorn", "true")


def test_no_value_is_ever_written(shop: Path, ship: Ship) -> None:
    (shop / ".env").write_text("POSTGRES_PASSWORD=correct-horse\nSTRIPE_KEY=sk_live_battery\n")
    said = ship(shop)
    written = {**contents(shop)}
    del written[".env"]
    everything = b"".join(written.values()) + said.text.encode()
    assert b"correct-horse" not in everything
    assert b"sk_live_battery" not in everything
    example = (shop / ".env.example").read_text()
    assert "\nPOSTGRES_PASSWORD=\n" in example
    assert "\nSTRIPE_KEY=\n" in example
    assert "**/.env" in (shop / ".dockerignore").read_text().splitlines()


def test_names_in_a_template_of_the_project_are_wired_and_its_values_are_not(
    project: MakeProject, ship: Ship
) -> None:
    root = project(
        name="plain",
        files={
            "uv.lock": lock(),
            "main.py": "import os\nprint(os.environ.copy())\n",
            ".env.example": "# settings\nexport PLAIN_GREETING=Hello-there\n# OLD=1\n",
        },
    )
    assert ship(root, "--command", "python main.py").code == 0
    compose = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))
    (service,) = compose["services"].values()
    assert service["env_file"] == [{"path": ".env", "required": False}]
    assert "Hello-there" not in "".join(
        path.read_text(encoding="utf-8") for path in root.rglob("*.y*ml")
    )
    assert (root / ".env.example").read_text(encoding="utf-8").startswith("# settings\n")
    (root / ".env.example").unlink()
    assert ship(root, "--command", "python main.py").code == 0
    compose = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))
    assert "env_file" not in next(iter(compose["services"].values()))


def test_a_second_run_changes_nothing_and_keeps_edits(shop: Path, ship: Ship) -> None:
    ship(shop)
    compose = shop / "compose.yaml"
    compose.write_text(compose.read_text().replace("postgres:17-alpine", "postgres:16"))
    (shop / "Dockerfile").write_text((shop / "Dockerfile").read_text() + "LABEL team=ours\n")
    before = contents(shop)
    assert "Everything stands" in ship(shop).out
    assert contents(shop) == before
    (shop / "pyproject.toml").write_text(
        (shop / "pyproject.toml").read_text().replace('"psycopg', '"pymongo", "psycopg')
    )
    said = ship(shop)
    assert said.code == 0, said.text
    services = yaml.safe_load(compose.read_text())["services"]
    assert services["postgres"]["image"] == "postgres:16"
    assert "mongodb" in services
    assert (shop / "Dockerfile").read_text().endswith("LABEL team=ours\n")


def test_a_collision_is_told_with_its_lines_and_nothing_is_written(shop: Path, ship: Ship) -> None:
    ship(shop)
    file = shop / "Procfile"
    file.write_text(file.read_text().replace("--port 8000", "--port 9000"))
    (shop / "src/shop/app.py").write_text(CODE["src/shop/app.py"].replace("app =", "site ="))
    (shop / "src/shop/tasks.py").unlink()
    before = contents(shop)
    said = ship(shop)
    assert said.code == 1
    assert "edits-collide" in said.err
    assert "Procfile:2" in said.err
    assert "yours: web: uvicorn shop.app:app --host 0.0.0.0 --port 9000" in said.err
    assert "new: web: uvicorn shop.app:site --host 0.0.0.0 --port 8000" in said.err
    assert contents(shop) == before


def test_dry_run_writes_nothing_and_undo_takes_all_back(shop: Path, ship: Ship) -> None:
    before = contents(shop)
    said = ship(shop, "--dry-run")
    assert "+USER 10001:10001" in said.out
    assert contents(shop) == before
    ship(shop)
    assert ship(shop, verb=("undo",)).code == 0
    assert contents(shop) == before


def test_what_was_deleted_or_is_not_ours_is_left_alone(shop: Path, ship: Ship) -> None:
    (shop / "Procfile").write_text("mine: true\n")
    assert "Procfile was there before" in ship(shop).out
    assert (shop / "Procfile").read_text() == "mine: true\n"
    (shop / "kubernetes.yaml").unlink()
    assert "kubernetes.yaml was deleted by hand" in ship(shop).out
    assert not (shop / "kubernetes.yaml").exists()
    assert "written: kubernetes.yaml" in ship(shop, "--only", "kubernetes").out


def test_a_lost_record_is_made_again_from_files_that_nobody_edited(shop: Path, ship: Ship) -> None:
    ship(shop)
    record = (shop / RECORD).read_bytes()
    (shop / RECORD).unlink()
    ship(shop)
    assert (shop / RECORD).read_bytes() == record


def test_a_record_that_cannot_be_read_stops_it(shop: Path, ship: Ship) -> None:
    ship(shop)
    (shop / RECORD).write_text("<<<<<<< ours\n")
    before = contents(shop)
    said = ship(shop)
    assert said.code == 2
    assert "bad-record" in said.err
    assert contents(shop) == before


def test_a_link_that_leads_outside_is_not_followed(shop: Path, ship: Ship, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (shop / ".vscode").symlink_to(tmp_path / "elsewhere")
    said = ship(shop)
    assert said.code == 2
    assert "leads-outside" in said.err
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (shop / "Dockerfile").exists()


def test_it_is_explained_from_facts(shop: Path, ship: Ship, project: MakeProject) -> None:
    told = json.loads(ship(shop, "--explain", "--json").out)
    assert told["gains"] is True
    assert told["services"] == {"postgres": "psycopg", "redis": "celery[redis]"}
    assert told["to_build"] == ["built"]
    small = project(name="script", files={"main.py": "print(1)\n", "uv.lock": lock("attrs")})
    said = ship(small, "--explain")
    assert said.out.startswith("No: ")
    assert "one process that serves nothing (main.py)" in said.out
    assert not (small / RECORD).exists()


def test_one_member_of_a_workspace_gets_its_own(tmp_path: Path, ship: Ship) -> None:
    project = (
        '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = {}\n'
    )
    own = (
        '\n[[package]]\nname = "{0}"\nversion = "1"\nsource = {{ editable = "members/{0}" }}\n'
        "dependencies = [{1}]\n"
    )
    web = '{ name = "fastapi" }, { name = "uvicorn" }, { name = "psycopg" }'
    files = {
        "pyproject.toml": '[tool.uv.workspace]\nmembers = ["members/*"]\n',
        "uv.lock": lock("fastapi", "uvicorn", "psycopg", "celery", built="pymongo")
        + own.format("web", web)
        + own.format("job", '{ name = "celery" }, { name = "pymongo" }'),
        "members/web/pyproject.toml": project.format("web", ["fastapi", "uvicorn", "psycopg"])
        + BUILD,
        "members/web/src/web/__init__.py": "def create_app() -> FastAPI: ...\n",
        "members/job/pyproject.toml": project.format("job", ["celery", "pymongo"]) + BUILD,
        "members/job/src/job/__init__.py": "queue = Celery()\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    said = ship(tmp_path)
    assert said.code == 2
    assert "members/job: job" in said.err
    assert "--package" in said.err
    said = ship(tmp_path, "--package", "web")
    assert said.code == 0, said.err
    member = tmp_path / "members/web"
    docker = (member / "Dockerfile").read_text()
    assert docker.count(" --package web") == 2
    assert "COPY . /app\n" in docker
    assert "WORKDIR /app/members/web\n" in docker
    assert "pymongo" not in docker  # what only another member needs is not built
    services = yaml.safe_load((member / "compose.yaml").read_text())["services"]
    assert set(services) == {"web", "postgres"}
    assert services["web"]["build"] == {
        "context": "../..", "target": "run", "dockerfile": "members/web/Dockerfile"
    }  # fmt: skip
    debug = yaml.safe_load((member / "compose.debug.yaml").read_text())
    assert debug["services"]["web"]["volumes"] == ["../..:/app"]
    assert "members/web/dist" in (member / "Dockerfile.dockerignore").read_text().splitlines()
    assert not (member / ".dockerignore").exists()
    told = json.loads(ship(tmp_path / "members/job", "--explain", "--json").out)
    assert [one["name"] for one in told["processes"]] == ["worker"]
    assert told["to_build"] == ["pymongo"]
    assert ship(tmp_path, "--package", "web").out.startswith("Everything stands")
    assert ship(tmp_path, verb=("undo",)).code == 0
    assert not (member / "Dockerfile").exists()


@pytest.mark.parametrize(
    ("files", "words", "reference"),
    [
        ({"main.py": ""}, (), "no-uv-lock"),
        ({"uv.lock": lock()}, (), "nothing-to-start"),
        ({"uv.lock": lock(), "main.py": ""}, ("--only", "dokerfile"), "no-such-files"),
        ({"uv.lock": lock(), "main.py": ""}, ("--command", ""), "bad-command"),
        ({"uv.lock": lock(), "main.py": ""}, ("--command", "python 'x"), "bad-command"),
        ({"uv.lock": lock(), "main.py": ""}, ("--package", ""), "empty-word"),
        ({"uv.lock": lock(), "main.py": ""}, ("--package", "nobody"), "no-member"),
    ],
)
def test_what_cannot_be_done_is_said(
    project: MakeProject, ship: Ship, files: dict[str, str], words: tuple[str, ...], reference: str
) -> None:
    root = project(files=files)
    said = ship(root, *words)
    assert said.code == 2
    assert reference in said.err
    assert not (root / RECORD).exists()


def test_all_wrong_words_are_told_at_once(project: MakeProject, ship: Ship) -> None:
    said = ship(project(), "--only", "dokerfile", "procfile", "komposed", "--command", "'")
    assert said.code == 2
    assert "2 words cannot be used" in said.err
    assert "called `dokerfile`, `komposed`" in said.err
    assert "procfile: Procfile" in said.err
    assert "No closing quotation" in said.err


def test_compose_files_are_what_the_published_schema_asks_for(shop: Path, ship: Ship) -> None:
    check = Path(sys.executable).parent / "check-jsonschema"
    if not check.is_file():
        pytest.skip("check-jsonschema is not in the environment of the tests")
    ship(shop)
    words = [str(check), "--builtin-schema", "vendor.compose-spec"]
    for name in ("compose.yaml", "compose.debug.yaml"):
        done = subprocess.run([*words, name], cwd=shop, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout
    (shop / "bad.yaml").write_text("services: {web: {imag: x}}\n", encoding="utf-8")
    assert subprocess.run([*words, "bad.yaml"], cwd=shop, check=False).returncode == 1
