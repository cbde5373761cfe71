"""A login at a registry, which never shows its secret."""

import msgspec


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A user's name and secret. ``is_token``: the secret is an identity token, to be exchanged (OAuth 2)."""

    user: str
    secret: str
    is_token: bool = False

    def __repr__(self) -> str:
        return f"Login(user={self.user!r}, secret='****')"
