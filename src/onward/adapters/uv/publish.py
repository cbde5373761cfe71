"""uv (0.13) as an uploader: what to call, as whom, and what the index said to it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.uv.build import python_of
from onward.adapters.uv.commands import Uv
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.redact import redact

ATTESTATION = ".publish.attestation"
"""What the name of an attestation adds to that of its file (PEP 740 tools)."""

_UPLOAD_SECONDS = 3600.0
_INSTALL_SECONDS = 600.0
_LONGEST = 600  # letters of an answer that are shown

# These would lead uv to another index, or to say more than it should.
_REMOVED = (
    "UV_PUBLISH_URL", "UV_PUBLISH_INDEX", "UV_PUBLISH_CHECK_URL", "UV_CONFIG_FILE", "UV_INDEX", "UV_INDEX_URL",
    "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_PROJECT", "UV_WORKING_DIR", "VIRTUAL_ENV",
    "UV_OFFLINE", "UV_KEYRING_PROVIDER", "UV_EXCLUDE_NEWER", "RUST_LOG",
)  # fmt: skip
_ANSWER = re.compile(
    r"Server returned status code (\d{3})[^\n]*?(?:Server (?:says|message): (.*))?$", re.DOTALL
)
_TITLE = re.compile(r"(?is)<title>(.*?)</title>")
_TAGS = re.compile(r"<[^<>]*>")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an upload that failed: the index's status (0: none came), its words, uv's last words.

    ``nobody``: there was no login to send, such as a keyring that holds none.
    """

    status: int = 0
    answer: str = ""
    words: tuple[str, ...] = ()
    nobody: bool = False


def upload(
    program: str, file: Path, url: str, *, options: Sequence[str], env: Mapping[str, str]
) -> Call:
    """Give the call that uploads one file, with its attestation if one lies beside it (uv wants that named too).

    ``options`` say as whom; a secret is in ``env`` and never in the words of the call.
    """
    argv = (program, "publish", "--no-config", "--no-progress", "--color", "never", *options)
    signed = Path(f"{file}{ATTESTATION}")
    files = (file, signed) if signed.is_file() else (file,)
    words = (*argv, "--publish-url", url, *map(str, files))
    return Call(argv=words, cwd=str(file.parent), env=_kept(env), timeout=_UPLOAD_SECONDS)


def install_again(
    program: str, requirement: str, index: str, environment: Path, env: Mapping[str, str]
) -> Call:
    """Give the call that installs one release from an index (with its login) alone, nothing built and nothing cached."""
    argv = (program, "pip", "install", "--no-config", "--no-cache", "--no-deps", "--no-build")
    words = (*argv, "--color", "never", "--python", str(python_of(environment)), requirement)
    return Call(
        argv=words,
        cwd=str(environment.parent),
        env={**_kept(env), "UV_DEFAULT_INDEX": index},
        timeout=_INSTALL_SECONDS,
    )


def attest(uv: Uv, files: Sequence[Path]) -> Call:
    """Give the call that signs ``files`` by pypi-attestations, which comes from the index that ``uv`` knows."""
    argv = (
        uv.program,
        "tool",
        "run",
        "--config-file",
        uv.config,
        "--no-progress",
        "--color",
        "never",
    )
    words = (*argv, "--from", "pypi-attestations", "pypi-attestations", "sign", *map(str, files))
    cwd = str(files[0].parent)
    return Call(argv=words, cwd=cwd, env=uv.env, timeout=_INSTALL_SECONDS)


def read_failure(ran: Ran) -> Said:
    """Read why an upload failed."""
    text = redact(ran.err.decode("utf-8", "replace")).strip()
    found = _ANSWER.search(text)
    nobody = "Missing credentials" in text or "Keyring has no password" in text
    if found is None:
        return Said(words=tuple(lines_of(text)[-8:]), nobody=nobody)
    return Said(status=int(found[1]), answer=_plain(found[2] or ""), nobody=nobody)


def _plain(answer: str) -> str:
    """Give an answer without the tags of a page of HTML, on one line."""
    title = _TITLE.search(answer)
    text = " ".join(_TAGS.sub(" ", title[1] if title else answer).split())
    return "".join(c if c.isprintable() else "?" for c in text[:_LONGEST])


def _kept(env: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key not in _REMOVED}
