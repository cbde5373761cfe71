"""``onward guard why``: a refusal explained, with what would help."""

import argparse
import contextlib
import datetime as dt
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, OnwardError

if TYPE_CHECKING:
    from onward.core.finding import Release
    from onward.core.policy import Verdict
    from onward.domain.policy.decide import Rulebook
    from onward.workflows.guard_why import Why
    from onward.workflows.project_ruling import ProjectRuling

_ALLOWED_FOR = dt.timedelta(days=30)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("spec", metavar="NAME[==VERSION]", help="what was refused")
    parser.add_argument(
        "--at",
        metavar="URL",
        help="the guard's index (default: the one that `guard on` has set, else the usual one)",
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Ask, and explain."""
    from onward.cli.guard_on import place_of
    from onward.core.env import is_offline
    from onward.core.net import Net
    from onward.domain.spec import parse_spec
    from onward.workflows.guard_ask import own_login
    from onward.workflows.guard_configured import configured
    from onward.workflows.guard_why import why

    subject = parse_spec(options.spec)
    known = configured(options.at, place_of(desk))

    def here(subject: "Release") -> "ProjectRuling":
        return _here(subject, desk)

    net = Net(desk.env, attempts=1)
    answer = why(
        subject,
        known.guard,
        net,
        here,
        login=own_login(known.guard, desk.env, by_project=known.by_project),
        note=lambda words: desk.tell(f"onward: {words}"),
        offline=is_offline(desk.env),
    )
    book = None if answer.by_server else _book(desk)
    ways = [(verdict, _ways(verdict, answer, book, desk)) for verdict in answer.verdicts]
    if options.json:
        _say_json(answer, ways, desk)
    else:
        _show(answer, ways, desk)
    return FINE


def _here(subject: "Release", desk: Desk) -> "ProjectRuling":
    from onward.workflows.guard_why import judged_here
    from onward.workflows.situation import open_situation

    try:
        situation = open_situation(desk.cwd, desk.env, desk.clock())
    except OnwardError as error:
        if error.reference == "no-project":
            error.hint = "Start the guard (`onward guard serve`), name it with `--at URL`, or go to a project's folder."
        raise
    return judged_here(situation, subject)


def _ways(verdict: "Verdict", answer: "Why", book: "Rulebook | None", desk: Desk) -> list[str]:
    """Give what would really help against one verdict: on a server only its own policy file does."""
    from onward.cli.show import ways_out
    from onward.workflows.allow import NAMED_ONLY
    from onward.workflows.project_ruling import stops

    today = desk.clock().date()
    if not stops(verdict):
        return [verdict.finding.hint] if verdict.finding.hint else []
    if not answer.by_server:
        return ways_out(verdict, today=today, book=book)
    found = [verdict.finding.hint] if verdict.finding.hint else []
    if verdict.finding.rule not in NAMED_ONLY:
        until = (today + _ALLOWED_FOR).isoformat()
        found.append(
            f"on the guard's machine: onward allow {verdict.finding.subject} --rule {verdict.finding.rule}"
            f' --until {until} --why "..." {_whose_policy(desk)}'
        )
    return found


def _book(desk: Desk) -> "Rulebook":
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.workflows.in_force import policy_in_force

    cache = cache_folder(desk.env)
    here = policy_in_force(desk.cwd, env=desk.env, net=Net(desk.env), cache=cache)
    return here.policy.book(desk.clock().date())


def _whose_policy(desk: Desk) -> str:
    """Give the option of ``onward allow`` for the server's policy: this user's, if there is one, else any."""
    from onward.core.folders import data_folder

    with contextlib.suppress(OnwardError):  # a user without a home has no server either
        if (data_folder(desk.env) / "guard").is_dir():
            return "--server"
    return "--data DIR"


def _show(answer: "Why", ways: "list[tuple[Verdict, list[str]]]", desk: Desk) -> None:
    from onward.cli.show import clean, evidence_lines, paint_for, row_words

    paint = paint_for(desk)
    state = "held back" if answer.blocked else "let through"
    named = answer.subject.version or not answer.release
    newest = "" if named else f" (its newest release is {clean(answer.release)})"
    desk.say(f"{paint('1', str(answer.subject))}{newest}: {state} by {answer.asked}")
    desk.say(f"  from {clean(answer.source)}; built on {clean(answer.advice)}")
    if answer.uploaded:
        desk.say(f"  uploaded {clean(answer.uploaded)}")
    for verdict, hints in ways:
        finding = verdict.finding
        desk.say()
        level = paint.level(verdict.level, verdict.level.value)
        desk.say(
            f"{level}  {clean(str(finding.subject))}: {clean(finding.message)}  [{finding.rule}]"
        )
        for line in evidence_lines(finding):
            desk.say(f"  {line}")
        desk.say(f"  decided by {clean(row_words(verdict.row))}")
        for hint in hints:
            desk.say(f"  -> {clean(hint)}")
    desk.say()
    if answer.passes:
        moment = dt.datetime.fromisoformat(answer.passes).astimezone(dt.UTC)
        desk.say(f"It is let through by itself from {moment:%Y-%m-%d %H:%M} UTC on.")
    elif answer.blocked:
        desk.say("It is not let through by itself; something has to change.")
    desk.say(_nearest_words(answer))


def _nearest_words(answer: "Why") -> str:
    if not answer.count:
        return "No release of it is known there."
    held = f"held back: {answer.held} of {answer.count} releases"
    if answer.nearest is None:
        return f"No release of it is let through ({held})."
    near = answer.nearest
    day = f", uploaded {near.uploaded[:10]}" if near.uploaded else ""
    if not answer.blocked and near.version == answer.release:
        return f"It may be installed ({held})."
    return f"The nearest release that is let through is {near.version}{day} ({held})."


def _say_json(answer: "Why", ways: "list[tuple[Verdict, list[str]]]", desk: Desk) -> None:
    from onward.cli.values import verdict_value

    near = answer.nearest
    value = {
        "schema": 1,
        "name": answer.subject.name,
        "version": answer.subject.version or None,
        "asked": answer.asked,
        "by_server": answer.by_server,
        "source": answer.source,
        "advice": answer.advice,
        "release": answer.release or None,
        "uploaded": answer.uploaded or None,
        "blocked": answer.blocked,
        "passes": answer.passes or None,
        "findings": [{**verdict_value(verdict), "ways_out": hints} for verdict, hints in ways],
        "nearest": {"version": near.version, "uploaded": near.uploaded or None} if near else None,
        "releases": answer.count,
        "held_back": answer.held,
    }
    desk.say_json(value)
