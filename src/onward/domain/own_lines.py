"""The requirements that a pyproject.toml states itself, changed one by one with everything else left as it is."""

import copy
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import tomlkit
from packaging.requirements import InvalidRequirement, Requirement
from tomlkit.exceptions import TOMLKitError

from onward.core.errors import BadInput
from onward.core.names import Name, parse_name

Change = Callable[[Name, str], str]
"""Given the name and the text of a requirement, the text that takes its place."""


def change_requirements(text: str, change: Change, path: str = "pyproject.toml") -> str:
    """Give a pyproject.toml with ``change`` applied to each requirement; comments, order and quotes stay.

    That is in ``[project]`` dependencies and optional-dependencies (PEP 621),
    ``[dependency-groups]`` (PEP 735) and uv's dev-dependencies. Build requirements and
    constraints are left alone, and so is what cannot be read. Raises BadInput
    (``bad-toml``) for text that is no TOML, and ``cannot-edit`` when the file is written in
    a way that cannot be changed safely.
    """
    try:
        wanted = tomllib.loads(text)
        document = tomlkit.parse(text)
    except (tomllib.TOMLDecodeError, TOMLKitError) as error:
        raise BadInput("bad-toml", f"`{path}` is not TOML", context=(str(error),)) from error
    before = copy.deepcopy(wanted)
    _change_all(wanted, change)
    if wanted == before:
        return text
    try:
        _change_all(document, change)
        changed = document.as_string()
        if tomllib.loads(changed) == wanted:
            return changed
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, AttributeError):
        pass
    raise BadInput(
        "cannot-edit",
        f"the requirements in `{path}` are written in a way that onward cannot change safely",
        hint="Write them as plain arrays of strings, in one table each.",
    )


def _change_all(data: Any, change: Change) -> None:
    for array in _arrays(data):
        for i, entry in enumerate(list(array)):
            if (name := _name_in(entry)) is None:
                continue
            new = change(name, str(entry))
            if new != str(entry):
                array[i] = _like(entry, new)


def _arrays(data: Any) -> Iterator[Any]:
    project = _table(data, "project")
    uv = _table(_table(data, "tool"), "uv")
    lists = [project.get("dependencies"), uv.get("dev-dependencies")]
    lists += _table(project, "optional-dependencies").values()
    lists += _table(data, "dependency-groups").values()
    return (array for array in lists if isinstance(array, list))


def _table(data: Any, key: str) -> Any:
    found = data.get(key)
    return found if hasattr(found, "get") else {}


def _name_in(entry: object) -> Name | None:
    if not isinstance(entry, str):
        return None
    try:
        return parse_name(Requirement(str(entry)).name)
    except (InvalidRequirement, BadInput):
        return None


def _like(entry: Any, new: str) -> Any:
    """Give ``new`` with the quotes that ``entry`` had."""
    if not hasattr(entry, "as_string"):
        return new  # what tomllib read has no quotes
    literal = entry.as_string().startswith("'") and "'" not in new
    return tomlkit.string(new, literal=literal)
