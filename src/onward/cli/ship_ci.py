"""``onward ship ci``: the jobs of a build service, written beside your edits, or their steps run on this machine."""

import argparse
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, MENDABLE, REFUSED, BadInput

if TYPE_CHECKING:
    from onward.domain.pipeline.model import Facts
    from onward.workflows.ci.files import Pinning
    from onward.workflows.ci.here import Told
    from onward.workflows.ci.seat import Seat


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("--github", action="store_true", help="write a workflow into .github/workflows")
    add("--gitlab", action="store_true", help="write .gitlab-ci.yml")
    add(
        "--app",
        action=argparse.BooleanOptionalAction,
        help="also build the program for people without Python, on three systems (default: where [tool.onward.app] is)",
    )
    add(
        "--publish",
        metavar="INDEX|pypi|none",
        help="where a tag is published to (default: the index with a `publish-url`; pypi for a library)",
    )
    add(
        "--pin",
        action="store_true",
        help="ask the repositories of actions which commits their tags name, and write the commits",
    )
    add(
        "--here",
        action="store_true",
        help="run the same steps on this machine, up to the first that fails; what passed is not run again",
    )
    add(
        "--from",
        dest="start",
        default="",
        metavar="STEP",
        help="with --here: start at this step, and run it even if it passed before",
    )
    add("--dry-run", action="store_true", help="show what would be written or run, and do nothing")
    add("--json", action="store_true", help="answer as JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Write or run; 1 when edits collide or a step fails."""
    from onward.cli.wrong_words import need_values
    from onward.workflows.ci.facts import Asked, asked_before, read_facts
    from onward.workflows.ci.files import words_before
    from onward.workflows.ci.seat import open_seat

    need_values(options, "publish")
    if options.start and not options.here:
        raise BadInput("only-here", "`--from` says where `--here` starts")
    if options.here and (options.pin or options.github or options.gitlab):
        raise BadInput(
            "not-here", "`--here` writes no files, so it goes with none of their options"
        )
    seat = open_seat(desk.cwd, desk.env)
    asked = Asked(publish=options.publish or "", app=options.app)
    asked = asked_before(asked, words_before(seat))
    facts = read_facts(seat, asked, desk.env, desk.clock().date())
    return (_here if options.here else _write)(seat, facts, options, desk)


def _write(seat: "Seat", facts: "Facts", options: argparse.Namespace, desk: Desk) -> int:
    import contextlib

    from onward.adapters.git_remote import remotes, tags_at
    from onward.cli.ship_container_files import show
    from onward.core import env as names
    from onward.core.folders import cache_folder
    from onward.core.perform import perform
    from onward.workflows.ci.files import HOME, Pinning, guess_services, notes_on, pin, propose
    from onward.workflows.situation import alone, alone_as_it_is

    root = seat.workspace.root.resolve()
    cache = cache_folder(desk.env)
    named = tuple(word for word in ("github", "gitlab") if getattr(options, word))
    services = named or guess_services(seat, remotes(root, desk.env))
    # the file at the top is shared with the other projects there
    top = contextlib.nullcontext() if seat.top == root else alone_as_it_is(seat.top, cache)
    with alone(root, cache), top:
        outcome = propose(seat, facts, services, named=bool(named))
        pinning = Pinning(outcome=outcome, pinned=(), notes=())
        if options.pin and "github" in services:
            home = desk.env.get(names.ACTIONS_URL) or HOME
            desk.tell(f"  Asking {home} for the tags of the actions ...")
            pinning = pin(seat, outcome, lambda url: tags_at(url, desk.env), home)
        notes = (*pinning.notes, *notes_on(seat, services, outcome))
        pinning = Pinning(outcome=pinning.outcome, pinned=pinning.pinned, notes=notes)
        outcome = pinning.outcome
        done = outcome.writes and not options.dry_run
        if done:
            perform(outcome.plan, root, started=desk.clock().isoformat())
    if options.json:
        desk.say_json(_value(facts, pinning, done=done))
        return FINE
    if seat.folder and outcome.changed:
        desk.say(f"In {seat.top}, the top of the repository:")
    show(outcome, seat.top, desk, dry_run=options.dry_run)
    _advise(facts, pinning, services, desk)
    return FINE


def _advise(facts: "Facts", pinning: "Pinning", services: Sequence[str], desk: Desk) -> None:
    from onward.domain.pipeline.github import path_of

    for words in pinning.pinned:
        desk.say(f"pinned: {words}")
    for words in pinning.notes:
        desk.say(f"note: {words}")
    if not facts.tests:
        desk.say("note: no tests were found, so no job runs any (pytest in uv.lock, a task `test`)")
    for name in facts.left_out:
        desk.say(
            f"note: these jobs do not make the program of `{name}`; `onward ship ci` in its folder writes some that do"
        )
    if facts.onward[0] == "uvx":
        desk.say(
            f"note: the jobs fetch {facts.onward[2]}; `onward add --dev onward` puts it and all it needs into the lock"
        )
    published = [part for part in facts.parts if part.publish]
    if facts.folder or facts.several:
        for part in published:
            desk.say(f"A tag {part.tag.start}1.2.3 publishes {part.name} 1.2.3 to {part.publish}.")
    for index in dict.fromkeys(part.publish for part in published if part.trusted):
        file = (
            path_of(facts.folder).rpartition("/")[2] if "github" in services else ".gitlab-ci.yml"
        )
        desk.say(
            f"Before the first tag, name this workflow (`{file}`) and the environment `{index}` to {index}"
            f" as a trusted publisher{' of each of them' if facts.several else ''}."
        )
    for index in dict.fromkeys(part.publish for part in published if not part.trusted):
        desk.say(f"Before the first tag, give the environment `{index}` a secret UV_PUBLISH_TOKEN.")


def _value(facts: "Facts", pinning: "Pinning", *, done: bool) -> dict[str, object]:
    from onward.domain.pipeline.jobs import jobs_of

    return {
        "schema": "onward.ship-ci/1",
        "written": done,
        "files": sorted(pinning.outcome.changed),
        "left": pinning.outcome.left,
        "pinned": list(pinning.pinned),
        "notes": list(pinning.notes),
        "onward": facts.onward,
        "pythons": facts.pythons,
        "systems": facts.systems,
        "folder": facts.folder,
        "publish": next((part.publish for part in facts.parts if part.publish), None),
        "packages": [
            {
                "name": part.name,
                "folder": part.folder,
                "tag": f"{part.tag.start}*",
                "publish": part.publish or None,
            }
            for part in facts.parts
        ],
        "jobs": [
            {"name": job.name, "needs": job.needs, "steps": [step.name for step in job.steps]}
            for job in jobs_of(facts)
        ],
    }


def _here(seat: "Seat", facts: "Facts", options: argparse.Namespace, desk: Desk) -> int:
    from onward.cli.changing import listener
    from onward.core.folders import cache_folder
    from onward.domain.pipeline.jobs import jobs_of
    from onward.workflows.ci.here import place_for, run_here, steps_here

    place = place_for(cache_folder(desk.env), seat.root)
    steps = steps_here(jobs_of(facts), place, desk.env)
    running = run_here(
        seat.root,
        steps,
        place,
        desk.env,
        sources=seat.workspace.root.resolve(),
        start=options.start,
        dry_run=options.dry_run,
        listen=listener(desk, quiet=options.json),
    )
    told = []
    for one in running:
        told.append(one)
        if not options.json:
            _show_step(one, desk, dry_run=options.dry_run)
    stopped = next((one for one in told if one.stops), None)
    if options.json:
        desk.say_json(_here_value(told, dry_run=options.dry_run))
    elif stopped is not None:
        _way_out(stopped, told, desk)
    elif options.dry_run:
        desk.say("Nothing was run (--dry-run).")
    else:
        over = sum(one.outcome == "passed over" for one in told)
        left = f" but {over} that were passed over" if over else ""
        desk.say(f"All steps passed{left}. Nothing was published.")
    if stopped is None:
        return FINE
    return MENDABLE if stopped.outcome == "not started" else REFUSED


def _show_step(one: "Told", desk: Desk, *, dry_run: bool) -> None:
    from onward.cli.show import clean

    word = "would run" if dry_run and one.outcome == "not reached" else one.outcome
    seconds = f" {one.seconds:.1f} s" if one.seconds else ""
    desk.say(f"{one.step.name:<14} {word:<13}{seconds}  {clean(shlex.join(one.step.words))}")
    for line in one.words:
        desk.say(f"    {clean(line)}")


def _way_out(stopped: "Told", told: "list[Told]", desk: Desk) -> None:
    name = stopped.step.name
    if stopped.log:
        desk.say(f"The whole log: {stopped.log}")
    desk.tell(f"onward: the step `{name}` {_WORDS[stopped.outcome]}")
    names = [one.step.name for one in told]
    after = names[names.index(name) + 1 :]
    past = f"; `--from {after[0]}` goes past it" if after else ""
    desk.tell(
        f"  -> Mend it and run `onward ship ci --here` again: what passed is not run again{past}"
    )


_WORDS = {
    "failed": "failed, so nothing after it was run",
    "not started": "could not be started, so nothing after it was run",
}


def _here_value(told: "list[Told]", *, dry_run: bool) -> dict[str, object]:
    return {
        "schema": "onward.ship-ci-here/1",
        "ran": not dry_run,
        "passed": all(one.outcome in ("passed", "passed before") for one in told),
        "steps": [
            {
                "name": one.step.name,
                "argv": one.step.words,
                "env": one.step.env,
                "outcome": one.outcome,
                "seconds": round(one.seconds, 3),
                "code": one.code,
                "log": one.log or None,
                "words": one.words,
            }
            for one in told
        ],
    }
