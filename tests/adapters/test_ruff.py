"""What ruff's answers mean, on bytes that it wrote; and which ruff is asked."""

import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest
import ruff as ruff_wheel

from onward.adapters.ruff import findings, rules
from onward.adapters.ruff import tools as ruff
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, Probe, Target

RECORDED = Path(__file__).parent.parent / "recorded" / "ruff"
HOME = "/home/dev/my prøj"
WINDOWS = "C:\\Users\\dev\\my prøj"
PROBE = Probe(tool="ruff", found=True, program="/venv/bin/ruff", version="0.17.6")


def _read(
    tool: ruff.Linter | ruff.Formatter,
    out: str = "",
    code: int = 1,
    *,
    err: bytes = b"",
    root: str = HOME,
    version: str = "0.17.6",
) -> list[Finding]:
    probe = msgspec.structs.replace(PROBE, version=version)
    call = tool.call(probe, Target(root=root, env={}))
    assert call is not None
    content = (RECORDED / out).read_bytes() if out else b""
    return list(tool.read(Ran(call=call, code=code, out=content, err=err, seconds=0)))


def _by_rule(found: list[Finding], rule: str) -> Finding:
    (one,) = [finding for finding in found if finding.rule == rule]
    return one


def _place(finding: Finding) -> Place:
    assert isinstance(finding.subject, Place)
    return finding.subject


def test_places_count_characters_from_one() -> None:
    place = _place(_by_rule(_read(ruff.LINT, "0.17.6/check.jsonl"), "ruff/F821"))
    assert place == Place(path="src/ünï code.py", line=8, column=14, end_line=8, end_column=23)


def test_what_to_do_depends_on_how_safe_the_fix_is() -> None:
    found = _read(ruff.LINT, "0.17.6/check.jsonl")
    safe = next(f for f in found if f.rule == "ruff/F401" and "cell" not in f.facts)
    assert safe.facts["fix"] == "safe"
    assert "onward check --fix" in safe.hint
    unsafe = _by_rule(found, "ruff/E711")
    assert unsafe.facts["fix"] == "unsafe"
    assert "--fix" not in unsafe.hint
    assert "fix" not in _by_rule(found, "ruff/F821").facts


def test_a_file_that_cannot_be_read_is_unknown_for_linter_and_formatter_alike() -> None:
    linted = _by_rule(_read(ruff.LINT, "0.17.6/check.jsonl"), findings.UNREADABLE)
    formatted = _by_rule(_read(ruff.FORMAT, "0.17.6/format.jsonl", 2), findings.UNREADABLE)
    assert linted == formatted
    assert linted.certainty is Certainty.unknown
    assert linted.subject == Place(path="enc.py")


def test_a_file_that_is_not_there_is_unknown() -> None:
    out = (
        b'{"cell":null,"code":"io","end_location":null,"filename":"/home/dev/my pr\xc3\xb8j/gone.py",'
        b'"fix":null,"location":null,"message":"/home/dev/my pr\xc3\xb8j/gone.py: No such file or '
        b'directory (os error 2)","name":"io","noqa_row":null,"severity":"error","url":null}\n'
    )
    call = ruff.FORMAT.call(PROBE, Target(root=HOME, env={}))
    assert call is not None
    (found,) = ruff.FORMAT.read(Ran(call=call, code=2, out=out, err=b"", seconds=0))
    assert found.rule == findings.UNREADABLE
    assert found.message.endswith("No such file or directory (os error 2)")
    assert HOME not in found.message


@pytest.mark.parametrize("version", ["0.17.6", "0.4.10"])
def test_a_file_that_does_not_parse_has_one_rule_in_every_version(version: str) -> None:
    found = _read(ruff.LINT, f"{version}/check.jsonl", version=version)
    broken = [finding for finding in found if finding.rule == findings.SYNTAX]
    assert {_place(finding).path for finding in broken} == {"src/bad.py"}
    assert not any(finding.message.startswith("SyntaxError") for finding in broken)
    assert "ruff/E999" not in {finding.rule for finding in found}


def test_a_notebook_names_the_cell() -> None:
    found = [f for f in _read(ruff.LINT, "0.17.6/check.jsonl") if f.facts.get("cell")]
    assert {finding.message for finding in found} >= {"`os` imported but unused (cell 2)"}


def test_windows_paths_mean_the_same_findings() -> None:
    windows = _read(ruff.LINT, "0.17.6/check-windows.jsonl", root=WINDOWS)
    assert windows == _read(ruff.LINT, "0.17.6/check.jsonl")
    assert {_place(finding).path for finding in windows} == {
        "enc.py",
        "nb.ipynb",
        "src/bad.py",
        "src/ünï code.py",
    }


def test_old_and_new_formatters_name_the_same_files() -> None:
    old = _read(
        ruff.FORMAT,
        "0.12.12/format.out.txt",
        2,
        err=(RECORDED / "0.12.12/format.err.txt").read_bytes(),
        version="0.12.12",
    )
    new = _read(ruff.FORMAT, "0.17.6/format.jsonl", 2)
    assert {(f.rule, _place(f).path) for f in old} == {(f.rule, _place(f).path) for f in new}
    assert {f.rule for f in new} == {findings.UNFORMATTED, findings.SYNTAX, findings.UNREADABLE}


def test_a_formatters_finding_keeps_its_fingerprint_when_lines_move() -> None:
    out = (RECORDED / "0.17.6/format.jsonl").read_bytes()
    call = ruff.FORMAT.call(PROBE, Target(root=HOME, env={}))
    assert call is not None
    moved = out.replace(b'"row":4', b'"row":40').replace(b'"row":8', b'"row":80')
    assert moved != out
    before, after = (
        {f.fingerprint for f in ruff.FORMAT.read(Ran(call=call, code=2, out=o, err=b"", seconds=0))}
        for o in (out, moved)
    )
    assert before == after


@pytest.mark.parametrize("tool", [ruff.LINT, ruff.FORMAT])
def test_a_settings_file_that_ruff_does_not_take_is_not_clean(
    tool: ruff.Linter | ruff.Formatter,
) -> None:
    words = (RECORDED / "0.17.6/config-error.txt").read_bytes()
    (found,) = _read(tool, code=2, err=words)
    assert found.rule == FAILED
    assert "unknown field" in found.facts["words"]


def test_the_project_cannot_make_a_check_write_or_answer_elsewhere() -> None:
    env = {"RUFF_OUTPUT_FILE": "x.txt", "RUFF_OUTPUT_FORMAT": "full", "HOME": "/home/dev"}
    call = ruff.LINT.call(PROBE, Target(root=HOME, env=env))
    assert call is not None
    assert "--no-fix" in call.argv
    assert "HOME" in call.env
    assert not {"RUFF_OUTPUT_FILE", "RUFF_OUTPUT_FORMAT"} & call.env.keys()


def test_so_many_paths_that_no_system_takes_them_become_the_whole_folder() -> None:
    paths = tuple(f"src/some/long/folder/name/module_{n}.py" for n in range(1000))
    call = ruff.LINT.call(PROBE, Target(root=HOME, env={}, paths=paths))
    assert call is not None
    assert call.argv[-1] == "."


def test_markdown_is_named_only_to_a_formatter_that_knows_it() -> None:
    target = Target(root=HOME, env={}, paths=("README.md",))
    assert ruff.FORMAT.call(PROBE, target) is not None
    older = msgspec.structs.replace(PROBE, version="0.12.12")
    assert ruff.FORMAT.call(older, target) is None
    assert ruff.LINT.call(PROBE, target) is None


def test_listed_files_are_the_python_ones() -> None:
    call = ruff.files(PROBE, Target(root=HOME, env={}))
    assert call is not None
    out = f"{HOME}/pyproject.toml\n{HOME}/src/a b.py\n{HOME}/nb.ipynb\n".encode()
    ran = Ran(call=call, code=0, out=out, err=b"", seconds=0)
    assert ruff.read_files(ran) == ("src/a b.py", "nb.ipynb")
    assert ruff.read_files(msgspec.structs.replace(ran, code=2)) is None
    odd = f"{HOME}/a\nb.py\n{HOME}/c\u2028d.py\n{HOME}/e\n/f.py\n".encode()
    ran = msgspec.structs.replace(ran, out=odd)
    assert ruff.read_files(ran) == ("a\nb.py", "c\u2028d.py", "e\n/f.py")


def test_a_rule_says_what_it_is() -> None:
    call = Call(argv=("ruff",), cwd="/", env={})
    out = (RECORDED / "0.17.6/rule-F401.json").read_bytes()
    text = rules.read_rule(Ran(call=call, code=0, out=out, err=b"", seconds=0))
    assert text is not None
    assert (text.rule, text.name) == ("ruff/F401", "unused-import")
    assert "unused imports" in text.text
    assert rules.read_rule(Ran(call=call, code=0, out=b"[]", err=b"", seconds=0)) is None
    assert rules.read_rule(Ran(call=call, code=2, out=out, err=b"", seconds=0)) is None


def test_rules_are_asked_of_the_real_ruff(tmp_path: Path, env: dict[str, str]) -> None:
    probe = ruff.find(tmp_path, env)
    known = rules.rule("E711", probe, env)
    assert known is not None
    assert known.name == "none-comparison"
    assert rules.rule("X999", probe, env) is None
    assert rules.rule("--help", probe, env) is None
    ours = rules.rule("format", probe, env)
    assert ours is not None
    assert ours.rule == findings.UNFORMATTED


def _own(environment: Path, program: str) -> Path:
    folder, name = ("Scripts", "ruff.exe") if sys.platform == "win32" else ("bin", "ruff")
    (environment / folder).mkdir(parents=True)
    copy = environment / folder / name
    if sys.platform == "win32":
        shutil.copy(program, copy)
    else:
        copy.symlink_to(program)
    return copy


def test_the_projects_own_ruff_wins_then_the_chosen_one_then_onwards(
    tmp_path: Path, env: dict[str, str]
) -> None:
    program = ruff_wheel.find_ruff_bin()
    plain = ruff.find(tmp_path / "none", env)
    assert (plain.found, plain.program, plain.origin) == (True, program, "installed with onward")
    chosen = ruff.find(tmp_path / "none", env | {"ONWARD_RUFF": program})
    assert chosen.origin == "ONWARD_RUFF"
    own = _own(tmp_path / "env with space", program)
    found = ruff.find(tmp_path / "env with space", env | {"ONWARD_RUFF": "/nowhere/ruff"})
    assert (found.program, found.origin) == (str(own), "the project's environment")
    assert found.version == plain.version


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell script as a program")
def test_a_broken_ruff_of_the_project_is_not_silently_replaced(
    tmp_path: Path, env: dict[str, str]
) -> None:
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin" / "ruff"
    broken.write_text("#!/bin/sh\necho something else\n", encoding="utf-8")
    os.chmod(broken, 0o755)  # noqa: PTH101
    probe = ruff.find(tmp_path, env)
    assert not probe.found
    assert str(broken) in probe.how_to_get


@pytest.mark.parametrize("tool", [ruff.LINT, ruff.FORMAT])
def test_a_folder_that_may_only_be_read_is_looked_at_without_a_cache(
    tool: ruff.Linter | ruff.Formatter,
) -> None:
    def env(*, read_only: bool) -> dict[str, str]:
        call = tool.call(PROBE, Target(root=HOME, env={}, read_only=read_only))
        assert call is not None
        return dict(call.env)

    assert env(read_only=True).get("RUFF_NO_CACHE") == "true"
    assert "RUFF_NO_CACHE" not in env(read_only=False)
