"""Figures as Prometheus reads them (text format 0.0.4)."""

import re

from hypothesis import given
from hypothesis import strategies as st

from onward.index.exposition import Figure, Sample, write_figures

LINE = re.compile(r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\[\\n"])*"\})? -?[0-9.e+-]+')


@given(st.text(), st.text())
def test_no_label_and_no_words_break_a_line(label: str, words: str) -> None:
    sample = Sample(value=1.5, labels={"of": label})
    figure = Figure(name="a_total", words=words, kind="counter", samples=(sample,))
    told, kind, line, end = write_figures([figure]).decode().split("\n")
    assert told.startswith("# HELP a_total")
    assert kind == "# TYPE a_total counter"
    assert LINE.fullmatch(line)
    assert end == ""


def test_each_value_has_its_labels_and_its_suffix() -> None:
    samples = (
        Sample(value=12, labels={"route": "simple"}, suffix="_count"),
        Sample(value=0.25, labels={"route": 'a"b\\c\nd'}, suffix="_sum"),
        Sample(value=2**53),
    )
    text = write_figures([Figure(name="x", words="y", kind="summary", samples=samples)]).decode()
    assert text.splitlines()[2:] == [
        'x_count{route="simple"} 12',
        r'x_sum{route="a\"b\\c\nd"} 0.25',
        "x 9007199254740992",
    ]


def test_a_figure_without_values_is_left_out() -> None:
    assert write_figures([Figure(name="x", words="y", kind="gauge", samples=())]) == b""
