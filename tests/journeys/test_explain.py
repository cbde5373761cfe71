"""`onward explain` about places and packages: what is found there, and what nobody could look at."""

import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject
from tests.registry import Registry


class Said(NamedTuple):
    """Exit code, stdout and stderr."""

    code: int
    out: str
    err: str


def explain(root: Path, env: dict[str, str], clock: FakeClock, *words: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    code = run_verb(["explain", *words], env, cwd=root, clock=clock, out=out, err=err)
    return Said(code, out.getvalue(), err.getvalue())


def found(root: Path, env: dict[str, str], clock: FakeClock, subject: str) -> Any:
    said = explain(root, env, clock, subject, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)["found"]


def test_a_place_shows_what_is_found_there_and_not_elsewhere(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(files={"src/demo/__init__.py": "import os\n\nTOP = 1\n"})
    rules = [v["finding"]["rule"] for v in found(root, env, clock, "src/demo/__init__.py:1")]
    assert rules == ["ruff/F401"]
    assert found(root, env, clock, "src/demo/__init__.py:3") == []
    assert "found today" in explain(root, env, clock, "src/demo/__init__.py").out


def test_a_place_in_pyproject_shows_the_rows_that_loosen(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    row = '[[tool.onward.policy]]\nmatch = "guard/too-new"\nlevel = "off"\nwhy = "x"\n'
    root = project(extra=row)
    rules = [v["finding"]["rule"] for v in found(root, env, clock, "pyproject.toml")]
    assert rules == ["policy/loosened"]


def test_what_could_not_be_asked_is_not_called_clean(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(index="http://127.0.0.1:9/simple")
    offline = {**env, "ONWARD_OFFLINE": "1"}
    said = explain(root, offline, clock, "acme-tools==1.0")
    assert "acme-tools==1.0: not looked at" in said.out
    assert "nothing was found" not in said.out
    assert "not judged: " in said.err
    assert found(root, offline, clock, "acme-tools==1.0") is None


def test_a_release_that_no_index_has_is_not_called_clean(
    project: MakeProject, env: dict[str, str], clock: FakeClock, registry: Registry
) -> None:
    registry.add("acme-tools", "1.0")
    root = project(index=registry.url)
    assert found(root, env, clock, "acme-tools==1.0") == []
    assert found(root, env, clock, "acme-tools==1.0.0") == []
    assert found(root, env, clock, "acme-tools==2.0") is None
    assert "has no `acme-tools` 2.0" in explain(root, env, clock, "acme-tools==2.0").err
    assert found(root, env, clock, "acme-others") is None


def test_a_bare_code_is_one_of_ruffs_rules(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project()
    assert "ruff/F401: unused import" in explain(root, env, clock, "F401").out
    assert explain(root, env, clock, "ZZZ999").code == 2
