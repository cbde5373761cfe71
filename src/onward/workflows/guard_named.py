"""The guard that settings name, read from their files; cheap enough for every sync."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from onward.adapters.uv import guard_form as uv_form
from onward.adapters.uv.settings import user_file
from onward.core.disk import read_text
from onward.core.errors import OnwardError
from onward.domain.guard.ways import Guarded, Spot, parse_guarded

_LARGEST = 10_000_000  # bytes of a settings file


def guard_of_uv(
    root: Path, env: Mapping[str, str], *, platform: str = sys.platform
) -> Guarded | None:
    """Give the guard that `guard on` made uv's index for the project at ``root``; None when it did not."""
    user = user_file(env, platform=platform)
    spots = [uv_form.project_spot(root), *([uv_form.user_spot(user)] if user else [])]
    return next((guard for guard, _ in named(spots)), None)


def named(spots: Iterable[Spot]) -> Iterator[tuple[Guarded, Path]]:
    """Give the guards that are named, each with its file.

    A file that cannot be read names none: `guard doctor` tells of it where it looks through it.
    """
    for spot in spots:
        try:
            url = spot.form.address(read_text(spot.path, _LARGEST)) if spot.path.is_file() else ""
            if url:
                yield parse_guarded(url), spot.path
        except OnwardError:
            continue
