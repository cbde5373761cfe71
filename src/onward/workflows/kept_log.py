"""What programs said during a long work, kept in a file for whoever looks later, without secrets."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from onward.core.proc.call import Ran
from onward.core.redact import redact


class Log:
    """A file that gets a line or more at a time; a disk that does not take them stops no work.

    ``secrets`` never get there. With ``fresh`` what an earlier run wrote is gone.
    """

    def __init__(self, path: Path, secrets: Sequence[str] = (), *, fresh: bool = False) -> None:
        self.path = path
        self._secrets = secrets
        if fresh:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def write(self, words: str) -> None:
        """Add a line or more."""
        words = redact(words)
        for secret in self._secrets:
            words = words.replace(secret, "****")
        with contextlib.suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(words.rstrip() + "\n")

    def ran(self, what: str, ran: Ran) -> None:
        """Add how a program ended and all that it said."""
        self.write(f"== {what}: {ran.ended}, {ran.seconds:.1f} s")
        for said in (ran.out, ran.err):
            if said.strip():
                self.write(said.decode("utf-8", "replace"))
