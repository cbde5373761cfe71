"""One sentence of a user: let this one thing pass, for this reason, until that day."""

import datetime as dt
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from onward.core.disk import read_limited
from onward.core.errors import BadInput, OnwardError, Refused
from onward.core.finding import Release
from onward.core.plan import Plan, WriteFile
from onward.core.policy import Level, Row, Source
from onward.domain.policy.catalogue import nearest_rule, reaches_a_rule
from onward.domain.policy.decide import Rulebook, admissible
from onward.domain.policy.durations import parse_duration
from onward.domain.policy.globs import is_literal, plain_name, text_test
from onward.domain.policy.keys import parse_day
from onward.domain.policy.loosening import sample_of
from onward.domain.policy.merge import read_policy
from onward.domain.policy.model import Policy
from onward.domain.policy.read import Document
from onward.domain.policy.rules_guard import ABOUT_NO_PACKAGE, ABOUT_THE_NAME, GUARD_RULES
from onward.domain.policy.write import NewRow, with_row, with_row_updated
from onward.workflows.in_force import PROJECT_FILE, InForce, own_table
from onward.workflows.settings import parse_toml

NAMED_ONLY = ("guard/malicious", "guard/private-name")
"""Rules that no default and no wildcard lets pass: whoever means them has to say their name."""

_LIMIT = 2_000_000  # bytes of a policy file
_SPEC = re.compile(r"(?P<name>[A-Za-z0-9._*?-]+)\s*(?:==\s*(?P<version>[A-Za-z0-9.!+_*-]+))?")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What should pass: a name or ``name==version``, rules (none: the usual ones), last day, reason."""

    spec: str
    why: str
    rules: tuple[str, ...] = ()
    until: dt.date | None = None


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about a wish: a plan with its row, or neither when nothing stands in the way.

    ``file`` is where the row goes, ``root`` the folder to perform the plan in, ``notes`` are
    sentences that a person should read.
    """

    file: Path
    root: Path
    row: NewRow | None = None
    plan: Plan | None = None
    updates: bool = False
    notes: tuple[str, ...] = ()


def parse_until(text: str, today: dt.date) -> dt.date:
    """Give the last day that ``text`` means: a day, or a span from today (``30 days``).

    Raises BadInput for what is neither, and for a day that has passed.
    """
    day = parse_day(text)
    if day is None:
        span = parse_duration(text)
        if span is None or span < dt.timedelta(days=1):
            raise BadInput(
                "bad-until",
                f"`{text}` is not a day or a number of days",
                hint='Write it like `--until 2027-01-31` or `--until "30 days"`.',
            )
        day = today + span
    if day < today:
        raise BadInput(
            "until-passed",
            f"{day.isoformat()} has passed, so the row would never count",
            hint=f"Today is {today.isoformat()}; choose a day from today on, or leave --until out.",
        )
    return day


def plan_allow(wish: Wish, here: InForce, today: dt.date) -> Allowed:
    """Plan the row in the project's own pyproject.toml.

    Raises Refused (``organisation-floor``) when the organisation's policy would make the row
    useless, BadInput for a wish that cannot be understood or a project without pyproject.toml.
    """
    release, only = _subject(wish.spec)
    if here.pyproject is None:
        raise BadInput(
            "no-pyproject",
            f"there is no {PROJECT_FILE} here to write the row into",
            hint="`--organisation-file onward-policy.toml` writes it into a policy file of its own.",
        )
    book = _book_without(here.policy, (Source.project, Source.option), only, today)
    rules, notes = _rules(wish, book, release)
    held = {rule: floor for rule in rules if (floor := _held_at(rule, book, release)) is not None}
    if held and (wish.rules or len(held) == len(rules)):
        raise _refusal(held, wish, here)
    notes += tuple(
        f"{rule} stays enforced: {floor.where} does not let a project loosen it"
        for rule, floor in held.items()
    )
    row = _row(wish, only, [rule for rule in rules if rule not in held])
    allowed = Allowed(file=here.root / PROJECT_FILE, root=here.root, notes=notes)
    if row is None:
        return allowed
    text = here.pyproject.decode("utf-8")

    def passes(new: str) -> bool:
        table = own_table(new.encode())
        project = Document(values=table or {}, file=PROJECT_FILE, path="tool.onward")
        own = [row for row in read_policy(project).rows if row.source is Source.project]
        rest = [row for row in here.policy.rows if row.source is not Source.project]
        return _all_pass(row, Rulebook([*own, *rest], today), release)

    changed = with_row_updated(text, ("tool", "onward"), row)
    updates = changed is not None and passes(changed)
    new = changed if changed is not None and updates else with_row(text, ("tool", "onward"), row)
    return _planned(allowed, row, new, works=updates or passes(new), updates=updates)


def plan_organisation_allow(wish: Wish, file: Path, today: dt.date) -> Allowed:
    """Plan the row in an organisation's policy file, which is made if it is not there."""
    release, only = _subject(wish.spec)
    content = read_limited(file, _LIMIT) if file.exists() else b""

    def policy(content: bytes) -> Policy:
        values = parse_toml(content, file.name)
        return read_policy(None, Document(values=values, file=file.name))

    before = policy(content)
    text = content.decode("utf-8")
    book = _book_without(before, (Source.organisation,), only, today)
    rules, notes = _rules(wish, book, release)
    row = _row(wish, only, rules)
    allowed = Allowed(file=file, root=file.parent, notes=notes)
    if row is None:
        return allowed

    def passes(new: str) -> bool:
        return _all_pass(row, policy(new.encode()).book(today), release)

    changed = with_row_updated(text, (), row)
    updates = changed is not None and passes(changed)
    new = changed if changed is not None and updates else with_row(text, (), row)
    return _planned(allowed, row, new, works=updates or passes(new), updates=updates)


def _planned(allowed: Allowed, row: NewRow, new: str, *, works: bool, updates: bool) -> Allowed:
    if not works:
        raise OnwardError(
            "row-without-effect",
            f"a row for {row.only} in `{allowed.file}` would not change what is decided",
            hint="`onward policy` shows the rows in force; nothing was written.",
        )
    verb = "Change the row" if updates else "Write a row"
    until = f" until {row.until.isoformat()}" if row.until else ""
    sentence = f"{verb} in {allowed.file.name}: {row.only} may pass {_listed(row.match)}{until}"
    step = WriteFile(sentence=sentence, path=str(allowed.file), content=new.encode())
    plan = Plan(title=f"Allow {row.only}", steps=(step,))
    return msgspec.structs.replace(allowed, row=row, plan=plan, updates=updates)


def _subject(spec: str) -> tuple[Release, str]:
    found = _SPEC.fullmatch(spec.strip())
    if found is None:
        raise BadInput(
            "bad-spec",
            f"`{spec}` is not a name or a name with one version",
            context=("Ranges, extras and addresses cannot be allowed, only names and versions.",),
            hint="Write it like `requests` or `requests==2.31.0`; `acme-*` means all such names.",
        )
    name, version = plain_name(found["name"]), found["version"] or ""
    if not name.strip("*?-"):
        raise BadInput(
            "bad-spec",
            f"`{spec}` would let every package pass",
            hint="To change a rule for everything, write a row without `only` into the policy.",
        )
    return (
        Release(name=sample_of(name), version=sample_of(version)),
        f"{name}=={version}" if version else name,
    )


def _rules(wish: Wish, book: Rulebook, release: Release) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the rules that need a row, and sentences about those that do not get one."""
    if wish.rules:
        for rule in wish.rules:
            _check_rule(rule, release)
        needed = tuple(
            rule for rule in dict.fromkeys(wish.rules) if _blocks(_known(rule), book, release)
        )
        idle = [rule for rule in wish.rules if rule not in needed]
        return needed, tuple(
            f"{rule} does not stop {release} here, so it needs no row" for rule in idle
        )
    unfit = (*NAMED_ONLY, *ABOUT_NO_PACKAGE, *(ABOUT_THE_NAME if release.version else ()))
    usual = [
        rule.id
        for rule in GUARD_RULES
        if rule.id not in unfit and _blocks((rule.id,), book, release)
    ]
    note = (
        f"{' and '.join(NAMED_ONLY)} are not among them; to let those pass, name them with --rule"
    )
    return tuple(usual), (note,) if usual else ()


def _check_rule(rule: str, release: Release) -> None:
    if not reaches_a_rule(rule):
        near = nearest_rule(rule)
        raise BadInput(
            "unknown-rule",
            f"there is no rule `{rule}`",
            hint=f"Did you mean `{near}`?" if near else "`onward policy` lists all rules.",
        )
    if not rule.startswith("guard/") or rule in ABOUT_NO_PACKAGE:
        raise BadInput(
            "not-a-package-rule",
            f"`{rule}` is not about a package, so a package cannot be let past it",
            hint=f"`onward explain {rule}` says what to do about it.",
        )
    if release.version and rule in ABOUT_THE_NAME:
        raise BadInput(
            "rule-on-names",
            f"`{rule}` is about the name, whatever the version",
            hint=f"Leave the version out: `onward allow {release.name} --rule {rule} ...`.",
        )
    hidden = [name for name in NAMED_ONLY if not is_literal(rule) and text_test(rule)(name)]
    if hidden:
        raise BadInput(
            "named-only",
            f"`{rule}` would also let {' and '.join(hidden)} pass",
            hint="Name the rules one by one; --rule can be given several times.",
        )


def _known(rule: str) -> tuple[str, ...]:
    return tuple(known.id for known in GUARD_RULES if text_test(rule)(known.id))


def _blocks(rules: Iterable[str], book: Rulebook, release: Release) -> bool:
    return any(book.row(rule, release).level.can_fail for rule in rules)


def _held_at(rule: str, book: Rulebook, release: Release) -> Row | None:
    for known in _known(rule):
        floor = book.floor(known, release)
        if floor is not None and not admissible(Row(match=rule, level=Level.advise), floor):
            return floor
    return None


def _row(wish: Wish, only: str, rules: Iterable[str]) -> NewRow | None:
    why = " ".join(wish.why.split())
    if not why or not why.isprintable():
        raise BadInput(
            "no-reason",
            "a row that lets something pass needs a reason that can be read",
            hint='Say it with `--why "..."`: who decided, and what makes it safe enough.',
        )
    match = tuple(rules)
    if not match:
        return None
    return NewRow(match=match, only=only, level=Level.advise, why=why, until=wish.until)


def _book_without(
    policy: Policy, sources: tuple[Source, ...], only: str, today: dt.date
) -> Rulebook:
    """Give the rules in force without earlier rows for this very subject, which may be changed."""
    kept = [row for row in policy.rows if not (row.source in sources and row.only == (only,))]
    return Rulebook(kept, today)


def _all_pass(row: NewRow, book: Rulebook, release: Release) -> bool:
    return not _blocks((known for rule in row.match for known in _known(rule)), book, release)


def _refusal(held: dict[str, Row], wish: Wish, here: InForce) -> Refused:
    floors = tuple(
        f"{rule} is `{floor.level}` by {floor.where}" + (f" ({floor.why})" if floor.why else "")
        for rule, floor in held.items()
    )
    asked = "".join(f"--rule {rule} " for rule in wish.rules)
    if here.organisation is not None:
        hint = (
            f"Who keeps `{here.organisation}` can allow it there:"
            f" `onward allow {wish.spec} {asked}--organisation-file {here.organisation} ...`."
        )
    else:
        hint = "Ask whoever keeps that policy to add the row there, or `may_loosen = true`."
    return Refused(
        "organisation-floor",
        f"your organisation's policy does not let a project allow {_listed(tuple(held))} for {wish.spec}",
        context=floors,
        hint=hint,
    )


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
