"""What a check looks at, and the state it is in: the files, the settings above them, the environment."""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from onward import __version__
from onward.adapters.answers import Answer
from onward.adapters.tree import digest_of, environment_digest, is_unchanged, read_tree
from onward.core.finding import Finding, Place
from onward.core.proc.call import Call
from onward.core.tool import Depends, Target, among
from onward.workflows.checking.source_lines import Lines

SETTINGS = (
    ".toml",
    ".cfg",
    ".ini",
    ".json",
    ".yaml",
    ".yml",
    ".gitignore",
    ".ignore",
    ".flake8",
    "pylintrc",
    ".typed",
)
_SHARE = 200.0  # times what a look at all files takes: so long an answer waits for others to share one with
_LONGEST = 60.0  # seconds that it does at most, so that little is lost when someone loses patience with a slow tool
_FORMAT = 2  # raised when what is kept changes its shape or meaning


class Scope(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What to look at.

    ``root`` is the folder (absolute, links resolved; for a commit the tree made from the
    index), ``environment`` the project's own, ``paths`` what is wanted of it: relative with
    ``/``, folders ending with ``/``; None is all of it and empty is nothing. ``kept`` is the
    folder of the cache that keeps answers of the tools, None to keep none. ``warm``: a tool that can
    stay in memory may be asked there. ``passing``: the root is gone by the time the findings are shown.
    """

    root: Path
    environment: Path
    paths: tuple[str, ...] | None = None
    kept: Path | None = None
    warm: bool = False
    passing: bool = False

    def wants(self, path: str) -> bool:
        """Say whether a path in the root is one of those wanted, or below one."""
        return self.paths is None or self._among(path)

    def wants_finding(self, finding: Finding) -> bool:
        """Say whether a finding is about something wanted; what is about no file always is."""
        return not isinstance(finding.subject, Place) or self.wants(finding.subject.path)

    @cached_property
    def _among(self) -> Callable[[str], bool]:
        return among(self.paths or ())  # made once: it is asked for every file

    def target(self, env: Mapping[str, str]) -> Target:
        """Give what a tool is handed."""
        return Target(
            root=str(self.root),
            env=dict(env),
            paths=self.paths or (),
            environment=str(self.environment),
            read_only=not os.access(self.root, os.W_OK),
        )


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked and how: what makes two answers comparable, apart from the project itself."""

    name: str
    depends: Depends
    version: str = ""
    program: str = ""
    argv: tuple[str, ...] = ()
    day: str = ""


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The state an answer holds for: ``frame`` without the contents of files, ``whole`` with them."""

    frame: bytes
    whole: bytes
    digests: dict[str, bytes]


class _Files(msgspec.Struct, frozen=True, kw_only=True):
    """Some of a tree's files with the digest of each, and one of all names and one of all contents."""

    digests: dict[str, bytes]
    names: bytes
    contents: bytes


class State:
    """The files of a scope and all else that answers depend on, read once for all tools."""

    def __init__(self, scope: Scope, env: Mapping[str, str], now: int) -> None:
        self._scope = scope
        self.env = env
        memory = None if scope.kept is None else scope.kept / "tree"
        began = time.monotonic()
        self._tree = read_tree(scope.root, memory, now)
        self._patience = min(_SHARE * (time.monotonic() - began), _LONGEST)
        self._lock = threading.Lock()
        self._installed: dict[str, bytes | None] = {}
        self._files: dict[tuple[str, ...], _Files] = {}
        self._waiting: list[tuple[Answer, Path]] = []
        self._since = 0.0  # when the first of them came
        self._good = True  # whether nothing had changed at the last look
        self.others: set[str] = set()
        """Files outside of the project and its environment that answers depend on, there or not."""

    @property
    def names(self) -> frozenset[str]:
        """The files of the scope."""
        return frozenset(self._tree.files)

    @property
    def looks(self) -> dict[str, tuple[int, int, int, int]] | None:
        """How each file looked (size, time of change, of status, inode); None where a link leads out of the scope."""
        if self._tree.foreign:
            return None
        seen = self._tree.seen.items()
        return {path: (one.size, one.changed, one.status, one.inode) for path, one in seen}

    @property
    def lines(self) -> Lines | None:
        """What gives each finding its source line at once; None where that can be read when it is shown."""
        return Lines(self._scope.root) if self._scope.passing else None

    def keys(self, asked: Asked) -> Keys | None:
        """Give the keys for an answer; None when it may depend on what nobody looks at."""
        own = self._of_kinds(asked.depends.kinds or ("",))
        settings = self._of_kinds(SETTINGS)
        more = {"settings": (settings.names, settings.contents), "names": own.names}
        frame = self._frame(asked, more)
        if frame is None:
            return None
        whole = digest_of({"frame": frame, "files": own.contents})
        return Keys(frame=frame, whole=whole, digests=own.digests)

    def around(self, asked: Asked, call: Call) -> str | None:
        """Give a digest of what holds for as long as ``asked`` stays in memory; None where ``keys`` are.

        That is all but the code: its versions, its settings, the environment, its words, and the folder itself.
        """
        parts = {
            path: at
            for path, at in self._tree.files.items()
            if path.rpartition("/")[2] in asked.depends.above or path.endswith(".typed")
        }
        steering = asked.depends.variables
        env = sorted(pair for pair in call.env.items() if pair[0].startswith(steering))
        folder = self._scope.root.stat()
        more = {"settings": parts, "env": env, "folder": (folder.st_dev, folder.st_ino)}
        frame = self._frame(asked, more)
        return None if frame is None else frame.hex()

    def _frame(self, asked: Asked, more: Mapping[str, object]) -> bytes | None:
        depends = asked.depends
        if self._tree.foreign and not depends.one_by_one:
            return None
        installed = self._environment() if depends.environment else b""
        if installed is None:
            return None
        self.others.update(filter(None, (asked.program, depends.engine)))
        steering = depends.variables or ("\0",)
        return digest_of({
            "onward": (__version__, _FORMAT),
            "asked": (asked.name, asked.version, asked.program, _stat(asked.program)),
            "engine": (depends.engine, _stat(depends.engine)),
            "argv": [word.replace(str(self._scope.root), ".") for word in asked.argv],
            "variables": sorted(pair for pair in self.env.items() if pair[0].startswith(steering)),
            "around": self._around(depends),
            "installed": installed,
            "day": asked.day if depends.daily else "",
            **more,
        })  # fmt: skip

    def unchanged(self) -> bool:
        """Say whether every file is still as it was when this state was read."""
        return is_unchanged(self._scope.root, self._tree)

    def keep(self, answer: Answer, place: Path) -> None:
        """Take in an answer that is to be kept at ``place`` if no file has changed by the time of the next ``settle``."""
        with self._lock:
            self._waiting.append((answer, place))
            self._since = self._since or time.monotonic()

    def settle(self, *, patient: bool = False) -> bool:
        """Keep what waits for it unless files have changed; ``patient`` does nothing yet where it came a short while ago.

        One look at all files serves all answers that wait. Gives whether everything was kept so far.
        """
        patience = self._patience if patient else 0.0
        with self._lock:
            if not self._waiting or time.monotonic() - self._since < patience:
                return self._good
            waiting, self._waiting, self._since = self._waiting, [], 0.0
        self._good = self._good and self.unchanged()
        for answer, place in waiting if self._good else ():
            answer.save(place)
        return self._good

    def _of_kinds(self, kinds: tuple[str, ...]) -> _Files:
        with self._lock:
            if kinds not in self._files:
                files = self._tree.files
                own = {path: at for path, at in files.items() if path.endswith(kinds)}
                names = "\0".join(own).encode("utf-8", "surrogateescape")
                self._files[kinds] = _Files(
                    digests=own,
                    names=hashlib.sha256(names).digest(),
                    contents=hashlib.sha256(b"".join(own.values())).digest(),
                )
            return self._files[kinds]

    def _environment(self) -> bytes | None:
        with self._lock:
            if "" not in self._installed:
                self._installed[""] = environment_digest(self._scope.environment, self._scope.root)
            return self._installed[""]

    def _around(self, depends: Depends) -> dict[str, str]:
        """Give how the settings files outside of the root look: those above it, and the user's."""
        places = list(map(str, settings_around(depends, self._scope.root, self.env)))
        self.others.update(places)
        return {place: seen for place in places if (seen := _stat(place))}


def settings_around(depends: Depends, root: Path, env: Mapping[str, str]) -> list[Path]:
    """Give where settings outside of ``root`` may lie, there or not: in the folders above it, and the user's."""
    places = [above / name for above in root.parents for name in depends.above]
    home = Path(env.get("HOME") or env.get("USERPROFILE") or "/")
    folders = [home, home / ".config", home / "Library" / "Application Support"]
    folders += [Path(found) for name in ("XDG_CONFIG_HOME", "APPDATA") if (found := env.get(name))]
    return places + [folder / name for folder in folders for name in depends.of_user]


def _stat(place: str) -> str:
    try:
        seen = os.stat(place)  # noqa: PTH116 - of hundreds of places
    except OSError:
        return ""
    return f"{seen.st_size} {seen.st_mtime_ns} {seen.st_ino}"
