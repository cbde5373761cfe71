"""Which guard the settings here name: those of the project, then those of the user."""

from collections.abc import Mapping

import msgspec

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv import guard_form as uv_form
from onward.adapters.uv.settings import user_file
from onward.domain.guard.ways import DEFAULT_GUARD, Guarded, Spot, parse_guarded
from onward.workflows.guard_clients import Place
from onward.workflows.guard_named import named
from onward.workflows.guard_sources import shown


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
    users = [guard for guard, _ in named(_users(here.env, here.platform))]
    for guard, path in named(_projects(here)):
        by = f"by {shown(path, here.root)}"
        return Configured(guard=guard, known_by=by, by_project=guard not in users)
    for guard, path in named(_users(here.env, here.platform)):
        return Configured(guard=guard, known_by=f"by {shown(path, here.root)}")
    return Configured(
        guard=parse_guarded(DEFAULT_GUARD), known_by="as `onward guard serve` has it by itself"
    )


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
