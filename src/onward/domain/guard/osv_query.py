"""What a question to the OSV API asks (https://google.github.io/osv.dev/post-v1-query/), and a page of its answer."""

from collections.abc import Sequence
from urllib.parse import unquote

import msgspec

from onward.core.errors import BadInput
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.advisories import Advisory, hits

MOST_QUERIES = 10_000
"""Questions in one batch. OSV has 1,000, but uv sends a whole lock as one batch, however large."""

MOST_IDS = 1_000
"""Advisories on one page of an answer, as OSV has it."""

FROM_THE_START = ">"
"""The page token of a question that has not been looked at; with an id behind it, what comes after that id."""

_LONGEST = 300


class _Package(msgspec.Struct):
    name: str | None = None
    ecosystem: str | None = None
    purl: str | None = None


class _Asked(msgspec.Struct):
    package: _Package | None = None
    version: str | None = None
    commit: str | None = None
    page_token: str | None = None


class _Batch(msgspec.Struct):
    queries: list[msgspec.Raw]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One question: ``name`` is None for an ecosystem other than PyPI, ``version`` is empty for all of them.

    ``token`` is the page token, empty for the first page.
    """

    name: Name | None
    version: str = ""
    token: str = ""

    @property
    def after(self) -> str:
        """The id after which the page begins; empty for the first page."""
        return self.token[len(FROM_THE_START) :]


def read_query(body: bytes) -> Query:
    """Read the body of ``/v1/query``; raises BadInput (``bad-query``) with all its faults."""
    faults: list[str] = []
    query = _query(body, "$", faults)
    if query is None:
        raise _bad(faults)
    return query


def read_batch(body: bytes) -> tuple[Query, ...]:
    """Read the body of ``/v1/querybatch``; raises BadInput (``bad-query``) with the faults of all its queries."""
    try:
        batch = _BATCH.decode(body)
    except _UNREADABLE as error:
        raise _bad([_words(error)]) from error
    if len(batch.queries) > MOST_QUERIES:
        raise _bad([f"it has {len(batch.queries):,} queries; {MOST_QUERIES:,} are the most"])
    faults: list[str] = []
    found = [_query(raw, f"$.queries[{n}]", faults) for n, raw in enumerate(batch.queries)]
    if faults:
        raise _bad(faults)
    return tuple(query for query in found if query is not None)


def page_of(known: Sequence[Advisory], query: Query) -> tuple[tuple[str, ...], str]:
    """Give the ids that answer ``query``, and the token of the next page (empty when this is the last).

    ``known`` are the advisories on its project, ordered by id.
    """
    ids: list[str] = []
    for advisory in known:
        if advisory.id <= query.after or (query.version and not hits(advisory, query.version)):
            continue
        if len(ids) == MOST_IDS:
            return tuple(ids), FROM_THE_START + ids[-1]
        ids.append(advisory.id)
    return tuple(ids), ""


def _query(body: bytes | msgspec.Raw, place: str, faults: list[str]) -> Query | None:
    """Read one query, and add what is wrong with it to ``faults``; None when there is anything."""
    try:
        asked = _ASKED.decode(body)
    except _UNREADABLE as error:
        where, at, path = _words(error).rpartition(" - at `$")
        faults.append(f"{where} - at `{place}{path}" if at else f"{path} - at `{place}`")
        return None
    wrong: list[str] = []
    package = asked.package or _Package()
    name, version = _named(package, wrong)
    if asked.commit:
        wrong.append("`commit` cannot be asked: a release does not tell its commit")
    elif not (package.name or package.purl):
        wrong.append("`package` needs a `name` and its `ecosystem`, or a `purl`")
    if version and asked.version:
        wrong.append("`version` is given twice, alone and in `purl`")
    version = version or asked.version or ""
    if len(version) > _LONGEST:
        wrong.append("`version` is too long")
    token = asked.page_token or ""
    if token and not token.startswith(FROM_THE_START):
        wrong.append("`page_token` is none of ours")
    faults.extend(f"{why} - at `{place}`" for why in wrong)
    return None if wrong else Query(name=name, version=version.strip(), token=token)


def _named(package: _Package, wrong: list[str]) -> tuple[Name | None, str]:
    """Give the project on PyPI that is meant (None: it is elsewhere), and the version that a purl has."""
    if package.purl:
        if package.name or package.ecosystem:
            wrong.append("`purl` stands alone, without `name` and `ecosystem`")
        return _read_purl(package.purl, wrong)
    if not package.name:
        return None, ""
    if not package.ecosystem:
        wrong.append("`ecosystem` is missing")
        return None, ""
    # OSV knows "PyPI" only; one who writes it otherwise must not be told that all is clean
    if package.ecosystem.partition(":")[0].lower() != "pypi":
        return None, ""
    return _name(package.name, wrong), ""


def _read_purl(purl: str, wrong: list[str]) -> tuple[Name | None, str]:
    """Read ``pkg:pypi/NAME@VERSION?...#...`` (package-url, ECMA-427); another type is elsewhere."""
    scheme, colon, rest = purl.partition(":")
    kind, slash, path = rest.partition("#")[0].partition("?")[0].lstrip("/").partition("/")
    if scheme.lower() != "pkg" or not colon or not slash or not kind or not path.strip("/"):
        wrong.append(f"`{purl[:_SHOWN]}` is no package URL")
        return None, ""
    if kind.lower() != "pypi":
        return None, ""
    word, _, version = path.strip("/").partition("@")
    return _name(unquote(word), wrong), unquote(version)


def _name(word: str, wrong: list[str]) -> Name | None:
    if not is_name(word):
        wrong.append(f"`{word[:_SHOWN]}` cannot be the name of a project on PyPI")
        return None
    return parse_name(word)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__


def _bad(faults: Sequence[str]) -> BadInput:
    return BadInput("bad-query", "the query cannot be read", context=tuple(faults))


_SHOWN = 80
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_ASKED = msgspec.json.Decoder(_Asked)
_BATCH = msgspec.json.Decoder(_Batch)
