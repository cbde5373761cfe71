"""The HTML form of a project page, which older indexes still speak."""

import contextlib
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from onward.adapters.simple_api.page import (
    File,
    Meta,
    Page,
    ProjectStatus,
    bad_page,
    version_of,
)
from onward.core.names import Name


def read_html(body: bytes, url: str, name: Name) -> Page:
    """Read the HTML form of a project page (PEP 503, 592, 629, 658, 708, 714, 740, 792); raises OutsideFailed (``bad-page``)."""
    reader = _Anchors(url)
    text = body.decode("utf-8", "replace")
    try:
        reader.feed(text)
        reader.close()
    except (ValueError, AssertionError) as error:
        raise bad_page(url, f"its HTML cannot be read: {error}") from error
    if not reader.saw_html:
        raise bad_page(url, "it holds no HTML")
    listed = any(version_of(file.filename, name) is not None for file in reader.files)
    if not (listed or reader.version or _speaks_of(name, text)):
        raise bad_page(url, f"it lists no file of `{name}` and does not speak of it")
    status = ProjectStatus(status=reader.status, reason=reader.reason) if reader.status else None
    return Page(
        meta=Meta(api_version=reader.version or "1.0", tracks=tuple(reader.tracks)),
        name=name,
        files=tuple(reader.files),
        alternate_locations=tuple(reader.alternates),
        project_status=status,
    )


def _speaks_of(name: Name, text: str) -> bool:
    """Whether a person would read the project's name there: a page without files is headed so, one for a login is not."""
    return name in re.sub(r"[-_.]+", "-", re.sub(r"<[^>]*>", " ", text)).lower()


_FRAGMENT_HASH = re.compile(r"(sha256|sha512|sha384|sha1|md5)=([0-9a-fA-F]+)")


class _Anchors(HTMLParser):
    """Collects the anchors of a PEP 503 page with their data attributes."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.base = url
        self.files: list[File] = []
        self.version = ""
        self.status = ""
        self.reason = ""
        self.tracks: list[str] = []
        self.alternates: list[str] = []
        self.saw_html = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in the beginning of an element (PEP 503, PEP 629, PEP 708, PEP 792); what is unknown is passed over."""
        self.saw_html = self.saw_html or tag in (
            "html",
            "body",
            "head",
            "a",
            "title",
            "meta",
            "h1",
            "pre",
        )
        found = dict(attrs)
        if tag == "base" and found.get("href"):
            with contextlib.suppress(ValueError):  # no address: as if it were not there
                self.base = urljoin(self.base, found["href"] or "")
        elif tag == "meta":
            content = found.get("content") or ""
            match found.get("name"):
                case "pypi:repository-version":
                    self.version = content
                case "pypi:project-status":
                    self.status = content
                case "pypi:project-status-reason":
                    self.reason = content
                case "pypi:tracks":
                    self.tracks.append(content)
                case "pypi:alternate-locations":
                    self.alternates.append(content)
                case _:
                    pass
        elif tag == "a" and found.get("href"):
            with contextlib.suppress(ValueError):
                self.files.append(self._file(found["href"] or "", found))

    def _file(self, href: str, found: dict[str, str | None]) -> File:
        address, _, fragment = urljoin(self.base, href).partition("#")
        hashes = {kind: value.lower() for kind, value in _FRAGMENT_HASH.findall(fragment)}
        metadata = found.get("data-core-metadata", found.get("data-dist-info-metadata", ...))
        extra: dict[str, Any] = {}
        if metadata is not ...:
            matched = _FRAGMENT_HASH.match(str(metadata or ""))
            extra["core_metadata"] = {matched[1]: matched[2].lower()} if matched else True
        if "data-yanked" in found:
            extra["yanked"] = found["data-yanked"] or True
        return File(
            filename=unquote(urlsplit(address).path.rpartition("/")[2]),
            url=address,
            hashes=hashes,
            requires_python=found.get("data-requires-python"),
            upload_time=found.get("data-upload-time"),
            provenance=found.get("data-provenance"),
            **extra,
        )
