"""What a policy says about itself: exceptions are seen, ends are said, the next change is known."""

import datetime as dt
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from onward.core.finding import Place, Whole
from onward.domain.policy.globs import fits, text_test
from onward.domain.policy.loosening import Review, sample_of
from onward.domain.policy.merge import read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document
from onward.domain.policy.review import next_change, policy_findings

TODAY = dt.date(2026, 11, 22)
ROW = """
[[policy]]
match = ["guard/too-new", "guard/yanked"]
only = "requests==2.31.0"
level = "advise"
until = 2026-12-01
why = "looked at by Ada"
"""


def read(project: str, organisation: str = "") -> Policy:
    return read_policy(
        Document(values=tomllib.loads(project), file="pyproject.toml", path="tool.onward"),
        Document(values=tomllib.loads(organisation), file="onward-policy.toml"),
    )


def test_a_row_that_loosens_is_one_finding_with_its_reason() -> None:
    (finding,) = policy_findings(read(ROW), TODAY)
    assert finding.rule == "policy/loosened"
    assert finding.subject == Place(path="pyproject.toml")
    assert finding.message == (
        "`guard/too-new` and `guard/yanked` are only `advise` for requests==2.31.0"
        " until 2026-12-01: looked at by Ada"
    )
    assert finding.facts["row"] == "pyproject.toml: tool.onward.policy[0]"


def test_after_its_last_day_a_row_is_reported_as_expired() -> None:
    assert [f.rule for f in policy_findings(read(ROW), dt.date(2026, 12, 1))] == ["policy/loosened"]
    assert [f.rule for f in policy_findings(read(ROW), dt.date(2026, 12, 2))] == ["policy/expired"]


def test_rows_that_tighten_or_change_nothing_are_not_reported() -> None:
    text = '[[policy]]\nmatch = "guard/archived"\nlevel = "enforce"\n'
    text += '[[policy]]\nmatch = "guard/source-only"\nlevel = "advise"\n'
    assert policy_findings(read(text), TODAY) == ()


def test_an_organisations_row_is_reported_for_the_whole_project() -> None:
    (finding,) = policy_findings(read("", ROW), TODAY)
    assert finding.subject == Whole()


def test_a_row_that_a_floor_holds_back_loosens_nothing() -> None:
    floor = '[[policy]]\nmatch = "guard/*"\nlevel = "enforce"\n'
    policy = read(ROW, floor)
    review = Review(policy.rows, TODAY)
    assert policy_findings(policy, TODAY) == ()
    assert review.is_held_back(policy.rows[0])
    assert not review.loosens(policy.rows[0])


def test_a_floor_for_another_package_holds_nothing_back() -> None:
    floor = '[[policy]]\nmatch = "guard/*"\nlevel = "enforce"\nonly = "django"\n'
    policy = read(ROW, floor)
    assert not Review(policy.rows, TODAY).is_held_back(policy.rows[0])


def test_a_wide_row_is_seen_to_meet_a_narrow_floor() -> None:
    floor = '[[policy]]\nmatch = "guard/archived"\nlevel = "enforce"\nonly = "django"\nmay_loosen = true\n'
    row = '[[policy]]\nmatch = "guard/archived"\nlevel = "advise"\nonly = "d*"\nwhy = "x"\n'
    assert [f.rule for f in policy_findings(read(row, floor), TODAY)] == ["policy/loosened"]


def test_the_next_change_is_the_day_after_the_earliest_end() -> None:
    later = ROW.replace("2026-12-01", "2027-01-01").replace("2.31.0", "2.30.0")
    assert next_change(read(later + ROW), TODAY) == dt.date(2026, 12, 2)
    assert next_change(read(later + ROW), dt.date(2026, 12, 2)) == dt.date(2027, 1, 2)
    assert next_change(read(later + ROW), dt.date(2027, 1, 2)) is None
    assert next_change(read(""), TODAY) is None


@given(st.text("ab*?[]!/-.", min_size=1, max_size=8))
def test_a_sample_fits_its_pattern(glob: str) -> None:
    from onward.domain.policy.globs import fault_in

    if not fault_in(glob):
        assert text_test(glob)(sample_of(glob)) or "[" in glob
    if not fault_in(glob, doubled=True) and "[" not in glob:
        text = glob.removeprefix("./")
        path = sample_of(text + "**" if text.endswith("/") else text)
        assert fits(glob, Place(path=path))
