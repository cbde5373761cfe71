"""``onward guard serve``: the guarded index as a server for every installer."""

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path

from onward.cli.door import Desk
from onward.cli.options import server_data
from onward.core.errors import FINE, MissingTool, OnwardError

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


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Serve until told to stop."""
    import msgspec

    with needs_server():
        from onward.index.place import ReadAuth, check_place, needs_token, read_tls
        from onward.index.serve import serve
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
    read_auth = strict and not options.anyone_may_read
    tls = read_tls(_file(options.tls_cert, desk), _file(options.tls_key, desk))
    exposed = needs_token(options.host, ReadAuth.auto)

    def warn(error: OnwardError) -> None:
        desk.tell("\n".join((f"! {error.message}", *(f"    {line}" for line in error.context))))

    server = build_server(
        msgspec.structs.replace(wishes, read_auth=read_auth),
        env=desk.env,
        more=site,
        clock=desk.clock,
        warn=warn,
    )
    host = f"[{options.host}]" if ":" in options.host else options.host
    address = f"{'https' if tls else 'http'}://{host}:{options.port}/simple/"
    lines = [f"Serving {address} from {data}. Ctrl-C stops it."]
    lines += _warnings(read_auth=read_auth, exposed=exposed, secure=tls is not None)
    with contextlib.closing(server):
        server.start()
        serve(
            server.app,
            host=options.host,
            port=options.port,
            tls=tls,
            every=(1.0, server.refresh),
            started=lambda: desk.tell("\n".join(lines)),
        )
    return FINE


def _file(word: str | None, desk: Desk) -> Path | None:
    return desk.cwd / word if word else None


def _warnings(*, read_auth: bool, exposed: bool, secure: bool) -> list[str]:
    """Say who may read, and what is dangerous about how the server was started; ``exposed``: not on loopback."""
    lines = []
    if read_auth:
        lines.append("Reading needs a token: `onward guard token new LABEL` makes one.")
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
