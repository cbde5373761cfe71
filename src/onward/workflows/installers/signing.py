"""Sign a file for Windows and see that it holds; the password is never shown, and never in an argument."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from onward.adapters import windows_installers as tools
from onward.core.errors import BadInput, EngineFailed
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect

_DIGEST = re.compile(
    r"(?m)^(Current|Calculated) (message digest|DigitalSignature) *: *([0-9A-F]+) *$"
)
"""How osslsigncode 2.9 says it, of a program and of an MSI."""


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """A PKCS #12 file, the password that opens it, and the address of a time stamp server (RFC 3161; empty: none)."""

    certificate: Path
    password: str
    timestamp: str = ""

    def __repr__(self) -> str:
        return f"Signing({self.certificate})"


def sign_with(
    osslsigncode: str,
    file: Path,
    signing: Signing,
    *,
    about: str,
    scratch: Path,
    env: Mapping[str, str],
    runner: Callable[[Call], Ran],
) -> None:
    """Sign ``file`` in place, ``about`` is the name that Windows shows; raises BadInput (``not-signed``) in its own words."""
    secret = scratch / "password"
    signed = file.with_name(f"{file.name}.signed")
    secret.touch(mode=0o600)
    secret.write_text(signing.password, encoding="utf-8")
    try:
        call = tools.sign(
            osslsigncode,
            file,
            signed,
            certificate=signing.certificate,
            password_file=secret,
            timestamp=signing.timestamp,
            about=about,
            env=env,
        )
        ran = runner(call)
    finally:
        secret.unlink()
    if not ran.succeeded or not signed.is_file():
        words = (
            (ran.err + ran.out).decode("utf-8", "replace").replace(signing.password or "\0", "***")
        )
        raise BadInput(
            "not-signed",
            f"`{signing.certificate.name}` did not sign",
            context=tuple(lines_of(words.strip())[-8:]),
            hint="Is it a PKCS #12 file (.pfx, .p12) for code signing, and its password the right one?",
        )
    _see(osslsigncode, signed, env, runner)
    signed.replace(file)


def _see(
    osslsigncode: str,
    signed: Path,
    env: Mapping[str, str],
    runner: Callable[[Call], Ran],
) -> None:
    """Compare the digest in the signature with the file's own.

    Whether the chain of its certificate is trusted is for Windows to say, so the exit code counts only
    where the digests cannot be read.
    """
    ran = runner(tools.verify(osslsigncode, signed, env))
    said = ran.out.decode("utf-8", "replace")
    pairs: dict[str, dict[str, str]] = {}
    for whose, what, digest in _DIGEST.findall(said):
        pairs.setdefault(what, {})[whose] = digest
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    if not whole:
        expect(ran)
        raise EngineFailed("not-signed", "osslsigncode says nothing of the digest that it signed")
    if any(len(set(pair.values())) != 1 for pair in whole):
        raise EngineFailed("not-signed", "the file is not what its signature speaks of")
