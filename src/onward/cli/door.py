"""Read the arguments of one verb, run it, and turn every error into words and an exit code.

A verb lives in ``cli/VERB.py`` with two functions: ``arguments(parser)`` declares its
options, ``run(options, desk) -> int`` does it. ``Desk`` carries what is an argument below
the door: environment, clock, folder, and where words go.
"""

import argparse
import contextlib
import datetime as dt
import importlib
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TextIO, cast

from onward.cli.main import VERBS
from onward.core.again import Made
from onward.core.errors import FINE, INTERRUPTED, MENDABLE, OUR_FAULT, OUTSIDE, OnwardError
from onward.core.folders import SYSTEM

if TYPE_CHECKING:
    from onward.cli.progress import Progress


class Desk:
    """What one command works with: environment, current time (aware, UTC), folder, output.

    ``system`` is what settings for everybody on this machine lie below.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        cwd: Path,
        clock: Callable[[], dt.datetime],
        out: TextIO,
        err: TextIO,
        system: Path = SYSTEM,
        lasting: Callable[[Made], object] | None = None,
    ) -> None:
        self.env = env
        self.system = system
        self.cwd = cwd
        self.clock = clock
        self.out = out
        self.err = err
        self.lasting = lasting
        """Hears what the answer was made from, where it holds until that changes; None when nobody wants to know."""
        self.before_words: Callable[[], object] = _nothing
        """Called before anything is written, so that a line about progress can make room."""
        self.progress: Progress | None = None
        """That line, once there is one."""
        self.stops_unread = False
        """Whether all that is left to do is to say a long answer, which may end when nobody reads on."""

    def say(self, text: str = "") -> None:
        """Print a line of the answer. Where nobody reads it any more (`| head -1`), work and exit code stay what they are.

        Raises BrokenPipeError then only while ``stops_unread``.
        """
        self.before_words()
        try:
            self.out.write(text + "\n")
        except BrokenPipeError:
            if self.stops_unread:
                raise

    def say_json(self, answer: object) -> None:
        """Print the answer as JSON for scripts, indented so that people can read it too."""
        import msgspec

        self.say(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())

    def tell(self, text: str) -> None:
        """Print a line about progress or trouble, beside the answer and in the same order where both go to one place."""
        self.before_words()
        for write in (self.out.flush, lambda: self.err.write(text + "\n"), self.err.flush):
            with contextlib.suppress(OSError):  # nobody reads it any more: that stops no work
                write()

    @property
    def interactive(self) -> bool:
        """Whether a person sits there who can answer a question."""
        return sys.stdin is not None and sys.stdin.isatty() and self.out.isatty()


def _nothing() -> None:
    """Do nothing."""


class Verb(Protocol):
    """What a module in ``cli/`` offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""

    def run(self, options: argparse.Namespace, desk: Desk) -> int:
        """Do it, and give the exit code."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        meant = self._meant(message)
        hint = f"\n  -> Did you mean `{meant}`?" if meant else ""
        raise _Usage(f"{message}{hint}\n\n{self.format_usage()}".rstrip())

    def _meant(self, message: str) -> str:
        """Give the option or the choice nearest to what argparse did not know, or nothing."""
        import difflib

        if unknown := re.match(r"unrecognized arguments: (-\S+)", message):
            known = list(self._option_string_actions)
        elif unknown := re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message):
            known = re.findall(r"[\w.-]+", unknown[2])
        else:
            return ""
        return next(iter(difflib.get_close_matches(unknown[1], known, n=1, cutoff=0.6)), "")


class _Usage(Exception):
    """The words of a command do not fit."""


def load(verb: str) -> Verb:
    """Import the module of a verb."""
    return cast(Verb, importlib.import_module(f"onward.cli.{verb}"))


def parser_for(verb: str) -> argparse.ArgumentParser:
    """Give the parser of one verb, with the options every verb has."""
    parser = _Parser(
        prog=f"onward {verb}",
        description=VERBS[verb][1][0].upper() + VERBS[verb][1][1:] + ".",
        allow_abbrev=False,
    )
    load(verb).arguments(parser)
    return parser


def run_verb(  # noqa: PLR0911 - one return for each leaf of the error tree
    argv: Sequence[str],
    env: Mapping[str, str],
    *,
    cwd: Path | None = None,
    clock: Callable[[], dt.datetime] | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
    system: Path = SYSTEM,
    lasting: Callable[[Made], object] | None = None,
) -> int:
    """Run ``argv`` (verb first) and give the exit code; prints errors as words, never as a traceback."""
    desk = Desk(
        env,
        cwd=cwd or Path.cwd(),
        clock=clock or (lambda: dt.datetime.now(dt.UTC)),
        out=out or sys.stdout,
        err=err or sys.stderr,
        system=system,
        lasting=lasting,
    )
    verb, *rest = argv
    if verb not in VERBS:
        return _unknown(verb, desk)
    try:
        options = parser_for(verb).parse_args(rest)
        with terminable():
            return load(verb).run(options, desk)
    except _Usage as error:
        desk.tell(f"onward: {error}")
        return MENDABLE
    except SystemExit as error:  # argparse after --help
        return error.code if isinstance(error.code, int) else FINE
    except KeyboardInterrupt:
        desk.tell("onward: interrupted; everything is as it was before the step that was running")
        return INTERRUPTED
    except OnwardError as error:
        show_error(error, desk)
        return error.exit_code
    except OSError as error:
        desk.tell(
            f"onward: {error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        )
        return OUTSIDE
    except Exception:  # noqa: BLE001 - the door: whatever is left is our fault, and says so
        return _our_fault(desk, argv)


class terminable:  # noqa: N801 - used as a with-statement word
    """Treat SIGTERM, and a terminal that is closed, like Ctrl-C: a stopped container rolls back too."""

    def __enter__(self) -> None:
        def stop(_number: int, _frame: object) -> None:
            raise KeyboardInterrupt

        self._old: list[tuple[signal.Signals, Any]] = []
        for name in ("SIGTERM", "SIGHUP"):  # Windows knows no SIGHUP
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) is signal.SIG_IGN:  # such as by nohup
                continue
            with contextlib.suppress(ValueError):  # not the main thread (tests)
                self._old.append((number, signal.signal(number, stop)))

    def __exit__(self, *_: object) -> None:
        for number, old in self._old:
            signal.signal(number, old)


def show_error(error: OnwardError, desk: Desk) -> None:
    """Print what happened, why, and what to do next; names and words of other programs may come from strangers."""
    from onward.cli.show import clean

    lines = [f"onward: {error.message} [{error.reference}]"]
    lines += [f"  {line}" for line in error.context]
    lines += [f"  -> {error.hint}"] * bool(error.hint)
    for line in "\n".join(lines).split("\n"):
        desk.tell(clean(line))


def _unknown(word: str, desk: Desk) -> int:
    import difflib

    if word.startswith("-"):
        desk.tell(f"onward: no option `{word}` here; `onward --help` shows the verbs")
        return MENDABLE
    near = difflib.get_close_matches(word, [*VERBS, *_SYNONYMS], n=1, cutoff=0.6)
    meant = _SYNONYMS.get(word) or (near and _SYNONYMS.get(near[0], near[0]))
    desk.tell(f"onward: no verb `{word}`" + (f"; did you mean `onward {meant}`?" if meant else ""))
    desk.tell("  -> `onward` alone shows all verbs")
    return MENDABLE


# Words people bring from other tools.
_SYNONYMS = {
    "install": "sync", "uninstall": "remove", "upgrade": "update", "init": "new", "create": "new", "lint": "check",
    "format": "check --fix", "fmt": "check --fix", "audit": "check", "build": "ship wheel", "publish": "ship publish", "bump": "ship bump",
    "tree": "why", "show": "why", "exec": "run", "test": "run pytest", "rollback": "undo", "waive": "allow",
}  # fmt: skip


def _our_fault(desk: Desk, argv: Sequence[str]) -> int:
    from onward.core.folders import cache_folder
    from onward.core.redact import redact

    stamp = desk.clock().strftime("%Y%m%dT%H%M%S")
    import traceback

    words = redact(f"onward {' '.join(argv)}\nPython {sys.version}\n\n{traceback.format_exc()}")
    try:
        folder = cache_folder(desk.env) / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / f"crash-{stamp}.txt"
        log.write_text(words, encoding="utf-8")
        desk.tell(
            f"onward: this is a fault in onward, not in your project; the details are in {log}"
        )
    except (OSError, OnwardError):
        desk.tell(words)
        desk.tell("onward: this is a fault in onward, not in your project")
    return OUR_FAULT
