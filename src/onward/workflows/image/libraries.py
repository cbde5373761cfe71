"""Shared libraries of this machine: where they are, and which of them a set of files needs."""

from collections.abc import Iterable
from pathlib import Path

from onward.core.errors import BadInput
from onward.domain.images.elf import Elf, read_elf

_FOLDERS = (
    "/usr/lib/{0}",
    "/lib/{0}",
    "/usr/lib64",
    "/lib64",
    "/usr/lib",
    "/lib",
    "/usr/local/lib",
)
_TRIPLES = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu", "riscv64": "riscv64-linux-gnu",
            "s390x": "s390x-linux-gnu", "ppc64le": "powerpc64le-linux-gnu"}  # fmt: skip


class Libraries:
    """The libraries that this machine's programs are started with; ``also`` is a folder beside the system's."""

    def __init__(self, architecture: str, program: Path, also: Path) -> None:
        triple = _TRIPLES.get(architecture, architecture)
        self._architecture = architecture
        self._folders = [*(Path(name.format(triple)) for name in _FOLDERS), also]
        self._read: dict[Path, Elf | None] = {}
        elf = self._elf(program)
        self.loader = elf.loader if elf else ""
        libc = self.find("libc.so.6")
        if libc is None or "/ld-linux" not in self.loader:
            raise BadInput(
                "no-glibc",
                f"`{program}` does not run on glibc, so its libraries cannot be taken along",
                hint="Name a base image that has a Python: `--base python:3.12-slim`.",
            )
        # where the loader of this machine looks without being told
        folder = str(libc.resolve().parent).lstrip("/")
        self.place = folder if folder.startswith("usr/") else f"usr/{folder}"

    def find(self, name: str, first: Iterable[Path] = ()) -> Path | None:
        """Give the file of a library of this machine's kind, links resolved; None when it is not here."""
        for folder in (*first, *self._folders):
            path = folder / name
            if path.is_file() and (elf := self._elf(path)) and elf.machine == self._architecture:
                return path.resolve()
        return None

    def closure(
        self, files: Iterable[Path], has: frozenset[str]
    ) -> tuple[dict[str, Path], tuple[str, ...]]:
        """Give the libraries that ``files`` need, and those need, beyond ``has``; and what is not here, in words."""
        found: dict[str, Path] = {}
        missing: dict[str, str] = {}
        waiting = list(files)
        while waiting:
            path = waiting.pop()
            elf = self._elf(path)
            if elf is None or elf.machine != self._architecture:
                continue
            first = [Path(p.replace("$ORIGIN", str(path.parent)).replace("${ORIGIN}", str(path.parent)))
                     for p in elf.paths]  # fmt: skip
            for name in elf.needed:
                if name in has or name in found or name.startswith("ld-linux"):
                    continue
                library = self.find(name, first)
                if library is None:
                    missing.setdefault(name, f"`{name}` (for `{path.name}`)")
                else:
                    found[name] = library
                    waiting.append(library)
        return dict(sorted(found.items())), tuple(missing[name] for name in sorted(missing))

    def _elf(self, path: Path) -> Elf | None:
        if path not in self._read:
            try:
                with path.open("rb") as file:
                    head = file.read(4)
                    self._read[path] = read_elf(head + file.read()) if head == b"\x7fELF" else None
            except OSError:
                self._read[path] = None
        return self._read[path]
