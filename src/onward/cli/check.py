"""``onward check``: every check at once, one list, one exit code."""

import argparse
from collections.abc import Iterable

from onward.cli.door import Desk
from onward.core.errors import FINE, REFUSED, BadInput
from onward.core.perform import perform
from onward.workflows.check import Checked
from onward.workflows.check_project import check_project, check_staged, plan_for, wanted_paths
from onward.workflows.situation import Situation, open_situation, working_on


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``check``."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="files or folders (default: the project)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--staged",
        action="store_true",
        help="look at what the next commit would hold, not at the files as they are",
    )
    what.add_argument(
        "--fix",
        action="store_true",
        help="mend what is safe to mend (`onward undo` takes it back), then show what is left",
    )
    add("--dry-run", action="store_true", help="with --fix: show the plan, change nothing")
    add(
        "--all",
        action="store_true",
        help="show every finding, however many; with --fix: mend advice too",
    )
    form = parser.add_mutually_exclusive_group()
    for name, text in _FORMS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=text)


_FORMS = {
    "json": "answer as JSON",
    "sarif": "answer as SARIF 2.1.0",
    "github": "answer as GitHub annotations",
    "junit": "answer as JUnit XML",
}


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Check; 1 when something enforced was found or could not be looked at, else 0."""
    if options.dry_run and not options.fix:
        raise BadInput("nothing-to-try", "`--dry-run` goes with `--fix`: a check changes nothing")
    if options.fix:
        return _fix(options, desk)
    situation = open_situation(desk.cwd, desk.env, desk.clock())
    paths = wanted_paths(options.paths, situation.project.root, desk.cwd)
    if options.staged:
        checked = check_staged(situation, desk.cwd, paths)
    else:
        checked = check_project(situation, paths)
    return _answer(checked, situation, options, desk)


def _fix(options: argparse.Namespace, desk: Desk) -> int:
    def listen(event: str, sentence: str) -> None:
        if event in ("undo", "note"):
            desk.tell(sentence)

    with working_on(desk.cwd, desk.env, desk.clock(), listen) as (situation, stale):
        if stale:
            desk.tell("`onward sync` brings the environment in step again.")
        root = situation.project.root
        paths = wanted_paths(options.paths, root, desk.cwd)
        checked = check_project(situation, paths)
        plan = plan_for(situation, checked, paths, also_advice=options.all)
        if options.dry_run:
            desk.tell(f"This would {plan.title}:" if plan.steps else "There is nothing to mend.")
            for step in plan.steps:
                desk.tell(f"  {step.sentence}")
        elif plan.steps:
            perform(plan, root, started=situation.now.isoformat(), listen=listen)
            desk.tell(f"Done: {plan.title}. `onward undo` takes it back.")
            checked = check_project(situation, paths)
        return _answer(checked, situation, options, desk)


def _answer(checked: Checked, situation: Situation, options: argparse.Namespace, desk: Desk) -> int:
    if options.form is None:
        from onward.cli.show_checked import show_checked

        what = "staged Python file" if options.staged else "Python file"
        show_checked(checked, desk, what=what, every_advice=options.all)
    else:
        for line in _lines(options.form, checked, situation):
            desk.say(line)
    return REFUSED if checked.blocked else FINE


def _lines(form: str, checked: Checked, situation: Situation) -> Iterable[str]:
    from onward.cli import report, sarif

    if form == "sarif":
        project = situation.project
        anchor = project.lock_file or next(iter(project.files), "pyproject.toml")
        return sarif.as_sarif(checked, anchor=anchor)
    return {
        "json": report.as_json,
        "github": report.as_github,
        "junit": report.as_junit,
    }[form](checked)
