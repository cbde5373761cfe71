"""What test runners say, read for the names of the tests that failed."""

import re

from onward.core.lines import lines_of

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_PYTEST = re.compile(r"^(?:FAILED|ERROR) \S.*$")
_UNITTEST = re.compile(r"^(?:FAIL|ERROR): \S.*$")
_MOST = 20
_LAST_LINES = 15
_WIDEST = 300


def failing_tests(output: str) -> tuple[str, ...]:
    """Give the lines that name failing tests: pytest's short summary, or unittest's headings; each once."""
    lines = _lines(output)
    found = [line for line in lines if _PYTEST.match(line)]
    if not found:
        found = [line for line in lines if _UNITTEST.match(line)]
    return tuple(dict.fromkeys(found))[:_MOST]


def last_lines(output: str) -> tuple[str, ...]:
    """Give the last lines that say something, for a runner whose words are not known."""
    return tuple(line for line in _lines(output) if line.strip())[-_LAST_LINES:]


def _lines(output: str) -> list[str]:
    return [line.rstrip()[:_WIDEST] for line in lines_of(_ESCAPES.sub("", output))]
