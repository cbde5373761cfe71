"""The content of small files that were asked for lately: to send it from memory costs half of what the disk does."""

import asyncio
import threading
from collections import OrderedDict
from pathlib import Path

LARGEST = 4_000_000  # bytes; larger files are handed to the server by their path


class HotFiles:
    """Keeps up to ``most`` bytes of file content; safe to share between threads.

    Stored files never change, so their path is all there is to know; whoever asks has
    looked whether the file is still there.
    """

    def __init__(self, most: int = 64_000_000) -> None:
        self._most = most
        self._kept: OrderedDict[Path, bytes] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def at_hand(self, path: Path) -> bytes | None:
        """Give the content of the file at ``path`` if it is in memory."""
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None:
                self._kept.move_to_end(path)
            return kept

    async def content(self, path: Path) -> bytes:
        """Give the content of the file at ``path``; raises FileNotFoundError when it is gone."""
        kept = self.at_hand(path)
        if kept is not None:
            return kept
        content = await asyncio.to_thread(path.read_bytes)
        with self._lock:
            if path not in self._kept:
                self._kept[path] = content
                self._weight += len(content)
            while self._weight > self._most:
                self._drop(next(iter(self._kept)))
        return content

    def forget(self, path: Path) -> None:
        """Keep the content of ``path`` no longer."""
        with self._lock:
            self._drop(path)

    def _drop(self, path: Path) -> None:
        self._weight -= len(self._kept.pop(path, b""))
