"""Findings that a tool printed elsewhere, handed to a check: whose they are, and which files they are about."""

from pathlib import Path

import msgspec

from onward.core.errors import BadInput
from onward.core.finding import Finding, Place, Subject
from onward.core.saved import ReadsSaved, decoded
from onward.workflows.checking.tools import READ_SAVED, adapter

_MOST_TOLD = 10


class Fed(msgspec.Struct, frozen=True, kw_only=True):
    """What one tool has found in an earlier run, instead of a run of it now."""

    tool: str
    findings: tuple[Finding, ...]


def read_fed(tool: str, content: bytes, *, where: str, root: Path, cwd: Path) -> Fed:
    """Read what ``tool`` printed; ``where`` names it for people.

    Paths in it are seen from the project's ``root``, else from ``cwd``. Raises BadInput:
    ``unknown-tool``, and ``unreadable-output`` with every line that is not understood or is about a file that is not
    in the project.
    """
    reader: object = adapter(tool) if tool in READ_SAVED else None
    if not isinstance(reader, ReadsSaved):
        raise BadInput(
            "unknown-tool",
            f"output of `{tool}` cannot be read" if tool else "it is not said whose output this is",
            hint=f"Say `--from TOOL:FILE` with one of these tools: {', '.join(READ_SAVED)}.",
        )
    try:
        saved = reader.read_saved(decoded(content))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _unreadable(where, tool, [f"line {line}: it is not UTF-8"]) from error
    faults = list(saved.faults)
    found: list[Finding] = []
    bases = (root.resolve(), cwd.resolve())
    for spot, finding in saved.findings:
        place = _inside(finding.subject, bases)
        if place is None:
            faults.append(f"{spot}: `{finding.subject}` is no file of this project")
        else:
            found.append(msgspec.structs.replace(finding, subject=place))
    if faults:
        raise _unreadable(where, tool, faults)
    return Fed(tool=tool, findings=tuple(found))


def _inside(subject: Subject, bases: tuple[Path, Path]) -> Place | None:
    """Give the place as seen from the first of ``bases``, the project; None when there is no such file in it."""
    if not isinstance(subject, Place):
        return None
    root = bases[0]
    for base in bases:
        file = (base / subject.path).resolve()
        if file.is_relative_to(root) and file.is_file():
            return msgspec.structs.replace(subject, path=file.relative_to(root).as_posix())
    return None


def _unreadable(where: str, tool: str, faults: list[str]) -> BadInput:
    more = len(faults) - _MOST_TOLD
    told = (*faults[:_MOST_TOLD], *((f"and {more} more",) if more > 0 else ()))
    return BadInput(
        "unreadable-output",
        f"{where} is not what {tool} prints about this project, so nothing was checked",
        context=told,
        hint=f"Save the output of {tool} in its own form, whole and without other words in it.",
    )
