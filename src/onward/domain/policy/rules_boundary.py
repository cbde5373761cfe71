"""The rules about what a project offers to others, in words: hints, docstrings, tests of the public API."""

from onward.core.policy import Level
from onward.domain.policy.rule import Rule

_OFF, _ADVISE, _RATCHET, _ENFORCE = Level

BOUNDARY_RULES: tuple[Rule, ...] = (
    Rule(
        id="hints/public",
        summary="A public function, method or attribute of a library lacks a type hint.",
        why="Whoever uses the library checks their code against these hints. Inside, a type checker finds most types by itself;"
        " at the boundary it cannot, and a name without one turns into `Any` in every project that uses it.",
        remedy="Write the hint, or begin the name with an underscore if it is not for others. Public is what the typing"
        ' spec calls so ("Library interface"): no leading underscore, or named in `__all__`.',
        relaxed=_ADVISE,
        standard=_RATCHET,
        strict=_ENFORCE,
    ),
    Rule(
        id="hints/application",
        summary="A public function, method or attribute of an application lacks a type hint.",
        why="Nobody else imports an application, so this hurts only its own authors; still, what one module offers to the"
        " others is where hints pay first.",
        remedy="Write the hint, or begin the name with an underscore if it is used in its own module only.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="hints/coverage",
        summary="How much of the public API has type hints, in per cent, for each module.",
        why="It is a measure and nothing to mend, so it is shown only to those who ask: with a row that sets it to `advise` it"
        " stands at the end of `onward check`, and `--json` gives the number of each module.",
        remedy="`hints/public` says which names lack a hint.",
        relaxed=_OFF,
        standard=_OFF,
        strict=_OFF,
    ),
    Rule(
        id="docs/stale",
        summary="A docstring says something else than the function it stands in.",
        why="A parameter that is gone, a type that has changed, a result that is no longer given: whoever reads the docstring is"
        " led wrong. Only what is sure is told, and no docstring has to be there.",
        remedy="One of the two is behind: correct it.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="tests/unnamed",
        summary="No test names this public function or class.",
        why="It may be tested through others, but then nobody who changes it finds the test by its name, and often there is none."
        " A method counts through its class. It is told only where there are tests.",
        remedy="Test it by its name, or begin the name with an underscore if it is not for others.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
    Rule(
        id="tests/uncovered",
        summary="Changed lines were not run by any test.",
        why="`onward check --changed` reads the coverage data that the tests have left. What was changed and never run is where"
        " the next fault is most likely.",
        remedy="Write a test that runs these lines, run the tests with coverage, and check again.",
        relaxed=_ADVISE,
        standard=_ADVISE,
        strict=_RATCHET,
    ),
    Rule(
        id="tests/coverage-unknown",
        summary="Whether the tests run changed lines is not known: the coverage data is old, damaged or lacks the file.",
        why="Data from before the change says nothing about the lines that were changed. Not known is not the same as covered.",
        remedy="Run the tests with coverage again, then check again.",
        relaxed=_OFF,
        standard=_ADVISE,
        strict=_ADVISE,
    ),
)
