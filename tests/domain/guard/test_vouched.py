"""Names that are vouched for would be questioned without it; otherwise the entry is not needed."""

from importlib.resources import files

import pytest

from onward.core.names import Name
from onward.domain.guard.lookalike import nearest_popular
from onward.domain.guard.tables import PopularTable, parse_popular
from onward.domain.guard.vouched import REASONS, VOUCHED


@pytest.fixture(scope="module")
def table() -> PopularTable:
    return parse_popular((files("onward") / "data" / "popular.txt").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(VOUCHED))
def test_a_vouched_name_is_let_through_and_needs_it(table: PopularTable, name: Name) -> None:
    assert nearest_popular(name, table) is not None
    assert nearest_popular(name, table, vouched=VOUCHED) is None
    assert REASONS[name]


def test_a_neighbour_of_a_vouched_name_is_still_questioned(table: PopularTable) -> None:
    assert nearest_popular(Name("httpx3"), table, vouched=VOUCHED) is not None
