"""Rules on the releases of a project: the cool-down, its one exception, and everything that beats it."""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from onward.core.artifact import Artifact, Status
from onward.core.finding import Certainty, Finding
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory, Range, hitting, named_fix
from onward.domain.guard.releases import TOO_NEW, Judged, judge_releases
from onward.domain.guard.setting import Knowledge, Setting

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
OLD = NOW - dt.timedelta(days=400)
FRESH = NOW - dt.timedelta(hours=5)
DAY = dt.timedelta(days=1)
DEMO = Name("demo")


class Index(msgspec.Struct, frozen=True, kw_only=True):
    address: str = "https://index.example.org/simple"
    public: bool = True
    remote: bool = True


def blocks(finding: Finding) -> bool:
    """What the standard profile lets stop an installation."""
    return finding.rule not in ("guard/vulnerable-locked", "guard/yanked-locked", "guard/archived")


def file(version: str, uploaded: dt.datetime | None = OLD, **more: object) -> Artifact:
    values = {"filename": f"demo-{version}-py3-none-any.whl", **more}
    return Artifact(name=DEMO, version=version, source=Index().address, uploaded=uploaded, **values)  # type: ignore[arg-type]


def weak(*, fixed: str = "", introduced: str = "", **more: object) -> Advisory:
    span = Range(introduced=introduced, fixed=fixed)
    return Advisory(id="PYSEC-2026-1", name=DEMO, ranges=(span,), **more)  # type: ignore[arg-type]


def judge(
    releases: Mapping[str, Sequence[Artifact] | dt.datetime | None],
    *advisories: Advisory,
    locked: Sequence[str] | None = (),
    status: Status = Status.active,
    index: Index | None = None,
    cooldown: dt.timedelta = 3 * DAY,
) -> Judged:
    return judge_releases(
        DEMO,
        {
            version: [file(version, given)] if not isinstance(given, Sequence) else given
            for version, given in releases.items()
        },
        index=index or Index(),
        setting=Setting(now=NOW, cooldown=cooldown),
        knowledge=Knowledge(advisories=advisories, source="made up"),
        status=status,
        locked=None if locked is None else frozenset(locked),
        blocks=blocks,
    )


def rules(judged: Judged, version: str) -> list[str]:
    return [finding.rule for finding in judged.on(version)]


# The cool-down


def test_a_young_release_waits_and_says_until_when() -> None:
    judged = judge({"1.0": OLD, "1.1": FRESH})

    (finding,) = judged.on("1.1")
    assert finding.rule == TOO_NEW
    assert finding.facts["uploaded"] == "2026-06-01T07:00:00+00:00"
    assert finding.facts["passes"] == "2026-06-04T07:00:00+00:00"
    assert "1.0" not in judged.releases
    assert judged.until == FRESH + 3 * DAY


def test_the_cool_down_ends_to_the_second() -> None:
    just, not_yet = NOW - 3 * DAY, NOW - 3 * DAY + dt.timedelta(seconds=1)

    judged = judge({"1.0": just, "1.1": not_yet})

    assert rules(judged, "1.0") == []
    assert rules(judged, "1.1") == [TOO_NEW]


def test_the_next_moment_that_matters_is_the_first_one() -> None:
    judged = judge({"1.0": FRESH, "1.1": FRESH - DAY, "1.2": FRESH + dt.timedelta(hours=1)})

    assert judged.until == FRESH - DAY + 3 * DAY


def test_without_a_cool_down_no_age_counts() -> None:
    none = dt.timedelta(0)

    assert judge({"1.0": FRESH, "1.1": None}, cooldown=none).releases == {}
    assert judge({"1.0": OLD, "1.1": None}, cooldown=none).until is None


def test_the_oldest_file_is_the_age_of_a_release() -> None:
    judged = judge({"1.0": [file("1.0", OLD), file("1.0", FRESH, filename="demo-1.0.tar.gz")]})

    assert rules(judged, "1.0") == []
    assert [f.rule for f in judged.files["demo-1.0.tar.gz"]] == [TOO_NEW]
    assert judged.until == FRESH + 3 * DAY


def test_a_file_slipped_under_a_locked_old_release_is_seen() -> None:
    late = file("1.0", FRESH, filename="demo-1.0-1-py3-none-any.whl")

    judged = judge({"1.0": [file("1.0"), late]}, locked=["1.0"])

    assert list(judged.files) == [late.filename]


def test_a_locked_young_release_keeps_its_files() -> None:
    files = [file("1.0", FRESH), file("1.0", FRESH, filename="demo-1.0.tar.gz")]

    judged = judge({"1.0": files}, locked=["1.0"])

    assert (judged.releases, judged.files) == ({}, {})


def test_a_future_upload_is_young() -> None:
    assert rules(judge({"1.0": NOW + 400 * DAY}), "1.0") == [TOO_NEW]


@given(
    st.datetimes(timezones=st.timezones())
    | st.datetimes(timezones=st.integers(-23, 23).map(lambda h: dt.timezone(dt.timedelta(hours=h))))
)
def test_no_upload_time_is_too_odd(uploaded: dt.datetime) -> None:
    judged = judge({"1.0": uploaded})

    young = uploaded > NOW - 3 * DAY
    assert rules(judged, "1.0") == ([TOO_NEW] if young else [])


def test_no_upload_time_is_unknown_not_clean() -> None:
    (finding,) = judge({"1.0": None}).on("1.0")

    assert (finding.rule, finding.certainty) == ("guard/no-upload-time", Certainty.unknown)


def test_no_upload_time_of_a_folder_is_a_rule_of_its_own() -> None:
    assert rules(judge({"1.0": None}, index=Index(remote=False)), "1.0") == [
        "guard/no-upload-time-local"
    ]


def test_a_locked_version_is_not_asked_for_its_age() -> None:
    judged = judge({"1.0": FRESH, "1.1": None}, locked=["1.0", "1.1"])

    assert judged.releases == {}


def test_a_lock_from_elsewhere_is_asked_for_its_age() -> None:
    assert rules(judge({"1.0": FRESH}, locked=None), "1.0") == [TOO_NEW]


# The one exception


def test_the_named_fix_of_the_locked_version_is_taken_at_once() -> None:
    judged = judge({"1.0": OLD, "1.1": FRESH}, weak(fixed="1.1"), locked=["1.0"])

    assert rules(judged, "1.1") == []
    assert rules(judged, "1.0") == ["guard/vulnerable-locked"]


def test_one_above_the_named_fix_waits() -> None:
    judged = judge({"1.0": OLD, "1.1": FRESH, "1.2": FRESH}, weak(fixed="1.1"), locked=["1.0"])

    assert (rules(judged, "1.1"), rules(judged, "1.2")) == ([], [TOO_NEW])


def test_one_above_waits_also_when_the_named_one_does_not_exist() -> None:
    judged = judge(
        {"1.0": OLD, "1.1.post1": FRESH, "1.2": FRESH}, weak(fixed="1.1"), locked=["1.0"]
    )

    assert rules(judged, "1.1.post1") == [TOO_NEW]
    assert rules(judged, "1.2") == [TOO_NEW]


def test_the_lowest_of_several_named_fixes_is_taken() -> None:
    two = msgspec.structs.replace(weak(fixed="1.3"), id="PYSEC-2026-2")

    judged = judge({"1.0": OLD, "1.1": FRESH, "1.3": FRESH}, two, weak(fixed="1.1"), locked=["1.0"])

    # 1.1 is the lowest named, but the other advisory still hits it: that is a finding of its own
    assert rules(judged, "1.1") == ["guard/vulnerable", TOO_NEW]
    assert rules(judged, "1.3") == []


def test_a_later_named_fix_waits_when_the_lowest_will_do() -> None:
    two = Advisory(
        id="PYSEC-2026-2",
        name=DEMO,
        ranges=(Range(fixed="1.1"), Range(introduced="1.5", fixed="1.6")),
        versions=frozenset(),
    )
    judged = judge({"1.0": OLD, "1.5": OLD, "1.1": FRESH, "1.6": FRESH}, two, locked=["1.0", "1.5"])

    assert (rules(judged, "1.1"), rules(judged, "1.6")) == ([], [TOO_NEW])


def test_nothing_young_passes_when_the_lowest_fix_is_old_already() -> None:
    two = msgspec.structs.replace(weak(introduced="1.0", fixed="1.2"), id="PYSEC-2026-2")

    judged = judge({"1.0": OLD, "1.1": OLD, "1.2": FRESH}, weak(fixed="1.1"), two, locked=["1.0"])

    assert rules(judged, "1.1") == ["guard/vulnerable"]
    assert rules(judged, "1.2") == []
    clean = judge({"1.0": OLD, "1.1": OLD, "1.2": FRESH}, weak(fixed="1.1"), locked=["1.0"])
    assert rules(clean, "1.2") == [TOO_NEW]


def test_a_fix_with_another_finding_does_not_pass() -> None:
    bad = Advisory(id="MAL-2026-1", name=DEMO, versions=frozenset({"1.1"}), malicious=True)

    judged = judge({"1.0": OLD, "1.1": FRESH}, weak(fixed="1.1"), bad, locked=["1.0"])
    yanked = judge(
        {"1.0": OLD, "1.1": [file("1.1", FRESH, yanked="broken")]},
        weak(fixed="1.1"),
        locked=["1.0"],
    )

    assert rules(judged, "1.1") == ["guard/malicious", TOO_NEW]
    assert rules(yanked, "1.1") == ["guard/yanked", TOO_NEW]


def test_a_fix_named_by_an_advisory_that_does_not_hit_the_locked_version_waits() -> None:
    judged = judge({"1.0": OLD, "2.1": FRESH}, weak(introduced="2.0", fixed="2.1"), locked=["1.0"])

    assert rules(judged, "2.1") == [TOO_NEW]


def test_a_named_fix_that_is_weak_itself_waits_in_a_lock_from_elsewhere_too() -> None:
    both = Advisory(id="PYSEC-2026-2", name=DEMO, ranges=(Range(), Range(fixed="1.1")))
    judged = judge({"1.1": FRESH}, both, locked=None)

    assert rules(judged, "1.1") == ["guard/vulnerable-locked", TOO_NEW]


def test_a_withdrawn_advisory_names_nothing() -> None:
    judged = judge({"1.0": OLD, "1.1": FRESH}, weak(fixed="1.1", withdrawn=True), locked=["1.0"])

    assert rules(judged, "1.1") == [TOO_NEW]


def test_a_report_of_malware_names_no_fix() -> None:
    judged = judge({"1.0": OLD, "1.1": FRESH}, weak(fixed="1.1", malicious=True), locked=["1.0"])

    assert rules(judged, "1.1") == [TOO_NEW]


def test_a_new_dependency_takes_the_fix_when_nothing_older_is_free() -> None:
    judged = judge({"1.0": OLD, "1.1": FRESH}, weak(fixed="1.1"))

    assert rules(judged, "1.1") == []
    assert rules(judged, "1.0") == ["guard/vulnerable"]


def test_a_new_dependency_takes_the_older_free_one() -> None:
    judged = judge({"0.9": OLD, "1.0": OLD, "1.1": FRESH}, weak(introduced="1.0", fixed="1.1"))

    assert rules(judged, "1.1") == [TOO_NEW]
    assert rules(judged, "0.9") == []


def test_an_older_preview_or_yanked_one_is_not_free() -> None:
    judged = judge(
        {
            "0.8": [file("0.8", yanked="broken")],
            "0.9b1": OLD,
            "1.0": OLD,
            "1.1": FRESH,
        },
        weak(introduced="1.0", fixed="1.1"),
    )

    assert rules(judged, "1.1") == []


def test_a_lock_from_elsewhere_may_hold_a_named_fix() -> None:
    judged = judge({"1.1": FRESH}, weak(fixed="1.1"), locked=None)
    above = judge({"1.2": FRESH}, weak(fixed="1.1"), locked=None)

    assert (rules(judged, "1.1"), rules(above, "1.2")) == ([], [TOO_NEW])


_VERSIONS = st.sampled_from(
    [
        "0.9",
        "1.0",
        "1.0.0",
        "1.0.1",
        "1.1",
        "1.1a1",
        "1.2",
        "1.2.post1",
        "2.0",
        "2.0rc1",
        "2.1",
        "3",
    ]
)
_AGES = st.none() | st.integers(0, 10).map(lambda days: NOW - days * DAY)
# One spelling of each version: an index that lists two of them is another test's business.
_RELEASES = st.lists(
    st.tuples(_VERSIONS, _AGES), min_size=1, unique_by=lambda pair: Version(pair[0])
).map(dict)
_SPANS = st.builds(Range, introduced=st.just("") | _VERSIONS, fixed=st.just("") | _VERSIONS)
_ADVISORIES = st.lists(
    st.builds(
        Advisory,
        id=st.sampled_from(["A", "B", "C"]),
        name=st.just(DEMO),
        ranges=st.lists(_SPANS, min_size=1, max_size=2).map(tuple),
        malicious=st.booleans(),
        withdrawn=st.booleans(),
    ),
    max_size=3,
)


@given(
    releases=_RELEASES,
    advisories=_ADVISORIES,
    locked=st.none() | st.sets(_VERSIONS, max_size=2),
)
def test_nothing_young_passes_unless_it_was_named_and_is_otherwise_clean(
    releases: dict[str, dt.datetime | None],
    advisories: list[Advisory],
    locked: set[str] | None,
) -> None:
    judged = judge(releases, *advisories, locked=None if locked is None else sorted(locked))

    held = {Version(text) for text in locked or ()}
    young = [
        version
        for version, uploaded in releases.items()
        if uploaded is not None and uploaded > NOW - 3 * DAY and Version(version) not in held
    ]
    passed = [version for version in young if not rules(judged, version)]
    named = {
        Version(fix)
        for advisory in advisories
        if not advisory.malicious and not advisory.withdrawn
        for fix in (
            [span.fixed for span in advisory.ranges]
            if locked is None
            else [
                named_fix(advisory, version) or ""
                for version in (locked or releases)
                if hitting([advisory], version)
            ]
        )
        if fix
    }
    assert len(passed) <= 1
    assert all(Version(version) in named for version in passed)
    assert all(not hitting(advisories, version) for version in passed)
    for version in young:
        if version not in passed:
            assert TOO_NEW in rules(judged, version)


# What beats everything


def test_malware_is_named_with_its_report() -> None:
    bad = Advisory(id="MAL-2026-7", name=DEMO, versions=frozenset({"1"}), malicious=True)

    (finding,) = judge({"1.0": OLD, "1.1": OLD}, bad).on("1.0")

    assert (finding.rule, finding.facts["ids"], finding.seen_by) == (
        "guard/malicious",
        ["MAL-2026-7"],
        "made up",
    )


def test_locked_malware_is_still_malware() -> None:
    bad = Advisory(id="MAL-2026-7", name=DEMO, malicious=True)

    assert rules(judge({"1.0": OLD}, bad, locked=["1.0"]), "1.0") == ["guard/malicious"]


def test_a_weakness_names_ids_severity_and_fix() -> None:
    one = msgspec.structs.replace(weak(fixed="1.1"), severity="low", aliases=("CVE-2026-1",))
    two = Advisory(id="GHSA-x", name=DEMO, ranges=(Range(fixed="1.2"),), severity="critical")

    (finding,) = judge({"1.0": OLD}, one, two).on("1.0")

    assert finding.rule == "guard/vulnerable"
    assert finding.facts == {
        "ids": ["PYSEC-2026-1", "GHSA-x"],
        "aliases": ["CVE-2026-1"],
        "severity": "critical",
        "fixed_in": {"PYSEC-2026-1": "1.1", "GHSA-x": "1.2"},
    }


def test_yanked_means_all_files_of_the_release() -> None:
    other = "demo-1.0.tar.gz"
    some = judge({"1.0": [file("1.0", yanked="broken"), file("1.0", filename=other)]})
    all_of_it = judge(
        {"1.0": [file("1.0", yanked=""), file("1.0", yanked="broken", filename=other)]}
    )

    assert rules(some, "1.0") == []
    assert rules(all_of_it, "1.0") == ["guard/yanked"]
    assert "broken" in all_of_it.on("1.0")[0].message
    assert rules(judge({"1.0": [file("1.0", yanked="")]}, locked=["1.0"]), "1.0") == [
        "guard/yanked-locked"
    ]


def test_a_status_is_said_of_the_whole_project() -> None:
    assert [f.rule for f in judge({}, status=Status.quarantined).project] == ["guard/quarantined"]
    assert [f.rule for f in judge({}, status=Status.archived).project] == ["guard/archived"]
    assert judge({}, status=Status.deprecated).project == ()


def test_a_version_is_found_in_any_spelling() -> None:
    judged = judge({"1.0": FRESH})

    assert rules(judged, "1.0.0") == rules(judged, "v1") == [TOO_NEW]
    assert rules(judged, "1.0.1") == []


def test_a_locked_version_is_known_in_any_spelling() -> None:
    assert judge({"1.0.0": FRESH}, locked=["1.0"]).releases == {}


def test_a_version_that_is_none_is_judged_all_the_same() -> None:
    assert rules(judge({"2004d": FRESH}), "2004d") == [TOO_NEW]
