"""The one way to a file: its page says whether it may be had, once all is known that its page must know."""

import contextlib
from collections.abc import Callable, Container

import msgspec

from onward.adapters.simple_api import File, version_of
from onward.core.errors import OutsideFailed
from onward.core.finding import Finding, Release
from onward.core.names import Name
from onward.domain.guard.licences import LICENCE_RULES
from onward.shelves.files import Files
from onward.shelves.licences import Licences
from onward.shelves.listed import Release as Listed
from onward.shelves.listed import chosen, releases_of
from onward.shelves.pages import Pages, Ready

_ROUNDS = 3  # of reading and judging anew, for a page that changes meanwhile

Matters = Callable[[Release], bool]
"""Says whether a release's licence could stop its installation."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate says of a file: ``ready`` is the page that it was judged by, ``file`` None when that lists none.

    It may be handed out when there is no ``held``. Made by the gate only.
    """

    ready: Ready
    file: File | None
    held: tuple[Finding, ...] = ()


class Gate:
    """Looks up files in their pages. Where licences count, METADATA is read before a file is let through.

    ``matters`` says where they do. With ``lenient`` a file passes though its METADATA could not
    be had: a dry run stops nothing.
    """

    def __init__(
        self,
        pages: Pages,
        files: Files,
        licences: Licences,
        *,
        matters: Matters,
        lenient: bool = False,
    ) -> None:
        self._pages = pages
        self._files = files
        self._licences = licences
        self._matters = matters
        self._lenient = lenient

    def look(self, ready: Ready, filename: str) -> Passed | None:
        """Say what the page says, at once; None when something must be read or judged first: ``settle`` does."""
        file = self._pages.file(ready, filename)
        if file is None:
            return Passed(ready=ready, file=None)
        held = ready.blocking(file)
        if held or not self._licences.wanted or self._is_let_in(ready, file):
            return Passed(ready=ready, file=file, held=held)
        return None

    def settle(self, ready: Ready, filename: str) -> Passed:
        """Read what must be known of a file and have its page judged anew where that changes it; then say.

        Raises OutsideFailed when that cannot be read now. A wheel without METADATA, and one that is
        not here while the server is told to stay offline, has an unknown licence.
        """
        for _ in range(_ROUNDS):
            fresh = self._pages.page(ready.name)
            file = self._pages.file(fresh, filename) if fresh is not None else None
            if fresh is None or file is None:
                return Passed(ready=ready, file=None)
            held = fresh.blocking(file)
            if held or self._is_settled(fresh, file):
                return Passed(ready=fresh, file=file, held=held)
        raise OutsideFailed(
            "page-changes",
            f"the page of `{ready.name}` changes faster than its files can be judged",
            hint="Try again.",
        )

    def read_newest(self, ready: Ready) -> bool:
        """Read METADATA of the release that most clients will take, where licences count; whether that changes the page.

        One wheel of a page, and only while its index answers: what fails is read when it is asked for.
        """
        answers = self._licences.wanted and self._pages.age(ready) is None
        return answers and self._is_news(ready, None)

    def read_release(self, name: Name, version: str) -> None:
        """Read METADATA of a release that someone asks about, so that its page tells of its licence, if it can be had."""
        ready = self._pages.page(name) if self._licences.wanted else None
        if ready is not None and self._is_news(ready, version):
            self._pages.drop(name)

    def _is_news(self, ready: Ready, version: str | None) -> bool:
        """Read a wheel of a release (None: of the newest); whether a page was judged without what it states."""
        release = chosen(releases_of(ready.page(), ready.name), version)
        wheel = _wheel_of(release) if release is not None else None
        if release is None or wheel is None or not self._matters(_subject(ready, release)):
            return False
        with contextlib.suppress(OutsideFailed):
            self._read(ready, wheel)
            return not self._agrees(ready, wheel)
        return False

    def _is_let_in(self, ready: Ready, file: File) -> bool:
        return self._licences.is_let_in(ready.name, file.hashes.get("sha256", ""))

    def _is_settled(self, ready: Ready, file: File) -> bool:
        """Whether a page may be believed about a file; if not, what was missing has been read now."""
        if not self._licences.wanted:
            return True
        version = version_of(file.filename, ready.name)
        release = chosen(releases_of(ready.page(), ready.name), version)
        if release is None or not self._matters(_subject(ready, release)):
            return True
        known = self._licences.known(ready.name)
        wheel = file if _is_readable(file) else _wheel_of(release, known)
        if wheel is None:  # the page says already that nothing can be known
            return True
        try:
            self._read(ready, wheel)
        except OutsideFailed:
            if not self._lenient:
                raise
            return True
        if self._agrees(ready, wheel):
            return True
        self._pages.drop(ready.name)
        return False

    def _agrees(self, ready: Ready, wheel: File) -> bool:
        """Whether a page was judged with what its wheel states."""
        return self._is_let_in(ready, wheel) or any(
            finding.rule in LICENCE_RULES for finding in ready.findings(wheel)
        )

    def _read(self, ready: Ready, wheel: File) -> None:
        """Have METADATA read unless it was, of which ``Licences`` hears; note that there is none to be had."""
        sha256 = wheel.hashes["sha256"]
        if sha256 in self._licences.known(ready.name):
            return
        try:
            content = self._files.metadata(ready, wheel)
        except OutsideFailed as error:
            if error.reference not in ("bad-wheel", "offline"):
                raise
            self._licences.note(ready.name, sha256, None, lasting=error.reference == "bad-wheel")
            return
        if content is None:
            self._licences.note(ready.name, sha256, None, lasting=False)


def _wheel_of(release: Listed, known: Container[str] = ()) -> File | None:
    """Give the wheel whose METADATA stands for a release: one that is known, else the one for most systems."""
    first = (release.wheel,) if release.wheel is not None else ()
    wheels = [file for file in (*first, *release.files) if _is_readable(file)]
    told = (wheel for wheel in wheels if wheel.hashes["sha256"] in known)
    return next(told, next(iter(wheels), None))


def _is_readable(file: File) -> bool:
    return file.filename.endswith(".whl") and bool(file.hashes.get("sha256"))


def _subject(ready: Ready, release: Listed) -> Release:
    return Release(name=ready.name, version=release.version, source=ready.owner.index.address)
