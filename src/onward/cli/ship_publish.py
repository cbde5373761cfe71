"""``onward ship publish``: build, prove, upload, and look at what came of it."""

import argparse
from typing import Any

from onward.cli.door import Desk
from onward.cli.options import seconds
from onward.core.errors import FINE, REFUSED


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--to",
        metavar="NAME|URL",
        help="an index of uv's settings that has a `publish-url`, `pypi`, `testpypi`, or the address that takes uploads",
    )
    add(
        "--check-url",
        metavar="URL",
        help="the simple index that lists what was uploaded",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--out", metavar="FOLDER", help="where the built files go (default: dist in the project)"
    )
    where.add_argument(
        "--built",
        metavar="FOLDER",
        help="build nothing: publish the two files that `ship wheel` left there in an earlier job",
    )
    add("--keyring", action="store_true", help="take the token from the keyring")
    add(
        "--attestations",
        choices=("auto", "always", "never"),
        default="auto",
        help="sign by the identity of the build service (auto: for PyPI, where there is one)",
    )
    add(
        "--wait",
        type=seconds,
        default=120.0,
        metavar="SECONDS",
        help="how long the index may take to list what it took (default: 120)",
    )
    add(
        "--dry-run",
        action="store_true",
        help="do everything but the upload, and say where it would go",
    )
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Publish; 1 when an enforced finding stands in the way, and then nothing was uploaded."""
    import time

    from onward.cli.changing import listener
    from onward.cli.ship_wheel import to_build
    from onward.cli.wrong_words import need_values
    from onward.core.disk import check_folder
    from onward.workflows.publish import Wishes, publish
    from onward.workflows.situation import open_situation

    # An empty `--to` from a shell's variable must not mean PyPI.
    need_values(options, "to", "check-url", "out", "built")
    situation = open_situation(desk.cwd, desk.env, desk.clock())
    folder, pyproject = to_build(situation.project, desk.cwd)
    place = options.built or options.out
    wishes = Wishes(
        to=options.to or "",
        check_url=options.check_url or "",
        out=(desk.cwd / place).absolute() if place else folder / "dist",
        built=bool(options.built),
        keyring=options.keyring,
        attestations=options.attestations,
        wait=options.wait,
        dry_run=options.dry_run,
    )
    if not options.built:
        check_folder(wishes.out)
    listen = listener(desk, quiet=options.json)
    published = publish(folder, pyproject, situation, wishes, sleep=time.sleep, listen=listen)
    if options.json:
        desk.say_json(_value(published))
    else:
        _show(published, desk, dry=options.dry_run)
    return REFUSED if published.decision.blocked else FINE


def _show(published: Any, desk: Desk, *, dry: bool) -> None:
    from onward.cli.show import show_verdicts
    from onward.core.policy import Level

    shown = [verdict for verdict in published.decision.because if verdict.level is not Level.off]
    show_verdicts(sorted(shown, key=lambda verdict: str(verdict.finding.subject)), desk)
    for words in published.proven:
        desk.say(f"proven: {words}")
    for words in published.notes:
        desk.say(f"note: {words}")
    where = f"{published.target.said}, as {published.credential.said}"
    if published.decision.blocked:
        built = "" if published.built else " and nothing was built"
        desk.say(f"Not published{built}: see above. It would go to {where}.")
    elif dry:
        for name in published.missing:
            desk.say(f"would upload {name} to {where}")
        if not published.missing:
            desk.say(f"would upload nothing: {published.target.said} has the very same files")
    elif published.uploaded:
        desk.say(f"Published to {where}: {', '.join(published.uploaded)}")
        desk.say(f"Log: {published.log}")


def _value(published: Any) -> dict[str, Any]:
    from onward.cli.values import decision_value

    target = published.target
    return {
        "schema": "onward.publish/1",
        "to": {"said": target.said, "upload": target.upload, "index": target.index},
        "as": published.credential.said,
        "files": [
            {"name": built.filename, "size": built.size, "sha256": built.sha256}
            for built in published.built
        ],
        "missing": list(published.missing),
        "uploaded": list(published.uploaded),
        "done": published.done,
        "proven": list(published.proven),
        "notes": list(published.notes),
        "log": str(published.log) if published.log else None,
        **decision_value(published.decision),
    }
