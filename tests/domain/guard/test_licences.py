"""Licences against a policy's list: expressions, words of older metadata, and what is not known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.finding import Certainty, Release
from onward.domain.guard.licences import judge_licence, read_licence

DEMO = Release(name="demo", version="1.0", source="https://index.example.org/simple")
FREE = ("MIT", "BSD-*", "Apache-2.0")


def rule(stated: str | None, *lists: tuple[str, ...]) -> str:
    finding = judge_licence(DEMO, stated, lists)
    return finding.rule if finding else ""


@pytest.mark.parametrize(
    "stated",
    [
        "MIT", "mit", "BSD-3-Clause", "MIT OR GPL-3.0-only", "MIT AND BSD-2-Clause",
        "GPL-3.0-only AND MIT OR Apache-2.0", "(GPL-3.0-only OR MIT) AND Apache-2.0",
        "Apache-2.0 WITH LLVM-exception", "BSD", "MIT License", "Apache Software",
        "MIT and Apache Software", "apache 2.0",
    ],
)  # fmt: skip
def test_what_a_list_lets_in(stated: str) -> None:
    assert rule(stated, FREE) == ""


@pytest.mark.parametrize(
    "stated",
    [
        "GPL-3.0-only", "MIT AND GPL-3.0-only", "GPL-3.0-only OR (MIT AND MPL-2.0)",
        "(GPL-3.0-only OR MIT) AND MPL-2.0", "GNU General Public License v3 (GPLv3)",
        "MIT and GNU Affero General Public License v3", "LicenseRef-Own",
    ],
)  # fmt: skip
def test_what_it_does_not(stated: str) -> None:
    finding = judge_licence(DEMO, stated, [FREE])

    assert finding is not None
    assert (finding.rule, finding.certainty) == ("guard/licence", Certainty.known)
    assert finding.facts == {"licence": stated, "allowed": sorted(FREE)}
    assert stated in finding.message
    assert "onward allow demo==1.0 --rule guard/licence" in finding.hint


def test_words_that_may_mean_two_need_both() -> None:
    assert rule("BSD", ("BSD-3-Clause",)) == "guard/licence"
    assert rule("BSD", ("BSD-3-Clause", "BSD-2-Clause")) == ""


def test_a_list_that_only_keeps_out() -> None:
    out = ("!AGPL-*", "!GPL-*")

    assert rule("MIT", out) == ""
    assert rule("AGPL-3.0-or-later", out) == "guard/licence"
    assert rule("AGPL-3.0-or-later OR MPL-2.0", out) == ""
    assert rule("GPL-2.0-only WITH Classpath-exception-2.0", out) == "guard/licence"
    assert rule("MIT", ("!MIT", "*")) == "guard/licence"


def test_two_lists_must_both_let_it_in() -> None:
    assert rule("MIT", FREE, ("!MIT",)) == "guard/licence"
    assert rule("MIT", FREE, ("MIT",)) == ""


@pytest.mark.parametrize("stated", [None, "", "see the file", "MIT and whatever", "x" * 9_000])
def test_what_is_not_known_is_not_let_in_and_not_kept_out(stated: str | None) -> None:
    finding = judge_licence(DEMO, stated, [FREE])

    assert finding is not None
    assert (finding.rule, finding.certainty) == ("guard/licence-unknown", Certainty.unknown)


def test_without_a_list_nothing_is_looked_at() -> None:
    assert rule("AGPL-3.0-only") == rule(None) == rule("", ()) == ""


_IDS = st.sampled_from(["MIT", "ISC", "GPL-3.0-only", "Apache-2.0 WITH LLVM-exception"])
_LAW = {"MIT": True, "ISC": False, "GPL-3.0-only": False, "Apache-2.0 WITH LLVM-exception": True}
_EXPRESSIONS = st.recursive(
    _IDS.map(lambda word: (word, _LAW[word])),
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(
        lambda three: (
            f"({three[0][0]} {three[1]} {three[2][0]})",
            (three[0][1] and three[2][1]) if three[1] == "AND" else (three[0][1] or three[2][1]),
        )
    ),
    max_leaves=8,
)


@given(_EXPRESSIONS)
def test_expressions_mean_what_logic_says(expression: tuple[str, bool]) -> None:
    text, let_in = expression
    if len(text) <= 500:
        assert (rule(text, ("MIT", "Apache-2.0")) == "") is let_in


@given(st.text(max_size=60) | st.lists(st.sampled_from("()"), max_size=600).map("".join))
def test_no_text_breaks_the_reading(text: str) -> None:
    read_licence(text)
