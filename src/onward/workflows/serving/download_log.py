"""Who is given a file, as a row of the log; in a dry run also what would have blocked it."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable

from onward.adapters.database.downloads import Logged
from onward.adapters.simple_api import File, version_of
from onward.core.errors import OnwardError, Refused
from onward.index.asgi import Asked
from onward.shelves.pages import Ready
from onward.workflows.serving.recorder import Recorder
from onward.workflows.serving.rulebook import LiveJudge

_LONGEST = 200  # letters of a User-Agent that are kept
_SAID_EVERY = dt.timedelta(hours=1)
_REMEMBERED = 10_000  # files and clients


class DownloadLog:
    """Hears of every file that is given (``index.file_answers.Given``) and hands a row to the recorder.

    The client's address is the one of its connection: what a request says of itself
    (``X-Forwarded-For``) anyone can write. What only a dry run lets through is told to
    ``warn`` too, once an hour for each file and client.
    """

    def __init__(
        self,
        recorder: Recorder,
        judge: LiveJudge,
        *,
        clock: Callable[[], dt.datetime],
        warn: Callable[[OnwardError], None],
    ) -> None:
        self._recorder = recorder
        self._judge = judge
        self._clock = clock
        self._warn = warn
        self._said: OrderedDict[tuple[str, str], dt.datetime] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, asked: Asked, ready: Ready, listed: File) -> None:
        """Log that a file of a page was given to whoever asked."""
        held = self._judge.would_block(ready.findings(listed)) if self._judge.dry_run else ()
        caller = asked.scope.get("client")
        row = Logged(
            at=self._clock(),
            project=ready.name,
            version=version_of(listed.filename, ready.name) or "",
            filename=listed.filename,
            who=asked.grant.label,
            address=str(caller[0]) if caller else "",
            client=_plain(asked.header(b"user-agent")),
            held=held[0].rule if held else "",
        )
        self._recorder.downloaded(row)
        if held and self._is_news(row):
            context = (f"{row.who or row.address or 'someone'} was given {row.filename}",)
            message = f"dry run: {held[0].message} [{held[0].rule}]"
            self._warn(Refused("would-block", message, context=context))

    def _is_news(self, row: Logged) -> bool:
        key = (row.filename, row.who or row.address)
        with self._lock:
            before = self._said.get(key)
            if before is not None and before <= row.at < before + _SAID_EVERY:
                return False
            self._said[key] = row.at
            self._said.move_to_end(key)
            while len(self._said) > _REMEMBERED:
                self._said.popitem(last=False)
        return True


def _plain(text: str) -> str:
    """Give a header as text that a terminal can show."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])
