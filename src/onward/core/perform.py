"""Do a plan, or leave everything as it was."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from onward.core import journal
from onward.core.disk import remove, write_atomic
from onward.core.errors import OnwardError
from onward.core.plan import Plan, RunTool, Step, WriteFile
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run

Listen = Callable[[str, str], None]
"""Called with (event, sentence): ``start``/``done`` around each step, ``undo`` when going back, ``note``."""


def silent(_event: str, _sentence: str) -> None:
    """Listen to nothing."""


def perform(
    plan: Plan,
    root: Path,
    *,
    started: str,
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> None:
    """Do every step of ``plan`` for the project at ``root``.

    On any failure or interruption everything goes back to what it was and the error goes
    on. ``started`` is an ISO time for the record. A process that is killed leaves the
    journal, which ``recover`` uses at the next start.
    """
    record = journal.begin(root, plan, started)
    try:
        for step in plan.steps:
            listen("start", step.sentence)
            _do(step, runner)
            listen("done", step.sentence)
        journal.finish(root)
    except BaseException:
        listen("undo", "Putting everything back")
        journal.put_back(record)
        for call in (
            call for step in plan.steps if isinstance(step, RunTool) for call in step.undo
        ):
            # The files are right already; should the tool fail too, the next sync catches up.
            with contextlib.suppress(OnwardError):
                runner(call)
        journal.forget(root)
        raise


def recover(root: Path, *, listen: Listen = silent) -> journal.Record | None:
    """Put back the files that an interrupted onward left half done; give what was there to put back.

    The caller brings the environment in ``stale`` in step again.
    """
    record = journal.pending(root)
    if record is None:
        return None
    listen("note", f"An earlier onward was interrupted ({record.title}); putting everything back")
    journal.put_back(record)
    journal.forget(root)
    return record


def undo_last(root: Path) -> journal.Record | None:
    """Undo the file changes of the last finished plan and give its record; None when there is none."""
    record = journal.last(root)
    if record is None:
        return None
    journal.put_back(record)
    journal.forget_last(root)
    return record


def _do(step: Step, runner: Callable[[Call], Ran]) -> None:
    if isinstance(step, WriteFile):
        if step.content is None:
            remove(Path(step.path))
        else:
            write_atomic(Path(step.path), step.content)
    elif isinstance(step, RunTool):
        expect(runner(step.call))
