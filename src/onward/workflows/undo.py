"""Take back the last change that onward made to a project's files, and bring the environment in step."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from onward.core.disk import sha256_of, sha256_of_file
from onward.core.errors import Refused
from onward.core.journal import Before, Record, last
from onward.core.perform import Listen, recover, silent, undo_last
from onward.core.placing import can_come_back, is_as_left
from onward.core.policy import Decision
from onward.core.proc.run import expect, run
from onward.workflows.resolve import Resolver
from onward.workflows.situation import open_situation
from onward.workflows.sync import propose_sync


def check_undo(root: Path, *, force: bool = False) -> Record:
    """Give the record of what would be taken back.

    Raises Refused when there is nothing to undo, or when a file has been changed since by
    someone else and ``force`` is not given.
    """
    record = last(root)
    if record is None:
        raise Refused("nothing-to-undo", "there is no change of onward's to take back here")
    changed = [f.path for f in record.files if not _is_ours(f)]
    changed += [one.path for one in record.placed if not is_as_left(one)]
    gone = [one.path for one in record.placed if not can_come_back(one)]
    if gone and not force:
        raise Refused(
            "no-longer-kept",
            f"`{record.title}` replaced what nobody has any more",
            context=tuple(f"what was at {path} before is not in .onward/kept" for path in gone),
            hint="`onward undo --force` takes the rest back, and leaves what is there now.",
        )
    if changed and not force:
        raise Refused(
            "changed-since",
            f"`{record.title}` cannot be taken back without losing later changes",
            context=tuple(f"{path} was changed since" for path in changed),
            hint="Use version control, or `onward undo --force` to put the old files back anyway.",
        )
    return record


def undo_interrupted(
    root: Path, env: Mapping[str, str], now: dt.datetime, listen: Listen = silent
) -> Decision:
    """Put the files back as they were before a change that never ended, and bring the environment in step.

    Gives the decision on the lock that is back, as ``undo`` does.
    """
    record = recover(root, listen=listen)
    stale = record is not None and record.stale
    return bring_in_step(root, env, now) if stale else Decision()


def undo(root: Path, env: Mapping[str, str], now: dt.datetime, listen: Listen = silent) -> Decision:
    """Put the files back as they were before the last change, and bring the environment in step.

    Gives the decision on the lock that is back; when it is blocked, the environment stays
    as it is. When anything fails, nothing is undone.
    """
    decisions: list[Decision] = []

    def then() -> None:
        if record is not None and record.stale:
            decisions.append(bring_in_step(root, env, now))

    record = last(root)
    undo_last(root, then=then, listen=listen)
    return decisions[0] if decisions else Decision()


def bring_in_step(root: Path, env: Mapping[str, str], now: dt.datetime) -> Decision:
    """Make the environment fit the lock that was put back; gives the decision on it.

    The lock may be one that was never installed here, so it is judged like any other. When
    it is blocked, nothing is installed.
    """
    situation = open_situation(root, env, now)
    if situation.project.lock is None or not situation.project.environment.exists():
        return Decision()
    resolver = Resolver(situation, situation.judge())
    decision = propose_sync(resolver, frozen=True).decision
    if not decision.blocked:
        with resolver.installing() as uv:
            expect(run(uv.sync(str(root))))
    return decision


def _is_ours(file: Before) -> bool:
    """Whether a file is as the change left it, or as it was before (an undo that was interrupted)."""
    path = Path(file.path)
    now = sha256_of_file(path) if path.exists() else None
    if now == (None if file.content is None else sha256_of(file.content)):
        return True
    return now is not None and now == file.after_sha256
