"""How a judged page looks to whoever reads it: a resolver behind our proxy, or the clients of a server.

A blocked release stays on the page as yanked, with the reason: resolvers then step back to a
good one by themselves (PEP 592). Its files are where they cannot be fetched, since a resolver
takes a yanked release that is asked for by number, and builds it to read it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote, urlsplit

import msgspec

from onward.adapters.simple_api import File, Meta, Page
from onward.core.finding import Finding
from onward.core.names import Name
from onward.domain.guard.releases import Judged

REASON = "onward: "
"""How the reason begins that a held release is yanked for, so that it is known in a resolver's words."""

Blocks = Callable[[Finding], bool]
"""Says whether the policy lets a finding stop an installation."""


class Show(Protocol):
    """Writes a judged page for one kind of reader."""

    @property
    def mark(self) -> str:
        """What the written page depends on besides the page and its judgement."""

    def page(
        self,
        page: Page,
        name: Name,
        versions: Mapping[str, str],
        judged: Judged,
        blocks: Blocks,
    ) -> Page:
        """Give the page of ``name`` as the reader may see it; ``versions`` are those of its files, by file name."""

    def unasked(self, name: Name, found: Sequence[Finding]) -> Page:
        """Give the page of a name that is blocked before any index is asked for it."""

    def addressed(self, file: File) -> File:
        """Give a file that is let through, with an address where the reader can fetch it."""


class ToResolver:
    """For the resolver of one command, which reads with us as its http proxy.

    ``base`` is the address below which it reaches us. Files of ``login_origin`` (scheme and
    host of an index that asks for a login; empty: none) and those without TLS are handed on
    by us, below ``base/files``: the reader has neither the login nor another way to them. A
    name that is blocked whole has an empty page.
    """

    def __init__(self, base: str, login_origin: str = "") -> None:
        self._base = base
        self._login_origin = login_origin
        self.mark = f"{base} {login_origin}"

    def page(
        self,
        page: Page,
        name: Name,
        versions: Mapping[str, str],
        judged: Judged,
        blocks: Blocks,
    ) -> Page:
        """Give the page with what is held back out of reach; see ``Show``."""
        if any(map(blocks, judged.project)):
            return msgspec.structs.replace(page, files=())
        reasons = reasons_of(judged.releases, blocks)
        dropped = reasons_of(judged.files, blocks)
        files: list[File] = []
        for file in page.files:
            version = versions.get(file.filename)
            if file.filename in dropped or version is None:
                continue
            reason = reasons.get(version)
            files.append(
                self.addressed(file)
                if reason is None
                else msgspec.structs.replace(
                    file, yanked=reason, url=self._nowhere(name, version, file)
                )
            )
        return msgspec.structs.replace(page, files=tuple(files))

    def unasked(self, name: Name, found: Sequence[Finding]) -> Page:
        """Give an empty page; see ``Show``."""
        return empty_page(name)

    def addressed(self, file: File) -> File:
        """Give a file that is let through; see ``Show``."""
        if not self._login_origin and file.url.startswith("https:"):
            return file
        parts = urlsplit(file.url)
        ours = self._login_origin and f"{parts.scheme}://{parts.netloc}" == self._login_origin
        if parts.scheme != "http" and not ours:
            return file
        return msgspec.structs.replace(
            file, url=f"{self._base}/files/{file.url.replace('://', '/', 1)}"
        )

    def _nowhere(self, name: Name, version: str, file: File) -> str:
        """Give an address that tells us who asks for what is held back, and gives nothing."""
        words = (quote(word, safe="") for word in (name, version, file.filename))
        return f"{self._base}/held/{'/'.join(words)}"


def reasons_of(found: Mapping[str, Sequence[Finding]], blocks: Blocks) -> dict[str, str]:
    """Give, for each key whose findings block it, why in one line."""
    return {key: why for key, findings in found.items() if (why := reason_of(findings, blocks))}


def reason_of(found: Sequence[Finding], blocks: Blocks) -> str:
    """Give in one line what blocks, with its rule; an empty text when nothing does."""
    blocking = [f for f in found if blocks(f)]
    return REASON + "; ".join(f"{f.rule}: {f.message}" for f in blocking) if blocking else ""


def empty_page(name: Name) -> Page:
    """Give a page without files."""
    return Page(meta=Meta(api_version="1.0"), name=name, files=())
