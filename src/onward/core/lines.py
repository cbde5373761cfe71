"""Lines as Python, git, ruff and editors count them. Imports nothing: the commit hook needs it too."""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Iterator


def lines_of(text: str, *, ends: bool = False) -> list[str]:
    r"""Give the lines of ``text``, with ``ends`` each with its own; only ``\n``, ``\r\n`` and ``\r`` end one.

    ``str.splitlines`` ends them at form feeds and at separators of Unicode too, so its numbers are
    not those of any tool.
    """
    if ends:
        return list(_with_ends(text))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _with_ends(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        found = [at for sign in "\r\n" if (at := text.find(sign, start)) >= 0]
        end = min(found, default=len(text) - 1) + 1
        end += text.startswith("\r\n", end - 1)
        yield text[start:end]
        start = end
