"""requirements.txt: pip's own format, with what it includes.

There is no standard; this follows pip's documentation ("Requirements File Format"). A line
that cannot be understood becomes an unreadable entry and the rest is read, as one odd line
must not hide the others from being judged.
"""

import posixpath
import re
import shlex
from collections.abc import Callable, Iterator

from onward.core.artifact import Artifact, Origin
from onward.core.finding import Place
from onward.core.lock import Lock, LockedPackage
from onward.core.project import Declared, IndexLine, Reading, Role, Unreadable
from onward.domain.layouts.declare import declare, declare_direct, place_at, unreadable
from onward.domain.layouts.tables import sha256_in

Load = Callable[[str], str | None]
"""Gives the text of a file by its path relative to the root, or None when it may or can not be read."""

_DEEPEST = 10
_MOST_FILES = 100
_COMMENT = re.compile(r"(^|\s+)#.*$")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_ARCHIVE = (".whl", ".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar")
_PINNED = re.compile(r"(?<![!<>~=])={2,3}\s*([^\s,;*=]+)\s*(?=,|$)")
_EXTRAS = re.compile(r"^(.+?)\[([\w\s,.-]*)\]$")

# Options by what they mean here; those with a value that say nothing about what is installed
# from where are read over.
_VALUED = {
    "-r": "include", "--requirement": "include", "-c": "constraint", "--constraint": "constraint",
    "-e": "editable", "--editable": "editable", "-i": "index", "--index-url": "index", "--pypi-url": "index",
    "--extra-index-url": "extra-index", "-f": "find-links", "--find-links": "find-links", "--hash": "hash",
    "--no-binary": "", "--only-binary": "", "--trusted-host": "", "--use-feature": "", "--config-settings": "",
    "--config-setting": "", "-C": "", "--global-option": "", "--install-option": "", "--progress-bar": "",
}  # fmt: skip
_PLAIN = ("--no-index", "--prefer-binary", "--require-hashes", "--pre", "--always-unzip", "-Z")


def read_requirements(
    text: str, path: str, load: Load, *, role: Role = Role.main, group: str = ""
) -> Reading:
    """Read one requirements file and all it includes.

    ``path`` is relative to the project's root, with ``/``; ``load`` is asked for included
    files by such a path. Includes deeper than 10, more than 100 files, addresses, loops
    and files that ``load`` refuses become unreadable entries. Constraint files give
    entries with role ``constraint``.
    """
    reader = _Reader(load, group)
    reader.read(text, path, role, (path,))
    return Reading(
        declared=tuple(reader.declared),
        unreadable=tuple(reader.unreadable),
        indexes=tuple(reader.indexes),
        files=tuple(reader.seen),
    )


def pinned_lock(reading: Reading, default_index: str) -> Lock | None:
    """Give the flat lock that a requirements file is when every line pins one version; else None.

    The index is the file's own ``--index-url``, or ``default_index``. A direct address
    counts as pinned when its name is known.
    """
    index = next((i.url for i in reading.indexes if i.kind == "index"), default_index)
    wanted = [d for d in reading.declared if d.role is not Role.constraint and not d.editable]
    packages = [_pinned(entry, index) for entry in wanted]
    if not packages or reading.unreadable or any(package is None for package in packages):
        return None
    unique = {package.key: package for package in packages if package}
    return Lock(kind="requirements", packages=tuple(unique.values()), edges_known=False)


def _pinned(entry: Declared, index: str) -> LockedPackage | None:
    version = "" if entry.is_direct else pinned_version(entry.requirement)
    if not entry.name or not (version or entry.is_direct):
        return None
    source, kind, origin = entry.direct or index, "registry", Origin.registry
    if entry.is_direct:
        is_git = source.startswith(("git+", "hg+", "svn+", "bzr+"))
        kind = "git" if is_git else "url" if "://" in source else "path"
        origin = Origin(kind)
    digest = entry.hashes[0] if len(entry.hashes) == 1 else None
    artifact = Artifact(
        name=entry.name,
        version=version,
        source=source,
        origin=origin,
        url=source if kind == "url" else "",
        sha256=sha256_in(digest),
    )
    return LockedPackage(
        name=entry.name,
        version=version,
        origin=origin,
        source=source,
        kind=kind,
        artifacts=(artifact,),
    )


def pinned_version(requirement: str) -> str:
    """Give the one version that a PEP 508 text allows (``==1.2``, no wildcard), or ''."""
    found = _PINNED.findall(requirement.partition(";")[0])
    return str(found[0]) if len(found) == 1 else ""


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Give (number from 1, line) with continuations joined and comments and blank lines gone."""
    parts: list[str] = []
    first = 0
    raws = text.removeprefix("\ufeff").splitlines()  # splitlines: as pip counts them
    for number, raw in enumerate(raws, start=1):
        first = first if parts else number
        is_comment = raw.lstrip().startswith("#")
        if raw.endswith("\\") and not is_comment:
            parts.append(raw[:-1])
            continue
        parts.append(" " + raw if is_comment else raw)
        line = _COMMENT.sub("", "".join(parts)).strip()
        parts = []
        if line:
            yield first, line
    if line := _COMMENT.sub("", "".join(parts)).strip():
        yield first, line


class _Reader:
    def __init__(self, load: Load, group: str) -> None:
        self.load = load
        self.group = group
        self.declared: list[Declared] = []
        self.unreadable: list[Unreadable] = []
        self.indexes: list[IndexLine] = []
        self.seen: dict[str, Role] = {}

    def read(self, text: str, path: str, role: Role, above: tuple[str, ...]) -> None:
        """Read a file and what it includes; ``above`` are the files that led to it, itself the last."""
        self.seen[path] = role
        for number, line in logical_lines(text):
            place = place_at(path, number, line)
            words, options = _split(line)
            try:
                pairs = list(_options(shlex.split(options)))
            except ValueError as error:
                self.unreadable.append(unreadable(line, place, str(error)))
                continue
            hashes = tuple(value for kind, value in pairs if kind == "hash")
            if words:
                self.add(words, place, role, hashes)
            for kind, value in pairs:
                self.option(kind, value, place, role, above)

    def add(self, words: str, place: Place, role: Role, hashes: tuple[str, ...]) -> None:
        """Take in a requirement, or the address of one."""
        if _is_address(words):
            self.add_address(words, place, role, hashes)
            return
        entry = declare(words, place, role=role, group=self.group, hashes=hashes)
        if isinstance(entry, Declared):
            self.declared.append(entry)
        else:
            self.unreadable.append(entry)

    def add_address(
        self,
        words: str,
        place: Place,
        role: Role,
        hashes: tuple[str, ...] = (),
        *,
        editable: bool = False,
    ) -> None:
        """Take in what is installed from a path or an address."""
        address, marker, extras = _parts(words)
        self.declared.append(
            declare_direct(
                address,
                place,
                role=role,
                group=self.group,
                marker=marker,
                extras=extras,
                hashes=hashes,
                editable=editable,
            )
        )

    def option(
        self, kind: str, value: str, place: Place, role: Role, above: tuple[str, ...]
    ) -> None:
        """Take in one option of pip's; those that name no package and no index say nothing here."""
        if kind in ("include", "constraint"):
            self.include(value, place, Role.constraint if kind == "constraint" else role, above)
        elif kind == "editable":
            self.add_address(value, place, role, editable=True)
        elif kind in ("index", "extra-index", "find-links"):
            self.indexes.append(IndexLine(url=value, kind=kind, place=place))

    def include(self, word: str, place: Place, role: Role, above: tuple[str, ...]) -> None:
        """Read a file that ``-r`` or ``-c`` names, seen from the one that names it; an address is never fetched."""
        if _SCHEME.match(word) and not word.startswith("file:"):
            self.unreadable.append(
                unreadable(word, place, "an address is not fetched, so what it asks for is unknown")
            )
            return
        path = posixpath.normpath(
            posixpath.join(posixpath.dirname(above[-1]), word.replace("\\", "/"))
        )
        if path in above:
            self.unreadable.append(
                unreadable(word, place, f"the file includes itself ({' -> '.join(above)})")
            )
        elif self.seen.get(path) in (role, Role.main):
            return
        elif len(above) > _DEEPEST or len(self.seen) >= _MOST_FILES:
            self.unreadable.append(unreadable(word, place, "too many files include each other"))
        elif (text := self.load(path)) is None:
            self.unreadable.append(unreadable(word, place, f"`{path}` cannot be read"))
        else:
            self.read(text, path, role, (*above, path))


def _split(line: str) -> tuple[str, str]:
    """Part the requirement from its options: options begin at the first word with a dash."""
    words = line.split(" ")
    for i, word in enumerate(words):
        if word.startswith("-"):
            return " ".join(words[:i]).strip(), " ".join(words[i:])
    return line.strip(), ""


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Give (meaning, value) for each option; raises ValueError for one that is not known."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option, equals, value = (
            word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        )
        if option in _VALUED:
            if not (equals or value):
                if not rest:
                    raise ValueError(f"`{option}` needs a value")
                value = rest.pop(0)
                if _VALUED[option] == "editable":  # `-e path ; marker` has spaces
                    while rest and not rest[0].startswith("-"):
                        value += " " + rest.pop(0)
            yield _VALUED[option], value
        elif word not in _PLAIN:
            raise ValueError(f"`{word}` is not an option of a requirements file")


def _is_address(words: str) -> bool:
    head = words.partition(";")[0].strip()
    if _SCHEME.match(head) and "@" not in head.partition(":")[0]:
        return True
    if re.match(r"[\w.\[\],\s-]+@", head):
        return False
    bare = _EXTRAS.sub(r"\1", head)
    return (
        bare.startswith((".", "~"))
        or "/" in bare
        or "\\" in bare
        or bare.lower().endswith(_ARCHIVE)
    )


def _parts(words: str) -> tuple[str, str, tuple[str, ...]]:
    """Part `address[extras] ; marker` into its three; a marker needs a space before the semicolon."""
    address, _, marker = words.partition(" ;")
    extras: tuple[str, ...] = ()
    if found := _EXTRAS.match(address.strip()):
        address, extras = found[1], tuple(e.strip() for e in found[2].split(",") if e.strip())
    return address.strip(), marker.strip(), extras
