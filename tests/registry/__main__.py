"""Serve a folder: ``python -m tests.registry FOLDER [--port N]``.

FOLDER holds ready ``*.whl`` and ``*.tar.gz`` files and, if wanted, ``packages.toml`` with
``[[package]]`` tables whose keys are the arguments of ``Registry.add``.
"""

import argparse
import sys
import threading
import tomllib
import zipfile
from pathlib import Path

from tests.registry.server import Registry


def load(registry: Registry, folder: Path) -> None:
    """Offer everything that ``folder`` holds or describes."""
    described = folder / "packages.toml"
    if described.exists():
        for package in tomllib.loads(described.read_text(encoding="utf-8"))["package"]:
            registry.add(package.pop("name"), package.pop("version"), **package)
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        with zipfile.ZipFile(path) as archive:
            metadata = archive.read(f"{name}-{version}.dist-info/METADATA")
        registry.offer(name, version, path.name, path.read_bytes(), metadata=metadata)
    for path in sorted(folder.glob("*.tar.gz")):
        name, _, version = path.name.removesuffix(".tar.gz").rpartition("-")
        registry.offer(name, version, path.name, path.read_bytes())


def main() -> None:
    """Print the address, then serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.registry", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    with Registry(port=options.port) as registry:
        load(registry, options.folder)
        sys.stdout.write(f"{registry.url}\n")
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
