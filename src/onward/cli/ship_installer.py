"""``onward ship installer``: a setup program and an MSI for Windows, made on any system."""

import argparse
from pathlib import Path
from typing import Any

from onward.cli.door import Desk
from onward.core.errors import FINE, BadInput

_NEED_A_VALUE = (
    "format", "name", "app-version", "publisher", "program", "icon", "out", "sign", "password-from", "timestamp",
)  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="what was built on Windows: the program and all it needs")
    add(
        "--format",
        default="exe",
        metavar="exe,msi",
        help="exe: a setup for one person, no administrator; msi: for all of a machine (default: exe)",
    )
    add("--name", help="what people call it (default: the project's name)")
    add("--app-version", metavar="VERSION", help="its version (default: the project's)")
    add("--publisher", help="who made it (default: the first author of the project)")
    add("--program", metavar="FILE.exe", help="what is to be started, where there are several")
    add(
        "--icon",
        metavar="FILE",
        help="the setup's icon: an .ico in FOLDER, or one PNG or SVG of the project",
    )
    add("--out", metavar="FOLDER", help="where the files go (default: dist)")
    add("--sign", metavar="FILE.pfx", help="sign the program and the installers (Authenticode)")
    add(
        "--password-from",
        metavar="VARIABLE",
        help="the variable with the certificate's password (default: ONWARD_SIGNING_PASSWORD)",
    )
    add("--timestamp", metavar="URL", help="a time stamp server (RFC 3161)")
    add("--force", action="store_true", help="replace another build of the same version")
    add("--dry-run", action="store_true", help="make them and look into them, but write nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Make the installers; nothing is written where one of them is not what it should be."""
    from onward.cli.progress import telling
    from onward.cli.wrong_words import need_values
    from onward.core.disk import check_folder
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.core.perform import perform
    from onward.workflows.in_force import policy_in_force
    from onward.workflows.installers.look import look_at
    from onward.workflows.installers.make import make_installers
    from onward.workflows.situation import alone

    need_values(options, *_NEED_A_VALUE)
    root, stated = _stated(desk)
    wanted = _wanted(options, stated)
    folder = (desk.cwd / options.folder).absolute()
    wishes = _wishes(options, desk, root)
    check_folder(wishes.out)
    cache = cache_folder(desk.env)
    policy = policy_in_force(desk.cwd, env=desk.env, net=Net(desk.env), cache=cache).policy
    app = look_at(folder, wanted, policy.rows, desk.clock().date())
    icon = _drawn(options.icon, desk) if _is_to_be_drawn(options.icon) else b""
    listen = telling(desk)
    made = make_installers(folder, app, wishes, desk.env, icon=icon, listen=listen)
    done = bool(made.plan.steps) and not options.dry_run
    if done:
        with alone(root, cache, listen):
            perform(made.plan, root, started=desk.clock().isoformat())
    if options.json:
        desk.say_json(_value(made, wishes.out, done=done))
    else:
        _show(made, desk, done=done)
    return FINE


def _is_to_be_drawn(icon: str | None) -> bool:
    return (icon or "").lower().endswith((".png", ".svg"))


def _drawn(icon: str, desk: Desk) -> bytes:
    """Draw an ``.ico`` from a PNG or SVG; that takes a project, whose policy judges what draws it."""
    from onward.core.scratch_folder import scratch_folder
    from onward.workflows.drawn_icons import ICO, draw_icons
    from onward.workflows.resolve import Resolver
    from onward.workflows.situation import open_situation

    source = (desk.cwd / icon).absolute()
    situation = open_situation(desk.cwd, desk.env, desk.clock())
    resolver = Resolver(situation, situation.judge(know_lock=True))
    desk.tell(f"Drawing the icon from {source.name} ...")
    with scratch_folder() as scratch, resolver.serving() as (uv, refuse):
        return draw_icons(source, (), uv, refuse, scratch)[ICO]


def _stated(desk: Desk) -> tuple[Path, dict[str, Any]]:
    """Give the project's folder and its [project] table; the folder we are in and nothing where there is no project."""
    import tomllib

    from onward.core.disk import read_text

    for folder in (desk.cwd, *desk.cwd.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            try:
                read = tomllib.loads(read_text(file, 2_000_000))
            except tomllib.TOMLDecodeError as error:
                raise BadInput("bad-toml", f"`{file}` cannot be read: {error}") from error
            found = read.get("project")
            return folder, found if isinstance(found, dict) else {}
    return desk.cwd, {}


def _wanted(options: argparse.Namespace, stated: dict[str, Any]) -> Any:
    from onward.workflows.installers.look import Wanted

    authors = stated.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else {}
    said = {
        "--name": options.name or stated.get("name"),
        "--app-version": options.app_version or stated.get("version"),
        "--publisher": options.publisher
        or (first.get("name") if isinstance(first, dict) else None),
    }
    lacking = [option for option, word in said.items() if not (isinstance(word, str) and word)]
    if lacking:
        raise BadInput(
            "not-said",
            f"nothing says {', '.join(lacking)}",
            hint="Give them on the command line, or `name`, `version` and `authors` in [project] of pyproject.toml.",
        )
    name, version, publisher = map(str, said.values())
    return Wanted(
        name=name,
        version=version,
        publisher=publisher,
        program=options.program or "",
        icon="" if _is_to_be_drawn(options.icon) else (options.icon or "").replace("\\", "/"),
    )


def _wishes(options: argparse.Namespace, desk: Desk, root: Path) -> Any:
    from onward.core import env as names
    from onward.workflows.installers.make import FORMATS, Wishes
    from onward.workflows.installers.signing import Signing

    formats = tuple(
        dict.fromkeys(word.strip() for word in options.format.split(",") if word.strip())
    )
    if not formats or not set(formats) <= set(FORMATS):
        raise BadInput(
            "bad-format", f"`--format {options.format}`: there are {' and '.join(FORMATS)}"
        )
    signing = None
    if options.sign:
        certificate = (desk.cwd / options.sign).absolute()
        variable = options.password_from or names.SIGNING_PASSWORD
        if not certificate.is_file():
            raise BadInput("no-certificate", f"`{certificate}` is not there")
        if options.password_from and variable not in desk.env:
            raise BadInput("no-password", f"the variable {variable} is not set")
        signing = Signing(
            certificate=certificate,
            password=desk.env.get(variable, ""),
            timestamp=options.timestamp or "",
        )
    elif options.timestamp or options.password_from:
        raise BadInput("nothing-to-sign-with", "a time stamp or a password needs `--sign FILE.pfx`")
    out = (desk.cwd / options.out).absolute() if options.out else root / "dist"
    return Wishes(formats=formats, out=out, signing=signing, force=options.force)


def _show(made: Any, desk: Desk, *, done: bool) -> None:
    for words in made.proven:
        desk.say(f"proven: {words}")
    for words in made.notes:
        desk.say(f"note: {words}")
    for name, size, digest in made.files:
        desk.say(f"{name}  {size / 1_000_000:.1f} MB  sha256 {digest}")
    for step in made.plan.steps:
        desk.say(step.sentence if done else f"would {step.sentence}")
    if not made.plan.steps:
        desk.say("The very same files were there already.")


def _value(made: Any, out: Path, *, done: bool) -> dict[str, Any]:
    return {
        "schema": "onward.ship-installer/1",
        "out": str(out),
        "written": done,
        "files": [
            {"name": name, "size": size, "sha256": digest} for name, size, digest in made.files
        ],
        "proven": list(made.proven),
        "notes": list(made.notes),
    }
