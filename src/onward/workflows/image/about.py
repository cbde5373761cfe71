"""What an image says of itself: labels, the commit it was made from, what is in it."""

import tomllib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from onward import __version__
from onward.adapters.git import Repository
from onward.adapters.oci_layout import Notes
from onward.adapters.uv import build as uv_build
from onward.adapters.uv.commands import Uv
from onward.core.disk import sha256_of
from onward.core.proc.run import run
from onward.domain.images.attached import moment
from onward.workflows.image.bench import key_of
from onward.workflows.situation import Situation
from onward.workflows.source_copy import Sources

_MOST_TEXT = 1_000_000  # bytes of a module that is read for what it starts
_NAMED = 5  # files that a note names


class About:
    """A project as its image tells of it; ``folder`` is the package's, ``others`` are those that it needs beside it."""

    def __init__(
        self,
        situation: Situation,
        notes: Notes,
        folder: Path,
        sources: Sources,
        *,
        known: Repository | None,
        others: Sequence[Path] = (),
    ) -> None:
        self.situation = situation
        self.folder = folder
        self.sources = sources
        self.known = known
        self._others = others
        self._notes = notes

    @cached_property
    def project(self) -> dict[str, Any]:
        """The table [project] of its pyproject.toml; empty when there is none."""
        try:
            read = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        project = read.get("project")
        return project if isinstance(project, dict) else {}

    @property
    def name(self) -> str:
        """Its name, else that of its folder."""
        return str(self.project.get("name") or self.folder.name)

    @property
    def version(self) -> str:
        """Its version; empty where only a build would tell."""
        return str(self.project.get("version", ""))

    @property
    def when(self) -> int:
        """The time of all that is made: ``SOURCE_DATE_EPOCH``, else that of the last commit, in seconds since 1970."""
        told = self.situation.env.get("SOURCE_DATE_EPOCH", "")
        return int(told) if told.isdigit() else self.sources.when

    @cached_property
    def dirty(self) -> bool:
        """Whether the files are others than those of the last commit."""
        known = self.known
        folders = (self.sources.folder, *self._others)
        return known is not None and any(known.changed(folder) for folder in folders)

    @cached_property
    def commit(self) -> str:
        """The last commit that changed something here; empty when the files are others, or git does not know them."""
        if self.known is None or self.dirty:
            return ""
        if self._others:  # a change beside it changes the image too
            return self.known.head()
        return self.known.last_commit_of(".", self.sources.folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the sources."""
        if self.known is None:
            return ("git does not know this folder: all its files count, and no commit is named",)
        found = []
        if self.dirty:
            found.append("the work tree differs from the last commit, so the image names none")
        if beside := self.sources.beside:
            more = f" and {len(beside) - _NAMED} more" if len(beside) > _NAMED else ""
            names = ", ".join(beside[:_NAMED])
            found.append(f"not tracked by git, so not in the image: {names}{more}")
        return tuple(found)

    def labels(self) -> dict[str, str]:
        """Give the labels of the OCI image specification (annotations, pre-defined keys)."""
        told = self.project.get("urls")
        urls = {k.lower(): str(v) for k, v in told.items()} if isinstance(told, dict) else {}
        licence = self.project.get("license")
        found = {
            "title": self.name,
            "version": self.version,
            "description": str(self.project.get("description", "")),
            "licenses": licence if isinstance(licence, str) else "",
            "source": urls.get("source") or urls.get("repository") or "",
            "url": urls.get("homepage", ""),
            "revision": self.commit,
            "created": moment(self.when),
        }
        return {f"org.opencontainers.image.{key}": value for key, value in found.items() if value}

    def materials(self) -> list[tuple[str, str]]:
        """Give what the image was made from: address and digest."""
        lock = self.situation.project.root / "uv.lock"
        found = [("file:uv.lock", f"sha256:{sha256_of(lock.read_bytes())}")]
        if self.commit:
            found.append((f"git+file:{self.name}", f"gitCommit:{self.commit}"))
        return found

    def texts(self) -> dict[str, str]:
        """Give the texts of its modules by path, without ``src/``."""
        found = {}
        for path in self.sources.files:
            place = self.sources.folder / path
            if not path.endswith(".py") or path.startswith(("tests/", "test/", "docs/")):
                continue
            if place.is_file() and place.stat().st_size <= _MOST_TEXT:
                found[path.removeprefix("src/")] = place.read_text("utf-8", "replace")
        return found

    def exported(self) -> dict[str, Any]:
        """Give uv's bill of the lock (CycloneDX 1.5), without what chance put in."""
        root = self.situation.project.root
        files = (root / "uv.lock", self.folder / "pyproject.toml")
        parts = [sha256_of(path.read_bytes()) for path in files if path.is_file()]
        name = f"bill-{key_of(__version__, *parts)}"
        kept = self._notes.get(name)
        if isinstance(kept, dict):
            return kept
        uv = Uv(program=self.situation.uv, env=dict(self.situation.env), config="")
        exported = uv_build.read_bill(run(uv_build.bill(uv, self.folder, {})))
        exported.pop("serialNumber", None)
        if isinstance(metadata := exported.get("metadata"), dict):
            metadata.pop("timestamp", None)
        self._notes.put(name, exported)
        return exported
