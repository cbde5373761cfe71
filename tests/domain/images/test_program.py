"""What an image starts is found from the project's own words."""

import pytest

from onward.domain.images.program import find_program

PYTHON = "/opt/venv/bin/python"


@pytest.mark.parametrize(
    ("text", "locked", "argv"),
    [
        ("app = FastAPI()\n", "uvicorn", "uvicorn shop.main:app --host 0.0.0.0 --port 8000"),
        ("api: FastAPI = fastapi.FastAPI(\n", "uvicorn", "uvicorn shop.main:api --host 0.0.0.0 --port 8000"),
        ("app = Starlette()\n", "hypercorn", "hypercorn shop.main:app --bind 0.0.0.0:8000"),
        ("app = Flask(__name__)\n", "gunicorn", "gunicorn shop.main:app --bind 0.0.0.0:8000"),
        ("app = Flask(__name__)\n", "waitress", "waitress-serve --listen=0.0.0.0:8000 shop.main:app"),
    ],
)  # fmt: skip
def test_a_web_application_is_put_behind_the_server_that_is_locked(
    text: str, locked: str, argv: str
) -> None:
    found = find_program({}, "shop", {"shop/main.py": text}, {locked}, python=PYTHON)
    assert found is not None
    assert (" ".join(found.argv), found.port) == (argv, 8000)


def test_an_application_without_its_server_is_none() -> None:
    texts = {"shop/main.py": "app = Flask(__name__)\n"}
    assert find_program({}, "shop", texts, {"uvicorn"}, python=PYTHON) is None


def test_django_is_found_by_its_asgi_module() -> None:
    texts = {"site/asgi.py": "application = get_asgi_application()\n"}
    found = find_program({}, "shop", texts, {"uvicorn"}, python=PYTHON)
    assert found is not None
    assert found.argv[:2] == ("uvicorn", "site.asgi:application")


def test_a_command_of_the_project_comes_first() -> None:
    texts = {"shop/main.py": "app = FastAPI()\n", "shop/__main__.py": ""}
    found = find_program({"shop": "shop.cli:main"}, "shop", texts, {"uvicorn"}, python=PYTHON)
    assert found is not None
    assert (found.argv, found.port, found.module) == (("shop",), 0, "shop.cli")


def test_modules_and_files_come_last() -> None:
    found = find_program({}, "shop", {"shop/__main__.py": ""}, set(), python=PYTHON)
    assert found is not None
    assert found.argv == (PYTHON, "-m", "shop")
    found = find_program({}, "shop", {"main.py": ""}, set(), python=PYTHON)
    assert found is not None
    assert found.argv == (PYTHON, "/app/main.py")
