"""A program built on Windows or macOS: the folder alone, and nothing proven, since there is no root without Python there."""

import contextlib
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onward.core.errors import BadInput
from onward.core.perform import Listen
from onward.core.scratch_folder import scratch_folder
from onward.domain.apps.model import App
from onward.domain.apps.settings import Asked, read_app
from onward.workflows.app.build import Bench, More, judge_lock
from onward.workflows.app.source import find_web
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation
from onward.workflows.source_copy import find_sources

SYSTEMS = {"darwin": "macos", "win32": "windows"}
"""What files are called, by ``sys.platform``."""


@contextlib.contextmanager
def building_elsewhere(
    folder: Path,
    pyproject: Mapping[str, Any],
    situation: Situation,
    asked: Asked,
    *,
    formats: tuple[str, ...],
    proven: bool,
    system: str,
    listen: Listen,
) -> Iterator[tuple[App, str, Path]]:
    """Build in a scratch folder; give the program, the name of its folder, and that folder, there for the body.

    Raises BadInput (``only-linux``) where more is asked for than a folder that nobody has started.
    """
    if proven or formats != ("folder",):
        raise BadInput(
            "only-linux",
            "`onward ship app` proves a program and packs it on Linux only as yet",
            hint="Here `--format folder --no-prove` builds the folder; start it yourself before you hand it out. "
            "`onward ship installer` packs one that was built on Windows.",
        )
    files = find_sources(folder, situation.env, cwd=situation.cwd)[0].files
    app = read_app(pyproject, asked, find_web=lambda: find_web(folder, files))
    resolver = Resolver(situation, situation.judge(know_lock=True))
    judge_lock(resolver)
    with scratch_folder() as scratch, resolver.serving() as (uv, refuse):
        bench = Bench(situation, uv, refuse, scratch, listen=listen)
        bench.take(folder)
        bench.make_environment()
        listen("start", "Building the program")
        bundle = bench.build(app, "build-1", More())
        name = SYSTEMS.get(system, system)
        yield app, f"{app.slug}-{app.version}-{name}-{platform.machine().lower()}", bundle
