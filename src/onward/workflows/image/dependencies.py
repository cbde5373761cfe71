"""The layer of dependencies: what uv.lock holds for one platform, judged, checked by hash, compiled."""

from collections.abc import Sequence
from pathlib import Path

from onward.adapters.uv import build as uv_build
from onward.core.disk import sha256_of
from onward.core.errors import BadInput
from onward.core.proc.run import run
from onward.domain.images.entries import Entry
from onward.domain.images.manifest import Layer
from onward.workflows.image.bench import Bench
from onward.workflows.image.foundation import Foundation
from onward.workflows.image.installed import environment_entries, installed_entries
from onward.workflows.image.libraries import Libraries
from onward.workflows.image.python import this_architecture
from onward.workflows.resolve import Resolver
from onward.workflows.uv_words import outside_if_network

_PLATFORMS = {"amd64": "x86_64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu",
              "riscv64": "riscv64-unknown-linux"}  # fmt: skip


def dependencies_layer(bench: Bench, foundation: Foundation, resolver: Resolver) -> Layer:
    """Give the layer of what the project's lock holds besides the project's own.

    Raises BadInput (``no-wheel``) where another platform has no wheel, OutsideFailed when the
    registry did not answer, Refused for what the policy holds back.
    """
    root = bench.situation.project.root
    lock = sha256_of((root / "uv.lock").read_bytes())
    key = (lock, bench.situation.here, bench.python.version, str(bench.platform), foundation.key)
    return bench.layer("dependencies", key, lambda: _entries(bench, foundation, resolver))


def _entries(bench: Bench, foundation: Foundation, resolver: Resolver) -> list[Entry]:
    python = bench.python
    environment = bench.scratch / "dependencies"
    options = ["--no-install-local"]
    if bench.platform.architecture != this_architecture():
        wanted = _PLATFORMS.get(bench.platform.architecture)
        if wanted is None:
            raise BadInput(
                "unknown-platform",
                f"uv picks no wheels for `{bench.platform}`",
                context=(f"it does for linux/{', linux/'.join(_PLATFORMS)}",),
            )
        options += ["--python-platform", wanted, "--no-build"]
    install(bench, resolver, bench.folder, environment, options)
    found = [
        *environment_entries(foundation.python, python.version, python.minor),
        *installed_entries(environment, local=False),
    ]
    found += bench.compiled(found)
    return found + libraries_for(bench, foundation, found)


def install(
    bench: Bench, resolver: Resolver, source: Path, environment: Path, options: Sequence[str]
) -> None:
    """Make an environment from the lock, behind the guarded index."""
    with resolver.serving() as (uv, refuse):
        call = uv_build.locked_environment(
            uv, source, environment, bench.python.executable, options
        )
        ran = run(call)
        if ran.succeeded:
            return
        words = tuple(uv_build.last_words(ran))
        refuse(words)
        outside_if_network(ran)
        if "--no-build" in options and any("no-build" in w or "wheel" in w for w in words):
            raise BadInput(
                "no-wheel",
                f"not everything in uv.lock has a wheel for {bench.platform}",
                context=words,
                hint="Leave that platform out, or build the image on such a machine.",
            )
        raise uv_build.failed("uv could not install what the image needs", ran)


def libraries_for(bench: Bench, foundation: Foundation, entries: Sequence[Entry]) -> list[Entry]:
    """Give the system's libraries that compiled modules need and neither they nor the layers below bring."""
    own = frozenset(entry.path.rpartition("/")[2] for entry in entries)
    compiled = [e.source for e in entries if e.source and (".so" in e.path or "/bin/" in e.path)]
    if not compiled or bench.platform.architecture != this_architecture():
        return []
    libraries = Libraries(
        bench.python.architecture, bench.python.executable, bench.python.libraries
    )
    needed, missing = libraries.closure(compiled, own | foundation.libraries)
    for words in missing:
        bench.listen(
            "note", f"A package asks for {words}, which is not here; what uses it will not work"
        )
    place = foundation.library_place or libraries.place
    return [Entry(path=f"{place}/{n}", mode=0o755, source=p) for n, p in needed.items()]
