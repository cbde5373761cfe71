"""Which guard the settings here name: those of the project, then those of the user."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv import guard_form as uv_form
from onward.adapters.uv.settings import user_file
from onward.core.disk import read_text
from onward.core.errors import OnwardError
from onward.domain.guard.ways import DEFAULT_GUARD, Guarded, Spot, parse_guarded
from onward.workflows.guard_clients import Place
from onward.workflows.guard_sources import shown

_LARGEST = 10_000_000  # bytes of a settings file


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """The guard's address, how it is known, and whether only a project says so."""

    guard: Guarded
    known_by: str
    by_project: bool = False


def configured(given: str | None, here: Place) -> Configured:
    """Give the guard's address and how it is known: as given, by the project's settings, the user's, or the usual one.

    Raises BadInput for one that cannot be used.
    """
    if given is not None:
        return Configured(guard=parse_guarded(given), known_by="as you gave it")
    users = [guard for guard, _ in _named(_users(here.env, here.platform))]
    for guard, path in _named(_projects(here)):
        by = f"by {shown(path, here.root)}"
        return Configured(guard=guard, known_by=by, by_project=guard not in users)
    for guard, path in _named(_users(here.env, here.platform)):
        return Configured(guard=guard, known_by=f"by {shown(path, here.root)}")
    return Configured(
        guard=parse_guarded(DEFAULT_GUARD), known_by="as `onward guard serve` has it by itself"
    )


def guard_of_uv(
    root: Path, env: Mapping[str, str], *, platform: str = sys.platform
) -> Guarded | None:
    """Give the guard that `guard on` made uv's index for the project at ``root``; None when it did not."""
    user = user_file(env, platform=platform)
    spots = [uv_form.project_spot(root), *([uv_form.user_spot(user)] if user else [])]
    return next((guard for guard, _ in _named(spots)), None)


def _projects(here: Place) -> list[Spot]:
    spots = []
    if (root := here.root) is not None:
        spots += [
            uv_form.project_spot(root),
            poetry_settings.spot(root),
            pdm_settings.project_spot(root),
        ]
    if here.environment is not None:
        file = pip_settings.environment_file(here.environment, platform=here.platform)
        spots.append(pip_settings.spot(file))
    return spots


def _users(env: Mapping[str, str], platform: str) -> list[Spot]:
    return [
        make(path)
        for path, make in (
            (user_file(env, platform=platform), uv_form.user_spot),
            (pip_settings.user_file(env, platform=platform), pip_settings.spot),
            (pdm_settings.user_file(env, platform=platform), pdm_settings.user_spot),
        )
        if path is not None
    ]


def _named(spots: Iterable[Spot]) -> Iterable[tuple[Guarded, Path]]:
    """Give the guards that are named, each with its file; one that cannot be read is told of where it is looked through."""
    for spot in spots:
        try:
            url = spot.form.address(read_text(spot.path, _LARGEST)) if spot.path.is_file() else ""
            if url:
                yield parse_guarded(url), spot.path
        except OnwardError:
            continue
