"""The public API against the last release: which one that is, what is a break, and when a version number allows it."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.griffe import tools as griffe
from onward.adapters.griffe.releases import last_release, may_break, next_breaking, stated
from onward.core.finding import Certainty, Finding, Whole
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, Target
from tests.adapters.contract import rules_of
from tests.adapters.samples_types import HOME, probe, recorded

BREAKS = recorded("griffe/2.4.1/breaks.json")
PROBE = probe("griffe", "2.4.1")


def read(out: bytes, code: int = 0) -> list[Finding]:
    call = Call(argv=("python",), cwd=HOME, env={})
    return list(griffe.CHECK.read(Ran(call=call, code=code, out=out, err=b"", seconds=0.1)))


def test_each_break_says_what_was_against_which_release_and_what_to_do() -> None:
    found = read(BREAKS)
    assert [(one.rule, str(one.subject)) for one in found][:3] == [
        ("griffe/parameter-changed-default", "src/demo/__init__.py:4"),
        ("griffe/parameter-added-required", "src/demo/__init__.py:4"),
        ("griffe/object-removed", "src/demo/__init__.py"),
    ]
    assert found[0].message == (
        "`demo.run`: parameter default was changed, `two=1` is now `two=2` since v1.1.0,"
        " and the version, 1.2.0, does not say so"
    )
    assert found[1].message.startswith("`demo.run`: parameter was added as required, `three` since")
    assert found[2].message.startswith("`demo.gone`: public object was removed since v1.1.0")
    assert all(one.facts["against"] == "v1.1.0" for one in found)
    assert all("or make the next version 2.0.0" in one.hint for one in found)


def test_a_version_number_that_allows_breaks_ends_them() -> None:
    assert read(BREAKS.replace(b'"now": "1.2.0"', b'"now": "2.0.0.dev1"')) == []
    assert read(BREAKS.replace(b'"now": "1.2.0"', b'"now": "1.9"')) != []
    assert read(BREAKS.replace(b'"now": "1.2.0"', b'"now": ""')) != []
    assert read(BREAKS.replace(b'"now": "1.2.0"', b'"now": "soon"')) != []


@pytest.mark.parametrize(
    ("now", "before", "may"),
    [
        ("2.0.0", "1.9.3", True),
        ("1.10.0", "1.9.3", False),
        ("1.9.3", "1.9.3", False),
        ("0.3.0", "0.2.9", True),
        ("0.2.10", "0.2.9", False),
        ("1.0.0", "0.9", True),
        ("0.9", "1.0", False),
        ("1!0.1", "2.0", True),
    ],
)
def test_which_numbers_allow_breaks(now: str, before: str, may: bool) -> None:
    assert may_break(now, before) is may


@given(st.tuples(st.integers(0, 9), st.integers(0, 99), st.integers(0, 99)))
def test_the_number_that_is_proposed_allows_breaks(numbers: tuple[int, int, int]) -> None:
    before = ".".join(map(str, numbers))
    assert may_break(next_breaking(before), before)


def test_the_last_release_is_the_highest_final_version_of_this_project() -> None:
    tags = ["v1.2.0\taaa\t", "v1.10.0\tbbb\tccc", "v2.0.0rc1\tddd\t", "other-9.0\teee\t"]
    tags += ["demo-1.9.0\tfff\t", "nightly\tggg\t", "release/1.3\thhh\t", "2026-01-01\tiii\t"]
    listed = "\n".join(tags)
    last = last_release(listed, "Demo")
    assert last is not None
    assert (last.tag, last.commit, last.version) == ("v1.10.0", "ccc", "1.10.0")
    only = last_release("v2.0.0rc1\tddd\t\nx", "demo")
    assert only is not None
    assert only.tag == "v2.0.0rc1"
    assert last_release("", "demo") is None
    scoped = last_release("my.demo_x/v3.0\taaa\t", "my-demo-x")
    assert scoped is not None


def test_no_release_is_advice_and_not_clean() -> None:
    (finding,) = read(b'{"now": "1.2.0"}')
    assert (finding.rule, finding.certainty) == ("griffe/no-release", Certainty.unknown)
    assert isinstance(finding.subject, Whole)
    (elsewhere,) = read(b'{"now": "1.2.0", "tag": "v1", "before": "1", "absent": ["src/new"]}')
    assert elsewhere.rule == "griffe/no-release"
    assert "none of the packages of today (src/new) is in v1" in elsewhere.message
    assert rules_of(read(b'{"now": "1.2.0"}', code=1)) == [FAILED]


def git(root: Path, *words: str) -> str:
    own = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false")
    ran = subprocess.run(["git", *own, *words], cwd=root, check=True, capture_output=True)
    return ran.stdout.decode().strip()


def test_the_call_names_the_commit_of_the_release_so_that_an_answer_fits_it(
    tmp_path: Path, env: dict[str, str]
) -> None:
    root = tmp_path / "my prøj"
    (root / "src" / "demo").mkdir(parents=True)
    (root / "src" / "demo" / "__init__.py").write_text("X = 1\n")
    (root / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1.1.0"\n')
    assert stated(root) == ("demo", "1.1.0")

    def words(*paths: str) -> tuple[str, ...] | None:
        call = griffe.CHECK.call(PROBE, Target(root=str(root), env=env, paths=paths))
        return None if call is None else call.argv[5:]

    assert words() == ("1.1.0",), "no history, so nothing to compare with"
    assert words("src/demo/__init__.py") is None, "what is staged stands where no history is"
    git(root, "init", "-q")
    assert words() == ("1.1.0",)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    assert words() == ("1.1.0",)
    git(root, "tag", "v1.0.0")
    commit = git(root, "rev-parse", "HEAD")
    found = words()
    assert found is not None
    assert found[:4] == ("1.1.0", "v1.0.0", "1.0.0", commit)
    assert found[5:] == ("src/demo",)
    assert words("src/demo/__init__.py") == found
    assert words("README.md") is None
    git(root, "checkout", "-q", "--orphan", "other")
    git(root, "commit", "-qm", "unrelated")
    assert words() == ("1.1.0",), "a tag of another line of history is no release of this one"
