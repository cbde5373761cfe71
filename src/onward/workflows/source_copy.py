"""A clean copy of a project's sources to build from: what git tracks, or the folder without leftovers."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
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
_BLOBS = b"blobs/sha256/"  # what the first member of an image's tar lies in


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where the sources are and what belongs to them.

    ``folder`` is the project's own, ``files`` its files (relative, ``/``) that should be
    built from, ``when`` the time of the last commit in seconds since 1970. ``top`` is the
    repository's top folder and ``copied`` what is copied of it; both are the project's own
    without git. ``beside`` are files that git does not know and does not ignore, ``absent``
    submodules that are not checked out, so that nothing of theirs is here. Images that an
    earlier run put there are in neither ``files`` nor ``beside``, unless git tracks them.
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
            beside=_without_leftovers(folder, found.new_files(folder)),
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


def is_image(folder: Path) -> bool:
    """Whether an image layout (OCI image specification) stands there, or one that was cut off."""
    if folder.name.startswith(".onward-new-"):
        return True
    return (folder / "oci-layout").is_file() and (folder / "blobs").is_dir()


def is_image_file(place: Path) -> bool:
    """Whether a file is an image for ``docker load``, or one that was cut off."""
    if place.suffix not in (".tar", ".tmp"):
        return False
    try:
        with place.open("rb") as file:
            return file.read(len(_BLOBS)) == _BLOBS
    except OSError:
        return False


def _is_leftover(place: Path, *, at_top: bool) -> bool:
    """Whether a folder holds what was made, and nothing that anything is made from."""
    name = place.name
    if name in _LEFT_OUT or name.endswith(".egg-info") or (at_top and name in _LEFT_OUT_AT_TOP):
        return True
    return (place / "pyvenv.cfg").exists() or is_image(place)


def _without_leftovers(folder: Path, paths: Iterable[str]) -> tuple[str, ...]:
    known: dict[str, bool] = {"": False}

    def is_left_out(inside: str) -> bool:
        if inside not in known:
            above = inside.rpartition("/")[0]
            known[inside] = is_left_out(above) or _is_leftover(folder / inside, at_top=not above)
        return known[inside]

    return tuple(
        path
        for path in paths
        if not is_left_out(path.rpartition("/")[0]) and not is_image_file(folder / path)
    )


def _walk(folder: Path) -> Iterator[str]:
    for here, folders, files in os.walk(folder):
        place = Path(here)
        at_top = place == folder
        folders[:] = sorted(
            name for name in folders if not _is_leftover(place / name, at_top=at_top)
        )
        for name in sorted(files):
            if name.endswith((".pyc", ".pyo")) or name == ".DS_Store":
                continue
            if not is_image_file(place / name):
                yield (place / name).relative_to(folder).as_posix()
