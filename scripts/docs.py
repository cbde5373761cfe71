"""Write docs/reference from the code: commands, variables, exit codes, rules. ``--check`` only compares."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
_NOTE = "<!-- Made from the code by scripts/docs.py; edit the code, then run scripts/docs. -->\n"


def pages() -> dict[str, str]:
    """Give file name and text of every page of the reference."""
    return {
        "commands.md": _NOTE + commands(),
        "environment.md": _NOTE + environment(),
        "exit-codes.md": _NOTE + exit_codes(),
        "rules.md": _NOTE + rules(),
    }


def commands() -> str:
    """Give the page of all verbs with their options, under the question each answers."""
    from onward.cli.door import parser_for
    from onward.cli.main import QUESTIONS, VERBS

    lines = ["# Commands", ""]
    for key, question in {**QUESTIONS, "": "Beside the path"}.items():
        verbs = [verb for verb, (answers, _) in VERBS.items() if answers == key]
        lines += [f"## {question}", ""]
        for verb in verbs:
            lines += [f"### onward {verb}", ""]
            if importlib.util.find_spec(f"onward.cli.{verb}") is None:
                lines += [f"{_sentence(VERBS[verb][1])} Not there yet.", ""]
            else:
                lines += [*_command(parser_for(verb)), ""]
    return "\n".join(lines).rstrip() + "\n"


def _command(parser: argparse.ArgumentParser) -> Iterator[str]:
    # argparse words its own help differently in each Python, so the page words it itself.
    actions = [a for a in parser._actions if a.help != argparse.SUPPRESS]  # noqa: SLF001
    below = [a for a in actions if isinstance(a, argparse._SubParsersAction)]  # noqa: SLF001
    plain = [a for a in actions if a not in below and "--help" not in a.option_strings]
    if parser.description:
        yield parser.description
        yield ""
    names = [_shown(a) for a in plain if not a.option_strings]
    tail = ["[OPTIONS]"] if any(a.option_strings for a in plain) else []
    yield f"`{' '.join([parser.prog, *(['COMMAND'] if below else []), *names, *tail])}`"
    if plain:
        yield ""
        yield "| | |"
        yield "|---|---|"
        for action in plain:
            yield f"| `{_spelling(action)}` | {_meaning(action)} |"
    for group in below:
        for name, child in group.choices.items():
            yield ""
            yield f"#### {parser.prog} {name}"
            yield ""
            told = {a.dest: a.help for a in group._choices_actions}  # noqa: SLF001
            if told.get(name) and not child.description:
                yield _sentence(told[name] or "")
                yield ""
            yield from _command(child)


def _shown(action: argparse.Action) -> str:
    word = str(action.metavar or action.dest).upper()
    return {"*": f"[{word} ...]", "+": f"{word} ...", "?": f"[{word}]"}.get(
        str(action.nargs), f"{word} ..." if action.nargs in ("...", "A...") else word
    )


def _spelling(action: argparse.Action) -> str:
    if not action.option_strings:
        return _shown(action)
    value = ""
    if action.nargs != 0:
        kinds = "|".join(str(choice) for choice in action.choices or ())
        value = " " + (kinds or str(action.metavar or action.dest).upper())
    return ", ".join(action.option_strings).replace("|", "\\|") + value.replace("|", "\\|")


def _meaning(action: argparse.Action) -> str:
    text = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    if not action.option_strings and action.choices:
        text += f" ({', '.join(str(choice) for choice in action.choices)})"
    return " ".join(text.split()).replace("|", "\\|")


def environment() -> str:
    """Give the page of all environment variables that onward reads itself."""
    from onward.core.env import DESCRIBED

    rows = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in sorted(DESCRIBED.items()))
    return (
        "# Environment variables\n\n"
        "Proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), `SSL_CERT_FILE` and uv's own variables work as usual.\n\n"
        f"| Variable | Meaning |\n|---|---|\n{rows}"
    )


def exit_codes() -> str:
    """Give the page of exit codes: the error tree as the code draws it."""
    from onward.core import errors

    title, _, rest = (errors.__doc__ or "").partition("\n\n")
    tree, _, after = rest.partition("\n\n")
    drawn = "\n".join(line.removeprefix("    ") for line in tree.splitlines())
    after = " ".join(after.partition(" This module")[0].split())
    return f"# Exit codes\n\n{title}\n\n```text\n{drawn}\n```\n\n{after}\n"


def rules() -> str:
    """Give the page of all rules: what each means, why it exists, what to do, and its levels."""
    from onward.domain.policy.catalogue import RULES

    lines = [
        "# Rules",
        "",
        "Each finding carries a rule. The policy gives the rule its level: `off`, `advise` (shown),",
        "`ratchet` (new ones fail) or `enforce` (fails). The table shows where each profile starts.",
        "",
        "| Rule | relaxed | standard | strict |",
        "|---|---|---|---|",
    ]
    ordered = dict(sorted(RULES.items()))
    lines += [
        f"| `{rule.id}` | {rule.relaxed} | {rule.standard} | {rule.strict} |"
        for rule in ordered.values()
    ]
    for rule in ordered.values():
        lines += [
            "",
            f"## {rule.id}",
            "",
            rule.summary,
            "",
            rule.why,
            "",
            f"What to do: {rule.remedy}",
        ]
    return "\n".join(lines) + "\n"


def stale(written: Mapping[str, str]) -> list[str]:
    """Give the names of the pages on disk that differ from ``written``."""
    return [
        name
        for name, text in written.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def main() -> int:
    """Write the pages, or say which ones are stale."""
    check = "--check" in sys.argv[1:]
    written = pages()
    changed = stale(written)
    if not check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in changed:
            (FOLDER / name).write_text(written[name], encoding="utf-8", newline="\n")
    for name in changed:
        print(f"docs/reference/{name}: {'stale; run scripts/docs' if check else 'written'}")
    return 1 if check and changed else 0


if __name__ == "__main__":
    if importlib.util.find_spec("onward") is None:  # called by hand on a fresh checkout
        sys.path[0] = str(ROOT)
        from scripts import bootstrap

        sys.exit(bootstrap.again("docs"))
    sys.exit(main())
