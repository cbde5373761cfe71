"""Start a program in a root without Python, without network, as nobody, and say what was seen. Could not is not did."""

from collections.abc import Callable, Mapping
from pathlib import Path

from onward.adapters import xvfb
from onward.adapters.clean_room import Inside
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.system_programs import paths_of
from onward.domain.apps.launcher import NO_BROWSER, PORT
from onward.domain.apps.model import App, Kind
from onward.domain.apps.trouble import read_trouble
from onward.workflows.app.started import Place, Proof, end_of, enter_room, last_of, wanted_for
from onward.workflows.app.window import prove_window

_PORT = 8_000


def needed_programs(app: App, env: Mapping[str, str]) -> None:
    """Raise MissingTool when this machine lacks what the proof needs."""
    if app.kind is Kind.gui:
        paths_of([xvfb.XVFB], env)


def prove(
    app: App,
    place: Place,
    env: Mapping[str, str],
    scratch: Path,
    *,
    runner: Callable[[Call], Ran] = run,
) -> Proof:
    """Start the program and look; raises Refused (``not-provable``) where there can be no clean room."""
    told = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    if app.kind is Kind.gui:
        wanted = wanted_for(place, app.prove[0] if app.prove else (), told)
        return prove_window(app, wanted, env, scratch, runner)
    if app.kind is Kind.web:
        port = app.port or _PORT
        told |= {NO_BROWSER: "1", PORT: str(port)}
        done = enter_room(
            wanted_for(place, app.prove[0] if app.prove else (), told, port=port, path=app.path),
            runner,
        )
        return _answered(app, done)
    return _words(app, place, told, runner)


def _words(app: App, place: Place, told: Mapping[str, str], runner: Callable[[Call], Ran]) -> Proof:
    """Prove a program for the terminal: each start has to end with 0; of starts that nobody asked for, one has to."""
    asked = app.prove != (("--version",), ("--help",))
    proven: list[str] = []
    faults: list[str] = []
    said = ""
    for words in app.prove:
        done = enter_room(wanted_for(place, words, told), runner)
        shown = " ".join((app.slug, *words))
        if isinstance(done, str):
            faults.append(f"`{shown}` {done}")
        elif done.code == 0:
            first = next(iter(lines_of(done.out.strip())), "")
            proven.append(f"`{shown}` ends well" + (f": {first[:60]}" if first else ""))
        else:
            said += done.err + done.out
            faults += [f"`{shown}` {end_of(done)}", *last_of(done)]
    if proven and not asked:
        faults = []
    return Proof(proven=tuple(proven), faults=tuple(faults), trouble=read_trouble(said))


def _answered(app: App, done: Inside | str) -> Proof:
    if isinstance(done, str):
        return Proof(faults=(f"`{app.slug}` {done} and answered nothing",))
    if done.status is not None and 200 <= done.status < 400:
        return Proof(proven=(f"it answers `GET {app.path}` with {done.status}",))
    if done.status is not None:
        hint = "; say which page to ask for with `path` in [tool.onward.app]" * (done.status == 404)
        return Proof(
            faults=(f"it answers `GET {app.path}` with {done.status}{hint}", *last_of(done)),
            trouble=read_trouble(done.err + done.out),
        )
    return Proof(
        faults=(f"`{app.slug}` {end_of(done)} before it answered", *last_of(done)),
        trouble=read_trouble(done.err + done.out),
    )
