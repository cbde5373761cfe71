"""Only what is safe and wanted is mended, as a plan that changes nothing by itself."""

from pathlib import Path

import pytest

from onward.core.plan import Plan, WriteFile
from onward.core.policy import Level, Row
from onward.workflows.check import check
from onward.workflows.checking.scope import Scope
from onward.workflows.mending.safe import plan_mending
from tests.conftest import FakeClock, MakeProject

UNUSED = "import os\n\n\ndef f(x):\n    return x == None\n"
ALL = (Row(match="*", level=Level.enforce),)
NO_FORMAT = (Row(match="ruff/format", level=Level.advise), *ALL)


@pytest.fixture
def mend(env: dict[str, str], clock: FakeClock) -> "Mend":
    return Mend(env, clock)


class Mend:
    def __init__(self, env: dict[str, str], clock: FakeClock) -> None:
        self._env = env
        self._today = clock.today

    def plan(self, root: Path, rows: tuple[Row, ...] = ALL, *, also_advice: bool = False) -> Plan:
        scope = Scope(root=root.resolve(), environment=root / ".venv")
        checked = check(scope, rows, env=self._env, today=self._today)
        return plan_mending(
            scope, checked, rows, env=self._env, today=self._today, also_advice=also_advice
        )

    def contents(self, root: Path, rows: tuple[Row, ...] = ALL) -> dict[str, bytes]:
        steps = [step for step in self.plan(root, rows).steps if isinstance(step, WriteFile)]
        return {
            Path(step.path).relative_to(root.resolve()).as_posix(): step.content or b""
            for step in steps
        }


def test_safe_fixes_are_in_the_plan_and_the_file_is_as_it_was(
    project: MakeProject, mend: Mend
) -> None:
    root = project(files={"src/ünï code.py": UNUSED}, folder="my prøj")
    contents = mend.contents(root)
    assert contents == {"src/ünï code.py": b"def f(x):\n    return x == None\n"}
    assert (root / "src/ünï code.py").read_text(encoding="utf-8") == UNUSED


def test_unsafe_fixes_stay_with_the_person_even_if_the_project_allows_them(
    project: MakeProject, mend: Mend
) -> None:
    root = project(
        files={"a.py": "def f(x):\n    return x == None\n"},
        extra='[tool.ruff]\nunsafe-fixes = true\nfix = true\nlint.select = ["E", "F"]',
    )
    assert mend.contents(root) == {}
    assert "== None" in (root / "a.py").read_text(encoding="utf-8")


def test_a_project_that_is_not_formatted_by_ruff_is_not_laid_out_anew(
    project: MakeProject, mend: Mend
) -> None:
    root = project(files={"a.py": "import os\nx  =  { 'a':1 }\n", "b.py": "y  =  1\n"})
    assert mend.contents(root, NO_FORMAT) == {"a.py": b"x  =  { 'a':1 }\n"}
    assert set(mend.contents(root)) == {"a.py", "b.py"}


def test_advice_is_mended_only_when_asked_for(project: MakeProject, mend: Mend) -> None:
    root = project(files={"b.py": "y  =  1\n"})
    assert mend.plan(root, NO_FORMAT).steps == ()
    assert len(mend.plan(root, NO_FORMAT, also_advice=True).steps) == 1


def test_what_the_linter_mended_is_laid_out_again_where_the_format_is_enforced(
    project: MakeProject, mend: Mend
) -> None:
    code = '"""Docstring."""\n\nimport os\nimport sys\n\nprint(sys.path)\n'
    root = project(files={"a.py": "import os\n\n\n" + "def f():\n    pass\n", "c.py": code})
    contents = mend.contents(root)
    assert contents["a.py"] == b"def f():\n    pass\n"
    assert b"import os" not in contents["c.py"]


def test_line_ends_and_marks_of_a_file_are_kept(project: MakeProject, mend: Mend) -> None:
    root = project()
    content = b"\xef\xbb\xbfimport os\r\n\r\nx = 1\r\n"
    (root / "a.py").write_bytes(content)
    assert mend.contents(root, NO_FORMAT) == {"a.py": b"\xef\xbb\xbf\r\nx = 1\r\n"}


def test_a_file_that_does_not_parse_is_left_alone(project: MakeProject, mend: Mend) -> None:
    root = project(files={"a.py": "import os\ndef f(\n"})
    assert mend.contents(root) == {}


def test_a_link_out_of_the_project_is_never_written_through(
    project: MakeProject, mend: Mend, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(UNUSED, encoding="utf-8")
    root = project(files={"a.py": "x = 1\n"})
    try:
        (root / "link.py").symlink_to(outside)
    except OSError:
        pytest.skip("this system gives no links")
    assert mend.contents(root) == {}


def test_a_notebook_is_mended_as_a_notebook(project: MakeProject, mend: Mend) -> None:
    book = (
        '{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [],'
        ' "source": ["import os\\n", "x = 1"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}'
    )
    (content,) = mend.contents(project(files={"n.ipynb": book})).values()
    assert b"import os" not in content
    assert b'"cells"' in content


def test_a_name_that_begins_with_a_dash_is_mended_too(project: MakeProject, mend: Mend) -> None:
    root = project(files={"-dash.py": UNUSED})
    assert mend.contents(root) == {"-dash.py": b"def f(x):\n    return x == None\n"}


MOVED = "import os\nfrom typing import Any, Callable\n\nprint(os, Any, Callable)\n"


def test_an_import_that_a_fix_adds_is_put_where_the_project_wants_it(
    project: MakeProject, mend: Mend
) -> None:
    root = project(
        files={"a.py": MOVED},
        extra='[tool.ruff]\ntarget-version = "py311"\nlint.select = ["UP035", "I001"]',
    )
    assert mend.contents(root, NO_FORMAT)["a.py"] == (
        b"import os\nfrom collections.abc import Callable\nfrom typing import Any\n\n"
        b"print(os, Any, Callable)\n"
    )


def test_imports_are_not_sorted_where_nobody_asks_for_it(project: MakeProject, mend: Mend) -> None:
    root = project(
        files={"a.py": "import sys\nimport os\nimport re\n\nprint(sys, os)\n"},
        extra='[tool.ruff]\nlint.select = ["F401"]',
    )
    assert mend.contents(root, NO_FORMAT)["a.py"] == b"import sys\nimport os\n\nprint(sys, os)\n"


def test_what_a_fix_leaves_for_another_rule_is_mended_at_once(
    project: MakeProject, mend: Mend
) -> None:
    root = project(
        files={"a.py": "from typing import List\n\n\ndef f(x: List[int]) -> None: ...\n"},
        extra='[tool.ruff]\ntarget-version = "py311"\nlint.select = ["UP006", "F401"]',
    )
    assert mend.contents(root, NO_FORMAT)["a.py"] == b"\n\ndef f(x: list[int]) -> None: ...\n"
    rows = (Row(match="ruff/F401", level=Level.advise), *NO_FORMAT)
    assert b"from typing import List" in mend.contents(root, rows)["a.py"]
