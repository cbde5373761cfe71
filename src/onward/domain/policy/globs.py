"""The patterns of a policy row: one kind for rules, and one for each kind of subject."""

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

from onward.core.finding import Place, Release, Subject

_WILD = re.compile(r"[*?\[]")
_RUNS = re.compile(r"[-_.]+")
_SET = re.compile(r"\[!?[^\]]+\]")

Test = Callable[[str], object]
"""Says whether a text fits: anything true is a yes."""


def is_literal(glob: str) -> bool:
    """Say whether a pattern has no wildcard, so that it can only mean itself."""
    return _WILD.search(glob) is None


def fault_in(glob: str, *, doubled: bool = False) -> str:
    """Say in words what is wrong with a pattern, or nothing (an empty text).

    ``doubled`` allows ``**``, which only paths know.
    """
    rest = _SET.sub("", glob)
    stars = "***" if doubled else "**"
    faults = (
        (not glob.strip(), "is empty"),
        (glob != glob.strip(), "begins or ends with a space"),
        (not glob.isprintable(), "holds a character that cannot be seen"),
        (stars in glob, f"holds `{stars}`" + ("" if doubled else "; one `*` already crosses `/`")),
        ("[" in rest or "]" in rest, "has a `[` or `]` without its partner"),
        ("\\" in glob, "holds a backslash; paths are written with `/`"),
        (
            doubled and glob.startswith(("/", "../")),
            "leaves the project; paths start in its folder",
        ),
    )
    return next((words for wrong, words in faults if wrong), "")


@lru_cache(maxsize=4096)
def text_test(glob: str) -> Test:
    """Give the test for rules and plain names: ``*``, ``?`` and ``[...]``, exact case, ``*`` crosses ``/``."""
    if is_literal(glob):
        return glob.__eq__
    if glob[-1] == "*" and is_literal(
        glob[:-1]
    ):  # most patterns; a compiled one takes 100 times as long to make
        return _beginning(glob[:-1])
    return re.compile(fnmatch.translate(glob)).match


def _beginning(first: str) -> Test:
    return lambda text: text.startswith(first)


@lru_cache(maxsize=4096)
def path_test(glob: str) -> Test:
    """Give the test for a path with ``/``: ``*`` stays within a folder, ``**`` crosses folders.

    A pattern that ends in ``/`` means everything below that folder.
    """
    glob = glob.removeprefix("./")
    if glob.endswith("/"):
        glob += "**"
    return re.compile(_path_pattern(glob), re.DOTALL).fullmatch


def _path_pattern(glob: str) -> str:
    out: list[str] = []
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            out.append(".*")
            at += 2
        elif glob[at] == "*":
            out.append("[^/]*")
            at += 1
        elif glob[at] == "?":
            out.append("[^/]")
            at += 1
        elif found := _SET.match(glob, at):
            out.append("(?!/)" + _set_pattern(found.group()))
            at = found.end()
        else:
            out.append(re.escape(glob[at]))
            at += 1
    return "".join(out)


def _set_pattern(text: str) -> str:
    # the standard library knows the dark corners of sets; only its frame "(?s:...)" is taken off
    return fnmatch.translate(text).removeprefix("(?s:").rpartition(")")[0]


def plain_name(glob: str) -> str:
    """Give a pattern on project names in normalised form (PEP 503), wildcards kept."""
    return _RUNS.sub("-", glob.strip()).lower()


@lru_cache(maxsize=4096)
def name_test(glob: str) -> Test:
    """Give the test for a normalised project name; the pattern is normalised too (PEP 503)."""
    return text_test(plain_name(glob))


@lru_cache(maxsize=4096)
def release_test(glob: str) -> Callable[[str, str], bool]:
    """Give the test for (name, version): ``name`` fits every version, ``name==version`` that one.

    Versions without a wildcard are compared as versions (PEP 440: ``1.0`` is ``1.0.0``).
    """
    left, equals, right = glob.partition("==")
    name, wanted = name_test(left), right.strip()
    if not equals:
        return lambda found, _version: bool(name(found))
    if is_literal(wanted):
        return lambda found, version: bool(name(found)) and _same_version(wanted, version)
    version_fits = text_test(wanted)
    return lambda found, version: (
        version != "" and bool(name(found)) and bool(version_fits(version))
    )


@lru_cache(maxsize=4096)
def _same_version(one: str, two: str) -> bool:
    if one == two:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(two)
    except InvalidVersion:
        return False


def fits(glob: str, subject: Subject) -> bool:
    """Say whether one ``only`` pattern means this subject (release, place or whole project)."""
    if isinstance(subject, Release):
        return release_test(glob)(plain_name(subject.name), subject.version)
    if isinstance(subject, Place):
        return bool(path_test(glob)(subject.path))
    return bool(text_test(glob)(subject.name))
