"""The socket that the server listens on, with what the system itself can do against clients that stop reading.

granian 2.8 takes connections in threads of its own and tells nobody of them before a request
is there, so what concerns a connection and not a request is up to the system.
"""

import os
import socket
import sys
from typing import Any

from granian.server.embed import Server


class ListeningServer(Server):
    """A server that drops a client which has taken nothing for ``patience`` seconds while there is something to send.

    Connections have that from the socket that they came in by (tcp(7), TCP_USER_TIMEOUT): so
    on Linux only. Elsewhere the system gives up when it likes.
    """

    _shd: Any  # the open socket
    _ssp: Any  # what makes it

    def __init__(
        self, app: Any, *, patience: float, **more: Any
    ) -> None:  # as the library has them
        super().__init__(app, **more)
        self._patience = patience

    def _init_shared_socket(self) -> None:
        super()._init_shared_socket()  # type: ignore[no-untyped-call] # granian has no types here
        if sys.platform != "linux":
            return
        if self._shd is None:  # on Linux each worker would make its own; here there is one
            self._shd, self._ssp = self._ssp.build(), None
        with socket.socket(fileno=os.dup(self._shd.get_fd())) as listening:
            wait = int(self._patience * 1000)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, wait)
