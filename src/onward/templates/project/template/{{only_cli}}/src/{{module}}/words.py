"""Count words: the work itself, without files, arguments or printing."""

import re
from collections import Counter

WORD = re.compile(r"\w+(?:'\w+)*")


def most_frequent(text: str, count: int) -> list[tuple[str, int]]:
    """Give the ``count`` most frequent words of ``text`` in lower case, the most frequent first.

    Words that are equally frequent come in alphabetical order.
    """
    found = Counter(word.lower() for word in WORD.findall(text))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:count]
