"""Make, list and revoke the tokens of a server, in its data folder; a running server sees it within a second."""

import datetime as dt
import re
from collections.abc import Sequence

import msgspec
from sqlalchemy.exc import IntegrityError

from onward.adapters.database.engine import Database
from onward.adapters.database.tokens import TokenRow, add_token, read_tokens, revoke_token
from onward.core.errors import BadInput
from onward.domain.grants import Action, Grant
from onward.domain.policy.durations import parse_duration
from onward.domain.policy.globs import fault_in, plain_name
from onward.domain.policy.keys import parse_day
from onward.domain.tokens import Random, Token, looks_like_token, make_token

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._@+-]{0,58}[A-Za-z0-9])?", re.ASCII)
_A_DAY = dt.timedelta(days=1)
_LAST = dt.date(9999, 12, 30)
NEVER = "never"
"""What ``expires`` says for a token that counts until it is revoked."""


class TokenWish(msgspec.Struct, frozen=True, kw_only=True):
    """A token as a person wants it: ``projects`` are globs (none: all), ``expires`` a span, a last day or ``never``."""

    label: str
    actions: tuple[Action, ...]
    projects: tuple[str, ...]
    expires: str


def new_token(
    database: Database, wish: TokenWish, *, now: dt.datetime, random: Random
) -> tuple[Token, TokenRow]:
    """Make a token and keep its digest; the token itself is given once, here.

    Raises BadInput (``bad-token-wish``) with all faults of the wish, or when a token with that
    label counts already.
    """
    expires, faults = _checked(wish, now)
    if faults:
        raise BadInput("bad-token-wish", "such a token cannot be made", context=tuple(faults))
    while True:
        token = make_token(random)
        row = _row(token, wish, now, expires)
        try:
            with database.writing() as connection:
                same = [old for old in read_tokens(connection) if old.label == wish.label]
                if any(state_of(old, now) == "active" for old in same):
                    raise BadInput(
                        "bad-token-wish",
                        f"there is a token `{wish.label}` already",
                        hint="Choose another label, or revoke that one first.",
                    )
                add_token(connection, row)
        except IntegrityError:
            continue  # an id that is there already: once in very many years
        return token, row


def all_tokens(database: Database) -> Sequence[TokenRow]:
    """Give all tokens there ever were, the oldest first."""
    with database.reading() as connection:
        return read_tokens(connection)


def revoke(database: Database, word: str, *, now: dt.datetime) -> TokenRow:
    """Make the token of that id or label count no more, and give it as it was before.

    Raises BadInput: ``unknown-token``, ``ambiguous-token``, ``whole-token``.
    """
    if looks_like_token(word):
        raise BadInput(
            "whole-token",
            "that is a whole token, and others may now have seen it",
            hint="Name it by its label or its id: the ten letters after `onward_`.",
        )
    with database.writing() as connection:
        row = _named(read_tokens(connection), word)
        revoke_token(connection, row.id, now)
    return row


def state_of(row: TokenRow, now: dt.datetime) -> str:
    """Say in a word whether a token counts: ``active``, ``expired`` or ``revoked``."""
    if row.revoked is not None:
        return "revoked"
    return "expired" if row.expires is not None and now >= row.expires else "active"


def _row(token: Token, wish: TokenWish, now: dt.datetime, expires: dt.datetime | None) -> TokenRow:
    grant = Grant(
        label=wish.label,
        token=token.id,
        actions=frozenset(wish.actions),
        projects=tuple(dict.fromkeys(map(plain_name, wish.projects))),
    )
    return TokenRow(
        id=token.id,
        label=wish.label,
        digest=token.digest,
        grant=grant,
        created=now,
        expires=expires,
    )


def _checked(wish: TokenWish, now: dt.datetime) -> tuple[dt.datetime | None, list[str]]:
    """Give when a token would expire, and all that is wrong with a wish."""
    faults = []
    if not _LABEL.fullmatch(wish.label) or looks_like_token(wish.label):
        faults.append(
            "A label has at most 60 letters, digits, blanks and `. _ @ + -`, and starts and ends with a letter or digit."
        )
    if not wish.actions:
        faults.append("A token needs at least one action.")
    faults += [f"`{glob}` {fault}" for glob in wish.projects if (fault := fault_in(glob))]
    expires, fault = _expires(wish.expires, now)
    return expires, [*faults, fault] if fault else faults


def _expires(text: str, now: dt.datetime) -> tuple[dt.datetime | None, str]:
    if text == NEVER:
        return None, ""
    if (day := parse_day(text)) is not None:  # the last day it counts, in UTC as all days here
        end = dt.datetime.combine(min(day, _LAST), dt.time(), dt.UTC) + _A_DAY
    elif span := parse_duration(text):
        end = now + span
    else:
        return None, f"`{text}` is no span (`90 days`), no day (`2027-01-31`) and not `{NEVER}`."
    return end, "" if end > now else f"{text} has passed already."


def _named(rows: Sequence[TokenRow], word: str) -> TokenRow:
    found = [row for row in rows if row.id == word] or [row for row in rows if row.label == word]
    found = [row for row in found if row.revoked is None] or found[-1:]
    if not found:
        raise BadInput(
            "unknown-token",
            f"there is no token `{word}`",
            hint="`onward guard token list` shows all.",
        )
    if len(found) > 1:
        raise BadInput(
            "ambiguous-token",
            f"several tokens are called `{word}`",
            context=tuple(f"{row.id}, made on {row.created.date()}" for row in found),
            hint="Name it by its id.",
        )
    return found[0]
