"""Programs of each form, killed at each point while they are put into ``dist``, or taken back: the old one or the new one, whole.

Each point is a process of its own (a fork), with the plan that ``onward ship app`` performs.
"""

import os
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.core.perform import perform, recover, undo_last
from onward.domain.apps.model import App, Kind
from onward.workflows.app.pack import make_deb, make_tar_gz
from onward.workflows.app.put import SUMS, plan_for
from onward.workflows.undo import check_undo
from tests.faults.at_a_point import Drive, Points

if sys.platform == "win32":
    pytest.skip("there is no fork", allow_module_level=True)

APP = App(slug="demo", name="Demo", version="1", kind=Kind.terminal, entry="d:m")
FOLDER = "demo-1-linux"
FORMS = {
    "folder": (),
    "deb": ("demo.deb",),
    "folder, deb and tar.gz": ("demo.deb", "demo.tar.gz"),
}
MOST = 100


class Works:
    """A project, and builds ``one`` and ``two`` of its program."""

    def __init__(self, top: Path, form: str) -> None:
        self.root, self.top, self.form = top / "prøject 1", top, form
        self.out = self.root / "dist"
        self.root.mkdir()
        for word in ("one", "two"):
            self._build(word)

    def _build(self, word: str) -> None:
        bundle = self.top / word / FOLDER
        (bundle / "_internal/dätä").mkdir(parents=True)
        (bundle / "demo").write_text(word, encoding="utf-8")
        (bundle / "demo").chmod(0o755)
        (bundle / "_internal/dätä/words").write_text(word * 9, encoding="utf-8")
        (bundle / "_internal/link").symlink_to("dätä")
        make_deb(APP, bundle, {}, 0, bundle.with_name("demo.deb"), machine="amd64", depends=[])
        make_tar_gz(APP, bundle, {}, 0, bundle.with_name("demo.tar.gz"))

    def ship(self, word: str) -> None:
        """Do what ``onward ship app --force`` does once all is built."""
        recover(self.root)
        files = {name: self.top / word / name for name in FORMS[self.form]}
        folders = {FOLDER: self.top / word / FOLDER} if "folder" in self.form else {}
        perform(plan_for(files, folders, self.out, force=True), self.root, started="")

    def undo(self) -> None:
        """Do what ``onward undo`` does."""
        if recover(self.root) is None:
            check_undo(self.root)
            undo_last(self.root)

    def which(self, name: str) -> str:
        """Give which build a thing in ``dist`` is of, nothing where it is not there; fails for half a thing."""
        if not os.path.lexists(self.out / name):
            return ""
        return next(
            word for word in ("one", "two") if _same(self.top / word / name, self.out / name)
        )

    @property
    def things(self) -> dict[str, str]:
        """Each thing, and which build it is of."""
        names = [*FORMS[self.form], *([FOLDER] if "folder" in self.form else [])]
        return {name: self.which(name) for name in names}

    @property
    def all_of(self) -> set[str]:
        return set(self.things.values())

    def nothing_else(self) -> bool:
        """Whether nothing lies in ``dist`` that was not asked for."""
        names = {path.name for path in self.out.iterdir()} if self.out.exists() else set()
        return names <= {*self.things, SUMS}

    def killed_at(self, point: int, work: Callable[[], None]) -> bool:
        """Do the work in a process that is killed there; whether it came so far."""
        drive = Drive(argv=[], folders=[str(self.root)], now="", kill_at=point, alone=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # threads of the test runner
            pid = os.fork()
        if pid == 0:
            points = Points(drive)
            sys.addaudithook(points.hook)
            code = 1
            try:
                work()
                points.stopping = True
                code = 0
            finally:
                os._exit(code)
        ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert ended in (0, -signal.SIGKILL)
        return ended != 0


def _same(one: Path, other: Path) -> bool:
    if one.is_file():
        return other.is_file() and one.read_bytes() == other.read_bytes()
    return not plan_for({}, {other.name: one}, other.parent, force=True).steps


@pytest.fixture(params=FORMS)
def works(tmp_path: Path, request: pytest.FixtureRequest) -> Works:
    return Works(tmp_path, request.param)


@pytest.mark.parametrize("before", ["", "one"], ids=["new", "replaced"])
def test_killed_at_any_point_the_old_one_or_the_new_one_is_there(works: Works, before: str) -> None:
    for point in range(1, MOST):
        shutil.rmtree(works.out, ignore_errors=True)
        shutil.rmtree(works.root / ".onward", ignore_errors=True)
        if before:
            works.ship(before)
        killed = works.killed_at(point, lambda: works.ship("two"))
        assert works.all_of <= {before, "two"}, point
        recover(works.root)  # what the next onward does first, whatever it was asked for
        assert works.all_of in ({before}, {"two"}), point
        assert works.nothing_else(), point
        works.ship("two")
        assert works.all_of == {"two"}, point
        if before and killed:
            works.undo()
            assert works.all_of == {before}, point
            assert works.nothing_else(), point
        if not killed:
            break
    else:
        pytest.fail("it never came to an end")
    assert point > 8


def test_an_undo_that_is_killed_at_any_point_can_be_done_again(works: Works) -> None:
    for point in range(1, MOST):
        shutil.rmtree(works.out, ignore_errors=True)
        shutil.rmtree(works.root / ".onward", ignore_errors=True)
        works.ship("one")
        works.ship("two")
        killed = works.killed_at(point, works.undo)
        assert works.all_of <= {"one", "two"}, point
        if recover(works.root) is not None:
            assert works.all_of == {"two"}, point
        if works.all_of == {"two"}:
            works.undo()
        assert works.all_of == {"one"}, point
        assert works.nothing_else(), point
        assert not list((works.root / ".onward/kept").glob("*")) or killed, point
        if not killed:
            break
    else:
        pytest.fail("it never came to an end")
    assert point > 3
