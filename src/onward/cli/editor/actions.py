"""What an editor offers at a finding: mend it, silence it with a reason, say what its rule is."""

from collections.abc import Iterable, Sequence

import msgspec
from lsprotocol import types as lsp

from onward.cli.editor.diagnostics import BROKEN, SOURCE, Units
from onward.core.policy import Verdict
from onward.domain.silencing import Insertion, silence
from onward.workflows.editing import can_be_mended, changes, lines_of

EXPLAIN = "onward.explain"
WRITE_REASON = "onward.writeReason"
FIX_ALL = "source.fixAll.onward"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it stands in the editor, saved or not.

    ``version`` counts its changes; None where the editor takes no edits that name one.
    """

    uri: str
    text: str
    version: int | None
    units: Units

    def changed(self, after: str) -> lsp.WorkspaceEdit:
        """Give the edits of whole lines that make ``after`` of the text."""
        lines = lines_of(self.text)

        def at(line: int) -> lsp.Position:
            if line < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
                return lsp.Position(line, 0)
            return lsp.Position(len(lines) - 1, self.units(lines[-1]))

        return self.edit([
            lsp.TextEdit(lsp.Range(at(one.first), at(one.last)), one.text)
            for one in changes(self.text, after)
        ])  # fmt: skip

    def edit(self, edits: Sequence[lsp.TextEdit]) -> lsp.WorkspaceEdit:
        """Give edits of this file in the form that the editor takes."""
        if self.version is None:
            return lsp.WorkspaceEdit(changes={self.uri: list(edits)})
        document = lsp.OptionalVersionedTextDocumentIdentifier(self.uri, self.version)
        return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(document, list(edits))])


def wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Say whether the editor asked for actions of this kind; a kind stands for all below it."""
    return not only or any(kind == one or kind.startswith(f"{one}.") for one in only)


def rules_at(diagnostics: Iterable[lsp.Diagnostic]) -> dict[str, lsp.Diagnostic]:
    """Give the rules that onward found there, each with the first diagnostic of it."""
    found: dict[str, lsp.Diagnostic] = {}
    for one in diagnostics:
        if one.source == SOURCE and isinstance(one.code, str) and one.code != BROKEN:
            found.setdefault(one.code, one)
    return found


def mending(
    uri: str, rules: dict[str, lsp.Diagnostic], verdicts: Sequence[Verdict]
) -> list[lsp.CodeAction]:
    """Give an action for each rule that can be mended in this file; its edit is made when it is resolved."""
    actions = []
    for rule, one in rules.items():
        many = sum(can_be_mended(verdict) for verdict in verdicts if verdict.finding.rule == rule)
        if many:
            title = f"Mend {rule}" + (f" ({many} times in this file)" if many > 1 else "")
            actions.append(
                lsp.CodeAction(
                    title=title,
                    kind=lsp.CodeActionKind.QuickFix,
                    diagnostics=[one],
                    is_preferred=True,
                    data={"uri": uri, "rules": [rule]},
                )
            )
    return actions


def mending_all(uri: str, verdicts: Sequence[Verdict]) -> list[lsp.CodeAction]:
    """Give the action that mends what `onward check --fix` would mend in this file."""
    rules = sorted({
        verdict.finding.rule
        for verdict in verdicts
        if can_be_mended(verdict) and verdict.blocks
    })  # fmt: skip
    if not rules:
        return []
    title = "Mend everything in this file that is safe to mend"
    data = {"uri": uri, "rules": rules}
    return [lsp.CodeAction(title=title, kind=FIX_ALL, data=data)]


def explaining(rules: dict[str, lsp.Diagnostic]) -> list[lsp.CodeAction]:
    """Give the actions that say what a rule is."""
    return [
        lsp.CodeAction(
            title=f"Explain {rule}",
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[one],
            command=lsp.Command(title=f"Explain {rule}", command=EXPLAIN, arguments=[rule]),
        )
        for rule, one in rules.items()
    ]


def silencing(paper: Paper, rules: dict[str, lsp.Diagnostic]) -> list[lsp.CodeAction]:
    """Give the actions that write a comment with room for the reason; afterwards the cursor goes there."""
    actions = []
    lines = lines_of(paper.text)
    for rule, one in rules.items():
        made = silence(paper.text, one.range.start.line + 1, rule)
        if made is None:
            continue
        line = lines[made.line - 1] if made.line <= len(lines) else ""  # behind the last line end
        edit, reason = _insertion(made, line, paper.units)
        title = f"Silence {rule} here, with a reason"
        there = [paper.uri, reason.line, reason.character]
        actions.append(
            lsp.CodeAction(
                title=title,
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[one],
                edit=paper.edit([edit]),
                command=lsp.Command(title=title, command=WRITE_REASON, arguments=there),
            )
        )
    return actions


def _insertion(made: Insertion, line: str, units: Units) -> tuple[lsp.TextEdit, lsp.Position]:
    """Give the edit, and where the reason is to be written afterwards."""
    before, after = line[: made.column - 1], line[made.column - 1 :]
    spot = lsp.Position(made.line - 1, units(before))
    reason = units((before + made.text + after)[: made.reason - 1])
    return lsp.TextEdit(lsp.Range(spot, spot), made.text), lsp.Position(made.line - 1, reason)
