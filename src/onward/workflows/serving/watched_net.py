"""The network of a server, with what it asked of upstreams counted and its failures told."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from onward.core.errors import OnwardError
from onward.core.events import Event, Fact, Listener, Weight
from onward.core.net import Net, Request, Response, Stream


class Asking:
    """Requests to upstreams by outcome (``2xx`` ... ``5xx``, ``304``, ``error``): how many, and their seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}

    def add(self, outcome: str, seconds: float) -> None:
        """Count one request."""
        with self._lock:
            count, total = self._counts.get(outcome, (0, 0.0))
            self._counts[outcome] = (count + 1, total + seconds)

    def counts(self) -> dict[str, tuple[int, float]]:
        """Give (requests, seconds) by outcome."""
        with self._lock:
            return dict(self._counts)


class WatchedNet(Net):
    """A ``Net`` that counts into ``asking`` and tells of failures: statuses from 500 on, and no answer at all."""

    def __init__(
        self, env: Mapping[str, str], asking: Asking, tell: Listener, *, offline: bool = False
    ) -> None:
        super().__init__(env, offline=offline)
        self._asking = asking
        self._tell = tell

    def get(self, request: Request) -> Response:
        """Answer ``request``; see ``Net.get``."""
        done = self._timed(request)
        try:
            response = super().get(request)
        except OnwardError as error:
            done(error)
            raise
        done(response.status)
        return response

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        """Give the answer while its body still comes; see ``Net.stream``."""
        done = self._timed(request)
        try:
            with super().stream(request) as stream:
                yield stream
        except OnwardError as error:
            done(error)
            raise
        done(stream.status)

    def odd(self, error: OnwardError) -> None:
        """Tell of an answer that came, and is not what was asked for."""
        words = "; ".join((error.message, *error.context))
        facts: dict[str, Fact] = {"why": error.reference, "words": words}
        self._tell(Event(kind="upstream-failed", weight=Weight.warning, facts=facts))

    def _timed(self, request: Request) -> Callable[[int | OnwardError], None]:
        began = time.monotonic()

        def done(outcome: int | OnwardError) -> None:
            """Count one answer, and tell of one that failed."""
            took = time.monotonic() - began
            word = _word(outcome)
            self._asking.add(word, took)
            if word not in ("5xx", "error"):
                return
            why = outcome.reference if isinstance(outcome, OnwardError) else f"status-{outcome}"
            parts = urlsplit(request.url)
            place = f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
            facts: dict[str, Fact] = {"address": place, "why": why, "seconds": round(took, 3)}
            self._tell(Event(kind="upstream-failed", weight=Weight.warning, facts=facts))

        return done


def _word(outcome: int | OnwardError) -> str:
    if isinstance(outcome, OnwardError):
        return "error"
    return "304" if outcome == 304 else f"{outcome // 100}xx"
