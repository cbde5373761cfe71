"""``.onward/kept``: what a change has replaced, for as long as a record of the journal names it."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.core import placing
from onward.core.disk import remove_if_empty
from onward.core.placing import Placed


def prepare(own: Path, puts: Iterable[tuple[str, bool]]) -> tuple[Placed, ...]:
    """Prepare to put things in place: each a path, and whether it is a folder; ``own`` is the project's ``.onward``.

    What is in the project goes aside into ``kept``, what is elsewhere stays beside.
    """
    placed: list[Placed] = []
    keep = _folder(own)
    try:
        for word, folder in puts:
            above = Path(os.path.realpath(Path(word).parent))
            path = above / Path(word).name if folder else Path(os.path.realpath(word))
            inside = keep.parent.parent in path.parents and not keep.is_symlink()
            if inside:
                keep.mkdir(exist_ok=True)
            placed.append(placing.prepare(path, keep if inside else None, folder=folder))
    except BaseException:
        drop(placed)
        raise
    return tuple(placed)


def drop(placed: Iterable[Placed]) -> None:
    """Remove what lies aside."""
    for one in placed:
        placing.drop(one)


def drop_others(own: Path, needed: Iterable[Placed]) -> None:
    """Remove what is in ``kept`` and none of ``needed``."""
    keep = _folder(own)
    if own.is_symlink() or keep.is_symlink() or not keep.is_dir():
        return  # a link leads to what is not ours
    named = {one.aside for one in needed}
    drop(Placed(path="", aside=str(aside)) for aside in keep.iterdir() if str(aside) not in named)
    remove_if_empty([keep])


def is_kept(placed: Placed, own: Path) -> bool:
    """Whether it lies in ``kept``, so that it can be had back later."""
    return Path(placed.aside).parent == _folder(own)


def is_ours(placed: Placed, own: Path) -> bool:
    """Whether both places are in the project, with no link or ``..`` that leads out again."""
    path, aside = Path(placed.path), Path(placed.aside)
    beside = aside.parent == path.parent and aside.name.startswith(".") and aside.suffix == ".tmp"
    return (
        _folder(own).parent.parent in path.parents
        and (beside or is_kept(placed, own))
        and all(Path(os.path.realpath(one.parent)) == one.parent for one in (path, aside))
        and ".." not in (*path.parts, *aside.parts)
    )


def as_written(placed: Iterable[Placed], own: Path) -> tuple[Placed, ...]:
    """Give those of the project, with paths as seen from it."""
    base = _folder(own).parent.parent
    return tuple(
        msgspec.structs.replace(
            one,
            path=Path(one.path).relative_to(base).as_posix(),
            aside=Path(one.aside).relative_to(base).as_posix(),
        )
        for one in placed
        if is_ours(one, own)
    )


def as_read(placed: Iterable[Placed], own: Path) -> tuple[Placed, ...]:
    """Give what was written with paths of this disk; whether they are in the project ``is_ours`` says."""
    base = _folder(own).parent.parent
    return tuple(
        msgspec.structs.replace(one, path=str(base / one.path), aside=str(base / one.aside))
        for one in placed
    )


def bytes_of(placed: Iterable[Placed]) -> int:
    """Give how much disk is taken by what lies aside."""
    return sum(
        path.lstat().st_size
        for one in placed
        for path in Path(one.aside).rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def _folder(own: Path) -> Path:
    return Path(os.path.realpath(own.parent)) / own.name / "kept"
