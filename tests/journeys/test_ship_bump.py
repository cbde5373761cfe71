"""``onward ship bump``: the version goes up where it is kept, the lock with it, and undo takes both back."""

import importlib.util
import io
import json
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
LOCK = 'version = 1\n\n[[package]]\nname = "demo"\nversion = "0.1.0"\nsource = { editable = "." }\n'

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


class Bumping:
    """``onward ship bump`` in a folder."""

    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self.env = env
        self._clock = clock
        self.out = ""
        self.err = ""

    def __call__(self, root: Path, *words: str, verb: tuple[str, ...] = ("ship", "bump")) -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb([*verb, *words], self.env, cwd=root, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def git(self, root: Path, *words: str) -> None:
        subprocess.run(("git", *WHO, *words), cwd=root, env=self.env, check=True)


@pytest.fixture
def bump(env: dict[str, str], clock: FakeClock) -> Bumping:
    return Bumping(env, clock)


def version_of(root: Path) -> str:
    version: str = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    return version


def test_a_part_goes_up_in_pyproject_and_lock_and_undo_takes_it_back(
    bump: Bumping, project: MakeProject
) -> None:
    root = project(files={"uv.lock": LOCK})
    before = (root / "pyproject.toml").read_bytes()
    assert bump(root, "minor", "--dry-run") == 0
    assert "0.1.0 -> 0.2.0" in bump.out
    assert (root / "pyproject.toml").read_bytes() == before
    assert bump(root, "minor") == 0, bump.err
    assert (root / "pyproject.toml").read_bytes() == before.replace(b"0.1.0", b"0.2.0")
    assert (root / "uv.lock").read_text("utf-8") == LOCK.replace("0.1.0", "0.2.0")
    assert bump(root, verb=("undo",)) == 0
    assert (root / "pyproject.toml").read_bytes() == before
    assert (root / "uv.lock").read_text("utf-8") == LOCK


def test_a_module_that_holds_the_version_is_written(bump: Bumping, project: MakeProject) -> None:
    text = '[project]\nname = "demo"\ndynamic = ["version"]\n[tool.hatch.version]\npath = "demo/v.py"\n'
    root = project(pyproject=text, files={"demo/v.py": "# one\n__version__ = '1.0'  # two\n"})
    assert bump(root, "2.0rc1", "--json") == 0, bump.err
    assert (root / "demo/v.py").read_text("utf-8") == "# one\n__version__ = '2.0rc1'  # two\n"
    assert json.loads(bump.out)["kept_in"] == "demo/v.py (by [tool.hatch.version])"


@needs_git
def test_tags_that_say_the_version_are_named_and_nothing_is_written(
    bump: Bumping, project: MakeProject
) -> None:
    text = '[project]\nname = "demo"\ndynamic = ["version"]\n[tool.setuptools_scm]\n'
    root = project(pyproject=text)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "x"), ("tag", "rel-1.4.0")):
        bump.git(root, *words)
    assert bump(root, "patch") == 0, bump.err
    assert "1.4.0 -> 1.4.1  (the tags of git (by setuptools-scm))" in bump.out
    assert "git tag rel-1.4.1" in bump.out
    assert (root / "pyproject.toml").read_text("utf-8") == text


@pytest.mark.parametrize(
    ("pyproject", "choice", "words"),
    [
        ('[project]\nname = "demo"\nversion = "1.0"\n', "0.9", "is not higher than 1.0"),
        ('[project]\nname = "demo"\nversion = "1.0"\n', "bigger", "`bigger` in the command"),
        ('[project]\nname = "demo"\nversion = "x"\n', "minor", "`x` in `version` of [project]"),
        ('[project]\nname = "demo"\ndynamic = ["version"]\n', "minor", "where the version is kept"),
    ],
)
def test_what_cannot_go_up_is_said_and_nothing_is_written(
    bump: Bumping, project: MakeProject, pyproject: str, choice: str, words: str
) -> None:
    root = project(pyproject=pyproject)
    assert bump(root, choice) == 2
    assert words in bump.err
    assert (root / "pyproject.toml").read_text("utf-8") == pyproject


def test_without_git_nobody_knows_the_last_release(
    bump: Bumping, project: MakeProject, tmp_path: Path
) -> None:
    by_hand = project(folder="a")
    by_tags = project(
        folder="b",
        pyproject='[project]\nname = "demo"\ndynamic = ["version"]\n[tool.setuptools_scm]\n',
    )
    if shutil.which("git", path=bump.env["PATH"]):
        assert bump(by_hand) == 2
        assert "it is in no git repository" in bump.err
        assert bump(by_tags, "minor") == 2
        assert "and this is no git repository" in bump.err
        bump.git(by_tags, "init", "-q")
        assert bump(by_tags, "minor") == 0, bump.err
        assert "git tag v0.1.0" in bump.out
    bump.env["PATH"] = str(tmp_path)
    assert bump(by_hand) == 2
    assert "git knows which releases there were, and it is not there" in bump.err
    assert "choose by hand" in bump.err
    assert bump(by_tags, "minor") == 2
    assert "Install git." in bump.err
    assert bump(by_hand, "minor") == 0, bump.err


@needs_git
@pytest.mark.skipif(importlib.util.find_spec("griffe") is None, reason="needs griffe")
def test_the_public_api_says_how_far(bump: Bumping, project: MakeProject) -> None:
    module = "def kept(a): ...\n"
    root = project(files={"src/demo/__init__.py": module})
    bump.git(root, "init", "-q")
    assert bump(root) == 2
    assert "no tag of a release stands before it" in bump.err
    for words in (("add", "-A"), ("commit", "-qm", "x"), ("tag", "v0.1.0")):
        bump.git(root, *words)

    def asked(text: str) -> tuple[str, str]:
        (root / "src/demo/__init__.py").write_text(text, encoding="utf-8")
        assert bump(root, "auto", "--dry-run", "--json") == 0, bump.err
        told = json.loads(bump.out)
        return told["after"], "\n".join(told["evidence"])

    assert asked(module)[0] == "0.1.1"
    after, evidence = asked(module + "def more(): ...\ndef _own(): ...\n")
    assert after == "0.2.0"
    assert "new: `demo.more`" in evidence
    assert "_own" not in evidence
    after, evidence = asked("def kept(a, b): ...\n")
    assert after == "0.2.0"
    assert "break: `demo.kept`: parameter was added as required" in evidence
    assert bump(root) == 0
    assert version_of(root) == "0.2.0"
    assert bump(root) == 0
    assert "says so already" in bump.out
    assert version_of(root) == "0.2.0"
