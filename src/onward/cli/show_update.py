"""An update in words and as JSON: what would move, what was kept, what broke and how to hold it back."""

import json
from typing import Any

from onward.cli.door import Desk
from onward.cli.show import clean, paint_for
from onward.cli.show_change import show_advice, show_held
from onward.cli.values import decision_value
from onward.workflows.own_tests import Tests
from onward.workflows.update import Update, UpdatePlan
from onward.workflows.update_trial import LeftOut, Updated


def show_plan(plan: UpdatePlan, desk: Desk) -> None:
    """Print what would move, what is held back, and what cannot be mended."""
    paint = paint_for(desk)
    counts = [
        f"{found} {step}"
        for step in ("major", "minor", "patch")
        if (found := sum(update.step == step for update in plan.updates))
    ]
    if plan.updates:
        title = f"{plan.proposal.title}: {_many(len(plan.updates), 'package')}"
        desk.say(title + (f" ({', '.join(counts)})" if counts else ""))
    for line in _table([_row(update) for update in plan.updates]):
        desk.say(f"  {paint('33', '~')} {line}")
    for sign, packages in (("+", plan.proposal.diff.added), ("-", plan.proposal.diff.removed)):
        moved = {update.name for update in plan.updates}
        for package in packages:
            if not package.is_workspace_member and package.name not in moved:
                desk.say(f"  {sign} {package}")
    show_advice(plan.proposal, desk)
    show_held(plan.proposal, desk)
    for unfixed in plan.unfixed:
        desk.say(f"Not mended: {unfixed.name} {unfixed.version} ({', '.join(unfixed.ids)})")
        for why in unfixed.why:
            desk.say(f"    {clean(why)}")


def show_nothing(plan: UpdatePlan, tests: Tests | None, desk: Desk) -> None:
    """Print that nothing was done, and why."""
    if not plan.updates:
        desk.say(
            "Nothing to mend: no advisory hits what is locked."
            if plan.proposal.title.endswith("hit") and not plan.unfixed
            else "Nothing to update."
        )
        diff = plan.proposal.diff
        if diff.entering or diff.removed:  # the same packages, written otherwise, are no news
            desk.say("uv.lock does not fit pyproject.toml any more; `onward lock` writes it anew.")
        return
    by = f"would be tested with `{tests.words}` ({tests.because})" if tests else _LOUD
    desk.say(f"Nothing was changed (--dry-run); it {by}.")


_LOUD = "would NOT be tested: there are no tests, or they were not to be run"


def show_updated(plan: UpdatePlan, done: Updated, tests: Tests | None, desk: Desk) -> None:
    """Print what was kept, what was left out and why, and what was proven."""
    paint = paint_for(desk)
    if done.left_out:
        desk.say("Left out:")
    for left in done.left_out:
        for line in _left_lines(plan, left):
            desk.say(f"  {line}")
    if done.flaky:
        desk.say(
            paint("1;31", "Everything was put back:")
            + " the tests passed once and then failed with the same packages, so they prove nothing."
        )
        desk.say("  -> make the tests steady, or name steady ones with `--test-command`")
        return
    if done.rolled_back:
        desk.say("Nothing was kept; everything is as it was.")
        return
    if done.kept != plan.updates:
        desk.say("Kept:")
        for line in _table([_row(update) for update in done.kept]):
            desk.say(f"  {paint('32', '~')} {line}")
    if done.proven and tests:
        desk.say(
            f"The tests pass with {_many(len(done.kept), 'update')} (`{tests.words}`, {tests.because}; "
            f"{_many(done.trials, 'trial')})."
        )
    else:
        desk.say(paint("1;33", f"NOTHING WAS PROVEN: {done.unproven_because}."))
    desk.say("Done. `onward undo` takes it back.")


def updated_value(plan: UpdatePlan, done: Updated | None, tests: Tests | None) -> str:
    """Give an update as JSON (schema 1); ``done`` None when nothing was changed."""
    proposal = plan.proposal
    value: dict[str, Any] = {
        "schema": 1,
        "title": proposal.title,
        "done": done is not None and not done.rolled_back,
        "decision": decision_value(proposal.decision),
        "updates": [_update_value(update) for update in plan.updates],
        "held_back": [
            {
                "name": held.name,
                "version": held.version,
                "instead": held.instead_of,
                "because": [
                    {"rule": f.rule, "message": f.message, "facts": f.facts} for f in held.because
                ],
            }
            for held in proposal.held
        ],
        "unfixed": [
            {"name": u.name, "version": u.version, "ids": list(u.ids), "why": list(u.why)}
            for u in plan.unfixed
        ],
        "tests": None if tests is None else {"command": tests.words, "because": tests.because},
        "files": sorted(proposal.files) if done is None else list(done.files),
    }
    if done is not None:
        value |= {
            "kept": [_update_value(update) for update in done.kept],
            "left_out": [
                {
                    "name": left.name,
                    "version": _to(plan, left),
                    "why": left.why,
                    "failing": list(left.failing),
                    "words": list(left.words),
                    "together_with": left.together_with,
                }
                for left in done.left_out
            ],
            "proven": done.proven,
            "unproven_because": done.unproven_because,
            "trials": done.trials,
            "rolled_back": done.rolled_back,
            "flaky": done.flaky,
        }
    return json.dumps(value, indent=2)


def _left_lines(plan: UpdatePlan, left: LeftOut) -> list[str]:
    together = f", together with {left.together_with}" if left.together_with else ""
    version = _to(plan, left)
    lines = [f"{left.name} {version}: {left.why}{together}"]
    lines += [f"    {clean(line)}" for line in (*left.failing, *left.words)]
    if left.tested:
        lines.append("  -> to hold it back until that is mended, write in pyproject.toml:")
        lines.append(f'     [tool.uv] constraint-dependencies = ["{left.name}<{version}"]')
    return lines


def _to(plan: UpdatePlan, left: LeftOut) -> str:
    return next((", ".join(u.after) for u in plan.updates if u.name == left.name), "")


def _row(update: Update) -> tuple[str, ...]:
    age = "age unknown" if update.age is None else f"{_many(update.age, 'day')} old"
    fixes = f"fixes {', '.join(update.fixes)}" if update.fixes else ""
    return (
        update.name,
        f"{', '.join(update.before)} -> {', '.join(update.after)}",
        update.step,
        age,
        "direct" if update.direct else "indirect",
        fixes,
    )


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _update_value(update: Update) -> dict[str, Any]:
    return {
        "name": update.name,
        "from": list(update.before),
        "to": list(update.after),
        "step": update.step,
        "age_days": update.age,
        "fixes": list(update.fixes),
        "direct": update.direct,
    }


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")
