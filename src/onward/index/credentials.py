"""The token in a request's headers, as installers and upload tools send it (RFC 7617, RFC 6750)."""

import base64
import binascii

from onward.domain.tokens import Token, looks_like_token, parse_token

LONGEST = 4_096
"""Bytes of a header that are looked at; a token with a long user name has some two hundred."""


def token_in(header: bytes) -> Token | None:
    """Give the token in an ``Authorization`` header; None for a header with anything else.

    A token is the password of Basic (with any user name, as clients differ), its user name
    when there is no password, or what follows Bearer. Raises BadInput (``no-token``,
    ``mistyped-token``) for what was meant to be one.
    """
    text = _text(header)
    return parse_token(text) if looks_like_token(text) else None


def _text(header: bytes) -> str:
    kind, _, rest = header.strip().partition(b" ")
    if len(header) > LONGEST:
        return ""
    match kind.lower():
        case b"bearer":
            return rest.strip().decode("ascii", "replace")
        case b"basic":
            user, _, password = _decoded(rest.strip()).partition(":")
            return password or user
        case _:
            return ""


def _decoded(text: bytes) -> str:
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        return ""
    return content.decode("latin-1")  # the user name may be in any encoding, a token is ASCII
