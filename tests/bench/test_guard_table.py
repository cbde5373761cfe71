"""The table of the bench of the guard, and the made-up pages it is partly measured with; no time is asserted."""

import json

from bench.guard_made_up import name_of, page_of
from bench.guard_stage import rotated
from bench.guard_table import Row, told
from onward.adapters.simple_api import read_page, versions_of
from onward.core.names import parse_name


def row(most: float, base: str = "nginx", **figures: float) -> Row:
    return Row(what="a page", unit="ms", figures=figures, most=most, base=base)


def test_a_row_is_judged_by_its_ratio_or_by_itself() -> None:
    assert row(2.0, onward=3.0, nginx=2.0).met
    assert not row(2.0, onward=5.0, nginx=2.0).met
    assert row(2.0, base="", onward=1.9).met
    assert not row(2.0, base="", onward=2.1).met


def test_what_could_not_be_measured_is_no_pass() -> None:
    for one in (row(2.0, onward=1.0), row(2.0, nginx=1.0), row(2.0, onward=1.0, nginx=0.0)):
        assert not one.met
        assert "NOT MEASURED MISS" in told([one], {}, "")


def test_the_table_names_each_peer_and_why_one_is_not_there() -> None:
    text = told(
        [row(2.0, onward=3.0, nginx=2.0, proxpi=50.0)], {"devpi-server": "no wheel"}, "busy"
    )
    assert "<= 2 x nginx: 1.50 pass" in text
    assert "50 ms" in text
    assert "NOT MEASURED: devpi-server: no wheel" in text
    assert text.endswith("busy\n")


def test_the_order_changes_each_round_and_nobody_is_left_out() -> None:
    rounds = [rotated(["a", "b", "c"], number) for number in range(3)]
    assert [one[0] for one in rounds] == ["a", "b", "c"]
    assert all(sorted(one) == ["a", "b", "c"] for one in rounds)
    assert rotated([], 4) == []


def test_a_made_up_page_is_a_page_and_always_the_same() -> None:
    sizes = []
    for number in range(200):
        name = name_of(number)
        body = page_of(name, "http://127.0.0.1:1")
        assert body == page_of(name, "http://127.0.0.1:1")
        page = read_page(body, "application/json", "http://127.0.0.1:1/simple/x/", parse_name(name))
        files = [file["filename"] for file in json.loads(body)["files"]]
        assert len(versions_of(page, parse_name(name))) == len(set(files)) == len(files)
        sizes.append(len(files))
    assert sorted(sizes)[100] < sum(sizes) / 200 < max(sizes)  # many small ones, few large ones
