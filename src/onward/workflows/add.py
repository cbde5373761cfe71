"""Add libraries: judged one by one, indirect ones too, before anything is installed."""

import os
from collections.abc import Sequence
from pathlib import Path

from onward.core.errors import BadInput
from onward.core.finding import Place
from onward.core.names import Name
from onward.core.project import Unreadable
from onward.core.redact import redact
from onward.domain.layouts.declare import declare
from onward.workflows.proposal import Proposal, propose
from onward.workflows.resolve import Resolver


def propose_add(
    resolver: Resolver, requirements: Sequence[str], options: Sequence[str] = ()
) -> Proposal:
    """Give what adding ``requirements`` (PEP 508 texts) would do; ``options`` say to which group or extra.

    Raises BadInput (``bad-requirement``) with every requirement that cannot be read.
    """
    names = read_names(requirements)
    situation = resolver.situation
    paths = {word: path for word in requirements if (path := _path_of(word, situation.cwd))}
    resolver.beside = tuple(str(path) for path in paths.values())
    home = situation.project.root / situation.here
    wanted = [
        f"./{Path(os.path.relpath(paths[word], home)).as_posix()}" if word in paths else word
        for word in requirements
    ]
    words = redact(", ".join(requirements))  # the title is shown, and kept in the journal
    return propose(
        resolver,
        f"Add {words}",
        lambda uv, cwd: uv.add(cwd, wanted, options),
        names,
        requirements,
    )


def _path_of(word: str, cwd: Path) -> Path | None:
    """Give the folder or file that a word names, as ``./lib`` or ``/lib`` do; None for other words."""
    if not word.startswith((".", "/")) and not Path(word).is_absolute():
        return None
    path = Path(os.path.normpath(cwd / word))
    return path if path.exists() else None


def read_names(requirements: Sequence[str]) -> list[Name]:
    """Give the project names in requirement texts that an index would answer for; addresses have none."""
    names: list[Name] = []
    faults = []
    for text in requirements:
        if "://" in text.partition("@")[0] or text.startswith((".", "/", "git+")):
            continue  # an address: judged as guard/foreign-source once it is resolved
        read = declare(text, Place(path="the command line"))
        if isinstance(read, Unreadable):
            faults.append(f"`{text}`: {read.reason}")
        elif not read.direct:
            names.append(read.name)
    if faults:
        raise BadInput(
            "bad-requirement",
            "cannot read what to add",
            context=tuple(faults),
            hint="Write a name, or a name with a version range in quotes: onward add 'httpx>=0.27'",
        )
    return names
