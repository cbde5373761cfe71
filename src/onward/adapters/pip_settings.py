"""Where pip takes packages from: its files on every level, and what they say together.

Levels and order as pip 26 has them (pip.pypa.io, "Configuration"): system, user, virtual
environment, ``PIP_CONFIG_FILE``; later ones win. Variables stand above all files.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.core.errors import BadInput
from onward.core.folders import SYSTEM, config_folder
from onward.domain.guard.forms import Key, plain_key, read_ini
from onward.domain.guard.ways import Spot, Way, line_of

FORM = Key(client="pip", section="global", key="index-url", others=("pypi-url",), everywhere=True)
"""``global.index-url``; the same key in a command's own section would win over it."""

_KINDS = {
    "index-url": "index",
    "pypi-url": "index",
    "extra-index-url": "extra-index",
    "find-links": "find-links",
}


class PipSays(msgspec.Struct, frozen=True, kw_only=True):
    """What pip's files say: ways to packages, and whether ``no-index`` switches indexes off."""

    ways: tuple[Way, ...] = ()
    no_index: bool = False

    @property
    def has_index(self) -> bool:
        """Whether some file names the index of all commands."""
        return any(way.kind == "index" and way.where == "global" for way in self.ways)


def user_file(env: Mapping[str, str], *, platform: str = sys.platform) -> Path | None:
    """Give the file that ``pip config --user set`` would write; None where pip reads none."""
    if chosen := env.get("PIP_CONFIG_FILE"):
        return None if chosen == os.devnull else Path(chosen)
    folder = _user_folder(env, platform)
    return folder / _base(platform) if folder else None


def environment_file(environment: Path, *, platform: str = sys.platform) -> Path:
    """Give the file that holds for one virtual environment."""
    return environment / _base(platform)


def files(
    env: Mapping[str, str],
    environment: Path | None,
    *,
    platform: str = sys.platform,
    system: Path = SYSTEM,
) -> tuple[Path, ...]:
    """Give every file that pip would read, the weakest first; they may not exist. ``system``: see ``core.folders``."""
    chosen = env.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:
        return ()
    base = _base(platform)
    found = [folder / base for folder in _system_folders(env, platform, system)]
    if not (chosen and Path(chosen).exists()):
        home = env.get("USERPROFILE" if platform == "win32" else "HOME")
        old = Path(home) / ("pip" if platform == "win32" else ".pip") / base if home else None
        new = _user_folder(env, platform)
        found += [path for path in (old, new / base if new else None) if path]
    if environment is not None:
        found.append(environment / base)
    if chosen:
        found.append(Path(chosen))
    return tuple(found)


def read(texts: Mapping[str, str]) -> PipSays:
    """Give what files (shown path to text, the weakest first) say together.

    Raises BadInput (``bad-config``) naming the file that is no INI file.
    """
    strongest: dict[tuple[str, str], Way | bool] = {}
    for path, text in texts.items():
        try:
            values = read_ini(text)
        except BadInput as error:
            raise BadInput(
                "bad-config", f"`{path}` cannot be read", context=error.context
            ) from error
        for section, table in values.items():
            for key, value in table.items():
                if key == "no-index":
                    strongest[section, key] = value.strip().lower() in ("1", "true", "yes", "on")
                elif key in _KINDS:
                    spot = line_of(text, path, key, section=section, plain=plain_key)
                    strongest[section, key] = Way(
                        client="pip",
                        kind=_KINDS[key],
                        key=key,
                        where=section,
                        address=value,
                        spot=spot,
                    )
    ways = [one for way in strongest.values() if isinstance(way, Way) for one in _each(way)]
    return PipSays(ways=tuple(ways), no_index=strongest.get(("global", "no-index")) is True)


def _each(way: Way) -> list[Way]:
    """Give a way for each of the addresses that a value over several lines holds."""
    return [msgspec.structs.replace(way, address=word) for word in way.address.split()]


def spot(path: Path) -> Spot:
    """Give the place where the guard's address belongs in a file of pip's."""
    return Spot(client="pip", path=path, form=FORM)


def _base(platform: str) -> str:
    return "pip.ini" if platform == "win32" else "pip.conf"


def _user_folder(env: Mapping[str, str], platform: str) -> Path | None:
    if platform == "darwin":
        data = env.get("XDG_DATA_HOME") or f"{env.get('HOME', '')}/Library/Application Support"
        if (Path(data) / "pip").is_dir():
            return Path(data) / "pip"
        return Path(env["HOME"]) / ".config" / "pip" if env.get("HOME") else None
    folder = config_folder(env, platform=platform)
    return folder / "pip" if folder else None


def _system_folders(env: Mapping[str, str], platform: str, system: Path) -> list[Path]:
    if platform == "win32":
        return [Path(env.get("PROGRAMDATA") or "C:\\ProgramData") / "pip"]
    if platform == "darwin":
        return [system / "Library/Application Support/pip"]
    shared = (env.get("XDG_CONFIG_DIRS") or str(system / "etc/xdg")).split(":")
    return [*(Path(folder) / "pip" for folder in shared if folder), system / "etc"]
