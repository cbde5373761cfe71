"""What an editor offers, wherever a finding stands."""

import pytest
from lsprotocol import types as lsp

from onward.cli.editor.actions import Paper, silencing


@pytest.mark.parametrize("text", ["x = 1\n", "", "x = '''\n\n'''\n", "\0\n", "a\rb\n"])
@pytest.mark.parametrize("line", range(5))
@pytest.mark.parametrize("rule", ["ruff/F401", "mypy/misc", "pylint/invalid-name"])
def test_a_finding_behind_the_last_line_is_no_accident(text: str, line: int, rule: str) -> None:
    spot = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 1))
    one = lsp.Diagnostic(range=spot, message="m", source="onward", code=rule)
    paper = Paper(uri="file:///a.py", text=text, version=None, units=len)
    for action in silencing(paper, {rule: one}):
        assert action.edit is not None
