"""Answers of tools are kept while they hold, and never longer."""

import datetime as dt
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from onward.core.finding import Finding, Place
from onward.core.policy import Level, Row
from onward.core.proc.call import Call, Ran
from onward.core.tool import Depends, Probe, Target, failed
from onward.workflows.check import Checked, check
from onward.workflows.checking.scope import Scope

_LOOK = """
import pathlib, sys
log = pathlib.Path(sys.argv[1])
named = [pathlib.Path(one) for one in sys.argv[2:]] or sorted(pathlib.Path().rglob("*.py"))
log.open("a").write(" ".join(str(one) for one in named) + "\\n")
for path in named:
    for at, line in enumerate(path.read_text().splitlines(), 1):
        if "bad" in line:
            print(f"{path}:{at}:{line}")
"""


class Looker:
    """A tool that finds lines with ``bad`` in them, and writes down at which files it was made to look."""

    name = "looker"

    def __init__(self, log: Path, depends: Depends) -> None:
        self.depends: Depends | None = depends
        self.version = "1.0"
        self._log = log

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        return Probe(tool="looker", found=True, program=sys.executable, version=self.version)

    def call(self, probe: Probe, target: Target) -> Call | None:
        argv = (probe.program, "-c", _LOOK, str(self._log), *target.paths)
        return Call(argv=argv, cwd=target.root, env=target.env)

    def read(self, ran: Ran) -> Iterator[Finding]:
        if ran.code:
            yield failed(self.name, "it failed", ran)
            return
        for line in ran.lines():
            path, at, text = line.decode().split(":", 2)
            yield Finding(
                rule="looker/bad", subject=Place(path=path, line=int(at), column=1), message=text
            )

    @property
    def runs(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []


class House:
    """A small project, a tool that looks at it, and a cache."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self.write("a.py", "bad one\n")
        self.write("b.py", "good\n")
        self.write("pyproject.toml", "")
        self.env = env
        self.tool = Looker(
            folder / "log", Depends(kinds=(".py",), one_by_one=True, variables=("LOOKER_",))
        )
        self.scope = Scope(root=self.root, environment=folder / "venv", kept=folder / "kept")

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.write_text(text)
        # long ago, so that time and size are trusted from the first look on
        os.utime(place, ns=(10**18, 10**18))

    def look(self) -> Checked:
        rows = (Row(match="*", level=Level.enforce),)
        return check(self.scope, rows, env=self.env, today=dt.date(2026, 1, 1), tools=(self.tool,))

    def lines(self) -> list[str]:
        return [
            f"{found.subject}: {found.message}"
            for found in self.look().findings
            if found.rule == "looker/bad"
        ]


@pytest.fixture
def house(tmp_path: Path, env: dict[str, str]) -> House:
    return House(tmp_path, env)


def test_when_nothing_has_changed_the_tool_is_not_asked_again(house: House) -> None:
    first, second = house.look(), house.look()
    assert first.findings == second.findings
    assert len(house.tool.runs) == 1
    assert [first.tools[0].kept, second.tools[0].kept] == ["", "all"]


def test_only_what_has_changed_is_looked_at_again(house: House) -> None:
    house.look()
    house.write("b.py", "fine\nbad two\n")
    assert house.lines() == ["a.py:1:1: bad one", "b.py:2:1: bad two"]
    assert house.tool.runs == ["a.py b.py", "b.py"]
    assert house.look().tools[0].kept == "all"


def test_what_was_mended_is_gone(house: House) -> None:
    house.look()
    house.write("a.py", "good\n")
    assert house.lines() == []


@pytest.mark.parametrize("change", ["new", "gone", "settings", "version", "variable"])
def test_what_could_change_every_answer_makes_the_tool_look_at_everything(
    house: House, change: str
) -> None:
    house.look()
    if change == "new":
        house.write("c.py", "bad three\n")
    elif change == "gone":
        (house.root / "b.py").unlink()
    elif change == "settings":
        house.write("pyproject.toml", "[tool.looker]\n")
    elif change == "version":
        house.tool.version = "1.1"
    else:
        house.env = {**house.env, "LOOKER_MODE": "x"}
    assert house.look().tools[0].kept == ""
    assert len(house.tool.runs) == 2


def test_a_tool_that_knows_all_files_together_looks_at_all_of_them(house: House) -> None:
    house.tool.depends = Depends(kinds=(".py",))
    house.look()
    house.write("b.py", "bad two\n")
    house.look()
    assert house.tool.runs == ["a.py b.py", "a.py b.py"]


def test_same_size_and_same_time_are_not_believed_when_they_are_fresh(house: House) -> None:
    place = house.root / "a.py"
    place.write_text("bad 1\n")
    before = place.stat()
    assert house.lines() == ["a.py:1:1: bad 1"]
    place.write_text("bad 2\n")
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert house.lines() == ["a.py:1:1: bad 2"]


def test_what_is_changed_while_the_tool_looks_is_not_kept(house: House) -> None:
    class Meddler(Looker):
        def read(self, ran: Ran) -> Iterator[Finding]:
            yield from super().read(ran)
            house.write("b.py", "bad, and nobody saw it\n")

    assert house.tool.depends is not None
    meddler = Meddler(house.scope.environment.parent / "log", house.tool.depends)
    looker, house.tool = house.tool, meddler
    house.look()
    house.tool = looker
    assert house.lines() == ["a.py:1:1: bad one", "b.py:1:1: bad, and nobody saw it"]


def test_a_failure_is_not_kept(house: House) -> None:
    (house.root / "a.py").write_bytes(b"\xff")
    assert not house.look().tools[0].whole
    house.write("a.py", "bad one\n")
    assert house.lines() == ["a.py:1:1: bad one"]


def test_a_limited_check_is_right_before_and_after_a_whole_one(house: House) -> None:
    whole = house.scope
    house.scope = msgspec.structs.replace(whole, paths=("a.py",))
    assert house.lines() == ["a.py:1:1: bad one"]
    house.scope = whole
    house.write("b.py", "bad two\n")
    assert len(house.lines()) == 2
    house.scope = msgspec.structs.replace(whole, paths=("b.py",))
    assert house.lines() == ["b.py:1:1: bad two"]
    assert house.tool.runs == ["a.py", "a.py b.py"]


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_is_as_good_as_none(house: House, damage: bytes | None) -> None:
    first = house.lines()
    for place in (house.scope.kept or Path()).iterdir():
        whole = place.read_bytes()
        place.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    assert house.lines() == first


def test_a_link_that_leads_out_of_the_project_is_no_reason_to_trust(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (house.root / "linked").symlink_to(tmp_path / "outside", target_is_directory=True)
    house.tool.depends = Depends(kinds=(".py",))
    house.look()
    assert house.look().tools[0].kept == ""


def test_what_is_installed_counts_where_the_tool_says_so(house: House) -> None:
    house.tool.depends = Depends(kinds=(".py",), environment=True)
    assert [house.look().tools[0].kept, house.look().tools[0].kept] == ["", ""]  # there is none
    site = house.scope.environment / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    (house.scope.environment / "pyvenv.cfg").write_text("version = 3.11\n")
    assert [house.look().tools[0].kept, house.look().tools[0].kept] == ["", "all"]
    (site / "new.py").write_text("x = 1\n")
    assert [house.look().tools[0].kept, house.look().tools[0].kept] == ["", "all"]
    (site / "mine.pth").write_text(f"{house.root}\n")
    assert [house.look().tools[0].kept, house.look().tools[0].kept] == ["", "all"]
    (site / "other.pth").write_text(f"{house.root.parent / 'other'}\n")
    assert [house.look().tools[0].kept, house.look().tools[0].kept] == ["", ""]
