"""``onward completion``: print the script that teaches a shell the verbs and options."""

import argparse
import importlib.util
import os

from onward.cli.door import Desk, parser_for
from onward.cli.main import VERBS
from onward.core.errors import FINE, BadInput

SHELLS = ("bash", "zsh", "fish", "powershell", "tcsh")

# How each shell takes the script for good; shown beside it, so that it can be piped away.
_INSTALL = {
    "bash": "onward completion bash > ~/.local/share/bash-completion/completions/onward",
    "zsh": "onward completion zsh > ~/.zfunc/_onward   (with `fpath+=~/.zfunc` before `compinit`)",
    "fish": "onward completion fish > ~/.config/fish/completions/onward.fish",
    "powershell": "onward completion powershell >> $PROFILE",
    "tcsh": "onward completion tcsh > ~/.onward-completion.tcsh   (and `source` it in ~/.tcshrc)",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "shell", nargs="?", choices=SHELLS, help="the shell (default: the one in $SHELL)"
    )
    parser.add_argument(
        "--print", action="store_true", help="only the script, without the line on how to keep it"
    )


def run(options: argparse.Namespace, desk: Desk) -> int:
    """Print the script on stdout, and how to keep it on stderr."""
    import shtab

    shell = options.shell or _shell_of(desk)
    desk.say(shtab.complete(whole_parser(), shell=shell))
    if not options.print and desk.out.isatty():
        desk.tell(f"# to keep it: {_INSTALL[shell]}")
    return FINE


def whole_parser() -> argparse.ArgumentParser:
    """Give one parser with every verb below it: only completion needs them all at once."""
    whole = argparse.ArgumentParser(prog="onward", description="One safe path for a Python project")
    whole.add_argument("--version", action="store_true", help="show the version")
    verbs = whole.add_subparsers(dest="verb")
    for verb, (_, meaning) in VERBS.items():
        # add_subparsers builds its own parsers, so the ready one is handed over as the parent
        ready = [parser_for(verb)] if _is_there(verb) else []
        verbs.add_parser(verb, help=meaning, parents=ready, add_help=not ready)
    return whole


def _is_there(verb: str) -> bool:
    return importlib.util.find_spec(f"onward.cli.{verb}") is not None


def _shell_of(desk: Desk) -> str:
    name = os.path.basename(desk.env.get("SHELL", ""))  # noqa: PTH119 - a word, not a file
    if name not in SHELLS:
        raise BadInput(
            "unknown-shell",
            f"no completion for the shell `{name}`" if name else "$SHELL does not name your shell",
            hint=f"Name one: onward completion {'|'.join(SHELLS)}",
        )
    return name
