"""The pages of the simple repository API (PEP 503, 592, 658, 691, 700, 714, 792)."""

import datetime as dt
import html
import json
from collections.abc import Iterable
from typing import Any

import msgspec
from packaging.version import Version

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
OLD = "text/html"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How the registry behaves; changed at run time with ``Registry.set``.

    ``api`` is the version it says it speaks: below 1.1 there are no upload times, sizes
    and versions, below 1.4 no project status. ``files_base`` is where pages say the files
    are (empty: this host, relative). ``auth`` is user and password, asked by the first host for
    pages and files.
    """

    api: str = "1.4"
    json: bool = True
    core_metadata: bool = True
    etag: bool = True
    gzip: bool = True
    ranges: bool = True
    cache_control: str = ""
    files_base: str = ""
    auth: tuple[str, str] | None = None


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file on the index. ``uploaded`` is aware or None; ``yanked`` None or a reason."""

    project: str
    version: str
    filename: str
    content: bytes
    sha256: str
    metadata: bytes | None
    metadata_sha256: str
    requires_python: str | None
    uploaded: dt.datetime | None
    yanked: str | None


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project's files and its status (PEP 792; empty: not told)."""

    name: str
    files: tuple[File, ...] = ()
    status: str = ""
    reason: str = ""


def choose(accept: str, *, json_too: bool) -> str:
    """Give the content type for an Accept header (PEP 691, server-driven negotiation)."""
    weights: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (word.strip() for word in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        weights[kind] = float(quality)
    offered = [JSON, HTML, OLD] if json_too else [HTML, OLD]
    aliases = {JSON: JSON.replace("v1", "latest"), HTML: HTML.replace("v1", "latest")}

    def weight(kind: str) -> float:
        return max(weights.get(kind, 0.0), weights.get(aliases.get(kind, ""), 0.0))

    best = max(offered, key=weight)
    return best if weight(best) > 0 else OLD


def project_page(project: Project, options: Options, kind: str) -> bytes:
    """Give the page of one project as JSON or HTML."""
    if kind == JSON:
        return _json_page(project, options)
    return _html_page(project, options)


def list_page(names: Iterable[str], options: Options, kind: str) -> bytes:
    """Give the page with all project names."""
    if kind == JSON:
        page = {
            "meta": {"api-version": options.api},
            "projects": [{"name": name} for name in names],
        }
        return json.dumps(page).encode()
    links = "".join(f'<a href="{name}/">{name}</a><br>\n' for name in names)
    return (
        f"<!DOCTYPE html><html><head>{_meta(options)}</head><body>\n{links}</body></html>".encode()
    )


def file_address(file: File, options: Options) -> str:
    """Give the address that pages show for a file."""
    base = options.files_base.rstrip("/") if options.files_base else "../../files"
    return f"{base}/{file.filename}"


def _speaks(options: Options, version: str) -> bool:
    return Version(options.api) >= Version(version)


def _json_page(project: Project, options: Options) -> bytes:
    page: dict[str, Any] = {
        "meta": {"api-version": options.api},
        "name": project.name,
        "files": [_json_file(file, options) for file in project.files],
    }
    if _speaks(options, "1.1"):
        page["versions"] = sorted({file.version for file in project.files}, key=Version)
    if project.status and _speaks(options, "1.4"):
        page["project-status"] = {"status": project.status}
        if project.reason:
            page["project-status"]["reason"] = project.reason
    return json.dumps(page).encode()


def _json_file(file: File, options: Options) -> dict[str, Any]:
    told: dict[str, Any] = {
        "filename": file.filename,
        "url": file_address(file, options),
        "hashes": {"sha256": file.sha256},
    }
    if file.requires_python:
        told["requires-python"] = file.requires_python
    if file.yanked is not None:
        told["yanked"] = file.yanked or True
    if options.core_metadata and file.metadata is not None:
        # PEP 714: the older key `dist-info-metadata` stops pip 22.3 to 23.0, so it is left out
        told["core-metadata"] = {"sha256": file.metadata_sha256}
    if _speaks(options, "1.1"):
        told["size"] = len(file.content)
        if file.uploaded is not None:
            told["upload-time"] = file.uploaded.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return told


def _meta(options: Options) -> str:
    return f'<meta name="pypi:repository-version" content="{options.api}">'


def _html_page(project: Project, options: Options) -> bytes:
    head = _meta(options)
    if project.status and _speaks(options, "1.4"):
        head += f'<meta name="pypi:project-status" content="{project.status}">'
        if project.reason:
            reason = html.escape(project.reason)
            head += f'<meta name="pypi:project-status-reason" content="{reason}">'
    links = "".join(_html_file(file, options) for file in project.files)
    return f"<!DOCTYPE html><html><head>{head}</head><body>\n{links}</body></html>".encode()


def _html_file(file: File, options: Options) -> str:
    marks = [f'href="{html.escape(file_address(file, options))}#sha256={file.sha256}"']
    if file.requires_python:
        marks.append(f'data-requires-python="{html.escape(file.requires_python)}"')
    if file.yanked is not None:
        marks.append(f'data-yanked="{html.escape(file.yanked)}"')
    if options.core_metadata and file.metadata is not None:
        marks.append(f'data-core-metadata="sha256={file.metadata_sha256}"')
        marks.append(f'data-dist-info-metadata="sha256={file.metadata_sha256}"')
    return f"<a {' '.join(marks)}>{file.filename}</a><br>\n"
