"""Reading OSV documents (schema 1.x, ossf.github.io/osv-schema) as far as PyPI is concerned."""

import datetime as dt
import json

import msgspec
from packaging.version import Version

from onward.core.errors import BadInput
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.advisories import Advisory, Range, canonical, read_version
from onward.domain.guard.severity import rating

DOCUMENT_LIMIT = 16_000_000
"""Most bytes of one OSV document; the largest real ones are below one megabyte."""
_MOST_VERSIONS = 50_000
_MOST_EVENTS = 5_000
_LONGEST_TEXT = 300
_NOTHING = msgspec.Raw(b"null")


class _Package(msgspec.Struct):
    name: str = ""
    ecosystem: str = ""


class _Span(msgspec.Struct):
    type: str = ""
    events: list[dict[str, str]] | None = None


class _Word(msgspec.Struct):
    severity: str | None = None


class _Score(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Span] | None = None
    versions: list[str] | None = None
    severity: list[_Score] | None = None
    ecosystem_specific: msgspec.Raw = _NOTHING
    database_specific: msgspec.Raw = _NOTHING


class _Document(msgspec.Struct):
    id: str
    aliases: list[str] | None = None
    related: list[str] | None = None
    published: str | None = None
    modified: str | None = None
    withdrawn: str | None = None
    severity: list[_Score] | None = None
    affected: list[_Affected] | None = None
    database_specific: msgspec.Raw = _NOTHING


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What one OSV document says of PyPI, and when it was last changed (aware, None if unknown)."""

    id: str
    aliases: tuple[str, ...]
    advisories: tuple[Advisory, ...]
    modified: dt.datetime | None


def parse_osv(document: bytes) -> tuple[Advisory, ...]:
    """Read one OSV document like ``read_osv`` and give its advisories alone."""
    return read_osv(document).advisories


def read_osv(document: bytes) -> Document:
    """Read one OSV document (schema 1.x): one advisory for each PyPI project it is about.

    ``ECOSYSTEM`` and ``SEMVER`` ranges are read, ``GIT`` ranges are not (a release does not
    tell its commit). Raises BadInput (``bad-advisory``) for anything else than such a document.
    """
    if len(document) > DOCUMENT_LIMIT:
        raise _bad("it is too large")
    try:
        read = _DECODER.decode(document)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _bad(str(error) or type(error).__name__) from error
    if not read.id or len(read.id) > _LONGEST_TEXT:
        raise _bad("its id is empty or too long")
    groups: dict[Name, list[_Affected]] = {}
    for affected in read.affected or ():
        package = affected.package
        if package is None or package.ecosystem.partition(":")[0].lower() != "pypi":
            continue
        if not is_name(package.name) or len(package.name) > _LONGEST_TEXT:
            raise _bad(f"`{package.name[:80]}` is not a project name", read.id)
        groups.setdefault(parse_name(package.name), []).append(affected)
    return Document(
        id=read.id,
        aliases=tuple(dict.fromkeys(alias for alias in read.aliases or () if alias != read.id)),
        advisories=tuple(_advisory(read, name, group) for name, group in groups.items()),
        modified=_moment(read.modified),
    )


def compact(document: bytes) -> bytes:
    """Give an OSV document with all its fields as JSON without spaces, so that it can stand inside other JSON.

    Text that is no Unicode gets question marks: one bad word in a description must not cost
    the advisory. Raises BadInput (``bad-advisory``) for what is no JSON, or nested too deeply.
    """
    try:
        try:
            return msgspec.json.encode(msgspec.json.decode(document))
        except (msgspec.MsgspecError, UnicodeError):
            value = json.loads(document.decode("utf-8", "replace"))
            words = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            return words.encode("utf-8", "replace")
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _bad(str(error) or type(error).__name__) from error


def _advisory(read: _Document, name: Name, group: list[_Affected]) -> Advisory:
    ranges: dict[Range, None] = {}
    versions: set[str] = set()
    for affected in group:
        listed = affected.versions or []
        spans = [span for span in affected.ranges or () if span.type in ("ECOSYSTEM", "SEMVER")]
        if len(listed) > _MOST_VERSIONS:
            raise _bad(f"it lists {len(listed)} versions", read.id)
        versions.update(canonical(text[:_LONGEST_TEXT]) for text in listed)
        for span in spans:
            ranges.update(dict.fromkeys(_ranges(span, read.id, listed=bool(listed))))
        if not listed and not spans:
            ranges[Range()] = None  # neither versions nor ranges: every version
    aliases = dict.fromkeys(read.aliases or ())
    near = (read.id, *aliases, *(read.related or ()))
    return Advisory(
        id=read.id,
        name=name,
        aliases=tuple(alias for alias in aliases if alias and alias != read.id),
        ranges=tuple(ranges),
        versions=frozenset(versions),
        severity=_severity(read, group),
        published=_day(read.published),
        withdrawn=bool(read.withdrawn),
        malicious=any(text.startswith("MAL-") for text in near),
    )


def _severity(read: _Document, group: list[_Affected]) -> str:
    raws = [read.database_specific]
    scores = list(read.severity or ())
    for affected in group:
        raws += [affected.database_specific, affected.ecosystem_specific]
        scores += affected.severity or ()
    return rating((_word(raw) for raw in raws), (score.score for score in scores))


def _word(raw: msgspec.Raw) -> str | None:
    """Give ``severity`` of a free-form object where there is such a word (GitHub's advisories)."""
    try:
        return msgspec.json.decode(raw, type=_Word).severity
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _moment(text: str | None) -> dt.datetime | None:
    try:
        when = dt.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def _ranges(span: _Span, identity: str, *, listed: bool) -> tuple[Range, ...]:
    """Turn the events of one OSV range into spans (OSV schema, section "Evaluation").

    A bound that is no version cannot be compared. Where versions are listed too, they are
    the better evidence and the range is dropped; else the bound counts as absent, since
    warning too much is better than calling clean what we could not read.
    """
    events: list[tuple[str, str]] = []
    for event in span.events or ():
        events += [(kind, event[kind].strip()) for kind in _KINDS if kind in event]
    if len(events) > _MOST_EVENTS:
        raise _bad(f"a range has {len(events)} events", identity)
    if any(_unreadable(kind, text) for kind, text in events):
        if listed:
            return ()
        events = [(kind, text) for kind, text in events if not _unreadable(kind, text)]
    if not any(kind == "introduced" for kind, _ in events):
        events.insert(0, ("introduced", "0"))
    return _walk(sorted(events, key=_place))


_KINDS = ("introduced", "fixed", "last_affected")
"""Events that bound a range; ``limit`` only narrows one, so leaving it out never hides a hit."""


def _unreadable(kind: str, text: str) -> bool:
    return len(text) > _LONGEST_TEXT or (
        not (kind == "introduced" and text == "0") and read_version(text).version is None
    )


def _place(event: tuple[str, str]) -> tuple[int, Version | None]:
    kind, text = event
    # "0" stands before every version, also before the pre-releases of 0
    return (0, None) if kind == "introduced" and text == "0" else (1, read_version(text).version)


def _walk(events: list[tuple[str, str]]) -> tuple[Range, ...]:
    found: list[Range] = []
    since: str | None = None
    for kind, text in events:
        if kind == "introduced":
            since = ("" if text == "0" else text) if since is None else since
            continue
        if kind == "fixed":
            at = read_version(text).version
            # the same version as last affected and as fixed: fixed wins
            while (
                found
                and found[-1].last_affected
                and read_version(found[-1].last_affected).version == at
            ):
                found[-1] = Range(introduced=found[-1].introduced, fixed=text)
        if since is not None:
            fixed = kind == "fixed"
            found.append(
                Range(
                    introduced=since,
                    fixed=text if fixed else "",
                    last_affected="" if fixed else text,
                )
            )
            since = None
    if since is not None:
        found.append(Range(introduced=since))
    return tuple(found)


def _bad(why: str, identity: str = "") -> BadInput:
    which = f"the advisory `{identity[:80]}`" if identity else "an advisory"
    return BadInput("bad-advisory", f"cannot read {which}", context=(why,))


_DECODER = msgspec.json.Decoder(_Document)
