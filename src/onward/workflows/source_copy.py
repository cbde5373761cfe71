"""A clean copy of a project's sources to build from: what git tracks, or the folder without leftovers."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from onward.adapters.git import Repository, repository
from onward.core.errors import MissingTool

WITHOUT_HISTORY = 1_577_836_800  # 2020-01-01: the time files get where no commit gives one

_LEFT_OUT = frozenset({
    ".git", ".hg", ".svn", "__pycache__", "node_modules", ".tox", ".nox", ".onward", ".mypy_cache", ".ruff_cache",
    ".pytest_cache", ".hypothesis", ".eggs", ".idea", ".vscode",
})  # fmt: skip
_LEFT_OUT_AT_TOP = frozenset({"dist", "build"})


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where the sources are and what belongs to them.

    ``folder`` is the project's own, ``files`` its files (relative, ``/``) that should be
    built from, ``when`` the time of the last commit in seconds since 1970. ``top`` is the
    repository's top folder and ``copied`` what is copied of it; both are the project's own
    without git. ``beside`` are files that git does not know and does not ignore, ``absent``
    submodules that are not checked out, so that nothing of theirs is here.
    """

    folder: Path
    files: tuple[str, ...]
    when: int
    top: Path
    copied: tuple[str, ...]
    beside: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def find_sources(
    folder: Path, env: Mapping[str, str], *, cwd: Path
) -> tuple[Sources, Repository | None]:
    """Look at what belongs to the project at ``folder``, by git where it can be asked."""
    folder = folder.resolve()
    try:
        found = repository(folder, env, cwd=cwd)
    except MissingTool:
        found = None
    tracked, absent = found.with_submodules(folder) if found is not None else ((), ())
    if found is None or not tracked:  # a folder that git does not know yet counts as it is
        files = tuple(_walk(folder))
        sources = Sources(
            folder=folder, files=files, when=WITHOUT_HISTORY, top=folder, copied=files
        )
        return sources, None
    when = found.commit_time()
    return (
        Sources(
            folder=folder,
            files=tuple(path for path in tracked if os.path.lexists(folder / path)),
            when=WITHOUT_HISTORY if when is None else when,
            top=found.top,
            copied=found.with_submodules(found.top)[0],
            beside=found.new_files(folder),
            absent=absent,
        ),
        found,
    )


def copy_sources(sources: Sources, known: Repository | None, target: Path) -> Path:
    """Copy the sources below ``target`` (which is not there yet) and give the project's folder in it.

    With git the copy is a repository too, with the same history and tags, since some
    backends take the version from there. All files get the time ``sources.when``.
    """
    if known is not None:
        known.clone_without_files(target)
    target.mkdir(parents=True, exist_ok=True)
    for path in sources.copied:
        source, copy = sources.top / path, target / path
        if not os.path.lexists(source) or (source.is_dir() and not source.is_symlink()):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, copy, follow_symlinks=False)
        if not copy.is_symlink():
            os.utime(copy, (sources.when, sources.when))
    return target / sources.folder.relative_to(sources.top)


def _walk(folder: Path) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        place = Path(here)
        at_top = place == folder
        folders[:] = sorted(
            name
            for name in folders
            if name not in _LEFT_OUT
            and not (at_top and name in _LEFT_OUT_AT_TOP)
            and not name.endswith(".egg-info")
            and not (place / name / "pyvenv.cfg").exists()
        )
        for name in sorted(files):
            if not name.endswith((".pyc", ".pyo")) and name != ".DS_Store":
                yield (place / name).relative_to(folder).as_posix()
