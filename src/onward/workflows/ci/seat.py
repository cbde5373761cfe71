"""Where a project sits: in its workspace, and in the repository whose top build services read."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.adapters.git import repository
from onward.core.errors import MissingTool
from onward.core.names import is_name, parse_name
from onward.core.project import Project
from onward.workflows.container_files import member_of
from onward.workflows.project import open_project
from onward.workflows.situation import member_at


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """``project`` is what the jobs are for: a project, a member of ``workspace`` (``here`` is its folder), or the root of it.

    ``top`` is the folder that build services read their files in.
    """

    workspace: Project
    project: Project
    here: str
    top: Path

    @property
    def root(self) -> Path:
        """The folder that the jobs work in, links resolved."""
        return self.project.root.resolve()

    @property
    def folder(self) -> str:
        """The same as seen from the top, with ``/``; empty at the top."""
        below = self.root.relative_to(self.top).as_posix()
        return "" if below == "." else below

    @property
    def above(self) -> str:
        """The workspace's folder as seen from the top, with ``/``; empty at the top."""
        below = self.workspace.root.resolve().relative_to(self.top).as_posix()
        return "" if below == "." else below

    @property
    def is_whole(self) -> bool:
        """Whether this is the root of a workspace with members, so that the jobs are for all of them."""
        return not self.here and len(self.workspace.members) > 1

    @property
    def name(self) -> str:
        """The name of the project; the root of a workspace may be none, then that of its folder."""
        if self.project.name:
            return parse_name(self.project.name)
        return parse_name(self.root.name) if is_name(self.root.name) else "workspace"

    def from_top(self, path: str) -> str:
        """Give a path of the workspace as seen from the top."""
        return "/".join(filter(None, (self.above, path)))


def open_seat(cwd: Path, env: Mapping[str, str]) -> Seat:
    """Open the project, or the member of a workspace, that ``cwd`` is in; raises BadInput where there is none."""
    workspace = open_project(cwd, env)
    here = member_at(cwd.resolve(), workspace)
    root = workspace.root.resolve()
    try:
        known = repository(root, env, cwd=root)
    except MissingTool:
        known = None
    top = known.top if known is not None and root.is_relative_to(known.top) else root
    return Seat(workspace=workspace, project=member_of(workspace, here), here=here, top=top)
