"""Hooks of a project: in the order of their priority, those of the same one at once, and commands of one hook in turn."""

import os
import sys
from pathlib import Path

import pytest

from onward.core.local_hooks import Hook, Hooks
from onward.core.proc.together import run_hooks

MEET = """
import pathlib, sys, time
own, other = map(pathlib.Path, sys.argv[1:])
own.touch()
until = time.monotonic() + 60
while not other.exists():
    if time.monotonic() > until:
        raise SystemExit(1)
"""
NOTE = "import sys; open('log', 'a').write(sys.argv[1])"
ALONE = """
import os
os.close(os.open("busy", os.O_CREAT | os.O_EXCL))
sum(range(1_000_000))
os.remove("busy")
"""


def hook(name: str, code: str, *words: str, **more: object) -> Hook:
    argv = [sys.executable, "-I", "-S", "-c", code, *words]
    values = {"pass_filenames": False, "always_run": True, **more}
    return Hook(id=name, language="system", argv=argv, **values)


def run(root: Path, *hooks: Hook, paths: tuple[str, ...] = (), fail_fast: bool = False) -> bool:
    wanted = Hooks(list(hooks), foreign=[], fail_fast=fail_fast)
    return run_hooks(wanted, list(paths), str(root), dict(os.environ), lambda _line: None)


def test_the_lowest_priority_is_first_wherever_it_stands(tmp_path: Path) -> None:
    order = {"a": 10, "b": 1, "c": 9, "d": 1}
    assert run(tmp_path, *(hook(name, NOTE, name, priority=at) for name, at in order.items()))
    log = (tmp_path / "log").read_text()
    assert (set(log[:2]), log[2:]) == ({"b", "d"}, "ca")


def test_those_of_the_same_priority_run_at_once_even_with_another_between(tmp_path: Path) -> None:
    assert run(
        tmp_path,
        hook("a", MEET, "one", "two", priority=3),
        hook("b", NOTE, "b", priority=0),
        hook("c", MEET, "two", "one", priority=3),
    )


@pytest.mark.parametrize("all_of_them", [True, False])
def test_after_a_failure_nothing_further_begins_where_it_is_told_so(
    tmp_path: Path, all_of_them: bool
) -> None:
    failing = hook("a", "raise SystemExit(1)", priority=0, fail_fast=not all_of_them)
    assert not run(tmp_path, failing, hook("b", NOTE, "b", priority=1), fail_fast=all_of_them)
    assert not (tmp_path / "log").exists()
    assert not run(
        tmp_path, hook("a", "raise SystemExit(1)", priority=0), hook("b", NOTE, "b", priority=1)
    )
    assert (tmp_path / "log").read_text() == "b"


def test_commands_of_a_serial_hook_wait_for_each_other(tmp_path: Path) -> None:
    paths = tuple(f"{number:0200}" for number in range(500))
    for path in paths:
        (tmp_path / path).touch()
    one = hook("a", ALONE, priority=0, pass_filenames=True, require_serial=True)
    assert run(tmp_path, one, paths=paths)
    one.require_serial = False
    assert not run(tmp_path, one, paths=paths), "and others do not, or this test shows nothing"
