"""``onward check`` with the group `refactor`: asked for in one word, shown as advice, mended, explained, turned off."""

import io
import json
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

CODE = '''\
"""A module."""


def first(numbers):
    """Give the first that counts."""
    out = []
    for number in numbers:
        if number:
            out.append(number + 1)
    found = []
    found.append(out)
    return found if not out else None  # why
'''
ROW = """
[[tool.onward.policy]]
match = "refactor/swap-if-expression"
level = "off"
why = "we put the usual case first"
"""


class House:
    def __init__(self, root: Path, env: dict[str, str], clock: FakeClock) -> None:
        self.root, self._env, self._clock = root, env, clock
        self.said = ""

    def __call__(self, *words: str) -> int:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb([*words], self._env, cwd=self.root, clock=self._clock, out=out, err=err)
        self.said = out.getvalue() + err.getvalue()
        return code

    def found(self) -> dict[str, str]:
        """Give rule -> level of what `check` finds in files."""
        self("check", "--json")
        told = json.loads(self.said)["findings"]
        return {
            one["rule"]: one["level"]
            for one in told
            if one["subject"]["type"] == "place" and one["rule"].startswith(("ruff/", "refactor/"))
        }


@pytest.fixture
def house(project: MakeProject, env: dict[str, str], clock: FakeClock) -> House:
    return House(project(files={"a.py": CODE}), env, clock)


def settle(house: House, refactor: str, more: str = "") -> None:
    (house.root / "pyproject.toml").write_text(
        '[project]\nname = "a"\nversion = "1"\n[tool.ruff.lint]\nselect = ["F"]\n'
        f'[tool.onward.check]\ntools = ["ruff"]\nrefactor = {refactor}\n{more}',
        encoding="utf-8",
    )


def test_one_word_asks_for_all_of_them_and_nothing_fails(house: House) -> None:
    settle(house, "false")
    assert house.found() == {}
    settle(house, "true")
    assert house.found() == {
        "ruff/PERF401": "advise",
        "refactor/merge-list-append": "advise",
        "refactor/swap-if-expression": "advise",
    }
    assert house("check") == 0


def test_some_are_asked_for_by_name_and_a_wrong_name_is_said(house: House) -> None:
    settle(house, '["merge-list-append"]')
    assert house.found() == {"refactor/merge-list-append": "advise"}
    settle(house, '["PERF401"]')
    assert house.found() == {"ruff/PERF401": "advise"}
    settle(house, '["merge-list-apend"]')
    assert house("check") == 2
    assert "tool.onward.check.refactor[0]" in house.said
    assert "did you mean `merge-list-append`?" in house.said


def test_one_can_be_turned_off_with_a_reason(house: House) -> None:
    settle(house, "true", ROW)
    found = {rule for rule, level in house.found().items() if level != "off"}
    assert found == {"ruff/PERF401", "refactor/merge-list-append"}


def test_safe_ones_are_made_and_can_be_undone(house: House) -> None:
    settle(house, "true")
    assert house("check", "--fix", "--all") == 0, house.said
    text = (house.root / "a.py").read_text(encoding="utf-8")
    assert "    found = [out]\n    return None if out else found  # why\n" in text
    assert "out.append(number + 1)" in text  # ruff calls that one unsafe
    assert house("check", "--fix", "--all") == 0
    assert (house.root / "a.py").read_text(encoding="utf-8") == text


def test_each_is_explained_with_code(house: House) -> None:
    settle(house, "true")
    assert house("explain", "refactor/use-next") == 0
    assert "return next((number for number in numbers if number > 3), None)" in house.said
    assert "Level here: advise" in house.said
    assert house("explain", "use-next") == 0
