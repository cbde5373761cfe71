"""`onward explain` about places and packages: what is found there, and what nobody could look at."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

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


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ("git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words),
        cwd=root, check=True, capture_output=True,
    )  # fmt: skip


def test_what_is_left_is_known_after_a_check_and_not_before(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project(files={"a.py": "import os\nimport re\n", "b.py": "import os\n"})
    before = json.loads(explain(root, env, clock, "F401", "--json").out)
    assert before["left"] is None
    assert "Left here" not in explain(root, env, clock, "F401").out
    run_verb(["check"], env, cwd=root, clock=clock, out=io.StringIO(), err=io.StringIO())
    left = json.loads(explain(root, env, clock, "F401", "--json").out)["left"]
    assert (left["count"], left["files"]) == (3, 2)
    assert "Left here: 3 in 2 files, by the last check" in explain(root, env, clock, "F401").out
    assert "Left here: none, by" in explain(root, env, clock, "F821").out
    assert json.loads(explain(root, env, clock, "guard/too-new", "--json").out)["left"] is None


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("suppression/unused", 1),
        ("suppression/no-reason", 1),
        ("hints/application", 1),
        ("tests/unnamed", 1),
        ("docs/stale", 1),
    ],
)
def test_what_is_left_is_known_of_rules_that_another_look_finds(
    project: MakeProject, env: dict[str, str], clock: FakeClock, rule: str, count: int
) -> None:
    code = '"""A module."""\n\n\ndef stale(a):\n    """Do.\n\n    :param b: gone\n    """\n    return a  # noqa: F401\n'
    root = project(files={"demo/__init__.py": "", "demo/a.py": code, "tests/test_b.py": "b = 1\n"})
    run_verb(["check"], env, cwd=root, clock=clock, out=io.StringIO(), err=io.StringIO())
    left = json.loads(explain(root, env, clock, rule, "--json").out)["left"]
    assert (left["count"], left["files"]) == (count, 1)


def test_the_commit_that_last_touched_the_row_is_named(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    rows = (
        '[[tool.onward.policy]]\nmatch = "ruff/F401"\nlevel = "enforce"\n\n'
        '[[tool.onward.policy]]\nmatch = "ruff/E501"\nlevel = "advise"\nwhy = "x"\n'
    )
    root = project(extra=rows)
    assert json.loads(explain(root, env, clock, "E501", "--json").out)["since"] is None
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first", "--date", "2026-03-01T12:00:00Z")
    toml = root / "pyproject.toml"
    first = json.loads(explain(root, env, clock, "E501", "--json").out)["since"]
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('"advise"', '"off"'), encoding="utf-8")
    assert "(not committed yet)" in explain(root, env, clock, "E501").out
    git(root, "commit", "-qam", "second")
    second = json.loads(explain(root, env, clock, "E501", "--json").out)["since"]
    assert second["commit"] != first["commit"]
    assert f"commit {second['commit']})" in explain(root, env, clock, "E501").out
    untouched = json.loads(explain(root, env, clock, "F401", "--json").out)["since"]
    assert untouched == first


def test_each_rule_has_a_way_to_be_silenced_properly_or_none_on_purpose(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project()
    said = explain(root, env, clock, "mypy/arg-type").out
    assert "`# type: ignore[arg-type]  # WHY`" in said
    said = explain(root, env, clock, "suppression/no-reason").out
    assert "Bad\n    from shapes import Box  # noqa: F401\n" in said
    assert "Good\n    from shapes import Box  # noqa: F401 - part of" in said
    assert "Everywhere: " in said
    assert "Not at all" in explain(root, env, clock, "tool/failed").out
    assert "Not at all" in explain(root, env, clock, "guard/malicious").out
    assert "`onward allow`" in explain(root, env, clock, "guard/too-new").out


def test_rules_of_other_tools_are_explained_without_them(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    root = project()
    said = explain(root, env, clock, "DEP002").out
    assert "deptry/DEP002: A requirement is there that no code imports." in said
    assert "Good\n    dependencies = [" in said
    assert "`per_rule_ignores = { DEP002 = [" in said
    said = explain(root, env, clock, "zizmor/artipacked").out
    assert "https://docs.zizmor.sh/audits/#artipacked" in said
    assert "`# zizmor: ignore[artipacked]`" in said
    said = explain(root, env, clock, "hadolint/DL3099").out
    assert "Read more at https://github.com/hadolint/hadolint/wiki/DL3099" in said
    said = explain(root, env, clock, "SC2086").out
    assert "https://www.shellcheck.net/wiki/SC2086" in said
    said = explain(root, env, clock, "mypy/union-attr").out
    assert said.startswith("mypy/union-attr: At least one member of a union")
    assert "Bad\n    import re\n\n    def year" in said


@pytest.mark.parametrize(
    ("rule", "summary", "good"),
    [
        ("flake8/B006", "Do not use mutable data structures for argument defaults", "Use instead:"),
        ("flake8/E711", "Comparison to `None` should be `cond is None`", "Use instead:"),
        ("pydoclint/DOC201", "`return` is not documented in docstring", "Returns:"),
        ("pylint/too-many-branches", "too many branches", "Use instead:"),
    ],
)
def test_a_rule_that_ruff_has_too_is_told_in_its_words(
    rule: str,
    summary: str,
    good: str,
    project: MakeProject,
    env: dict[str, str],
    clock: FakeClock,
) -> None:
    said = explain(project(), env, clock, rule).out
    assert said.startswith(f"{rule}: {summary}\n")
    assert "ruff has this rule too, as `ruff/" in said
    assert good in said


def test_a_rule_that_ruff_has_not_is_told_as_before(
    project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    said = explain(project(), env, clock, "flake8/XYZ100").out
    assert "ruff has this rule too" not in said
    assert "flake8.pycqa.org" in said
