"""Answers below ``/pypi/``: one project or one release in the form of PyPI's JSON API."""

from collections.abc import Callable, Hashable, Sequence

from onward.core.disk import sha256_of
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory
from onward.index.answers import not_found
from onward.index.asgi import Asked
from onward.index.json_api import write_json
from onward.index.made import Made
from onward.index.negotiate import is_known
from onward.index.threads import Outside
from onward.shelves.files import Files
from onward.shelves.listed import Release, chosen, releases_of
from onward.shelves.pages import Ready

Known = Callable[[Name], Sequence[Advisory]]
"""Gives the advisories on a project; raises OutsideFailed when the data cannot be read."""


class JsonAnswers:
    """Writes a guarded page as ``/pypi/NAME/json`` and ``/pypi/NAME/VERSION/json`` have it."""

    def __init__(self, files: Files, known: Known, outside: Outside) -> None:
        self._outside = outside
        self._files = files
        self._known = known
        self._made: Made[tuple[str, bytes]] = Made()

    async def answer(self, asked: Asked, ready: Ready, version: str | None) -> None:
        """Answer for the newest release, or for ``version``."""
        base = asked.address("")
        # whatever changes the judged page or the advisories changes its mark or the edition
        made = self._made.get((ready.name, version, base), _state(ready))
        if made is None:
            made = await self._outside(self._make, ready, version, base)
        if made is None:
            await not_found(asked, f"`{ready.name}` has no release `{(version or '')[:100]}`")
            return
        etag, body = made
        headers = {"etag": etag, "cache-control": "no-cache"}
        if is_known(asked.header(b"if-none-match"), etag):
            await asked.answer(304, headers)
        else:
            await asked.answer(200, {"content-type": "application/json", **headers}, body)

    def _make(self, ready: Ready, version: str | None, base: str) -> tuple[str, bytes] | None:
        releases = releases_of(ready.page(), ready.name)
        release = chosen(releases, version)
        if release is None:
            return None
        metadata, sure = self._metadata(ready, release)
        body = write_json(
            ready.name,
            releases,
            release,
            metadata=metadata,
            known=self._known(ready.name),
            address=lambda path: f"{base}{path}",
            whole=version is None,
        )
        made = (f'"{sha256_of(body)[:32]}"', body)
        key = (ready.name, version, base)
        return self._made.keep(key, _state(ready), made, len(body) + _KEY) if sure else made

    def _metadata(self, ready: Ready, release: Release) -> tuple[bytes | None, bool]:
        """Give METADATA of the release, None when it cannot be had, and whether that is so the next time too.

        The list of files is worth having without it.
        """
        if release.wheel is None:
            return None, True
        try:
            return self._files.metadata(ready, release.wheel), True
        except OutsideFailed:
            return None, False


_KEY = 1_000  # bytes of memory for a key, about


def _state(ready: Ready) -> Hashable:
    return ready.view.mark, ready.edition
