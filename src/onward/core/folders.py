"""Where onward keeps what is not the project's: cache, advisory data, locks, logs."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from onward.core import env as names


def cache_folder(env: Mapping[str, str]) -> Path:
    """Give the folder for everything that can be made again; it may not exist yet.

    ``ONWARD_CACHE_DIR`` wins. With no home folder at all (containers, cron) a folder of
    this user in the temporary directory is used, so that onward still works.
    """
    if chosen := env.get(names.CACHE_DIR):
        return Path(chosen).absolute()
    import platformdirs

    usual = Path(platformdirs.user_cache_dir("onward", appauthor=False))
    if usual.is_absolute() and env.get("HOME", "unset") != "":
        return usual
    return Path(tempfile.gettempdir()) / f"onward-{_user()}"


def _user() -> str:
    import os

    return str(os.getuid()) if hasattr(os, "getuid") else "user"
