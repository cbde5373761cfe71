"""Which release is nearest, and when a refusal ends by itself."""

import datetime as dt

import pytest

from onward.core.finding import Finding, Release
from onward.core.policy import Level, Row, Verdict
from onward.domain.guard.releases import Judged
from onward.domain.policy.decide import Rulebook
from onward.workflows.project_ruling import ProjectRuling, ReleaseRuling, passes_on, rule_on


def held(passes: str = "", level: Level = Level.enforce) -> Verdict:
    finding = Finding(
        rule="guard/too-new",
        subject=Release(name="tidewater"),
        message="young",
        facts={"passes": passes} if passes else {},
    )
    return Verdict(finding=finding, level=level, row=Row(match="*", level=level))


def project(*versions: str, blocked: tuple[str, ...] = ()) -> ProjectRuling:
    return ProjectRuling(
        name="tidewater",
        source="here",
        advice="none",
        releases=tuple(
            ReleaseRuling(version=v, verdicts=(held(),) if v in blocked else ()) for v in versions
        ),
    )


@pytest.mark.parametrize(
    ("blocked", "asked", "nearest"),
    [
        (("2.0",), "2.0", "1.5"),
        (("1.0",), "1.0", "1.5"),
        (("2.0", "3.0"), "", "1.5"),
        (("1.0", "1.5"), "1.5", "2.0"),
        ((), "1.5", "1.5"),
        (("1.0", "1.5", "2.0", "3.0"), "2.0", "4.0rc1"),
        (("1.0", "1.5", "2.0", "3.0", "4.0rc1"), "2.0", None),
        ((), "not a version", "3.0"),
    ],
)
def test_the_nearest_release_that_is_let_through(
    blocked: tuple[str, ...], asked: str, nearest: str | None
) -> None:
    found = project("3.0", "2.0", "1.5", "1.0", "4.0rc1", blocked=blocked).nearest(asked)
    assert (found.version if found else None) == nearest


def test_a_refusal_ends_when_the_last_of_its_reasons_does() -> None:
    early, late = "2026-06-02T00:00:00+00:00", "2026-06-03T00:00:00+00:00"
    assert passes_on([held(late), held(early)]) == dt.datetime(2026, 6, 3, tzinfo=dt.UTC)
    assert passes_on([held(late), held()]) is None
    assert passes_on([held(late), held(level=Level.advise)]) == dt.datetime(
        2026, 6, 3, tzinfo=dt.UTC
    )
    assert passes_on([held("some day")]) is None
    assert passes_on([]) is None


def test_versions_are_known_in_any_spelling_and_off_is_left_out() -> None:
    finding = held().finding
    off = Row(match="guard/*", level=Level.off)
    judged = Judged(releases={"1.0": (finding,)}, files={"b": (finding,)})
    files = {"1.0.0": ["a"], "2.0": ["b"], "odd": ["c"], "3.0a1": []}
    ruled = rule_on(
        "x", judged, files, {}, book=Rulebook([], dt.date(2026, 6, 1)), source="", advice=""
    )
    assert [(r.version, len(r.verdicts)) for r in ruled.releases] == [
        ("2.0", 1),
        ("1.0.0", 1),
        ("3.0a1", 0),
        ("odd", 0),
    ]
    assert ruled.release("v1") == ruled.releases[1]
    none = rule_on(
        "x", judged, files, {}, book=Rulebook([off], dt.date(2026, 6, 1)), source="", advice=""
    )
    assert not any(release.verdicts for release in none.releases)
