"""Write generated files again and again beside a person's edits: a three-way merge, kept in step for a team.

What was generated last stands in ``.onward-generated.json``, a file for git: whoever writes the
files next merges from the same base. It holds lines, so that git merges it by lines too.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from onward.core.disk import read_limited
from onward.core.errors import BadInput, Refused
from onward.core.lines import lines_of
from onward.core.plan import Plan, Step, Tell, WriteFile
from onward.domain.merge3 import Conflict, merge3

RECORD = ".onward-generated.json"
_LIMIT = 5_000_000  # bytes of a file that people write
_MOST_LINES = 6  # of each side of a conflict that a person is shown


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """The text of each file as it was last generated, by its path, in lines without their ends."""

    schema: int = 1
    note: str = "What onward generated last. Keep it in git: your edits are merged from it."
    files: dict[str, list[str]] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done: ``plan``, the new text of each file that changes, and a sentence for each that stays."""

    plan: Plan
    changed: dict[str, str]
    left: dict[str, str]

    @property
    def writes(self) -> bool:
        """Whether anything is to be written, be it only the record."""
        return any(isinstance(step, WriteFile) for step in self.plan.steps)


def regenerate(
    root: Path,
    wanted: Mapping[str, str],
    title: str,
    *,
    again: frozenset[str] = frozenset(),
    option: str = "--only",
    top: Path | None = None,
) -> Outcome:
    """Plan how the files of ``wanted`` (paths with ``/``, texts that end with a line end) come to ``root``.

    They are written below ``top`` where that is given, and noted in ``root`` all the same: two projects
    of one repository share no record.

    A file that a person deleted stays away unless it is in ``again``; one that onward never
    wrote stays as it is. ``option`` is what a person names a file with. Raises Refused (``edits-collide``) with every place where a person
    and the generator changed the same lines, BadInput for files that cannot be read or that
    lie outside of the project.
    """
    record = _read_record(root)
    top = top or root
    kept = dict(record.files)
    changed: dict[str, str] = {}
    left: dict[str, str] = {}
    collisions: list[str] = []
    for path, text in wanted.items():
        mine = _read(top, path)
        base = "".join(f"{line}\n" for line in record.files[path]) if path in record.files else None
        new = ""
        if mine is None:
            if base is not None and path not in again:
                left[path] = f"was deleted by hand; name it with {option} to have it back"
            else:
                new = text
        elif base is None:
            if mine.replace("\r\n", "\n") != text:
                left[path] = "was there before and is not onward's; it stays as it is"
                continue
        else:
            merged = merge3(base, mine, text)
            collisions += [line for one in merged.conflicts for line in _told(path, one)]
            new = merged.text
        kept[path] = text.split("\n")[:-1]
        if new and new != mine:
            changed[path] = new
    if collisions:
        raise Refused(
            "edits-collide",
            "your edits and what is generated now change the same lines; nothing was written",
            context=tuple(collisions),
            hint="Write there what shall stand, as it is generated now or near it but not in it, and try again; "
            f"or delete the file and name it with {option}.",
        )
    return Outcome(
        plan=_plan((root, top), title, record=record, kept=kept, changed=changed, left=left),
        changed=changed,
        left=left,
    )


def _plan(
    places: tuple[Path, Path],
    title: str,
    *,
    record: _Record,
    kept: dict[str, list[str]],
    changed: Mapping[str, str],
    left: Mapping[str, str],
) -> Plan:
    root, top = places
    steps: list[Step] = [Tell(sentence=f"{path} {why}") for path, why in left.items()]
    for path, text in changed.items():
        verb = "Change" if (top / path).exists() else "Write"
        steps.append(
            WriteFile(sentence=f"{verb} {path}", path=str(top / path), content=text.encode())
        )
    if kept != record.files:
        raw = msgspec.json.format(msgspec.json.encode(_Record(files=dict(sorted(kept.items())))))
        steps.append(
            WriteFile(
                sentence=f"Note in {RECORD} what was generated (a file for git)",
                path=str(root / RECORD),
                content=raw + b"\n",
            )
        )
    return Plan(title=title, steps=tuple(steps))


def generated(root: Path) -> dict[str, str]:
    """Give path and text of each file that was generated last, there or not."""
    lines = _read_record(root).files
    return {path: "".join(f"{line}\n" for line in said) for path, said in lines.items()}


def difference(root: Path, path: str, new: str) -> str:
    """Give what would change in a file, as a unified diff."""
    old = _read(root, path) or ""
    lines = difflib.unified_diff(
        lines_of(old), lines_of(new), f"a/{path}", f"b/{path}", lineterm=""
    )
    return "\n".join(lines)


def _told(path: str, one: Conflict) -> list[str]:
    where = f"{one.first}" if one.last <= one.first else f"{one.first}-{one.last}"
    lines = [f"{path}:{where}: yours and the new text"]
    for sign, side in (("yours", one.mine), ("new", one.new)):
        lines += [f"  {sign}: {line}" for line in side[:_MOST_LINES] or ("(nothing)",)]
        if len(side) > _MOST_LINES:
            lines.append(f"  {sign}: ... and {len(side) - _MOST_LINES} more lines")
    return lines


def _read(root: Path, path: str) -> str | None:
    place = root / path
    if not place.resolve().is_relative_to(root.resolve()):
        raise BadInput(
            "leads-outside",
            f"`{path}` is a link that leads out of the project, so it is not written",
            hint="Put a file there, or leave it out.",
        )
    try:
        return read_limited(place, _LIMIT).decode("utf-8")
    except FileNotFoundError:
        return None
    except NotADirectoryError as error:
        raise BadInput("cannot-read", f"a part of `{path}` is a file and no folder") from error
    except (IsADirectoryError, PermissionError, UnicodeDecodeError) as error:
        raise BadInput("cannot-read", f"`{path}` cannot be read as text: {error}") from error


def _read_record(root: Path) -> _Record:
    raw = _read(root, RECORD)
    if raw is None:
        return _Record()
    try:
        record = msgspec.json.decode(raw, type=_Record)
        if record.schema != 1:
            raise msgspec.ValidationError(f"schema {record.schema} is of a newer onward")
    except msgspec.DecodeError as error:
        raise BadInput(
            "bad-record",
            f"`{RECORD}` cannot be read, so your edits could not be told from what was generated",
            context=(str(error),),
            hint="Take it from git; where git left conflict marks in it, either side will do.",
        ) from error
    return record
