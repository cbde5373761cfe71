"""One event is one line, whatever stands in it, and holds no login."""

import datetime as dt
import json

from hypothesis import given
from hypothesis import strategies as st

from onward.core.events import Event, Weight, json_line, text_line

AT = dt.datetime(2026, 6, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
facts = st.dictionaries(
    st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    st.one_of(st.text(), st.integers(), st.none(), st.booleans()),
    max_size=4,
)


@given(facts)
def test_an_event_is_one_line_of_plain_letters(told: dict[str, str | int | bool | None]) -> None:
    event = Event(kind="trial", facts=told)
    for line in (text_line(event, AT), json_line(event, AT)):
        assert line.isascii()
        assert line.isprintable()


@given(facts)
def test_json_can_be_read_again(told: dict[str, str | int | bool | None]) -> None:
    read = json.loads(json_line(Event(kind="trial", facts=told), AT))
    assert list(read)[:3] == ["at", "weight", "event"]
    for key, value in told.items():
        if key not in ("at", "weight", "event") and "@" not in str(value) and "=" not in str(value):
            assert read[key] == value


def test_text_says_when_how_much_and_what() -> None:
    event = Event(kind="held-back", weight=Weight.warning, facts={"path": "/a b", "status": 403})
    line = text_line(event, AT)
    assert line == '2026-06-01T10:00:00.000Z warning held-back path="/a b" status=403'


def test_no_login_and_no_token_is_told() -> None:
    secret = "".join(reversed("tset-a-si-siht"))
    event = Event(
        kind="upstream-failed",
        facts={
            "address": f"https://me:{secret}@index.test/simple/x/",
            "path": f"/simple/?token={secret}",
            "agent": f"Authorization: Basic {secret}",
        },
    )
    assert secret not in text_line(event, AT)
    assert secret not in json_line(event, AT)


def test_a_value_without_end_is_cut() -> None:
    assert len(text_line(Event(kind="trial", facts={"agent": "x" * 100_000}), AT)) < 5_000
