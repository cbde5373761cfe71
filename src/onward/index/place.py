"""Where a server may listen."""

import ipaddress
import socket

from onward.core.errors import BadInput, OutsideFailed


def check_place(host: str, port: int) -> None:
    """Raise when nobody can or may listen there: BadInput (``not-loopback``, ``bad-port``), OutsideFailed (``port-taken``).

    Without tokens everyone who reaches the server may read it, so it listens on this
    machine only.
    """
    if not 1 <= port <= 65535:
        raise BadInput("bad-port", f"{port} is no port", hint="Choose one from 1024 to 65535.")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise BadInput(
            "not-loopback",
            f"`{host}` is no address to listen on",
            hint="Give an IP address of this machine's loopback: 127.0.0.1 or ::1.",
        ) from None
    if not address.is_loopback:
        raise BadInput(
            "not-loopback",
            f"onward's index has no logins yet, so it does not listen on `{host}`",
            context=("Everyone who can reach it could read it.",),
            hint="Use 127.0.0.1, with a proxy that asks for logins in front of it if others need it.",
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise OutsideFailed(
                "port-taken",
                f"cannot listen on {host} port {port}",
                context=(error.strerror or str(error),),
                hint="Another server is there, or the port is not yours; choose another with `--port`.",
            ) from error
