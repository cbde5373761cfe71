"""The roots that programs are started in, made once and kept in the cache folder."""

import platform
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters import debian_root as debian
from onward.adapters import machine_libraries
from onward.core.disk import locked, new_folder
from onward.core.errors import OnwardError, OutsideFailed, Refused
from onward.core.perform import Listen, silent
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run
from onward.core.system_programs import paths_of

_COPIED = (
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2",
    "libnss_files.so.2", "libnss_dns.so.2", "libgcc_s.so.1", "libz.so.1", "libcrypt.so.1",
)  # fmt: skip
_LOADERS = ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1")
_LOCALE = Path("/usr/lib/locale/C.utf8")
_FORM = 2  # raise it when what goes into a root changes


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """A root without Python: where it is, and what it is in words."""

    path: Path
    said: str


class Roots:
    """The roots of this machine."""

    def __init__(
        self,
        cache: Path,
        env: Mapping[str, str],
        *,
        listen: Listen = silent,
        runner: Callable[[Call], Ran] = run,
    ) -> None:
        self._folder = cache / "roots"
        self._env = env
        self._listen = listen
        self._runner = runner
        self._suite = _suite()

    def smallest(self) -> Root:
        """Give a root with glibc and little else: of Debian's packages, or of this machine's own libraries."""
        packed = self._folder / f"glibc-{self._suite}-{platform.machine()}-{_FORM}"
        copied = self._folder / f"copied-{platform.machine()}-{_FORM}"
        with locked(self._folder / "lock", "the roots to start programs in", wait=900):
            try:
                if not packed.is_dir():
                    self._listen("start", "Making a root with glibc and nothing else")
                    self._from_packages(packed)
                return Root(
                    path=packed, said=f"glibc and nothing else (packages of Debian {self._suite})"
                )
            except OnwardError:
                if not copied.is_dir():
                    _from_machine(copied)
                return Root(
                    path=copied, said="this machine's own glibc and nothing else (no apt to ask)"
                )

    def system(self) -> Root:
        """Give a small Debian with shell and apt; raises OnwardError where it cannot be made (it needs root)."""
        place = self._folder / f"debian-{self._suite}-{platform.machine()}-{_FORM}"
        with locked(self._folder / "lock", "the roots to start programs in", wait=900):
            if not place.is_dir():
                (debootstrap,) = paths_of([debian.DEBOOTSTRAP], self._path())
                self._listen("start", f"Making a small Debian {self._suite} (half a minute, once)")
                with new_folder(place) as scratch:
                    scratch.chmod(0o755)
                    self._expect(debian.small_system(debootstrap, self._suite, scratch, self._env))
        return Root(path=place, said=f"a small Debian {self._suite} without Python")

    def installed(self, package: Path, work: Path) -> Root:
        """Give a small Debian, in ``work``, with a package and what it depends on installed by apt."""
        base = self.system()
        (chroot,) = paths_of([debian.CHROOT], self._path())
        copy = work / "debian"
        shutil.copytree(base.path, copy, symlinks=True, ignore=_special)
        (copy / "dev").mkdir(exist_ok=True)
        shutil.copyfile("/etc/resolv.conf", copy / "etc" / "resolv.conf")
        shutil.copyfile(package, copy / "package.deb")
        null = copy / "dev" / "null"
        null.touch()
        null.chmod(0o666)
        self._expect(debian.install(chroot, copy, "/package.deb", self._env))
        return Root(path=copy, said=f"{base.said}, where apt installed it")

    def with_python(self, more: Sequence[str] = ()) -> tuple[Path, tuple[int, int]]:
        """Give a root with Debian's Python and, where asked for, more packages, and its version without the last part.

        Raises Refused (``not-provable``) where Debian's packages cannot be had.
        """
        words = "-".join(("python", *more, self._suite, platform.machine(), str(_FORM)))
        place = self._folder / words
        with locked(self._folder / "lock", "the roots to start programs in", wait=900):
            if not place.is_dir():
                self._listen("start", "Making a root with Debian's Python")
                try:
                    self._unpack_all(place, (*debian.WITH_PYTHON, *more))
                except OnwardError as error:
                    raise Refused(
                        "not-provable",
                        "a root with Python is made of Debian's packages, and they cannot be had here",
                        context=(error.message, *error.context),
                        hint="`--no-prove` hands it out unproven.",
                    ) from error
        name = (place / debian.PYTHON[1:]).readlink().name
        major, _, minor = name.removeprefix("python").partition(".")
        return place, (int(major), int(minor))

    def _unpack_all(self, place: Path, packages: Sequence[str]) -> None:
        apt_get, dpkg_deb = paths_of([debian.APT_GET, debian.DPKG_DEB], self._env)
        with new_folder(place) as scratch:
            scratch.chmod(0o755)
            fetched = scratch / "fetched"
            (fetched / "partial").mkdir(parents=True)
            (fetched / "status").touch()
            self._expect(debian.fetch_with_all(apt_get, packages, fetched, self._env))
            for package in sorted(fetched.glob("*.deb")):
                self._expect(debian.unpack(dpkg_deb, package, scratch, self._env))
            shutil.rmtree(fetched)

    def _from_packages(self, place: Path) -> None:
        apt_get, dpkg_deb = paths_of([debian.APT_GET, debian.DPKG_DEB], self._env)
        with new_folder(place) as scratch:
            scratch.chmod(0o755)
            fetched = scratch / "fetched"
            fetched.mkdir()
            self._expect(debian.fetch(apt_get, debian.SMALLEST, fetched, self._env))
            for package in sorted(fetched.glob("*.deb")):
                self._expect(debian.unpack(dpkg_deb, package, scratch, self._env))
            shutil.rmtree(fetched)

    def _expect(self, call: Call) -> None:
        ran = self._runner(call)
        if not ran.succeeded:
            raise OutsideFailed(
                "no-root",
                "a root to start programs in cannot be made",
                context=debian.last_words(ran),
                hint="Is the package mirror there (`apt-get update`)?",
            )
        expect(ran)

    def _path(self) -> dict[str, str]:
        return {**self._env, "PATH": f"{self._env.get('PATH', '')}:/usr/sbin:/sbin"}


def _from_machine(place: Path) -> None:
    with new_folder(place) as scratch:
        scratch.chmod(0o755)
        for word in _LOADERS:
            if Path("/", word).is_file():
                _take(Path("/", word), scratch / word)
        for name in _COPIED:
            if found := machine_libraries.find(name):
                _take(found, scratch / found.relative_to("/"))
        if _LOCALE.is_dir():
            shutil.copytree(_LOCALE, scratch / _LOCALE.relative_to("/"))


def _take(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source.resolve(), target)


def _special(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder).name in ("dev", "proc") and name != "shm"]


def _suite() -> str:
    try:
        told = debian.suite_of(Path("/etc/os-release").read_text(encoding="utf-8"))
    except OSError:
        told = ""
    return told or "stable"
