"""What is started in containers, and which services that needs."""

import json
from typing import Any

import pytest

from onward.domain.containers.app import App, Process, find_app
from onward.domain.containers.editors import launch, pycharm, waiting
from onward.domain.containers.facts import Facts
from onward.domain.containers.services import SERVICES, addresses, services_of


def found(code: dict[str, str], *needs: str, packaged: bool = True, **project: object) -> App:
    return find_app(code, needs, {"project": project}, "demo", packaged=packaged)


@pytest.mark.parametrize(
    ("code", "needs", "argv"),
    [
        (
            {"demo/app.py": "app = FastAPI()\n"},
            ["uvicorn"],
            "uvicorn demo.app:app --host 0.0.0.0 --port 8000",
        ),
        (
            {"demo/__init__.py": "def create_app():\n    return Flask(__name__)\n"},
            ["gunicorn"],
            "gunicorn demo:create_app() --bind 0.0.0.0:8000",
        ),
        (
            {"manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings.dev")'},
            ["gunicorn"],
            "gunicorn site1.wsgi:application --bind 0.0.0.0:8000",
        ),
        (
            {"site1/asgi.py": "application = get_asgi_application()\n"},
            ["granian"],
            "granian --interface asgi site1.asgi:application --host 0.0.0.0 --port 8000",
        ),
        ({"main.py": "print()\n"}, [], "python main.py"),
        ({"demo/__main__.py": ""}, [], "python -m demo"),
    ],
)
def test_how_it_is_started(code: dict[str, str], needs: list[str], argv: str) -> None:
    (process,) = found(code, *needs).processes
    assert " ".join(process.argv) == argv


def test_a_console_script_counts_only_where_it_is_installed() -> None:
    code = {"demo/__main__.py": ""}
    scripts = {"demo": "demo.cli:main"}
    assert found(code, scripts=scripts).processes[0].argv == ("demo",)
    assert found(code, packaged=False, scripts=scripts).processes[0].argv[:2] == ("python", "-m")


def test_a_web_program_without_a_server_says_what_is_missing() -> None:
    app = found({"demo/app.py": "app = FastAPI()\n"})
    assert not app.processes
    assert "none of uvicorn, granian, hypercorn" in app.missing
    assert "onward add uvicorn" in app.hint


def test_workers_run_beside_the_web_program() -> None:
    code = {
        "demo/app.py": "app = FastAPI()\nx = os.environ['SECRET_KEY']\n@app.get('/healthz')\n",
        "demo/tasks.py": "queue = Celery('demo')\nqueue.conf.beat_schedule = {}\n",
        "demo/jobs.py": "@dramatiq.actor\ndef job(): ...\n",
    }
    app = found(code, "uvicorn", "celery", "dramatiq")
    assert [process.name for process in app.processes] == ["web", "worker", "beat", "dramatiq"]
    assert app.health == "/healthz"
    assert app.variables == ("SECRET_KEY",)


@pytest.mark.parametrize(
    ("needs", "services"),
    [
        ({"psycopg": {"binary"}}, ["postgres"]),
        ({"sqlalchemy": set()}, []),
        ({"celery": {"redis"}}, ["redis"]),
        ({"celery": set()}, ["rabbitmq"]),
        ({"celery": set(), "redis": set()}, ["redis"]),
        ({"arq": set(), "motor": set()}, ["redis", "mongodb"]),
        ({"dramatiq": {"rabbitmq"}, "pymysql": set()}, ["mysql", "rabbitmq"]),
        ({"requests": set()}, []),
    ],
)
def test_services_are_told_by_dependencies(needs: dict[str, set[str]], services: list[str]) -> None:
    assert list(services_of(needs)) == services


def test_addresses_go_to_the_variables_that_the_program_reads() -> None:
    used = [SERVICES["redis"], SERVICES["rabbitmq"], SERVICES["postgres"]]
    asked = ["CELERY_BROKER_URL", "CACHE_URL", "DEBUG", "MY_DB_DSN"]
    wired = addresses(used, asked)
    assert {name: url.partition(":")[0] for name, url in wired.items()} == {
        "CELERY_BROKER_URL": "amqp",
        "CACHE_URL": "redis",
        "MY_DB_DSN": "postgresql",
    }


SCRIPTS: dict[str, Any] = {"scripts": {"demo": "demo.cli:main"}}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        # to run the module would define main(), and call nothing
        ({"demo/cli.py": "def main(): ...\n"}, ["/opt/venv/bin/demo"]),
        ({"demo/cli.py": "if __name__ == '__main__':\n    main()\n"}, ["-m", "demo.cli"]),
        ({"demo/cli.py": "", "demo/__main__.py": "from .cli import main\nmain()\n"}, ["-m", "demo"]),
        ({"demo/cli.py": "", "demo/__main__.py": "other()\n"}, ["/opt/venv/bin/demo"]),
    ],
)  # fmt: skip
def test_a_debugger_runs_what_the_command_runs(code: dict[str, str], words: list[str]) -> None:
    (main,) = found(code, **SCRIPTS).processes
    assert debugged(main) == words


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("rq worker --url redis://redis", ["/opt/venv/bin/rq", "worker", "--url", "redis://redis"]),
        ("python -m demo --fast", ["-m", "demo", "--fast"]),
        ("python3.12 tools/run.py x", ["tools/run.py", "x"]),
        ("/opt/venv/bin/python run.py", ["run.py"]),
    ],
)
def test_a_debugger_starts_what_was_said(argv: str, words: list[str]) -> None:
    assert debugged(Process(name="app", argv=tuple(argv.split()), because="")) == words


def debugged(main: Process) -> list[str]:
    """Give the words after debugpy's own; the editors' settings have to say the same."""
    made = Facts(
        name="demo", version="1", python="3.12", uv="1", packaged=True, app=App(processes=(main,))
    )
    words = list(waiting(made)[waiting(made).index("--wait-for-client") + 1 :])
    start = json.loads(launch(made))["configurations"][0]
    told = ["-m", start["module"]] if "module" in start else [start["program"]]
    assert [*told, *start["args"]] == words
    by_module = words[0] == "-m"
    assert f'name="MODULE_MODE" value="{str(by_module).lower()}"' in pycharm(made)
    assert f'name="SCRIPT_NAME" value="{words[by_module]}"' in pycharm(made)
    return words
