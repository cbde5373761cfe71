"""Which virtual environment a project's code runs in, where other tools than uv keep it.

Only looked up, by file names: nothing is started, and nothing is ever written there.
"""

import base64
import hashlib
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.programs import python_of
from onward.core.project import Layout, Project

_LIMIT = 1_000_000  # bytes of a file that names an environment
_NAME_LENGTH = 42  # of a project, in poetry's names of folders
_MARK_LENGTH = 8
_ODD = ' $`!*@"\\\r\n\t'  # what poetry replaces in them


def environment_in_use(project: Project, env: Mapping[str, str]) -> Path:
    """Give the first environment that is there: the project's own, a named one, the active one, poetry's.

    Where there is none it is ``project.environment``, the place where one belongs.
    """
    for folder in _candidates(project, env):
        if python_of(folder) is not None:
            return folder
    return project.environment


def environment_places(project: Project, env: Mapping[str, str]) -> tuple[str, ...]:
    """Give the paths outside of the project whose change may make ``environment_in_use`` answer otherwise."""
    watched = [folder / "pyvenv.cfg" for folder in _candidates(project, env)]
    if project.layout is Layout.poetry:
        folder = _folder_of_poetry(project.root, env)
        watched += [folder, folder / "envs.toml"]
    return tuple(map(str, watched))


def _candidates(project: Project, env: Mapping[str, str]) -> Iterator[Path]:
    yield project.environment
    root = project.root
    if words := _text(
        root / ".venv"
    ):  # virtualenvwrapper's and pipenv's way: a file that names the folder
        yield root / words
    if words := _text(
        root / ".pdm-python"
    ):  # the path of a Python; `bin/` or `Scripts/` is above it
        yield Path(words).parent.parent
    if active := env.get("VIRTUAL_ENV"):
        yield Path(active)
    if project.layout is Layout.poetry:
        yield from _of_poetry(project, env)


def _of_poetry(project: Project, env: Mapping[str, str]) -> Iterator[Path]:
    """Give poetry's environments of the project: the one it was told to use, then the newest Python first."""
    stem = poetrys_name(project.name, os.path.normcase(os.path.realpath(project.root)))
    folder = _folder_of_poetry(project.root, env)
    chosen = _table(folder / "envs.toml").get(stem)
    if isinstance(chosen, dict) and isinstance(minor := chosen.get("minor"), str):
        yield folder / f"{stem}-py{minor}"
    yield from sorted(folder.glob(f"{stem}-py*"), key=_minor, reverse=True)


def poetrys_name(name: str, place: str) -> str:
    """Give how poetry calls the environments of a project in the folder ``place``, without the Python's version.

    As poetry 2.4 does it (``EnvManager.generate_env_name``).
    """
    mark = base64.urlsafe_b64encode(hashlib.sha256(place.encode()).digest()).decode()
    plain = "".join("_" if sign in _ODD else sign for sign in name)[:_NAME_LENGTH]
    return f"{plain}-{mark[:_MARK_LENGTH]}"


def _minor(folder: Path) -> tuple[int, ...]:
    words = folder.name.rpartition("-py")[2].split(".")
    return tuple(int(word) for word in words if word.isdigit())


def _folder_of_poetry(root: Path, env: Mapping[str, str]) -> Path:
    if told := env.get("POETRY_VIRTUALENVS_PATH"):
        return Path(told)
    home = Path(env.get("HOME") or env.get("USERPROFILE") or "/")
    if sys.platform == "win32":
        cache = Path(env.get("LOCALAPPDATA") or home / "AppData/Local") / "pypoetry" / "Cache"
        config = Path(env.get("APPDATA") or home / "AppData/Roaming") / "pypoetry"
    elif sys.platform == "darwin":
        cache = home / "Library/Caches/pypoetry"
        config = home / "Library/Application Support/pypoetry"
    else:
        cache = Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "pypoetry"
        config = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "pypoetry"
    cache = Path(env.get("POETRY_CACHE_DIR") or cache)
    for file in (root / "poetry.toml", config / "config.toml"):
        table = _table(file).get("virtualenvs")
        told = table.get("path") if isinstance(table, dict) else None
        if isinstance(told, str):
            return Path(told.replace("{cache-dir}", str(cache)))
    return cache / "virtualenvs"


def _table(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(read_limited(path, _LIMIT).decode("utf-8"))
    except (OSError, BadInput, ValueError):
        return {}


def _text(path: Path) -> str:
    try:
        return read_limited(path, _LIMIT).decode("utf-8").strip() if path.is_file() else ""
    except (OSError, BadInput, ValueError):
        return ""
