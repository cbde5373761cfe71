"""The policy that counts where a person stands, without opening the rest of the project."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.net import Net
from onward.domain.policy.model import Policy
from onward.workflows.project import find_root
from onward.workflows.settings import load_policy, organisation_path, parse_toml

PROJECT_FILE = "pyproject.toml"
_LIMIT = 10_000_000  # bytes


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """A project's folder, its pyproject.toml (None: it has none) and its policy.

    ``organisation`` is the organisation's file when it is one on this disk.
    """

    root: Path
    pyproject: bytes | None
    policy: Policy
    organisation: Path | None = None


def policy_in_force(cwd: Path, *, env: Mapping[str, str], net: Net, cache: Path) -> InForce:
    """Read the policy for the project that ``cwd`` lies in; raises what ``load_policy`` raises."""
    root = root_of(cwd)
    file = root / PROJECT_FILE
    content = read_limited(file, _LIMIT) if file.is_file() else None
    table = own_table(content) if content is not None else None
    return InForce(
        root=root,
        pyproject=content,
        policy=load_policy(root, table, env=env, net=net, cache=cache),
        organisation=organisation_path(root, env),
    )


def own_table(content: bytes) -> Mapping[str, Any] | None:
    """Give ``[tool.onward]`` of a pyproject.toml, or None; raises BadInput when it is no table."""
    tool = parse_toml(content, PROJECT_FILE).get("tool")
    table = tool.get("onward") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise BadInput(
            "bad-policy",
            f"the settings in `{PROJECT_FILE}` cannot be used",
            context=(f"{PROJECT_FILE}: tool.onward: must be a table",),
        )
    return table


def root_of(cwd: Path) -> Path:
    """Give the root of the project that ``cwd`` is in, else ``cwd`` itself: a policy can be read anywhere."""
    try:
        return find_root(cwd)
    except BadInput as error:
        if error.reference != "no-project":
            raise
        return cwd.resolve()
