"""What the commit hook asks git, in two questions: the tree of the next commit, and which files differ. Imports nothing heavy."""

import os
import subprocess
from collections.abc import Mapping


class Staged:
    """``tree`` is the id of the index as a tree, ``changed`` the files that the commit adds or changes.

    ``state`` is both of them and the commit before, in one line. ``loose`` are tracked files whose content on disk is not the staged one. Paths from the top, with ``/``.
    """

    __slots__ = ("changed", "loose", "state", "tree")

    def __init__(self, tree: str, head: str, changed: list[str], loose: list[str]) -> None:
        self.tree = tree
        self.state = f"{head} {tree} " + chr(0).join(changed)
        self.changed = changed
        self.loose = loose


def staged(top: str, env: Mapping[str, str]) -> Staged | None:
    """Ask git in the top folder of a work tree; None when it does not answer (a conflict, no repository, no git)."""
    tree = _ask(top, env, "write-tree")
    told = _ask(top, env, *_STATUS)
    if tree is None or told is None:
        return None
    head, changed, loose = read_status(told)
    return Staged(tree.decode("ascii", "replace").strip(), head, changed, loose)


def loose(top: str, env: Mapping[str, str]) -> list[str] | None:
    """Give the tracked files whose content on disk is not the staged one; None when git does not answer."""
    told = _ask(top, env, *_STATUS)
    return None if told is None else read_status(told)[2]


_STATUS = (
    "status", "--porcelain=v2", "-z", "--branch", "--untracked-files=no", "--no-renames", "--no-ahead-behind",
    "--ignore-submodules=dirty",
)  # fmt: skip


def read_status(told: bytes) -> tuple[str, list[str], list[str]]:
    """Give the last commit, what differs between it and the index (none removed), and between the index and the disk.

    ``told`` is the output of ``git status --porcelain=v2 -z --branch --no-renames``. A line is
    ``1 XY sub mH mI mW hH hI path``; the path is last and may hold anything but NUL.
    """
    head = ""
    changed, loose = [], []
    for entry in told.decode("utf-8", "surrogateescape").split("\0"):
        if entry[:2] == "1 ":
            path = entry.split(" ", 8)[8]
            if entry[2] in "AMTRC":
                changed.append(path)
            if entry[3] != ".":
                loose.append(path)
        elif entry[:2] == "u ":
            loose.append(entry.split(" ", 10)[10])
        elif entry.startswith("# branch.oid "):
            head = entry.rpartition(" ")[2]
    return head, changed, loose


def _ask(top: str, env: Mapping[str, str], *words: str) -> bytes | None:
    quiet = {**env, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        ran = subprocess.run(
            ["git", "--no-pager", *words],  # noqa: S607 - the one that asks us
            cwd=top,
            env=quiet,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return ran.stdout if ran.returncode == 0 else None


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
