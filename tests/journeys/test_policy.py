"""`onward allow`, `onward policy` and `onward explain` as a person runs them."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

FLOOR = '[[policy]]\nmatch = "guard/too-new"\nlevel = "enforce"\nwhy = "audited"\n'


class Said(NamedTuple):
    """Exit code, stdout and stderr."""

    code: int
    out: str
    err: str


Onward = Callable[..., Said]


@pytest.fixture
def root(project: MakeProject) -> Path:
    return project(files={"src/demo/__init__.py": "import os\n"})


@pytest.fixture
def onward(root: Path, env: dict[str, str], clock: FakeClock) -> Onward:
    """Run a verb in the project, or in ``cwd``."""

    def run(*words: str, cwd: Path = root, **more: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb(
            list(words),
            {**env, "ONWARD_OFFLINE": "1", **more},
            cwd=cwd,
            clock=clock,
            out=out,
            err=err,
        )
        return Said(code, out.getvalue(), err.getvalue())

    return run


def table(onward: Onward, *words: str) -> Any:
    said = onward(*words, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def levels(onward: Onward, subject: str) -> dict[str, str]:
    answer = table(onward, "explain", subject)
    return {ruling["rule"]: ruling["level"] for ruling in answer["rulings"]}


def test_allow_writes_a_row_that_holds_until_its_day(
    onward: Onward, root: Path, clock: FakeClock
) -> None:
    before = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert levels(onward, "jinja2==2.10")["guard/vulnerable"] == "enforce"
    said = onward(
        "allow", "jinja2==2.10", "--until", "30 days", "--why", "only renders our own text"
    )
    assert said.code == 0, said.err
    assert "Note: guard/malicious and guard/private-name are not among them" in said.out
    after = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert after.startswith(before)
    assert "until = 2026-07-01\n" in after

    here = levels(onward, "jinja2==2.10")
    assert here["guard/vulnerable"] == "advise"
    assert here["guard/malicious"] == "enforce"
    assert here["guard/private-name"] == "enforce"
    assert levels(onward, "jinja2==2.11")["guard/vulnerable"] == "enforce"

    clock.advance(days=30)
    assert levels(onward, "jinja2==2.10")["guard/vulnerable"] == "advise"
    clock.advance(days=1)
    assert levels(onward, "jinja2==2.10")["guard/vulnerable"] == "enforce"
    assert "expired: no longer counts" in onward("policy").out


def test_allow_can_be_undone(onward: Onward, root: Path) -> None:
    before = (root / "pyproject.toml").read_bytes()
    assert onward("allow", "flask", "--why", "x").code == 0
    assert (root / "pyproject.toml").read_bytes() != before
    assert onward("undo").code == 0
    assert (root / "pyproject.toml").read_bytes() == before


def test_a_dry_run_writes_nothing(onward: Onward, root: Path) -> None:
    before = (root / "pyproject.toml").read_bytes()
    said = onward("allow", "flask", "--why", "x", "--dry-run")
    assert said.code == 0
    assert "Plan: Write a row in pyproject.toml" in said.out
    assert '[[tool.onward.policy]]\n  match = ["guard/vulnerable"' in said.out
    assert (root / "pyproject.toml").read_bytes() == before


def test_the_same_row_again_changes_it(onward: Onward, root: Path) -> None:
    words = ("allow", "flask", "--rule", "guard/too-new", "--why")
    assert onward(*words, "first").code == 0
    said = onward(*words, "second", "--until", "2026-12-31")
    assert "Change the row in pyproject.toml" in said.out
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert text.count("[[tool.onward.policy]]") == 1
    assert 'why = "second"' in text
    assert "until = 2026-12-31" in text


def test_a_new_row_goes_first_so_that_it_wins(onward: Onward, root: Path) -> None:
    path = root / "pyproject.toml"
    own = '\n[[tool.onward.policy]]\nmatch = "guard/*"\nlevel = "enforce"\n'
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    assert onward("allow", "flask", "--rule", "guard/archived", "--why", "x").code == 0
    assert levels(onward, "flask")["guard/archived"] == "advise"
    assert levels(onward, "django")["guard/archived"] == "enforce"


def test_malware_has_to_be_named(onward: Onward) -> None:
    assert onward("allow", "flask", "--rule", "guard/*", "--why", "x").code == 2
    assert (
        onward("allow", "flask", "--rule", "guard/malicious", "--why", "a false report").code == 0
    )
    assert levels(onward, "flask")["guard/malicious"] == "advise"


def test_a_floor_refuses_with_a_way_out_that_works(onward: Onward, root: Path) -> None:
    (root / "onward-policy.toml").write_text(FLOOR, encoding="utf-8")
    before = (root / "pyproject.toml").read_bytes()
    said = onward("allow", "flask", "--rule", "guard/too-new", "--why", "x")
    assert said.code == 1
    assert "guard/too-new is `enforce` by onward-policy.toml: policy[0] (audited)" in said.err
    assert (root / "pyproject.toml").read_bytes() == before

    way = ("--organisation-file", str(root / "onward-policy.toml"))
    assert " ".join(("onward allow flask --rule guard/too-new", *way)) in said.err
    said = onward("allow", "flask", "--rule", "guard/too-new", *way, "--why", "x")
    assert said.code == 0, said.err
    assert (root / "onward-policy.toml").read_text(encoding="utf-8").endswith(FLOOR)
    assert levels(onward, "flask")["guard/too-new"] == "advise"
    assert levels(onward, "django")["guard/too-new"] == "enforce"


def test_without_a_rule_what_a_floor_holds_is_left_out_and_said(onward: Onward, root: Path) -> None:
    (root / "onward-policy.toml").write_text(FLOOR, encoding="utf-8")
    said = onward("allow", "flask", "--why", "x")
    assert said.code == 0
    assert "guard/too-new stays enforced: onward-policy.toml: policy[0]" in said.out
    here = levels(onward, "flask")
    assert (here["guard/too-new"], here["guard/vulnerable"]) == ("enforce", "advise")


def test_a_floor_that_may_be_loosened_lets_a_project_allow(onward: Onward, root: Path) -> None:
    (root / "onward-policy.toml").write_text(FLOOR + "may_loosen = true\n", encoding="utf-8")
    assert onward("allow", "flask", "--rule", "guard/too-new", "--why", "x").code == 0
    assert levels(onward, "flask")["guard/too-new"] == "advise"


@pytest.mark.parametrize(
    ("words", "reference"),
    [
        (["flask", "--why", " "], "no-reason"),
        (["flask", "--why", "x", "--until", "2026-05-31"], "until-passed"),
        (["flask", "--why", "x", "--until", "soon"], "bad-until"),
        (["flask>=1", "--why", "x"], "bad-spec"),
        (["flask[async]", "--why", "x"], "bad-spec"),
        (["*", "--why", "x"], "bad-spec"),
        (["flask", "--why", "x", "--rule", "guard/to-new"], "unknown-rule"),
        (["flask", "--why", "x", "--rule", "ruff/F401"], "not-a-package-rule"),
        (["flask", "--why", "x", "--rule", "guard/feed-old"], "not-a-package-rule"),
        (["flask", "--why", "x", "--rule", "guard/unlocked"], "not-a-package-rule"),
        (["flask==1.0", "--why", "x", "--rule", "guard/lookalike"], "rule-on-names"),
    ],
)
def test_a_wish_that_makes_no_sense_is_said_and_changes_nothing(
    onward: Onward, root: Path, words: list[str], reference: str
) -> None:
    before = (root / "pyproject.toml").read_bytes()
    said = onward("allow", *words)
    assert said.code == 2
    assert f"[{reference}]" in said.err
    assert "->" in said.err
    assert (root / "pyproject.toml").read_bytes() == before


def test_a_reason_is_not_optional(onward: Onward) -> None:
    said = onward("allow", "flask")
    assert said.code == 2
    assert "--why" in said.err


def test_what_nothing_stops_needs_no_row(onward: Onward, root: Path) -> None:
    before = (root / "pyproject.toml").read_bytes()
    said = onward("allow", "flask", "--rule", "guard/archived", "--why", "x")
    assert said.code == 0
    assert "needs no row" in said.out
    assert (root / "pyproject.toml").read_bytes() == before


def test_a_project_without_pyproject_is_told_where_a_row_can_go(
    onward: Onward, tmp_path: Path
) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "requirements.txt").write_text("flask\n", encoding="utf-8")
    said = onward("allow", "flask", "--why", "x", cwd=folder)
    assert said.code == 2
    assert "--organisation-file onward-policy.toml" in said.err
    way = ("--organisation-file", "onward-policy.toml")
    assert onward("allow", "flask", "--why", "x", *way, cwd=folder).code == 0
    assert "organisation" in onward("policy", cwd=folder).out


def test_policy_shows_rows_in_order_with_their_origin_and_what_they_do(
    onward: Onward, root: Path
) -> None:
    path = root / "pyproject.toml"
    own = (
        '[tool.onward]\nguard.cooldown = "1 day"\n'
        '[[tool.onward.policy]]\nmatch = "guard/too-new"\nlevel = "off"\nwhy = "a"\nonly = "x"\n'
        '[[tool.onward.policy]]\nmatch = "guard/yanked"\nlevel = "off"\nwhy = "b"\nuntil = 2026-06-30\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    organisation = 'guard.cooldown = "7 days"\n' + FLOOR
    (root / "onward-policy.toml").write_text(organisation, encoding="utf-8")
    answer = table(onward, "policy")
    held, loose, floor, *builtin = answer["rows"]
    assert (held["rules"], held["held"], held["loosens"]) == (["guard/too-new"], True, False)
    assert (loose["where"], loose["loosens"]) == ("pyproject.toml: tool.onward.policy[1]", True)
    assert floor["source"] == "organisation"
    assert {line["source"] for line in builtin} == {"builtin"}
    assert answer["next_change"] == "2026-07-01"
    cooldown = next(s for s in answer["settings"] if s["key"] == "guard.cooldown")
    assert cooldown["value"] == "7 days"
    assert cooldown["origin"].startswith("onward-policy.toml: guard.cooldown")

    text = onward("policy").out
    assert "off     guard/too-new  for x  (held back by the organisation's floor)" in text
    assert "off     guard/yanked  until 2026-06-30  (loosens)" in text
    assert "From 2026-07-01 on a decision may differ" in text


def test_policy_works_from_a_folder_below_and_where_there_is_no_project(
    onward: Onward, root: Path, tmp_path: Path
) -> None:
    assert onward("policy", cwd=root / "src").code == 0
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "enforce guard/malicious" in onward("policy", cwd=empty).out


def test_all_faults_of_a_policy_are_shown_at_once(onward: Onward, root: Path) -> None:
    path = root / "pyproject.toml"
    own = '[tool.onward]\nprofil = "strict"\nguard.cooldown = "x"\n'
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    for words in (["policy"], ["explain", "guard/too-new"], ["allow", "flask", "--why", "x"]):
        said = onward(*words)
        assert said.code == 2
        assert "tool.onward.profil: no such key; did you mean `profile`?" in said.err
        assert 'tool.onward.guard.cooldown: "x" is not a span of time' in said.err


def test_bad_toml_is_named_with_its_line(onward: Onward, root: Path) -> None:
    (root / "pyproject.toml").write_text('[project]\nname = "x\n', encoding="utf-8")
    said = onward("policy")
    assert said.code == 2
    assert "pyproject.toml" in said.err
    assert "line 2" in said.err or ":2:" in said.err


def test_explain_a_rule_says_what_why_and_who_decided(onward: Onward) -> None:
    said = onward("explain", "guard/too-new")
    assert said.code == 0
    assert "Why it exists" in said.out
    assert "Level here: enforce, by onward's standard profile" in said.out
    assert "guard.cooldown: 3 days (onward's default)" in said.out
    assert onward("explain", "too-new").out == said.out


def test_explain_a_rule_names_the_rows_for_single_packages(onward: Onward) -> None:
    assert onward("allow", "flask", "--rule", "guard/too-new", "--why", "ours").code == 0
    said = onward("explain", "guard/too-new")
    assert "advise for flask, by pyproject.toml: tool.onward.policy[0]: ours" in said.out


def test_explain_a_misspelled_rule_names_the_right_one(onward: Onward) -> None:
    said = onward("explain", "guard/malicous")
    assert said.code == 2
    assert "`onward explain guard/malicious`" in said.err


def test_explain_asks_ruff_about_its_own_rules(onward: Onward) -> None:
    said = onward("explain", "ruff/F401")
    assert said.code == 0
    assert "ruff/F401: unused import" in said.out
    assert "docs.astral.sh/ruff/rules/unused-import" in said.out
    said = onward("explain", "ruff/Z999")
    assert said.code == 2
    assert "has no rule `Z999`" in said.err


def test_explain_a_place_says_which_row_decides_there(onward: Onward, root: Path) -> None:
    path = root / "pyproject.toml"
    own = '[[tool.onward.policy]]\nmatch = "ruff/F401"\nonly = "src/**"\nlevel = "off"\nwhy = "x"\n'
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    here = levels(onward, "src/demo/__init__.py:1")
    assert (here["ruff/F401"], here["ruff/*"]) == ("off", "advise")
    said = onward("explain", "__init__.py", cwd=root / "src" / "demo")
    assert "src/demo/__init__.py: what each rule would do" in said.out


def test_explain_what_is_nothing_says_so(onward: Onward) -> None:
    assert onward("explain", "no/such/file.py:3").code == 2
