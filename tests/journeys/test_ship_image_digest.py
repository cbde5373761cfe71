"""Two builds of one image on other machines: another clock, umask, folder and order of files, and the same digest."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from tests.conftest import FakeClock
from tests.journeys.stage import Stage
from tests.journeys.test_ship_image import Images, images, kept_images, ready
from tests.registry import Registry

__all__ = ["images", "kept_images", "ready"]


class Ordered:
    """What ``os.scandir`` gives, in an order of the test's own."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = iter(entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def close(self) -> None: ...


def order_files(patch: pytest.MonkeyPatch, *, backwards: bool) -> None:
    """Let every folder list its files in one order or the other, whatever the file system says."""
    scan, listed = os.scandir, os.listdir

    def scandir(path: Any = ".") -> Ordered:
        with scan(path) as entries:
            return Ordered(sorted(entries, key=lambda one: one.name, reverse=backwards))

    def listdir(path: Any = ".") -> list[str]:
        return sorted(listed(path), reverse=backwards)

    patch.setattr(os, "scandir", scandir)
    patch.setattr(os, "listdir", listdir)


def copied_backwards(source: Path, target: Path) -> None:
    """Copy a project with its files made in the other order, younger or older, and for their owner alone."""
    for path in sorted(source.rglob("*"), reverse=True):
        inside = path.relative_to(source)
        if inside.parts[0] in ("one", ".onward") or (path.is_dir() and not path.is_symlink()):
            continue
        copy = target / inside
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy, follow_symlinks=False)
        if not path.is_symlink() and inside.parts[0] not in (".git", ".venv"):
            copy.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
            os.utime(copy, (1, 1))


@pytest.fixture
def script(ready: Callable[..., Images], registry: Registry) -> Images:
    """A project that is no package, and that git does not know."""
    registry.add("helper", "1.0")
    files = {"main.py": "import helper\n", "b/x.py": "", "a/y.txt": "", "a.py": "", ".gitignore": ".venv\n.onward\n"}  # fmt: skip
    images = ready(dependencies=["helper"], files=files)
    shutil.rmtree(images.root / ".git")
    return images


@pytest.mark.parametrize("kind", ["images", "script"], ids=["package", "folder without git"])
def test_another_clock_umask_folder_and_file_order_give_the_same_digest(
    kind: str,
    request: pytest.FixtureRequest,
    clock: FakeClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images: Images = request.getfixturevalue(kind)
    with monkeypatch.context() as patch:
        order_files(patch, backwards=False)
        first = images("--output", "one").out
    other = tmp_path / "another folder ü"
    copied_backwards(images.root, other)
    clock.advance(days=1)
    env = {**images.stage.env, "ONWARD_CACHE_DIR": str(tmp_path / "empty cache"), "TZ": "XXX-9"}
    again = Images(Stage(other, env, clock))
    again.stage.advise({"id": "TEST-0", "modified": "2026-06-01T06:00:00Z", "affected": [
        {"package": {"ecosystem": "PyPI", "name": "nobody-needs-this"}, "versions": ["0.0.1"]}]})  # fmt: skip
    old = os.umask(0o077)
    try:
        order_files(monkeypatch, backwards=True)
        assert again("--output", "two").out == first
    finally:
        os.umask(old)
        monkeypatch.undo()
