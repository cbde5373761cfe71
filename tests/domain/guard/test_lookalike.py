"""guard/lookalike: silent on honest names, awake for slips, by example and over the whole table."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.tables import popular_table
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.import_names import IMPORT_NAMES
from onward.domain.guard.lookalike import Likeness, nearest_popular
from onward.domain.guard.slips import slips
from onward.domain.guard.tables import PopularTable
from onward.domain.guard.vouched import VOUCHED

REAL = popular_table()
ROOT = Path(__file__).parents[3]


def table(*names: str, filled: int = 0) -> PopularTable:
    """A table whose first names are ``names``, after ``filled`` names that look like nothing."""
    return PopularTable.of([*(Name(f"qq{n}zz{n}qq") for n in range(filled)), *map(Name, names)])


def test_every_well_known_name_is_left_alone_but_the_listed_import_names() -> None:
    questioned = {name for name in REAL.names if nearest_popular(name, REAL) is not None}
    assert questioned == set(IMPORT_NAMES) & set(REAL.names)
    assert {"sklearn", "bs4"} <= questioned
    assert len(questioned) < 20


def test_nothing_that_real_projects_ask_for_is_questioned() -> None:
    lines = (ROOT / "bench" / "real_requirements.txt").read_text(encoding="utf-8").split("\n")
    names = [Name(line) for line in lines if line and not line.startswith("#")]
    assert len(names) > 300
    questioned = [name for name in names if nearest_popular(name, REAL, vouched=VOUCHED)]
    assert questioned == []


def test_every_import_name_gives_its_project_and_that_one_is_honest() -> None:
    assert len(IMPORT_NAMES) >= 60
    for typed, meant in IMPORT_NAMES.items():
        found = nearest_popular(typed, REAL)
        assert found == Likeness(kind="import-name", meant=meant, rank=REAL.rank(meant) or 0)
        assert (parse_name(typed), parse_name(meant)) == (typed, meant)
        assert meant not in IMPORT_NAMES
        assert meant in REAL or nearest_popular(meant, REAL) is None


@pytest.mark.parametrize(
    ("typed", "meant", "kind"),
    [
        ("reqeusts", "requests", "swapped letters"),
        ("requets", "requests", "one letter less"),
        ("requestss", "requests", "a doubled letter"),
        ("request", "requests", "one letter less"),
        ("requesta", "requests", "a neighbouring key"),
        ("python-requests", "requests", "an affix"),
        ("requests2", "requests", "an affix"),
        ("scikitlearn", "scikit-learn", "separators"),
        ("beautiful-soup4", "beautifulsoup4", "separators"),
        ("cyrptography", "cryptography", "swapped letters"),
        ("crypt0graphy", "cryptography", "confusable letters"),
        ("nurnpy", "numpy", "confusable letters"),
        ("dateutil-python", "python-dateutil", "the order of its words"),
        ("djanog", "django", "swapped letters"),
        ("matplotllb", "matplotlib", "confusable letters"),
        ("cryptograpy", "cryptography", "one letter less"),
        ("cyrptograpy", "cryptography", "two slips: swapped letters and one letter less"),
    ],
)
def test_what_a_slip_looks_like(typed: str, meant: str, kind: str) -> None:
    found = nearest_popular(Name(typed), REAL)
    assert found == Likeness(
        kind=kind,
        meant=Name(meant),
        rank=REAL.rank(Name(meant)) or 0,
        as_of=REAL.date.isoformat(),
    )


@pytest.mark.parametrize(
    "honest",
    [
        "acme-core",
        "requests-aws",
        "my-company-client",
        "boto9",
        "six7",
        "mypy-boto3-zqs",
        "qpdfview",
    ],
)
def test_honest_names_are_left_alone(honest: str) -> None:
    assert nearest_popular(Name(honest), REAL) is None


def test_a_weak_likeness_needs_a_much_more_popular_name() -> None:
    assert nearest_popular(Name("wibblo"), table("wibble")) is not None
    assert nearest_popular(Name("wibblo"), table("wibble", filled=3_000)) is None
    assert nearest_popular(Name("wibbel"), table("wibble", filled=3_000)) is not None


def test_short_names_meet_by_chance() -> None:
    assert nearest_popular(Name("tow"), table("two")) is None
    assert nearest_popular(Name("abde"), table("abce")) is None


def test_what_differs_counts_not_what_is_shared() -> None:
    assert nearest_popular(Name("some-long-prefix-abd"), table("some-long-prefix-abc")) is None
    assert nearest_popular(Name("some-long-prefixx"), table("some-long-prefix")) is not None


def test_another_digit_is_another_member_of_the_family() -> None:
    assert nearest_popular(Name("wibble3"), table("wibble2")) is None


def test_a_vouched_name_is_never_questioned() -> None:
    assert nearest_popular(Name("reqeusts"), REAL, vouched=frozenset({Name("reqeusts")})) is None
    assert nearest_popular(Name("sklearn"), REAL, vouched=frozenset({Name("sklearn")})) is None


def test_the_likeliest_of_several_is_named() -> None:
    found = nearest_popular(Name("wibbel"), table("wibbels", "wibble"))
    assert found is not None
    assert found.meant == "wibble"  # a swap is a likelier slip than a letter left out


words = st.from_regex(r"[a-z0-9](-?[a-z0-9]){3,14}", fullmatch=True)


@given(words)
def test_any_name_gets_an_answer_that_is_in_the_table(word: str) -> None:
    assert is_name(word)
    found = nearest_popular(Name(word), REAL)
    if found is not None and found.kind != "import-name":
        assert word not in REAL
        assert REAL.rank(found.meant) == found.rank


@given(st.sampled_from(REAL.names[:2000]).filter(lambda name: len(name) > 6), st.data())
def test_two_letters_swapped_in_a_popular_name_are_seen(name: Name, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(name) - 3))
    typed = Name(name[:at] + name[at + 1] + name[at] + name[at + 2 :])
    changed = set(typed[at : at + 2])
    honest = typed in REAL or typed in IMPORT_NAMES
    if len(changed) < 2 or not "".join(changed).isalpha() or honest or "-" in name:
        return
    assert nearest_popular(typed, REAL) is not None


@given(words, words)
def test_the_cost_of_a_slip_is_a_measure(one: str, other: str) -> None:
    cost, kinds = slips(one, other)
    assert (cost == 0) == (one == other) == (kinds == ())
    assert cost >= 0.5 * len(kinds)
    assert len(kinds) <= max(len(one), len(other)) * 2
