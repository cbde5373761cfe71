"""Connections to other machines, behind ``core.net``: kept open, bounded, tried again.

Built on ``http.client`` because on the command line's path the larger clients cost more
than the work itself. Everything read is bounded in size and time; addresses are shown
without their passwords.
"""

import base64
import contextlib
import http.client
import re
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

import msgspec

from onward.core.addresses import is_address, is_inside, proxy_for
from onward.core.bodies import Leaving, Timed, drain, whole
from onward.core.disk import write_failed
from onward.core.errors import BadInput, OutsideFailed
from onward.core.net import Request, Response, Stream
from onward.core.redact import redact

_REDIRECTS = (301, 302, 303, 307, 308)
_BREAKS = re.compile(r"[\r\n]+[ \t]*")
_RETRIED = (429, 500, 502, 503, 504)
_PATIENCE = (
    20  # times the seconds for one answer: as long as an answer held in memory may take in all
)


_Key = tuple[str, str, int | None, str | None]  # scheme, host, port, proxy


class Connections:
    """A pool of kept connections; what ``core.net.Net`` promises, kept."""

    def __init__(self, env: Mapping[str, str], *, attempts: int, pause: float) -> None:
        self._env = env
        self._attempts = attempts
        self._pause = pause
        self._idle: dict[_Key, list[http.client.HTTPConnection]] = {}
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close what is kept open and idle."""
        with self._lock:
            kept, self._idle = self._idle, {}
        for connections in kept.values():
            for connection in connections:
                connection.close()

    # Most users live as long as the process; those that are dropped earlier leave nothing open.
    __del__ = close

    def get(self, request: Request) -> Response:
        """Answer ``request``; see ``Net.get``."""
        sink = bytearray()
        response = self._ask(request, sink.clear, sink.extend)
        return msgspec.structs.replace(response, body=bytes(sink))

    def download(
        self, request: Request, path: Path, progress: Callable[[int, int], None]
    ) -> Response:
        """Stream the answer into ``path``; see ``Net.download``."""
        try:
            with path.open("wb") as file:
                return self._into(file, request, path, progress)
        except OSError as error:  # what was kept back could not be written at the end
            raise write_failed(path, error) from error

    def _into(
        self,
        file: IO[bytes],
        request: Request,
        path: Path,
        progress: Callable[[int, int], None],
    ) -> Response:
        done = 0

        def restart() -> None:
            nonlocal done
            done = 0
            file.seek(0)
            file.truncate()

        def write(chunk: bytes) -> None:
            nonlocal done
            try:
                file.write(chunk)
            except OSError as error:  # of the disk, and none of the network that is tried again
                raise write_failed(path, error) from error
            done += len(chunk)
            progress(done, total[0])

        total = [0]
        return self._ask(request, restart, write, total)

    def _ask(
        self,
        request: Request,
        restart: Callable[[], None],
        write: Callable[[bytes], object],
        total: list[int] | None = None,
    ) -> Response:
        fault = ""
        attempts = self._attempts if request.only_asks else 1
        for attempt in range(attempts):
            if attempt:
                time.sleep(self._pause * 2 ** (attempt - 1))
            restart()
            try:
                response = self._follow(request, write, total)
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, ssl.SSLCertVerificationError):
                    raise _untrusted(request.url, error) from error
                fault = _plain(error)
                continue
            except ValueError as error:
                raise _no_answer(request.url, _plain(error)) from error
            if response.status not in _RETRIED or attempt == attempts - 1:
                return response
        raise _no_answer(request.url, fault)

    @contextlib.contextmanager
    def stream(self, request: Request) -> Iterator[Stream]:
        """Give the answer while its body still comes; see ``Net.stream``."""
        with contextlib.ExitStack() as open_:
            with _translated(request.url):
                answer, url = open_.enter_context(self._arrive(request))
            # outside of that: a fault of whoever reads, like a full disk, is none of the upstream
            yield Stream(
                status=answer.status,
                headers=_headers(answer),
                url=url,
                chunks=_pieces(answer, request.url),
            )

    def _follow(
        self, request: Request, write: Callable[[bytes], object], total: list[int] | None
    ) -> Response:
        if request.url.startswith("file:"):
            return _read_file(request.url, request.headers, request.limit, write)
        with self._arrive(request) as (answer, url):
            until = time.monotonic() + _PATIENCE * request.timeout if total is None else None
            drain(answer, request, until, write, total)
            return Response(status=answer.status, headers=_headers(answer), body=b"", url=url)

    @contextlib.contextmanager
    def _arrive(self, request: Request) -> Iterator[tuple[http.client.HTTPResponse, str]]:
        """Give the first answer that redirects no further, its body unread, and the address it is from."""
        url, headers = request.url, dict(request.headers)
        for _ in range(6):
            with self._send(url, headers, request) as answer:
                location = answer.getheader("location")
                if answer.status not in _REDIRECTS or not location or not request.only_asks:
                    answer.take_time()
                    yield answer, url
                    return
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer.read(1_000_000)  # nobody needs it; whole, the connection can be kept
                new = _next_address(url, location)
                if _origin(new) != _origin(url):
                    headers = {k: v for k, v in headers.items() if k.lower() != "authorization"}
                url = new
        raise OutsideFailed("bad-redirect", f"`{redact(request.url)}` redirects too often")

    @contextlib.contextmanager
    def _send(self, url: str, headers: dict[str, str], request: Request) -> Iterator[Timed]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput("bad-address", f"`{redact(url)}` is not an http, https or file address")
        if parts.username is not None and "Authorization" not in headers:
            headers = {**headers, "Authorization": _basic(parts.username, parts.password)}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "onward", "Accept-Encoding": "identity", **headers}
        proxy = proxy_for(self._env, parts.scheme, parts.hostname)
        if proxy is not None and parts.scheme == "http":
            target = f"http://{parts.netloc.rpartition('@')[2]}{target}"
            headers |= _proxy_login(proxy)
        key = (parts.scheme, parts.hostname, parts.port, proxy)
        connection, answer = self._ask_on(
            key, target, headers, msgspec.structs.replace(request, url=url)
        )
        try:
            yield answer
        except BaseException:
            answer.close()  # an answer that is the connection's last one holds the socket itself
            connection.close()
            raise
        if answer.isclosed() and not answer.will_close:
            with self._lock:
                self._idle.setdefault(key, []).append(connection)
        else:
            answer.close()
            connection.close()

    def _ask_on(
        self, key: _Key, target: str, headers: dict[str, str], request: Request
    ) -> tuple[http.client.HTTPConnection, Timed]:
        """Ask on a kept connection, or on a new one when that died while it was idle."""
        with self._lock:
            # a kept one may be dead, and what changes something is not sent twice
            use = request.only_asks and self._idle.get(key)
            kept = self._idle[key].pop() if use else None
        if kept is not None and kept.sock is not None:
            try:
                kept.sock.settimeout(request.timeout)
                _meet(kept, key, request)
                return kept, _asked(kept, target, headers, request)
            except (OSError, http.client.HTTPException) as error:
                kept.close()
                if isinstance(error, TimeoutError):
                    raise
        made = self._connect(key, request.timeout)
        try:
            _meet(made, key, request)
            return made, _asked(made, target, headers, request)
        except BaseException:
            made.close()
            raise

    def _connect(self, key: _Key, timeout: float) -> http.client.HTTPConnection:
        scheme, host, port, proxy = key
        if proxy is None:
            if scheme == "https":
                return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._tls())
            return http.client.HTTPConnection(host, port, timeout=timeout)
        at = urlsplit(proxy)
        if scheme == "http":
            return http.client.HTTPConnection(at.hostname or "", at.port or 80, timeout=timeout)
        made = http.client.HTTPSConnection(
            at.hostname or "", at.port or 80, timeout=timeout, context=self._tls()
        )
        made.set_tunnel(host, port or 443, headers=_proxy_login(proxy))
        return made

    def _tls(self) -> ssl.SSLContext:
        with self._lock:  # reading the system's certificates is the costly part: once
            if self._context is None:
                if sys.platform == "linux" or self._env.get("SSL_CERT_FILE"):
                    self._context = ssl.create_default_context(
                        cafile=self._env.get("SSL_CERT_FILE") or None
                    )
                else:  # pragma: no cover - the system's own store on macOS and Windows
                    import truststore

                    self._context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return self._context


def _basic(user: str | None, password: str | None) -> str:
    pair = f"{unquote(user or '')}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _proxy_login(proxy: str) -> dict[str, str]:
    at = urlsplit(proxy)
    return {"Proxy-Authorization": _basic(at.username, at.password)} if at.username else {}


def _meet(connection: http.client.HTTPConnection, key: _Key, request: Request) -> None:
    """See who is there before anything is said, where not everyone may be: a name may lead elsewhere than a moment ago."""
    if request.inside:
        return
    _, host, _, proxy = key
    if proxy is not None:  # which looks up names itself; an address stands for itself
        outside = not is_address(host) or not is_inside(host)
    else:
        if connection.sock is None:
            connection.connect()
        outside = not is_inside(connection.sock.getpeername()[0])
    if not outside:
        raise OutsideFailed(
            "private-address",
            f"`{redact(request.url)}` is not asked: it is on this machine or in a private network, and a public index named it",
            hint="If it is an index of your own, make it an upstream of the server.",
        )


def _asked(
    connection: http.client.HTTPConnection, target: str, headers: dict[str, str], request: Request
) -> Timed:
    connection.response_class = Timed
    if request.body_file:
        with Path(request.body_file).open("rb") as file:
            size = file.seek(0, 2) - request.body_from
            file.seek(request.body_from)
            headers = {**headers, "Content-Length": str(size)}
            body = file if request.sending is None else Leaving(file, request.sending)
            connection.request(request.method, target, body, headers)
    else:
        connection.request(request.method, target, request.body or None, headers)
    answer = connection.getresponse()
    assert isinstance(answer, Timed)  # noqa: S101 - for the type; it is what was just asked for
    return answer


def _headers(answer: http.client.HTTPResponse) -> dict[str, str]:
    """Give the headers, those on several lines as one line (RFC 9112, 5.2): what is sent back must not hold another."""
    return {name.lower(): _BREAKS.sub(" ", value) for name, value in answer.getheaders()}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _next_address(url: str, location: str) -> str:
    new = urljoin(url, location)
    if urlsplit(new).scheme not in ("http", "https"):
        raise OutsideFailed(
            "bad-redirect", f"`{redact(url)}` redirects to `{redact(new)}`, which is not the web"
        )
    if urlsplit(url).scheme == "https" and urlsplit(new).scheme == "http":
        raise OutsideFailed(
            "bad-redirect", f"`{redact(url)}` redirects from https to http; not followed"
        )
    return new


def _read_file(
    url: str, headers: Mapping[str, str], limit: int, write: Callable[[bytes], object]
) -> Response:
    """Answer for a file as a server would: its size and time are its ETag (RFC 9110, section 13.1.2)."""
    path = Path(url2pathname(urlsplit(url).path))
    try:
        about = path.stat()
        etag = f'"{about.st_ino:x}-{about.st_size:x}-{about.st_mtime_ns:x}"'
        if headers.get("If-None-Match") == etag:
            return Response(status=304, headers={"etag": etag}, body=b"", url=url)
        if about.st_size > limit:
            raise OutsideFailed("too-large", f"`{path}` is larger than {limit // 1_000_000} MB")
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                write(chunk)
    except (FileNotFoundError, IsADirectoryError):
        return Response(status=404, headers={}, body=b"", url=url)
    return Response(status=200, headers={"etag": etag}, body=b"", url=url)


def _pieces(answer: http.client.HTTPResponse, url: str) -> Iterator[bytes]:
    with _translated(url):
        yield from whole(answer)


@contextlib.contextmanager
def _translated(url: str) -> Iterator[None]:
    """Turn what the other side did wrong into OutsideFailed; a ValueError is an address of its that is none."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(url, error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _no_answer(url, _plain(error)) from error


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut short"
    return str(error) or type(error).__name__


def _no_answer(url: str, fault: str) -> OutsideFailed:
    return OutsideFailed(
        "no-answer",
        f"no usable answer from `{redact(url)}`",
        context=(redact(fault),) if fault else (),
        hint="Check the network, the address and the proxy settings, and try again.",
    )


def _untrusted(url: str, error: ssl.SSLCertVerificationError) -> OutsideFailed:
    return OutsideFailed(
        "untrusted-certificate",
        f"the certificate of `{redact(url)}` is not trusted",
        context=(error.verify_message or str(error),),
        hint="If your company uses its own authority, point SSL_CERT_FILE at its bundle.",
    )
