"""The tree that the next commit would make, as a folder to look at. Nothing is stashed, nothing is staged."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.git import repository
from onward.core.errors import BadInput
from onward.core.scratch_folder import scratch_folder


class StagedTree(msgspec.Struct, frozen=True, kw_only=True):
    """``root`` is the project as staged, ``paths`` the files of it that the commit changes, with ``/``."""

    root: Path
    paths: tuple[str, ...]


@contextlib.contextmanager
def staged_tree(project: Path, env: Mapping[str, str], *, cwd: Path) -> Iterator[StagedTree]:
    """Give the project at ``project`` as it is in git's index; the folder is gone afterwards.

    Raises BadInput when the project is in no git repository.
    """
    found = repository(project, env, cwd=cwd)
    if found is None:
        raise BadInput(
            "not-in-git",
            f"`{project}` is in no git repository, so nothing can be staged there",
            hint="Leave out `--staged` to check the files as they are.",
        )
    inner = project.resolve().relative_to(found.top).as_posix()
    prefix = "" if inner == "." else f"{inner}/"
    staged = tuple(path.removeprefix(prefix) for path in found.staged() if path.startswith(prefix))
    with scratch_folder() as top:
        # The whole repository: settings above the project and names that are ours count too.
        if staged:
            found.write_index(top)
        root = top / inner
        root.mkdir(parents=True, exist_ok=True)
        yield StagedTree(root=root, paths=staged)
