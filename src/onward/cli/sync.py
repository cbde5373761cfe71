"""``onward sync``: make the environment fit the lock, which is judged first wherever it came from."""

import argparse

from onward.cli.door import Desk
from onward.cli.options import change_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    lock = parser.add_mutually_exclusive_group()
    lock.add_argument(
        "--locked",
        action="store_true",
        help="refuse when uv.lock does not fit pyproject.toml (for CI)",
    )
    lock.add_argument("--frozen", action="store_true", help="take uv.lock as it is, still judged")
    parser.add_argument("--all-extras", action="store_true", help="with all extras of the project")
    parser.add_argument("--all-groups", action="store_true", help="with all dependency groups")
    parser.add_argument("--no-dev", action="store_true", help="without the development group")
    change_arguments(parser, groups=False, sync=False)


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Judge the lock and sync, or say why not."""
    from onward.adapters.uv.settings import is_on
    from onward.cli.changing import change
    from onward.workflows.sync import propose_sync

    locked = options.locked or (is_on(desk.env, "UV_LOCKED") and not options.frozen)
    frozen = options.frozen or (is_on(desk.env, "UV_FROZEN") and not options.locked)
    chosen = [
        f"--{name}"
        for name in ("all-extras", "all-groups", "no-dev")
        if getattr(options, name.replace("-", "_"))
    ]
    return change(
        options,
        desk,
        lambda resolver: propose_sync(resolver, locked=locked, frozen=frozen),
        sync_options=chosen,
    )
