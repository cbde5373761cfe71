"""Where the guard's address belongs in uv's settings: an ``[[index]]`` with ``default = true``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onward.domain.guard.forms import NAME, Table
from onward.domain.guard.ways import Spot


def _is_rival(table: Mapping[str, Any]) -> bool:
    return table.get("default") is True or table.get("name") == NAME


def _form(*path: str) -> Table:
    return Table(
        client="uv", path=path, entry=(("default", True),), rival=_is_rival, also=("index-url",)
    )


def user_spot(path: Path) -> Spot:
    """Give the place in a uv.toml."""
    return Spot(client="uv", path=path, form=_form("index"))


def project_spot(root: Path) -> Spot:
    """Give the place in a project: its uv.toml, which switches ``[tool.uv]`` off, else its pyproject.toml."""
    if (root / "uv.toml").is_file():
        return user_spot(root / "uv.toml")
    return Spot(client="uv", path=root / "pyproject.toml", form=_form("tool", "uv", "index"))
