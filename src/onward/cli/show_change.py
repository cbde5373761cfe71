"""A change of dependencies in words and as plain values: what enters, what was held back, why it cannot be."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from onward.cli.door import Desk
from onward.cli.show import paint_for, verdict_lines
from onward.cli.values import decision_value
from onward.core.lock import LockedPackage
from onward.core.names import Name
from onward.workflows.diagnosis import Conflict
from onward.workflows.entering import Brought
from onward.workflows.proposal import Proposal

_MOST_NAMES = 12
_MOST_WORDS = 10  # lines of uv that a person is shown


def show_enter(proposal: Proposal, desk: Desk, *, seconds: float) -> None:
    """Print what enters, changes and leaves, and what each requested package brings."""
    diff = proposal.diff
    paint = paint_for(desk)
    added = [package for package in diff.added if not package.is_workspace_member]
    parts = [
        f"{len(found)} {word}"
        for found, word in (
            (added, "new"),
            (diff.changed, "changed"),
            (diff.removed, "removed"),
        )
        if found
    ]
    desk.say(
        f"{proposal.title}: {', '.join(parts) or 'no package changes'} ({seconds:.1f} s, each one judged)"
    )
    brought = {b.name: b for b in proposal.brings}
    indirect = {name for b in proposal.brings for name in b.packages} - set(brought)
    for name, versions in _versions(added).items():
        shown = f"  {paint('32', '+')} {name}=={' and '.join(versions)}"
        if name in brought:
            desk.say(f"{shown}{_brings(brought[name])}")
        elif name not in indirect:
            desk.say(shown)
    for old, new in diff.changed:
        desk.say(f"  {paint('33', '~')} {new.name} {_from_to(old, new)}")
    for package in diff.removed:
        desk.say(f"  {paint('31', '-')} {package}")
    for verdict in proposal.advice:
        for line in verdict_lines(verdict, paint):
            desk.say(f"  {line}")
    if standing := Counter(verdict.finding.rule for verdict in proposal.standing_advice):
        rules = ", ".join(f"{count} {rule}" for rule, count in sorted(standing.items()))
        desk.say(f"  on what was there before: {rules}; `onward check` shows them")


def _versions(packages: Sequence[LockedPackage]) -> dict[Name, list[str]]:
    """Give the versions of each name; several where the lock forks by Python or platform."""
    found: dict[Name, list[str]] = {}
    for package in packages:
        found.setdefault(package.name, []).append(package.version or "(its own)")
    return found


def show_held(proposal: Proposal, desk: Desk) -> None:
    """Print the newer releases that were stepped over, and why."""
    if proposal.held:
        desk.say("Held back:")
    for held in proposal.held:
        desk.say(f"  {held.name} {held.version} (you get {held.instead_of})")
        for finding in held.because:
            desk.say(f"    {finding.message}  [{finding.rule}]")


def show_unsolved(proposal: Proposal, asked: Sequence[str], where: str, desk: Desk) -> None:
    """Print which own line is in the way and what would replace it; else the resolver's words.

    ``asked`` are the requirements of the call and ``where`` its option for the group.
    """
    if proposal.conflict is not None:
        _show_conflict(proposal.conflict, asked, where, desk)
        return
    for word in proposal.words[:_MOST_WORDS]:
        desk.tell(f"  {word}")
    if len(proposal.words) > _MOST_WORDS:
        more = len(proposal.words) - _MOST_WORDS
        desk.tell(f"  ... and {more} more lines of uv's; `--json` has them all")


def _show_conflict(conflict: Conflict, asked: Sequence[str], where: str, desk: Desk) -> None:
    desk.tell(f"  {conflict.place}: `{conflict.line}` is in the way")
    desk.tell(f"  with `{conflict.instead}` there it works")
    words = " ".join(f"'{word}'" for word in asked)
    if not conflict.becomes:
        desk.tell("  -> write that there if the project may leave the older Pythons behind,")
        desk.tell("     or ask for an older release, which still supports them")
        return
    option = {"group": f" --group {conflict.group}", "extra": f" --optional {conflict.group}"}
    there = option.get(conflict.role, "") if conflict.group else ""
    same = there == where or (there, where) == (" --group dev", " --dev")
    if same:
        desk.tell(f"  -> onward add{there} '{conflict.instead}' {words}".rstrip())
    else:
        desk.tell(f"  -> first  onward add{there} '{conflict.instead}'")
        desk.tell(f"     then   onward add{where} {words}".rstrip())


def proposal_value(proposal: Proposal, *, done: bool) -> dict[str, Any]:
    """Give a proposal as plain values for JSON (schema 1)."""
    diff = proposal.diff
    conflict = proposal.conflict
    return {
        "schema": 1,
        "title": proposal.title,
        "done": done,
        "possible": proposal.possible,
        "decision": decision_value(proposal.decision),
        "files": sorted(proposal.files),
        "added": [
            {"name": p.name, "version": p.version} for p in diff.added if not p.is_workspace_member
        ],
        "changed": [{"name": n.name, "from": o.version, "to": n.version} for o, n in diff.changed],
        "removed": [{"name": p.name, "version": p.version} for p in diff.removed],
        "brings": [
            {
                "name": b.name,
                "version": b.version,
                "packages": list(b.packages),
                "bytes": b.size,
                "licences": b.licences,
            }
            for b in proposal.brings
        ],
        "held_back": [
            {
                "name": h.name,
                "version": h.version,
                "instead": h.instead_of,
                "because": [
                    {"rule": f.rule, "message": f.message, "facts": f.facts} for f in h.because
                ],
            }
            for h in proposal.held
        ],
        "conflict": None
        if conflict is None
        else {
            "place": conflict.place,
            "requirement": conflict.line,
            "instead": conflict.instead,
            "becomes": conflict.becomes,
        },
        "words": list(proposal.words),
    }


def _brings(brought: Brought) -> str:
    licence = brought.licences.get(brought.name, "licence unknown") or "no licence stated"
    megabytes = f"{brought.size / 1e6:.1f} MB"
    others = [name for name in brought.packages if name != brought.name]
    if not others:
        return f"  {licence}, {megabytes}, nothing else"
    names = ", ".join(_named(name, brought) for name in others[:_MOST_NAMES])
    more = f" and {len(others) - _MOST_NAMES} more" if len(others) > _MOST_NAMES else ""
    return f"  {licence}; brings {len(others)} more ({names}{more}), {megabytes} in all"


def _named(name: str, brought: Brought) -> str:
    licence = brought.licences.get(name)
    return f"{name} [{licence}]" if licence else name


def _from_to(old: LockedPackage, new: LockedPackage) -> str:
    if old.version == new.version:
        return f"{new.version} (other files)"
    return f"{old.version} -> {new.version}"
