"""The HTML form of a page: PEP 503, with the attributes of 592, 629, 658/714, 708, 740 and 792."""

from collections.abc import Iterable, Iterator
from html import escape

from onward.adapters.simple_api.page import File, Page

HTML = "application/vnd.pypi.simple.v1+html"


def write_html(page: Page) -> bytes:
    """Give a project page as HTML; its addresses stand as they are in ``page``."""
    head = [_meta("repository-version", page.meta.api_version)]
    head += [_meta("tracks", address) for address in page.meta.tracks]
    head += [_meta("alternate-locations", address) for address in page.alternate_locations]
    if page.project_status:
        head.append(_meta("project-status", page.project_status.status))
        if page.project_status.reason:
            head.append(_meta("project-status-reason", page.project_status.reason))
    return _document(f"Links for {page.name}", head, map(_anchor, page.files))


def write_html_list(names: Iterable[str], api_version: str) -> bytes:
    """Give the list of all projects as HTML (PEP 503)."""
    head = [_meta("repository-version", api_version)]
    links = (f'<a href="{escape(name)}/">{escape(name)}</a><br>' for name in names)
    return _document("Simple index", head, links)


def _meta(key: str, content: str) -> str:
    return f'<meta name="pypi:{key}" content="{escape(content)}">'


def _document(title: str, head: list[str], lines: Iterable[str]) -> bytes:
    words = escape(title)
    top = ["<!DOCTYPE html>", "<html>", "<head>", *head, f"<title>{words}</title>", "</head>"]
    return "\n".join(
        (*top, "<body>", f"<h1>{words}</h1>", *lines, "</body>", "</html>", "")
    ).encode()


def _anchor(file: File) -> str:
    return f"<a {' '.join(_attributes(file))}>{escape(file.filename)}</a><br>"


def _attributes(file: File) -> Iterator[str]:
    fragment = next((f"#{kind}={file.hashes[kind]}" for kind in _KINDS if kind in file.hashes), "")
    yield f'href="{escape(file.url + fragment)}"'
    if file.requires_python is not None:
        yield f'data-requires-python="{escape(file.requires_python)}"'
    if file.yanked is not False:
        yield f'data-yanked="{escape(file.yanked if isinstance(file.yanked, str) else "")}"'
    if file.core_metadata:
        told = "true"
        if isinstance(file.core_metadata, dict):
            told = next((f"{kind}={value}" for kind, value in file.core_metadata.items()), told)
        yield f'data-core-metadata="{escape(told)}"'
    if file.gpg_sig is not None:
        yield f'data-gpg-sig="{"true" if file.gpg_sig else "false"}"'
    if file.provenance:
        yield f'data-provenance="{escape(file.provenance)}"'


_KINDS = ("sha256", "sha512", "sha384", "sha1", "md5")
"""The kinds of hash a link may carry (PEP 503), the one to prefer first."""
