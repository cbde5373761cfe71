"""A change of dependencies in words and as plain values: what enters, what was held back, why it cannot be."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from onward.cli.door import Desk
from onward.cli.show import paint_for, verdict_lines
from onward.cli.values import decision_value
from onward.core.lock import LockDiff
from onward.core.names import Name
from onward.workflows.diagnosis import Conflict
from onward.workflows.entering import Brought
from onward.workflows.proposal import Proposal

_MOST_NAMES = 12
_MOST_WORDS = 10  # lines of uv that a person is shown


def show_enter(proposal: Proposal, desk: Desk, *, seconds: float) -> None:
    """Print what enters, changes and leaves, and what each requested package brings."""
    moves = _moves(proposal.diff)
    paint = paint_for(desk)
    parts = [
        f"{len(names)} {word}"
        for word in ("new", "changed", "removed")
        if (names := [name for name, (olds, news) in moves.items() if _kind(olds, news) == word])
    ]
    desk.say(
        f"{proposal.title}: {', '.join(parts) or 'no package changes'} ({seconds:.1f} s, each one judged)"
    )
    brought = {b.name: b for b in proposal.brings}
    indirect = {name for b in proposal.brings for name in b.packages} - set(brought)
    for name, (olds, news) in moves.items():
        kind = _kind(olds, news)
        if kind == "new" and name not in indirect:
            brings = _brings(brought[name]) if name in brought else ""
            desk.say(f"  {paint('32', '+')} {name}=={' and '.join(news)}{brings}")
        elif kind == "changed":
            desk.say(f"  {paint('33', '~')} {name} {_from_to(olds, news)}")
        elif kind == "removed":
            desk.say(f"  {paint('31', '-')} {name}=={' and '.join(olds)}")
    show_advice(proposal, desk)


def show_advice(proposal: Proposal, desk: Desk) -> None:
    """Print what is advised on what enters; what is advised on the rest is one line, since it is told each time."""
    paint = paint_for(desk)
    for verdict in proposal.advice:
        for line in verdict_lines(verdict, paint):
            desk.say(f"  {line}")
    if standing := Counter(verdict.finding.rule for verdict in proposal.standing_advice):
        rules = ", ".join(f"{count} {rule}" for rule, count in sorted(standing.items()))
        desk.say(f"  on what was there before: {rules}; `onward check` shows them")


def _moves(diff: LockDiff) -> dict[Name, tuple[list[str], list[str]]]:
    """Give the versions that leave and that enter for each name, the new names first and the gone ones last.

    Of a lock that forks by Python or platform there may be several, and one line tells of them.
    """
    found: dict[Name, tuple[list[str], list[str]]] = {}
    leaving = [*diff.removed, *(old for old, _ in diff.changed)]
    for side, packages in ((1, diff.added), (1, [n for _, n in diff.changed]), (0, leaving)):
        for package in packages:
            versions = found.setdefault(package.name, ([], []))[side]
            if not package.is_workspace_member and package.version not in versions:
                versions.append(package.version or "(its own)")
    order = ("new", "changed", "removed", "")
    return dict(sorted(found.items(), key=lambda found: order.index(_kind(*found[1]))))


def _kind(olds: Sequence[str], news: Sequence[str]) -> str:
    if not news:
        return "removed" if olds else ""
    return "changed" if olds else "new"


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


def _from_to(olds: Sequence[str], news: Sequence[str]) -> str:
    if olds == news:
        return f"{' and '.join(news)} (other files)"
    return f"{' and '.join(olds)} -> {' and '.join(news)}"
