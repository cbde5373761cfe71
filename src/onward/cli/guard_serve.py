"""``onward guard serve``: the guarded index as a server for every installer."""

import argparse
import contextlib
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.cli.options import seconds, server_data
from onward.core.errors import FINE, MissingTool, OnwardError

if TYPE_CHECKING:
    from onward.core.events import Event, Listener
    from onward.index.place import Tls
    from onward.workflows.serving.build import Server, Wishes

_PORT = 3141


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)"
    )
    parser.add_argument(
        "--port", type=int, default=_PORT, help=f"port to listen on (default: {_PORT})"
    )
    parser.add_argument(
        "--data", metavar="DIR", help="folder for pages, files and the policy (default: per user)"
    )
    parser.add_argument(
        "--upstream",
        action="append",
        metavar="URL",
        help="an index behind this one, again for more, in their order (default: those of"
        " onward-server.toml in DIR, else the public index)",
    )
    parser.add_argument(
        "--offline",
        action="store_true",
        help="ask no upstream: serve what is kept, and say how old it is (also ONWARD_OFFLINE)",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="block nothing but malware, quarantine and private names; log what would have been",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="read settings and policy, say what would be in force, and serve nothing",
    )
    reading = parser.add_mutually_exclusive_group()
    reading.add_argument(
        "--read-auth",
        choices=["auto", "always"],
        default="auto",
        help="when reading needs a token: everywhere but on loopback (auto, the default), or always",
    )
    reading.add_argument(
        "--anyone-may-read",
        action="store_true",
        help="DANGER: whoever reaches the address reads everything, private packages too, without a token",
    )
    parser.add_argument(
        "--tls-cert", metavar="FILE", help="serve https with this certificate and its chain (PEM)"
    )
    parser.add_argument("--tls-key", metavar="FILE", help="the key of that certificate (PEM)")
    _about_running(parser)


def _about_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log",
        choices=("text", "json", "off"),
        default="text",
        help="how events are told, one line each (default: text)",
    )
    parser.add_argument(
        "--log-file", metavar="FILE", help="write them at the end of FILE (default: stderr)"
    )
    parser.add_argument("--log-access", action="store_true", help="tell of every answer too")
    parser.add_argument(
        "--grace",
        type=seconds,
        default=25.0,
        metavar="SECONDS",
        help="how long running answers may go on when it is told to stop (default: 25)",
    )


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Serve until told to stop."""
    import msgspec

    from onward.cli.serve_log import open_log
    from onward.core.events import Event

    with needs_server():
        from onward.index.place import ReadAuth, check_place, needs_token, read_tls
        from onward.web.site import site
        from onward.workflows.serving.build import Wishes, build_server
    data = server_data(options, desk)
    wishes = Wishes(
        data=data,
        upstreams=tuple(options.upstream or ()),
        offline=options.offline,
        dry_run=options.dry_run,
    )
    if options.check:
        from onward.cli.guard_serve_check import show_settings

        return show_settings(wishes, desk)
    check_place(options.host, options.port)
    strict = needs_token(options.host, ReadAuth(options.read_auth))
    wishes = msgspec.structs.replace(wishes, read_auth=strict and not options.anyone_may_read)
    tls = read_tls(_file(options.tls_cert, desk), _file(options.tls_key, desk))
    log = open_log(options.log, _file(options.log_file, desk), err=desk.err, clock=desk.clock)
    server = build_server(
        wishes,
        env=desk.env,
        more=site,
        clock=desk.clock,
        warn=lambda error: log(_trouble(error)),
        tell=log,
        access=options.log_access,
    )
    lines = _opening(options, wishes, secure=tls is not None)
    address = _address(options, secure=tls is not None)
    start = Event(kind="start", facts={"address": address, "data": str(data), "pid": os.getpid()})
    quiet = options.log == "json" and not options.log_file
    _until_stopped(
        server,
        options,
        tls=tls,
        log=log,
        events=[start, *_notes(lines)],
        lines=[] if quiet else lines,
        desk=desk,
    )
    return FINE


def _trouble(error: OnwardError) -> "Event":
    from onward.core.events import Event, Weight

    facts = {"error": error.reference, "why": "; ".join((error.message, *error.context))}
    return Event(kind="trouble", weight=Weight.warning, facts=facts)


def _opening(options: argparse.Namespace, wishes: "Wishes", *, secure: bool) -> list[str]:
    """Say where it serves from, and what whoever started it should know."""
    from onward.index.place import ReadAuth, needs_token

    address = _address(options, secure=secure)
    exposed = needs_token(options.host, ReadAuth.auto)
    named = wishes.data if options.data else None
    told = _warnings(read_auth=wishes.read_auth, exposed=exposed, secure=secure, data=named)
    return [f"Serving {address} from {wishes.data}. Ctrl-C stops it.", *told]


def _address(options: argparse.Namespace, *, secure: bool) -> str:
    host = f"[{options.host}]" if ":" in options.host else options.host
    return f"{'https' if secure else 'http'}://{host}:{options.port}/simple/"


def _notes(lines: Sequence[str]) -> "list[Event]":
    from onward.core.events import Event, Weight

    return [
        Event(kind="note", weight=Weight.warning, facts={"words": line.strip("! ")})
        for line in lines[1:]
    ]


def _until_stopped(
    server: "Server",
    options: argparse.Namespace,
    *,
    tls: "Tls | None",
    log: "Listener",
    events: "Sequence[Event]",
    lines: Sequence[str],
    desk: Desk,
) -> None:
    """Serve, and log the beginning (``events``) and the end of it; ``lines`` are told to the person who started it."""
    from onward.core.events import Event, Weight
    from onward.index.serve import serve

    def started() -> None:
        for event in events:
            log(event)
        if lines:
            desk.tell("\n".join(lines))

    def overrun() -> None:
        log(Event(kind="stop", weight=Weight.warning, facts={"unfinished": server.running}))
        os._exit(FINE)

    with contextlib.closing(server):
        server.start()
        serve(
            server.app,
            host=options.host,
            port=options.port,
            tls=tls,
            every=(1.0, server.refresh),
            started=started,
            overrun=overrun,
            grace=options.grace,
        )
    log(Event(kind="stop", facts={"unfinished": 0}))


def _file(word: str | None, desk: Desk) -> Path | None:
    return desk.cwd / word if word else None


def _warnings(*, read_auth: bool, exposed: bool, secure: bool, data: Path | None) -> list[str]:
    """Say who may read, and what is dangerous about how the server was started; ``exposed``: not on loopback.

    ``data`` is the data folder when it is not the usual one.
    """
    lines = []
    if read_auth:
        more = f" --data {shlex.quote(str(data))}" if data else ""
        lines.append(f"Reading needs a token: `onward guard token new LABEL{more}` makes one.")
    elif exposed:
        lines.append(
            "! ANYONE WHO REACHES THIS ADDRESS READS EVERYTHING, without a token (`--anyone-may-read`)."
        )
    if exposed and not secure:
        lines += [
            "! TOKENS TRAVEL IN THE CLEAR: this is http, and others on the way can read and use them.",
            "    Give `--tls-cert` and `--tls-key`, or listen on 127.0.0.1 with `--read-auth always` behind a proxy that speaks https.",
        ]
    return lines


@contextlib.contextmanager
def needs_server() -> Iterator[None]:
    """Import the server's parts in the body; raises MissingTool (``no-server``) where they are not installed."""
    try:
        yield
    except ImportError as error:
        raise MissingTool(
            "no-server",
            "the server's libraries are not installed",
            context=(f"{error.name} is missing",),
            hint="Install onward with its server: `uv tool install 'onward[guard]'` or `pipx install 'onward[guard]'`.",
        ) from error
