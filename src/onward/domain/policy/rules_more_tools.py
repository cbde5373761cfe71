"""The rules of the tools that look at more than code, in words: dependencies, spelling, docstrings, API, CI, images."""

from collections.abc import Iterable

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_OFF, _ADVISE, _RATCHET, _ENFORCE = Level

_GRAVE = {
    "template-injection": "What a stranger writes (a title, a branch name) ends up in a script of the workflow.",
    "dangerous-triggers": "The workflow starts with secrets on what a stranger has pushed.",
    "github-env": "The workflow lets its input set environment variables of later steps.",
    "insecure-commands": "The workflow lets anything it prints give commands to the runner.",
    "hardcoded-container-credentials": "A password stands in the workflow for everybody to read.",
    "bot-conditions": "The workflow trusts a name that a stranger can take.",
}


def _grave(audit: str, summary: str) -> Rule:
    return Rule(
        id=f"zizmor/{audit}",
        summary=summary,
        why="Whoever can run something in a workflow can take its secrets and publish in the project's name.",
        remedy="The finding links to zizmor's text about it, which shows the safe way to write it.",
        relaxed=_RATCHET,
        standard=_ENFORCE,
        strict=_ENFORCE,
    )


def _missing(code: str, summary: str, why: str, remedy: str) -> Rule:
    return Rule(
        id=f"deptry/{code}",
        summary=summary,
        why=why,
        remedy=remedy,
        relaxed=_RATCHET,
        standard=_ENFORCE,
        strict=_ENFORCE,
    )


def _unread(tool: str) -> Rule:
    return Rule(
        id=f"{tool}/unread",
        summary=f"{tool} could not read a file, and went on without it.",
        why="What the file uses is not known then. Something that only it uses looks as if nothing used it, and what it lacks is"
        " not found.",
        remedy="Make it UTF-8 and let it parse, or leave it out in the tool's own settings if it is no code.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    )


def sarif_family(name: str) -> Rule:
    """Give the entry for all rules of a tool that a project names in ``[[tool.onward.check.sarif]]``."""
    return Rule(
        id=f"{name}/*",
        summary=f"A finding of {name}; the part after the slash is its own rule.",
        why=f"The project has {name} look at it by `[[tool.onward.check.sarif]]`. What stands may stay for now, what is new"
        " has to be right.",
        remedy="Mend it, or silence it in the tool's own way: results that its SARIF marks as suppressed are not shown.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    )


def sarif_families(names: Iterable[str]) -> tuple[Rule, ...]:
    """Give the entries for several such tools."""
    return tuple(sarif_family(name) for name in names)


MORE_TOOL_RULES: tuple[Rule, ...] = (
    _missing(
        "DEP001",
        "The code imports something that no requirement brings.",
        "It works only where it happens to be installed. Where the project is installed from its own requirements, the import"
        " fails.",
        "`onward add NAME`, or take the import out. For an optional one, say so in deptry's `per_rule_ignores`.",
    ),
    _missing(
        "DEP003",
        "The code imports something that is there only because another requirement needs it.",
        "That one may let go of it with any release, and its version is not the project's choice.",
        "`onward add NAME` makes it the project's own requirement.",
    ),
    _missing(
        "DEP004",
        "The code imports something that only the development group brings.",
        "Developers have it, users do not: the import fails for them alone. No test of the project sees it.",
        "Move it to the project's requirements, or the import to the tests.",
    ),
    _unread("deptry"),
    _unread("vulture"),
    Rule(
        id="deptry/*",
        summary="A finding of deptry about requirements; the part after the slash is its own code (DEP002: one is unused).",
        why="A requirement that nothing uses is installed, updated and trusted by everybody for nothing.",
        remedy="`onward remove NAME`. What is used without an import (a plugin, a command) goes into deptry's `per_rule_ignores`.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="vulture/*",
        summary="vulture found no use of something, or code that cannot be reached; the part after the slash is what it is.",
        why="Dead code is read, kept working and tested for nothing. vulture only sees names, so what a framework calls looks"
        " dead to it; `confidence` in the finding says how sure it is.",
        remedy="Remove it, or name it in `ignore_names` or `ignore_decorators` of `[tool.vulture]`; `min_confidence` there asks for"
        " the sure ones only.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="typos/*",
        summary="A word is misspelt, in a file or in its name.",
        why="Names with a typo are not found by whoever looks for them, and once they are public they stay.",
        remedy="Write it right, or list the word under `[tool.typos.default.extend-words]` if it is meant.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="interrogate/missing",
        summary="A module, class or function has no docstring.",
        why="Its users have to read the code to learn what it is for. Tools that show documentation show nothing there.",
        remedy="Write one sentence, or leave its kind out in `[tool.interrogate]`.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="interrogate/*",
        summary="Less of the code has docstrings than the project wants (`interrogate/coverage`).",
        why="The project has set itself a minimum, `fail-under`, and fell below it. From there it is seldom made up for.",
        remedy="Write the missing ones: each is an `interrogate/missing` with its place.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="pydoclint/*",
        summary="A docstring and its signature say different things; the part after the slash is pydoclint's own code.",
        why="A docstring that is wrong is worse than none: it is believed. Editors show it to everybody who calls the function.",
        remedy="Mend whichever is wrong. `style` in `[tool.pydoclint]` says how the docstrings are written.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="griffe/no-release",
        summary="The public API was not compared, since no earlier release was found.",
        why="Whether it breaks its users is then not known. In CI the tags are often not fetched.",
        remedy="Tag each release with its version (`v1.2.0`), and fetch the tags (`fetch-depth: 0` in GitHub's checkout).",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="griffe/*",
        summary="The public API lost or changed something since the last release, and the version number does not say so.",
        why="Users update within a major version (a minor one while it is 0) because nothing should break there. With a version"
        " number that allows breaks, this finding ends.",
        remedy="Keep the old name or parameter beside the new one for a while, or raise the version as the finding says.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    *(_grave(audit, summary) for audit, summary in _GRAVE.items()),
    Rule(
        id="zizmor/*",
        summary="A workflow of GitHub Actions can be misused; the part after the slash is the name of zizmor's audit.",
        why="Workflows hold the secrets that releases are made with. The finding says how grave zizmor takes it to be.",
        remedy="The finding links to zizmor's text about it. A comment `# zizmor: ignore[AUDIT]` silences one place.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="hadolint/*",
        summary="A Dockerfile can be written better or safer; the part after the slash is hadolint's own code.",
        why="Images that are not pinned, or keep what only the build needs, are different each time and larger than they need be.",
        remedy="The finding links to the text about its code. `# hadolint ignore=CODE` above the line silences one place.",
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="validate-pyproject/*",
        summary="pyproject.toml does not hold to the standards for it.",
        why="Tools that build, install or check the project read it; each stops at a fault, or goes on without what was meant.",
        remedy="Mend the key that the finding names. It tells the first fault only; check again afterwards.",
        relaxed=_RATCHET,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
)
