"""``onward check --fix``: mend what is safe, and with ``--unsafe`` what passes a proof."""

import argparse

from onward.cli.changing import listener
from onward.cli.door import Desk
from onward.cli.progress import watching
from onward.cli.show import clean
from onward.core.perform import perform
from onward.core.plan import Plan
from onward.workflows.check import Checked, book_for
from onward.workflows.check_project import check_project, plan_for, scope_of, wanted_paths
from onward.workflows.mending.proven import LeftOut, Proven, Wanted, mend_with_proof
from onward.workflows.own_tests import find_tests
from onward.workflows.situation import Situation, working_on

_MOST_SHOWN = 20


def run_fix(options: argparse.Namespace, desk: Desk) -> tuple[Situation, Checked]:
    """Check, mend, and give what is left to be found."""

    def listen(event: str, sentence: str) -> None:
        if event in ("undo", "note"):
            desk.tell(sentence)

    with working_on(desk.cwd, desk.env, desk.clock(), listen, scripts=True) as (situation, stale):
        if stale:
            desk.tell("`onward sync` brings the environment in step again.")
        watch = watching(desk)
        paths = wanted_paths(options.paths, situation.project.root, desk.cwd)
        checked = check_project(situation, paths, listen=watch)
        watch("progress", "making the fixes")
        plan = plan_for(situation, checked, paths, also_advice=options.all)
        if options.dry_run:
            _show_plan(plan, options, desk)
        elif options.unsafe:
            wanted = Wanted(
                scope=scope_of(situation, paths),
                checked=checked,
                safe=plan,
                book=book_for(situation.policy, scope_of(situation).root, situation.now.date()),
                tests=find_tests(situation.project, options.test_command),
                timeout=options.test_timeout,
                also_advice=options.all,
            )
            telling = listener(desk, quiet=options.form is not None)
            done = mend_with_proof(situation, wanted, listen=telling)
            _show(done, desk)
            if done.title:
                checked = check_project(situation, paths, listen=watch)
        elif plan.steps:
            started = situation.now.isoformat()
            perform(plan, situation.project.root, started=started, listen=listen)
            desk.tell(f"Done: {plan.title}. `onward undo` takes it back.")
            checked = check_project(situation, paths, listen=watch)
        else:
            desk.tell(_nothing_safe(options))
        return situation, checked


def _nothing_safe(options: argparse.Namespace) -> str:
    """Say that nothing was changed, and what else would be tried."""
    advice = "" if options.all else " `--all` takes advice along;"
    return (
        f"There is nothing safe to mend.{advice} `--unsafe` tries what else there is, with a proof."
    )


def _show_plan(plan: Plan, options: argparse.Namespace, desk: Desk) -> None:
    desk.tell(f"This would {plan.title}:" if plan.steps else _nothing_safe(options))
    for step in plan.steps:
        desk.tell(clean(f"  {step.sentence}"))
    if options.unsafe:
        desk.tell("What else could be mended is known only after it was tried.")


def _show(done: Proven, desk: Desk) -> None:
    for fix in done.kept:
        desk.tell(clean(f"Mended and proven: {fix.rule} in {fix.path}"))
    for left in done.left_out[:_MOST_SHOWN]:
        desk.tell(clean(f"Left as it is: {left.fix.rule} in {left.fix.path}: {_reason(left)}"))
    if len(done.left_out) > _MOST_SHOWN:
        desk.tell(f"  and {len(done.left_out) - _MOST_SHOWN} more")
    if done.kept:
        desk.tell(
            f"The proof: every file parses, offers the same to others, and `{done.tests}` passes."
        )
    elif not done.left_out:
        desk.tell("There is nothing to mend that needs a proof.")
    if done.title:
        desk.tell(f"Done: {done.title}. `onward undo` takes it back.")


def _reason(left: LeftOut) -> str:
    other = left.together_with
    return left.why + (f" (together with {other.rule} in {other.path})" if other else "")
