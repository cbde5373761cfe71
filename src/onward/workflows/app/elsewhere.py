"""A program built on Windows or macOS: the folder alone, and nothing proven, since there is no root without Python there."""

import contextlib
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onward.core.errors import BadInput
from onward.core.perform import Listen, silent
from onward.core.scratch_folder import scratch_folder
from onward.domain.apps.model import App, Engine, Kind
from onward.domain.apps.settings import read_app
from onward.workflows.app.build import Bench, Face, More, judge_lock
from onward.workflows.app.bundle import size_of
from onward.workflows.app.gate import look_into_bundle
from onward.workflows.app.icons import Icons
from onward.workflows.app.make import UNPROVEN, Made, Wishes
from onward.workflows.app.put import plan_for
from onward.workflows.app.source import find_web
from onward.workflows.no_secrets import refuse_secrets, tree_findings
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation
from onward.workflows.source_copy import find_sources

SYSTEMS = {"darwin": "macos", "win32": "windows"}
"""What files are called, by ``sys.platform``."""


@contextlib.contextmanager
def making_elsewhere(
    folder: Path,
    pyproject: Mapping[str, Any],
    situation: Situation,
    wishes: Wishes,
    listen: Listen = silent,
    *,
    system: str = sys.platform,
) -> Iterator[Made]:
    """Build in a scratch folder; the plan is for the body to perform, as in ``making``.

    Raises BadInput (``only-linux``) where more is asked for than a folder that nobody has started.
    """
    by_other = wishes.engine is not Engine.pyinstaller
    if wishes.proven or wishes.formats != ("folder",) or by_other:
        raise BadInput(
            "only-linux",
            "`onward ship app` proves a program, packs it and has Nuitka build it on Linux only as yet",
            hint="Here `--format folder --no-prove` builds the folder; start it yourself before you hand it out. "
            "`onward ship installer` packs one that was built on Windows.",
        )
    sources, known = find_sources(folder, situation.env, cwd=situation.cwd)
    app = read_app(pyproject, wishes.asked, find_web=lambda: find_web(folder, sources.files))
    refuse_secrets(
        tree_findings(sources, known), situation.policy.rows, situation.now.date(), what=app.name
    )
    resolver = Resolver(situation, situation.judge(know_lock=True))
    judge_lock(resolver)
    with scratch_folder() as scratch, resolver.serving() as (uv, refuse):
        bench = Bench(situation, uv, refuse, scratch, listen=listen)
        bench.take(folder)
        bench.make_environment()
        bench.check_entry(app)
        app = bench.with_version(app)
        listen("start", "Building the program")
        bundle = bench.build(
            app, "build-1", More(), face=_face(app, bench, scratch, system, listen)
        )
        advice = look_into_bundle(app, bench, bundle, situation)
        name = (
            f"{app.slug}-{app.version}-{SYSTEMS.get(system, system)}-{platform.machine().lower()}"
        )
        if bundle.suffix == ".app":  # people see that name
            name = bundle.name
        yield Made(
            app=app,
            things=((f"{name}/", size_of(bundle)),),
            proven=(),
            notes=(UNPROVEN, *advice),
            plan=plan_for({}, {name: bundle}, wishes.out, force=wishes.force),
        )


def _face(app: App, bench: Bench, scratch: Path, system: str, listen: Listen) -> Face:
    drawn = Icons(app, bench, listen).for_file(system)
    icon = scratch / f"{app.slug}.{'ico' if system == 'win32' else 'icns'}" if drawn else None
    if icon is not None:
        icon.write_bytes(drawn)
    opens = system == "darwin" and app.kind is Kind.gui
    return Face(icon=icon, bundle=f"{app.name}.app" if opens else "")
