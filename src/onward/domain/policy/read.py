"""From the table in a settings file to rows and settings, with every fault said at once.

The project's table is ``[tool.onward]`` of pyproject.toml; an organisation's file holds
the same keys at its root, as far as they are an organisation's business.
"""

import datetime as dt
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from onward.core.policy import Level, Row, Source
from onward.core.project import Kind
from onward.core.redact import redact
from onward.domain.policy.catalogue import nearest_rule, reaches_a_rule
from onward.domain.policy.checks import Checks, read_checks
from onward.domain.policy.durations import parse_duration
from onward.domain.policy.globs import fault_in, is_literal, plain_name
from onward.domain.policy.keys import Table
from onward.domain.policy.rule import Profile

_PYTHON = re.compile(r"3\.\d{1,2}(\.\d{1,2})?((a|b|rc)\d{1,2})?")
_NAMES = re.compile(r"[A-Za-z0-9._\-*?\[\]!]+")
_LICENCE_GLOB = re.compile(r"[A-Za-z0-9.+*? -]+")
_SYSTEMS = ("linux", "musllinux", "macos", "windows")
_MACHINES = (
    "x86_64", "amd64", "arm64", "aarch64", "x86", "i686", "armv7l", "ppc64le", "s390x", "riscv64",
)  # fmt: skip
_ORGANISATION_ONLY = {
    "may_loosen": "; only an organisation's file can say what a project may loosen"
}


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A table of settings as parsed from TOML, with the file and key path it was found at."""

    values: Mapping[str, object]
    file: str
    path: str = ""


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """The keys under ``guard``; None where the file says nothing."""

    cooldown: dt.timedelta | None = None
    private: tuple[str, ...] | None = None
    allow_only: tuple[str, ...] | None = None
    indexes: tuple[str, ...] | None = None
    licences: tuple[str, ...] | None = None
    may_loosen: bool = False


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says, before it meets the others; None where it says nothing."""

    file: str
    path: str = ""
    rows: tuple[Row, ...] = ()
    profile: Profile | None = None
    kind: Kind | None = None
    python: str | None = None
    platforms: tuple[str, ...] | None = None
    tasks: dict[str, str | tuple[str, ...]] | None = None
    check: Checks | None = None
    guard: Guard = Guard()

    def where(self, key: str) -> str:
        """Give file and key path of a key, for people."""
        return f"{self.file}: {self.path}.{key}" if self.path else f"{self.file}: {key}"


def read_document(document: Document, source: Source, faults: list[str]) -> Written:
    """Read one table for the project or an organisation; adds every fault to ``faults``.

    What is faulty is left out of the answer, so it must not be used once there are faults.
    """
    table = Table(document.values, file=document.file, path=document.path, faults=faults)
    organisation = source is Source.organisation
    check = None if organisation else read_checks(table.table("check"))
    configured = check.configured if check else ()
    rows = tuple(
        row
        for entry in table.tables("policy")
        for row in _rows(entry, source, organisation, configured)
    )
    written = Written(
        file=document.file,
        path=document.path,
        rows=rows,
        profile=table.choice("profile", Profile),
        guard=_guard(table.table("guard"), organisation),
    )
    if not organisation:
        table.table("app")  # read by `onward ship app`
        written = msgspec.structs.replace(
            written,
            kind=table.choice("kind", Kind),
            python=_python(table),
            platforms=_platforms(table),
            tasks=_tasks(table.table("tasks")),
            check=check,
        )
        table.close(_ORGANISATION_ONLY)
    else:
        mine = "; that is the project's to say, in [tool.onward] of its pyproject.toml"
        table.close(dict.fromkeys(("kind", "python", "platforms", "tasks", "check", "app"), mine))
    return written


def _rows(
    entry: Table, source: Source, organisation: bool, configured: tuple[str, ...]
) -> tuple[Row, ...]:
    matches = entry.texts("match", single=True)
    for at, glob in enumerate(matches or ()):
        _check_match(entry, f"match[{at}]" if len(matches or ()) > 1 else "match", glob, configured)
    if not entry.has("match"):
        entry.fault("match", 'is missing; it names the rule, for example "guard/too-new"')
    elif matches == ():
        entry.fault("match", "is empty")
    if not entry.has("level"):
        entry.fault("level", f"is missing; it is one of {', '.join(Level)}")
    level = entry.choice("level", Level)
    only = entry.texts("only", single=True)
    for at, glob in enumerate(only or ()):
        if words := fault_in(glob, doubled=True):
            entry.fault(f"only[{at}]", f'"{glob}" {words}')
    if only == ():
        # an empty list reads as "nothing", and would mean "everything"
        entry.fault("only", "is empty; leave the key out to mean every subject")
    until, why = entry.date("until"), entry.text("why")
    may_loosen = entry.flag("may_loosen") if organisation else None
    entry.close(None if organisation else _ORGANISATION_ONLY)
    return tuple(
        Row(
            match=glob,
            level=level or Level.enforce,
            only=only or (),
            until=until,
            why=(why or "").strip(),
            may_loosen=bool(may_loosen),
            source=source,
            where=entry.where(),
        )
        for glob in matches or ()
    )


def _check_match(entry: Table, key: str, glob: str, configured: tuple[str, ...]) -> None:
    if words := fault_in(glob):
        entry.fault(key, f'"{glob}" {words}')
    elif not reaches_a_rule(glob, configured):
        near = nearest_rule(glob)
        what = "is not a rule" if is_literal(glob) else "fits no rule"
        entry.fault(key, f'"{glob}" {what}' + (f"; did you mean `{near}`?" if near else ""))


def _guard(table: Table | None, organisation: bool) -> Guard:
    if table is None:
        return Guard()
    guard = Guard(
        cooldown=_cooldown(table),
        private=_name_globs(table, "private"),
        allow_only=_name_globs(table, "allow_only"),
        indexes=_indexes(table),
        licences=_licences(table),
        may_loosen=bool(table.flag("may_loosen")) if organisation else False,
    )
    table.close(None if organisation else _ORGANISATION_ONLY)
    return guard


def _cooldown(table: Table) -> dt.timedelta | None:
    if table.raw("cooldown") == 0 and not isinstance(table.raw("cooldown"), bool):
        return dt.timedelta()
    if isinstance(table.raw("cooldown"), int | float):
        table.fault("cooldown", 'needs a unit; write it like "3 days", "36 hours" or "2 weeks"')
        return None
    text = table.text("cooldown")
    span = parse_duration(text) if text is not None else None
    if text is not None and span is None:
        words = 'is not a span of time; write it like "3 days", "36 hours" or "2 weeks"'
        table.fault("cooldown", f'"{text[:60]}" {words}')
    return span


def _name_globs(table: Table, key: str) -> tuple[str, ...] | None:
    globs = table.texts(key)
    for at, glob in enumerate(globs or ()):
        words = fault_in(glob)
        if not words and not _NAMES.fullmatch(glob):
            words = "is not a project name or a pattern on names"
        if words:
            table.fault(f"{key}[{at}]", f'"{glob}" {words}')
    return None if globs is None else tuple(plain_name(glob) for glob in globs)


def _indexes(table: Table) -> tuple[str, ...] | None:
    addresses = table.texts("indexes")
    for at, address in enumerate(addresses or ()):
        if words := _fault_in_address(address):
            table.fault(f"indexes[{at}]", f'"{redact(address)}" {words}')
    return None if addresses is None else tuple(address.rstrip("/") for address in addresses)


def _licences(table: Table) -> tuple[str, ...] | None:
    globs = table.texts("licences")
    for at, glob in enumerate(globs or ()):
        if not is_licence_glob(glob):
            words = "is no SPDX licence such as MIT, nor a pattern such as BSD-*; one with ! before it is kept out"
            table.fault(f"licences[{at}]", f'"{glob[:60]}" {words}')
    return globs


def is_licence_glob(text: str) -> bool:
    """Say whether ``text`` can stand in ``guard.licences``: a known SPDX id or a pattern on ids, after ``!`` or not."""
    word = text.removeprefix("!")
    if set("*?") & set(word):
        return _LICENCE_GLOB.fullmatch(word) is not None
    # imported here, since few policies have such a list
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        written = canonicalize_license_expression(word)
    except InvalidLicenseExpression:
        return False
    return not {"AND", "OR"} & set(written.split()) and "(" not in written


def _fault_in_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, login = parts.hostname, parts.username or parts.password
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("http", "https", "file") or not (host or parts.scheme == "file"):
        return "is not an http, https or file address"
    if login:
        return "holds a login; keep that in uv's or pip's own settings"
    return ""


def _python(table: Table) -> str | None:
    text = table.text("python")
    if text is not None and not _PYTHON.fullmatch(text):
        table.fault("python", f'"{text[:60]}" is not a Python version such as 3.12 or 3.12.1')
        return None
    return text


def _platforms(table: Table) -> tuple[str, ...] | None:
    platforms = table.texts("platforms")
    for at, platform in enumerate(platforms or ()):
        system, dash, machine = platform.partition("-")
        if system not in _SYSTEMS or (dash and machine not in _MACHINES):
            table.fault(
                f"platforms[{at}]",
                f'"{platform[:60]}" is not a platform; write one of {", ".join(_SYSTEMS)},'
                " with a machine if it matters (linux-x86_64, macos-arm64)",
            )
    return platforms


def _tasks(table: Table | None) -> dict[str, str | tuple[str, ...]] | None:
    if table is None:
        return None
    tasks: dict[str, str | tuple[str, ...]] = {}
    for name in table.keys():  # noqa: SIM118 - a Table is not a dict
        words = table.texts(name, single=True)
        if words == ():
            table.fault(name, "is empty")
        elif words is not None:
            raw = table.raw(name)
            tasks[name] = raw if isinstance(raw, str) else words
    return tasks
