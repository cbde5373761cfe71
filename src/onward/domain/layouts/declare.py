"""From one piece of text in a file to a declared requirement, or to an entry that says why not."""

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from onward.core.errors import BadInput
from onward.core.finding import Place
from onward.core.names import Name, parse_name
from onward.core.project import Declared, Reading, Role, Unreadable
from onward.core.redact import redact

# The plain form that most requirements have. It is a strict part of PEP 508 and 440, read here because
# importing the whole grammar costs more than all the rest of opening a project.
_RELEASE = r"\d+(?:\.\d+)*(?:(?:a|b|rc|\.post|\.dev)\d+)?"
_CLAUSE = (
    rf"(?:(?:>=|<=|!=|>|<|~=(?=\s*\d+\.\d))\s*{_RELEASE}|[!=]=\s*(?:{_RELEASE}|\d+(?:\.\d+)*\.\*))"
)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_PLAIN = re.compile(
    rf"({_NAME})\s*(\[\s*{_NAME}(?:\s*,\s*{_NAME})*\s*\])?\s*({_CLAUSE}(?:\s*,\s*{_CLAUSE})*)?",
    re.ASCII,
)
_EGG = re.compile(r"[#&]egg=([^&\[]+)")


def place_at(path: str, line: int, source_line: str) -> Place:
    """Give a place whose source line is short and free of passwords."""
    return Place(path=path, line=line, source_line=redact(source_line.strip())[:300])


def declare(
    text: str,
    place: Place,
    *,
    role: Role = Role.main,
    group: str = "",
    hashes: tuple[str, ...] = (),
) -> Declared | Unreadable:
    """Read a PEP 508 requirement; gives Unreadable, with the reason, for anything else."""
    direct = ""
    if (plain := _PLAIN.fullmatch(text.strip())) is not None:
        name, written = parse_name(plain[1]), "".join(text.split())
    else:
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            found = Requirement(text)
            name = parse_name(found.name)
        except (InvalidRequirement, BadInput, RecursionError) as error:
            return unreadable(text, place, str(error).partition("\n")[0])
        written, direct = str(found), found.url or ""
    return Declared(
        requirement=written,
        name=name,
        place=place,
        role=role,
        group=group,
        direct=direct,
        hashes=hashes,
        original=text if text != written else "",
    )


def declare_direct(
    address: str,
    place: Place,
    *,
    role: Role = Role.main,
    group: str = "",
    name: str = "",
    editable: bool = False,
    marker: str = "",
    extras: tuple[str, ...] = (),
    hashes: tuple[str, ...] = (),
) -> Declared:
    """Declare a requirement that is a URL, a git address or a path; its name may stay unknown."""
    known = name or name_of_address(address)
    wanted = f"[{','.join(extras)}]" if extras else ""
    text = f"{known}{wanted} @ {address}" if known else address + wanted
    return Declared(
        requirement=f"{text} ; {marker}" if marker else text,
        name=Name(known) if not known else parse_name(known),
        place=place,
        role=role,
        group=group,
        direct=address,
        editable=editable,
        hashes=hashes,
    )


def unreadable(text: str, place: Place, reason: str, *, dynamic: bool = False) -> Unreadable:
    """Give the entry for something that could not be understood, without its passwords."""
    return Unreadable(place=place, text=redact(text.strip())[:300], reason=reason, dynamic=dynamic)


def gathered(entries: Iterable[Declared | Unreadable]) -> Reading:
    """Give the reading that holds ``entries``, in order."""
    made = tuple(entries)
    return Reading(
        declared=tuple(e for e in made if isinstance(e, Declared)),
        unreadable=tuple(e for e in made if isinstance(e, Unreadable)),
    )


def name_of_address(address: str) -> str:
    """Give the project name an address tells (``#egg=``, or a wheel's or sdist's file name), or ''."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    if found := _EGG.search(address):
        return _valid(unquote(found[1]))
    last = unquote(re.split(r"[/\\]", urlsplit(address).path if "://" in address else address)[-1])
    try:
        if last.endswith(".whl"):
            return parse_wheel_filename(last)[0]
        return parse_sdist_filename(last)[0]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return ""


def _valid(word: str) -> str:
    try:
        return parse_name(word)
    except BadInput:
        return ""
