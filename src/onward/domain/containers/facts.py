"""All that the container files are made from, and what it says about whether a container is of use."""

import msgspec

from onward.domain.containers.app import App
from onward.domain.containers.services import SERVICES, Service

FOLDER = "/app"
"""Where the folder that is built from is in the container."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """A project as its containers see it.

    ``python`` is ``X.Y``, ``uv`` the version of uv, ``packaged`` whether the project itself
    is installed (else ``source`` is the folder that its imports start from), ``services`` maps a service to the dependency that told of it, ``to_build``
    names locked packages for which there is no wheel for Linux, ``packages`` counts the lock.
    In a workspace ``package`` is the member's name and ``member`` its folder (empty: the root).
    """

    name: str
    version: str
    python: str
    uv: str
    packaged: bool
    app: App
    source: str = ""
    services: dict[str, str] = {}
    to_build: tuple[str, ...] = ()
    packages: int = 0
    package: str = ""
    member: str = ""

    @property
    def inside(self) -> str:
        """Where the project is in the container."""
        return f"{FOLDER}/{self.member}".rstrip("/")

    @property
    def above(self) -> str:
        """The way from the project's folder up to the folder that is built from."""
        return "/".join(".." for _ in self.member.split("/")) if self.member else "."

    @property
    def used(self) -> tuple[Service, ...]:
        """The services, in the order of our table."""
        return tuple(SERVICES[name] for name in self.services)

    @property
    def port(self) -> int:
        """Where it listens, 0 when it does not."""
        return max((process.port for process in self.app.processes), default=0)


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a container is of use here, and the facts that speak for and against it."""

    gains: bool
    sentence: str
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...]


def explain(facts: Facts) -> Verdict:
    """Say from ``facts`` whether this project gains from a container."""
    good: list[str] = []
    bad: list[str] = []
    for service, because in facts.services.items():
        good.append(f"it needs {service} beside it (told by {because})")
    count = len(facts.app.processes)
    if count > 1:
        names = ", ".join(process.name for process in facts.app.processes)
        good.append(f"it is {count} processes that have to run together ({names})")
    if facts.port:
        good.append(f"it serves on port {facts.port}, so it runs on a server")
    if facts.to_build:
        names = ", ".join(facts.to_build[:5]) + (" ..." if len(facts.to_build) > 5 else "")
        good.append(
            f"without a wheel for Linux, so they are built, which may need a compiler: {names}"
        )
    if not facts.services:
        bad.append("it needs no service beside it")
    if count == 1 and not facts.port:
        bad.append(f"it is one process that serves nothing ({facts.app.processes[0].because})")
    if not facts.to_build:
        bad.append(f"each of its {facts.packages} packages has a wheel: `uv sync` is all it takes")
    if len(good) >= 2:
        sentence = "Yes: a container spares people work here."
    elif good:
        sentence = "A little: there is one reason for a container, and plain `uv sync` works too."
    else:
        sentence = (
            "No: `onward ship wheel` or `uv tool install` is less work, for you and for others."
        )
    return Verdict(
        gains=bool(good), sentence=sentence, reasons_for=tuple(good), reasons_against=tuple(bad)
    )
