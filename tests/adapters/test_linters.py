"""What the answers of flake8 and pylint mean, on bytes that they wrote."""

from pathlib import Path

import msgspec
import pytest

from onward.adapters import flake8, pylint
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, SETTINGS, Target
from tests.adapters.samples_types import HOME, TYPES_SAMPLES, recorded


def read(name: str, out: bytes, code: int, err: bytes = b"") -> list[Finding]:
    sample = TYPES_SAMPLES[name]
    return list(sample.tool.read(sample.ran((code, out, err))))


def test_flake8s_lines_are_read_whatever_the_path_is() -> None:
    found = read("flake8", recorded("flake8/7.5.0/check.txt"), 1)
    assert found[0] == Finding(
        rule="flake8/F401",
        subject=Place(path="src/demo/a:b c.py", line=1, column=1),
        message="'os' imported but unused",
        seen_by="flake8",
    )
    assert "flake8/E999" in {finding.rule for finding in found}


def test_a_file_that_flake8_could_not_read_is_unknown() -> None:
    found = read("flake8", recorded("flake8/7.5.0/check.txt"), 1)
    (gone,) = [finding for finding in found if finding.rule == "flake8/E902"]
    assert gone.certainty is Certainty.unknown
    assert gone.subject == Place(path="src/demo/dangling.py")


def test_settings_that_flake8_does_not_take_are_a_failure() -> None:
    (found,) = read("flake8", b"", 1, recorded("flake8/7.5.0/settings.err.txt"))
    assert found.rule == FAILED
    assert "abc" in found.facts["words"]


def test_flake8_is_not_sent_into_environments(tmp_path: Path) -> None:
    for path in ("own/pyvenv.cfg", "own/a.py", ".venv/b.py", "src/c.py", "d.py", "notes.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    call = flake8.CHECK.call(TYPES_SAMPLES["flake8"].probe, Target(root=str(tmp_path), env={}))
    assert call is not None
    assert call.argv[call.argv.index("--") + 1 :] == ("d.py", "src")


def test_flake8s_settings_cannot_send_its_answer_elsewhere() -> None:
    call = flake8.CHECK.call(TYPES_SAMPLES["flake8"].probe, Target(root=HOME, env={}))
    assert call is not None
    assert "--output-file=" in call.argv
    assert "--no-show-source" in call.argv


def test_pylints_columns_count_from_one_and_its_rules_are_names() -> None:
    found = read("pylint", recorded("pylint/4.1.4/check.json"), 30)
    (one,) = [finding for finding in found if finding.rule == "pylint/undefined-variable"][:1]
    assert one.subject == Place(
        path="src/demo/körper.py", line=35, column=16, end_line=35, end_column=25
    )
    assert one.facts["name"] == "E0602"


@pytest.mark.parametrize("code", [0, 2, 4, 8, 16, 30])
def test_pylints_exit_code_is_a_sum_of_bits(code: int) -> None:
    found = read("pylint", recorded("pylint/4.1.4/check.json"), code)
    assert found
    assert FAILED not in {finding.rule for finding in found}


@pytest.mark.parametrize("code", [1, 3, 31, 32, 64, -15])
def test_a_file_that_pylint_could_not_look_at_is_a_failure(code: int) -> None:
    found = read("pylint", recorded("pylint/4.1.4/fatal.json"), code)
    assert [finding.rule for finding in found] == ["pylint/fatal", FAILED]
    assert {finding.certainty for finding in found} == {Certainty.unknown}


def test_pylint_says_which_settings_it_passed_over() -> None:
    found = read("pylint", recorded("pylint/4.1.4/settings.json"), 18)
    (ignored,) = [finding for finding in found if finding.rule == SETTINGS]
    assert "Plugin 'nope' is impossible to load" in ignored.message
    (option,) = [finding for finding in found if finding.rule == "pylint/unrecognized-option"]
    assert option.subject == Place(path="pyproject.toml", line=1, column=1)


def test_a_wrong_call_of_pylint_is_a_failure() -> None:
    (found,) = read("pylint", b"", 32, recorded("pylint/4.1.4/usage.err.txt"))
    assert (found.rule, found.facts["exit_code"]) == (FAILED, 32)


def test_pylint_explains_its_messages() -> None:
    out = recorded("pylint/4.1.4/help-unused-import.txt")
    ran = Ran(call=Call(argv=("pylint",), cwd="/", env={}), code=0, out=out, err=b"", seconds=0)
    text = pylint.read_message(ran)
    assert text is not None
    assert (text.rule, text.summary) == ("pylint/unused-import", "unused import")
    assert text.text.startswith("Used when an imported module or variable is not used.")
    unknown = msgspec.structs.replace(ran, out=b"No such message id or symbol 'x'.\n\n")
    assert pylint.read_message(unknown) is None
