"""Whether what a distribution says of itself is valid, agrees with itself, and fits its contents."""

import base64
import configparser
import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.metadata import Metadata, RawMetadata, parse_email
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)

from onward.core.finding import Finding, Place
from onward.domain.shipping.built import Built

_UNSIGNED = ("RECORD", "RECORD.jws", "RECORD.p7s")


def metadata_findings(built: Built, pyproject: Mapping[str, Any]) -> Iterator[Finding]:
    """Check the core metadata (PyPA), and that file name, metadata and ``[project]`` say one name and version."""
    name = "METADATA" if built.is_wheel else "PKG-INFO"
    metadata, faults = core_metadata(built)
    for fault in faults:
        yield _finding(built, "ship/metadata", f"{name}: {fault}")
    if metadata is None:
        return
    yield from _agreement(built, metadata, pyproject)
    if built.is_wheel:
        yield from record_findings(built)


def core_metadata(built: Built) -> tuple[RawMetadata | None, list[str]]:
    """Give the metadata of ``built`` as it stands and what is wrong with it; None when there is none."""
    content = built.texts.get("METADATA" if built.is_wheel else "PKG-INFO")
    if content is None:
        return None, ["it is missing"]
    raw, _ = parse_email(content)
    try:
        Metadata.from_email(content, validate=True)
    except ExceptionGroup as group:
        faults = [str(error) for error in _leaves(group)]
        # Backends have long written newer fields under an older number; every index takes them.
        return raw, [fault for fault in faults if "introduced in metadata version" not in fault]
    return raw, []


def scripts(built: Built) -> dict[str, str]:
    """Give the console and window scripts of a wheel (entry points specification): name to ``module:object``."""
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(built.texts.get("entry_points.txt", b"").decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError):
        return {}
    return {
        name: target.partition("[")[0].strip()
        for group in ("console_scripts", "gui_scripts")
        if parser.has_section(group)
        for name, target in parser.items(group)
    }


def extras(built: Built) -> tuple[str, ...]:
    """Give the extras that a wheel offers (``Provides-Extra``)."""
    metadata, _ = core_metadata(built)
    return tuple((metadata or {}).get("provides_extra") or ())


def record_findings(built: Built) -> Iterator[Finding]:
    """Check RECORD: every file is in it once, with the size and sha256 it really has (PyPA wheel specification)."""
    raw = built.texts.get("RECORD")
    if raw is None:
        yield _finding(built, "ship/record", "RECORD is missing")
        return
    rows = {
        row[0]: row[1:] for row in csv.reader(io.StringIO(raw.decode("utf-8", "replace"))) if row
    }
    folder = next(
        (m.path.partition("/")[0] for m in built.members if m.path.endswith(".dist-info/RECORD")),
        "",
    )
    unsigned = {f"{folder}/{name}" for name in _UNSIGNED}
    for member in built.members:
        row = rows.pop(member.path, None)
        if member.path in unsigned:
            continue
        if row is None:
            yield _finding(built, "ship/record", f"RECORD does not list `{member.path}`")
            continue
        digest = base64.urlsafe_b64encode(bytes.fromhex(member.sha256)).rstrip(b"=").decode()
        if row != [f"sha256={digest}", str(member.size)]:
            yield _finding(
                built, "ship/record", f"RECORD has another hash or size for `{member.path}`"
            )
    for path in rows:
        yield _finding(built, "ship/record", f"RECORD lists `{path}`, which is not there")


def _agreement(
    built: Built, metadata: RawMetadata, pyproject: Mapping[str, Any]
) -> Iterator[Finding]:
    said: dict[str, tuple[str | None, str | None]] = {}
    try:
        if built.is_wheel:
            name, version, _, _ = parse_wheel_filename(built.filename)
        else:
            name, version = parse_sdist_filename(built.filename)
        said["the file name"] = (name, _version(str(version)))
    except (InvalidWheelFilename, InvalidSdistFilename) as error:
        yield _finding(built, "ship/filename", str(error))
    said["its metadata"] = (
        _name(metadata.get("name")),
        _version(metadata.get("version")),
    )
    project = pyproject.get("project")
    if isinstance(project, dict):
        said["pyproject.toml"] = (_name(project.get("name")), _version(project.get("version")))
    for about, index in (("name", 0), ("version", 1)):
        values = {where: pair[index] for where, pair in said.items() if pair[index]}
        # 1.0 and 1.0.0 are one version
        if len({canonicalize_version(str(value)) for value in values.values()}) > 1:
            told = ", ".join(f"{where} says {value}" for where, value in values.items())
            yield _finding(built, "ship/metadata", f"not one {about}: {told}")


def _name(value: object) -> str | None:
    return canonicalize_name(value) if isinstance(value, str) else None


def _version(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _finding(built: Built, rule: str, message: str) -> Finding:
    return Finding(
        rule=rule,
        subject=Place(path=built.filename),
        message=message,
        hint="Mend it in pyproject.toml or in the build backend, and build again.",
    )
