"""``onward check`` with the real mypy, on a project with an environment of its own."""

import venv
from pathlib import Path

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.journeys.test_check import Onward

GOOD = '"""Fine."""\n\nfrom demo.other import name\n\nsize: int = len(name)\n'
BAD = '"""Wrong."""\n\nname: str = 1\n'
MENDED = '"""Fine."""\n\nname: str = "ü"\n'


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


def with_environment(root: Path) -> Path:
    venv.create(root / ".venv", with_pip=False)
    return root


def types(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {(rule, path) for rule, path in found if rule.startswith("mypy/")}


def test_mypy_looks_without_being_asked_for(project: MakeProject, onward: Onward) -> None:
    # two modules of one name, which mypy alone would give up on
    files = {
        "src/demo/__init__.py": GOOD,
        "src/demo/other.py": BAD,
        "src/apps/a/run.py": "",
        "src/apps/b/run.py": "",
    }
    root = with_environment(project(files=files, folder="my prøj"))
    assert onward(root) == 1
    assert (
        '3:13  ratchet  Incompatible types in assignment (expression has type "int"' in onward.out
    )
    assert "mypy 2." in onward.out
    assert not (root / ".mypy_cache").exists()
    assert types(onward.rules(root)) == {("mypy/assignment", "src/demo/other.py")}
    # what is wanted limits what is shown, not what is followed
    assert types(onward.rules(root, "src/demo/__init__.py")) == set()
    (root / "src/demo/other.py").write_text(MENDED, encoding="utf-8")
    assert types(onward.rules(root)) == set()
    assert onward(root) == 0


def test_settings_of_mypys_hold_and_those_it_passes_over_are_found(
    project: MakeProject, onward: Onward
) -> None:
    files = {"demo/__init__.py": "def f(x): return x\n", "tests/test_a.py": BAD}
    settings = '[tool.mypy]\nfiles = ["demo"]\ndisallow_untyped_defs = true\nnonsense = 1\n'
    root = with_environment(project(files=files, extra=settings))
    value = onward.json(root)
    rules = {one["rule"] for one in value["findings"]}
    assert {"mypy/no-untyped-def", "tool/settings"} <= rules
    assert types(onward.rules(root)) == {("mypy/no-untyped-def", "demo/__init__.py")}


def test_without_an_environment_it_is_advice_unless_it_was_asked_for(
    project: MakeProject, onward: Onward
) -> None:
    root = project(files={"src/demo/__init__.py": '"""Fine."""\n'})
    assert onward(root) == 0
    assert "`onward sync` makes it (" in onward.out
    asked = project(
        files={"src/demo/__init__.py": '"""Fine."""\n'},
        extra='[tool.onward.check]\ntypes = "mypy"\n',
        folder="asked",
    )
    assert onward(asked) == 1
    (found,) = [one for one in onward.json(asked)["findings"] if one["rule"] == "tool/missing"]
    assert (found["level"], found["certainty"]) == ("enforce", "unknown")


def test_a_rule_of_mypys_is_explained(project: MakeProject, onward: Onward) -> None:
    assert onward(project(), "mypy/arg-type", verb="explain") == 0
    assert "A call hands over a value of another type than the parameter takes." in onward.out
    assert "error_code_list.html#code-arg-type" in onward.out


def test_a_library_that_is_not_installed_is_one_finding_with_the_way_out(
    project: MakeProject, onward: Onward
) -> None:
    files = {f"src/demo/m{at}.py": f"import tidewater\nfrom tidewater.auth import a{at}\n" for at in range(4)}  # fmt: skip
    files["src/demo/n.py"] = "import demo.gone\nimport mossgrov\n"
    root = with_environment(project(files=files))
    found = [one for one in onward.json(root)["findings"] if one["rule"] == "mypy/import-not-found"]
    assert len(found) == 3
    (whole,) = [one for one in found if one["subject"]["type"] == "project"]
    assert (whole["facts"]["library"], whole["facts"]["count"]) == ("tidewater", 8)
    assert "the first is src/demo/m0.py:1" in whole["hint"]
    assert "`onward sync`" in whole["hint"]
    assert 'module = "tidewater.*"' in whole["hint"]

    onward(root, "--adopt")
    assert "Not looked at: `tidewater` is not in the project's environment" in onward.err
    (root / "src/demo/m0.py").write_text('"""Fine."""\n')
    assert onward(root) == 0, "one place less is no new finding"


def test_old_settings_are_carried_over_to_ruffs(project: MakeProject, onward: Onward) -> None:
    flake8 = "[flake8]\nmax-line-length = 120\nimport-order-style = pep8\n"
    root = project(files={"demo/__init__.py": '"""Fine."""\n', ".flake8": flake8})
    assert onward(root) == 0
    assert "[check/old-settings]" in onward.out
    (found,) = [one for one in onward.json(root)["findings"] if one["rule"] == "check/old-settings"]
    assert found["facts"]["lost"] == "import-order-style = pep8"
    with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(found["facts"]["lines"] + "\n")
    assert ("check/old-settings", ".flake8") not in onward.rules(root)


def test_old_settings_that_cannot_be_read_are_told(project: MakeProject, onward: Onward) -> None:
    root = project(files={"a.py": GOOD, ".flake8": "max-line-length = 100\n"})
    onward(root)
    assert "the settings of flake8 in this file cannot be read" in onward.out
    assert "line 1: there is no section before `max-line-length = 100`" in onward.out
