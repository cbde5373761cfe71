"""``onward explain``: say what a rule is, or what the policy says about a package or a place."""

import argparse
import textwrap
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, OnwardError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onward.core.finding import Finding, Subject
    from onward.core.policy import Row
    from onward.core.tool import RuleText
    from onward.workflows.explain import Judge, RuleExplained, SubjectExplained

_WIDTH = 96


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "subject",
        metavar="RULE|NAME[==VERSION]|FILE[:LINE]",
        help="a rule (guard/too-new, ruff/F401), a package, or a place in a file",
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Find out what is meant, and explain it."""
    from onward.core.folders import cache_folder
    from onward.core.net import Net
    from onward.workflows.check import with_ruff
    from onward.workflows.checking.texts import tool_text
    from onward.workflows.explain import explain_rule, explain_subject, understand
    from onward.workflows.in_force import policy_in_force

    here = policy_in_force(desk.cwd, env=desk.env, net=Net(desk.env), cache=cache_folder(desk.env))
    policy = with_ruff(here.policy, here.root)
    today = desk.clock().date()
    meant = understand(options.subject, here.root, desk.cwd, policy.check.configured)
    if isinstance(meant, str):
        text = tool_text(meant, here.root, desk.env)
        rule = explain_rule(meant, policy, today, text=text)
        if options.json:
            desk.say_json(rule)
        else:
            _show_rule(rule, desk)
    else:
        subject = explain_subject(meant, policy, today, judge=_judge(desk))
        if options.json:
            desk.say_json(subject)
        else:
            _show_subject(subject, desk)
    return FINE


def _judge(desk: Desk) -> "Judge":
    """Give what looks at a release or a place in this project; what it could not look at is told."""

    def judge(subject: "Subject") -> "Iterable[Finding] | None":
        from onward.core.finding import Place, Release
        from onward.workflows.judge_place import findings_at
        from onward.workflows.judge_release import findings_on
        from onward.workflows.situation import open_situation

        try:
            situation = open_situation(desk.cwd, desk.env, desk.clock())
            if isinstance(subject, Release):
                return findings_on(situation, subject)
            return findings_at(situation, subject) if isinstance(subject, Place) else None
        except OnwardError as error:
            desk.tell(f"onward: not judged: {error.message}")
            return None

    return judge


def _show_rule(rule: "RuleExplained", desk: Desk) -> None:
    said = rule.text
    desk.say(f"{rule.rule}: {_title(said) if said else rule.entry.summary}")
    desk.say()
    if said and said.text:
        desk.say(said.text.strip())
        desk.say()
    else:
        _paragraph("Why it exists", rule.entry.why, desk)
    if said and said.url:
        desk.say(f"More: {said.url}")
        desk.say()
    _paragraph("What to do", rule.entry.remedy, desk)
    desk.say(f"Level here: {rule.level.value}, by {_row_words(rule.row)}")
    levels = ", ".join(f"{profile} {level.value}" for profile, level in rule.levels.items())
    desk.say(f"  In the profiles: {levels}; this project's profile is {rule.profile.value}.")
    for setting in rule.settings:
        desk.say(f"  {setting.key}: {setting.value} ({setting.origin})")
    if rule.special:
        desk.say("Rows for some subjects only:")
        for row in rule.special:
            desk.say(f"  {row.level.value} for {', '.join(row.only)}, by {_row_words(row)}")
    if rule.read:
        desk.say(f"Read more at {rule.read}")


def _title(said: "RuleText") -> str:
    # ruff's summaries are patterns with holes in them; its names have none
    return said.name.replace("-", " ") if "{" in said.summary else said.summary


def _show_subject(subject: "SubjectExplained", desk: Desk) -> None:
    if subject.found is None:
        desk.say(f"{subject.subject}: not looked at, so nothing is known to be good")
    else:
        desk.say(
            f"{subject.subject}: {'found today' if subject.found else 'nothing was found today'}"
        )
        for verdict in subject.found:
            finding = verdict.finding
            desk.say(f"  {verdict.level.value.ljust(8)}{finding.rule}: {finding.message}")
            desk.say(f"          decided by {_row_words(verdict.row)}; seen by {finding.seen_by}")
            if finding.hint:
                desk.say(f"          -> {finding.hint}")
    desk.say()
    desk.say(f"{subject.subject}: what each rule would do if it found something here")
    width = max(len(ruling.rule) for ruling in subject.rulings)
    for ruling in subject.rulings:
        words = f"{ruling.level.value.ljust(8)}{ruling.rule.ljust(width)}  {_row_words(ruling.row)}"
        desk.say(f"  {words}")


def _row_words(row: "Row") -> str:
    until = f" until {row.until.isoformat()}" if row.until else ""
    return f"{row.where}{until}" + (f": {row.why}" if row.why else "")


def _paragraph(heading: str, text: str, desk: Desk) -> None:
    desk.say(heading)
    for line in textwrap.wrap(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        desk.say(f"  {line}")
    desk.say()
