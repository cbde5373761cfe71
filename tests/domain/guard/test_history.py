"""Rules on the history of a project: what stands out is seen, what goes on as before is not, and each ends when it says."""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from onward.core.artifact import Artifact
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, Range
from onward.domain.guard.releases import Judged, judge_releases
from onward.domain.guard.setting import Knowledge, Setting

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
DEMO = Name("demo")
OLD = {f"1.{minor}.0": NOW - 400 * DAY + 30 * minor * DAY for minor in range(4)}
"""Releases of a project that has been there for a year."""

Given = dt.datetime | Sequence[Artifact] | None


class Index(msgspec.Struct, frozen=True, kw_only=True):
    address: str = "https://index.example.org/simple"
    public: bool = True
    remote: bool = True


def file(version: str, uploaded: dt.datetime | None, **more: object) -> Artifact:
    values = {"filename": f"demo-{version}-py3-none-any.whl", **more}
    return Artifact(name=DEMO, version=version, source=Index().address, uploaded=uploaded, **values)  # type: ignore[arg-type]


def attested(*versions: str, start: int = 400) -> dict[str, list[Artifact]]:
    return {
        version: [file(version, NOW - (start - at) * DAY, attested=True)]
        for at, version in enumerate(versions)
    }


def judge(
    releases: Mapping[str, Given],
    *advisories: Advisory,
    now: dt.datetime = NOW,
    locked: Sequence[str] = (),
    private: tuple[str, ...] = (),
    known: bool = False,
    index: Index | None = None,
    complete: bool = True,
    cooldown: dt.timedelta = 3 * DAY,
) -> Judged:
    return judge_releases(
        DEMO,
        {
            version: given if isinstance(given, Sequence) else [file(version, given)]
            for version, given in releases.items()
        },
        index=index or Index(),
        setting=Setting(now=now, private=private, cooldown=cooldown),
        knowledge=Knowledge(advisories=advisories, well_known=known),
        locked=frozenset(locked),
        blocks=lambda finding: finding.rule != "guard/vulnerable-locked",
        complete=complete,
    )


def rules(judged: Judged, version: str) -> list[str]:
    return [finding.rule for finding in judged.on(version)]


def only(found: Sequence[Finding], rule: str) -> Finding:
    (finding,) = [finding for finding in found if finding.rule == rule]
    return finding


# New projects


def test_a_first_release_is_new_for_two_weeks() -> None:
    first = NOW - 10 * DAY
    judged = judge({"1.0": first})

    finding = only(judged.project, "guard/new-project")
    assert finding.facts == {
        "first": "2026-05-22T12:00:00+00:00",
        "releases": 1,
        "passes": "2026-06-05T12:00:00+00:00",
    }
    assert "has had one release; it passes on" in finding.message
    assert finding.hint == ""  # what would let it pass is for whoever shows it to say
    assert judge({"1.0": first}, now=first + 14 * DAY - MINUTE).project
    assert not judge({"1.0": first}, now=first + 14 * DAY).project


def test_further_releases_do_not_shorten_it() -> None:
    first = NOW - 10 * DAY
    on_one_day = {f"1.{n}": first + n * MINUTE for n in range(30)}
    going_on = {"1.0": first, "1.1": first + 2 * DAY, "1.2": first + 5 * DAY}

    for releases in (on_one_day, going_on):
        assert judge(releases, now=first + 14 * DAY - MINUTE).project
        assert not judge(releases, now=first + 14 * DAY).project


def test_who_is_never_new() -> None:
    young = {"1.0": NOW - 5 * DAY}

    assert judge(young).project
    assert not judge(young, known=True).project
    assert not judge(young, private=("de*",)).project
    assert not judge(young, locked=["1.0"]).project
    assert not judge({**young, "1.1": NOW}, locked=["1.0"]).project
    assert not judge(young, complete=False).project
    assert not judge({**OLD, **young}).project
    assert not judge({"1.0": None}).project  # its age is unknown, which is a finding of its own


def test_on_an_index_of_ones_own_it_is_another_rule() -> None:
    finding = only(
        judge({"1.0": NOW - 5 * DAY}, index=Index(public=False)).project,
        "guard/new-project-own-index",
    )

    assert 'guard.private = ["demo"]' in finding.hint


# Version jumps


def test_a_jump_is_held_for_two_weeks() -> None:
    came = NOW - 5 * DAY
    judged = judge({**OLD, "99.0.0": came})

    finding = only(judged.on("99.0.0"), "guard/version-jump")
    assert finding.facts == {
        "before": "1.3.0",
        "uploaded": "2026-05-27T12:00:00+00:00",
        "passes": "2026-06-10T12:00:00+00:00",
    }
    assert judged.until == came + 14 * DAY
    assert rules(judge({**OLD, "99.0.0": came}, now=came + 14 * DAY), "99.0.0") == []


def test_a_second_jump_does_not_hide_behind_the_first() -> None:
    judged = judge({**OLD, "99.0.0": NOW - 6 * DAY, "99.0.1": NOW - 5 * DAY})

    assert rules(judged, "99.0.1") == ["guard/version-jump"]


def test_a_young_project_is_measured_by_its_first_day() -> None:
    judged = judge({"0.1": NOW - 12 * DAY, "99.0": NOW - 5 * DAY})

    assert rules(judged, "99.0") == ["guard/version-jump"]
    assert rules(judged, "0.1") == []


def test_steps_and_dates_are_no_jump() -> None:
    for version in ("2.0", "20.0", "2026.1", "26.5", "25.12", "20260527", "202605", "2605.1"):
        assert rules(judge({**OLD, version: NOW - 5 * DAY}), version) == [], version
    for version in ("21.0", "2020.1", "1!0.1"):
        assert rules(judge({**OLD, version: NOW - 5 * DAY}), version), version


def test_a_first_release_above_all_is_held_for_good() -> None:
    judged = judge({"99.0.0": NOW - 900 * DAY, "99.0.1": NOW - 900 * DAY})

    assert rules(judged, "99.0.0") == rules(judged, "99.0.1") == ["guard/version-jump"]
    for fine in ("89.0", "2023.12", "23.12"):
        assert rules(judge({fine: NOW - 900 * DAY}), fine) == [], fine
    assert rules(judge({"99.0.0": NOW - 900 * DAY}, known=True), "99.0.0") == []
    assert rules(judge({"99.0": NOW - 900 * DAY, "100.0": NOW - 500 * DAY}), "99.0") == []


def test_a_locked_or_private_jump_is_none() -> None:
    releases = {**OLD, "99.0.0": NOW - 5 * DAY}

    assert rules(judge(releases, locked=["99.0"]), "99.0.0") == []
    assert rules(judge(releases, private=("demo",)), "99.0.0") == []


# Bursts


def burst(*versions: str, step: dt.timedelta = 17 * MINUTE) -> dict[str, dt.datetime]:
    return {version: NOW - 5 * DAY + at * step for at, version in enumerate(versions)}


def test_three_in_half_an_hour_are_a_burst() -> None:
    judged = judge({**OLD, **burst("1.4.1", "1.4.2", "1.4.3")})

    for version in ("1.4.1", "1.4.2", "1.4.3"):
        finding = only(judged.on(version), "guard/release-burst")
        assert finding.facts["releases"] == ["1.4.1", "1.4.2", "1.4.3"]
        assert finding.facts["minutes"] == 34
    assert "3 releases within 34 minutes" in judged.on("1.4.1")[0].message


def test_what_is_no_burst() -> None:
    two = burst("1.4.1", "1.4.2")
    slow = burst("1.4.1", "1.4.2", "1.4.3", step=4 * 60 * MINUTE)
    lines = burst("1.2.9", "1.3.7", "1.4.1")
    early = burst("1.4.1rc1", "1.4.1rc2", "1.4.1")
    for releases in (two, slow, lines, early):
        judged = judge({**OLD, **releases})
        assert judged.releases == {}, releases


def test_a_project_that_always_did_is_in_no_burst() -> None:
    before = {f"1.3.{n}": NOW - 100 * DAY + n * MINUTE for n in range(1, 4)}

    assert judge({**OLD, **before, **burst("1.4.1", "1.4.2", "1.4.3")}).releases == {}


def test_a_project_without_a_past_is_in_no_burst() -> None:
    judged = judge({"1.0.0": NOW - 90 * DAY, **burst("1.0.1", "1.0.2", "1.0.3")})

    assert judged.releases == {}


# Lost provenance


def test_a_release_without_the_attestation_of_those_before_is_held() -> None:
    came = NOW - 5 * DAY
    releases = {**attested("1.0", "1.1", "1.2"), "1.3": [file("1.3", came)]}

    finding = only(judge(releases).on("1.3"), "guard/provenance-lost")

    assert finding.facts["attested"] == ["1.0", "1.1", "1.2"]
    assert finding.facts["files"] == ["demo-1.3-py3-none-any.whl"]
    assert finding.facts["passes"] == "2026-06-10T12:00:00+00:00"
    assert rules(judge(releases, now=came + 14 * DAY), "1.3") == []


def test_the_next_one_without_is_held_too() -> None:
    bare = {v: [file(v, NOW - d * DAY)] for v, d in (("1.3", 6), ("1.4", 5), ("1.5", 4))}

    judged = judge({**attested("1.0", "1.1", "1.2"), **bare})

    assert [rules(judged, v) for v in bare] == [["guard/provenance-lost"]] * 3


def test_one_file_without_is_enough() -> None:
    came = NOW - 5 * DAY
    files = [file("1.3", came, attested=True), file("1.3", came, filename="demo-1.3.tar.gz")]

    finding = only(
        judge({**attested("1.0", "1.1", "1.2"), "1.3": files}).on("1.3"), "guard/provenance-lost"
    )
    assert finding.facts["files"] == ["demo-1.3.tar.gz"]


def test_where_it_was_no_habit_nothing_is_lost() -> None:
    new = {"2.0": NOW - 5 * DAY}

    assert judge({**OLD, **new}).releases == {}
    assert judge({**attested("1.0", "1.1"), **new}).releases == {}
    dropped: dict[str, Given] = {
        **attested("1.0", "1.1", "1.2"), "1.3": NOW - 20 * DAY, **new,
    }  # fmt: skip
    assert judge(dropped).releases == {}
    early: dict[str, Given] = {
        **attested("1.0", "1.1", "1.2"), "1.3rc1": NOW - 20 * DAY, **new,
    }  # fmt: skip
    assert rules(judge(early), "2.0") == ["guard/provenance-lost"]


def test_a_locked_release_lost_nothing() -> None:
    releases: dict[str, Given] = {**attested("1.0", "1.1", "1.2"), "1.3": NOW - 5 * DAY}

    assert judge(releases, locked=["1.3"]).releases == {}
    assert judge(releases, complete=False).releases == {}


# Together


def test_a_named_fix_passes_whatever_stands_out_about_it() -> None:
    weak = Advisory(id="PYSEC-2026-1", name=DEMO, ranges=(Range(fixed="99.0.0"),))
    releases: dict[str, Given] = {
        **attested("1.0", "1.1", "1.2"), "99.0.0": NOW - DAY, "99.0.1": NOW - DAY,
    }  # fmt: skip

    judged = judge(releases, weak, locked=["1.2"])

    assert rules(judged, "99.0.0") == []
    held = ["guard/too-new", "guard/version-jump", "guard/provenance-lost"]
    assert rules(judged, "99.0.1") == held


def test_it_says_when_it_must_be_asked_again() -> None:
    judged = judge({"1.0": NOW - 5 * DAY, "1.1": NOW - 2 * DAY}, cooldown=dt.timedelta(0))

    assert judged.until == NOW + 9 * DAY  # then it is two weeks old


_histories = st.dictionaries(
    st.sampled_from(["0.1", "1.0", "1.0.1", "1.0.2", "1.0.3", "1.1", "1!0", "99", "99.1", "2026.1", "2rc1", "odd"]),
    st.tuples(st.integers(0, 40 * 24), st.booleans(), st.booleans()),
    max_size=9,
)  # fmt: skip


@given(_histories, st.integers(0, 40 * 24), st.booleans())
def test_no_answer_changes_before_it_said_it_would(
    history: Mapping[str, tuple[int, bool, bool]], later: int, known: bool
) -> None:
    releases: dict[str, Given] = {
        version: [file(version, NOW - hours * DAY / 24 if dated else None, attested=proven)]
        for version, (hours, dated, proven) in history.items()
    }
    judged = judge(releases, known=known)
    then = NOW + later * DAY / 24

    again = judge(releases, known=known, now=then)

    if judged.until is None or then < judged.until:
        assert (again.project, again.releases) == (judged.project, judged.releases)


@given(
    st.lists(
        st.datetimes(timezones=st.timezones())
        | st.datetimes(
            timezones=st.integers(-23, 23).map(lambda h: dt.timezone(dt.timedelta(hours=h)))
        ),
        min_size=1,
        max_size=6,
    )
)
def test_no_upload_time_is_too_odd(times: list[dt.datetime]) -> None:
    judge({f"{at}.0": time for at, time in enumerate(times, start=88)})


def test_a_huge_page_is_read_once_not_for_each_release() -> None:
    count = 20_000
    came = NOW - 5 * DAY
    jumps = {f"{99 + at}.0": came for at in range(count)}
    run = {f"1.4.{at}": came + at * dt.timedelta(milliseconds=1) for at in range(count)}

    judged = judge({**OLD, **jumps, **run})

    finding = only(judged.on("1.4.0"), "guard/release-burst")
    assert finding.facts["count"] == count
    assert (
        len(finding.message) < 400
    )  # what each finding says of the others does not grow with them
    assert len(only(judged.on("99.0"), "guard/version-jump").message) < 400
    assert judge({f"{at}.0": came for at in range(count)}).project
