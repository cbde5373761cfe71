"""Rules that need a name alone: private, not allowed, a lookalike."""

import pytest

from onward.core.names import Name
from onward.domain.guard.by_name import judge_name
from onward.domain.guard.lookalike import Likeness
from onward.domain.guard.setting import Setting, claimed
from tests.domain.guard.test_releases import NOW, Index

SLIP = Likeness(meant=Name("requests"), rank=5, kind="swapped letters", as_of="2026-05-01")


def judge(
    name: str, *, public: bool = True, likeness: Likeness | None = None, **setting: object
) -> list[str]:
    found = judge_name(
        Name(name),
        Index(public=public),
        Setting(now=NOW, **setting),  # type: ignore[arg-type]
        likeness,
    )
    return [finding.rule for finding in found]


@pytest.mark.parametrize("name", ["acme-tools", "acme-", "acme-a-b"])
def test_a_claimed_name_never_comes_from_the_public_index(name: str) -> None:
    assert judge(name, private=("acme-*",)) == ["guard/private-name"]
    assert judge(name, private=("acme-*",), public=False) == []


@pytest.mark.parametrize("glob", ["Acme_Tools", "acme.*", "ACME-*", "*-tools", "acme_t*"])
def test_a_claim_is_read_in_any_spelling(glob: str) -> None:
    assert claimed(Name("acme-tools"), (glob,)) == glob


def test_what_is_not_claimed_comes_from_anywhere() -> None:
    assert judge("acmetools", private=("acme-*", "internal")) == []


def test_a_list_of_allowed_names_excludes_the_rest() -> None:
    assert judge("flask", allow_only=("httpx", "pytest-*")) == ["guard/not-allowed"]
    assert judge("pytest-cov", allow_only=("httpx", "pytest-*")) == []
    assert judge("flask", allow_only=()) == ["guard/not-allowed"]
    assert judge("flask", allow_only=None) == []


def test_a_lookalike_is_named_with_what_was_meant() -> None:
    (finding,) = judge_name(Name("reqeusts"), Index(), Setting(now=NOW), SLIP)

    assert finding.rule == "guard/lookalike"
    assert "requests" in finding.message
    assert "onward add requests" in finding.hint
    assert finding.facts["meant"] == "requests"
    assert finding.seen_by == "the most downloaded names of 2026-05-01"


def test_an_import_name_is_told_its_project() -> None:
    meant = Likeness(meant=Name("scikit-learn"), rank=30, kind="import-name")

    (finding,) = judge_name(Name("sklearn"), Index(), Setting(now=NOW), meant)

    assert "what you import" in finding.message
    assert "`scikit-learn`" in finding.message


def test_a_private_name_may_look_like_anything() -> None:
    assert judge("reqeusts", likeness=SLIP, private=("reqeusts",), public=False) == []


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert judge("acme-x", private=("acme-*",), allow_only=("httpx",)) == [
        "guard/private-name",
        "guard/not-allowed",
    ]
