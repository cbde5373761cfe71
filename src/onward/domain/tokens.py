"""What a token looks like, so that people, scanners for secrets and the server tell one from anything else.

``onward_ID_SECRETCHECK``: ten letters that name it, which may be shown and logged; 43 that are
the secret (256 random bits in base 62); six that check the rest (CRC-32 in base 62), so that a
slip is told apart from a token that is unknown, without asking anyone. Only letters, digits and
underscores: a double click takes all of it, and it stands in an address as it is.

At rest a token is the SHA-256 of its secret. A slow hash makes guessing dear where people
choose the secret; of 256 random bits nobody guesses one, and a fast hash keeps each request cheap.
"""

import hashlib
import hmac
import re
import string
import zlib
from collections.abc import Callable

import msgspec

from onward.core.errors import BadInput

PREFIX = "onward_"
"""How each token starts."""

_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_ID, _SECRET, _CHECK = 10, 43, 6
_ID_BYTES, _SECRET_BYTES = 7, 32
_SHAPE = re.compile(
    rf"{PREFIX}([0-9A-Za-z]{{{_ID}}})_([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECK}}})",
    re.ASCII,
)

Random = Callable[[int], bytes]
"""Gives so many random bytes that nobody can foresee, as ``secrets.token_bytes`` does."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token in its two parts. Its text is a secret; ``str`` and ``repr`` do not show it."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """The token as its owner keeps it."""
        body = f"{self.id}_{self.secret}"
        return f"{PREFIX}{body}{_check(body)}"

    @property
    def digest(self) -> str:
        """What may be kept of the secret: its SHA-256, hex digits."""
        return hashlib.sha256(self.secret.encode("ascii")).hexdigest()

    def fits(self, digest: str) -> bool:
        """Whether this token has the secret of ``digest``, in a time that tells nothing."""
        return hmac.compare_digest(self.digest, digest)

    def __repr__(self) -> str:
        """Name it only."""
        return f"Token({self.id})"

    __str__ = __repr__


def make_token(random: Random) -> Token:
    """Give a new token of ``random``'s bytes."""
    return Token(
        id=_written(random(_ID_BYTES), _ID),
        secret=_written(random(_SECRET_BYTES), _SECRET),
    )


def parse_token(text: str) -> Token:
    """Give the token that ``text`` is.

    Raises BadInput: ``no-token`` for what does not look like one, ``mistyped-token`` when its
    last letters do not fit the rest. Neither says anything of the text.
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise BadInput(
            "no-token",
            "that is no token of onward",
            context=(f"One is `{PREFIX}`, {_ID} letters, `_` and {_SECRET + _CHECK} letters.",),
        )
    if found[3] != _check(f"{found[1]}_{found[2]}"):
        raise BadInput(
            "mistyped-token",
            "that token has a slip in it",
            context=("Its last letters do not fit the rest.",),
            hint="Copy it again from where it is kept.",
        )
    return Token(id=found[1], secret=found[2])


def looks_like_token(text: str) -> bool:
    """Whether ``text`` was meant to be a token, right or not."""
    return text.startswith(PREFIX)


def _check(body: str) -> str:
    return _written(zlib.crc32(body.encode("ascii")).to_bytes(4, "big"), _CHECK)


def _written(content: bytes, width: int) -> str:
    """Give bytes as a number of ``width`` digits in base 62."""
    number, digits = int.from_bytes(content, "big"), []
    for _ in range(width):
        number, rest = divmod(number, len(_LETTERS))
        digits.append(_LETTERS[rest])
    return "".join(reversed(digits))
