"""Our own words about single rules of other tools: what one finds, why that matters, bad and good code."""

from collections.abc import Callable, Mapping

import msgspec

from onward.domain.policy.examples import Example


class RuleWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words about one rule.

    ``what`` is empty where the adapter of the tool says it. ``sketch`` says that the example only
    shows the idea, since it depends on more than a file.
    """

    what: str = ""
    why: str
    bad: str
    good: str
    sketch: bool = False

    @property
    def example(self) -> Example:
        """The two pieces of code, without the empty line above them."""
        return Example(self.bad.strip("\n"), self.good.strip("\n"))


class ToolWords(msgspec.Struct, frozen=True, kw_only=True):
    """Words about the rules of one tool by their codes; ``url`` and ``silence`` may hold ``{code}``."""

    url: str
    silence: str
    rules: dict[str, RuleWords]

    def address(self, code: str) -> str:
        """Give where the tool writes about a rule."""
        return self.url.replace("{code}", code)

    def way(self, code: str) -> str:
        """Give the sentence on the tool's own way to silence a rule, empty where a comment of ours is one."""
        return self.silence.replace("{code}", code)


def read_words(tables: Mapping[str, object], other: Callable[[str], RuleWords]) -> ToolWords:
    """Read the words about a tool; ``like`` in a rule takes what it does not say itself from the one that ``other`` gives."""
    rules: dict[str, RuleWords] = {}
    for code, table in tables.items():
        if isinstance(table, dict):
            said = {key: value for key, value in table.items() if key != "like"}
            if like := table.get("like"):
                said = msgspec.structs.asdict(other(str(like))) | said
            rules[code] = msgspec.convert(said, RuleWords)
    texts = {key: str(tables.get(key, "")) for key in ("url", "silence")}
    return ToolWords(rules=rules, **texts)
