"""Tokens for tests: made on the server's own database, sent as clients send them."""

import base64
import secrets

from onward.domain.grants import Action
from onward.workflows.serving.tokens import TokenWish, new_token
from tests.index.serving import Serving


def basic(password: str, user: str = "__token__") -> dict[str, str]:
    """Give the header that installers send."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def a_token(
    server: Serving,
    *projects: str,
    label: str = "ci",
    actions: tuple[Action, ...] = (Action.read,),
    expires: str = "90 days",
) -> str:
    """Make a token of a running server, and let the server know."""
    built = server.server
    wish = TokenWish(label=label, actions=actions, projects=projects, expires=expires)
    database, now = built.parts.database, built.parts.clock()
    token, _ = new_token(database, wish, now=now, random=secrets.token_bytes)
    built.refresh()
    return token.text
