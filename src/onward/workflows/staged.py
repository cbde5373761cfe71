"""The tree that the next commit would make, as a folder to look at. Nothing is stashed, nothing is staged."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.git import Repository, repository
from onward.core.errors import BadInput
from onward.core.scratch_folder import scratch_folder


class StagedTree(msgspec.Struct, frozen=True, kw_only=True):
    """``root`` is the project as staged, ``paths`` the files of it that the commit changes, with ``/``.

    ``top`` is the whole repository as staged; it is empty when there are no ``paths``.
    """

    root: Path
    top: Path
    paths: tuple[str, ...]


@contextlib.contextmanager
def staged_tree(project: Path, env: Mapping[str, str], *, cwd: Path) -> Iterator[StagedTree]:
    """Give the project at ``project`` as it is in git's index; the folder is gone afterwards.

    Raises BadInput when the project is in no git repository.
    """
    found = _repository(project, env, cwd)
    with staged_tree_of(found, project, found.staged()) as tree:
        yield tree


@contextlib.contextmanager
def staged_tree_of(
    found: Repository, project: Path, changed: tuple[str, ...]
) -> Iterator[StagedTree]:
    """Give the same where the repository and the files that the commit changes (from its top) are known."""
    with _written(found, project, changed, found.write_index) as tree:
        yield tree


@contextlib.contextmanager
def pushed_tree(
    project: Path, env: Mapping[str, str], *, cwd: Path, commit: str, there: str
) -> Iterator[StagedTree]:
    """Give the project as it is in ``commit``; ``paths`` are the files that differ from the commit ``there``.

    Raises BadInput when the project is in no git repository.
    """
    found = _repository(project, env, cwd)
    paths = found.pushed(commit, there)
    with _written(found, project, paths, lambda top: found.write_commit(commit, top)) as tree:
        yield tree


def _repository(project: Path, env: Mapping[str, str], cwd: Path) -> Repository:
    found = repository(project, env, cwd=cwd)
    if found is None:
        raise BadInput(
            "not-in-git",
            f"`{project}` is in no git repository, so nothing can be staged there",
            hint="Leave out `--staged` to check the files as they are.",
        )
    return found


@contextlib.contextmanager
def _written(
    found: Repository, project: Path, paths: tuple[str, ...], write: Callable[[Path], None]
) -> Iterator[StagedTree]:
    inner = project.resolve().relative_to(found.top).as_posix()
    prefix = "" if inner == "." else f"{inner}/"
    own = tuple(path.removeprefix(prefix) for path in paths if path.startswith(prefix))
    with scratch_folder() as top:
        # The whole repository: settings above the project and names that are ours count too.
        if own:
            write(top)
        root = top / inner
        root.mkdir(parents=True, exist_ok=True)
        yield StagedTree(root=root, paths=own, top=top)
