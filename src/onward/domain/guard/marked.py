"""Lines of onward's own in somebody else's settings file: put in, known again, taken out to the last byte.

The file itself says what is onward's: a block between two comments, and lines that were
there before as comments with a mark. TOML and INI both take ``#`` comments, so one form
serves both. Nothing here is forgotten when a record is lost.
"""

import re
from collections.abc import Collection, Sequence

_LINE = re.compile(r"[^\n]*\n|[^\n]+")  # not splitlines, which also ends lines at form feeds


def lines_of(text: str) -> list[str]:
    """Give the lines of ``text`` with their ends; together they are the text again."""
    return _LINE.findall(text)


def line_end(text: str) -> str:
    r"""Give how the first line of ``text`` ends: ``\n`` or ``\r\n``."""
    return "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"


def begin(client: str) -> str:
    """Give the line above a block that was put in for ``client`` (an installer)."""
    return f"# onward guard for {client}: begin (`onward guard off` takes this out)"


def end(client: str) -> str:
    """Give the line below such a block."""
    return f"# onward guard for {client}: end"


def was(client: str) -> str:
    """Give what stands before a line that was in force."""
    return f"# onward guard for {client}, was: "


def is_marked(text: str, client: str) -> bool:
    """Say whether something in ``text`` is marked as put in for ``client``."""
    return any(line.startswith((begin(client), was(client))) for line in lines_of(text))


def put_in(text: str, block: Sequence[str], client: str, *, at: int | None = None) -> str:
    """Give ``text`` with the lines of ``block``, marked, before line number ``at`` (from 0; None: at the end).

    A text whose last line has no end gets the block without one too: ``taken_out`` knows by
    that what to leave.
    """
    stop = line_end(text)
    own = lines_of(text)
    place = len(own) if at is None else at
    put = stop.join((begin(client), *block, end(client)))
    if place == len(own) and own and not own[-1].endswith("\n"):
        return text + stop + put
    return "".join((*own[:place], put + stop, *own[place:]))


def commented(text: str, numbers: Collection[int], client: str) -> str:
    """Give ``text`` with the lines of these numbers (from 0) as marked comments."""
    return "".join(
        was(client) + line if number in numbers else line
        for number, line in enumerate(lines_of(text))
    )


def taken_out(text: str, client: str) -> str:
    """Give ``text`` without what is marked for ``client``, and with the lines that were comments back in force.

    The inverse of ``commented`` and ``put_in`` in any order, byte for byte, for a text that
    had no marks; in one that was edited since, only the marked lines change. A block that has
    lost its end is left.
    """
    kept: list[str] = []
    rest = lines_of(text)
    while rest:
        line = rest.pop(0)
        if not line.startswith(begin(client)):
            kept.append(line.removeprefix(was(client)))
            continue
        last = next(
            (n for n, other in enumerate(rest) if other.rstrip("\r\n") == end(client)), None
        )
        if last is None:
            kept.append(line)
            continue
        at_the_end = not rest[last].endswith("\n")
        del rest[: last + 1]
        if at_the_end and kept:
            kept[-1] = kept[-1].removesuffix("\r\n" if line.endswith("\r\n") else "\n")
    return "".join(kept)
