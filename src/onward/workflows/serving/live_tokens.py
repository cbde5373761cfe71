"""The tokens of a running server: read again every second, so that no request waits for the database."""

import contextlib
import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from onward.adapters.database.engine import Database
from onward.adapters.database.tokens import TokenRow, note_use, read_tokens
from onward.core.errors import OnwardError, OutsideFailed, Refused
from onward.domain.tokens import Token

_FRESH = dt.timedelta(seconds=2)
_MINUTE = dt.timedelta(minutes=1)
_MOST_ADDRESSES = 20


class LiveTokens:
    """What is known of the tokens (``index.auth.Tokens``); safe to share between threads.

    ``refresh`` once a second keeps it fresh. A request that finds it older than two, since the
    database gives no answer, tries itself and is refused when that fails: whoever was revoked
    meanwhile must not get in.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], dt.datetime],
        warn: Callable[[OnwardError], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._warn = warn
        self._lock = threading.Lock()
        self._noting = threading.Lock()
        self._rows: Sequence[TokenRow] = ()
        self._by_id: Mapping[str, TokenRow] = {}
        self._read: dt.datetime | None = None
        self._used: dict[str, dt.datetime] = {}
        self._kept_uses = self._told = clock()
        self._refused: Counter[str] = Counter()
        self.edition = 0

    @property
    def now(self) -> dt.datetime:
        """The current time, aware."""
        return self._clock()

    @property
    def is_fresh(self) -> bool:
        """Whether the table was read within the last two seconds."""
        return self._read is not None and abs(self._clock() - self._read) < _FRESH

    def refresh(self) -> None:
        """Read the table again; raises OutsideFailed when that cannot be done."""
        with self._lock:
            started = self._clock()
            with self._database.reading() as connection:
                rows = read_tokens(connection)
            if rows != self._rows:
                self._rows, self._by_id = rows, {row.id: row for row in rows}
                self.edition += 1
            self._read = started

    def find(self, token: Token) -> TokenRow | None:
        """Give what is kept of a token, when its secret is right; also of one that counts no more."""
        row = self._by_id.get(token.id)
        return row if row is not None and token.fits(row.digest) else None

    def note_use(self, token: str, now: dt.datetime) -> None:
        """Remember that the token of that id was used; it is kept by ``keep_due``."""
        with self._noting:
            self._used[token] = now

    def note_refusal(self, address: str) -> None:
        """Remember that a client at ``address`` came with a token that does not count."""
        with self._noting:
            known = address in self._refused or len(self._refused) < _MOST_ADDRESSES
            self._refused[address if known else ""] += 1

    def upkeep(self) -> None:
        """Read the table, and once a minute tell of refused tokens; waits for nobody who writes.

        Raises nothing for a database that gives no answer: requests find that out themselves.
        """
        with contextlib.suppress(OutsideFailed):
            self.refresh()
        if self._refused and abs(self._clock() - self._told) >= _MINUTE:
            self._told = self._clock()
            with self._noting:
                refused, self._refused = self._refused, Counter()
            self._warn(_refusals(refused))

    def keep_due(self) -> None:
        """Write down once a minute when tokens were last used; raises OutsideFailed, and tries again a minute later."""
        if abs(self._clock() - self._kept_uses) >= _MINUTE:
            self.keep_uses()

    def keep_uses(self) -> None:
        """Write down when tokens were last used, to the minute; raises OutsideFailed."""
        with self._noting:
            used, self._used = self._used, {}
        self._kept_uses = self._clock()
        if not used:
            return
        minutes = {token: at.replace(second=0, microsecond=0) for token, at in used.items()}
        try:
            with self._database.writing() as connection:
                note_use(connection, minutes)
        except OutsideFailed:
            with self._noting:
                self._used = used | self._used
            raise


def _refusals(refused: Counter[str]) -> Refused:
    return Refused(
        "tokens-refused",
        f"{refused.total()} requests came with tokens that do not count",
        context=tuple(
            f"{count} from {address or 'elsewhere'}" for address, count in refused.most_common()
        ),
    )
