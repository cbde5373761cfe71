"""An image that stands on this machine's own C library and Python, made once and kept until one of them changes."""

from pathlib import Path

from onward.core.disk import locked
from onward.core.errors import BadInput
from onward.domain.images.manifest import Layer
from onward.workflows.image.bench import Bench, key_of
from onward.workflows.image.foundation import Foundation
from onward.workflows.image.libraries import Libraries
from onward.workflows.image.python import PREFIX, interpreter_entries, system_entries
from onward.workflows.image.seen import Seen, seen_of

_WAIT = 600.0  # seconds
_HERE = ("system", "python")


def from_here(bench: Bench) -> Foundation:
    """Build on this machine's C library and Python."""
    python = bench.python
    if bench.platform.architecture != python.architecture:
        raise BadInput(
            "no-base",
            f"this machine's Python is for {python.architecture}, and the image is for {bench.platform}",
            hint=f"Name a base that has a Python for it: `--base python:{python.minor}-slim`.",
        )
    found = _kept_here(bench)
    if found is None:
        # it takes a while, and somebody who builds meanwhile can have it too
        with locked(bench.blobs.folder / "python.lock", "the layer of Python", wait=_WAIT):
            found = _kept_here(bench) or _made_here(bench)
    seen, layers = found
    return Foundation(
        key=key_of(*(layer.diff_id for layer in layers)),
        layers=layers,
        python=f"/{PREFIX}/bin/python{python.minor}",
        libraries=frozenset(seen.libraries),
        library_place=seen.loader,
    )


def _kept_here(bench: Bench) -> tuple[Seen, tuple[Layer, ...]] | None:
    """Give what was made of this machine before, as long as no library or certificate changed since."""
    name = _name_here(bench)
    seen = seen_of(bench.notes.get(name))
    kept = [bench.kept(f"{name}-{kind}") for kind in _HERE]
    layers = tuple(layer for layer in kept if layer is not None)
    if seen is None or len(layers) < len(_HERE):
        return None
    return (seen, layers) if all(_look_of(p) == w for p, w in seen.watched.items()) else None


def _made_here(bench: Bench) -> tuple[Seen, tuple[Layer, ...]]:
    python, name = bench.python, _name_here(bench)
    libraries = Libraries(python.architecture, python.executable, python.libraries)
    bench.listen("start", "Taking the Python of this machine and the libraries it needs")
    system = list(system_entries(libraries))
    low = frozenset(entry.path.rpartition("/")[2] for entry in system)
    above = interpreter_entries(bench, libraries, low)
    layers = (bench.written("system", system), bench.written("Python", above))
    own = [entry for entry in above if entry.path.startswith(libraries.place)]
    names = low | {entry.path.rpartition("/")[2] for entry in own}
    sources = [str(e.source) for e in (*system, *own) if e.source and "zoneinfo" not in e.path]
    seen = Seen(
        libraries=tuple(sorted(name for name in names if ".so" in name)),
        loader=libraries.place,
        watched={path: _look_of(path) for path in sources},
    )
    bench.notes.put(name, seen)
    for kind, layer in zip(_HERE, layers, strict=True):
        bench.notes.put(f"{name}-{kind}", layer)
    return seen, layers


def _name_here(bench: Bench) -> str:
    return f"here-{key_of('here', bench.python.key)}"


def _look_of(path: str) -> str:
    """Give a word that changes when a file does."""
    try:
        about = Path(path).stat()
    except OSError:
        return ""
    return f"{about.st_size}-{about.st_mtime_ns}"
