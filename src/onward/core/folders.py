"""Where onward keeps what is not the project's: cache, advisory data, locks, logs."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from onward.core import env as names
from onward.core.errors import BadInput

SYSTEM = Path("/")
"""What the settings for everybody on this machine lie below; on Windows ``PROGRAMDATA`` says where."""


def cache_folder(env: Mapping[str, str]) -> Path:
    """Give the folder for everything that can be made again; it may not exist yet.

    ``ONWARD_CACHE_DIR`` wins. With no home folder at all (containers, cron) a folder of
    this user in the temporary directory is used, so that onward still works. Raises
    BadInput (``strangers-cache``) when someone else made that one first: what is judged
    rests on what is kept there.
    """
    if chosen := env.get(names.CACHE_DIR):
        return Path(chosen).absolute()
    import platformdirs

    usual = Path(platformdirs.user_cache_dir("onward", appauthor=False))
    if usual.is_absolute() and env.get("HOME", "unset") != "":
        return usual
    import tempfile  # brings more than most commands need

    folder = Path(env.get("TMPDIR") or tempfile.gettempdir()) / f"onward-{_user()}"
    if not _is_ours(folder):
        raise BadInput(
            "strangers-cache",
            f"`{folder}` was made by someone else, so onward keeps nothing there",
            hint=f"Set {names.CACHE_DIR} to a folder of your own.",
        )
    return folder


def data_folder(env: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Give the folder for what cannot be made again; it may not exist yet.

    Raises BadInput (``no-home``) where this user has none.
    """
    if platform == "win32":
        told = env.get("LOCALAPPDATA", "")
    else:
        told = _absolute(env.get("XDG_DATA_HOME", ""))
        if not told and env.get("HOME"):
            below = "Library/Application Support" if platform == "darwin" else ".local/share"
            told = f"{env['HOME']}/{below}"
    if told:
        return Path(told) / "onward"
    import platformdirs

    usual = Path(platformdirs.user_data_dir("onward", appauthor=False))
    if not usual.is_absolute() or env.get("HOME", "unset") == "":
        raise BadInput(
            "no-home", "this user has no folder for data", hint="Name one with `--data DIR`."
        )
    return usual


def config_folder(
    env: Mapping[str, str], *, platform: str = sys.platform, roaming: bool = True
) -> Path | None:
    """Give the folder where this user's programs keep their settings, as most of them take it; None without a home.

    ``roaming`` is which of the two there are on Windows.
    """
    if platform == "win32":
        told = env.get("APPDATA" if roaming else "LOCALAPPDATA", "")
        return Path(told) if told else None
    if told := _absolute(env.get("XDG_CONFIG_HOME", "")):
        return Path(told)
    below = "Library/Application Support" if platform == "darwin" else ".config"
    return Path(env["HOME"]) / below if env.get("HOME") else None


def _absolute(word: str) -> str:
    """Give a path, and nothing for a relative one: the XDG standard says that it does not count."""
    return word if Path(word).is_absolute() else ""


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _is_ours(folder: Path) -> bool:
    """Whether the folder is not there yet, or is a real folder of this user that not everyone may write to."""
    try:
        seen = folder.lstat()
    except OSError:
        return True
    if not hasattr(os, "getuid"):
        return True
    ours = stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()
    return ours and not seen.st_mode & stat.S_IWOTH
