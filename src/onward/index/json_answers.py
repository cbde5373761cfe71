"""Answers below ``/pypi/``: one project or one release in the form of PyPI's JSON API."""

from collections.abc import Callable, Sequence

from onward.core.disk import sha256_of
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.domain.guard.advisories import Advisory
from onward.index.answers import not_found
from onward.index.asgi import Asked
from onward.index.json_api import Address, write_json
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

    async def answer(self, asked: Asked, ready: Ready, version: str | None) -> None:
        """Answer for the newest release, or for ``version``."""
        body = await self._outside(self._made, ready, version, asked.address)
        if body is None:
            await not_found(asked, f"`{ready.name}` has no release `{(version or '')[:100]}`")
            return
        etag = f'"{sha256_of(body)[:32]}"'
        headers = {"etag": etag, "cache-control": "no-cache"}
        if is_known(asked.header(b"if-none-match"), etag):
            await asked.answer(304, headers)
        else:
            await asked.answer(200, {"content-type": "application/json", **headers}, body)

    def _made(self, ready: Ready, version: str | None, address: Address) -> bytes | None:
        releases = releases_of(ready.page(), ready.name)
        release = chosen(releases, version)
        if release is None:
            return None
        return write_json(
            ready.name,
            releases,
            release,
            metadata=self._metadata(ready, release),
            known=self._known(ready.name),
            address=address,
            whole=version is None,
        )

    def _metadata(self, ready: Ready, release: Release) -> bytes | None:
        """Give METADATA of the release; None when it cannot be had: the list of files is worth having without it."""
        if release.wheel is None:
            return None
        try:
            return self._files.metadata(ready, release.wheel)
        except OutsideFailed:
            return None
