"""Where pdm takes packages from: the project's sources, ``pdm.toml``, and the user's config.toml (pdm 2.29)."""

import sys
from collections.abc import Mapping
from pathlib import Path

from onward.core.errors import BadInput
from onward.core.folders import config_folder
from onward.domain.guard.forms import Key, Table, read_toml
from onward.domain.guard.ways import Spot, Way, line_of

USER_FORM = Key(client="pdm", section="pypi", key="url", others=("username", "password"), toml=True)
"""``pypi.url``; a login beside it belongs to the index that was there before."""

PROJECT_FORM = Table(
    client="pdm",
    path=("tool", "pdm", "source"),
    name="pypi",
    entry=(("verify_ssl", True),),
    rival=lambda table: table.get("name") == "pypi",
)
"""A source that is called ``pypi`` takes the place of the public index."""


def user_file(env: Mapping[str, str], *, platform: str = sys.platform) -> Path | None:
    """Give the file that ``pdm config`` writes; None without a home."""
    if chosen := env.get("PDM_CONFIG_FILE"):
        return Path(chosen)
    folder = config_folder(env, platform=platform, roaming=False)
    if folder is None:
        return None
    return folder / ("pdm/pdm" if platform == "win32" else "pdm") / "config.toml"


def user_spot(path: Path) -> Spot:
    """Give the place of the guard's address in the user's file."""
    return Spot(client="pdm", path=path, form=USER_FORM)


def project_spot(root: Path) -> Spot:
    """Give the place of the guard's address in a project."""
    return Spot(client="pdm", path=root / "pyproject.toml", form=PROJECT_FORM)


def read(pyproject: str, files: Mapping[str, str]) -> tuple[Way, ...]:
    """Give the sources that pdm would ask: the project's, and those of ``files`` (strongest first).

    The one of kind ``index`` is the default; without one it is the public index. Raises
    BadInput (``bad-config``) naming the file that is no TOML file.
    """
    found: dict[str, Way] = {}
    for table in PROJECT_FORM.entries(read_toml(pyproject)):
        name, url = str(table.get("name", "")), str(table.get("url", ""))
        spot = line_of(pyproject, "pyproject.toml", "url", value=url)
        found[name] = _way(name, url, "tool.pdm.source", spot)
    for path, text in files.items():
        try:
            stored = read_toml(text).get("pypi")
        except BadInput as error:
            raise BadInput(
                "bad-config", f"`{path}` cannot be read", context=error.context
            ) from error
        for name, url in _stored(stored):
            spot = line_of(text, path, "url", value=url)
            found.setdefault(name, _way(name, url, "pypi", spot))
    return tuple(way for way in found.values() if way.address)


def _way(name: str, url: str, where: str, spot: tuple[str, int]) -> Way:
    kind = "index" if name == "pypi" else "extra-index"
    return Way(client="pdm", kind=kind, key=f"{where} `{name}`", address=url, spot=spot)


def _stored(table: object) -> list[tuple[str, str]]:
    """Give name and address of each index in a ``[pypi]`` table: its own ``url``, and those of its subtables."""
    if not isinstance(table, dict):
        return []
    found = [("pypi", str(table["url"]))] if "url" in table else []
    return [
        *found,
        *(
            (name, str(sub["url"]))
            for name, sub in table.items()
            if isinstance(sub, dict) and "url" in sub
        ),
    ]
