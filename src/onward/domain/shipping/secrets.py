"""What gives a file away as one that nobody else may have: its name, or a private key in it."""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from onward.core.finding import Finding, Place

SECRET_FILES = (
    ".pypirc", ".netrc", "_netrc", ".git-credentials", ".npmrc", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519",
    "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", ".env", ".env.*", "*.env",
)  # fmt: skip
"""Names of files that hold secrets, as patterns in lower case."""
_SAMPLES = frozenset({"example", "sample", "template", "tmpl", "dist", "defaults", "jinja", "j2"})
_TESTS = frozenset({"tests", "test", "testing", "_tests"})

# A key, not the mere words: the line that opens it, then its first lines.
_PRIVATE_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\r?\n|\\n)\s*"
    rb"(?:[A-Za-z0-9+/=]{40,}|Proc-Type:|Version:|Comment:|\r?\n[A-Za-z0-9+/=]{40,})"
)
# The end of a longer value (base64, over several lines) can look like a name: it has letters of both cases.
_SETS = re.compile(
    rb"(?m)^[ \t]*(?:export[ \t]+)?([A-Z_][A-Z0-9_]{0,49}|[a-z_][a-z0-9_]{0,49})[ \t]*=[ \t]*[^\s#=]"
)
OF_PUBLISHING = frozenset(
    {
        "UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "TWINE_PASSWORD", "FLIT_PASSWORD", "HATCH_INDEX_AUTH",
        "PDM_PUBLISH_PASSWORD", "POETRY_PYPI_TOKEN_PYPI", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL", "PYPI_ID_TOKEN", "TESTPYPI_ID_TOKEN", "SIGSTORE_ID_TOKEN",
    }
)  # fmt: skip
"""Variables that let whoever reads them publish, or ask a build service for an identity that may."""

_NAMED = 5  # variables that are named in a sentence


def is_secret_name(path: str) -> bool:
    """Say whether files of this name hold secrets, in whatever case; samples of them do not."""
    name = path.rpartition("/")[2].lower()
    fits = any(fnmatchcase(name, pattern) for pattern in SECRET_FILES)
    return fits and not _SAMPLES.intersection(name.split("."))


def holds_key(content: bytes) -> bool:
    """Say whether a private key stands in ``content`` (PEM, OpenSSH, OpenPGP)."""
    return b"PRIVATE KEY" in content and _PRIVATE_KEY.search(content) is not None


def is_test(path: str) -> bool:
    """Say whether a path is one of a test's."""
    *folders, name = path.split("/")
    return bool(_TESTS.intersection(folders)) or name == "conftest.py" or name.startswith("test_")


def variables(content: bytes) -> tuple[str, ...]:
    """Give the names of the variables that an ``.env`` file sets to something; never what to."""
    return tuple(dict.fromkeys(name.decode() for name in _SETS.findall(content)))


def secret_finding(
    place: str, *, holds_key: bool, tried: bool = False, sets: Iterable[str] = ()
) -> Finding:
    """Give the finding for one file; ``tried`` when it lies among the tests, ``sets`` are its variables."""
    named = list(sets)
    words = ", ".join(named[:_NAMED]) + (f" and {len(named) - _NAMED} more" * (len(named) > _NAMED))
    why = "it holds a private key" if holds_key else "files of this name hold secrets"
    return Finding(
        rule="ship/test-secret" if tried else "ship/secret",
        subject=Place(path=place),
        message=f"{why}; it sets {words}" if named and not holds_key else why,
        hint="Fine when it was made for the tests and opens nothing."
        if tried
        else "Take it out. If it was ever shared, replace what is in it.",
    )


def without_publishing(env: Mapping[str, str]) -> dict[str, str]:
    """Give an environment for code of others (a build backend, what a package imports): nothing in it can publish."""
    return {name: value for name, value in env.items() if name not in OF_PUBLISHING}
