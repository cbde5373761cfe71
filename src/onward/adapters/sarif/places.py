"""Where a SARIF result points: addresses of files in all the ways in which tools write them."""

import posixpath
import re
from urllib.parse import unquote

from onward.adapters.sarif.values import Table, at, counted, table, tables, text
from onward.core.finding import Place
from onward.core.tool import relative

_ROOT = re.compile(r"(?i)%SRCROOT%[\\/]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of two letters or more: C: is a drive
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_BASES = 8  # that lead from one to the next


def path_of(physical: Table, run: Table, root: str) -> str:
    """Give the path of a physical location (SARIF 3.29) relative to ``root`` with ``/``, empty when it is none below it."""
    location = table(physical.get("artifactLocation"))
    uri = text(location.get("uri"))
    if not uri:
        location = table(at(tables(run.get("artifacts")), location.get("index")).get("location"))
        uri = text(location.get("uri"))
    base = text(location.get("uriBaseId"))
    bases = table(run.get("originalUriBaseIds"))
    for _ in range(_BASES):
        if not base or _is_whole(uri):
            break
        known = table(bases.get(base))
        uri, base = text(known.get("uri")) + uri, text(known.get("uriBaseId"))
    return _below(uri, root)


def place_of(physical: Table, path: str) -> Place:
    """Give the place with what the region (SARIF 3.30) says; an end that is not said is where it begins."""
    region = table(physical.get("region"))
    line = counted(region.get("startLine"))
    end_column = counted(region.get("endColumn"))
    column = counted(region.get("startColumn"))
    if not line:
        return Place(path=path)
    return Place(
        path=path,
        line=line,
        column=column,
        end_line=counted(region.get("endLine")) or (line if end_column else 0),
        end_column=end_column,
    )


def _is_whole(uri: str) -> bool:
    return bool(_SCHEME.match(uri) or _DRIVE.match(uri) or _ROOT.match(uri) or uri.startswith("/"))


def _below(uri: str, root: str) -> str:
    uri = _ROOT.sub("", uri, count=1) if _ROOT.match(uri) else uri
    if uri[:5].lower() == "file:":
        uri = _without_file(uri[5:])
    elif _SCHEME.match(uri):
        return ""
    path = relative(unquote(uri).replace("\\", "/"), root)
    path = posixpath.normpath(path) if path else ""
    outside = path.startswith(("/", "../")) or path in ("", ".", "..") or _DRIVE.match(path)
    return "" if outside or not path.isprintable() else path


def _without_file(rest: str) -> str:
    """Give the path of a file address without ``file:`` (RFC 8089): ``///a``, ``//localhost/a``, ``/a``, ``///C:/a``."""
    if rest.startswith("//"):
        host, _, path = rest[2:].partition("/")
        rest = f"/{path}" if host.lower() in ("", "localhost", ".") else rest
    return rest[1:] if _DRIVE.match(unquote(rest[1:4])) else rest
