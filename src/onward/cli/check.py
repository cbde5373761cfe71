"""``onward check``: every check at once, one list, one exit code."""

import argparse
import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from onward.cli import check_hook
from onward.cli.check_options import arguments, refuse_alone
from onward.cli.door import Desk
from onward.cli.progress import watching
from onward.core import env as names
from onward.core.errors import FINE, REFUSED
from onward.workflows.check import Checked
from onward.workflows.check_project import (
    check_project,
    check_staged,
    kept_folder,
    made_from,
    wanted_paths,
)
from onward.workflows.situation import Situation, open_situation

if TYPE_CHECKING:
    from onward.workflows.check_changed import Changed
    from onward.workflows.checking.fed import Fed

__all__ = ["arguments", "run"]


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Check; 1 when something enforced was found or could not be looked at, else 0."""
    elsewhere = _elsewhere(options, desk)
    if elsewhere is not None:
        return elsewhere
    _check_page(options, desk)
    refuse_alone(options)
    if options.fix:
        from onward.cli.check_fix import run_fix

        situation, checked = run_fix(options, desk)
        return answer(checked, situation, options, desk)
    if options.adopt or options.accept is not None:
        from onward.cli.check_baseline import take_in

        return answer(*take_in(options, desk), options, desk)
    situation = open_situation(desk.cwd, desk.env, desk.clock(), scripts=True)
    paths = wanted_paths(options.paths, situation.project.root, desk.cwd)
    fed = _fed(options, situation, desk)
    listen = watching(desk)
    if options.changed is not None:
        from onward.workflows.check_changed import check_changed

        checked, changed = check_changed(situation, options.changed, paths, fed=fed, listen=listen)
        return answer(checked, situation, options, desk, changed=changed)
    if options.staged:
        checked = check_staged(situation, desk.cwd, paths, listen=listen)
    else:
        from onward.cli import check_warm

        locked = options.no_shrink or names.in_ci(desk.env)
        warm = check_warm.is_wanted(options, situation, desk)
        checked = check_project(situation, paths, locked=locked, warm=warm, fed=fed, listen=listen)
        if warm:
            check_warm.tell(checked, desk)
        if checked.old is not None and checked.old.content is not None and not locked:
            from onward.cli.check_baseline import shrink_and_tell

            shrink_and_tell(situation, checked, desk)
        code = answer(checked, situation, options, desk)
        # after the answer: one that was broken off is no answer to be given again
        if desk.lasting and paths is None and not fed and (made := made_from(situation, checked)):
            desk.lasting(made)
        return code
    return answer(checked, situation, options, desk)


def _elsewhere(options: argparse.Namespace, desk: Desk) -> int | None:
    """Do what is not a check that is asked for once: a hook, undo, an editor's server; None for all else."""
    if check_hook.wanted(options):
        return check_hook.run(options, desk)
    if options.warm_stop:
        from onward.cli import check_warm

        return check_warm.stop(desk)
    if options.lsp:
        from onward.cli.check_editor import run_server

        return run_server(desk)
    if options.paths == ["undo"] and not (desk.cwd / "undo").exists():
        from onward.cli import undo

        as_json = options.form == "json"
        return undo.run(
            argparse.Namespace(force=False, dry_run=options.dry_run, json=as_json), desk
        )
    return None


def _fed(options: argparse.Namespace, situation: Situation, desk: Desk) -> "tuple[Fed, ...]":
    if not options.fed:
        return ()
    from onward.cli.check_fed import read_all

    return read_all(options, situation.project.root, desk.cwd)


def _check_page(options: argparse.Namespace, desk: Desk) -> None:
    if options.report:
        from onward.cli.check_report import must_be_a_page

        must_be_a_page(options.report, desk)


def answer(
    checked: Checked,
    situation: Situation,
    options: argparse.Namespace,
    desk: Desk,
    *,
    changed: "Changed | None" = None,
) -> int:
    """Print a check in the form that was asked for, and write its page; gives the exit code."""
    if options.ci:
        options.form = names.form_of_ci(desk.env)
    if not options.staged and not options.paths and changed is None:
        from onward.workflows.report_page import note_check

        kept = kept_folder(situation.cache, situation.project.root.resolve())
        note_check(kept, checked, situation.now.date())
    if options.report:
        from onward.cli.check_report import write_report

        write_report(options.report, checked, situation, desk)
    # `| head -1`: whoever read has enough, and what was found stands
    desk.stops_unread = True
    with contextlib.suppress(BrokenPipeError):
        _say(checked, situation, options, desk, changed)
    return REFUSED if checked.blocked else FINE


def _say(
    checked: Checked,
    situation: Situation,
    options: argparse.Namespace,
    desk: Desk,
    changed: "Changed | None",
) -> None:
    if options.form is None:
        from onward.cli.show_checked import changed_lines, show_checked

        kind = "changed " if changed else "staged " if options.staged else ""
        show_checked(checked, desk, what=f"{kind}Python file", every_advice=options.all)
        for line in changed_lines(changed):
            desk.say(line)
    else:
        for line in _lines(options.form, checked, situation, changed):
            desk.say(line)


def _lines(
    form: str, checked: Checked, situation: Situation, changed: "Changed | None"
) -> Iterable[str]:
    from onward.cli import gitlab, report, sarif

    project = situation.project
    inside = below_repository(project.root.resolve())
    if form in ("sarif", "gitlab"):
        anchor = project.lock_file or next(iter(project.files), "pyproject.toml")
        write = sarif.as_sarif if form == "sarif" else gitlab.as_gitlab
        return write(checked, anchor=anchor, inside=inside)
    if form == "github":
        return report.as_github(checked, inside=inside)
    return report.as_json(checked, changed) if form == "json" else report.as_junit(checked)


def below_repository(root: Path) -> str:
    """Give the folder ``root`` as seen from the top of its repository, ending with ``/``; empty at the top or outside of one."""
    top = next((place for place in (root, *root.parents) if (place / ".git").exists()), root)
    return f"{root.relative_to(top).as_posix()}/" if top != root else ""
