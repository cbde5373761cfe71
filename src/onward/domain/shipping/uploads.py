"""What may be uploaded: the form of the legacy upload API, the file's name, its digests, what the file says of itself."""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from packaging.metadata import RawMetadata
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from onward.core.errors import BadInput
from onward.core.names import LONGEST, Name, is_name, parse_name
from onward.domain.shipping.built import Built
from onward.domain.shipping.contents import unsafe_findings
from onward.domain.shipping.metadata import core_metadata, record_findings

MOST_METADATA = 2_000_000
"""Bytes of METADATA or PKG-INFO; what is read of a member at all."""

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,239}")
_MOST_FAULTS = 20
_KINDS = {"sdist": ".tar.gz", "bdist_wheel": ".whl"}

Fields = Mapping[str, Sequence[str]]
"""The fields of a form: each may come more than once."""


class Digests(msgspec.Struct, frozen=True, kw_only=True):
    """Digests of a file, in lower-case hex; ``blake2_256`` is BLAKE2b with 32 bytes."""

    md5: str
    sha256: str
    blake2_256: str


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A file by its name: project, version (PEP 440, normalised).

    ``key`` is one text for all spellings of the same file, so that ``Foo-1.0-...`` cannot
    stand beside ``foo-1.0.0-...``.
    """

    filename: str
    name: Name
    version: str
    key: str

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel; else it is a source distribution."""
        return self.filename.endswith(".whl")


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of itself: its METADATA or PKG-INFO, and Requires-Python."""

    metadata: bytes
    requires_python: str | None


def read_filename(filename: str) -> Named:
    """Read the name of a file: a wheel (PEP 427) or a ``.tar.gz`` (PEP 625); raises BadInput (``bad-filename``)."""
    if not _PLAIN.fullmatch(filename):
        raise _bad_filename(
            filename, "A file name has letters, digits and `. _ + ! -`, no folders."
        )
    try:
        if filename.endswith(".whl"):
            name, version, build, tags = parse_wheel_filename(filename)
            more = ("".join(map(str, build)), ".".join(sorted(map(str, tags))))
        elif filename.endswith(".tar.gz"):
            (name, version), more = parse_sdist_filename(filename), ("", "")
        else:
            raise _bad_filename(
                filename, "Wheels (`.whl`) and source distributions (`.tar.gz`) are taken."
            )
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError) as error:
        raise _bad_filename(filename, str(error)) from error
    if not is_name(name):
        raise _bad_filename(filename, f"`{name[:LONGEST]}` is not a project name.")
    key = "|".join((parse_name(name), canonicalize_version(version), *more)).lower()
    return Named(filename=filename, name=parse_name(name), version=str(version), key=key)


def check_form(fields: Fields, named: Named) -> None:
    """Compare a form with the name of its file; raises BadInput (``bad-upload``) with all faults."""
    faults = [*_protocol(fields)]
    if (kind := _one(fields, "filetype")) is not None and _KINDS.get(kind) is None:
        faults.append(f"`filetype` is `{kind[:50]}`; `sdist` and `bdist_wheel` are taken")
    elif kind is not None and not named.filename.endswith(_KINDS[kind]):
        faults.append(f"`filetype` is `{kind}`, but the file is `{named.filename}`")
    name, version = _one(fields, "name"), _one(fields, "version")
    if name is None or not is_name(name) or parse_name(name) != named.name:
        faults.append(f"`name` is {_told(name)}, but the file's name says `{named.name}`")
    if version is None or not _same(version, named.version):
        faults.append(f"`version` is {_told(version)}, but the file's name says `{named.version}`")
    raise_all(faults)


def _protocol(fields: Fields) -> Iterator[str]:
    for key, wanted in ((":action", "file_upload"), ("protocol_version", "1")):
        found = _one(fields, key)
        if found != wanted:
            yield f"`{key}` is {_told(found)}; onward knows `{wanted}`"
    for key in ("name", "version", "filetype", "sha256_digest", "md5_digest", "blake2_256_digest", "attestations"):  # fmt: skip
        if len(fields.get(key, ())) > 1:
            yield f"`{key}` comes more than once"


def check_digests(fields: Fields, found: Digests) -> None:
    """Compare the digests that a form tells with those of the bytes that came; raises BadInput (``wrong-digest``)."""
    faults = []
    for kind, digest in msgspec.structs.asdict(found).items():
        told = _one(fields, f"{kind}_digest")
        if told and not hmac.compare_digest(told.strip().lower().encode(), str(digest).encode()):
            faults.append(
                f"`{kind}_digest` is {_told(told)}, but the file that came has `{digest}`"
            )
    if faults:
        raise BadInput(
            "wrong-digest",
            "the file is not the one that the form speaks of",
            context=tuple(faults),
            hint="It was damaged on its way, or changed after it was hashed. Upload it again.",
        )


def check_contents(named: Named, built: Built) -> Described:
    """Check what is in a file against its name; raises BadInput (``bad-upload``) with all faults."""
    where = "METADATA" if named.is_wheel else "PKG-INFO"
    content = built.texts.get(where, b"")
    faults = [finding.message for finding in unsafe_findings(built)]
    faults += _places(named, built, where)
    if named.is_wheel:
        faults += [finding.message for finding in record_findings(built)]
    if len(content) >= MOST_METADATA:
        raise_all([*faults, f"{where} has {MOST_METADATA // 1_000_000} MB or more"])
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise_all([*faults, f"{where} is not UTF-8"])
    raw, wrong = core_metadata(built)
    faults += [f"{where}: {fault}" for fault in wrong]
    faults += _agreement(named, raw or {}, where)
    raise_all(faults)
    return Described(metadata=content, requires_python=(raw or {}).get("requires_python"))


def _places(named: Named, built: Built, where: str) -> Iterator[str]:
    """Say what is not where the file's name says that it is."""
    tops = {member.path.partition("/")[0] for member in built.members}
    if named.is_wheel:
        folders = sorted(top for top in tops if top.endswith((".dist-info", ".data")))
        for folder in folders:
            stem, _, version = folder.rpartition(".")[0].partition("-")
            if (
                not is_name(stem)
                or parse_name(stem) != named.name
                or not _same(version, named.version)
            ):
                yield f"`{folder[:200]}` belongs to another release"
        if sum(folder.endswith(".dist-info") for folder in folders) > 1:
            yield "it has two `.dist-info` folders"
        return
    inside = [member.path for member in built.members if member.path.endswith("/PKG-INFO")]
    if len(tops) > 1:
        yield "not everything is in one folder"
    if inside and sum(path.count("/") == 1 for path in inside) > 1:
        yield f"it has {where} twice"
    for top in sorted(tops)[:3]:
        stem, _, version = top.rpartition("-")
        if not is_name(stem) or parse_name(stem) != named.name or not _same(version, named.version):
            yield f"its folder is `{top[:200]}`, which is that of another release"


def _agreement(named: Named, raw: RawMetadata, where: str) -> Iterator[str]:
    name, version = raw.get("name"), raw.get("version")
    if name is not None and (not is_name(name) or parse_name(name) != named.name):
        yield f"{where} is that of {_told(name)}, but the file's name says `{named.name}`"
    if version is not None and not _same(version, named.version):
        yield f"{where} is that of version {_told(version)}, but the file's name says `{named.version}`"


def raise_all(faults: Sequence[str]) -> None:
    """Raise BadInput (``bad-upload``) when there are faults."""
    if faults:
        unique = list(dict.fromkeys(faults))
        more = [f"and {len(unique) - _MOST_FAULTS} more"] if len(unique) > _MOST_FAULTS else []
        raise BadInput(
            "bad-upload",
            "the upload cannot be taken",
            context=(*unique[:_MOST_FAULTS], *more),
            hint="Mend it where the file is built, build it again, and upload that.",
        )


def _one(fields: Fields, key: str) -> str | None:
    found = fields.get(key, ())
    return found[0] if found else None


def _told(text: str | None) -> str:
    return "missing" if text is None else f"`{text[:100]}`"


def _same(one: str, other: str) -> bool:
    try:
        return Version(one.replace("_", "-")) == Version(other.replace("_", "-"))
    except (InvalidVersion, ValueError):
        return False


def _bad_filename(filename: str, why: str) -> BadInput:
    return BadInput(
        "bad-filename", f"`{filename[:240]}` is no name of a distribution file", context=(why,)
    )
