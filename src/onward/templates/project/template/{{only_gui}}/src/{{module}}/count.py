"""What the program knows. It knows nothing of windows, so tests need none."""


def summary(text: str) -> str:
    """Say how many lines and words there are in ``text``."""
    lines = len(text.splitlines())
    words = len(text.split())
    return f"{_many(lines, 'line')}, {_many(words, 'word')}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
