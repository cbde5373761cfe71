"""The rules of the tools that look at code, in words: what they find, and what is found about them."""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_ADVISE, _RATCHET, _ENFORCE = Level.advise, Level.ratchet, Level.enforce

_CHECKERS = {
    "mypy": "mypy",
    "ty": "ty",
    "pyrefly": "Pyrefly",
    "basedpyright": "basedpyright",
}
_STUBS = ("mypy/import-untyped", "pyrefly/untyped-import", "basedpyright/reportMissingTypeStubs")
_NOTES = (
    "mypy/note",
    "mypy/annotation-unchecked",
    "ty/revealed-type",
    "pyrefly/reveal-type",
    "basedpyright/note",
)


def _checker(tool: str, name: str) -> Rule:
    return Rule(
        id=f"{tool}/*",
        summary=f"A finding of the type checker {name}; the part after the slash is its own code.",
        why="A type checker follows values through the whole program, so it sees calls that cannot work before anybody runs"
        " them. Old code seldom fits at once: what stands may stay for now, what is new has to be right.",
        remedy="Mend the code or the hint; a comment that silences it should name the code and the reason.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    )


def _stubs(rule: str) -> Rule:
    return Rule(
        id=rule,
        summary="An imported library says nothing about its types, so what it gives is not checked.",
        why="The fault is not in this project's code. Everything that comes from the library counts as any type at all, so"
        " mistakes in its use stay unseen.",
        remedy="The finding names the stubs where there are some: `onward add --dev types-NAME`. Else the type checker's"
        " settings can say that the library is known to be untyped.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    )


def _note(rule: str) -> Rule:
    return Rule(
        id=rule,
        summary="The type checker says something that is no error.",
        why="It was asked to (`reveal_type`), or it tells of something that it does not look into. That must not stop"
        " anybody, but it should be seen.",
        remedy="Take the question out of the code again, or do what the note suggests.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    )


TOOL_RULES: tuple[Rule, ...] = (
    *(_checker(tool, name) for tool, name in _CHECKERS.items()),
    *(_stubs(rule) for rule in _STUBS),
    *(_note(rule) for rule in _NOTES),
    Rule(
        id="flake8/*",
        summary="A finding of flake8 or one of its plugins; the part after the slash is its code.",
        why="A project that has flake8 among its requirements wants it to look. Most of its codes are ruff's too, so what"
        " is found twice is a reason to let one of them go.",
        remedy="Mend the line, or leave the code out in flake8's own settings.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="pylint/*",
        summary="A finding of pylint; the part after the slash is the name of its message.",
        why="pylint looks further than a linter that reads one file at a time, and it has many opinions. What stands may"
        " stay for now, what is new has to be right.",
        remedy="Mend it, or disable the message in pylint's own settings.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="tool/not-chosen",
        summary="A tool is not there that the project never asked for by name: the usual type checker, or one with settings alone.",
        why="Most projects gain from a type checker, so one belongs to the usual tools. Settings such as `[tool.typos]` may stand"
        " there for pre-commit, which brings its tools itself. Whoever never asked should hear of it, and not be stopped by it.",
        remedy="The finding says how to get it. In `[tool.onward.check]` `types` chooses another type checker, or `none`, and"
        " `tools` names all that look.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="tool/settings",
        summary="A tool did not take some of its settings and went on without them.",
        why="A misspelt option looks like one that is in force: a type checker whose `strict` is not understood passes what"
        " it should not. The tool only whispers about it and ends well.",
        remedy="The finding holds the tool's own words. Mend the setting, or remove it.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="check/old-settings",
        summary="Settings of black, isort, flake8 or pylint stand in the project, and ruff does not know of them.",
        why="ruff looks at every project here, and settings written for another tool do not reach it: it would"
        " judge by other line lengths and other exceptions. What it can say and what would be lost is said once, here. A file that cannot be read is told too.",
        remedy="Put the lines that the finding names into `[tool.ruff]`, and remove the old settings when the old tool is"
        " gone. With a `[tool.ruff]` that says the same, this finding ends.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
)
