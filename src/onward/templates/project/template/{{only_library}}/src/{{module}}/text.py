"""Work on text."""


def shorten(text: str, *, width: int, end: str = "...") -> str:
    """Give ``text`` in at most ``width`` characters, cut between words and closed by ``end``.

    Runs of white space become one space. Raises ValueError when ``width`` has no room for
    ``end``.
    """
    if width < len(end):
        raise ValueError(f"width {width} has no room for {end!r}")
    line = " ".join(text.split())
    if len(line) <= width:
        return line
    room = width - len(end)
    cut = line[: room + 1].rpartition(" ")[0] or line[:room]
    return cut + end
