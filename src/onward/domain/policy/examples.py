"""A bad and a good example for the rules that are onward's own; other tools have theirs."""

import msgspec


class Example(msgspec.Struct, frozen=True):
    """What a rule finds, and what it does not."""

    bad: str
    good: str


_ROW = '[[tool.onward.policy]]\nmatch = "mypy/no-any-return"\nlevel = "off"'

EXAMPLES: dict[str, Example] = {
    "suppression/no-reason": Example(
        "from shapes import Box  # noqa: F401",
        "from shapes import Box  # noqa: F401 - part of the public API",
    ),
    "suppression/blanket": Example(
        "total = sum(rows)  # type: ignore",
        "total = sum(rows)  # type: ignore[arg-type]  # rows are checked by the reader",
    ),
    "suppression/expired": Example(
        "import old_client  # noqa: F401 - until 2020-01-31, when the old API ends",
        "(the line is gone, or the new day was decided)",
    ),
    "suppression/bad-until": Example(
        "import old_client  # noqa: F401 - the old API ends, until 2027-02-31",
        "import old_client  # noqa: F401 - the old API ends, until 2027-02-28",
    ),
    "suppression/unused": Example(
        "import os  # noqa: F401 - needed\n\nprint(os.name)",
        "import os\n\nprint(os.name)",
    ),
    "ruff/format": Example("x = {  'a':1 }", 'x = {"a": 1}'),
    "ruff/invalid-syntax": Example("def area(width, height:", "def area(width, height): ..."),
    "policy/loosened": Example(_ROW, f'{_ROW}\nwhy = "stubs of that library say Any"\nuntil = 2027-06-30'),
    "policy/expired": Example(
        f'{_ROW}\nuntil = 2020-01-31\nwhy = "..."', "(the row is gone, or the new day was decided)"
    ),
    "python/mismatch": Example(
        'requires-python = ">=3.12"   and an environment with Python 3.11',
        'requires-python = ">=3.12"   and an environment with Python 3.12',
    ),
    "project/dynamic": Example(
        'dynamic = ["dependencies"]', 'dependencies = ["attrs>=25,<26"]'
    ),
    "guard/lookalike": Example('dependencies = ["reqeusts"]', 'dependencies = ["requests"]'),
    "guard/unlocked": Example(
        "pyproject.toml names a library that uv.lock does not have",
        "`onward lock` was run, and uv.lock committed",
    ),
    "guard/yanked": Example(
        'dependencies = ["acme==1.2"]   and its owner has withdrawn 1.2',
        'dependencies = ["acme>=1.3,<2"]',
    ),
    "tool/not-chosen": Example(
        "no type checker among the requirements, and none named",
        '[tool.onward.check]\ntypes = "mypy"   (or "none")',
    ),
    "check/old-settings": Example(
        "[tool.black]\nline-length = 100", "[tool.ruff]\nline-length = 100"
    ),
}  # fmt: skip
"""Rule id to its example. Rules about a release or about what happened have none: their findings say what it was."""
