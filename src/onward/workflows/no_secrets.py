"""No private key and no file of secrets goes out: one gate for everything that is handed out.

A wheel, an image, an application and a repository are the same to it: files with a path.
What is in an archive is looked at where the archive is read (``domain.shipping.contents``).
"""

import os
from collections.abc import Iterable
from pathlib import Path

from onward.core.finding import Certainty, Finding, Place
from onward.domain.shipping.secrets import (
    holds_key,
    is_secret_name,
    is_test,
    secret_finding,
    variables,
)

_HEAD = 2_000_000  # bytes of a file that are looked at, as in an archive


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
            head = _head(place) if os.path.lexists(place) else b""
        except OSError as error:
            found.append(_unread(path, error))
            continue
        key = holds_key(head)
        if key or named:
            tried = tests_may and is_test(path)
            sets = variables(head) if named and not key else ()
            found.append(secret_finding(path, holds_key=key, tried=tried, sets=sets))
    return tuple(found)


def _head(place: Path) -> bytes:
    if not place.is_file():
        return b""
    with place.open("rb") as file:
        return file.read(_HEAD)


def _unread(path: str, error: OSError) -> Finding:
    return Finding(
        rule="ship/unread",
        subject=Place(path=path),
        message=f"nobody looked whether it holds a secret: {error.strerror or error}",
        hint="Give yourself the right to read it, or leave it out.",
        certainty=Certainty.unknown,
    )
