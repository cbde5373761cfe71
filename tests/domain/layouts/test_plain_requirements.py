"""The plain form of a requirement is read without the whole grammar, and must agree with it."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement

from onward.core.names import parse_name
from onward.core.project import Declared
from onward.domain.layouts.declare import declare, place_at

PLACE = place_at("pyproject.toml", 1, "")
names = st.from_regex(
    re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?", re.ASCII), fullmatch=True
)
versions = st.from_regex(
    re.compile(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}(rc1|\.post1|\.dev2|\.\*)?", re.ASCII), fullmatch=True
)
operators = st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "~=", "==="])
clauses = st.lists(
    st.builds("{}{}{}".format, operators, st.sampled_from(["", " "]), versions), max_size=3
)
extras = st.sampled_from(["", "[a]", "[a, b]", " [x-y]"])


@given(st.builds(lambda n, e, c: f"{n}{e}{' ' if e else ''}{', '.join(c)}", names, extras, clauses))
@example("six ~=1")
@example("six~=1.4")
@example("six>=1.*")
@example("six==1.*,!=1.2")
def test_agrees_with_packaging(text: str) -> None:
    try:
        expected = Requirement(text)
    except InvalidRequirement:
        assert not isinstance(declare(text, PLACE), Declared)
        return
    found = declare(text, PLACE)
    assert isinstance(found, Declared)
    assert found.name == parse_name(expected.name)
    assert Requirement(found.requirement) == expected
    assert (found.original or found.requirement) == text
