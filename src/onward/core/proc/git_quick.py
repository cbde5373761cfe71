"""What the commit hook asks git, in one question: what the next commit changes, and which files differ from it. Imports nothing heavy."""

from __future__ import annotations

import os

from onward.core.proc.spawn import start

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Mapping


class Staged:
    """What is staged. Paths are from the top, with ``/``.

    ``changed`` are the files that the commit adds or changes, ``state`` is the commit before with all
    that differs from it (modes and ids), so it is one tree and no other. ``loose`` are tracked
    files whose content on disk is not the staged one, ``new`` those that are neither tracked nor
    ignored, if that was asked.
    """

    __slots__ = ("changed", "loose", "new", "state")

    def __init__(self, state: str, changed: list[str], loose: list[str], new: list[str]) -> None:
        self.state = state
        self.changed = changed
        self.loose = loose
        self.new = new


def staged(top: str, env: Mapping[str, str], *, new: str = "no") -> Staged | None:
    """Ask git in the top folder of a work tree; None when it does not answer, or a conflict is not settled.

    ``new``: whether untracked files are told (``no`` or ``all``).
    """
    told = _ask(top, env, *_STATUS, f"--untracked-files={new}")
    return None if told is None else read_status(told)


def loose(top: str, env: Mapping[str, str]) -> list[str] | None:
    """Give the tracked files whose content on disk is not the staged one; None when git does not say."""
    now = staged(top, env)
    return None if now is None else now.loose


_STATUS = (
    "status", "--porcelain=v2", "-z", "--branch", "--no-renames", "--no-ahead-behind", "--ignore-submodules=dirty",
)  # fmt: skip


def read_status(told: bytes) -> Staged | None:
    """Read ``git status --porcelain=v2 -z --branch --no-renames``; None where it tells of a conflict.

    A line is ``1 XY sub mH mI mW hH hI path``: X is the index against the last commit, Y the disk
    against the index. The path is last and may hold anything but NUL.
    """
    state, changed, loose, new = [""], [], [], []
    for entry in told.decode("utf-8", "surrogateescape").split("\0"):
        if entry[:2] == "1 ":
            _, kinds, _, _, mode, _, _, content, path = entry.split(" ", 8)
            if kinds[0] != ".":
                state.append(f"{kinds[0]} {mode} {content} {path}")
            if kinds[0] in "AMTRC":
                changed.append(path)
            if kinds[1] != ".":
                loose.append(path)
        elif entry[:2] == "? ":
            new.append(entry[2:])
        elif entry[:2] == "u ":
            return None
        elif entry.startswith("# branch.oid "):
            state[0] = entry.rpartition(" ")[2]
    return Staged("\0".join(state), changed, loose, new)


def _ask(top: str, env: Mapping[str, str], *words: str) -> bytes | None:
    quiet = {**env, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        git = start(["git", "--no-pager", *words], top, quiet, errors=False)
    except OSError:
        return None
    said, _ = git.communicate()
    return said if git.returncode == 0 else None


def git_folder(top: str, env: Mapping[str, str]) -> str | None:
    """Give git's own folder of a work tree without asking git; None when it is not where it usually is."""
    if told := env.get("GIT_DIR"):
        return os.path.join(top, told)
    place = os.path.join(top, ".git")
    if os.path.isdir(place):
        return place
    try:
        with open(place, encoding="utf-8") as file:  # a linked work tree or a submodule
            word, _, path = file.read().partition(":")
    except (OSError, UnicodeDecodeError):
        return None
    return os.path.join(top, path.strip()) if word == "gitdir" else None
