"""One sentence of a user: let uv, pip, poetry and pdm go through the guard, or no longer."""

import contextlib
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv import guard_form as uv_form
from onward.adapters.uv.settings import INDEX_VARIABLES, user_file
from onward.core.disk import read_limited, remove_if_empty, sha256_of
from onward.core.errors import BadInput, OnwardError
from onward.core.folders import SYSTEM
from onward.core.perform import perform
from onward.core.plan import Plan, WriteFile
from onward.domain.guard.ways import Guarded, Spot
from onward.workflows.guard_records import Kept, Records

CLIENTS = ("uv", "pip", "poetry", "pdm")
USER, PROJECT = "user", "project"

CI_VARIABLES = ("UV_DEFAULT_INDEX", "PIP_INDEX_URL", "PDM_PYPI_URL")
"""The variables that do the same where there are no files; poetry has none (2.5: tried, it asks the public index)."""

_WINS = {
    "uv": INDEX_VARIABLES,
    "pip": ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"),
    "pdm": ("PDM_PYPI_URL",),
}
_LARGEST = 10_000_000  # bytes of a settings file


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where settings are looked for: ``root`` is the project (None: not in one), ``environment`` its own.

    ``system`` is what the places for everybody on this machine lie below.
    """

    env: Mapping[str, str]
    root: Path | None = None
    environment: Path | None = None
    platform: str = sys.platform
    system: Path = SYSTEM


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: a plan (without steps when all is so already), records, and what a person should know.

    ``failed`` is what stands in the way of the rest.
    """

    plan: Plan
    keep: tuple[Kept, ...] = ()
    forget: tuple[Kept, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    failed: tuple[OnwardError, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The paths of the files that change."""
        return tuple(step.path for step in self.plan.steps if isinstance(step, WriteFile))


def plan_on(
    guard: Guarded, scope: str, place: Place, records: Records, clients: Sequence[str] = ()
) -> Switch:
    """Plan to write ``guard`` into the settings of ``clients`` (none: those in use).

    ``scope`` is ``user`` or ``project``. Raises BadInput for a client or a file that cannot
    be used, Refused for a file that cannot be edited; then nothing is planned at all.
    """
    spots, notes = _spots(scope, place, clients)
    texts: dict[Path, bytes | None] = {}
    keep: list[Kept] = []
    said: dict[Path, list[str]] = {}
    unchanged: list[str] = []
    for spot in spots:
        content = texts[spot.path] if spot.path in texts else _content(spot.path)
        with _about(spot):
            before = _without(spot, content, records)
            text, base = _text(content), _text(before)
            on = spot.form.switched_on(base, guard.url)
        if on in (base, text):
            unchanged.append(f"`{spot.path}` names {guard.url} for {spot.client} already")
            continue
        after = on.encode()
        texts[spot.path] = after
        keep.append(_kept(spot, scope, guard, before, after))
        hidden = on.count(f"# onward guard for {spot.client}, was: ")
        more = {0: "", 1: " (a line that said otherwise becomes a comment)"}.get(
            hidden, f" ({hidden} lines that said otherwise become comments)"
        )
        said.setdefault(spot.path, []).append(f"{spot.client}{more}")
    steps = tuple(
        WriteFile(
            sentence=f"Make {guard.url} the index of {' and '.join(said[path])} in {path}",
            path=str(path),
            content=content,
        )
        for path, content in texts.items()
    )
    return Switch(
        plan=Plan(title=f"Guard on: {guard.url}", steps=steps),
        keep=tuple(keep),
        unchanged=tuple(unchanged),
        notes=(*notes, *_wins(place.env, spots), *_about_http(guard, spots), *_relock(place, said)),
    )


def plan_off(scope: str, place: Place, records: Records, clients: Sequence[str] = ()) -> Switch:
    """Plan to take the guard out of the settings of ``clients`` (none: all).

    A file that nobody edited since becomes what it was to the last byte; of one that was
    edited only the guard's own lines go. One that cannot be read or edited keeps no other from
    it. Raises as ``plan_on`` does when that is all there is.
    """
    texts: dict[Path, bytes | None] = {}
    forget: list[Kept] = []
    said: dict[Path, list[str]] = {}
    failed: list[OnwardError] = []
    for spot in reversed(_places_of(scope, place, records, clients)):
        try:
            content = texts[spot.path] if spot.path in texts else _content(spot.path)
            with _about(spot):
                before = _without(spot, content, records)
        except OnwardError as error:
            failed.append(error)
            continue
        kept = records.find(spot.client, spot.path)
        if kept is not None:
            forget.append(kept)
        if before == content:
            continue
        texts[spot.path] = before
        said.setdefault(spot.path, []).append(spot.client)
    if failed and not (texts or forget):
        raise failed[0]
    steps = tuple(
        WriteFile(
            sentence=f"Take the guard of {' and '.join(said[path])} out of {path}"
            if content is not None
            else f"Remove {path}, which was made for the guard of {' and '.join(said[path])}",
            path=str(path),
            content=content,
        )
        for path, content in texts.items()
    )
    return Switch(
        plan=Plan(title="Guard off", steps=steps),
        forget=tuple(forget),
        notes=tuple(_relock(place, said)),
        failed=tuple(failed),
    )


def do(switch: Switch, root: Path, records: Records, *, started: str) -> None:
    """Perform what was planned for the project (or the folder of records) at ``root``.

    What was there is written down first. When anything fails, everything is as before.
    """
    root.mkdir(parents=True, exist_ok=True)
    new = [kept for kept in switch.keep if records.find(kept.client, Path(kept.path)) is None]
    for kept in switch.keep:
        records.keep(kept)
    try:
        if switch.plan.steps:
            perform(switch.plan, root, started=started)
    except BaseException:
        for kept in new:
            records.forget(kept.client, Path(kept.path))
        raise
    for kept in switch.forget:
        records.forget(kept.client, Path(kept.path))
        remove_if_empty(map(Path, kept.made))


def _without(spot: Spot, content: bytes | None, records: Records) -> bytes | None:
    """Give what the file is without the guard: as it was, or as it is but for our lines."""
    kept = records.find(spot.client, spot.path)
    if content is None:
        return None
    if kept is not None and sha256_of(content) == kept.after_sha256:
        return kept.before
    text = _text(content)
    url = kept.url if kept is not None else spot.form.address(text)
    if not url:
        return content
    result = spot.form.switched_off(text, url, kept.text if kept is not None else "")
    made = kept is not None and kept.before is None
    return None if made and not result.strip() else result.encode()


def _kept(spot: Spot, scope: str, guard: Guarded, before: bytes | None, after: bytes) -> Kept:
    missing = [str(folder) for folder in spot.path.parents if not folder.exists()]
    return Kept(
        client=spot.client,
        path=str(spot.path),
        scope=scope,
        url=guard.url,
        before=before,
        after_sha256=sha256_of(after),
        made=tuple(missing),
    )


def _places_of(scope: str, place: Place, records: Records, clients: Sequence[str]) -> list[Spot]:
    """Give where the guard is or could be: the usual places, and those that were written down."""
    wanted = clients or CLIENTS
    usual, _ = _spots(scope, place, [c for c in wanted if scope == PROJECT or c != "poetry"])
    found = {(spot.client, spot.path): spot for spot in usual}
    forms = {
        ("uv", USER): uv_form.user_spot,
        ("pip", USER): pip_settings.spot,
        ("pdm", USER): pdm_settings.user_spot,
    }
    for kept in records.all() if scope == USER else ():
        make = forms.get((kept.client, kept.scope))
        if make is not None and kept.client in wanted:
            found.setdefault((kept.client, Path(kept.path)), make(Path(kept.path)))
    return list(found.values())


def _spots(scope: str, place: Place, clients: Sequence[str]) -> tuple[list[Spot], tuple[str, ...]]:
    for client in clients:
        if client not in CLIENTS:
            raise BadInput(
                "unknown-client",
                f"onward does not know the installer `{client}`",
                hint=f"It knows {', '.join(CLIENTS)}.",
            )
    if scope == USER:
        return _user_spots(place, clients)
    if place.root is None:
        raise BadInput(
            "no-project",
            "there is no Python project here, so there are no settings of one",
            hint="Leave `--project` out to write your own settings, which hold in every project.",
        )
    return _project_spots(place, place.root, clients)


def _user_spots(place: Place, clients: Sequence[str]) -> tuple[list[Spot], tuple[str, ...]]:
    if "poetry" in clients:
        raise BadInput(
            "no-user-setting",
            "poetry has no setting per user for where packages come from, only one per project",
            hint="In each of your projects: `onward guard on --project --client poetry`.",
        )
    env, platform = place.env, place.platform
    ways = {
        "uv": (user_file(env, platform=platform), uv_form.user_spot),
        "pip": (pip_settings.user_file(env, platform=platform), pip_settings.spot),
        "pdm": (pdm_settings.user_file(env, platform=platform), pdm_settings.user_spot),
    }
    pdm = ways["pdm"][0]
    used = ["uv", "pip", *(["pdm"] if _has("pdm", env) or (pdm and pdm.parent.is_dir()) else [])]
    found: list[Spot] = []
    notes: list[str] = []
    for client in clients or used:
        path, make = ways[client]
        if path is None:
            notes.append(
                f"{client} is told to read no settings of its user here, so none were written"
            )
        else:
            found.append(make(path.absolute()))
    if not clients and _has("poetry", env):
        notes.append(
            "poetry has no setting per user: `onward guard on --project` in each of its projects"
        )
    return found, tuple(notes)


def _project_spots(
    place: Place, root: Path, clients: Sequence[str]
) -> tuple[list[Spot], tuple[str, ...]]:
    used = tuple(_used_in(root))
    found: list[Spot] = []
    notes: list[str] = []
    for client in clients or (*used, "pip"):
        if client == "pip":
            environment = place.environment
            if environment is not None and (environment / "pyvenv.cfg").is_file():
                file = pip_settings.environment_file(environment, platform=place.platform)
                found.append(pip_settings.spot(file))
            else:
                notes.append(
                    "pip keeps such settings in a virtual environment, and there is none here"
                )
        elif not (root / "pyproject.toml").is_file():
            notes.append(f"there is no pyproject.toml here for the setting of {client}")
        elif client == "uv":
            found.append(uv_form.project_spot(root))
        else:
            make = {"poetry": poetry_settings.spot, "pdm": pdm_settings.project_spot}[client]
            found.append(make(root))
    if place.env.get("UV_CONFIG_FILE") and any(spot.client == "uv" for spot in found):
        notes.append("UV_CONFIG_FILE is set: while it is, uv reads no settings of the project")
    return found, tuple(notes)


def _used_in(root: Path) -> Iterator[str]:
    """Give the installers whose files a project has; uv when it has those of none."""
    text = _text(_content(root / "pyproject.toml"))
    tables = set(re.findall(r"^\s*\[+\s*tool\s*\.\s*([\w-]+)", text, re.MULTILINE))
    others = [c for c in ("poetry", "pdm") if c in tables or (root / f"{c}.lock").exists()]
    if not others or "uv" in tables or (root / "uv.lock").exists():
        yield "uv"
    yield from others


def _has(program: str, env: Mapping[str, str]) -> bool:
    return shutil.which(program, path=env.get("PATH", "")) is not None


def _wins(env: Mapping[str, str], spots: Sequence[Spot]) -> list[str]:
    return [
        f"{name} is set and wins over the file for {client}; take it out of the environment"
        for client in dict.fromkeys(spot.client for spot in spots)
        for name in _WINS.get(client, ())
        if env.get(name)
    ]


def _about_http(guard: Guarded, spots: Sequence[Spot]) -> list[str]:
    plain = guard.url.startswith("http://")
    near = guard.url.startswith(("http://127.", "http://localhost", "http://[::1]"))
    if plain and not near and any(spot.client == "pip" for spot in spots):
        return ["pip passes over an http address of another machine; such a server needs https"]
    return []


def _relock(place: Place, said: Mapping[Path, Sequence[str]]) -> list[str]:
    """Say which locks were made with the settings before."""
    clients = {words.split(" ")[0] for path in said for words in said[path]}
    if place.root is None or not any(path.parent == place.root for path in said):
        return []
    return [
        f"{lock} was made before: `{command}` makes it anew"
        for client, lock, command in _LOCKS
        if client in clients and (place.root / lock).exists()
    ]


_LOCKS = (
    ("uv", "uv.lock", "onward lock"),
    ("poetry", "poetry.lock", "poetry lock"),
    ("pdm", "pdm.lock", "pdm lock"),
)


@contextlib.contextmanager
def _about(spot: Spot) -> Iterator[None]:
    """Name the file in what goes wrong with it."""
    try:
        yield
    except OnwardError as error:
        error.context = (f"`{spot.path}`, for {spot.client}", *error.context)
        error.hint = error.hint or (
            f"Mend it, or name the installers without {spot.client}: `--client NAME`."
        )
        raise


def _content(path: Path) -> bytes | None:
    try:
        return read_limited(path, _LARGEST)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadInput(
            "cannot-read", f"`{path}` cannot be read: {error.strerror or error}"
        ) from error


def _text(content: bytes | None) -> str:
    try:
        return (content or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("bad-config", "the file is not UTF-8", context=(str(error),)) from error
