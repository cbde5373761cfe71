"""See the window that a program opens where there is no Python, and that fonts draw the text in it.

A program without fonts opens a window all the same, with boxes for letters or with nothing. So it is started
once more where it cannot find any font: what looks the same then had none the first time.
"""

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from onward.adapters import xvfb
from onward.adapters.clean_room import Bind, Inside, Wanted
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.proc.call import Call, Ran
from onward.core.system_programs import paths_of
from onward.domain.apps.model import App
from onward.domain.apps.trouble import read_trouble
from onward.workflows.app.started import Proof, end_of, enter_room, last_of

_SECONDS, _CONTROL_SECONDS = 60.0, 15.0
_SMALLEST = 100  # pixels of each side; without fonts a window of Tk's is 42 by 73
_EMPTY = 2  # colours of a window that shows nothing, or a frame around nothing
_SETTLED = 1.5  # seconds until a window has drawn itself
_AGAIN = 0.7  # seconds until a second picture: a cursor blinks, a clock moves
_BREATH = 0.1
_TRIES = 3  # to start Xvfb
_NO_FONTS = "/opt/no-fonts.conf"


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A window and two pictures of it; without one, how large the windows were that are too small."""

    window: xvfb.Window | None = None
    picture: xvfb.Picture | None = None
    again: xvfb.Picture | None = None
    small: str = ""


def prove_window(
    app: App,
    wanted: Wanted,
    env: Mapping[str, str],
    scratch: Path,
    runner: Callable[[Call], Ran],
) -> Proof:
    """Start it, look at its window, and start it again without fonts."""
    seen, done = _start(wanted, env, scratch, runner, least=_SMALLEST, seconds=_SECONDS)
    proof = _judge(app, seen)
    if not isinstance(done, Inside):
        return Proof(faults=(*proof.faults, f"`{app.slug}` {done}"))
    trouble = read_trouble(done.err)
    faults = proof.faults
    if not done.stopped:
        faults = (f"`{app.slug}` {end_of(done)} by itself", *faults, *last_of(done))
    elif trouble.fonts:
        faults = (*faults, "it finds no fonts there", *last_of(done))
    elif faults:
        faults = (*faults, *last_of(done))
    elif app.text and not _fonts_matter(seen, wanted, env, scratch, runner):
        faults = (
            "no text in its window is drawn by a font: it looks the same where no font can be found",
            "if it shows none at all, say so: `text = false` in [tool.onward.app]",
        )
    return msgspec.structs.replace(proof, faults=faults, trouble=trouble)


def _fonts_matter(
    seen: _Seen,
    wanted: Wanted,
    env: Mapping[str, str],
    scratch: Path,
    runner: Callable[[Call], Ran],
) -> bool:
    none = scratch / "no-fonts.conf"
    none.write_text("<fontconfig></fontconfig>\n", encoding="utf-8")
    without = msgspec.structs.replace(
        wanted,
        env={**wanted.env, "FONTCONFIG_FILE": _NO_FONTS, "QT_QPA_FONTDIR": "/opt"},
        binds=(*wanted.binds, Bind(source=str(none), place=_NO_FONTS)),
    )
    control, _ = _start(without, env, scratch, runner, least=1, seconds=_CONTROL_SECONDS)
    return not looks_the_same(seen.picture, seen.again, control.picture)


def looks_the_same(
    first: xvfb.Picture | None, again: xvfb.Picture | None, other: xvfb.Picture | None
) -> bool:
    """Whether ``other`` shows what ``first`` does, apart from rows that change by themselves (as ``again`` tells)."""
    if first is None or again is None or other is None:
        return False
    pictures = (first, again, other)
    if len({(one.width, len(one.pixels)) for one in pictures}) > 1:
        return False
    size = first.width * 4
    rows = [
        tuple(one.pixels[start : start + size] for one in pictures)
        for start in range(0, len(first.pixels), size)
    ]
    still = [(row, control) for row, later, control in rows if row == later]
    return len(still) * 2 > len(rows) and all(row == control for row, control in still)


def _start(
    wanted: Wanted,
    env: Mapping[str, str],
    scratch: Path,
    runner: Callable[[Call], Ran],
    *,
    least: int,
    seconds: float,
) -> tuple[_Seen, object]:
    """Start it on a screen of its own and look for a window; give that, and how the program ended."""
    until = scratch / "seen"
    until.unlink(missing_ok=True)
    server, number = _server(env, scratch, runner)
    with xvfb.Screen(number) as screen:
        wanted = msgspec.structs.replace(
            wanted,
            env={**wanted.env, "DISPLAY": f":{number}"},
            until=str(until),
            binds=(*wanted.binds, Bind(source=xvfb.SOCKETS, place=xvfb.SOCKETS)),
        )
        started = _Aside(lambda: enter_room(wanted, runner))
        try:
            seen = _look(screen, started, least, seconds)
        finally:
            until.touch()
            started.wait()
    server.wait()
    return seen, started.result


def _look(screen: xvfb.Screen, started: "_Aside", least: int, seconds: float) -> _Seen:
    """Wait for a window of some size, let it draw itself, and take its picture, twice."""
    end = time.monotonic() + seconds
    small = ""
    while time.monotonic() < end and started.runs:
        windows = screen.windows()
        if any(_is_large(window, least) for window in windows):
            time.sleep(_SETTLED)
            if large := [window for window in screen.windows() if _is_large(window, least)]:
                chosen = max(large, key=lambda one: one.width * one.height)
                first = screen.picture(chosen)
                time.sleep(_AGAIN)
                return _Seen(window=chosen, picture=first, again=screen.picture(chosen))
        elif windows:
            small = f"{windows[0].width} x {windows[0].height}"
        time.sleep(_BREATH)
    return _Seen(small=small)


def _judge(app: App, seen: _Seen) -> Proof:
    window, picture = seen.window, seen.picture
    if window is None or picture is None:
        small = f", only one of {seen.small} pixels: fonts may be missing" if seen.small else ""
        return Proof(faults=(f"no window was seen that people could read{small}",))
    if picture.colours <= _EMPTY:
        return Proof(faults=("its window is empty",), picture=picture.png)
    said = f"`{app.slug}` opens a window of {window.width} x {window.height} pixels, {picture.colours} colours in it"
    said += ", its text drawn by fonts" * app.text
    return Proof(proven=(said,), picture=picture.png)


def _is_large(window: xvfb.Window, least: int) -> bool:
    return window.width >= least and window.height >= least


def _server(
    env: Mapping[str, str], scratch: Path, runner: Callable[[Call], Ran]
) -> tuple["_Aside", int]:
    """Start Xvfb and give it with its number; once more where it ended at once, as it may on a busy machine."""
    (program,) = paths_of([xvfb.XVFB], env)
    file = scratch / "display"
    for _ in range(_TRIES):
        file.unlink(missing_ok=True)
        server = _Aside(lambda: runner(xvfb.screen(program, file, env, 3 * _SECONDS)))
        number = _number(file, server)
        if number is not None:
            return server, number
    raise OutsideFailed("no-screen", "Xvfb did not start, so no window can be seen")


def _number(file: Path, server: "_Aside") -> int | None:
    end = time.monotonic() + 20
    while time.monotonic() < end and server.runs:
        said = file.read_text(encoding="ascii") if file.exists() else ""
        if said.endswith("\n") and said.strip().isdigit():
            return int(said)
        time.sleep(_BREATH)
    return None


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
