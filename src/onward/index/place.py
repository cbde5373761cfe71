"""Where a server may listen, who may read there, and by which certificate it is known."""

import ipaddress
import socket
import ssl
from enum import StrEnum
from pathlib import Path

import msgspec

from onward.core.errors import BadInput, OutsideFailed


class ReadAuth(StrEnum):
    """When reading needs a token: ``auto`` (everywhere but on loopback), ``always``."""

    auto = "auto"
    always = "always"


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a certificate with its chain, and of its key (PEM)."""

    cert: Path
    key: Path


def needs_token(host: str, read_auth: ReadAuth) -> bool:
    """Whether reading needs a token on a server that listens on ``host``."""
    return read_auth is ReadAuth.always or not ipaddress.ip_address(host).is_loopback


def read_tls(cert: Path | None, key: Path | None) -> Tls | None:
    """Give the certificate to serve with, tried out; None without one.

    Raises BadInput (``bad-certificate``) when half of it is missing, a file cannot be read, or
    the two do not belong together.
    """
    if cert is None and key is None:
        return None
    if cert is None or key is None:
        raise BadInput("bad-certificate", "`--tls-cert` and `--tls-key` go together")
    try:
        # a password is given so that nobody is asked for one
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as error:  # ssl's own are OSErrors
        raise BadInput(
            "bad-certificate",
            "the certificate cannot be used",
            context=(f"{cert}, {key}: {error}",),
            hint="Both are PEM files; the key is of that certificate, and has no password.",
        ) from error
    return Tls(cert=cert, key=key)


def check_place(host: str, port: int) -> None:
    """Raise when nobody can listen there: BadInput (``bad-host``, ``bad-port``), OutsideFailed (``port-taken``)."""
    if not 1 <= port <= 65535:
        raise BadInput("bad-port", f"{port} is no port", hint="Choose one from 1024 to 65535.")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise BadInput(
            "bad-host",
            f"`{host}` is no address to listen on",
            hint="Give an IP address: 127.0.0.1 for this machine only, 0.0.0.0 for all its networks.",
        ) from None
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
                hint="Another server is there, the port is not yours (choose another with `--port`), or this machine has no such address.",
            ) from error
