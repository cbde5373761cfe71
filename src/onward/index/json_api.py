"""PyPI's own JSON API (``/pypi/NAME/json``), made from the guarded page.

It is no standard; the fields are those that https://docs.pypi.org/api/json/ lists. Poetry,
Renovate, Dependabot and others read it. What an upstream says there is never asked for: the
files, and what is held back, are those of our page; the rest is from METADATA of one file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from packaging.metadata import RawMetadata, parse_email

from onward.adapters import simple_api
from onward.adapters.simple_api import File
from onward.core.names import Name, is_name, parse_name
from onward.domain.guard.advisories import Advisory, hitting, named_fix
from onward.shelves.listed import Release

Address = Callable[[str], str]
"""Gives a path of this server as the address under which the client reaches it."""


def write_json(
    name: Name,
    releases: Mapping[str, Release],
    release: Release,
    *,
    metadata: bytes | None,
    known: Iterable[Advisory],
    address: Address,
    whole: bool,
) -> bytes:
    """Give the answer about ``release``; with ``whole`` it lists the files of every release too.

    ``metadata`` is None when there is none to be had: then nothing is said of dependencies,
    which is not the same as "it has none". ``known`` are the advisories on the project.
    """
    answer: dict[str, Any] = {
        "info": _info(name, release, metadata, address),
        "last_serial": -1,  # serials count on PyPI only
        "urls": [_file(file, address) for file in release.files],
        "vulnerabilities": _vulnerabilities(known, release.version),
    }
    if whole:
        answer["releases"] = {
            text: [_file(file, address) for file in one.files] for text, one in releases.items()
        }
    return msgspec.json.encode(answer)


def _info(name: Name, release: Release, metadata: bytes | None, address: Address) -> dict[str, Any]:
    raw: RawMetadata = parse_email(metadata)[0] if metadata is not None else {}
    told = raw.get("name", "")
    page = address(f"/project/{name}/")
    reasons = (file.yanked for file in release.files if isinstance(file.yanked, str))
    python = (file.requires_python for file in release.files if file.requires_python)
    urls = raw.get("project_urls")
    return {
        "author": raw.get("author", ""),
        "author_email": raw.get("author_email", ""),
        "bugtrack_url": None,
        "classifiers": raw.get("classifiers", []),
        "description": raw.get("description", ""),
        "description_content_type": raw.get("description_content_type"),
        "docs_url": None,
        "download_url": raw.get("download_url", ""),
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "dynamic": raw.get("dynamic"),
        "home_page": raw.get("home_page", ""),
        "keywords": ",".join(raw.get("keywords", [])),
        "license": raw.get("license", ""),
        "license_expression": raw.get("license_expression"),
        "license_files": raw.get("license_files"),
        "maintainer": raw.get("maintainer", ""),
        "maintainer_email": raw.get("maintainer_email", ""),
        "name": told if is_name(told) and parse_name(told) == name else name,
        "package_url": page,
        "platform": ",".join(raw.get("platforms", [])),
        "project_url": page,
        "project_urls": urls if isinstance(urls, dict) else None,
        "provides_extra": raw.get("provides_extra"),
        "release_url": page,
        "requires_dist": None if metadata is None else raw.get("requires_dist", []),
        "requires_python": raw.get("requires_python", next(python, None)),
        "summary": raw.get("summary", ""),
        "version": release.version,
        "yanked": release.yanked,
        "yanked_reason": next(reasons, None) if release.yanked else None,
    }


def _file(file: File, address: Address) -> dict[str, Any]:
    wheel = file.filename.endswith(".whl")
    time = simple_api.read_time(file.upload_time)
    return {
        "comment_text": "",
        "digests": file.hashes,
        "downloads": -1,
        "filename": file.filename,
        "has_sig": bool(file.gpg_sig),
        "md5_digest": file.hashes.get("md5"),
        "packagetype": "bdist_wheel" if wheel else "sdist",
        "python_version": file.filename.split("-")[-3] if wheel else "source",
        "requires_python": file.requires_python,
        "size": file.size,
        "upload_time": time.strftime("%Y-%m-%dT%H:%M:%S") if time else None,
        "upload_time_iso_8601": file.upload_time,
        "url": address(file.url.removeprefix("../..")),
        "yanked": file.yanked is not False,
        "yanked_reason": file.yanked if isinstance(file.yanked, str) else None,
    }


def _vulnerabilities(known: Iterable[Advisory], version: str) -> Sequence[dict[str, Any]]:
    return [
        {
            "aliases": list(advisory.aliases),
            "details": "",
            "fixed_in": [fix] if (fix := named_fix(advisory, version)) else [],
            "id": advisory.id,
            "link": f"https://osv.dev/vulnerability/{advisory.id}",
            "source": "osv",
            "summary": "it is malicious" if advisory.malicious else "",
            "withdrawn": None,
        }
        for advisory in hitting(known, version)
    ]
