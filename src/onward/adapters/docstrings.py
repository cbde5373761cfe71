"""What docstrings say, read by the parsers of griffe 2.4 (extra ``onward[check]``)."""

import importlib.util
import logging
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onward.domain.boundary.documented import Documented, Style

HOW_TO_GET = "`uv tool install 'onward[check]'` (or add `onward[check]` where onward is installed) brings it."


@cache
def engine() -> str:
    """Give the file of the library that reads docstrings, empty when it is not there; it is not imported."""
    found = importlib.util.find_spec("griffe")
    return (found.origin or "") if found else ""


def looked_at() -> tuple[str, ...]:
    """Give the folders in which the library would be: as long as they stay as they are it is where it is, or nowhere."""
    return tuple(filter(None, sys.path))


def read(text: str, style: "Style") -> "Documented":
    """Give the parameters, returned things and exceptions that a docstring tells of, without the indentation of code."""
    import griffe

    from onward.domain.boundary.documented import Documented, Entry, Style

    # the parsers would complain of each text that they cannot make sense of
    logging.getLogger("griffe").setLevel(logging.CRITICAL)
    docstring = griffe.Docstring(text)
    if style is Style.google:
        sections = griffe.parse_google(docstring, warnings=False, returns_named_value=False)
    elif style is Style.numpy:
        sections = griffe.parse_numpy(docstring, warnings=False)
    else:
        sections = griffe.parse_sphinx(docstring, warnings=False)
    parameters: list[Entry] = []
    returns: tuple[str, ...] | None = None
    raises: list[str] = []
    for section in sections:
        if isinstance(
            section,
            (griffe.DocstringSectionParameters, griffe.DocstringSectionOtherParameters),
        ):
            parameters += (
                Entry(name=name.strip(), type=str(one.annotation or ""))
                for one in section.value
                for name in one.name.split(",")
            )
        elif isinstance(section, griffe.DocstringSectionReturns):
            returns = tuple(
                f"{one.annotation or ''} {one.description}".strip() for one in section.value
            )
        elif isinstance(section, griffe.DocstringSectionRaises):
            raises += (str(one.annotation or "") for one in section.value)
    return Documented(parameters=tuple(parameters), returns=returns, raises=tuple(raises))
