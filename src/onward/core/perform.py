"""Do a plan, or leave everything as it was."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from onward.core import journal, kept, placing
from onward.core.disk import make_executable, remove, write_atomic
from onward.core.errors import OnwardError
from onward.core.half_installed import sweep
from onward.core.placing import Placed
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
    """A change under way; ``abandon`` makes it end with everything put back, without an error.

    ``placed`` is what was prepared for the paths that something is to be put at whole.
    """

    def __init__(self, placed: Mapping[str, Placed]) -> None:
        self.abandoned = False
        self.placed = placed

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
    puts: Sequence[CopyFile | CopyFolder] = (),
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> Iterator[Change]:
    """Let the body change ``files`` (paths) and ``environment``: all of it stays, or everything goes back.

    It goes back on any failure or interruption, and when the body abandons it; then
    ``restore`` brings an environment that was there before in step with the files again.
    ``started`` is an ISO time for the record, ``puts`` what is to be put in place whole. A
    process that is killed leaves the journal, which ``recover`` uses at the next start.
    """
    asked = [(step.path, isinstance(step, CopyFolder)) for step in puts]
    files = tuple(files)
    folders = journal.missing_above([*files, *(path for path, _ in asked), *filter(None, [environment])])  # fmt: skip
    placed = kept.prepare(journal.own_folder(root), asked)
    record = journal.begin(root, title, files, environment, started, placed=placed, folders=folders)
    change = Change(dict(zip((path for path, _ in asked), placed, strict=True)))
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
            journal.forget(root, record)


def perform(
    plan: Plan,
    root: Path,
    *,
    started: str,
    listen: Listen = silent,
    runner: Callable[[Call], Ran] = run,
) -> None:
    """Do every step of ``plan`` for the project at ``root``; see ``transaction`` for how it can end."""
    files = [step.path for step in plan.steps if isinstance(step, WriteFile)]
    tools = [step for step in plan.steps if isinstance(step, RunTool)]
    with transaction(
        root,
        plan.title,
        files,
        started=started,
        environment=next((tool.environment for tool in reversed(tools) if tool.environment), ""),
        puts=[step for step in plan.steps if isinstance(step, CopyFile | CopyFolder)],
        restore=[call for tool in tools for call in tool.undo],
        listen=listen,
        runner=runner,
    ) as change:
        for step in plan.steps:
            listen("start", step.sentence)
            _do(step, change, runner)
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
    journal.forget(root, record)
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
    with _taking_back(root, record, listen):
        journal.put_back(msgspec.structs.replace(record, made="", folders=()))
        then()
    journal.remove_made(record)
    journal.forget_last(root)
    return record


@contextlib.contextmanager
def _taking_back(root: Path, record: journal.Record, listen: Listen) -> Iterator[None]:
    """Let the body put everything of ``record`` back; when it fails, or is killed, nothing is undone.

    Only what ends it makes ``record`` used up: until then it can be undone once more, which does nothing twice.
    """
    back = journal.begin(
        root,
        f"Undo {record.title}",
        [before.path for before in record.files],
        "",
        record.started,
        placed=tuple(one.reversed for one in record.placed),
    )
    try:
        yield
    except BaseException:
        listen("undo", "Putting everything back")
        journal.put_back(back)
        journal.forget(root)
        raise
    journal.forget(root)


def _sweep(environment: Path, record: journal.Record) -> None:
    if record.stale:  # an empty path is the current folder
        sweep(environment)


def _do(step: Step, change: Change, runner: Callable[[Call], Ran]) -> None:
    if isinstance(step, WriteFile):
        if step.content is None:
            remove(Path(step.path))
        else:
            write_atomic(Path(step.path), step.content)
            if step.executable:
                make_executable(Path(step.path))
    elif isinstance(step, CopyFile):
        placing.place(change.placed[step.path], Path(step.source), executable=step.executable)
    elif isinstance(step, CopyFolder):
        placing.place(change.placed[step.path], Path(step.source))
    elif isinstance(step, RunTool):
        expect(runner(step.call))
