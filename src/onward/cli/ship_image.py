"""``onward ship image``: a container image of the project, without an engine, and its digest."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED

if TYPE_CHECKING:
    from onward.cli.image_words import Words
    from onward.core.perform import Listen
    from onward.domain.images.reference import Reference
    from onward.workflows.image.build import Shipped, Workplace
    from onward.workflows.situation import Situation


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--output",
        metavar="DIR",
        help="the image layout to write (default: dist/image, unless `--tar` or `--push` is given)",
    )
    add("--tar", metavar="FILE", help="also one file for `docker load`")
    add(
        "--push",
        metavar="REF",
        help="send it to a registry, such as registry.example.com/team/app:1.0",
    )
    add(
        "--base",
        metavar="REF|DIR",
        help="an image of a registry, an image layout, or a root folder to build on (default: the Python that runs"
        " the project, with the libraries it needs)",
    )
    add(
        "--platform",
        action="append",
        default=[],
        metavar="OS/ARCH",
        help="such as linux/arm64; may be given more than once",
    )
    add(
        "--package",
        metavar="MEMBER",
        help="which member of the workspace (default: the one whose folder this is)",
    )
    add(
        "--command",
        metavar="WORDS",
        help="what the image starts (default: found out, and told)",
    )
    add(
        "--port",
        type=int,
        metavar="N",
        help="the port that it answers HTTP on; gives it a health check",
    )
    add(
        "--tag",
        metavar="TAG",
        help="its tag in the layout and the tar (default: the version)",
    )
    add(
        "--no-prove",
        action="store_true",
        help="do not start it in a clean room before it is handed out",
    )
    add("--dry-run", action="store_true", help="build into the cache, and write and send nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Build, and hand out; 1 when an enforced finding stands in the way, and then nothing is written."""
    from onward.cli.image_words import read_words
    from onward.cli.progress import telling
    from onward.core.policy import Level
    from onward.domain.images.manifest import Platform
    from onward.domain.shipping.secrets import without_publishing
    from onward.workflows.image.build import Wishes, check_locked, ship_image, workplace
    from onward.workflows.image.python import python_of
    from onward.workflows.member import at_member, stated_at
    from onward.workflows.situation import open_situation

    listen = telling(desk)
    words = read_words(options, desk.cwd)
    situation = at_member(
        open_situation(desk.cwd, without_publishing(desk.env), desk.clock()), options.package or ""
    )
    project = situation.project
    if words.folder is None and words.reference is None and words.tar is None:
        words = words.into(project.root / situation.here / "dist" / "image")
    check_locked(project.root)  # else people are sent to make an environment first
    place = workplace(situation.cache)
    python = python_of(project, desk.env, place.notes)
    wishes = Wishes(
        platforms=words.platforms or (Platform(architecture=python.architecture),),
        command=options.command or "",
        port=options.port or 0,
        prove=not options.no_prove,
    )
    shipped = ship_image(situation, place, python, wishes, ground=words.ground, listen=listen)
    if shipped.top is None:
        return _refused(shipped, options, desk)
    done: list[str] = []
    if not options.dry_run:
        tag = _tag(options.tag, stated_at(situation))
        done = _write(words, desk, situation, shipped, tag)
        if words.reference is not None:
            done.append(_push(words.reference, situation, place, shipped, listen))
    for sentence in shipped.notes:
        desk.tell(f"note: {sentence}")
    for verdict in shipped.decision.because:
        if verdict.level is Level.off:
            continue
        desk.tell(f"{verdict.level.value}: {verdict.finding.message} [{verdict.finding.rule}]")
    for sentence in shipped.proven:
        desk.tell(f"proven: {sentence}")
    _show(shipped, options, desk, words.folder, done)
    return FINE


def _write(
    words: "Words", desk: Desk, situation: "Situation", shipped: "Shipped", tag: str
) -> list[str]:
    from onward.workflows.image.build import workplace
    from onward.workflows.image.put import put_layout, put_tar
    from onward.workflows.member import stated_at
    from onward.workflows.situation import alone

    project, place = situation.project, workplace(situation.cache)
    done = []
    if (folder := words.folder) is not None:
        started = desk.clock().isoformat()
        with alone(project.root, situation.cache):
            came = put_layout(shipped, place, folder, tag, root=project.root, started=started)
        done.append(f"wrote {folder}: {came} blobs are new")
    if (path := words.tar) is not None:
        name = str(stated_at(situation).get("name") or "app")
        with alone(project.root, situation.cache):
            put_tar(shipped, place, path, name, tag)
        done.append(f"wrote {path}: `docker load --input` takes it")
    return done


def _push(
    reference: "Reference",
    situation: "Situation",
    place: "Workplace",
    shipped: "Shipped",
    listen: "Listen",
) -> str:
    from onward.workflows.image.remote import push, registry_for

    registry = registry_for(reference, situation, listen, writes=True)
    sent = push(shipped, place, registry, listen)
    what = (
        f"sent {', '.join(sent.sent)} ({sent.size / 1e6:.2f} MB)"
        if sent.sent
        else "nothing had to be sent"
    )
    return f"pushed {sent.reference}: {what}; {sent.there} blobs were there, {sent.mounted} mounted"


def _refused(shipped: "Shipped", options: argparse.Namespace, desk: Desk) -> int:
    from onward.cli.show import show_verdicts
    from onward.cli.values import decision_value
    from onward.core.policy import Level

    if options.json:
        desk.say_json(
            {"schema": "onward.image/1", "digest": None, **decision_value(shipped.decision)}
        )
        return REFUSED
    shown = [verdict for verdict in shipped.decision.because if verdict.level is not Level.off]
    show_verdicts(sorted(shown, key=lambda verdict: str(verdict.finding.subject)), desk)
    desk.tell("Not fit to hand out: nothing was written.")
    return REFUSED


def _show(
    shipped: "Shipped",
    options: argparse.Namespace,
    desk: Desk,
    folder: Path | None,
    done: list[str],
) -> None:
    digest = shipped.top.digest if shipped.top else ""
    program = shipped.program
    if options.json:
        desk.say_json(_value(shipped, folder, done))
        return
    if program is not None:
        port = f", port {program.port} with a health check" if program.port else ""
        desk.tell(f"It starts `{' '.join(program.argv)}`{port}: {program.because}.")
    for image in shipped.images:
        for layer in image.layers:
            desk.tell(
                f"{image.platform}  {layer.kind:<12} {layer.blob.size / 1e6:8.2f} MB  {layer.blob.digest}"
            )
    if options.dry_run:
        for words in (folder, options.tar, options.push):
            if words:
                desk.tell(f"would put it into {words}")
    for words in done:
        desk.tell(words)
    desk.say(digest)


def _value(shipped: "Shipped", folder: Path | None, done: list[str]) -> dict[str, Any]:
    from onward.cli.values import decision_value

    program = shipped.program
    return {
        "schema": "onward.image/1",
        "digest": shipped.top.digest if shipped.top else None,
        "output": str(folder) if folder else None,
        "written": bool(done),
        "command": list(program.argv) if program else [],
        "port": program.port if program and program.port else None,
        "images": [
            {
                "platform": str(image.platform),
                "digest": image.manifest.digest,
                "config": image.config.digest,
                "size": sum(layer.blob.size for layer in image.layers),
                "layers": [
                    {"kind": layer.kind, "digest": layer.blob.digest, "size": layer.blob.size}
                    for layer in image.layers
                ],
                "attached": [
                    {"type": kind, "digest": blob.digest} for blob, kind in image.attached
                ],
            }
            for image in shipped.images
        ],
        "done": done,
        "proven": list(shipped.proven),
        "notes": list(shipped.notes),
        **decision_value(shipped.decision),
    }


def _tag(told: str | None, stated: dict[str, Any]) -> str:
    """Give the tag that was told, else one made of the version, whatever signs that has."""
    import re

    version = re.sub(r"[^A-Za-z0-9._-]", "-", str(stated.get("version", "")))
    return told or version.lstrip(".-")[:128] or "latest"
