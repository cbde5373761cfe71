"""One file on its way from upstream: fetched once, read by everyone who wants it while it comes."""

import contextlib
import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import msgspec

from onward.core.errors import OnwardError, OutsideFailed
from onward.core.net import Net, Request

_HELD_BACK = 4_096  # bytes that nobody gets before the hash of the whole is known to be right


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a download is.

    ``size`` is None until the upstream has told it; ``ready`` bytes may be handed out.
    ``done`` when all are there and the hash is right; ``error`` when that will not come.
    """

    size: int | None = None
    ready: int = 0
    done: bool = False
    error: OnwardError | None = None


class Download:
    """Fetches ``request`` into ``path`` in a thread of its own and checks its hash, ``wanted`` as (kind, hex digits).

    What has more than ``request.limit`` bytes is not read on. ``kept`` is called with the path of the whole, right file before anyone sees its end. The
    file is removed by ``close``; readers that have it open may read on.
    """

    def __init__(
        self,
        net: Net,
        request: Request,
        path: Path,
        wanted: tuple[str, str],
        kept: Callable[[Path], None],
    ) -> None:
        self._net = net
        self._request = request
        self._path = path
        self._wanted = wanted
        self._kept = kept
        self._lock = threading.Condition()
        self._progress = Progress()
        self._listeners: list[Callable[[], None]] = []

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self._path

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        return self._progress

    def start(self) -> None:
        """Begin; gives at once. Raises OutsideFailed (``store-failed``) when there is no place for it."""
        try:
            self._path.touch()
        except OSError as error:
            raise not_written(error) from error
        threading.Thread(target=self._run, daemon=True).start()

    def listen(self, wake: Callable[[], None]) -> None:
        """Call ``wake``, from another thread, whenever there is something new."""
        with self._lock:
            self._listeners.append(wake)

    def ignore(self, wake: Callable[[], None]) -> None:
        """Do not call ``wake`` any more."""
        with self._lock:
            self._listeners.remove(wake)

    def wait(self, until: Callable[[Progress], bool]) -> Progress:
        """Wait in this thread until ``until`` holds, or nothing more will come."""
        with self._lock:
            self._lock.wait_for(
                lambda: until(self._progress) or self._progress.done or self._progress.error
            )
            return self._progress

    def _run(self) -> None:
        try:
            with self._path.open("wb", buffering=0) as file:
                self._fetch(file)
        except OnwardError as error:
            self._tell(error=error)
        except OSError as error:
            self._tell(error=not_written(error))

    def _fetch(self, file: BinaryIO) -> None:
        kind, wanted = self._wanted
        digest = hashlib.new(kind, usedforsecurity=False)
        with self._net.stream(self._request) as stream:
            if stream.status != 200:
                raise OutsideFailed(
                    "upstream-refused", f"the upstream answered {stream.status} for a file"
                )
            told = stream.headers.get("content-length", "")
            plain = "content-encoding" not in stream.headers
            self._tell(size=int(told) if told.isdigit() and plain else None)
            written = 0
            for chunk in stream.chunks:
                written += len(chunk)
                if written > self._request.limit:
                    raise OutsideFailed(
                        "wrong-size", "a file from upstream is larger than its page promised"
                    )
                file.write(chunk)
                digest.update(chunk)
                self._tell(ready=max(0, written - _HELD_BACK))
        if digest.hexdigest() != wanted:
            raise OutsideFailed(
                "wrong-hash", "a file from upstream is not the one that its page promised"
            )
        with contextlib.suppress(OutsideFailed):  # the client's file is right all the same
            self._kept(self._path)
        self._tell(size=written, ready=written, done=True)

    def _tell(self, **news: object) -> None:
        with self._lock:
            self._progress = msgspec.structs.replace(self._progress, **news)
            self._lock.notify_all()
            listeners = list(self._listeners)
        for wake in listeners:
            wake()


def not_written(error: OSError) -> OutsideFailed:
    """Give the error for a file on its way for which the disk has no place."""
    return OutsideFailed(
        "store-failed",
        "a file that was being fetched could not be written",
        context=(error.strerror or str(error),),
        hint="Look at the disk of the data folder: is it full, or not writable?",
    )
