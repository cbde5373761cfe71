"""Pages as the policy shows them: what is held back cannot be fetched, and old judgements do not last."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from onward.adapters import simple_api
from onward.core.artifact import Artifact, Status
from onward.core.errors import OutsideFailed
from onward.core.finding import Finding, Release
from onward.core.names import Name
from onward.core.net import Net
from onward.domain.guard.releases import Judged
from onward.domain.guard.setting import Index
from onward.shelves.cached import Cached
from onward.shelves.guarded import Guarded
from onward.shelves.shown import ToResolver
from onward.shelves.upstream import Upstream
from tests.registry import Registry

DEMO = Name("demo")
NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
BASE = "http://index.test/k"

Say = Callable[[str], str | None]
"""Given a version, the rule that a judge finds on it."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    public: bool = True
    remote: bool = True


class FakeJudge:
    """Finds what it is told to find, and counts how often it is asked."""

    def __init__(self, say: Say = lambda _version: None) -> None:
        self.now = NOON
        self.say = say
        self.word = "one"
        self.on_the_name = ""
        self.on_the_project = ""
        self.on_files: dict[str, str] = {}
        self.until: dt.datetime | None = None
        self.judged = 0

    def digest(self, name: Name) -> str:
        return f"{self.word} {name}"

    def on_name(self, name: Name, index: Index) -> tuple[Finding, ...]:
        return (self._finding(self.on_the_name, name),) if self.on_the_name else ()

    def on_releases(
        self, name: Name, releases: Mapping[str, Sequence[Artifact]], index: Index, status: Status
    ) -> Judged:
        self.judged += 1
        rules = {version: self.say(version) for version in releases}
        return Judged(
            project=(self._finding(self.on_the_project, name),) if self.on_the_project else (),
            releases={v: (self._finding(rule, name, v),) for v, rule in rules.items() if rule},
            files={f: (self._finding(rule, name),) for f, rule in self.on_files.items()},
            until=self.until,
        )

    def blocks(self, finding: Finding) -> bool:
        return not finding.rule.startswith("advise/")

    def _finding(self, rule: str, name: Name, version: str = "") -> Finding:
        return Finding(
            rule=rule, subject=Release(name=name, version=version), message=f"{name} {version}!"
        )


class Stand:
    """A guarded index over the registry, its folders below ``folder``."""

    def __init__(self, registry: Registry, folder: Path) -> None:
        self.registry = registry
        self.folder = folder
        self.login_origin = ""

    def open(self, judge: FakeJudge) -> Guarded:
        source = Upstream(Net({}, attempts=1, pause=0), self.registry.url)
        return Guarded(
            Cached(source, self.folder / "pages"),
            Facts(address=self.registry.url),
            judge,
            self.folder / "views",
            show=ToResolver(BASE, self.login_origin),
        )

    def page(self, judge: FakeJudge) -> dict[str, Any]:
        guarded = self.open(judge)
        view = guarded.view(DEMO)
        assert view is not None
        found: dict[str, Any] = json.loads(guarded.body(DEMO, view))
        return found

    def files(self, judge: FakeJudge) -> dict[str, dict[str, Any]]:
        return {file["filename"]: file for file in self.page(judge)["files"]}


@pytest.fixture
def stand(registry: Registry, tmp_path: Path) -> Stand:
    registry.add("demo", "1.0", sdist=True)
    registry.add("demo", "1.1", sdist=True)
    return Stand(registry, tmp_path)


def bad(version: str) -> str | None:
    return "guard/too-new" if version == "1.1" else None


def test_a_held_release_is_yanked_with_the_reason_and_cannot_be_fetched(stand: Stand) -> None:
    files = stand.files(FakeJudge(bad))

    wheel, sdist = files["demo-1.1-py3-none-any.whl"], files["demo-1.1.tar.gz"]
    assert wheel["yanked"] == "onward: guard/too-new: demo 1.1!"
    assert wheel["url"] == f"{BASE}/held/demo/1.1/demo-1.1-py3-none-any.whl"
    assert sdist["url"] == f"{BASE}/held/demo/1.1/demo-1.1.tar.gz"
    assert "yanked" not in files["demo-1.0.tar.gz"]
    assert stand.registry.base not in f"{wheel} {sdist}"


def test_advice_holds_nothing_back(stand: Stand) -> None:
    files = stand.files(FakeJudge(lambda _version: "advise/old"))

    assert all("yanked" not in file for file in files.values())


def test_equal_versions_are_held_back_together(stand: Stand) -> None:
    stand.registry.offer("demo", "1.1.0", "demo-1.1.0-py3-none-any.whl", b"x")
    stand.registry.offer("demo", "1.1", "demo-v1.1.zip", b"x")

    held = [name for name, file in stand.files(FakeJudge(bad)).items() if "/held/" in file["url"]]

    assert sorted(held) == [
        "demo-1.1-py3-none-any.whl",
        "demo-1.1.0-py3-none-any.whl",
        "demo-1.1.tar.gz",
        "demo-v1.1.zip",
    ]


def test_a_single_bad_file_is_left_out(stand: Stand) -> None:
    judge = FakeJudge()
    judge.on_files = {"demo-1.0.tar.gz": "guard/too-new"}

    assert "demo-1.0.tar.gz" not in stand.files(judge)
    assert "demo-1.0-py3-none-any.whl" in stand.files(judge)


def test_what_is_no_distribution_of_the_project_is_left_out(stand: Stand) -> None:
    stand.registry.offer("demo", "1.0", "other-1.0-py3-none-any.whl", b"x")
    stand.registry.offer("demo", "1.0", "demo-1.0.exe", b"x")

    assert len(stand.files(FakeJudge())) == 4


def test_a_blocked_project_has_an_empty_page(stand: Stand) -> None:
    judge = FakeJudge()
    judge.on_the_project = "guard/quarantined"

    assert stand.page(judge)["files"] == []


def test_a_blocked_name_is_not_even_asked_for(stand: Stand) -> None:
    judge = FakeJudge()
    judge.on_the_name = "guard/private-name"

    assert stand.page(judge)["files"] == []
    assert stand.registry.requests == []


def test_an_unknown_name_has_no_view(stand: Stand) -> None:
    assert stand.open(FakeJudge()).view(Name("nothing")) is None


def test_files_without_tls_come_through_us(stand: Stand) -> None:
    url = stand.files(FakeJudge())["demo-1.0.tar.gz"]["url"]

    assert (
        url == f"{BASE}/files/http/{stand.registry.base.partition('//')[2]}/files/demo-1.0.tar.gz"
    )


def test_files_with_tls_keep_their_address(stand: Stand) -> None:
    stand.registry.set(files_base="https://files.example.org/a")

    url = stand.files(FakeJudge())["demo-1.0.tar.gz"]["url"]

    assert url == "https://files.example.org/a/demo-1.0.tar.gz"


def test_only_files_of_the_index_with_the_login_come_through_us(stand: Stand) -> None:
    stand.login_origin = "https://index.example.org"
    stand.registry.set(files_base="https://index.example.org/f")
    own = stand.files(FakeJudge())["demo-1.0.tar.gz"]["url"]
    other = {}
    for place in ("https://index.example.org:8443/f", "https://cdn.example.org/f"):
        stand.registry.set(files_base=place)
        stand = Stand(stand.registry, stand.folder / place.partition("//")[2].partition(":")[0])
        stand.login_origin = "https://index.example.org"
        other[place] = stand.files(FakeJudge())["demo-1.0.tar.gz"]["url"]

    assert own == f"{BASE}/files/https/index.example.org/f/demo-1.0.tar.gz"
    assert all(url == f"{place}/demo-1.0.tar.gz" for place, url in other.items())


# How long a judgement lasts


def test_a_judgement_is_kept_while_nothing_changes(stand: Stand) -> None:
    judge = FakeJudge(bad)
    first = stand.open(judge).view(DEMO)

    assert stand.open(judge).view(DEMO) == first
    assert judge.judged == 1


def test_another_policy_feed_or_lock_judges_anew(stand: Stand) -> None:
    judge = FakeJudge()
    stand.open(judge).view(DEMO)
    judge.word, judge.say = "two", bad

    assert "/held/" in stand.files(judge)["demo-1.1.tar.gz"]["url"]
    assert judge.judged == 2


def test_a_changed_page_is_judged_anew(registry: Registry, tmp_path: Path) -> None:
    registry.add("demo", "1.0")
    stand, judge = Stand(registry, tmp_path), FakeJudge()
    stand.open(judge).view(DEMO)
    registry.add("demo", "1.1")
    for page in (tmp_path / "pages").rglob("demo"):
        page.unlink()

    assert len(stand.files(judge)) == 2
    assert judge.judged == 2


def test_a_judgement_that_depends_on_the_time_ends(stand: Stand) -> None:
    judge = FakeJudge(bad)
    judge.until = NOON + dt.timedelta(hours=1)
    stand.open(judge).view(DEMO)
    judge.now = NOON + dt.timedelta(minutes=59)
    stand.open(judge).view(DEMO)
    assert judge.judged == 1

    judge.now = NOON + dt.timedelta(hours=1)
    judge.say = lambda _version: None
    judge.until = None

    assert "/held/" not in str(stand.files(judge))
    assert judge.judged == 2


def test_the_mark_of_a_page_changes_with_what_it_shows(stand: Stand) -> None:
    clean, strict = FakeJudge(), FakeJudge(bad)
    strict.word = "two"

    marks = {view.mark for judge in (clean, strict) if (view := stand.open(judge).view(DEMO))}

    assert len(marks) == 2


@pytest.mark.parametrize("damage", ["cut", "head", "body", "gone"])
def test_a_damaged_view_is_made_anew(stand: Stand, damage: str) -> None:
    judge = FakeJudge(bad)
    right = stand.page(judge)
    (kept,) = (stand.folder / "views").rglob("demo")
    raw = kept.read_bytes()
    guarded = stand.open(judge)
    view = guarded.view(DEMO)
    assert view is not None
    match damage:
        case "gone":
            kept.unlink()
        case _:
            kept.write_bytes(
                {
                    "cut": raw[:-20],
                    "head": b"x" + raw,
                    "body": raw.replace(b"/held/", b"/hold/"),
                }[damage]
            )

    assert json.loads(guarded.body(DEMO, view)) == right
    assert stand.page(judge) == right


def test_the_page_of_another_policy_is_never_served(stand: Stand) -> None:
    """Two onwards share the folder: between looking and reading, the other one puts its own there."""
    strict, lax = FakeJudge(bad), FakeJudge()
    strict.word = "strict"
    guarded = stand.open(strict)
    view = guarded.view(DEMO)
    assert view is not None

    stand.open(lax).view(DEMO)

    assert b"/held/" in guarded.body(DEMO, view)


def test_a_page_that_is_none_is_not_kept(stand: Stand) -> None:
    stand.registry.fail("garbage", "/simple/*", times=1)
    with pytest.raises(OutsideFailed):
        stand.open(FakeJudge()).view(DEMO)

    assert stand.open(FakeJudge()).view(DEMO) is not None


def test_what_an_index_lists_is_told_unjudged(stand: Stand) -> None:
    guarded = stand.open(FakeJudge(bad))

    assert guarded.listed(DEMO, anew=False) is None
    assert stand.registry.requests == []
    listed = guarded.listed(DEMO, anew=True)
    assert listed is not None
    assert len(listed) == 4
    assert guarded.listed(DEMO, anew=False) == listed
    assert len(stand.registry.requests) == 1


def test_a_name_that_was_unknown_is_asked_for_when_it_matters(stand: Stand) -> None:
    other = Name("other")
    guarded = stand.open(FakeJudge())
    guarded.view(other)
    stand.registry.add("other", "1.0")

    again = stand.open(FakeJudge())
    assert again.view(other) is None
    assert again.ask_again()
    assert again.view(other) is not None
    assert not again.ask_again()
    assert stand.open(FakeJudge()).listed(other, anew=True)


# Only to explain a failure


def test_the_open_page_still_hides_malware(stand: Stand) -> None:
    judge = FakeJudge(lambda v: "guard/malicious" if v == "1.0" else "guard/too-new")
    body = stand.open(judge).open_body(DEMO)

    assert body is not None
    files = simple_api.read_page(body, simple_api.JSON, stand.registry.url, DEMO).files
    assert {file.filename for file in files} == {"demo-1.1-py3-none-any.whl", "demo-1.1.tar.gz"}
    assert all(file.yanked is False and "/held/" not in file.url for file in files)


@pytest.mark.parametrize("rule", ["guard/quarantined", "guard/malicious"])
def test_the_open_page_of_what_is_dangerous_as_a_whole_is_empty(stand: Stand, rule: str) -> None:
    judge = FakeJudge()
    judge.on_the_project = rule

    body = stand.open(judge).open_body(DEMO)

    assert body is not None
    assert json.loads(body)["files"] == []


@pytest.mark.parametrize("rule", ["guard/private-name", "guard/lookalike"])
def test_the_open_page_of_a_private_name_or_a_slip_does_not_ask(stand: Stand, rule: str) -> None:
    judge = FakeJudge()
    judge.on_the_name = rule

    body = stand.open(judge).open_body(DEMO)

    assert stand.registry.requests == []
    assert body is not None
    assert json.loads(body)["files"] == []


def test_the_open_page_of_a_name_that_is_not_allowed_tells_what_there_is(stand: Stand) -> None:
    judge = FakeJudge()
    judge.on_the_name = "guard/not-allowed"

    body = stand.open(judge).open_body(DEMO)

    assert body is not None
    assert len(json.loads(body)["files"]) == 4
