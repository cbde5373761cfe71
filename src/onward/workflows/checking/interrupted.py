"""A change of onward's that was ended by force: its record waits, and whoever checks is told."""

from collections.abc import Iterator
from pathlib import Path

from onward.core.disk import locked
from onward.core.errors import BadInput, OutsideFailed
from onward.core.finding import Certainty, Finding, Whole
from onward.core.journal import pending
from onward.workflows.situation import Situation, lock_path

RULE = "project/interrupted"
_MOST_NAMED = 5
_WAIT = 0.2  # seconds; another check may hold the lock for the moment in which it asks the same


def interrupted_findings(situation: Situation) -> Iterator[Finding]:
    """Give a finding for a change that never ended; none while the onward that makes it still runs."""
    root = situation.project.root
    try:
        # whoever makes the change has taken the lock before it wrote the record
        with locked(lock_path(situation.cache, root), f"`{root}`", wait=_WAIT):
            record = pending(root)
    except OutsideFailed:
        return
    except BadInput as error:
        yield _finding(error.message, error.hint or "", why="; ".join(error.context))
        return
    if record is None:
        return
    names = [_inside(before.path, root) for before in record.files]
    shown = ", ".join(names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    touched = f"; it was about {shown}{more}" if names else ""
    yield _finding(
        f"an earlier onward was interrupted ({record.title}), so its change may be half made{touched}",
        "`onward undo` puts back how everything was before it.",
        files="\n".join(names),
    )


def _inside(path: str, root: Path) -> str:
    return Path(path).relative_to(root).as_posix()


def _finding(message: str, hint: str, **facts: object) -> Finding:
    return Finding(
        rule=RULE,
        subject=Whole(),
        message=message,
        facts=facts,
        hint=hint,
        certainty=Certainty.unknown,
    )
