"""The door to the network. What lies behind it is imported when something is first asked for:

most commands of a project that is up to date ask for nothing.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from onward.core.errors import OutsideFailed

if TYPE_CHECKING:
    from onward.core.connections import Connections

_LIMIT = 200_000_000


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A question: address, headers, most bytes to read, seconds to wait for each answer.

    It is a GET unless ``method`` says otherwise. What changes something there (neither GET nor
    HEAD) is asked once and not redirected: whoever asks decides what to do then. Its body is
    ``body``, or what stands in ``body_file`` from the byte ``body_from`` on; ``sending`` is told
    (sent, total) bytes of that file while it leaves.

    Without ``inside`` an address that others made up is not asked when it, or where it redirects
    to, is on this machine or in a network that is not public (``core.addresses``).
    """

    url: str
    headers: dict[str, str] = {}
    limit: int = _LIMIT
    timeout: float = 30.0
    inside: bool = True
    method: str = "GET"
    body: bytes = b""
    body_file: str = ""
    body_from: int = 0
    sending: Callable[[int, int], None] | None = None

    @property
    def only_asks(self) -> bool:
        """Whether it may be asked again without doing anything twice."""
        return self.method in ("GET", "HEAD")


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: status, headers with lower-case names, body, the address after redirects."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose body still comes; ``chunks`` can be read once and raises when it is cut short."""

    status: int
    headers: dict[str, str]
    url: str
    chunks: Iterator[bytes]


class Net:
    """All connections of one run of onward; safe to share between threads.

    ``env`` is read for proxies (``HTTPS_PROXY``, ``HTTP_PROXY``, ``NO_PROXY``) and
    ``SSL_CERT_FILE``. A passing fault is tried ``attempts`` times, with growing pauses. One
    that is ``offline`` asks nobody: every question is OutsideFailed (``offline``).
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        attempts: int = 3,
        pause: float = 0.3,
        offline: bool = False,
    ) -> None:
        self._env = env
        self._offline = offline
        self._attempts = attempts
        self._pause = pause
        self._made: Connections | None = None
        self._lock = threading.Lock()

    def get(self, request: Request) -> Response:
        """Answer ``request``, following redirects and trying passing faults again.

        Any status is an answer; raises OutsideFailed when none could be had (``no-answer``,
        ``too-large``, ``bad-redirect``, ``untrusted-certificate``) and BadInput for an
        address of another kind.
        """
        return self._connections().get(request)

    def download(
        self, request: Request, path: Path, progress: Callable[[int, int], None]
    ) -> Response:
        """Like ``get``, with the body streamed into ``path`` and (done, total) bytes told."""
        return self._connections().download(request, path, progress)

    def stream(self, request: Request) -> AbstractContextManager[Stream]:
        """Give the answer while its body still comes, redirects followed, nothing tried twice.

        For what is handed on to someone who checks it; ``limit`` does not count. Raises
        OutsideFailed as ``get`` does, also when the body is cut short.
        """
        return self._connections().stream(request)

    def close(self) -> None:
        """Close the connections that are kept open; asking again opens new ones."""
        with self._lock:
            if self._made is not None:
                self._made.close()

    def _connections(self) -> "Connections":
        if self._offline:
            raise OutsideFailed(
                "offline",
                "onward is told to stay offline, and this was never fetched",
                hint="It can be had once onward may ask again.",
            )
        with self._lock:
            if self._made is None:
                from onward.core.connections import Connections

                self._made = Connections(self._env, attempts=self._attempts, pause=self._pause)
            return self._made
