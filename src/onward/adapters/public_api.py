"""What a module offers to others, by griffe 2.4: how two versions of it differ."""

import logging
from collections.abc import Iterator
from pathlib import Path

import griffe


def differences(before: str, after: str, *, package: bool = False) -> tuple[str, ...]:
    """Say how the public API of ``after`` differs from that of ``before``, both the text of one module.

    What is gone, stricter, laxer and new is all told: a fix must change none of it. In the
    ``__init__`` of a ``package`` imported names count too, since others take them from there.
    Raises SyntaxError for text that is no Python.
    """
    logging.getLogger("griffe").setLevel(logging.CRITICAL)
    old, new = _module(before), _module(after)
    then, now = dict(_names(old, package)), dict(_names(new, package))
    changes = [f"{name}: is gone" for name in then if name not in now]
    changes += [f"{name}: is new" for name in now if name not in then]
    changes += [
        f"{name}: was {kind}, is {now[name]}"
        for name, kind in then.items()
        if now.get(name, kind) != kind
    ]
    both = (*griffe.find_breaking_changes(old, new), *griffe.find_breaking_changes(new, old))
    changes += [
        f"{one.obj.path}: {one.kind.value}"
        for one in both
        if one.kind is not griffe.BreakageKind.OBJECT_REMOVED
    ]
    return tuple(dict.fromkeys(changes))


def _module(text: str) -> griffe.Module:
    return griffe.visit("module", filepath=Path("module.py"), code=text)


def _names(scope: griffe.Module | griffe.Class, package: bool) -> Iterator[tuple[str, str]]:
    for member in scope.members.values():
        if member.is_alias:
            if package:
                yield member.path, "an import"
            continue
        if not member.is_public:
            continue
        labels = " ".join(
            sorted(member.labels & {"async", "property", "staticmethod", "classmethod"})
        )
        yield member.path, f"{labels} {member.kind.value}".strip()
        if isinstance(member, griffe.Class):
            yield from _names(member, package)
