"""One sentence of a user: what is this rule, or why was this decided?"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

import msgspec

from onward.adapters.tables import tool_words
from onward.core.errors import BadInput
from onward.core.finding import Finding, Place, Release, Subject, Whole
from onward.core.names import is_name, parse_name
from onward.core.policy import Level, Row, Verdict
from onward.core.tool import RuleText
from onward.domain.policy.catalogue import RULES, nearest_rule, rule_for
from onward.domain.policy.checks import DISTRIBUTIONS
from onward.domain.policy.decide import Rulebook
from onward.domain.policy.examples import EXAMPLES, Example
from onward.domain.policy.globs import text_test
from onward.domain.policy.loosening import sample_of
from onward.domain.policy.model import Policy
from onward.domain.policy.rule import Profile, Rule
from onward.domain.policy.rules_guard import ABOUT_NO_PACKAGE, ABOUT_THE_NAME
from onward.domain.policy.rules_refactor import text_of
from onward.domain.silencing import REASON, comment
from onward.workflows.policy import Setting, settings

Judge = Callable[[Subject], Iterable[Finding] | None]
"""Gives what is really found on a subject, None when nobody could look; the policy alone needs none."""

_CODE = re.compile(r"[A-Z]{1,6}\d{3,4}")
_CODES = {"DEP": "deptry", "DL": "hadolint", "SC": "hadolint"}  # all others are taken for ruff's
_SPOT = re.compile(r"(?P<path>.+?):(?P<line>\d+)(?::(?P<column>\d+))?")
_WHERE_TO_READ = {
    "ruff": "https://docs.astral.sh/ruff/rules/",
    "mypy": "https://mypy.readthedocs.io/en/stable/error_codes.html",
    "ty": "https://docs.astral.sh/ty/reference/rules/",
    "pyrefly": "https://pyrefly.org/en/docs/error-kinds/",
    "basedpyright": "https://docs.basedpyright.com/latest/configuration/config-files/",
    "flake8": "https://flake8.pycqa.org/en/latest/user/error-codes.html",
    "deptry": "https://deptry.com/rules-violations/",
    "vulture": "https://github.com/jendrikseipp/vulture#readme",
    "typos": "https://github.com/crate-ci/typos/blob/master/docs/reference.md",
    "interrogate": "https://interrogate.readthedocs.io/",
    "pydoclint": "https://jsh9.github.io/pydoclint/violation_codes.html",
    "griffe": "https://mkdocstrings.github.io/griffe/guide/users/checking/",
    "zizmor": "https://docs.zizmor.sh/audits/",
    "hadolint": "https://github.com/hadolint/hadolint#rules",
    "validate-pyproject": "https://validate-pyproject.readthedocs.io/",
    "pylint": "https://pylint.readthedocs.io/en/stable/user_guide/messages/messages_overview.html",
}
_NOT_LOOKED = ("tool/failed", "tool/missing", "check/no-files")
_SETTINGS = {
    "guard/too-new": ("guard.cooldown",),
    "guard/no-upload-time": ("guard.cooldown",),
    "guard/no-upload-time-local": ("guard.cooldown",),
    "guard/private-name": ("guard.private",),
    "guard/new-project": ("guard.private",),
    "guard/new-project-own-index": ("guard.private",),
    "guard/version-jump": ("guard.private",),
    "guard/not-allowed": ("guard.allow_only",),
    "guard/foreign-source": ("guard.indexes",),
    "guard/licence": ("guard.licences",),
    "guard/licence-unknown": ("guard.licences",),
    "guard/source-only": ("platforms", "python"),
    "python/mismatch": ("python",),
}


class Since(msgspec.Struct, frozen=True, kw_only=True):
    """The last commit that touched a row of the policy: its short name and its day (ISO); both empty when it is not committed."""

    commit: str = ""
    day: str = ""


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """How many findings of a rule the last whole check kept, in how many files, and when that was."""

    count: int
    files: int
    at: dt.datetime


class RuleExplained(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: its entry, its level here and the row that gives it, and the rows for single subjects.

    ``text`` is what the rule's own tool says about it, when that could be asked; ``read`` is
    where to read more otherwise. ``silence`` are the ways to silence it properly, a sentence each. ``since`` is
    when the project's row came to be, ``left`` what the last check found; None where that is not known.
    """

    rule: str
    entry: Rule
    profile: Profile
    level: Level
    row: Row
    levels: dict[str, Level]
    special: tuple[Row, ...] = ()
    settings: tuple[Setting, ...] = ()
    text: RuleText | None = None
    read: str = ""
    example: Example | None = None
    silence: tuple[str, ...] = ()
    since: Since | None = None
    left: Left | None = None


class Ruling(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would do to one subject, should it find something there, and by which row."""

    rule: str
    level: Level
    row: Row


class SubjectExplained(msgspec.Struct, frozen=True, kw_only=True):
    """A release or a place: what each rule would do to it, and what was really found (None: not looked)."""

    subject: Subject
    rulings: tuple[Ruling, ...]
    found: tuple[Verdict, ...] | None = None


def understand(word: str, root: Path, cwd: Path, configured: Collection[str] = ()) -> str | Subject:
    """Say what a person means: a rule id, or a release or place.

    A file that exists is a place, also when a rule has the same name, and a bare code in
    capitals (``F401``) is ruff's, unless it can only be another tool's (``DEP002``). Raises BadInput (``unknown-rule``) with the nearest rule
    for what is nothing of the kind.
    """
    place = _place(word, root, cwd)
    if place is not None:
        return place
    if rule_for(word, configured) is not None or word in RULES:
        return word
    if _CODE.fullmatch(word):
        letters = word.rstrip("0123456789")
        return f"{_CODES.get(letters, 'ruff')}/{word}"
    name, equals, version = (part.strip() for part in word.partition("=="))
    by_end = next((rule for rule in RULES if rule.rpartition("/")[2] == word), None)
    if by_end is not None and by_end != "*":
        return by_end
    if is_name(name) and bool(version) == bool(equals):
        return Release(name=parse_name(name), version=version)
    near = nearest_rule(word)
    raise BadInput(
        "unknown-rule",
        f"`{word}` is not a rule, a package or a place in this project",
        hint=f"Did you mean `onward explain {near}`?"
        if near
        else "`onward policy` lists the rules.",
    )


def explain_rule(
    rule: str, policy: Policy, today: dt.date, *, text: RuleText | None = None
) -> RuleExplained:
    """Explain a rule that ``understand`` gave; ``text`` is what its tool says (``checking.texts``)."""
    entry = rule_for(rule, policy.check.configured) or RULES[rule]
    book = policy.book(today)
    row = book.row(rule, Whole())
    special = tuple(
        one for one in policy.rows if one.only and one is not row and text_test(one.match)(rule)
    )
    wanted = _SETTINGS.get(rule, ())
    tool, _, code = rule.partition("/")
    words = tool_words(tool)
    ours = words.rules.get(code) if words else None
    text = text or _own_text(rule)
    if words and ours and not (text and text.text):
        text = RuleText(
            rule=rule,
            name=code,
            summary=ours.what or (text.summary if text else ""),
            text=ours.why,
            url=(text.url if text else "") or words.address(code),
        )
    return RuleExplained(
        rule=rule,
        entry=entry,
        profile=policy.profile,
        level=row.level,
        row=row,
        levels={profile.value: entry.level(profile) for profile in Profile},
        special=special,
        settings=tuple(setting for setting in settings(policy) if setting.key in wanted),
        text=text,
        read="" if text and (text.url or text.text) else where_to_read(rule),
        example=ours.example if ours else EXAMPLES.get(rule),
        silence=ways_to_silence(rule),
    )


def ways_to_silence(rule: str) -> tuple[str, ...]:
    """Give the ways to silence a rule that others can understand later, a sentence each."""
    if rule.startswith(_NOT_LOOKED):
        return ("Not at all: it says that nobody looked. Mend the cause, or do without the tool.",)
    if rule == "guard/malicious":
        return ("Not at all: known malware is never let in.",)
    if rule.startswith("guard/"):
        return ("`onward allow` writes a row for one release, with a reason and a last day.",)
    row = f'[[tool.onward.policy]] with match = "{rule}", level = "off" and why = "..."'
    ways = [f'In some files: {row}, and only = "tests/**" or the like.']
    tool, _, code = rule.partition("/")
    if made := comment(rule):
        ways.insert(0, f"At one line: `{made}{REASON}`, with your reason in place of {REASON}.")
    elif (words := tool_words(tool)) and words.silence and code != "*":
        ways.insert(0, words.way(code))
    return (*ways, f"Everywhere: {row}.")


def where_to_read(rule: str) -> str:
    """Give the address at which the tool of a rule writes about it or about its rules, or an empty text."""
    tool, _, code = rule.partition("/")
    if tool == "hadolint" and code.startswith("SC"):
        return f"https://www.shellcheck.net/wiki/{code}"
    words = tool_words(tool)
    if words and "{code}" in words.url and "*" not in code:
        return words.address(code)
    return _WHERE_TO_READ.get(tool, "")


def explain_subject(
    subject: Subject, policy: Policy, today: dt.date, *, judge: Judge | None = None
) -> SubjectExplained:
    """Say what each rule that can meet ``subject`` would do to it; with ``judge`` also what it really finds."""
    book: Rulebook = policy.book(today)
    rulings = []
    for rule in _rules_for(subject, policy):
        met = subject
        if isinstance(subject, Release) and rule in ABOUT_THE_NAME:
            met = Release(
                name=subject.name
            )  # such findings name no version, so no row for one fits
        row = book.row(sample_of(rule), met)
        rulings.append(Ruling(rule=rule, level=row.level, row=row))
    seen = None if judge is None else judge(subject)
    found = None if seen is None else tuple(book.verdict(finding) for finding in seen)
    return SubjectExplained(subject=subject, rulings=tuple(rulings), found=found)


def _own_text(rule: str) -> RuleText | None:
    """Give the long text of one of onward's own rules; most have none beside their entry."""
    own = text_of(rule)
    if own is None:
        return None
    return RuleText(rule=rule, name=own.name, summary=own.title, text=f"{own.why}\n\n{own.text}")


def _rules_for(subject: Subject, policy: Policy) -> list[str]:
    """Give the rules and families that can find something on a subject, those with rows of their own first."""
    if isinstance(subject, Release):
        return [
            rule for rule in RULES if rule.startswith("guard/") and rule not in ABOUT_NO_PACKAGE
        ]
    tools = (*DISTRIBUTIONS, *policy.check.configured)
    about_files = ("project/", *(f"{tool}/" for tool in tools))
    own = [row.match for row in policy.rows if row.match.startswith(about_files)]
    return sorted(dict.fromkeys(own), key=lambda rule: RULES.get(rule) is not None)


def _place(word: str, root: Path, cwd: Path) -> Place | None:
    spot = _SPOT.fullmatch(word)
    path = cwd / (spot["path"] if spot else word)
    if not path.is_file():
        return None
    try:
        inside = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None
    if spot is None:
        return Place(path=inside)
    return Place(path=inside, line=int(spot["line"]), column=int(spot["column"] or 0))
