"""Tasks of every tool: found, ordered, made ready, or refused with the reason."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.layouts.task import commands_of, fill
from onward.domain.layouts.tasks import Tasks, find_tasks

PYPROJECT = """
[tool.onward.tasks]
test = "pytest -q"
words = ["python", "-c", "print(1)"]

[tool.pdm.scripts]
_.env = { A = "1" }
test = "pdm-test"
serve = { cmd = "flask {args:run --debug}", env = { B = "2" }, help = "Serve it" }
both = { composite = ["serve", "echo hi"] }
call = { call = "acme.tool:main('x')" }
odd = { cmd = "x", env_file = ".env" }
run = { shell = "echo $HOME | cat" }

[tool.hatch.envs.default.scripts]
cov = ["- coverage erase", "test-it {args:tests}", "coverage report"]
test-it = "pytest {args:tests}"
where = "ls {root}"
[tool.hatch.envs.docs.scripts]
build = "mkdocs build"

[tool.poe.tasks]
lint = "ruff check src"
glob = "rm *.pyc"
all = ["lint", "_hidden"]
_hidden = { shell = "true" }
calc = { expr = "1 + 1" }
again = { ref = "lint --fix" }
start = { script = "acme.tool:main" }
"""
PIPFILE = '[scripts]\nlint = "flake8"\nmigrate = "python manage.py migrate"\n'
MAKEFILE = """
PY := python
.PHONY: test docs
test: lint
\tpytest
docs clean-all: ## Build the pages
\tmkdocs
%.o: %.c
build/x.txt: y
deploy: ENV = prod
check:: a
"""


def found() -> Tasks:
    return find_tasks({"pyproject.toml": PYPROJECT, "Pipfile": PIPFILE, "Makefile": MAKEFILE})


def ready(name: str, *words: str) -> list[tuple[str, ...] | str]:
    return [one.shell or one.argv for one in commands_of(name, words, found().named)]


def test_the_first_in_the_order_wins_and_the_others_are_known() -> None:
    tasks = found()
    assert (tasks.named["test"].kind, str(tasks.named["test"].place)) == (
        "onward",
        "pyproject.toml:3",
    )
    assert [(t.name, t.kind) for t in tasks.shadowed] == [
        ("test", "pdm"),
        ("lint", "pipenv"),
        ("test", "make"),
    ]
    assert "_hidden" not in [t.name for t in tasks.public]


def test_makefile_targets_are_the_plain_ones() -> None:
    made = [t for t in find_tasks({"Makefile": MAKEFILE}).public]  # noqa: C416
    assert [(t.name, t.place.line) for t in made] == [
        ("test", 4),
        ("docs", 6),
        ("clean-all", 6),
        ("check", 11),
    ]
    assert made[1].description == "Build the pages"


@pytest.mark.parametrize(
    ("name", "words", "wanted"),
    [
        ("test", ("-x", "a b"), [("pytest", "-q", "-x", "a b")]),
        ("words", ("more",), [("python", "-c", "print(1)", "more")]),
        ("serve", (), [("flask", "run", "--debug")]),
        ("serve", ("a b",), [("flask", "a b")]),
        ("both", ("x",), [("flask", "x"), ("echo", "hi", "x")]),
        ("run", ("x",), ["echo $HOME | cat x"]),
        ("cov", (), ["coverage erase", "pytest tests", "coverage report"]),
        ("cov", ("-k", "a b"), ["coverage erase", "pytest -k 'a b'", "coverage report"]),
        ("docs:build", (), ["mkdocs build"]),
        ("lint", ("x",), [("ruff", "check", "src", "x")]),
        ("all", (), [("ruff", "check", "src"), "true"]),
        ("again", (), [("ruff", "check", "src", "--fix")]),
        ("migrate", ("--now",), [("python", "manage.py", "migrate", "--now")]),
        ("docs", (), [("make", "docs")]),
    ],
)
def test_commands_come_out_ready(
    name: str, words: tuple[str, ...], wanted: list[tuple[str, ...] | str]
) -> None:
    assert ready(name, *words) == wanted


def test_environment_and_failure_that_does_not_count() -> None:
    serve, echo = commands_of("both", (), found().named)
    assert serve.env == {"A": "1", "B": "2"}
    assert echo.env == {"A": "1"}
    assert [one.may_fail for one in commands_of("cov", (), found().named)] == [True, False, False]


def test_python_calls_are_started_as_python() -> None:
    ((python, option, code),) = (one.argv for one in commands_of("call", (), found().named))
    assert (python, option) == ("python", "-c")
    assert code == "import sys; from acme.tool import main as _f; sys.exit(_f('x'))"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("odd", "env_file"), ("where", "{root}"), ("glob", "file patterns"), ("calc", "expr")],
)
def test_what_would_run_differently_is_not_run(name: str, reason: str) -> None:
    with pytest.raises(BadInput) as raised:
        ready(name)
    assert raised.value.reference == "task-unsupported"
    assert reason in raised.value.context[0]
    assert "pyproject.toml:" in raised.value.context[0]


def test_words_without_a_place_loops_and_unknown_names_are_refused() -> None:
    loop = find_tasks({"pyproject.toml": '[tool.poe.tasks]\na = ["b"]\nb = ["a"]\n'})
    for reference, name, words, tasks in (
        ("task-arguments", "docs", ("x",), found()),
        ("task-loop", "a", (), loop),
        ("no-task", "nowhere", (), found()),
    ):
        with pytest.raises(BadInput) as raised:
            commands_of(name, words, tasks.named)
        assert raised.value.reference == reference


@given(st.lists(st.text(min_size=1, max_size=8).filter(str.isprintable), max_size=4))
def test_words_are_quoted_so_that_they_come_out_as_they_went_in(words: list[str]) -> None:
    text, used = fill("run {args} end", words)
    assert used
    assert shlex.split(text) == ["run", *words, "end"]


def test_hatch_in_its_own_file() -> None:
    tasks = find_tasks({"hatch.toml": '[envs.default.scripts]\nx = "y"\n'})
    assert str(tasks.named["x"].place) == "hatch.toml:2"
