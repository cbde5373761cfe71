"""``onward check``: every check at once, one list, one exit code."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from onward.cli import check_hook
from onward.cli.door import Desk
from onward.core import env as names
from onward.core.errors import FINE, REFUSED, BadInput
from onward.workflows.check import Checked
from onward.workflows.check_project import check_project, check_staged, made_from, wanted_paths
from onward.workflows.situation import Situation, open_situation

if TYPE_CHECKING:
    from onward.workflows.check_changed import Changed

TEST_SECONDS = 1800.0


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
        "--changed",
        metavar="BASE",
        nargs="?",
        const="",
        help="look only at files that differ from BASE (default: where the branch left the remote's default one),"
        " and say which changed lines the tests run, where there is coverage data",
    )
    what.add_argument(
        "--fix",
        action="store_true",
        help="mend what is safe to mend (`onward undo` takes it back), then show what is left",
    )
    add(
        "--unsafe",
        action="store_true",
        help="with --fix: mend more, and keep what parses, offers the same to others and passes the tests",
    )
    add("--test-command", metavar="CMD", help="with --unsafe: what to run as the tests")
    add(
        "--test-timeout",
        metavar="SECONDS",
        type=float,
        default=TEST_SECONDS,
        help=f"how long one run of the tests may take (default: {TEST_SECONDS:.0f})",
    )
    _baseline_arguments(parser, what)
    add(
        "--dry-run",
        action="store_true",
        help="with --fix, --adopt or --accept: show the plan, change nothing",
    )
    add(
        "--all",
        action="store_true",
        help="show every finding, however many; with --fix: mend advice too",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--ci", action="store_true", help=_CI)
    check_hook.arguments(parser)
    for name, text in _FORMS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=text)


def _baseline_arguments(
    parser: argparse.ArgumentParser, what: "argparse._MutuallyExclusiveGroup"
) -> None:
    what.add_argument(
        "--adopt",
        action="store_true",
        help="write what is under ratchet now to onward-baseline.txt: from then on only new findings fail",
    )
    what.add_argument(
        "--accept",
        metavar="RULE",
        nargs="?",
        const="*",
        help="take new findings under ratchet (of RULE, a pattern; default: all) into the baseline; needs --why",
    )
    parser.add_argument(
        "--why",
        metavar="REASON",
        default="",
        help="with --accept: the reason, kept in the baseline",
    )
    parser.add_argument(
        "--no-shrink",
        action="store_true",
        help="leave the baseline as it is and report what is stale in it (so it is where CI is set)",
    )


_FORMS = {
    "json": "answer as JSON",
    "sarif": "answer as SARIF 2.1.0",
    "github": "answer as GitHub annotations",
    "junit": "answer as JUnit XML",
    "gitlab": "answer as GitLab code quality JSON",
}
_CI = "answer in the form of the build service that this runs on: GitHub Actions or GitLab CI; else as text"


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Check; 1 when something enforced was found or could not be looked at, else 0."""
    if check_hook.wanted(options):
        return check_hook.run(options, desk)
    if options.paths == ["undo"] and not (desk.cwd / "undo").exists():
        from onward.cli import undo

        return undo.run(
            argparse.Namespace(force=False, dry_run=options.dry_run, json=options.form == "json"),
            desk,
        )
    taking_in = options.adopt or options.accept is not None
    if options.dry_run and not options.fix and not taking_in:
        raise BadInput(
            "nothing-to-try",
            "`--dry-run` goes with `--fix`, `--adopt` or `--accept`: a check changes nothing else",
        )
    if options.why and options.accept is None:
        raise BadInput("nothing-to-accept", "`--why` goes with `--accept`")
    if options.unsafe and not options.fix:
        raise BadInput("nothing-to-mend", "`--unsafe` goes with `--fix`: a check changes nothing")
    if options.fix:
        from onward.cli.check_fix import run_fix

        situation, checked = run_fix(options, desk)
        return answer(checked, situation, options, desk)
    if taking_in:
        from onward.cli.check_baseline import take_in

        return answer(*take_in(options, desk), options, desk)
    situation = open_situation(desk.cwd, desk.env, desk.clock())
    paths = wanted_paths(options.paths, situation.project.root, desk.cwd)
    if options.changed is not None:
        from onward.workflows.check_changed import check_changed

        checked, changed = check_changed(situation, options.changed, paths)
        return answer(checked, situation, options, desk, changed=changed)
    if options.staged:
        checked = check_staged(situation, desk.cwd, paths)
    else:
        locked = options.no_shrink or names.in_ci(desk.env)
        checked = check_project(situation, paths, locked=locked)
        if checked.old is not None and checked.old.content is not None and not locked:
            from onward.cli.check_baseline import shrink_and_tell

            shrink_and_tell(situation, checked, desk)
        if desk.lasting and paths is None and (made := made_from(situation, checked)):
            desk.lasting(made)
    return answer(checked, situation, options, desk)


def answer(
    checked: Checked,
    situation: Situation,
    options: argparse.Namespace,
    desk: Desk,
    *,
    changed: "Changed | None" = None,
) -> int:
    """Print a check in the form that was asked for; gives the exit code."""
    if options.ci:
        options.form = names.form_of_ci(desk.env)
    if options.form is None:
        from onward.cli.show_checked import changed_lines, show_checked

        kind = "changed " if changed else "staged " if options.staged else ""
        show_checked(checked, desk, what=f"{kind}Python file", every_advice=options.all)
        for line in changed_lines(changed):
            desk.say(line)
    else:
        for line in _lines(options.form, checked, situation, changed):
            desk.say(line)
    return REFUSED if checked.blocked else FINE


def _lines(
    form: str, checked: Checked, situation: Situation, changed: "Changed | None"
) -> Iterable[str]:
    from onward.cli import gitlab, report, sarif

    if form in ("sarif", "gitlab"):
        project = situation.project
        anchor = project.lock_file or next(iter(project.files), "pyproject.toml")
        write = sarif.as_sarif if form == "sarif" else gitlab.as_gitlab
        return write(checked, anchor=anchor)
    if form == "json":
        return report.as_json(checked, changed)
    return {
        "github": report.as_github,
        "junit": report.as_junit,
    }[form](checked)
