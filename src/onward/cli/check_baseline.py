"""``onward check --adopt`` and ``--accept``: what counts as known from now on; and the file that gets shorter."""

import argparse
from collections.abc import Iterator

from onward.cli.check_fed import read_all
from onward.cli.door import Desk
from onward.cli.progress import watching
from onward.cli.show import clean
from onward.core.errors import OnwardError
from onward.core.finding import Certainty
from onward.core.perform import perform
from onward.core.policy import Level
from onward.domain.policy.checks import Types
from onward.workflows.baseline import plan_accepting, plan_adopting, shrink
from onward.workflows.check import Checked
from onward.workflows.check_project import check_project, wanted_paths
from onward.workflows.checking.stream import bare
from onward.workflows.situation import Situation, working_on


def take_in(options: argparse.Namespace, desk: Desk) -> tuple[Checked, Situation]:
    """Check, take in what was asked for, and give what is left to be found."""

    def listen(event: str, sentence: str) -> None:
        if event in ("undo", "note"):
            desk.tell(sentence)

    with working_on(desk.cwd, desk.env, desk.clock(), listen, scripts=True) as (situation, _):
        root = situation.project.root
        paths = wanted_paths(options.paths, root, desk.cwd)
        fed = read_all(options, root, desk.cwd)
        checked = check_project(situation, paths, fed=fed, listen=watching(desk))
        if options.adopt:
            plan = plan_adopting(situation, checked)
        else:
            plan = plan_accepting(situation, checked, rule=options.accept, why=options.why)
        unseen = list(_unseen(checked))
        if not plan.steps:
            desk.tell("There is nothing under ratchet to take in.")
        elif options.dry_run:
            desk.tell(f"This would {plan.title}.")
        else:
            perform(plan, root, started=situation.now.isoformat(), listen=listen)
            desk.tell(f"Done: {plan.title}. Commit the file; `onward undo` takes it back.")
            checked = check_project(situation, paths, fed=fed, listen=watching(desk))
        for line in unseen:
            desk.tell(clean(line))
        enforced = checked.levels.get(Level.enforce, 0)
        if enforced:
            desk.tell(f"What is enforced is never taken in: {enforced} to mend.")
        return checked, situation


def _unseen(checked: Checked) -> Iterator[str]:
    """Say what was not looked at, so that nobody takes it for taken in."""
    blind = {tool.tool for tool in checked.tools if not tool.whole}
    for verdict in bare(checked.verdicts) if blind or _lacks_library(checked) else ():
        finding = verdict.finding
        unknown = finding.certainty is Certainty.unknown and finding.facts.get("tool") in blind
        if unknown or "library" in finding.facts:
            yield f"Not looked at: {finding.message}."
            yield "  What there is to find is not taken in, and will be new once it can be seen."
            yield from (f"  -> {line}" for line in finding.hint.splitlines())


def _lacks_library(checked: Checked) -> bool:
    return any(tool.tool in set(Types) for tool in checked.tools)


def shrink_and_tell(situation: Situation, checked: Checked, desk: Desk) -> None:
    """Write the shorter baseline; that it cannot be written is told, and fails nothing."""
    try:
        desk.tell(shrink(situation, checked))
    except OnwardError as error:
        desk.tell(f"The baseline stays as it is: {error.message}")
