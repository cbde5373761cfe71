"""Where a program is started, and what was seen of it there."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from onward.adapters.clean_room import Bind, Inside, Wanted, enter, read
from onward.core.errors import OutsideFailed, Refused
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.domain.apps.trouble import Trouble
from onward.workflows.app.roots import Root

_SECONDS = 120.0
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


def wanted_for(
    place: Place,
    words: Sequence[str],
    env: Mapping[str, str],
    *,
    port: int = 0,
    path: str = "/",
    until: str = "",
) -> Wanted:
    """Say how it is started there with ``words``; ``port``, ``path`` and ``until`` are as the room has them."""
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


def enter_room(wanted: Wanted, runner: Callable[[Call], Ran]) -> Inside | str:
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


def end_of(done: Inside) -> str:
    """Say how it ended."""
    return (
        f"was ended by signal {done.signal}" if done.signal else f"ends with exit code {done.code}"
    )


def last_of(done: Inside) -> tuple[str, ...]:
    """Give the last lines that it said."""
    return tuple(f"  {line}" for line in lines_of((done.err or done.out).strip())[-_TOLD:])
