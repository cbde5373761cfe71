"""The door: find the verb, import only what it needs, decide the exit code. Nothing else.

Everything imported at the top of this file is paid for by every single ``onward`` call,
so the list stays at ``os`` and ``sys``.
"""

import os
import sys
from collections.abc import Mapping, Sequence

from onward import __version__

# verb: (question it answers, what it does in one line)
VERBS: dict[str, tuple[str, str]] = {
    "new": ("start", "start a project that passes its own checks at once"),
    "add": ("start", "add libraries, each one judged before it is installed"),
    "remove": ("start", "remove libraries, naming imports that are still in the code"),
    "why": ("start", "say why a library is there: every path, and which files import it"),
    "update": ("current", "raise versions, run the tests, keep what passes"),
    "outdated": ("current", "list what is newer, and what the policy allows of it"),
    "lock": ("current", "write uv.lock without installing"),
    "sync": ("current", "make the environment fit the lock, judged first"),
    "python": ("current", "list, pin and check the Python versions of the project"),
    "guard": ("safe", "be the guarded index for all installers, and fetch advisories"),
    "policy": ("safe", "show the rules in force and where each comes from"),
    "allow": ("safe", "let one thing pass, with a reason and a date"),
    "explain": ("safe", "say what a rule is, or why something was decided"),
    "check": ("good", "run every check and show one list of findings"),
    "run": ("good", "run a command or a task in the project's environment"),
    "undo": ("good", "take back the last change onward made"),
    "ship": ("people", "build it, prove it, and only then call it done"),
    "completion": ("", "print a completion script for your shell"),
}

QUESTIONS: dict[str, str] = {
    "start": "Which libraries should I use?",
    "current": "How do I keep them current?",
    "safe": "How do I do that safely?",
    "good": "How do I keep the code good?",
    "people": "How do I get it to people?",
}


def entry() -> None:
    """Run as the ``onward`` command: the answer is really out, or the exit code and a sentence say that it is not."""
    if sys.stdout is None:  # started with its output closed
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib is not paid for here
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - pathlib is not paid for here
    code = 0
    try:
        code = main(sys.argv[1:], os.environ)
        sys.stdout.flush()
    except BrokenPipeError:  # `onward policy | head -1`: whoever read has enough
        _no_more_output()
    except KeyboardInterrupt:
        sys.stderr.write("onward: interrupted\n")
        code = 130
    except OSError as error:
        sys.stderr.write(f"onward: the answer could not be written: {error.strerror}\n")
        _no_more_output()
        code = 4
    if sys.getprofile() is None and sys.gettrace() is None:
        # All is written and put away; to take Python apart first costs a tenth of a short command.
        try:
            sys.stderr.flush()
        finally:
            os._exit(code)
    sys.exit(code)  # a profiler has its own last words


def _no_more_output() -> None:
    """Let what is still to be written go nowhere, so that Python does not complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run one command and give its exit code (0 fine, 1 refused, 2 yours, 3 ours, 4 outside, 130 interrupted)."""
    if argv:
        word = argv[0]
        if word in ("--version", "-V", "version"):
            sys.stdout.write(f"onward {__version__}\n")
            return 0
        if word in ("run", "sync"):
            from onward.cli import quick

            code = quick.attempt(argv, env)
            if code is not None:
                return code
        elif word == "check":
            from onward.cli import quick_check

            return quick_check.run(argv, env)
        elif word in ("--help", "-h", "help"):
            if len(argv) > 1 and argv[1] in VERBS:
                return main([argv[1], "--help"], env)
            word = ""
    else:
        word = ""
    if not word:
        from onward.cli import front

        sys.stdout.write(front.page())
        return 0
    from onward.cli import door

    return door.run_verb(argv, env)
