"""Levels: the nearest row decides, and nobody goes below an organisation's floor."""

import datetime as dt
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from onward.core.finding import Finding, Place, Release, Subject, Whole
from onward.core.policy import Level, Row, Source, Verdict
from onward.domain.policy.decide import Rulebook, decide

TODAY = dt.date(2026, 11, 22)
REQUESTS = Release(name="requests", version="2.31.0")


def finding(rule: str = "guard/too-new", subject: Subject = REQUESTS) -> Finding:
    return Finding(rule=rule, subject=subject, message="seen")


def row(
    level: Level,
    source: Source = Source.project,
    *,
    match: str = "guard/too-new",
    only: tuple[str, ...] = (),
    until: dt.date | None = None,
    may_loosen: bool = False,
) -> Row:
    return Row(
        match=match, level=level, only=only, until=until, may_loosen=may_loosen, source=source
    )


def level_for(found: Finding, rows: Sequence[Row], today: dt.date) -> Verdict:
    return Rulebook(rows, today).verdict(found)


def test_a_rule_that_nobody_names_is_shown_and_never_fails() -> None:
    decision = decide([finding("new/rule")], [], TODAY)
    assert decision.level is Level.advise
    assert not decision.blocked


def test_the_first_fitting_row_of_one_source_wins() -> None:
    rows = [row(Level.advise, only=("flask",)), row(Level.enforce), row(Level.off)]
    assert level_for(finding(), rows, TODAY).row is rows[1]


def test_what_was_decided_for_one_subject_is_not_taken_for_another() -> None:
    for source in Source:
        rows = [row(Level.enforce, source, only=("flask",)), row(Level.off, source)]
        book = Rulebook(rows, TODAY)
        flask = Release(name="flask")
        levels = [book.verdict(finding(subject=one)).level for one in (REQUESTS, flask, REQUESTS)]
        assert levels == [Level.off, Level.enforce, Level.off]


def test_option_comes_before_project_before_organisation_before_builtin() -> None:
    rows = [
        row(Level.off, Source.builtin),
        row(Level.advise, Source.organisation),
        row(Level.ratchet, Source.project),
        row(Level.enforce, Source.option),
    ]
    for count in range(1, 5):
        assert level_for(finding(), rows[:count], TODAY).row is rows[count - 1]


def test_a_weaker_project_row_is_passed_over_at_a_floor() -> None:
    floor = row(Level.enforce, Source.organisation)
    assert level_for(finding(), [floor, row(Level.off)], TODAY).row is floor


def test_a_floor_that_may_be_loosened_is() -> None:
    floor = row(Level.enforce, Source.organisation, may_loosen=True)
    assert level_for(finding(), [floor, row(Level.off)], TODAY).level is Level.off


def test_an_option_that_is_too_weak_leaves_the_project_row_in_force() -> None:
    floor = row(Level.advise, Source.organisation)
    project = row(Level.enforce, Source.project)
    rows = [floor, project, row(Level.off, Source.option)]
    assert level_for(finding(), rows, TODAY).row is project


def test_until_is_the_last_day_that_counts() -> None:
    rows = [row(Level.off, until=TODAY), row(Level.enforce, Source.builtin)]
    assert level_for(finding(), rows, TODAY).level is Level.off
    assert level_for(finding(), rows, TODAY + dt.timedelta(days=1)).level is Level.enforce


def test_off_is_kept_in_the_decision() -> None:
    decision = decide([finding()], [row(Level.off)], TODAY)
    assert [verdict.level for verdict in decision.because] == [Level.off]


def test_rules_are_matched_with_exact_case() -> None:
    assert level_for(finding("ruff/f401"), [row(Level.off, match="ruff/F*")], TODAY).level is (
        Level.advise
    )


def test_only_means_a_release_by_name_or_by_version() -> None:
    def hit(only: str, subject: Subject) -> bool:
        verdict = level_for(finding(subject=subject), [row(Level.off, only=(only,))], TODAY)
        return verdict.level is Level.off

    assert hit("requests", REQUESTS)
    assert hit("Requests", REQUESTS)
    assert hit("req*", REQUESTS)
    assert hit("requests==2.31.0", REQUESTS)
    assert hit("requests == 2.31", REQUESTS)
    assert hit("requests==2.*", REQUESTS)
    assert not hit("requests==2.32.0", REQUESTS)
    assert not hit("request", REQUESTS)
    assert hit("flask_login", Release(name="flask-login", version="1"))
    assert not hit("requests==*", Release(name="requests"))


def test_only_means_a_place_by_its_path() -> None:
    def hit(only: str, path: str) -> bool:
        verdict = level_for(
            finding(subject=Place(path=path, line=3)), [row(Level.off, only=(only,))], TODAY
        )
        return verdict.level is Level.off

    assert hit("src/x.py", "src/x.py")
    assert hit("tests/**", "tests/a/b.py")
    assert hit("tests/", "tests/a/b.py")
    assert hit("**/b.py", "b.py")
    assert hit("**/b.py", "a/c/b.py")
    assert hit("src/[xy].py", "src/x.py")
    assert not hit("tests/*", "tests/a/b.py")
    assert not hit("src/?.py", "src/xy.py")
    assert not hit("src[!a]x.py", "src/x.py")
    assert not hit("tests", "tests/a.py")


def test_only_means_the_whole_project_by_its_name() -> None:
    rows = [row(Level.off, only=("site",))]
    assert level_for(finding(subject=Whole(name="site")), rows, TODAY).level is Level.off
    assert level_for(finding(subject=Whole()), rows, TODAY).level is Level.advise


_levels = st.sampled_from(list(Level))
_rows = st.lists(
    st.builds(
        Row,
        match=st.sampled_from(["*", "guard/*", "guard/too-new", "guard/yanked", "ruff/F*"]),
        level=_levels,
        only=st.sampled_from([(), ("requests",), ("req*", "src/**"), ("requests==2.31.0",)]),
        until=st.sampled_from([None, TODAY, TODAY - dt.timedelta(days=1)]),
        may_loosen=st.booleans(),
        source=st.sampled_from(list(Source)),
    ),
    max_size=12,
)
_findings = st.lists(
    st.builds(
        finding,
        st.sampled_from(["guard/too-new", "guard/yanked", "ruff/F401", "else/where"]),
        st.sampled_from([REQUESTS, Release(name="flask"), Place(path="src/a.py"), Whole()]),
    ),
    max_size=8,
)


@given(_rows, _findings)
def test_no_project_goes_below_a_floor_that_may_not_be_loosened(
    rows: list[Row], findings: list[Finding]
) -> None:
    alone = [r for r in rows if r.source is Source.organisation]
    floors, book = Rulebook(alone, TODAY), Rulebook(rows, TODAY)
    for one in findings:
        floor = floors.row(one.rule, one.subject)
        if floor.source is Source.organisation and not floor.may_loosen:
            assert book.verdict(one).level.strength >= floor.level.strength


@given(_rows, _findings, st.randoms(use_true_random=False))
def test_only_the_order_within_one_source_counts(
    rows: list[Row], findings: list[Finding], random: object
) -> None:
    by_source = {s: [r for r in rows if r.source is s] for s in Source}
    order = [r.source for r in rows]
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = [by_source[source].pop(0) for source in order]
    assert decide(findings, mixed, TODAY) == decide(findings, rows, TODAY)


@given(_rows, _findings)
def test_a_decision_has_one_verdict_for_each_finding_in_their_order(
    rows: list[Row], findings: list[Finding]
) -> None:
    decision = decide(findings, rows, TODAY)
    assert [verdict.finding for verdict in decision.because] == findings
    assert all(v.level is v.row.level for v in decision.because)
    one_by_one = [level_for(one, rows, TODAY) for one in findings]
    assert list(decision.because) == one_by_one


@given(_rows, _findings)
def test_an_expired_row_is_as_if_it_were_not_there(
    rows: list[Row], findings: list[Finding]
) -> None:
    left = [r for r in rows if r.until is None or r.until >= TODAY]
    assert decide(findings, rows, TODAY) == decide(findings, left, TODAY)
