"""hits() and its company, against a slow oracle and by example."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

from onward.core.errors import BadInput
from onward.core.names import Name
from onward.domain.guard.advisories import (
    Advisory,
    Range,
    canonical,
    free_of,
    hits,
    hitting,
    merged,
    named_fix,
    read_version,
)
from onward.domain.guard.osv import parse_osv

DEMO = Name("demo")


def document(
    *,
    identity: str = "TEST-2026-1",
    events: Sequence[Mapping[str, str]] | None = None,
    versions: Sequence[str] = (),
    **more: Any,
) -> bytes:
    affected: dict[str, Any] = {"package": {"ecosystem": "PyPI", "name": "demo"}}
    if events is not None:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    if versions:
        affected["versions"] = list(versions)
    return json.dumps({"id": identity, "affected": [affected], **more}).encode()


def only(found: tuple[Advisory, ...]) -> Advisory:
    (advisory,) = found
    return advisory


def oracle(events: Sequence[Mapping[str, str]], versions: Sequence[str], text: str) -> bool:
    """The evaluation of the OSV schema, line by line, with nothing worked out before."""
    version = Version(text)
    if any(Version(listed) == version for listed in versions):
        return True
    flat = [(kind, value) for event in events for kind, value in event.items()]

    def place(event: tuple[str, str]) -> tuple[bool, Version]:
        return (event != ("introduced", "0"), Version(event[1]))

    vulnerable = False
    for kind, value in sorted(flat, key=place):
        if kind == "introduced" and (value == "0" or version >= Version(value)):
            vulnerable = True
        elif (kind == "fixed" and version >= Version(value)) or (
            kind == "last_affected" and version > Version(value)
        ):
            vulnerable = False
    return vulnerable


texts = st.builds(
    lambda release, tail: ".".join(map(str, release)) + tail,
    st.lists(st.integers(0, 3), min_size=1, max_size=3),
    st.sampled_from(["", "", "", "rc1", "a2", ".post1", ".dev3"]),
)
bounds = st.one_of(
    st.builds(lambda v: {"introduced": v}, st.one_of(st.just("0"), texts)),
    st.builds(lambda v: {"fixed": v}, texts),
    st.builds(lambda v: {"last_affected": v}, texts),
)


@given(st.lists(bounds, max_size=6), st.lists(texts, max_size=3), texts)
def test_hits_agrees_with_the_evaluation_of_the_schema(
    events: list[dict[str, str]], versions: list[str], text: str
) -> None:
    first: list[dict[str, str]] = [{"introduced": "0"}]
    events = events if any("introduced" in event for event in events) else first + events
    advisory = only(parse_osv(document(events=events, versions=versions)))
    assert hits(advisory, text) == oracle(events, versions, text)


@given(st.lists(bounds, max_size=6), texts)
def test_a_named_fix_is_above_the_version_and_is_not_hit(
    events: list[dict[str, str]], text: str
) -> None:
    advisory = only(parse_osv(document(events=events)))
    fix = named_fix(advisory, text)
    if fix is not None:
        assert Version(fix) > Version(text)
        assert not hits(advisory, fix)
        assert fix in {event.get("fixed") for event in events}


@given(st.text(max_size=20))
def test_no_text_makes_it_fall_over_and_only_what_is_listed_hits(text: str) -> None:
    advisory = only(
        parse_osv(document(events=[{"introduced": "1"}, {"fixed": "2"}], versions=["odd-one"]))
    )
    try:
        Version(text)
    except InvalidVersion:
        assert hits(advisory, text) == (text.strip().lower() == "odd-one")
    else:
        assert isinstance(hits(advisory, text), bool)


def test_a_text_that_is_no_version_hits_when_listed() -> None:
    advisory = only(parse_osv(document(versions=["0.7.10p1"])))
    assert hits(advisory, "0.7.10P1")
    assert not hits(advisory, "0.7.11p1")


def test_neither_versions_nor_ranges_means_every_version() -> None:
    advisory = only(parse_osv(document()))
    assert hits(advisory, "1.0")
    assert hits(advisory, "not a version")
    assert named_fix(advisory, "1.0") is None


def test_the_same_version_in_other_words() -> None:
    advisory = only(parse_osv(document(versions=["1.0", "2.0.0-rc.1"])))
    assert hits(advisory, "1.0.0")
    assert hits(advisory, "v1")
    assert hits(advisory, "2.0rc1")
    assert not hits(advisory, "2.0")


def test_a_local_version_is_a_build_of_its_public_one() -> None:
    listed = only(parse_osv(document(versions=["1.0"])))
    last = only(parse_osv(document(events=[{"introduced": "0"}, {"last_affected": "1.0"}])))
    fixed = only(parse_osv(document(events=[{"introduced": "0"}, {"fixed": "1.0"}])))
    assert hits(listed, "1.0+cu12")
    assert hits(last, "1.0+cu12")
    assert not hits(fixed, "1.0+cu12")


def test_the_fix_of_the_branch_that_holds_the_version_is_named() -> None:
    events = [{"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"fixed": "2.3"}]
    advisory = only(parse_osv(document(events=events)))
    assert named_fix(advisory, "1.4") == "1.5"
    assert named_fix(advisory, "2.0rc1") is None
    assert named_fix(advisory, "2.1") == "2.3"
    assert named_fix(advisory, "1.5") is None


def test_a_fix_that_another_range_hits_is_no_fix() -> None:
    advisory = Advisory(
        id="TEST-1",
        name=DEMO,
        ranges=(Range(fixed="1.5"), Range(introduced="1.2", fixed="1.8")),
    )
    assert named_fix(advisory, "1.0") is None
    assert named_fix(advisory, "1.3") == "1.8"


def test_a_withdrawn_advisory_hits_nothing_and_a_fixed_version_is_free() -> None:
    first = Advisory(id="TEST-1", name=DEMO, ranges=(Range(fixed="1.10"),))
    second = Advisory(id="TEST-2", name=DEMO, ranges=(Range(fixed="1.9"),))
    gone = Advisory(id="TEST-3", name=DEMO, ranges=(Range(fixed="1.1"),), withdrawn=True)
    assert hitting([first, second, gone], "1.9") == (first,)
    assert free_of([first, second], ["1.8", "1.9", "1.10", "2"]) == ("1.10", "2")


def test_a_bound_that_is_no_version() -> None:
    events = [{"introduced": "1.0"}, {"fixed": "2019-09-12"}]
    alone = only(parse_osv(document(events=events)))
    beside = only(parse_osv(document(events=events, versions=["1.1"])))
    assert hits(
        alone, "99"
    )  # where it ends could not be read, so nothing above 1.0 is called clean
    assert not hits(alone, "0.9")
    assert hits(beside, "1.1")  # the list is better evidence than half a range
    assert not hits(beside, "1.2")


def test_what_a_document_tells() -> None:
    found = parse_osv(
        json.dumps(
            {
                "id": "MAL-2026-99999",
                "aliases": ["CVE-2026-1", "MAL-2026-99999"],
                "published": "2026-05-04T03:02:01Z",
                "database_specific": {"severity": "MODERATE", "other": [1, {"x": None}]},
                "affected": [
                    {"package": {"ecosystem": "npm", "name": "@a/b"}, "versions": ["1"]},
                    {"package": {"ecosystem": "PyPI", "name": "De.Mo"}, "versions": ["1.0"]},
                    {"package": {"ecosystem": "PyPI", "name": "other"}, "ranges": [
                        {"type": "GIT", "events": [{"introduced": "0"}]},
                        {"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "3"}]},
                    ]},
                    {"package": {"ecosystem": "PyPI", "name": "de-mo"}, "versions": ["2.0"]},
                ],
            }
        ).encode()
    )  # fmt: skip
    first, second = found
    assert first == Advisory(
        id="MAL-2026-99999",
        name=Name("de-mo"),
        aliases=("CVE-2026-1",),
        versions=frozenset({"1", "2"}),
        severity="medium",
        published=dt.date(2026, 5, 4),
        malicious=True,
    )
    assert second.name == "other"
    assert second.ranges == (Range(fixed="3"),)


def test_malware_is_also_known_by_its_relation() -> None:
    assert only(parse_osv(document(identity="GHSA-x", related=["MAL-2026-1"]))).malicious
    assert only(parse_osv(document(identity="GHSA-x", aliases=["MAL-2026-1"]))).malicious
    assert not only(parse_osv(document(identity="GHSA-x", aliases=["CVE-2026-1"]))).malicious


def test_a_withdrawn_advisory_hits_nothing() -> None:
    advisory = only(parse_osv(document(withdrawn="2026-01-01T00:00:00Z")))
    assert advisory.withdrawn
    assert not hits(advisory, "1.0")


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"id": ""}',
        b'{"id": 5}',
        b'{"id": "X", "affected": {}}',
        b'{"id": "X", "affected": [{"package": {"ecosystem": "PyPI", "name": "../up"}}]}',
        b'{"id": "\xff"}',
        b'{"id": "X", "deep": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_garbage_is_bad_input(garbage: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        parse_osv(garbage)
    assert caught.value.reference == "bad-advisory"
    assert caught.value.context


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "affected", "package", "ecosystem", "name", "ranges", "type",
                             "events", "introduced", "fixed", "versions", "severity", "score",
                             "aliases", "published", "withdrawn", "database_specific", "x"]),
            inner | st.sampled_from(["PyPI", "ECOSYSTEM", "demo", "1.0", "HIGH", "2026-01-01"]),
            max_size=6,
        )
    ),
    max_leaves=30,
)  # fmt: skip


@given(anything)
def test_any_json_is_read_or_is_bad_input(value: Any) -> None:
    try:
        found = parse_osv(json.dumps(value).encode())
    except BadInput:
        return
    assert all(isinstance(hits(advisory, "1.0"), bool) for advisory in found)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_are_bad_input(content: bytes) -> None:
    with pytest.raises(BadInput):
        parse_osv(content + b"\x00")


@given(texts, st.integers(0, 3))
def test_the_canonical_form_is_the_same_for_equal_versions(text: str, zeros: int) -> None:
    version = Version(text)
    longer = text.replace(version.base_version, version.base_version + ".0" * zeros, 1)
    assert canonical(longer) == canonical(text)
    assert Version(canonical(text)) == version


@given(
    st.one_of(texts, st.from_regex(r"[0-9.]{1,24}", fullmatch=True)),
    st.sampled_from(["", " ", "+local"]),
)
def test_a_version_that_is_only_numbers_is_read_as_every_other(text: str, end: str) -> None:
    read = read_version(text + end)
    try:
        version = Version(text + end)
    except InvalidVersion:
        assert (read.version, read.base, read.text) == (None, None, text + end)
        assert read.canonical == (text + end).strip().lower()
        return
    assert (read.version, read.text) == (version, str(version))
    assert (read.base, Version(read.public)) == (Version(version.public), Version(version.public))
    assert Version(read.canonical) == version
    assert read.canonical == canonicalize_version(version)


def test_one_problem_under_several_ids_is_kept_once_with_the_precise_range() -> None:
    vague = Advisory(id="GHSA-1", name=DEMO, aliases=("CVE-1",), ranges=(Range(),), severity="high")
    precise = Advisory(id="PYSEC-1", name=DEMO, aliases=("CVE-1",), ranges=(Range(fixed="1.5"),))
    other = Advisory(id="PYSEC-2", name=DEMO, aliases=("CVE-2",), ranges=(Range(fixed="9"),))
    kept, second = merged([vague, other, precise])
    assert (kept.id, kept.aliases, kept.severity) == ("PYSEC-1", ("CVE-1", "GHSA-1"), "high")
    assert not hits(kept, "1.5")
    assert second == other


def test_ids_meet_through_a_third_advisory_and_not_across_projects() -> None:
    first = Advisory(id="A-1", name=DEMO, aliases=("CVE-1",), versions=frozenset({"1"}))
    second = Advisory(id="B-1", name=DEMO, aliases=("CVE-2",), versions=frozenset({"1"}))
    bridge = Advisory(id="C-1", name=DEMO, aliases=("CVE-1", "CVE-2"), malicious=True)
    elsewhere = Advisory(id="A-1", name=Name("other"), aliases=("CVE-1",))
    kept, other = merged([first, second, elsewhere, bridge])
    assert kept.id == "A-1"
    assert kept.malicious
    assert set(kept.aliases) == {"B-1", "C-1", "CVE-1", "CVE-2"}
    assert other == elsewhere


@given(st.permutations(range(4)))
def test_the_order_of_advisories_does_not_change_what_is_kept(order: list[int]) -> None:
    members = [
        Advisory(id="A-1", name=DEMO, aliases=("CVE-1",), ranges=(Range(fixed="2"),)),
        Advisory(id="B-1", name=DEMO, aliases=("CVE-1", "CVE-2"), ranges=(Range(),)),
        Advisory(id="C-1", name=DEMO, aliases=("CVE-2",), severity="low"),
        Advisory(id="D-1", name=DEMO, aliases=("CVE-2",), withdrawn=True, severity="critical"),
    ]
    (kept,) = merged([members[index] for index in order])
    assert (kept.id, kept.severity) == ("A-1", "low")


@pytest.mark.parametrize(
    ("vector", "word"),
    [
        # base scores of the examples in the CVSS 3.1 user guide
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", "medium"),
        ("CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", "medium"),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", "high"),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", "low"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", ""),
        ("CVSS:4.0/AV:N/AC:L", "CVSS:4.0/AV:N/AC:L"),
    ],
)
def test_a_vector_becomes_a_word(vector: str, word: str) -> None:
    advisory = only(parse_osv(document(severity=[{"type": "CVSS", "score": vector}])))
    assert advisory.severity == word
