"""No private key and no file of secrets goes out: one gate for everything that is handed out.

A wheel, an image, an application and a repository are the same to it: files with a path.
What is in an archive is looked at where the archive is read (``domain.shipping.contents``).
"""

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from onward.adapters.git import Repository
from onward.core.errors import Refused
from onward.core.finding import Certainty, Finding, Place
from onward.core.policy import Level, Row
from onward.domain.policy.decide import decide
from onward.domain.shipping.secrets import (
    holds_key,
    is_secret_name,
    is_test,
    secret_finding,
    variables,
)
from onward.workflows.source_copy import Sources

_HEAD = 2_000_000  # bytes of a file in which variables are looked for
_PIECE = 1_000_000
_LONGEST = 400  # bytes of what gives a key away: two pieces share as many


def secret_findings(
    folder: Path, paths: Iterable[str], *, tests_may: bool = False
) -> tuple[Finding, ...]:
    """Look at files below ``folder`` (``paths`` relative, with ``/``) that are about to be handed out.

    ``ship/secret`` for one that holds a private key or has the name of one that holds
    secrets; its variables are named, never their values. With ``tests_may`` those of tests
    are ``ship/test-secret``. A file that cannot be read is a finding too (``ship/unread``).
    Links are not followed: what they lead to is looked at where it lies.
    """
    found: list[Finding] = []
    for path in sorted(set(paths)):
        place = folder / path
        named = is_secret_name(path)
        if place.is_symlink() or (place.is_dir() and not named):
            continue
        try:
            with _opened(place) as file:
                found += _look(path, file, tests_may=tests_may)
        except OSError as error:
            found.append(_unread(path, error))
    return tuple(found)


def zip_findings(made: Path, *, tests_may: bool = False) -> tuple[Finding, ...]:
    """Look at all that a zip holds, as ``secret_findings`` does at files."""
    found: list[Finding] = []
    with zipfile.ZipFile(made) as held:
        for path in sorted(held.namelist()):
            with held.open(path) as file:
                found += _look(path, file, tests_may=tests_may)
    return tuple(found)


def tree_findings(sources: Sources, known: Repository | None) -> tuple[Finding, ...]:
    """Look at what git tracks of a project.

    Without git nobody says what belongs to it, and an ``.env`` may lie there for its owner
    alone: then only what is packed counts, where it is packed.
    """
    if known is None:
        return ()
    return secret_findings(sources.folder, sources.files, tests_may=True)


def held_back(findings: Iterable[Finding], rows: Sequence[Row], today: dt.date) -> tuple[str, ...]:
    """Give a sentence for each finding that the policy enforces."""
    return tuple(
        f"{verdict.finding.subject}: {verdict.finding.message} [{verdict.finding.rule}]"
        for verdict in decide(findings, rows, today).because
        if verdict.blocks
    )


def refuse_secrets(
    findings: Sequence[Finding], rows: Sequence[Row], today: dt.date, *, what: str
) -> tuple[str, ...]:
    """Raise Refused (``secret``) when the policy holds ``what`` back; give sentences for what is only advice."""
    if words := held_back(findings, rows, today):
        raise Refused(
            "secret",
            f"{what} would hold what nobody else may have, so nothing was written",
            context=words,
            hint="Take it out, and replace what is in it if it was ever shared. A row with `only` in"
            " [[tool.onward.policy]] lets one file pass, with a reason.",
        )
    return tuple(
        f"{verdict.finding.subject}: {verdict.finding.message} [{verdict.finding.rule}]"
        for verdict in decide(findings, rows, today).because
        if verdict.level is not Level.off
    )


def _opened(place: Path) -> IO[bytes]:
    """Open a file; what is gone, or is none, counts by its name alone."""
    return place.open("rb") if place.is_file() else io.BytesIO()


def _look(path: str, file: IO[bytes], *, tests_may: bool) -> Iterator[Finding]:
    head = file.read(_HEAD)
    named = is_secret_name(path)
    key = holds_key(head) or _holds_key(head[-_LONGEST:], file)
    if key or named:
        tried = tests_may and is_test(path)
        sets = variables(head) if named and not key else ()
        yield secret_finding(path, holds_key=key, tried=tried, sets=sets)


def _holds_key(before: bytes, file: IO[bytes]) -> bool:
    """Look through the rest of a file, piece by piece."""
    while piece := file.read(_PIECE):
        if holds_key(before + piece):
            return True
        before = piece[-_LONGEST:]
    return False


def _unread(path: str, error: OSError) -> Finding:
    return Finding(
        rule="ship/unread",
        subject=Place(path=path),
        message=f"nobody looked whether it holds a secret: {error.strerror or error}",
        hint="Give yourself the right to read it, or leave it out.",
        certainty=Certainty.unknown,
    )
