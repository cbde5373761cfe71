"""``onward guard``: its actions; those on advisory data (fetch it, say how old it is) are in this file."""

import argparse
import datetime as dt
import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from onward.cli.door import Desk
from onward.core.errors import FINE

if TYPE_CHECKING:
    from onward.adapters.feed.store import FeedInfo
    from onward.workflows.advice import Advice
    from onward.workflows.guard_update import Update

_WIDTH = 30

# action: (module and the function that declares its options, help, description)
OWN_FILE: dict[str, tuple[str, str, str]] = {
    "on": (
        "guard_on:arguments_on",
        "let uv, pip, poetry and pdm go through the guard",
        "Write the guard's address into the settings of installers, so that `off` can take it back.",
    ),
    "off": (
        "guard_on:arguments_off",
        "take the guard out of their settings, to the last byte",
        "Take the guard's address out of the settings of installers again.",
    ),
    "doctor": (
        "guard_doctor:arguments",
        "prove that nothing goes around the guard",
        "Look for every way around the guard: locks, settings, variables, Dockerfiles, CI files.",
    ),
    "why": (
        "guard_why:arguments",
        "say why a package is refused, until when, and what would help",
        "Explain a refusal: by the running guard if one answers, else by the policy here.",
    ),
    "serve": (
        "guard_serve:arguments",
        "be the index for pip, uv, poetry, pdm: one address, every package judged",
        "Serve the guarded index: private packages and a mirror, judged by the policy.",
    ),
    "log": (
        "guard_log:arguments",
        "say who was given which file by the server",
        "Say who was given which file by the server, the newest first.",
    ),
    "purged": (
        "guard_purged:arguments",
        "list what the server took out of its store, and who has had it",
        "List the files that the server took out of its store, why, and who has had them.",
    ),
    "yank": (
        "guard_own:yank_arguments",
        "take back an own release: installers pass over it, pins still get it",
        "Take back a release that was uploaded to a server (PEP 592). `--undo` brings it back.",
    ),
    "delete": (
        "guard_own:delete_arguments",
        "delete a yanked own release, or one of its files, for good",
        "Delete a release that was yanked, or one of its files. The names of its files are never used again.",
    ),
    "token": (
        "guard_token:arguments",
        "make, list and revoke tokens of the server",
        "Make, list and revoke the tokens that let people and machines use the server.",
    ),
}
"""The actions that have a file of their own."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    update = actions.add_parser(
        "update",
        help="fetch OSV's advisories for PyPI, if there is anything new",
        description="Fetch OSV's advisories for PyPI into the cache folder, if there is anything new.",
    )
    update.add_argument(
        "--from",
        dest="source",
        metavar="URL|FILE",
        help="where to fetch from (default: ONWARD_FEED_URL, else OSV's public dump)",
    )
    update.add_argument(
        "--force",
        action="store_true",
        help="fetch again even if nothing changed, and take a dump that is much smaller than before",
    )
    update.add_argument("--quiet", action="store_true", help="no progress and no summary")
    status = actions.add_parser(
        "status",
        help="say what is known, how old it is and where it lies",
        description="Say which advisory data answers, how old it is and where it lies.",
    )
    for name, (place, told, description) in OWN_FILE.items():
        module, _, function = place.partition(":")
        own = actions.add_parser(name, help=told, description=description)
        getattr(_load(module), function)(own)
    for action in (update, status):
        action.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Do what ACTION says."""
    if options.action in OWN_FILE:
        code: int = _load(OWN_FILE[options.action][0].partition(":")[0]).run(options, desk)
        return code
    return _update(options, desk) if options.action == "update" else _status(options, desk)


def _load(module: str) -> Any:
    return importlib.import_module(f"onward.cli.{module}")


def _update(options: argparse.Namespace, desk: Desk) -> int:
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.workflows.guard_update import silent, source_of, update_feed

    source = source_of(options.source, desk.env, desk.cwd)
    bar = Bar(desk.err) if desk.err.isatty() and not options.quiet else None
    try:
        done = update_feed(
            cache_folder(desk.env),
            source,
            env=desk.env,
            net=Net(desk.env),
            now=desk.clock(),
            force=options.force,
            progress=bar.show if bar else silent,
        )
    finally:
        if bar:
            bar.clear()
    if options.json:
        desk.say_json({"changed": done.changed, "feed": done.info})
    elif not options.quiet:
        for line in _done(done, desk.clock().date()):
            desk.say(line)
    return FINE


def _done(done: "Update", today: dt.date) -> Iterator[str]:
    from onward.adapters.feed.store import FRESH_DAYS

    info = done.info
    day = info.as_of.date()
    yield f"{'Advisory data' if done.changed else 'Nothing newer than the advisory data'} of {day.isoformat()}: {_counts(info)}."
    if info.unreadable:
        yield f"! {info.unreadable:,} entries could not be read and are missing from it."
    if (today - day).days > FRESH_DAYS:
        yield f"! The source has nothing newer, and that is {(today - day).days} days old. Another source: `--from`."


def _status(options: argparse.Namespace, desk: Desk) -> int:
    from onward.adapters.feed.store import feed_path, open_feed
    from onward.core.folders import cache_folder
    from onward.workflows.advice import feed_findings, open_advice

    cache = cache_folder(desk.env)
    path = feed_path(cache)
    advice = open_advice(cache)
    feed = open_feed(path)
    info = feed.info if feed else None
    warnings = feed_findings(advice, desk.clock())
    days = (desk.clock().date() - advice.date).days
    if options.json:
        answer = {
            "source": advice.source,
            "date": advice.date,
            "days": days,
            "old": bool(warnings),
            "starter": advice.is_starter,
            "path": str(path) if info else None,
            "feed": info,
        }
        desk.say_json(answer)
        return FINE
    for line in _told(advice, info, days):
        desk.say(line)
    if info:
        desk.say(f"  lies at   {path}")
    for warning in warnings:
        desk.say(f"! {warning.message}")
        desk.say(f"  -> {warning.hint}")
    return FINE


def _told(advice: "Advice", info: "FeedInfo | None", days: int) -> list[str]:
    lines = [f"Answers come from the {advice.source}, {days} days old."]
    if info:
        lines += [
            f"  holds     {_counts(info)}",
            f"  fetched   {info.fetched.isoformat(timespec='seconds')} from {info.source}",
        ]
    return lines


def _counts(info: "FeedInfo") -> str:
    return (
        f"{info.entries:,} advisories on {info.projects:,} projects, {info.malicious:,} of them"
        " on malicious releases"
    )


class Bar:
    """A line on the terminal that fills up; for people only."""

    def __init__(self, err: TextIO) -> None:
        self._err = err
        self._shown = ""

    def show(self, what: str, done: int, total: int) -> None:
        """Draw how far ``what`` is: ``done`` of ``total``, or ``done`` alone when the total is not known."""
        megabytes = what == "download"
        count = f"{done / 1e6:.1f} MB" if megabytes else f"{done:,}"
        if total:
            filled = min(_WIDTH, _WIDTH * done // total)
            full = f"{total / 1e6:.1f} MB" if megabytes else f"{total:,}"
            count = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {count} of {full}"
        line = f"{what} {count}"
        if line != self._shown:
            self._err.write("\r" + line.ljust(len(self._shown)))
            self._err.flush()
            self._shown = line

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._err.write("\r" + " " * len(self._shown) + "\r")
            self._err.flush()
            self._shown = ""
