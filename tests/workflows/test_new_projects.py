"""Every project that can be made: it passes its own lint, format and tests, and copier agrees."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from onward.core.names import parse_name
from onward.core.policy import Source
from onward.core.proc.call import Call
from onward.core.proc.run import run
from onward.domain.policy.read import Document, read_document
from onward.domain.scaffold import FRAMEWORKS, LICENCES, LONGEST_NAME, STARTERS, Answers, answer
from onward.workflows.hooks import script
from onward.workflows.new import create, plan_new

TEMPLATES = Path(str(files("onward"))) / "templates" / "project"

CASES = [
    (kind, framework) for kind in STARTERS for framework in (FRAMEWORKS if kind == "web" else ("",))
]
OFFLINE = [kind for kind, framework in CASES if not framework]
every_case = pytest.mark.parametrize(("kind", "framework"), CASES)


def made(
    folder: Path,
    env: dict[str, str],
    kind: str,
    framework: str = "",
    *,
    name: str = "hello-there",
    licence: str = "MIT",
    python: str = "3.11",
) -> tuple[Path, Answers]:
    answers = answer(
        name=parse_name(name),
        kind=kind,
        framework=framework,
        licence=licence,
        python=python,
        year=2026,
    )
    target = folder / "new project"
    plan = plan_new(answers, target, onward="0.1.0", env=env, git=False)
    create(plan, target, started="2026-06-01T00:00:00+00:00")
    return target, answers


def passes(root: Path, env: dict[str, str], *argv: str) -> str:
    ran = run(Call(argv=argv, cwd=str(root), env=env))
    said = (ran.out + ran.err).decode("utf-8", "replace")
    assert ran.succeeded, said
    return said


def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@every_case
@pytest.mark.parametrize("name", ["a", "hello-there", "x" + "-y" * (LONGEST_NAME // 2 - 1)])
def test_it_passes_its_own_lint_and_format(
    tmp_path: Path, env: dict[str, str], kind: str, framework: str, name: str
) -> None:
    root, _ = made(tmp_path, env, kind, framework, name=name)
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
    passes(root, env, ruff, "check", "--no-cache", ".")
    passes(root, env, ruff, "format", "--no-cache", "--check", ".")


@pytest.mark.parametrize("kind", OFFLINE)
def test_it_passes_its_own_tests(tmp_path: Path, env: dict[str, str], kind: str) -> None:
    root, _ = made(tmp_path, env, kind)
    env |= {"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    said = passes(
        root, env, sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider"
    )
    assert re.search(r"[1-9]\d* passed", said)


@pytest.mark.parametrize("kind", OFFLINE)
def test_it_is_typed(tmp_path: Path, env: dict[str, str], kind: str) -> None:
    root, _ = made(tmp_path, env, kind)
    mypy = (sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}")
    passes(root, {**env, "MYPYPATH": str(root / "src")}, *mypy, "src", "tests")


@every_case
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.14", "3.15"])
def test_pyproject_says_what_was_asked_for(
    tmp_path: Path, env: dict[str, str], kind: str, framework: str, python: str
) -> None:
    root, answers = made(tmp_path, env, kind, framework, python=python)
    data = pyproject(root)
    project = data["project"]
    assert project["name"] == answers.name
    assert project["requires-python"] == f">={python}"
    assert project["license"] == "MIT"
    assert (root / "src" / answers.module / "__init__.py").is_file()
    needed = [Requirement(line) for line in project["dependencies"]]
    assert bool(framework) == any(each.name == framework for each in needed)
    for each in (*needed, *map(Requirement, data["dependency-groups"]["dev"])):
        assert any(bound.operator == ">=" for bound in each.specifier), each
    entry = project.get("scripts", {})
    assert set(entry) == ({answers.name} if kind in ("application", "cli") else set())
    assert set(project.get("gui-scripts", {})) == ({answers.name} if kind == "gui" else set())


@every_case
def test_onward_can_read_its_rules(
    tmp_path: Path, env: dict[str, str], kind: str, framework: str
) -> None:
    root, _ = made(tmp_path, env, kind, framework)
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    # The lines that teach must be right too, for whoever takes the mark away.
    for taught in (text, re.sub(r"(?m)^# (guard\.)", r"\1", text)):
        faults: list[str] = []
        tables = tomllib.loads(taught)["tool"]["onward"]
        written = read_document(
            Document(values=tables, file="pyproject.toml", path="tool.onward"),
            Source.project,
            faults,
        )
        assert faults == []
        assert written.kind == ("library" if kind == "library" else "application")
    assert written.guard.private == ("acme-*",)


@pytest.mark.parametrize("licence", LICENCES)
def test_the_licence_is_the_one_asked_for(
    tmp_path: Path, env: dict[str, str], licence: str
) -> None:
    root, _ = made(tmp_path, env, "library", licence=licence)
    project = pyproject(root)["project"]
    if licence == "none":
        assert not (root / "LICENSE").exists()
        assert "license" not in project
        return
    assert project["license"] == licence
    words = {"MIT": "MIT License", "Apache-2.0": "Apache License", "BSD-3-Clause": "BSD 3-Clause"}
    text = (root / "LICENSE").read_text(encoding="utf-8")
    assert words[licence] in text
    if licence != "Apache-2.0":
        assert "2026" in text
        assert "hello-there authors" in text


@every_case
def test_ci_may_do_nothing_by_default_and_pins_what_it_uses(
    tmp_path: Path, env: dict[str, str], kind: str, framework: str
) -> None:
    root, _ = made(tmp_path, env, kind, framework)
    yaml = import_module("yaml")
    text = (root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    flow = yaml.safe_load(text)
    assert flow["permissions"] == {}
    job = flow["jobs"]["check"]
    assert job["permissions"] == {"contents": "read"}
    steps = job["steps"]
    for step in steps:
        if "uses" in step:
            assert re.fullmatch(r"actions/checkout@[0-9a-f]{40}", step["uses"])
            assert step["with"] == {"persist-credentials": False}
    assert [step["run"] for step in steps if "run" in step] == [
        "pipx install onward==0.1.0",
        "onward sync",
        "onward check",
        "onward run pytest",
    ]
    assert ("strategy" in job) == (kind == "library")


@every_case
def test_settings_are_named_in_the_example_and_no_secret_is(
    tmp_path: Path, env: dict[str, str], kind: str, framework: str
) -> None:
    root, answers = made(tmp_path, env, kind, framework)
    example = root / ".env.example"
    assert example.exists() == (kind in ("application", "web"))
    assert ".env" in (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    if example.exists():
        read = (root / "src" / answers.module / "settings.py").read_text(encoding="utf-8")
        asked = set(re.findall(r'PREFIX \+ "([A-Z_]+)"', read))
        text = example.read_text(encoding="utf-8")
        named = set(re.findall(rf"(?m)^(?:# )?{answers.module.upper()}_([A-Z_]+)=", text))
        assert named == asked
        assert "SECRET_KEY=\n" in text or "SECRET_KEY" not in text


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
def test_the_hook_refuses_when_it_cannot_look(tmp_path: Path, env: dict[str, str]) -> None:
    root, _ = made(tmp_path, env, "library")
    hook = root / ".githooks" / "pre-commit"
    without = subprocess.run([hook], env={"PATH": "/nowhere"}, capture_output=True, check=False)
    assert without.returncode == 2
    assert b"was not checked" in without.stderr
    fake = tmp_path / "bin" / "onward"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\necho "$@"\nexit 7\n', encoding="utf-8")
    fake.chmod(0o755)
    ran = subprocess.run([hook], env={"PATH": str(fake.parent)}, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout) == (7, b"check --hook commit\n")


def test_the_hook_is_the_one_that_check_installs(tmp_path: Path, env: dict[str, str]) -> None:
    root, _ = made(tmp_path, env, "library")
    assert (root / ".githooks" / "pre-commit").read_text(encoding="utf-8") == script("commit")


@every_case
def test_copier_makes_the_same_from_the_same_answers(
    tmp_path: Path, env: dict[str, str], kind: str, framework: str
) -> None:
    licence = LICENCES[CASES.index((kind, framework)) % len(LICENCES)]
    root, _ = made(tmp_path, env, kind, framework, licence=licence)
    mine = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }
    # In an empty folder with nothing but our answers file, and once over the project itself.
    other = tmp_path / "by copier"
    other.mkdir()
    (other / ".copier-answers.yml").write_bytes(mine[".copier-answers.yml"])
    for target in (other, root) if kind == "library" else (other,):
        passes(
            target, env, sys.executable, "-m", "copier", "copy",
            "--defaults", "--overwrite", "--quiet", str(TEMPLATES), ".",
        )  # fmt: skip
        theirs = {
            path.relative_to(target).as_posix(): path.read_bytes()
            for path in target.rglob("*")
            if path.is_file()
        }
        answered = [
            [line for line in files.pop(".copier-answers.yml").splitlines() if b"_src" not in line]
            for files in (theirs, dict(mine))
        ]
        assert theirs == {path: mine[path] for path in mine if path != ".copier-answers.yml"}
        assert [line for line in answered[1] if not line.startswith(b"_commit")] == answered[0]
