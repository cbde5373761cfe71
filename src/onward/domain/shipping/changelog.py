"""What a changelog says of a version: Keep a Changelog and its relatives in Markdown or reStructuredText, towncrier's fragments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from packaging.version import InvalidVersion, Version

from onward.core.lines import lines_of

NAMES = (
    "CHANGELOG.md", "CHANGELOG.rst", "CHANGELOG.txt", "CHANGELOG", "CHANGES.md", "CHANGES.rst", "CHANGES.txt", "CHANGES",
    "HISTORY.md", "HISTORY.rst", "NEWS.md", "NEWS.rst", "NEWS", "docs/changelog.md", "docs/changelog.rst",
)  # fmt: skip
"""Files that are looked for, case ignored, the first that is there counts."""

_MARKDOWN = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$")
_UNDERLINE = re.compile(r"^([=\-~^*+#\"'`.:_])\1{2,}[ \t]*$")
_LEVELS = {"=": "#", "-": "##"}  # Markdown has both ways to write these
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_VERSION = re.compile(
    r"(?i)(?<![\w.])v?(\d+(?:\.\d+)*(?:[-_.]?(?:alpha|beta|a|b|c|rc|pre|post|dev)[-_.]?\d*)*(?:\+[\w.]+)?)(?!\w|\.\w)"
)
_DATE = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{4}\b")
_UNRELEASED = re.compile(r"(?i)\b(unreleased|upcoming|not (?:yet )?released|in development)\b")
_NOT_FRAGMENTS = ("README*", ".*", "template*", "_template*", "*.jinja", "*.j2", "*~")


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A section about one version: its heading, the version ('' for what is not released yet), whether it says anything."""

    heading: str
    version: str = ""
    unreleased: bool = False
    told: bool = False


def sections(text: str) -> tuple[Section, ...]:
    """Give the sections about versions, in the file's order.

    A heading counts when it names a version (PEP 440; a date beside it is none) or says that
    it is not released, and is of the level of the first that does. What is inside of code is
    passed over.
    """
    found: list[Section] = []
    level = ""
    for here, heading, told in _headed(text):
        version, unreleased = _version_in(heading), bool(_UNRELEASED.search(heading))
        if (version or unreleased) and level in ("", here):
            level = here
            found.append(
                Section(heading=heading, version=version, unreleased=unreleased, told=told)
            )
        elif found and told:  # a part of the section above, such as "Added"
            found[-1] = msgspec.structs.replace(found[-1], told=True)
    return tuple(found)


def about(text: str, version: str) -> Section | None:
    """Give the released section about a version; 1.0 and 1.0.0 are one."""
    wanted = _parsed(version)
    for one in sections(text):
        if one.version and not one.unreleased and _parsed(one.version) == wanted:
            return one
    return None


class Towncrier(msgspec.Struct, frozen=True, kw_only=True):
    """Where towncrier finds fragments and what it writes: paths relative to the project, with ``/``."""

    directory: str
    filename: str
    ignore: tuple[str, ...] = ()


def towncrier(
    pyproject: Mapping[str, Any], other: Mapping[str, Any] | None = None
) -> Towncrier | None:
    """Read towncrier's table; ``other`` is a parsed towncrier.toml. None when the project does not use it."""
    for parsed in (other or {}, pyproject):
        tool = parsed.get("tool")
        table = tool.get("towncrier") if isinstance(tool, dict) else None
        if isinstance(table, dict):
            package = str(table.get("package") or "").replace(".", "/")
            below = f"{str(table.get('package_dir') or '.').strip('/')}/{package}/newsfragments"
            default = below.removeprefix("./") if package else "newsfragments"
            ignored = table.get("ignore")
            return Towncrier(
                directory=str(table.get("directory") or default).strip("/"),
                filename=str(table.get("filename") or "NEWS.rst"),
                ignore=tuple(map(str, ignored)) if isinstance(ignored, list) else (),
            )
    return None


def fragments(names: Sequence[str], ignore: Sequence[str] = ()) -> tuple[str, ...]:
    """Give those of a folder's file names that are news fragments."""
    apart = (*_NOT_FRAGMENTS, *ignore)
    return tuple(sorted(n for n in names if "." in n and not any(fnmatchcase(n, p) for p in apart)))


def _headed(text: str) -> Iterator[tuple[str, str, bool]]:
    """Give the level of each heading, its words, and whether words stand below it before the next one."""
    level, heading, told, fence, before = "", "", False, "", ""
    for line in lines_of(text):
        mark = _FENCE.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        if fence or mark:
            told, before = True, ""
            continue
        found = _MARKDOWN.match(line)
        under = _UNDERLINE.match(line) if before.strip() and not found else None
        if found or under:
            if heading:  # the line above an underline is the heading's, not what stands before it
                yield level, heading, told or bool(found and before.strip())
            level = found[1] if found else _LEVELS.get(line[0], line[0])
            heading = found[2] if found else before.strip()
            told, before = False, ""
            continue
        told = told or bool(before.strip())
        before = line
    if heading:
        yield level, heading, told or bool(before.strip())


def _version_in(heading: str) -> str:
    for found in _VERSION.finditer(_DATE.sub(" ", heading)):
        if (version := _parsed(found[1])) is not None:
            return str(version)
    return ""


def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
