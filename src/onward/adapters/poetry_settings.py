"""Where poetry takes packages from: the sources of the project, and nothing else.

Poetry 2.5 has no setting per user and no variable for that: ``poetry config repositories.*``
and ``POETRY_REPOSITORIES_*`` say where to publish.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onward.domain.guard.forms import NAME, Table, read_toml
from onward.domain.guard.ways import Spot, Way, line_of

_PRIMARY = ("primary", "default")


def _is_primary(table: Mapping[str, Any]) -> bool:
    return str(table.get("priority", "primary")).lower() in _PRIMARY


FORM = Table(
    client="poetry",
    path=("tool", "poetry", "source"),
    entry=(("priority", "primary"),),
    rival=lambda table: table.get("name") == NAME or _is_primary(table),
)
"""A primary source switches the public index off; poetry asks all primary ones, so it has to be the only one."""


def spot(root: Path) -> Spot:
    """Give the place of the guard's address in a project."""
    return Spot(client="poetry", path=root / "pyproject.toml", form=FORM)


def read(pyproject: str) -> tuple[Way, ...]:
    """Give the sources of a pyproject.toml; without one of kind ``index`` poetry asks the public index.

    Raises BadInput (``bad-config``) for a text that is no TOML.
    """
    return tuple(_way(table, pyproject) for table in FORM.entries(read_toml(pyproject)))


def _way(table: Mapping[str, Any], text: str) -> Way:
    name, url = str(table.get("name", "")), str(table.get("url", ""))
    return Way(
        client="poetry",
        kind="index" if _is_primary(table) else "extra-index",
        key=f"tool.poetry.source `{name}`",
        address=url or ("https://pypi.org/simple" if name.lower() == "pypi" else ""),
        spot=line_of(text, "pyproject.toml", "url" if url else "name", value=url or name),
    )
