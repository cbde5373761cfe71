"""Where the events of a running server are written: one line each, on stderr or at the end of a file."""

import datetime as dt
import logging
import logging.handlers
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from onward.core.errors import OutsideFailed
from onward.core.events import Event, Listener, json_line, text_line, unheard


def open_log(
    form: str, file: Path | None, *, err: TextIO, clock: Callable[[], dt.datetime]
) -> Listener:
    """Give what writes events in ``form`` (``text``, ``json``, ``off``), from any thread, to ``file`` or else to ``err``.

    A file that was moved away (log rotation) is opened anew; a line that cannot be written is
    lost, and the server goes on. Raises OutsideFailed (``no-log``) when the file cannot be opened.
    """
    if form == "off":
        return unheard
    handler = _handler(file, err)
    write = json_line if form == "json" else text_line

    def tell(event: Event) -> None:
        handler.handle(logging.makeLogRecord({"msg": "%s", "args": (write(event, clock()),)}))

    return tell


def _handler(file: Path | None, err: TextIO) -> logging.Handler:
    if file is None:
        return _Stream(err)
    try:
        return _File(file, encoding="utf-8")
    except OSError as error:
        raise OutsideFailed(
            "no-log",
            f"the log file `{file}` cannot be opened",
            context=(error.strerror or str(error),),
            hint="Name another with `--log-file`, or leave it out: the log goes to stderr then.",
        ) from error


class _Lossy(logging.Handler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Lose the line: a full disk, or a reader that is gone, stops no server."""


class _Stream(_Lossy, logging.StreamHandler[TextIO]):
    """Lines on a stream."""


class _File(_Lossy, logging.handlers.WatchedFileHandler):
    """Lines at the end of a file."""
