"""The first page: five questions, and the verbs that answer each."""

from onward.cli.main import QUESTIONS, VERBS


def page() -> str:
    """Give the text that ``onward`` and ``onward --help`` show."""
    width = max(len(verb) for verb in VERBS) + 2
    lines = [
        "onward: one safe path for a Python project. Every step proven, every step undoable.",
        "",
    ]
    for key, question in QUESTIONS.items():
        lines.append(question)
        lines += [
            f"  onward {verb.ljust(width)}{text}"
            for verb, (answers, text) in VERBS.items()
            if answers == key
        ]
        lines.append("")
    lines += [
        "First steps:  onward new hello --kind cli   then   cd hello   and   onward add httpx",
        "More of one:  onward VERB --help            all options of all verbs are in the reference",
        "Exit codes:   0 fine, 1 refused, 2 yours to mend, 3 our fault, 4 the outside world, 130 interrupted",
    ]
    return "\n".join(lines) + "\n"
