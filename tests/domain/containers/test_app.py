"""What is started in containers, and which services that needs."""

import pytest

from onward.domain.containers.app import App, find_app
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
