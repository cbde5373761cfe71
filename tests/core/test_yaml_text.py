"""What we write as YAML is read back as the same data."""

import yaml
from hypothesis import given
from hypothesis import strategies as st

from onward.core.yaml_text import Data, Noted, write_yaml

TRICKY = st.sampled_from(
    ["on", "No", "1", "0x1", "1e3", "~", "a: b", "- a", "# no", "a #b", " a", "a ", "${{ x }}", "*a",
     "one\ntwo\n", "one\n two\n", " one\ntwo\n", "a\n\nb\n", "a\n\n", "2026-01-01", "12:30", "=", "<<",
     "\U0001f600", "\u2028", "\x85", "a\tb", "a-b", "-", "a - b", "---", "...", "a...", "\ufeff"]
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), TRICKY,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)  # fmt: skip
KEYS = st.one_of(TRICKY, st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
DATA = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(data=DATA)
def test_it_is_read_back_equal(data: Data) -> None:
    text = write_yaml(data, head="Head: of it\n\nend")
    assert yaml.safe_load(text) == data
    assert write_yaml(data, head="Head: of it\n\nend") == text


def test_it_looks_as_people_write_it() -> None:
    data: Data = {
        "permissions": {},
        "jobs": [{"uses": Noted("actions/x@abc", "v1"), "run": "one\ntwo\n"}, {"deep": [["a"]]}],
    }
    assert write_yaml(data, head="Ours") == (
        "# Ours\npermissions: {}\njobs:\n  - uses: actions/x@abc # v1\n    run: |\n      one\n      two\n"
        "  - deep:\n      - - a\n"
    )
