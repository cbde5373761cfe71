"""Which option of an old tool is which of ruff's (0.17), and which never mattered to a finding."""

from collections.abc import Mapping

LINE_LENGTH = "line-length"
DEFAULT_LINE_LENGTH = 88

SAME: Mapping[str, Mapping[str, str]] = {
    "black": {
        "line-length": LINE_LENGTH,
        "skip-magic-trailing-comma": "format.skip-magic-trailing-comma",
        "preview": "format.preview",
    },
    "isort": {
        "line-length": LINE_LENGTH,
        "src-paths": "src",
        **{
            name: f"lint.isort.{name}"
            for name in (
                "known-first-party", "known-third-party", "known-local-folder", "force-single-line", "combine-as-imports",
                "force-sort-within-sections", "force-to-top", "lines-after-imports", "lines-between-types",
                "no-lines-before", "order-by-type", "case-sensitive", "split-on-trailing-comma",
            )
        },
        "add-imports": "lint.isort.required-imports",
        "extra-standard-library": "lint.isort.extra-standard-library",
    },
    "flake8": {
        "max-line-length": LINE_LENGTH,
        "max-doc-length": "lint.pycodestyle.max-doc-length",
        "max-complexity": "lint.mccabe.max-complexity",
        "exclude": "extend-exclude",
        "extend-exclude": "extend-exclude",
        "builtins": "builtins",
        "inline-quotes": "lint.flake8-quotes.inline-quotes",
        "multiline-quotes": "lint.flake8-quotes.multiline-quotes",
        "docstring-convention": "lint.pydocstyle.convention",
    },
    "pylint": {
        "max-line-length": LINE_LENGTH,
        **{
            name: f"lint.pylint.{name}"
            for name in (
                "max-args", "max-branches", "max-returns", "max-statements", "max-locals", "max-public-methods",
                "max-bool-expr", "max-nested-blocks", "max-positional-arguments",
            )
        },
    },
}  # fmt: skip
"""Old tool, its option (with ``-``), and ruff's key."""

WITHOUT_MEANING: Mapping[str, frozenset[str]] = {
    "black": frozenset({
        "check", "color", "diff", "fast", "include", "quiet", "required-version", "safe", "verbose", "workers",
    }),
    "isort": frozenset({
        "atomic", "color-output", "ensure-newline-before-comments", "filter-files", "include-trailing-comma",
        "py-version", "use-parentheses", "skip-gitignore",
    }),
    "flake8": frozenset({
        "benchmark", "color", "count", "enable-extensions", "format", "hang-closing", "jobs", "output-file", "quiet",
        "require-plugins", "show-source", "statistics", "tee", "verbose",
    }),
    "pylint": frozenset({
        "confidence", "evaluation", "exit-zero", "expected-line-ending-format", "fail-on", "fail-under", "from-stdin",
        "indent-string", "jobs", "limit-inference-results", "msg-template", "output-format", "persistent", "py-version",
        "recursive", "reports", "score", "source-roots", "suggestion-mode", "unsafe-load-any-extension",
    }),
}  # fmt: skip
"""How a tool runs and prints, and what ruff does in any case."""

LINTERS = (
    "A", "AIR", "ANN", "ARG", "ASYNC", "B", "BLE", "C4", "C90", "COM", "CPY", "D", "DJ", "DOC", "DTZ", "E", "EM", "ERA",
    "EXE", "F", "FA", "FAST", "FBT", "FIX", "FLY", "FURB", "G", "I", "ICN", "INP", "INT", "ISC", "LOG", "N", "NPY", "PD",
    "PERF", "PGH", "PIE", "PL", "PT", "PTH", "PYI", "Q", "RET", "RSE", "RUF", "S", "SIM", "SLF", "SLOT", "T10", "T20",
    "TC", "TD", "TID", "TRY", "UP", "W", "YTT",
)  # fmt: skip
"""The beginnings of ruff's codes; flake8's plugins have the same ones."""

NOT_RUFFS = (
    "E121",
    "E122",
    "E123",
    "E124",
    "E125",
    "E126",
    "E127",
    "E128",
    "E129",
    "E13",
    "W503",
    "W504",
    "W601",
)
"""Codes of pycodestyle that ruff never looks for: the formatter decides what they are about."""

PYLINT_CODES: Mapping[str, str] = {
    "bare-except": "E722",
    "broad-except": "BLE001",
    "broad-exception-caught": "BLE001",
    "consider-using-f-string": "UP031",
    "dangerous-default-value": "B006",
    "fixme": "FIX",
    "global-statement": "PLW0603",
    "import-outside-toplevel": "PLC0415",
    "invalid-name": "N",
    "line-too-long": "E501",
    "logging-fstring-interpolation": "G004",
    "missing-class-docstring": "D101",
    "missing-docstring": "D1",
    "missing-function-docstring": "D103",
    "missing-module-docstring": "D100",
    "multiple-imports": "E401",
    "no-else-return": "RET505",
    "protected-access": "SLF001",
    "raise-missing-from": "B904",
    "redefined-builtin": "A001",
    "too-many-arguments": "PLR0913",
    "too-many-branches": "PLR0912",
    "too-many-positional-arguments": "PLR0917",
    "too-many-return-statements": "PLR0911",
    "too-many-statements": "PLR0915",
    "unspecified-encoding": "PLW1514",
    "unused-argument": "ARG",
    "unused-import": "F401",
    "unused-variable": "F841",
    "wildcard-import": "F403",
    "wrong-import-order": "I001",
    "wrong-import-position": "E402",
}
"""Messages of pylint by name, and the ruff code that finds the same."""
