"""``onward guard serve``: the guarded index as a server for every installer."""

import argparse
import contextlib
from pathlib import Path

from onward.cli.door import Desk
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
        help="an index behind this one, again for more, in their order (default: the public index)",
    )


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Serve until told to stop."""
    try:
        from onward.index.osv import osv_routes
        from onward.index.place import check_place
        from onward.index.rest import rest_app
        from onward.index.serve import serve
        from onward.web.app import routes
        from onward.workflows.serving.build import Wishes, build_server
        from onward.workflows.serving.data_source import DataSource
    except ImportError as error:
        raise MissingTool(
            "no-server",
            "the server's libraries are not installed",
            context=(f"{error.name} is missing",),
            hint="Install onward with its server: `uv tool install 'onward[guard]'` or `pipx install 'onward[guard]'`.",
        ) from error
    from onward.core.artifact import PUBLIC_INDEX
    from onward.core.folders import data_folder

    check_place(options.host, options.port)
    data = (desk.cwd / options.data) if options.data else data_folder(desk.env) / "guard"
    wishes = Wishes(data=Path(data), upstreams=tuple(options.upstream or (PUBLIC_INDEX,)))

    def warn(error: OnwardError) -> None:
        desk.tell("\n".join((f"! {error.message}", *(f"    {line}" for line in error.context))))

    server = build_server(
        wishes,
        env=desk.env,
        more=lambda parts: rest_app(
            parts.pages,
            [*routes(parts.pages, parts.judge), *osv_routes(DataSource(parts.judge))],
        ),
        clock=desk.clock,
        warn=warn,
    )
    address = f"http://{options.host}:{options.port}/simple/"
    with contextlib.closing(server):
        serve(
            server.app,
            host=options.host,
            port=options.port,
            every=(1.0, server.judge.refresh),
            started=lambda: desk.tell(f"Serving {address} from {data}. Ctrl-C stops it."),
        )
    return FINE
