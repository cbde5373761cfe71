"""makensis 3, wixl 0.101, msiextract, 7z and osslsigncode 2: how to ask each, on any system but Windows alone.

Names of files reach them in arguments and scripts only; passwords never do (osslsigncode reads one from a file).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from onward.core.proc.call import Call
from onward.core.system_programs import SystemProgram

MAKENSIS = SystemProgram(
    command="makensis", purpose="to make a setup program (.exe)", apt="nsis", brew="makensis", winget="NSIS.NSIS"
)  # fmt: skip
SEVEN_ZIP = SystemProgram(
    command="7z", purpose="to look into the setup program that was made", apt="p7zip-full", brew="p7zip", winget="7zip.7zip"
)  # fmt: skip
WIXL = SystemProgram(command="wixl", purpose="to make an MSI", apt="wixl", brew="msitools")
MSIEXTRACT = SystemProgram(
    command="msiextract",
    purpose="to look into the MSI that was made",
    apt="msitools",
    brew="msitools",
)
OSSLSIGNCODE = SystemProgram(
    command="osslsigncode", purpose="to sign for Windows (Authenticode)", apt="osslsigncode", brew="osslsigncode"
)  # fmt: skip

_SECONDS = 1_800.0
_KEPT = 20_000  # bytes of what a tool says


def make_exe(makensis: str, script: Path, env: Mapping[str, str]) -> Call:
    """Ask NSIS to make the installer of ``script`` (UTF-8), without a word that depends on the settings here."""
    argv = (makensis, "-V2", "-NOCD", "-NOCONFIG", "-INPUTCHARSET", "UTF8", "-WX", str(script))
    return _call(argv, script.parent, env)


def unpack_exe(seven_zip: str, installer: Path, into: Path, env: Mapping[str, str]) -> Call:
    """Unpack an installer of NSIS without running it."""
    return _call((seven_zip, "x", "-y", "-bd", f"-o{into}", str(installer)), into, env)


def make_msi(wixl: str, description: Path, out: Path, machine: str, env: Mapping[str, str]) -> Call:
    """Ask wixl to make the MSI ``out``; ``machine`` is x86 or x64."""
    argv = (wixl, "-a", machine, "-o", str(out), str(description))
    return _call(argv, description.parent, env)


def unpack_msi(msiextract: str, installer: Path, into: Path, env: Mapping[str, str]) -> Call:
    """Unpack an MSI without installing it."""
    return _call((msiextract, "-C", str(into), str(installer)), into, env)


def sign(
    osslsigncode: str,
    file: Path,
    signed: Path,
    *,
    certificate: Path,
    password_file: Path,
    timestamp: str,
    about: str,
    env: Mapping[str, str],
) -> Call:
    """Sign ``file`` into ``signed`` with a PKCS #12 file; ``timestamp`` is the address of a server (RFC 3161), or empty."""
    stamp: Sequence[str] = ("-ts", timestamp) if timestamp else ()
    argv = (
        osslsigncode, "sign", "-pkcs12", str(certificate), "-readpass", str(password_file), "-h", "sha256",
        "-n", about, *stamp, "-in", str(file), "-out", str(signed),
    )  # fmt: skip
    return _call(argv, file.parent, env)


def verify(osslsigncode: str, file: Path, env: Mapping[str, str]) -> Call:
    """Ask what the signature says and what the file is; it fails where the certificate is not trusted here."""
    argv = (osslsigncode, "verify", "-in", str(file))
    return _call(argv, file.parent, env)


def _call(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Call:
    return Call(argv=argv, cwd=str(cwd), env=dict(env), timeout=_SECONDS, keep=_KEPT)
