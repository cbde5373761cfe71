"""``onward ship app``: a program for people who have no Python, started in a root without one before it is done."""

import argparse
import sys
from pathlib import Path
from typing import Any

from onward.cli.door import Desk
from onward.core.errors import FINE, BadInput, Refused
from onward.core.perform import Listen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add(
        "--format",
        metavar="folder,onefile,deb,tar.gz,appimage,zipapp,icons",
        help="what to make, with commas between (default: folder, and on Linux a tar.gz with an install script around it; onefile starts slower; zipapp needs a Python; icons: for each system)",
    )
    add(
        "--engine",
        choices=("pyinstaller", "nuitka"),
        default="pyinstaller",
        help="what builds it (default: pyinstaller; nuitka compiles for minutes, and needs gcc)",
    )
    add("--appimage-runtime", metavar="FILE", help="what an AppImage begins with")
    add("--out", metavar="FOLDER", help="where it goes (default: dist in the project)")
    add("--name", help="what people call it (default: the project's name)")
    add("--icon", metavar="FILE", help="one PNG or SVG in the project")
    add(
        "--entry",
        metavar="module:function|FILE.py",
        help="what to start (default: from [project.scripts] or [project.gui-scripts])",
    )
    kind = parser.add_mutually_exclusive_group()
    for word, told in (
        ("gui", "it opens windows"),
        ("terminal", "it runs in a terminal"),
        ("web", "it is a web app: a server on this machine that opens the browser"),
    ):
        kind.add_argument(f"--{word}", dest="kind", action="store_const", const=word, help=told)
    add(
        "--init",
        action="store_true",
        help="write onward_app.py into the package: it finds data files",
    )
    add("--no-prove", action="store_true", help="do not start it: nothing is proven then")
    add("--force", action="store_true", help="replace another build of the same version")
    add("--dry-run", action="store_true", help="build and prove, but write nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Build and prove; nothing is written where it does not do what was asked."""
    from onward.cli.progress import telling
    from onward.cli.ship_wheel import to_build
    from onward.cli.wrong_words import need_values
    from onward.core.disk import check_folder
    from onward.core.journal import kept_bytes
    from onward.core.perform import perform
    from onward.domain.apps.model import Engine, Kind
    from onward.domain.apps.settings import Asked
    from onward.domain.shipping.secrets import without_publishing
    from onward.workflows.app.make import Wishes, making
    from onward.workflows.situation import alone, open_situation

    need_values(options, "format", "appimage-runtime", "out", "name", "icon", "entry")
    listen = telling(desk)
    situation = open_situation(desk.cwd, without_publishing(desk.env), desk.clock())
    root = situation.project.root
    folder, pyproject = to_build(situation.project, desk.cwd)
    if options.init:
        return _init(folder, options, desk, listen)
    wishes = Wishes(
        formats=_formats(options.format),
        out=(desk.cwd / options.out).absolute() if options.out else folder / "dist",
        asked=Asked(
            name=options.name or "",
            kind=Kind(options.kind) if options.kind else None,
            entry=options.entry or "",
            icon=options.icon or "",
        ),
        runtime=(desk.cwd / options.appimage_runtime).absolute()
        if options.appimage_runtime
        else None,
        engine=Engine[options.engine],
        proven=not options.no_prove,
        force=options.force,
    )
    check_folder(wishes.out)
    with making(folder, pyproject, situation, wishes, listen) as made:
        done = bool(made.plan.steps) and not options.dry_run
        if done:
            with alone(root, situation.cache, listen):
                perform(made.plan, root, started=desk.clock().isoformat())
    if options.json:
        desk.say_json(_value(made, wishes, done=done))
    else:
        _show(made, desk, done=done)
        if done and (kept := kept_bytes(root)):
            desk.say(
                f"What was there before ({kept / 1_000_000:.1f} MB) is kept in .onward/kept until onward changes"
                " something else: `onward undo` brings it back."
            )
    return FINE


def _formats(said: str | None) -> tuple[str, ...]:
    from onward.workflows.app.make import FORMATS, USUAL

    if said is None:
        return USUAL if sys.platform == "linux" else ("folder",)
    formats = tuple(dict.fromkeys(word.strip() for word in said.split(",") if word.strip()))
    if not formats or not set(formats) <= set(FORMATS):
        raise BadInput("bad-format", f"`--format {said}`: there are {', '.join(FORMATS)}")
    return formats


def _init(folder: Path, options: argparse.Namespace, desk: Desk, listen: Listen) -> int:
    """Write the helper for data files into the one package of the project."""
    from onward.core.folders import cache_folder
    from onward.core.perform import perform
    from onward.core.plan import Plan, WriteFile
    from onward.domain.apps.launcher import DATA_HELPER
    from onward.workflows.situation import alone

    above = folder / "src" if (folder / "src").is_dir() else folder
    packages = sorted(
        path.parent
        for path in above.glob("*/__init__.py")
        if path.parent.name not in ("tests", "docs")
    )
    if len(packages) > 1:
        names = ", ".join(path.name for path in packages)
        raise BadInput(
            "which-package",
            f"`{above}` holds several packages: {names}",
            hint="Copy the file from docs/how-to/app.md.",
        )
    target = (packages[0] if packages else folder) / "onward_app.py"
    if target.exists() and not options.force:
        raise Refused("would-replace", f"`{target}` is there", hint="`--force` writes it anew.")
    step = WriteFile(sentence=f"write {target}", path=str(target), content=DATA_HELPER.encode())
    if not options.dry_run:
        with alone(folder, cache_folder(desk.env), listen):
            perform(
                Plan(title="write onward_app.py", steps=(step,)),
                folder,
                started=desk.clock().isoformat(),
            )
    module = f"from {packages[0].name} import onward_app" if packages else "import onward_app"
    desk.say(f"would {step.sentence}" if options.dry_run else step.sentence)
    desk.say(f'Use it so: `{module}`, then `onward_app.path("data/words.txt")`.')
    return FINE


def _show(made: Any, desk: Desk, *, done: bool) -> None:
    for words in made.notes:
        desk.say(f"note: {words}")
    for words in made.proven:
        desk.say(f"proven: {words}")
    for name, size in made.things:
        desk.say(f"{name}  {size / 1_000_000:.1f} MB")
    for step in made.plan.steps:
        desk.say(step.sentence if done else f"would {step.sentence}")
    if not made.plan.steps:
        desk.say("The very same things were there already.")


def _value(made: Any, wishes: Any, *, done: bool) -> dict[str, Any]:
    return {
        "schema": "onward.ship-app/1",
        "name": made.app.name,
        "version": made.app.version,
        "kind": str(made.app.kind),
        "engine": str(wishes.engine),
        "out": str(wishes.out),
        "written": done,
        "is_proven": wishes.proven,
        "things": [{"name": name, "size": size} for name, size in made.things],
        "proven": list(made.proven),
        "notes": list(made.notes),
    }
