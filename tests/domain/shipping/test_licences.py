"""The list of licences: what is not known is said, and a stranger's text does nothing to a terminal."""

from onward.domain.shipping.licences import Licensed, render, unknown

ROWS = (
    Licensed(name="zeta", version="2", licence="MIT", texts={"LICENSE": "Be\x1b[2J nice.\r\n"}),
    Licensed(name="alpha", version="1.0", licence=""),
    Licensed(name="beta", version="3", licence=None),
)


def test_each_name_once_and_unknown_is_unknown() -> None:
    lines = render("demo 0.1.0", ROWS).decode().splitlines()
    assert lines[2:5] == [
        "alpha 1.0  unknown (it states none)",
        "beta 3     unknown (not installed here)",
        "zeta 2     MIT",
    ]
    assert unknown(ROWS) == ("alpha", "beta")
    assert "Be[2J nice." in lines
    assert "\x1b" not in "".join(lines)


def test_the_order_of_the_rows_does_not_matter() -> None:
    assert render("x", ROWS) == render("x", ROWS[::-1])
