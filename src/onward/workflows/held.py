"""What the policy held back in a resolution: asked for by number, or named in the resolver's words."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.version_order import newest_first
from onward.index.local import Held
from onward.shelves.shown import REASON
from onward.workflows.counter import Counter

Blocks = Callable[[Finding], bool]
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def held_findings(
    counters: Mapping[str, Counter], asked: Sequence[Held], blocks: Blocks
) -> tuple[Finding, ...]:
    """Give what blocks the releases that were asked for although they are held back, each finding once."""
    found: dict[str, Finding] = {}
    for held in asked:
        view = counters[held.key].guarded.view(held.name)
        judged = (*view.judged.project, *view.judged.on(held.version)) if view else ()
        found |= {f.fingerprint: f for f in judged if blocks(f)}
    return tuple(found.values())


def held_in_words(
    counters: Iterable[Counter], words: Sequence[str], blocks: Blocks, only: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Give what holds back the names in the resolver's words: the project whole, or its newest held release.

    A release counts when the words tell of one that is held (they then quote our reason).
    ``only`` limits it to findings of these rules, but for names that were blocked before
    any page was asked for.
    """
    found: list[Finding] = []
    told = any(REASON in line for line in words)
    seen = [counter.seen for counter in counters]
    for name in dict.fromkeys(_WORD.findall(" ".join(words))):
        for view in (pages[Name(name)] for pages in seen if name in pages):
            releases = view.judged.releases
            newest = newest_first(releases)[:1] if told or only else []
            for finding in (*view.judged.project, *(f for v in newest for f in releases[v])):
                counts = not only or finding.rule in only or not view.context
                if counts and blocks(finding):
                    found.append(finding)
    return tuple(found)
