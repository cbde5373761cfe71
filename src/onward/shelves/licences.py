"""What the wheels of a server state of their licences: read from METADATA once, remembered by project."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path

import msgspec

from onward.adapters.simple_api import File
from onward.core.disk import write_atomic
from onward.core.errors import OnwardError
from onward.core.names import Name
from onward.domain.guard.licences import Lists, lets_in
from onward.domain.licence import stated_licence

Stored = Callable[[Name, Container[str]], Iterable[tuple[str, bytes]]]
"""Gives METADATA of a project's wheels that is kept here already, by sha256, without those that are named."""

Stated = Mapping[str, str | None]
"""What wheels state, by sha256: empty for nothing, None for one whose METADATA cannot be read."""

_PROJECTS = 5_000  # of which what they state is in memory


class Licences:
    """Keeps what wheels state in ``folder``, one file for each project, while the policy has a list.

    ``lists`` gives ``guard.licences`` as it is now; without any nothing is read or noted.
    ``changed`` hears of a project whose page must be judged anew, for something became known
    that the lists do not let in. Safe to share between threads.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lists: Callable[[], Lists],
        stored: Stored,
        changed: Callable[[Name], None],
    ) -> None:
        self._folder = folder
        self._lists = lists
        self._stored = stored
        self._changed = changed
        self._kept: OrderedDict[Name, Stated] = OrderedDict()
        self._kept_for: Lists = ()
        self._lock = threading.Lock()

    @property
    def wanted(self) -> bool:
        """Whether the policy has a list at all."""
        return bool(self._lists())

    def known(self, name: Name) -> Stated:
        """Give what is known of a project's wheels. The first time that costs a look at what is kept of it."""
        lists = self._lists()
        with self._lock:
            if lists != self._kept_for:  # while there was no list nothing was heard
                self._kept.clear()
                self._kept_for = lists
            if (kept := self._kept.get(name)) is not None:
                self._kept.move_to_end(name)
                return kept
        found = self._load(name)
        with self._lock:
            while len(self._kept) >= _PROJECTS:
                self._kept.popitem(last=False)
            return self._kept.setdefault(name, found)

    def is_let_in(self, name: Name, sha256: str) -> bool:
        """Say whether it is in memory that the lists let in what a wheel states; asks nobody and no disk."""
        kept = self._kept.get(name)
        return kept is not None and sha256 in kept and lets_in(kept[sha256], self._lists())

    def hear(self, name: Name, wheel: File, metadata: bytes) -> None:
        """Note what METADATA of a wheel says (``shelves.files.Read``)."""
        sha256 = wheel.hashes.get("sha256", "")
        if sha256 and self.wanted and sha256 not in self.known(name):
            self.note(name, sha256, stated_licence(metadata.decode("utf-8", "replace")))

    def note(self, name: Name, sha256: str, stated: str | None, *, lasting: bool = True) -> None:
        """Note what a wheel states; not ``lasting``, it is asked again after the next start."""
        self.known(name)
        with self._lock:
            kept = {**self._kept.get(name, {}), sha256: stated}
            self._kept[name] = kept
            if lasting:
                self._write(name, kept)
        if not lets_in(stated, self._lists()):
            self._changed(name)

    def _load(self, name: Name) -> Stated:
        found: dict[str, str | None] = {}
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            found = _decoder.decode((self._folder / name).read_bytes())
        before = len(found)
        with contextlib.suppress(OnwardError):  # then it is read when a file is asked for
            for sha256, metadata in self._stored(name, found.keys()):
                found[sha256] = stated_licence(metadata.decode("utf-8", "replace"))
        if len(found) > before:
            self._write(name, found)
        return found

    def _write(self, name: Name, kept: Stated) -> None:
        with contextlib.suppress(OnwardError):  # it can be read again
            write_atomic(self._folder / name, msgspec.json.encode(kept), durable=False)


_decoder = msgspec.json.Decoder(dict[str, str | None])
