"""``onward undo``: the last change that onward made, taken back."""

import argparse
import json
from pathlib import Path

from onward.cli.changing import listener
from onward.cli.door import Desk
from onward.cli.show import clean
from onward.core.errors import FINE, REFUSED
from onward.core.folders import cache_folder
from onward.core.journal import Record
from onward.workflows.project import find_root
from onward.workflows.situation import alone_as_it_is
from onward.workflows.undo import check_undo, undo, undo_interrupted


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--force", action="store_true", help="also when a file was changed since")
    parser.add_argument("--dry-run", action="store_true", help="say what would be taken back")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Put the files back, then the environment."""
    root = find_root(desk.cwd, scripts=True)
    listen = listener(desk, quiet=options.json)
    with alone_as_it_is(root, cache_folder(desk.env)) as interrupted:
        record = interrupted or check_undo(root, force=options.force)
        blocked = False
        if not options.dry_run:
            take_back = undo_interrupted if interrupted else undo
            blocked = take_back(root, desk.env, desk.clock(), listen).blocked
    _show(record, root, options, desk)
    if blocked:
        desk.tell(
            "onward: the files are back, but what uv.lock holds is blocked, so the environment stays as it is"
        )
        desk.tell("  -> `onward sync` says why")
    return REFUSED if blocked else FINE


def _show(record: Record, root: Path, options: argparse.Namespace, desk: Desk) -> None:
    files = [
        str(Path(path).relative_to(root)) if root in Path(path).parents else path
        for path in record.paths
    ]
    if options.json:
        desk.say(
            json.dumps(
                {"schema": 1, "title": record.title, "files": files, "done": not options.dry_run}
            )
        )
        return
    verb = "Would take back" if options.dry_run else "Took back"
    desk.say(clean(f"{verb}: {record.title} ({', '.join(files) or 'no files'})"))
