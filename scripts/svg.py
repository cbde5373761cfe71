"""Draw lines of terminal output as an SVG: monospace text, a title bar, bold and colours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

COLUMNS = 100
_WIDTH, _HEIGHT, _PAD, _BAR = 8.4, 20, 18, 36  # of a letter, a line, the margin, the title bar
_FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_BACK, _BAR_COLOUR, _TEXT, _TITLE = "#16181d", "#23262e", "#d7dae0", "#8f96a3"
# The eight colours of a terminal and their bright forms, chosen to be read on the background.
_PALETTE = (
    "#4b5263", "#e06c75", "#8cc570", "#e2b86b", "#61afef", "#c678dd", "#56b6c2", "#c8ccd4",
    "#7f8694", "#ff8a93", "#a8dd8c", "#ffd68a", "#84c5ff", "#dd9bef", "#7fd7e2", "#ffffff",
)  # fmt: skip
_ESCAPES = re.compile(r"\x1b\[([0-9;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")


class Style(NamedTuple):
    """How a stretch of text looks; ``colour`` empty means the usual one."""

    colour: str = ""
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False


def spans(line: str) -> Iterator[tuple[str, Style]]:
    """Give the stretches of ``line`` with their style; sequences that are no style are dropped."""
    style, end = Style(), 0
    for found in _ESCAPES.finditer(line):
        if text := line[end : found.start()]:
            yield text, style
        end = found.end()
        if found.group(2) == "m":
            style = _changed(style, found.group(1))
    if text := line[end:]:
        yield text, style


def wrapped(line: str) -> list[list[tuple[str, Style]]]:
    """Break the stretches of ``line`` at ``COLUMNS`` as a terminal does."""
    rows: list[list[tuple[str, Style]]] = [[]]
    used = 0
    for text, style in spans(line.expandtabs(8)):
        rest = text
        while rest:
            if used == COLUMNS:
                rows.append([])
                used = 0
            piece, rest = rest[: COLUMNS - used], rest[COLUMNS - used :]
            rows[-1].append((piece, style))
            used += len(piece)
    return rows


def render(title: str, lines: Sequence[str]) -> str:
    """Give the SVG of a terminal window that shows ``lines``."""
    rows = [row for line in lines for row in wrapped(line)]
    width = round(COLUMNS * _WIDTH + 2 * _PAD)
    height = round(_BAR + len(rows) * _HEIGHT + 2 * _PAD)
    size = f'width="{width}" height="{height}"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img"',
        f'     aria-label="{_attribute(title)}">',
        f'<rect {size} rx="10" fill="{_BACK}"/>',
        f'<path d="M0 {_BAR}V10a10 10 0 0 1 10-10H{width - 10}a10 10 0 0 1 10 10V{_BAR}z" fill="{_BAR_COLOUR}"/>',
    ]
    for index, colour in enumerate(("#e06c75", "#e2b86b", "#8cc570")):
        drawn.append(f'<circle cx="{20 + 20 * index}" cy="{_BAR / 2:g}" r="6" fill="{colour}"/>')
    drawn.append(
        f'<g font-family="{_FONT}" font-size="14" fill="{_TEXT}" xml:space="preserve">'
        f'<text x="{width / 2:g}" y="{_BAR / 2 + 5:g}" text-anchor="middle" fill="{_TITLE}">{escape(title)}</text>'
    )
    for number, row in enumerate(rows):
        if row:
            y = _BAR + _PAD + number * _HEIGHT + 14
            drawn.append(_row(row, y))
    return "\n".join([*drawn, "</g>", "</svg>"]) + "\n"


def _row(row: list[tuple[str, Style]], y: float) -> str:
    pieces = []
    column = 0
    for text, style in row:
        # Each stretch has its own place and length, so that no font can shift the columns.
        x = _PAD + column * _WIDTH
        pieces.append(
            f'<tspan x="{x:g}" textLength="{len(text) * _WIDTH:g}"{_looks(style)}>{escape(text)}</tspan>'
        )
        column += len(text)
    return f'<text y="{y:g}">{"".join(pieces)}</text>'


def _looks(style: Style) -> str:
    told = f' fill="{style.colour}"' if style.colour else ""
    told += ' font-weight="bold"' if style.bold else ""
    told += ' opacity="0.6"' if style.dim else ""
    told += ' font-style="italic"' if style.italic else ""
    return told + (' text-decoration="underline"' if style.underline else "")


def _changed(style: Style, codes: str) -> Style:
    numbers = [int(code or 0) for code in re.split("[;:]", codes)]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            style = Style()
        elif code in _SWITCHES:
            style = Style(**{**style._asdict(), **_SWITCHES[code]})
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = style._replace(colour=_PALETTE[code - 30 if code < 40 else code - 82])
        elif code == 39:
            style = style._replace(colour="")
        elif code in (38, 48):
            colour, numbers = _extended(numbers)
            if code == 38:
                style = style._replace(colour=colour)
    return style


_SWITCHES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"dim": True},
    3: {"italic": True},
    4: {"underline": True},
    22: {"bold": False, "dim": False},
    23: {"italic": False},
    24: {"underline": False},
}


def _extended(numbers: list[int]) -> tuple[str, list[int]]:
    """Read a colour of 256 (``5;N``) or a free one (``2;R;G;B``)."""
    if numbers[:1] == [2] and len(numbers) >= 4:
        red, green, blue = numbers[1:4]
        return f"#{red:02x}{green:02x}{blue:02x}", numbers[4:]
    if numbers[:1] == [5] and len(numbers) >= 2:
        return _of_256(numbers[1]), numbers[2:]
    return "", []


def _of_256(number: int) -> str:
    if number < 16:
        return _PALETTE[number]
    if number >= 232:
        grey = 8 + (number - 232) * 10
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    steps = (0, 95, 135, 175, 215, 255)
    cube = number - 16
    return f"#{steps[cube // 36]:02x}{steps[cube // 6 % 6]:02x}{steps[cube % 6]:02x}"


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;"})
