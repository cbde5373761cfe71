"""Make the environment fit the lock: what the lock holds is judged first, wherever it came from."""

import contextlib
import datetime as dt
from pathlib import Path

import msgspec

from onward import __version__
from onward.adapters.feed.store import FRESH_DAYS, feed_path
from onward.adapters.uv.settings import configuration_files
from onward.core import stamp
from onward.core.disk import read_text, write_atomic
from onward.core.errors import OnwardError, OutsideFailed, Refused
from onward.core.finding import Finding
from onward.core.journal import own_folder
from onward.core.policy import Decision
from onward.domain.policy.decide import decide
from onward.domain.policy.review import next_change
from onward.workflows.confirm import confirm
from onward.workflows.guard_locks import LARGEST_LOCK, lock_findings, unread_lock
from onward.workflows.guard_named import guard_of_uv
from onward.workflows.proposal import Proposal, propose
from onward.workflows.resolve import Resolver
from onward.workflows.settings import policy_files
from onward.workflows.situation import Situation
from onward.workflows.tasks import tasks_of


def propose_sync(resolver: Resolver, *, locked: bool = False, frozen: bool = False) -> Proposal:
    """Give what syncing would do: the lock brought up to date with pyproject.toml, and all of it judged.

    With ``locked`` a lock that is out of date is refused (for CI); with ``frozen`` it is
    taken as it is. Both are judged all the same.
    """
    situation = resolver.situation
    if frozen and situation.project.lock is not None:
        proposal = Proposal(title="Sync", lock=situation.project.lock)
    else:
        proposal = propose(resolver, "Sync", lambda uv, cwd: uv.lock(cwd))
        if not proposal.possible:
            return proposal
        if locked and "uv.lock" in proposal.files:
            raise Refused(
                "lock-out-of-date",
                "uv.lock does not fit pyproject.toml any more",
                hint="Run `onward lock` and commit uv.lock.",
            )
    return with_standing(resolver, proposal)


def with_standing(resolver: Resolver, proposal: Proposal) -> Proposal:
    """Give ``proposal`` with the judgement on what its lock holds besides what enters.

    Installing installs all of the lock, so all of it is judged, as if it came from
    elsewhere: what was there before may have been put there by hand. So what it says of
    its files is compared with what their index says.
    """
    situation = resolver.situation
    lock = proposal.lock or situation.project.lock
    if lock is None or proposal.whole:
        return proposal
    entering = proposal.diff.entering
    keys = {package.key for package in entering}
    confirmed = confirm(resolver, [p for p in lock.packages if p.key not in keys], entering)
    standing = msgspec.structs.replace(lock, packages=confirmed.packages)
    judge = situation.judge(know_lock=False)
    escapes = _escapes(situation, proposal)
    found = judge.on_lock(
        standing, situation.uv_settings.default.address, reach=judge.reach_of(lock)
    )
    held = decide(
        (*found, *confirmed.findings, *escapes), situation.policy.rows, situation.now.date()
    )
    return msgspec.structs.replace(
        proposal,
        decision=Decision(because=(*proposal.decision.because, *held.because)),
        standing=len(held.because),
        whole=True,
        sure=confirmed.sure,
    )


def _escapes(situation: Situation, proposal: Proposal) -> tuple[Finding, ...]:
    """Give what of the lock does not come from the guard, where the settings here name one.

    uv fetches from where a lock says, whatever the settings are.
    """
    root = situation.project.root
    guard = guard_of_uv(root, situation.env)
    if guard is None:
        return ()
    content = proposal.files.get("uv.lock")
    try:
        text = content.decode() if content else read_text(root / "uv.lock", LARGEST_LOCK)
    except (OnwardError, OSError) as error:
        return (unread_lock("uv.lock", error),)
    return lock_findings(text, "uv.lock", guard)


def write_stamp(situation: Situation) -> None:
    """Note that the environment fits and was judged, so that the next ``run`` and ``sync`` cost nothing.

    The note counts until a watched file changes, or until the day on which the policy or
    the age of the advisory data could change the judgement. Where it cannot be written (a
    project on a read-only disk) there is none: that costs time, and nothing else.
    """
    project = situation.project
    root = project.root
    watched = [root / path for path in project.files]
    watched += [root / "uv.lock", root / ".python-version", *policy_files(root, situation.env)]
    watched += [*configuration_files(situation.env, root), feed_path(situation.cache)]
    watched += [project.environment / "pyvenv.cfg", *site_packages(project.environment)]
    tasks, sources = tasks_of(project)
    watched += sources
    content = stamp.render(
        env_salt=stamp.salt(__version__, situation.env),
        until=_until(situation),
        environment=str(project.environment),
        watched={str(path): stamp.look(str(path)) for path in watched},
        tasks=tuple(task.name for task in tasks),
    )
    with contextlib.suppress(OutsideFailed, OSError):
        write_atomic(own_folder(root) / "stamp", content, durable=False)


def site_packages(environment: Path) -> list[Path]:
    """Give the folders of an environment that change when something is installed or removed."""
    return [*environment.glob("lib/python*/site-packages"), *environment.glob("Lib/site-packages")]


def _until(situation: Situation) -> float | None:
    days = [
        day
        for day in (next_change(situation.policy, situation.now.date()), _feed_ages(situation))
        if day
    ]
    if not days:
        return None
    return dt.datetime.combine(min(days), dt.time(), dt.UTC).timestamp()


def _feed_ages(situation: Situation) -> dt.date | None:
    day = situation.advice.date + dt.timedelta(days=FRESH_DAYS + 1)
    return day if day > situation.now.date() else None
