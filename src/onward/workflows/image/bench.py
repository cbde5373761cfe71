"""What every part of an image is built with: the project, kept layers, a scratch folder, the Python that compiles."""

import contextlib
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from onward import __version__
from onward.adapters.bytecode import compile_call
from onward.adapters.layer_tar import PACKING, write_layer
from onward.adapters.oci_layout import Blobs, Notes
from onward.core.disk import sha256_of
from onward.core.perform import Listen
from onward.core.proc.run import expect, run
from onward.domain.images.entries import Entry, with_parents
from onward.domain.images.manifest import Layer, Platform, rendered
from onward.workflows.situation import Situation


class Python(msgspec.Struct, frozen=True, kw_only=True):
    """The Python that runs the project, outside of any environment. Paths are of this machine.

    ``tag`` is what bytecode is named by, such as ``cpython-311``.
    """

    executable: Path
    version: str
    tag: str
    stdlib: Path
    libraries: Path
    architecture: str
    key: str

    @property
    def minor(self) -> str:
        """The version that packages are compiled for, such as ``3.11``."""
        return ".".join(self.version.split(".")[:2])


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """The place where the layers of one image are made. ``folder`` is the package's, ``member`` its place in the workspace."""

    situation: Situation
    folder: Path
    python: Python
    platform: Platform
    blobs: Blobs
    notes: Notes
    scratch: Path
    listen: Listen

    def layer(self, kind: str, key: Sequence[str], make: Callable[[], Iterable[Entry]]) -> Layer:
        """Give the layer that ``make`` would give entries for, from the cache when its ``key`` is known there."""
        name = f"layer-{key_of('layer', kind, *key)}"
        if (known := self.kept(name)) is not None:
            return known
        self.listen("start", f"Building the layer of {kind}")
        layer = self.written(kind, make())
        self.notes.put(name, layer)
        return layer

    def written(self, kind: str, entries: Iterable[Entry]) -> Layer:
        """Write a layer into the cache."""
        with self.blobs.new() as path:
            layer = write_layer(with_parents(entries), path, kind)
            self.blobs.adopt(path, layer.blob)
        return layer

    def kept(self, name: str) -> Layer | None:
        """Give the layer that a note names, so far as its bytes are there; it counts as used now."""
        try:
            layer = msgspec.convert(self.notes.get(name), Layer)
        except msgspec.ValidationError:
            return None
        if not self.blobs.has(layer.blob):
            return None
        with contextlib.suppress(OSError):
            os.utime(self.blobs.path(layer.blob.digest))
        return layer

    def compiled(self, entries: Sequence[Entry]) -> list[Entry]:
        """Give the bytecode of the Python files among ``entries``, as further entries."""
        sources = sorted(
            (entry for entry in entries if entry.path.endswith(".py") and entry.kind == "file"),
            key=lambda entry: entry.path,
        )
        if not sources:
            return []
        out = self.scratch / f"bytecode-{len(list(self.scratch.iterdir()))}"
        out.mkdir()
        files = []
        for number, entry in enumerate(sources):
            here = entry.source
            if here is None:
                here = out / f"{number}.py"
                here.write_bytes(entry.content)
            files.append((str(here), f"/{entry.path}"))
        expect(run(compile_call(self.python.executable, files, out)))
        found = []
        for number, entry in enumerate(sources):
            folder, _, name = entry.path.rpartition("/")
            made = out / str(number)
            if made.is_file():
                path = f"{folder}/__pycache__/{name[:-3]}.{self.python.tag}.pyc"
                found.append(Entry(path=path, source=made))
        return found


def key_of(*words: str) -> str:
    """Give a short key for what was made from ``words`` by this onward, with this zlib."""
    return sha256_of(rendered([__version__, PACKING, *words]))[:40]
