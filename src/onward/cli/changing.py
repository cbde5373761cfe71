"""The common course of commands that change dependencies: propose, show, ask the policy, carry out."""

import argparse
import json
import time
from collections.abc import Callable, Sequence

from onward.cli.door import Desk
from onward.cli.options import group_options
from onward.cli.progress import line_on
from onward.cli.show import paint_for, show_decision
from onward.cli.show_change import proposal_value, show_enter, show_held, show_unsolved
from onward.core.errors import FINE, REFUSED
from onward.core.perform import Listen
from onward.workflows.apply import carry_out
from onward.workflows.project import editable_with_uv
from onward.workflows.proposal import Proposal
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation, open_situation, working_on
from onward.workflows.sync import with_standing, write_stamp

Propose = Callable[[Resolver], Proposal]


def listener(desk: Desk, *, quiet: bool) -> Listen:
    """Give a listener that tells each step on stderr; how far a step is (``progress``), only where a person looks."""
    line = None if quiet else line_on(desk)

    def listen(event: str, sentence: str) -> None:
        """Tell the beginning of a step, and how far it is."""
        if not quiet and event in ("start", "undo", "note"):
            desk.tell(f"  {sentence} ...")
        if line is None:
            return
        if event == "progress":
            line.word(sentence)
        elif event == "done":
            line.over()
        else:
            line.step()

    return listen


def change(
    options: argparse.Namespace,
    desk: Desk,
    propose: Propose,
    *,
    sync: bool = True,
    sync_options: Sequence[str] = (),
) -> int:
    """Propose, show, and carry out unless refused or only shown; give the exit code."""
    listen = listener(desk, quiet=options.json)
    with working_on(desk.cwd, desk.env, desk.clock(), listen) as (situation, stale):
        editable_with_uv(situation.project)
        resolver = Resolver(situation, situation.judge(), listen)
        started = time.monotonic()
        listen("start", "Resolving, and judging each release")
        proposal = propose(resolver)
        seconds = time.monotonic() - started
        if not proposal.possible:
            return refuse(proposal, situation, options, desk)
        wanted = sync and not getattr(options, "no_sync", False)
        if wanted:
            proposal = with_standing(resolver, proposal)
            if not proposal.possible:
                return refuse(proposal, situation, options, desk)
        if not options.json:
            show_enter(proposal, desk, seconds=seconds)
            show_held(proposal, desk)
        if options.dry_run:
            return _end(proposal, options, desk, done=False)
        if proposal.files or wanted or stale:
            carry_out(
                proposal.title,
                resolver,
                proposal.files,
                listen=listen,
                sync=wanted,
                options=sync_options,
            )
        if wanted and proposal.sure and not sync_options:
            write_stamp(reopened(situation, desk))
    return _end(proposal, options, desk, done=True)


def reopened(situation: Situation, desk: Desk) -> Situation:
    """Give the situation as it is after the change."""
    return open_situation(situation.project.root, desk.env, desk.clock())


def refuse(
    proposal: Proposal, situation: Situation, options: argparse.Namespace, desk: Desk
) -> int:
    """Say why nothing was changed, and give the exit code for a refusal."""
    if options.json:
        desk.say(json.dumps(proposal_value(proposal, done=False), indent=2))
        return REFUSED
    paint = paint_for(desk)
    refused = proposal.decision.blocked
    verb = "was refused" if refused else "cannot be done"
    desk.tell(f"onward: {paint('1', proposal.title)} {verb}; nothing was changed")
    if refused:
        today = situation.now.date()
        show_decision(
            proposal.decision, desk, today=today, book=situation.policy.book(today), write=desk.tell
        )
    else:
        asked = getattr(options, "requirements", ())
        where = "".join(f" {word}" for word in group_options(options)) if asked else ""
        show_unsolved(proposal, asked, where, desk)
    return REFUSED


def _end(proposal: Proposal, options: argparse.Namespace, desk: Desk, *, done: bool) -> int:
    if options.json:
        desk.say(json.dumps(proposal_value(proposal, done=done), indent=2))
    elif getattr(options, "part", False):
        pass
    elif not done:
        desk.say("Nothing was changed (--dry-run).")
    elif proposal.files:
        desk.say("Done. `onward undo` takes it back.")
    else:
        desk.say("Done. Nothing had to change in pyproject.toml or uv.lock.")
    return FINE
