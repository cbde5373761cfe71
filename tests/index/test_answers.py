"""What clients are told of an error, and what only the log is."""

from pathlib import Path

import pytest

from onward.core.disk import write_atomic
from onward.core.errors import OutsideFailed
from onward.index.answers import problem_of
from onward.index.asgi import FAILURE, Scope


def test_a_file_that_cannot_be_written_is_named_to_the_log_only(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(OutsideFailed) as raised:
        write_atomic(tmp_path / "taken" / "file", b"")
    assert str(tmp_path) in raised.value.message
    scope: Scope = {}
    problem = problem_of(scope, raised.value)
    assert problem.status == 503
    assert str(tmp_path) not in f"{problem.title} {problem.detail} {problem.hint}"
    assert scope[FAILURE] is raised.value
