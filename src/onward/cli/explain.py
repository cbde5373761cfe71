"""``onward explain``: say what a rule is, or what the policy says about a package or a place."""

import argparse
import textwrap
from typing import TYPE_CHECKING

from onward.cli.door import Desk
from onward.core.errors import FINE, OnwardError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from onward.core.finding import Finding, Subject
    from onward.core.policy import Row
    from onward.core.tool import RuleText
    from onward.workflows.explain import Judge, Left, RuleExplained, SubjectExplained

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
    from onward.workflows.explain import explain_subject, understand
    from onward.workflows.explain_here import explained_here, policy_here

    here = policy_here(desk.cwd, desk.env)
    policy = here.policy
    meant = understand(options.subject, here.root, desk.cwd, policy.check.configured)
    if isinstance(meant, str):
        rule = explained_here(meant, here, desk.env, desk.clock())
        if options.json:
            desk.say_json(rule)
        else:
            for line in rule_lines(rule):
                desk.say(line)
    else:
        subject = explain_subject(meant, policy, desk.clock().date(), judge=_judge(desk))
        if options.json:
            desk.say_json(subject)
        else:
            _show_subject(subject, desk)
    return FINE


def _judge(desk: Desk) -> "Judge":
    """Give what looks at a release or a place in this project; what it could not look at is told."""

    def judge(subject: "Subject") -> "Iterable[Finding] | None":
        """Give what there is to find on ``subject``, None when it could not be judged."""
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


def rule_lines(rule: "RuleExplained") -> "Iterator[str]":
    """Give all that is known of a rule as lines of Markdown that can be read as they are."""
    said = rule.text
    yield f"{rule.rule}: {_title(said) if said else rule.entry.summary}"
    yield ""
    if said and said.text:
        yield from said.text.strip().splitlines()
        yield ""
    else:
        yield from _paragraph("Why it exists", rule.entry.why)
    if said and said.url:
        yield f"More: {said.url}"
        yield ""
    yield from _paragraph("What to do", rule.entry.remedy)
    if rule.example is not None:
        yield from _indented("Bad", rule.example.bad)
        yield from _indented("Good", rule.example.good)
    yield f"Level here: {rule.level.value}, by {_row_words(rule.row)}{_since_words(rule)}"
    levels = ", ".join(f"{profile} {level.value}" for profile, level in rule.levels.items())
    yield f"  In the profiles: {levels}; this project's profile is {rule.profile.value}."
    for setting in rule.settings:
        yield f"  {setting.key}: {setting.value} ({setting.origin})"
    if rule.special:
        yield "Rows for some subjects only:"
        for row in rule.special:
            yield f"  {row.level.value} for {', '.join(row.only)}, by {_row_words(row)}"
    if rule.left is not None:
        yield f"Left here: {_left_words(rule.left)}"
    yield "To silence it properly:"
    for way in rule.silence:
        yield f"  {way}"
    if rule.read:
        yield f"Read more at {rule.read}"


def _since_words(rule: "RuleExplained") -> str:
    if rule.since is None:
        return ""
    if not rule.since.commit:
        return " (not committed yet)"
    return f" (as it is since {rule.since.day}, commit {rule.since.commit})"


def _left_words(left: "Left") -> str:
    when = f"by the last check of everything, {left.at:%Y-%m-%d %H:%M} UTC"
    if not left.count:
        return f"none, {when}"
    files = f"{left.files} file" + ("" if left.files == 1 else "s")
    return f"{left.count} in {files}, {when}"


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


def _indented(heading: str, text: str) -> "Iterator[str]":
    yield heading
    yield from (f"    {line}".rstrip() for line in text.splitlines())
    yield ""


def _paragraph(heading: str, text: str) -> "Iterator[str]":
    yield heading
    for line in textwrap.wrap(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield f"  {line}"
    yield ""
