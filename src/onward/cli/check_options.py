"""The options of ``onward check``."""

import argparse

from onward.cli import check_hook
from onward.core.errors import BadInput

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
    _warm_arguments(parser, what)
    _fix_arguments(parser)
    _baseline_arguments(parser, what)
    add(
        "--from",
        dest="fed",
        metavar="TOOL:FILE",
        action="append",
        default=[],
        help="take what TOOL (flake8 or pylint) printed into FILE (-: standard input) instead of running it",
    )
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
    add(
        "--report",
        metavar="FILE",
        help="also write a page (.html): counts, worst files, what is cheapest to mend next, the trend",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--ci", action="store_true", help=_CI)
    check_hook.arguments(parser)
    for name, text in _FORMS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=text)
    what.add_argument(
        "--lsp",
        action="store_true",
        help="be the language server of an editor, on standard input and output",
    )


def _fix_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
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


def _warm_arguments(
    parser: argparse.ArgumentParser, what: "argparse._MutuallyExclusiveGroup"
) -> None:
    what.add_argument(
        "--warm-stop",
        action="store_true",
        help="end the type checker that stays in memory for this project",
    )
    parser.add_argument(
        "--warm",
        action=argparse.BooleanOptionalAction,
        help="ask a mypy that stays in memory between checks, and believe it as long as a new one bears it out",
    )


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


def refuse_alone(options: argparse.Namespace) -> None:
    """Refuse an option that means nothing without another one."""
    taking_in = options.adopt or options.accept is not None
    if options.dry_run and not options.fix and not taking_in:
        raise BadInput(
            "nothing-to-try",
            "`--dry-run` goes with `--fix`, `--adopt` or `--accept`: a check changes nothing else",
        )
    if options.why and options.accept is None:
        raise BadInput("nothing-to-accept", "`--why` goes with `--accept`")
    if options.warm and (taking_in or options.fix or options.staged or options.changed is not None):
        raise BadInput(
            "only-anew", "`--warm` goes with a check of the files as they are, and only that"
        )
    if options.fed and (options.fix or options.staged):
        raise BadInput(
            "not-together",
            "`--from` does not go with `--fix` or `--staged`: what was printed is about other bytes",
        )
    if options.test_command is not None and not options.unsafe:
        raise BadInput("nothing-to-prove", "`--test-command` goes with `--fix --unsafe`")
    if options.unsafe and not options.fix:
        raise BadInput("nothing-to-mend", "`--unsafe` goes with `--fix`: a check changes nothing")
