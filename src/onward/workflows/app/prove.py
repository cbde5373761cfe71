"""Start a program in a root without Python, without network, as nobody, and say what was seen. Could not is not did."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters import xvfb
from onward.adapters.clean_room import Bind, Inside, Wanted, enter, read
from onward.core.errors import OnwardError, OutsideFailed, Refused
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.system_programs import paths_of
from onward.domain.apps.launcher import NO_BROWSER, PORT
from onward.domain.apps.model import App, Kind
from onward.domain.apps.trouble import Trouble, read_trouble
from onward.workflows.app.roots import Root

_SECONDS = 120.0
_PORT = 8_000
_SMALLEST = 100  # pixels of each side; without fonts a window of Tk's is 42 by 73
_EMPTY = 2  # colours of a window that shows nothing, or a frame around nothing
_SETTLED = 1.5  # seconds until a window has drawn itself
_BREATH = 0.1
_TOLD = 15  # lines of its own words


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a program stands: the root, the path inside that starts it, and what is shown there from outside.

    ``before`` are words that come before those of each start.
    """

    root: Root
    program: str
    before: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen: sentences of what is proven, faults (none: it is good), what it lacks, and a picture (PNG)."""

    proven: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    trouble: Trouble = Trouble()
    picture: bytes = b""

    @property
    def good(self) -> bool:
        """Whether it did all that was asked."""
        return not self.faults


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
        wanted = _wanted(place, app.prove[0] if app.prove else (), told)
        return _window(app, wanted, env, scratch, runner)
    if app.kind is Kind.web:
        port = app.port or _PORT
        told |= {NO_BROWSER: "1", PORT: str(port)}
        done = _enter(
            _wanted(place, app.prove[0] if app.prove else (), told, port=port, path=app.path),
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
        done = _enter(_wanted(place, words, told), runner)
        shown = " ".join((app.slug, *words))
        if isinstance(done, str):
            faults.append(f"`{shown}` {done}")
        elif done.code == 0:
            first = next(iter(lines_of(done.out.strip())), "")
            proven.append(f"`{shown}` ends well" + (f": {first[:60]}" if first else ""))
        else:
            said += done.err + done.out
            faults += [f"`{shown}` {_end(done)}", *_last(done)]
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
            faults=(f"it answers `GET {app.path}` with {done.status}{hint}", *_last(done)),
            trouble=read_trouble(done.err + done.out),
        )
    return Proof(
        faults=(f"`{app.slug}` {_end(done)} before it answered", *_last(done)),
        trouble=read_trouble(done.err + done.out),
    )


def _window(
    app: App,
    wanted: Wanted,
    env: Mapping[str, str],
    scratch: Path,
    runner: Callable[[Call], Ran],
) -> Proof:
    (program,) = paths_of([xvfb.XVFB], env)
    number_file, until = scratch / "display", scratch / "seen"
    for file in (number_file, until):
        file.unlink(missing_ok=True)
    server = _Aside(lambda: runner(xvfb.screen(program, number_file, env, _SECONDS + 60)))
    number = _number(number_file, server)
    with xvfb.Screen(number) as screen:
        wanted = msgspec.structs.replace(
            wanted,
            env={**wanted.env, "DISPLAY": f":{number}"},
            until=str(until),
            binds=(*wanted.binds, Bind(source=xvfb.SOCKETS, place=xvfb.SOCKETS)),
        )
        started = _Aside(lambda: _enter(wanted, runner))
        try:
            proof = _look(app, screen, started)
        finally:
            until.touch()
            started.wait()
    server.wait()
    done = started.result
    if not isinstance(done, Inside):
        return Proof(faults=(*proof.faults, f"`{app.slug}` {done}"))
    trouble = read_trouble(done.err)
    faults = proof.faults
    if not done.stopped:
        faults = (f"`{app.slug}` {_end(done)} by itself", *faults, *_last(done))
    elif trouble.fonts:
        faults = (*faults, "it finds no fonts there", *_last(done))
    elif faults:
        faults = (*faults, *_last(done))
    return msgspec.structs.replace(proof, faults=faults, trouble=trouble)


def _look(app: App, screen: xvfb.Screen, started: "_Aside") -> Proof:
    """Wait for a window of some size, let it draw itself, and take its picture."""
    end = time.monotonic() + _SECONDS / 2
    small = ""
    while time.monotonic() < end and started.runs:
        windows = screen.windows()
        if any(_is_large(window) for window in windows):
            time.sleep(_SETTLED)
            large = [window for window in screen.windows() if _is_large(window)]
            if large:
                return _seen(app, screen, max(large, key=lambda one: one.width * one.height))
        elif windows:
            small = f", only one of {windows[0].width} x {windows[0].height} pixels: fonts may be missing"
        time.sleep(_BREATH)
    return Proof(faults=(f"no window was seen that people could read{small}",))


def _seen(app: App, screen: xvfb.Screen, window: xvfb.Window) -> Proof:
    picture = screen.picture(window)
    if picture.colours <= _EMPTY:
        return Proof(faults=("its window is empty",), picture=picture.png)
    said = f"`{app.slug}` opens a window of {window.width} x {window.height} pixels, {picture.colours} colours in it"
    return Proof(proven=(said,), picture=picture.png)


def _is_large(window: xvfb.Window) -> bool:
    return window.width >= _SMALLEST and window.height >= _SMALLEST


def _number(file: Path, server: "_Aside") -> int:
    end = time.monotonic() + 20
    while time.monotonic() < end and server.runs:
        said = file.read_text(encoding="ascii") if file.exists() else ""
        if said.endswith("\n") and said.strip().isdigit():
            return int(said)
        time.sleep(_BREATH)
    raise OutsideFailed("no-screen", "Xvfb did not start, so no window can be seen")


class _Aside:
    """A call in a thread of its own; its error is raised where its result is asked for."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._result: object = None
        self._error: OnwardError | None = None
        self._work = work
        self._thread = threading.Thread(target=self._do, daemon=True)
        self._thread.start()

    @property
    def runs(self) -> bool:
        return self._thread.is_alive()

    def wait(self) -> None:
        self._thread.join()

    @property
    def result(self) -> object:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result

    def _do(self) -> None:
        try:
            self._result = self._work()
        except OnwardError as error:
            self._error = error


def _wanted(
    place: Place,
    words: Sequence[str],
    env: Mapping[str, str],
    *,
    port: int = 0,
    path: str = "/",
    until: str = "",
) -> Wanted:
    return Wanted(
        root=str(place.root.path),
        argv=(place.program, *place.before, *words),
        env=env,
        folder="/tmp",  # noqa: S108 - inside
        timeout=_SECONDS,
        binds=place.binds,
        port=port,
        path=path,
        until=until,
    )


def _enter(wanted: Wanted, runner: Callable[[Call], Ran]) -> Inside | str:
    """Give what came of it, or in words that it did not end."""
    try:
        done = read(runner(enter(wanted)))
    except OutsideFailed as error:
        if error.reference != "tool-timeout":
            raise
        return f"did not end within {wanted.timeout:.0f} seconds"
    if not done.started:
        raise Refused(
            "not-provable",
            "it cannot be proven here that the program runs elsewhere",
            context=(done.why,),
            hint="Run it as root or where user namespaces are allowed; `--no-prove` hands it out unproven.",
        )
    return done


def _end(done: Inside) -> str:
    return (
        f"was ended by signal {done.signal}" if done.signal else f"ends with exit code {done.code}"
    )


def _last(done: Inside) -> tuple[str, ...]:
    return tuple(f"  {line}" for line in lines_of((done.err or done.out).strip())[-_TOLD:])
