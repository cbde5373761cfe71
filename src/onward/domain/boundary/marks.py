"""Whether a file has a docstring of interest at all; most have none, and to read docstrings is not imported for those."""

import re

ANY_MARK = re.compile(
    rb":(?:param|arg|key|type|return|rtype|raise|except)"
    rb"|^[ \t]*(?:Args|Arguments|Params|Parameters|Keyword|Returns|Other|Raises)\b",
    re.MULTILINE,
)
"""What every file with a docstring of interest has in it somewhere."""
