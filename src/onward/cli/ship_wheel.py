"""``onward ship wheel``: build a wheel and a source distribution, prove both, and only then hand them out."""

import argparse
import json
from pathlib import Path
from typing import Any

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED, BadInput
from onward.core.project import Project


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--out", metavar="FOLDER", help="where the files go (default: dist in the project)")
    add("--no-reproduce", action="store_true", help="build once; do not compare a second build")
    add(
        "--offline",
        action="store_true",
        help="ask no registry; what is not in uv's cache stays unproven",
    )
    add("--force", action="store_true", help="replace another build of the same version")
    add("--dry-run", action="store_true", help="build and prove, but write nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Build and prove; 1 when an enforced finding stands in the way, and then nothing is written."""
    from onward.cli.changing import listener
    from onward.cli.wrong_words import need_values
    from onward.core import env as names
    from onward.core.disk import check_folder
    from onward.core.perform import perform
    from onward.workflows.ship_wheel import Wishes, ship_wheel
    from onward.workflows.situation import alone, open_situation

    need_values(options, "out")
    listen = listener(desk, quiet=options.json)
    situation = open_situation(desk.cwd, desk.env, desk.clock())
    project = situation.project
    folder, pyproject = to_build(project, desk.cwd)
    wishes = Wishes(
        out=(desk.cwd / options.out).absolute() if options.out else folder / "dist",
        reproduce=not options.no_reproduce,
        offline=options.offline or names.is_offline(desk.env),
        force=options.force,
    )
    check_folder(wishes.out)
    shipped = ship_wheel(folder, pyproject, situation, wishes, listen)
    done = shipped.plan is not None and not options.dry_run
    if shipped.plan is not None and shipped.plan.steps and done:
        with alone(project.root, situation.cache, listen):
            perform(shipped.plan, project.root, started=desk.clock().isoformat())
    if options.json:
        desk.say(
            json.dumps(shipped_value(shipped, wishes.out, done=done), indent=2, ensure_ascii=False)
        )
    else:
        show_shipped(shipped, wishes.out, desk, done=done)
    return REFUSED if shipped.decision.blocked else FINE


def to_build(project: Project, cwd: Path) -> tuple[Path, dict[str, Any]]:
    """Give the nearest folder upward, within the project, that a build can start from, and its pyproject.toml."""
    import tomllib

    root = project.root.resolve()
    for folder in (cwd.resolve(), *cwd.resolve().parents):
        if folder == root:
            break
        if (folder / "pyproject.toml").is_file():
            parsed = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
            if "project" in parsed or "build-system" in parsed:
                return folder, parsed
    read = project.pyproject
    if "project" in read or "build-system" in read or any(
        (root / name).is_file() for name in ("setup.py", "setup.cfg")
    ):  # fmt: skip
        return root, read
    members = [folder for folder in project.members if folder != "."]
    if members:
        raise BadInput(
            "nothing-to-build",
            f"`{root}` is the root of a workspace and no package itself",
            context=tuple(f"{folder}: {project.members[folder]}" for folder in members),
            hint=f"Go into the one to ship first: `cd {members[0]}`.",
        )
    raise BadInput(
        "nothing-to-build",
        f"`{root}` does not say what to build",
        hint="Give pyproject.toml a [project] and a [build-system] table; `onward new` makes one that builds.",
    )


def show_shipped(shipped: Any, out: Path, desk: Desk, *, done: bool, only: bool = False) -> None:
    """Show what was found and proven; with ``only`` nothing was to be written, so no word of that."""
    from onward.cli.show import show_verdicts
    from onward.core.policy import Level

    shown = [verdict for verdict in shipped.decision.because if verdict.level is not Level.off]
    show_verdicts(sorted(shown, key=lambda verdict: str(verdict.finding.subject)), desk)
    for words in shipped.proven:
        desk.say(f"proven: {words}")
    for words in shipped.notes:
        desk.say(f"note: {words}")
    for built in shipped.built:
        desk.say(f"{built.filename}  {_size(built.size)}  sha256 {built.sha256}")
    if only:
        return
    if shipped.plan is None:
        desk.say(f"Not fit to hand out: nothing was written to {out}.")
        desk.say(f"Log: {shipped.log}")
    elif not done:
        for step in shipped.plan.steps:
            desk.say(f"would {step.sentence}")
    elif shipped.plan.steps:
        desk.say(
            f"In {out}: both files, their bill of materials (.cdx.json), the licences and SHA256SUMS."
        )
    else:
        desk.say(f"The very same files were in {out} already.")


def shipped_value(shipped: Any, out: Path, *, done: bool) -> dict[str, Any]:
    """Give the answer as JSON holds it."""
    from onward.cli.values import decision_value

    return {
        "schema": "onward.ship/1",
        "out": str(out),
        "written": done,
        "files": [
            {"name": built.filename, "size": built.size, "sha256": built.sha256}
            for built in shipped.built
        ],
        "proven": list(shipped.proven),
        "notes": list(shipped.notes),
        "log": str(shipped.log),
        "licences": [
            {"name": one.name, "version": one.version, "licence": one.licence}
            for one in shipped.licences
        ],
        **decision_value(shipped.decision),
    }


def _size(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(count // 1000, 1)} kB"
