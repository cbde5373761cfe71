"""Roots to start programs in, from Debian packages: apt-get and dpkg-deb for the smallest, debootstrap for a system."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran
from onward.core.system_programs import SystemProgram

APT_GET = SystemProgram(command="apt-get", purpose="to fetch Debian packages", apt="apt")
DPKG_DEB = SystemProgram(
    command="dpkg-deb", purpose="to read Debian packages", apt="dpkg", brew="dpkg"
)
DEBOOTSTRAP = SystemProgram(
    command="debootstrap", purpose="to make a small Debian to try packages in", apt="debootstrap"
)
CHROOT = SystemProgram(command="chroot", purpose="to install a package there", apt="coreutils")

SMALLEST = ("libc6", "libc-bin", "libgcc-s1", "zlib1g", "libcrypt1", "base-files")
"""What any program may count on: glibc with its locale C.UTF-8 (libc-bin), and what comes with it everywhere."""

WITH_PYTHON = (*SMALLEST, "libstdc++6", "python3")
"""What people have who have Python; compiled wheels count on libstdc++ (PEP 513), and apt itself needs it."""

PYTHON = "/usr/bin/python3"
"""Where Debian's Python is."""

_SECONDS = 900.0
_KEPT = 20_000


def fetch(apt_get: str, packages: Sequence[str], into: Path, env: Mapping[str, str]) -> Call:
    """Download packages, checked by apt's own signatures, into a folder."""
    return _call((apt_get, "-q", "-o", "APT::Sandbox::User=root", "download", *packages), into, env)


def fetch_with_all(
    apt_get: str, packages: Sequence[str], into: Path, env: Mapping[str, str]
) -> Call:
    """Download packages and all that they depend on, as apt would choose for an empty system; nothing is installed.

    ``into`` holds an empty file ``status`` (no package is there) and a folder ``partial``.
    """
    settings = (
        f"Dir::State::status={into}/status", f"Dir::Cache::archives={into}", "APT::Sandbox::User=root",
        "Debug::NoLocking=1",
    )  # fmt: skip
    argv = [apt_get, "-q", "-y", "--no-install-recommends", "--download-only"]
    argv += [word for said in settings for word in ("-o", said)]
    return _call((*argv, "install", *packages), into, env)


def unpack(dpkg_deb: str, package: Path, into: Path, env: Mapping[str, str]) -> Call:
    """Unpack what a package holds, without running anything of it."""
    return _call((dpkg_deb, "-x", str(package), str(into)), into, env)


def describe(dpkg_deb: str, package: Path, env: Mapping[str, str]) -> Call:
    """Read the fields of a package."""
    return _call((dpkg_deb, "-f", str(package)), package.parent, env)


def small_system(debootstrap: str, suite: str, into: Path, env: Mapping[str, str]) -> Call:
    """Make a Debian with its shell and apt, and without Python; it needs root."""
    argv = (debootstrap, "--variant=minbase", suite, str(into))
    return _call(argv, into.parent, {**env, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})


def install(chroot: str, root: Path, package: str, env: Mapping[str, str]) -> Call:
    """Install a package (a path inside ``root``) and what it depends on, there."""
    kept = {name: value for name, value in env.items() if "proxy" in name.lower()}
    more = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
    }
    argv = (chroot, str(root), "apt-get", "-q", "-y", "--no-install-recommends", "install", package)
    return _call(argv, root, {**kept, **more})


def suite_of(os_release: str) -> str:
    """Give the code name in /etc/os-release (os-release(5)), empty where it names none."""
    fields = dict(line.partition("=")[::2] for line in lines_of(os_release))
    return fields.get("VERSION_CODENAME", "").strip("\"'")


def last_words(ran: Ran) -> tuple[str, ...]:
    """Give the last lines that a tool said."""
    return tuple(lines_of((ran.err + ran.out).decode("utf-8", "replace").strip())[-8:])


def _call(argv: tuple[str, ...], cwd: Path, env: Mapping[str, str]) -> Call:
    told = {**env, "LC_ALL": "C.UTF-8"}
    return Call(argv=argv, cwd=str(cwd), env=told, timeout=_SECONDS, keep=_KEPT, whole_group=True)
