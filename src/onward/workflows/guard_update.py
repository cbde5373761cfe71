"""Fetch the advisory data, if the source has newer, and say what is there."""

import contextlib
import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from onward.adapters.feed.dump import Progress, compile_dump
from onward.adapters.feed.store import FeedInfo, feed_path, open_feed
from onward.core import env as names
from onward.core.disk import locked, write_failed
from onward.core.errors import BadInput, OutsideFailed
from onward.core.net import Net, Request, Response
from onward.core.redact import redact

PUBLIC_DUMP = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
"""OSV's bulk dump for PyPI, made anew several times a day."""

_LARGEST = 1_000_000_000  # bytes of a dump; the public one has some tens of millions


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """What an update did: the store's facts, and whether the source had anything newer."""

    info: FeedInfo
    changed: bool


def silent(_what: str, _done: int, _total: int) -> None:
    """Listen to nothing."""


def source_of(chosen: str | None, env: Mapping[str, str], cwd: Path) -> str:
    """Give the address to ask: ``chosen`` (address or path), else ``ONWARD_FEED_URL``, else the public dump.

    Raises BadInput (``bad-address``) for anything but https, http on loopback, file and a path.
    """
    word = chosen or env.get(names.FEED_URL) or PUBLIC_DUMP
    if "://" not in word and not word.startswith("file:"):
        return (cwd / word).absolute().as_uri()
    parts = urlsplit(word)
    host = parts.hostname or ""
    loopback = (
        host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
    )
    if parts.scheme not in ("https", "file") and not (parts.scheme == "http" and loopback):
        raise BadInput(
            "bad-address",
            f"advisory data does not come from `{redact(word)}`",
            context=("Over plain http anyone on the way could take advisories out of it.",),
            hint="Give an https address, a file: address or a path.",
        )
    return word


def update_feed(
    cache: Path,
    source: str,
    *,
    env: Mapping[str, str],
    net: Net,
    now: dt.datetime,
    force: bool = False,
    progress: Progress = silent,
) -> Update:
    """Bring the store in ``cache`` up to what ``source`` (an address) has; ``now`` is aware.

    Asks only for what changed since the last time (ETag, Last-Modified), unless ``force``,
    which also takes a dump that is much smaller than the data from before. On any error
    the data from before stays. Raises OutsideFailed (no answer, ``bad-dump``,
    ``shrunken-dump``, disk) and BadInput (``offline``, ``no-such-file``).
    """
    if names.is_offline(env) and not source.startswith("file:"):
        raise BadInput(
            "offline",
            f"`{names.OFFLINE}` is set, so `{redact(source)}` is not asked",
            hint="Unset it, or give a local copy with `--from FILE`.",
        )
    target = feed_path(cache)
    with locked(cache / "locks" / "advisories", "the advisory data"), _folder(target) as folder:
        known = None if force else _known(target, source)
        dump = folder / "all.zip"
        answer = _fetch(net, source, known, dump, progress)
        if answer.status == 304 and known is not None:
            return Update(info=known, changed=False)
        info = compile_dump(
            dump,
            target,
            source=redact(source),
            fetched=now,
            etag=answer.headers.get("etag", ""),
            last_modified=answer.headers.get("last-modified", ""),
            told=_moment(answer.headers.get("last-modified")),
            force=force,
            progress=progress,
        )
        return Update(info=info, changed=True)


@contextlib.contextmanager
def _folder(target: Path) -> Iterator[Path]:
    """Give a folder beside ``target`` for what is being fetched; it goes away at the end."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=target.parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise write_failed(target, error) from error
    with folder as name:
        yield Path(name)


def _known(target: Path, source: str) -> FeedInfo | None:
    """Give the facts of the present store if it came from this source."""
    feed = open_feed(target)
    if feed is None:
        return None
    feed.close()
    return feed.info if feed.info.source == redact(source) else None


def _fetch(
    net: Net, source: str, known: FeedInfo | None, dump: Path, progress: Progress
) -> Response:
    headers = {}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    elif known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    request = Request(url=source, headers=headers, limit=_LARGEST, timeout=60.0)
    try:
        answer = net.download(request, dump, lambda done, total: progress("download", done, total))
    except OSError as error:  # the disk: faults of the network come as OutsideFailed
        raise write_failed(dump, error) from error
    if answer.status == 200 or (answer.status == 304 and known is not None):
        return answer
    if source.startswith("file:"):
        raise BadInput("no-such-file", f"there is no file at `{source}`")
    raise OutsideFailed(
        "no-feed",
        f"`{redact(source)}` answered {answer.status}; the data from before stays",
        hint="Check the address, or name another one with `--from` or ONWARD_FEED_URL.",
    )


def _moment(text: str | None) -> dt.datetime | None:
    try:
        when = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)
