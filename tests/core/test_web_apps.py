"""A web application is found as an object or a factory, and put behind the server that is there."""

import pytest

from onward.core.web_apps import Served, Unserved, find_served

BIND = "--bind 0.0.0.0:8000"
PLACE = "--host 0.0.0.0 --port 8000"


def started(texts: dict[str, str], *installed: str) -> str:
    found = find_served(texts, installed)
    return " ".join(found.argv) if isinstance(found, Served) else ""


@pytest.mark.parametrize(
    ("server", "factory", "words"),
    [
        ("uvicorn", "FastAPI", f"uvicorn shop.app:create_app --factory {PLACE}"),
        ("granian", "Starlette", f"granian --interface asgi shop.app:create_app --factory {PLACE}"),
        ("hypercorn", "Quart", f"hypercorn shop.app:create_app() {BIND}"),
        ("gunicorn", "Flask", f"gunicorn shop.app:create_app() {BIND}"),
        ("granian", "WSGIHandler", f"granian --interface wsgi shop.app:create_app --factory {PLACE}"),
        ("waitress", "Flask", "waitress-serve --call --listen=0.0.0.0:8000 shop.app:create_app"),
    ],
)  # fmt: skip
def test_each_server_is_told_that_it_is_a_factory(server: str, factory: str, words: str) -> None:
    text = f"def create_app(env: Mapping[str, str] | None = None) -> {factory}:\n    ...\n"
    assert started({"shop/app.py": text}, server) == words


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("def create_app():\n    return fastapi.FastAPI()\n", "uvicorn"),
        (
            "def make_app(*, debug=False):\n    made = Flask(__name__)\n    return made\n",
            "gunicorn",
        ),
        ("from quart import Quart\ndef create_app():\n    return built()\n", "hypercorn"),
        ("def get_app() -> 'flask.Flask':\n    ...\n", "gunicorn"),
        ("def create_app():\n    return get_wsgi_application()\n", "gunicorn"),
        ("from flask import Flask\ndef app_factory(\n    a=1,\n):\n    return x(a)\n", "gunicorn"),
    ],
)
def test_a_factory_without_a_plain_annotation_is_told_by_what_it_makes(
    text: str, server: str
) -> None:
    assert started({"shop/app.py": text}, server)
    assert not started({"shop/app.py": text}, "nothing")


@pytest.mark.parametrize(
    "text",
    [
        "def create_app(settings) -> FastAPI: ...\n",
        "def create_app(*, settings) -> FastAPI: ...\n",
        "async def create_app() -> FastAPI: ...\n",
        "class A:\n    def create_app(self) -> FastAPI: ...\n",
        "from PySide6.QtWidgets import QApplication\ndef create_app(): return QApplication()\n",
        "def create_app( -> FastAPI: no Python\n",
    ],
)
def test_what_a_server_could_not_call_is_no_application(text: str) -> None:
    assert find_served({"shop/app.py": text}, ["uvicorn", "gunicorn"]) is None


def test_an_application_that_is_there_comes_before_a_factory() -> None:
    texts = {
        "shop/__init__.py": "def create_app():\n    return FastAPI()\n",
        "shop/deep/down/main.py": "app = FastAPI()\n",
    }
    assert started(texts, "uvicorn").split()[1] == "shop.deep.down.main:app"
    texts["shop/deep/down/main.py"] = "from shop import create_app\n\napp = create_app()\n"
    assert started(texts, "uvicorn") == f"uvicorn shop.deep.down.main:app {PLACE}"


def test_django_is_served_by_the_module_that_its_server_speaks() -> None:
    texts = {
        "site1/asgi.py": "inner = get_asgi_application()\napplication = Router({'http': inner})\n",
        "site1/wsgi.py": "application = Static(get_wsgi_application())\n",
    }
    assert "site1.asgi:application" in started(texts, "uvicorn")
    assert "site1.wsgi:application" in started(texts, "gunicorn")


def test_a_missing_server_is_named_with_the_way_to_get_one() -> None:
    found = find_served({"shop/app.py": "def create_app() -> Flask: ...\n"}, ["uvicorn"])
    assert isinstance(found, Unserved)
    assert "Flask application `shop.app:create_app()` has no server" in found.message
    assert "onward add gunicorn" in found.hint
