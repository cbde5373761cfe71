"""Project names in one form, so that no comparison can forget to normalise."""

import re
from typing import NewType

from onward.core.errors import BadInput

Name = NewType("Name", str)
"""A normalised project name (PEP 503: lower case, runs of ``-_.`` as one ``-``)."""

_VALID = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
LONGEST = 200
"""Letters of a name; longer ones could not be kept as files, and no index has any."""

_RUNS = re.compile(r"[-_.]+")


def parse_name(text: str) -> Name:
    """Give the normalised form of a project name (PEP 503, PEP 508 for what is valid).

    Raises BadInput with reference ``bad-name`` for anything that no index could hold.
    """
    word = text.strip()
    if not is_name(word):
        raise BadInput(
            "bad-name",
            f"`{text[:LONGEST]}` is not a project name",
            context=(
                "A name has letters, digits, `.`, `_` and `-`, and starts and ends with a letter or digit.",
            ),
        )
    return Name(_RUNS.sub("-", word).lower())


def is_name(text: str) -> bool:
    """Say whether ``text`` could be a project name on an index."""
    return len(text) <= LONGEST and _VALID.fullmatch(text) is not None
