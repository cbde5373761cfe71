"""From judged files to a plan, carried out or put back whole."""

from collections.abc import Mapping, Sequence

from onward.adapters.uv.commands import Uv
from onward.core.perform import Listen, perform
from onward.core.plan import Plan, RunTool, Step, WriteFile
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation


def change_plan(
    title: str,
    situation: Situation,
    files: Mapping[str, bytes],
    uv: Uv | None,
    options: Sequence[str] = (),
) -> Plan:
    """Give the plan that puts ``files`` (relative path to content) in place and syncs, if ``uv`` is given."""
    root = situation.project.root
    steps: list[Step] = [
        WriteFile(sentence=f"Write {path}", path=str(root / path), content=content)
        for path, content in files.items()
    ]
    if uv is not None:
        call = uv.sync(str(root), options)
        environment = situation.project.environment
        undo = (call,) if environment.exists() and (root / "uv.lock").is_file() else ()
        steps.append(
            RunTool(
                sentence="Make the environment fit the lock",
                call=call,
                undo=undo,
                environment=str(environment),
            )
        )
    return Plan(title=title, steps=tuple(steps))


def carry_out(
    title: str,
    resolver: Resolver,
    files: Mapping[str, bytes],
    *,
    listen: Listen,
    sync: bool = True,
    options: Sequence[str] = (),
) -> None:
    """Put judged files in place and sync with ``options``: all of it, or everything as before."""
    situation = resolver.situation
    with resolver.installing() as uv:
        plan = change_plan(title, situation, files, uv if sync else None, options)
        perform(plan, situation.project.root, started=situation.now.isoformat(), listen=listen)
