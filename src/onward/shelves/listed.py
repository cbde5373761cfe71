"""The releases that a page lists, and which of them stands for the project."""

from collections.abc import Mapping

import msgspec

from onward.adapters import simple_api
from onward.adapters.simple_api import File, Page
from onward.core.names import Name
from onward.domain.guard.advisories import canonical
from onward.domain.version_order import newest_first, parse


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release of a page: its version as the page knows it, and its files."""

    version: str
    files: tuple[File, ...]

    @property
    def yanked(self) -> bool:
        """Whether all its files are yanked, so that it may not be chosen."""
        return all(file.yanked is not False for file in self.files)

    @property
    def wheel(self) -> File | None:
        """The file whose METADATA stands for the release: a wheel for any system where there is one."""
        wheels = [file for file in self.files if file.filename.endswith(".whl")]
        anywhere = (file for file in wheels if file.filename.endswith("-none-any.whl"))
        return next(anywhere, wheels[0] if wheels else None)


def releases_of(page: Page, name: Name) -> dict[str, Release]:
    """Give the releases of a page by version, in its order."""
    found: dict[str, list[File]] = {}
    versions = simple_api.versions_of(page, name)
    for file in page.files:
        if (version := versions.get(file.filename)) is not None:
            found.setdefault(version, []).append(file)
    return {text: Release(version=text, files=tuple(files)) for text, files in found.items()}


def chosen(releases: Mapping[str, Release], wanted: str | None) -> Release | None:
    """Give the release of version ``wanted``, else the newest: a final one that is not yanked, if there is one."""
    if wanted is not None:
        text = canonical(wanted)
        return next((r for r in releases.values() if canonical(r.version) == text), None)
    open_ones = [text for text, release in releases.items() if not release.yanked]
    for texts in (open_ones, list(releases)):
        if newest := newest_first(texts):
            return releases[newest[0]]
        early = {version: text for text in texts if (version := parse(text)) is not None}
        if early:
            return releases[early[max(early)]]
    return next(iter(releases.values()), None)
