"""All other rules in words: the policy itself, Python versions, code checks and tools."""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_ADVISE, _ENFORCE = Level.advise, Level.enforce

PROJECT_RULES: tuple[Rule, ...] = (
    Rule(
        id="policy/loosened",
        summary="A row of the policy makes something weaker than it would be without that row.",
        why="Exceptions are normal; forgotten ones are not. Each one is shown with its reason and its last day, so"
        " that whoever reads a change sees what it lets through.",
        remedy="Remove the row when its reason is gone, or give it an `until`.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="policy/expired",
        summary="A row's last day (`until`) has passed, so it no longer counts.",
        why="A row that ends in silence leaves a riddle: yesterday it worked, today it is refused. This"
        " finding says which row ended, and when.",
        remedy="Remove the row, or decide again and set a new date.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="policy/unknown-rule",
        summary="A row of the policy names a rule of ruff that does not exist, so it does nothing.",
        why="A code with a slip of the pen, or one that ruff has renamed, looks like a decision and is none: what was to"
        " be enforced is not, and what was to be let through is told all the same.",
        remedy="Write the code as ruff has it; `ruff rule --all` lists them, and the finding names the nearest one.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="python/mismatch",
        summary="The Python in use is not the version that the project is pinned to.",
        why="Two people with two versions of Python get two different results from the same lock file, and look for"
        " the fault in the wrong place.",
        remedy="`onward sync` makes the environment with the pinned version; `onward python pin VERSION` changes the pin"
        " everywhere at once.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="python/end-of-life",
        summary="The project's Python version no longer gets security fixes, or soon will not.",
        why="After its end of life a Python version stays as it is, holes included, and libraries drop it one"
        " after another. The dates are known years ahead, so there is time to move calmly.",
        remedy="`onward python list` shows what is installed and until when each version is kept up.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="ruff/format",
        summary="The file is not formatted the way ruff formats it.",
        why="One format for everyone keeps differences between two versions about the code and not about its spaces.",
        remedy="`onward check --fix` formats it.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ruff/invalid-syntax",
        summary="Python cannot read this file.",
        why="Nothing else in a file can be checked until it parses, and importing it fails. So this is no"
        " matter of taste in any profile.",
        remedy="Mend the line that is named. If the file is a template or an example, exclude it in ruff's configuration.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ruff/E902",
        summary="Ruff could not read this file at all, so what is in it is unknown.",
        why="A file that cannot be opened or is not UTF-8 was not checked. That must not look like a file without findings.",
        remedy="Make it readable and save it as UTF-8, or exclude it in ruff's configuration.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="ruff/*",
        summary="A finding of ruff's linter; the part after the slash is ruff's own code.",
        why="Ruff looks for likely faults and for habits that hide them. Which of its rules run is set in the"
        " project's own ruff configuration; the policy only says what a finding of one of them does.",
        remedy="`onward check --fix` mends what can be mended safely.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="project/unreadable",
        summary="A requirement in the project's files could not be understood, so it was not judged.",
        why="A line that is skipped in silence is a way around every other rule. What onward cannot read it names.",
        remedy="Write the line as PEP 508 says (`name>=1.2`), or as the tool that the file belongs to documents it.",
        relaxed=_ADVISE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="project/dynamic",
        summary="The project works out its requirements by running code, so onward could not read them all.",
        why="onward never runs a setup.py to look at it: that would be running what is to be judged. What such a file"
        " computes stays unknown until it is locked or stated.",
        remedy="State the requirements in `[project]` of pyproject.toml, or lock them: a lock is judged whole.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="project/interrupted",
        summary="An onward was ended while it changed the project's files, and they were not put back yet.",
        why="What it left may be half of a change: some files as they were, some as they were to be. How all of them were"
        " before is kept.",
        remedy="`onward undo` puts every file back as it was before that change.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="baseline/stale",
        summary="The baseline names findings that are not there any more, and could not be made shorter here.",
        why="Whatever stands in the baseline without need could cover a new finding of the same kind. On a build service"
        " the file is not written, so it is said there.",
        remedy="Run `onward check` in a work tree and commit the shorter `onward-baseline.txt`.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="check/no-files",
        summary="There was no Python file to look at, so nothing is known.",
        why="A wrong folder or a wide `exclude` makes every check pass at once. Nothing looked at is not the same as"
        " nothing found.",
        remedy="Look at the folder you are in, at the paths you gave, and at `exclude` in ruff's configuration.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_ENFORCE,
    ),
    Rule(
        id="tool/failed",
        summary="A tool could not do its work, so what it would have found is unknown.",
        why="A scanner that crashed and a scanner that found nothing must not look alike. Whatever"
        " could not be looked at counts as unknown, never as clean.",
        remedy="The finding holds the tool's own words. Mend its configuration or the file it fell over, and run again.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
    Rule(
        id="tool/missing",
        summary="A tool that the project wants is not there, so what it would have found is unknown.",
        why="A check that quietly does nothing on one machine passes there and fails on the next. Whether it ran"
        " must be seen in the result.",
        remedy="The finding says how to get the tool. If the project does not want it, take it out of its checks.",
        relaxed=_ENFORCE,
        standard=_ENFORCE,
        strict=_ENFORCE,
    ),
)
