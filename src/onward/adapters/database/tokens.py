"""Rows of the table ``tokens``: what is kept of each token, and never its secret."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy
from sqlalchemy import Connection

from onward.adapters.database.schema import tokens
from onward.core.errors import OutsideFailed
from onward.domain.grants import Action, Grant


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """One token: its public part and label, the SHA-256 of its secret, what it allows and until when.

    ``expires`` is the first moment at which it counts no more (None: it does not expire),
    ``used`` when it was last used, to the minute.
    """

    id: str
    label: str
    digest: str
    grant: Grant
    created: dt.datetime
    expires: dt.datetime | None = None
    revoked: dt.datetime | None = None
    used: dt.datetime | None = None


def read_tokens(connection: Connection) -> Sequence[TokenRow]:
    """Give all tokens, the oldest first; raises OutsideFailed for a row that cannot be read."""
    try:
        rows = connection.execute(sqlalchemy.select(tokens).order_by(tokens.c.created, tokens.c.id))
        return [_read(row) for row in rows]
    except (ValueError, TypeError, OverflowError) as error:  # msgspec's own are ValueErrors
        raise OutsideFailed(
            "store-failed",
            "a token in the database of the data folder cannot be read",
            context=(str(error).partition("\n")[0],),
        ) from error


def add_token(connection: Connection, row: TokenRow) -> None:
    """Keep a new token; raises IntegrityError when there is one of that id."""
    values = {
        "id": row.id,
        "label": row.label,
        "digest": row.digest,
        "actions": msgspec.json.encode(sorted(row.grant.actions)).decode(),
        "projects": msgspec.json.encode(row.grant.projects).decode(),
        "created": row.created,
        "expires": row.expires,
    }
    connection.execute(sqlalchemy.insert(tokens).values(values))


def revoke_token(connection: Connection, token: str, at: dt.datetime) -> None:
    """Note that the token of that id counts no more; the first time stays."""
    which = (tokens.c.id == token) & tokens.c.revoked.is_(None)
    connection.execute(sqlalchemy.update(tokens).where(which).values(revoked=at))


def note_use(connection: Connection, used: Mapping[str, dt.datetime]) -> None:
    """Note when tokens were last used, by id."""
    for token, at in used.items():
        which = tokens.c.id == token
        connection.execute(sqlalchemy.update(tokens).where(which).values(used=at))


def _read(row: sqlalchemy.Row[Any]) -> TokenRow:
    grant = Grant(
        label=row.label,
        token=row.id,
        actions=frozenset(map(Action, _words(row.actions))),
        projects=tuple(_words(row.projects)),
    )
    values = {
        "id": row.id,
        "label": row.label,
        "digest": row.digest,
        "grant": grant,
        "created": row.created,
        "expires": row.expires,
        "revoked": row.revoked,
        "used": row.used,
    }
    return msgspec.convert(values, TokenRow)  # says it when a column holds what it should not


def _words(text: str) -> list[str]:
    return msgspec.json.decode(text, type=list[str])
