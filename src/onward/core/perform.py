"""Do a plan, or leave everything as it was."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from onward.core import journal
from onward.core.disk import copy_atomic, copy_folder, make_executable, remove, write_atomic
from onward.core.errors import OnwardError
from onward.core.half_installed import sweep
from onward.core.plan import CopyFile, CopyFolder, Plan, RunTool, Step, WriteFile
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run

Listen = Callable[[str, str], None]
"""Called with (event, sentence): ``start``/``done`` around each step, ``undo`` when going back, ``note``, and
``progress`` with how far the step is (empty: no more to say)."""

_Item = TypeVar("_Item")


def silent(_event: str, _sentence: str) -> None:
    """Listen to nothing."""


def counted(
    items: Iterable[_Item], total: int, what: str, listen: Listen = silent
) -> Iterator[_Item]:
    """Hand ``items`` on, and tell with each how many of ``total`` there were, such as ``3 of 7 pages``."""
    for count, item in enumerate(items, 1):
        listen("progress", f"{count} of {total} {what}")
        yield item
    listen("progress", "")


class Change:
    """A change under way; ``abandon`` makes it end with everything put back, without an error."""

    def __init__(self) -> None:
        self.abandoned = False

    def abandon(self) -> None:
        """Put everything back at the end."""
        self.abandoned = True


@contextlib.contextmanager
def transaction(
    root: Path,
    title: str,
    files: Iterable[str],
    *,
    started: str,
    environment: str = "",
    restore: Sequence[Call] = (),
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> Iterator[Change]:
    """Let the body change ``files`` (paths) and ``environment``: all of it stays, or everything goes back.

    It goes back on any failure or interruption, and when the body abandons it; then
    ``restore`` brings an environment that was there before in step with the files again.
    ``started`` is an ISO time for the record. A process that is killed leaves the journal,
    which ``recover`` uses at the next start.
    """
    record = journal.begin(root, title, files, environment, started)
    change = Change()
    try:
        yield change
        if not change.abandoned:
            journal.finish(root, record)
    except BaseException:
        change.abandoned = True
        raise
    finally:
        if change.abandoned:
            listen("undo", "Putting everything back")
            journal.put_back(record)
            _sweep(Path(record.stale), record)
            for call in restore:
                # The files are right already; should the tool fail too, the next sync catches up.
                with contextlib.suppress(OnwardError):
                    runner(call)
            journal.forget(root)


def perform(
    plan: Plan,
    root: Path,
    *,
    started: str,
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> None:
    """Do every step of ``plan`` for the project at ``root``; see ``transaction`` for how it can end."""
    files = [step.path for step in plan.steps if isinstance(step, WriteFile | CopyFile)]
    tools = [step for step in plan.steps if isinstance(step, RunTool)]
    with transaction(
        root,
        plan.title,
        files,
        started=started,
        environment=next(filter(None, map(_folder_of, reversed(plan.steps))), ""),
        restore=[call for tool in tools for call in tool.undo],
        listen=listen,
        runner=runner,
    ):
        for step in plan.steps:
            listen("start", step.sentence)
            _do(step, runner)
            listen("done", step.sentence)


def recover(root: Path, *, listen: Listen = silent) -> journal.Record | None:
    """Put back the files that an interrupted onward left half done; give what was there to put back.

    What it had begun to write goes too. The caller brings the environment in ``stale`` in
    step again. Nobody else may change the project meanwhile.
    """
    record = journal.pending(root)
    if record is not None:
        listen(
            "note", f"An earlier onward was interrupted ({record.title}); putting everything back"
        )
        journal.put_back(record)
        _sweep(root / record.stale, record)
        journal.forget(root)
    journal.remove_begun(root, record)
    return record


def undo_last(
    root: Path, *, then: Callable[[], object] = lambda: None, listen: Listen = silent
) -> journal.Record | None:
    """Undo the file changes of the last finished plan and give its record; None when there is none.

    ``then`` is done with the files in place; when it or anything else fails, the change is
    not undone at all. An environment that the change had made is removed at the end.
    """
    record = journal.last(root)
    if record is None:
        return None
    files = [before.path for before in record.files]
    with transaction(root, f"Undo {record.title}", files, started=record.started, listen=listen):
        journal.put_back(msgspec.structs.replace(record, made=""))
        then()
    journal.remove_made(record)
    journal.forget_last(root)
    return record


def _sweep(environment: Path, record: journal.Record) -> None:
    if record.stale:  # an empty path is the current folder
        sweep(environment)


def _folder_of(step: Step) -> str:
    if isinstance(step, CopyFolder):
        return step.path
    return step.environment if isinstance(step, RunTool) else ""


def _do(step: Step, runner: Callable[[Call], Ran]) -> None:
    if isinstance(step, WriteFile):
        if step.content is None:
            remove(Path(step.path))
        else:
            write_atomic(Path(step.path), step.content)
            if step.executable:
                make_executable(Path(step.path))
    elif isinstance(step, CopyFile):
        copy_atomic(Path(step.source), Path(step.path))
        if step.executable:
            make_executable(Path(step.path))
    elif isinstance(step, CopyFolder):
        copy_folder(Path(step.source), Path(step.path))
    elif isinstance(step, RunTool):
        expect(runner(step.call))
