"""What the answers of the type checkers mean, on bytes that they wrote; and how they are asked."""

import os
from pathlib import Path

import msgspec
import pytest

from onward.adapters import basedpyright, pyrefly, ty
from onward.adapters.mypy import tools as mypy
from onward.adapters.mypy.settings import Settings, settings
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, NO_FILES, SETTINGS, CheckTool, Explains, Probe, Target
from tests.adapters.samples_types import HOME, TYPES_SAMPLES, recorded

CHECKERS = ("mypy", "ty", "pyrefly", "basedpyright")


def read(name: str, out: bytes = b"", code: int = 1, err: bytes = b"") -> list[Finding]:
    sample = TYPES_SAMPLES[name]
    return list(sample.tool.read(sample.ran((code, out, err))))


def rules(found: list[Finding]) -> list[str]:
    return [finding.rule for finding in found]


def by_rule(found: list[Finding], rule: str) -> Finding:
    return next(finding for finding in found if finding.rule == rule)


@pytest.mark.parametrize(
    ("name", "answer", "rule", "place"),
    [
        ("mypy", "mypy/2.4.1/check.jsonl", "mypy/name-defined", (35, 16, 35, 25)),
        ("ty", "ty/0.0.108/check.json", "ty/unresolved-reference", (35, 16, 35, 25)),
        ("pyrefly", "pyrefly/1.5.0/check.json", "pyrefly/unknown-name", (35, 16, 35, 25)),
        (
            "basedpyright",
            "basedpyright/1.40.2/check.json",
            "basedpyright/reportUndefinedVariable",
            (35, 16, 35, 25),
        ),
    ],
)
def test_all_of_them_give_the_same_place_with_columns_from_one(
    name: str, answer: str, rule: str, place: tuple[int, int, int, int]
) -> None:
    line, column, end_line, end_column = place
    assert by_rule(read(name, recorded(answer)), rule).subject == Place(
        path="src/demo/körper.py",
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
    )


@pytest.mark.parametrize("name", CHECKERS)
def test_windows_paths_mean_the_same_findings(name: str) -> None:
    plain, windows = TYPES_SAMPLES[name], TYPES_SAMPLES[f"{name} on Windows"]
    assert list(windows.tool.read(windows.ran(windows.with_findings))) == list(
        plain.tool.read(plain.ran(plain.with_findings))
    )


@pytest.mark.parametrize("name", CHECKERS)
def test_without_an_environment_they_do_not_look_and_say_the_way_out(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / name).touch()
    probe = TYPES_SAMPLES[name].tool.probe(tmp_path, {})
    assert not probe.found
    assert "environment, and there is none" in probe.why
    assert "`onward sync`" in probe.how_to_get
    (tmp_path / "bin" / "python").touch()
    assert TYPES_SAMPLES[name].tool.probe(tmp_path, {}).found


@pytest.mark.parametrize("name", CHECKERS)
def test_imports_are_followed_into_the_projects_environment(name: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    sample = TYPES_SAMPLES[name]
    call = sample.tool.call(
        sample.probe, Target(root=HOME, env={"A": "b"}, environment=str(tmp_path))
    )
    assert call is not None
    assert any(word.startswith(str(tmp_path)) for word in call.argv)
    assert call.env["A"] == "b"


# --- mypy


def test_a_note_of_mypys_belongs_to_the_finding_before_it_on_its_line() -> None:
    error = b'{"file": "a.py", "line": 3, "column": 4, "message": "wrong", "hint": "why", "code": "misc", "severity": "error"}\n'
    note = (
        error.replace(b'"error"', b'"note"').replace(b"wrong", b"more").replace(b'"why"', b"null")
    )
    (one,) = read("mypy", error + note)
    assert (one.message, one.hint) == ("wrong", "why\nmore")
    other = note.replace(b'"line": 3', b'"line": 4')
    assert rules(read("mypy", error + other)) == ["mypy/misc", "mypy/note"]
    assert rules(read("mypy", other + error)) == ["mypy/note", "mypy/misc"]


def test_what_mypy_has_no_column_for_gets_none() -> None:
    unused = by_rule(read("mypy", recorded("mypy/2.4.1/check.jsonl")), "mypy/unused-ignore")
    assert unused.subject == Place(path="src/demo/main.py", line=3, end_line=3)


def test_a_file_that_does_not_parse_keeps_mypy_from_looking_at_all() -> None:
    found = read("mypy", recorded("mypy/2.4.1/syntax.jsonl"), 2)
    assert rules(found) == ["mypy/syntax", "mypy/syntax", FAILED]


@pytest.mark.parametrize(
    ("out", "err", "why", "hint"),
    [
        ("twice.jsonl", "", 'Duplicate module named "app"', "`files = [...]`"),
        ("", "plugin.err.txt", 'Error importing plugin "nope.plugin"', "`onward add --dev mypy`"),
        ("", "crash.err.txt", "it ended with exit code 2", "mend what it complains about"),
    ],
)
def test_when_mypy_gives_up_its_reason_is_said(out: str, err: str, why: str, hint: str) -> None:
    bytes_of = {name: recorded(f"mypy/2.4.1/{name}") if name else b"" for name in (out, err)}
    (found,) = read("mypy", bytes_of[out], 2, bytes_of[err])
    assert (found.rule, found.certainty) == (FAILED, Certainty.unknown)
    assert why in found.message
    assert hint in found.hint


def test_a_mypy_too_old_for_json_says_so() -> None:
    words = b"usage: mypy [-h]\nmypy: error: unrecognized arguments: --output json\n"
    (found,) = read("mypy", b"", 2, words)
    assert found.rule == FAILED
    assert "`onward update mypy`" in found.hint


@pytest.mark.parametrize(
    ("name", "err", "what"),
    [
        ("mypy", "mypy/2.4.1/settings.err.txt", "Not a boolean: yes please"),
        ("pyrefly", "pyrefly/1.5.0/unknown-key.err.txt", "Extra keys found in config: nonsense"),
        ("basedpyright", "basedpyright/1.40.2/settings.err.txt", '"typeCheckingMode" value: "no"'),
        ("basedpyright", "basedpyright/1.40.2/bad-config.err.txt", "could not be parsed"),
    ],
)
@pytest.mark.parametrize("clean", [True, False])
def test_settings_that_were_passed_over_are_found_also_where_all_else_is_clean(
    name: str, err: str, what: str, clean: bool
) -> None:
    sample = TYPES_SAMPLES[name]
    code, out, _ = sample.clean if clean else sample.with_findings
    found = read(name, out, code, recorded(err))
    ignored = by_rule(found, SETTINGS)
    assert isinstance(ignored.subject, Whole)
    assert what in ignored.message
    assert (len(found) == 1) is clean


@pytest.mark.parametrize("name", ["ty", "pyrefly"])
def test_settings_that_stop_it_are_a_failure_with_its_words(name: str) -> None:
    version = TYPES_SAMPLES[name].probe.version
    words = recorded(f"{name}/{version}/settings.err.txt")
    (found,) = read(name, b"", 2 if name == "ty" else 1, words)
    assert found.rule == FAILED
    assert "unknown" in found.facts["words"]


@pytest.mark.parametrize(
    ("name", "code", "out", "err"),
    [
        ("mypy", 2, b"", recorded("mypy/2.4.1/nothing.err.txt")),
        ("ty", 0, b"[]", b"WARN No python files found under the given path(s)\n"),
        ("pyrefly", 1, b"", b"No Python files matched patterns `/home/dev/**/*.py*`\n"),
        (
            "basedpyright",
            0,
            b'{"generalDiagnostics": [], "summary": {"filesAnalyzed": 0}}',
            b"",
        ),
    ],
)
def test_nothing_to_look_at_is_not_clean(name: str, code: int, out: bytes, err: bytes) -> None:
    (found,) = read(name, out, code, err)
    assert (found.rule, found.certainty) == (NO_FILES, Certainty.unknown)


def _mypy_call(root: Path, env: dict[str, str] | None = None) -> Call:
    target = Target(root=str(root), env={"ONWARD_CACHE_DIR": "/cache", **(env or {})})
    call = mypy.CHECK.call(TYPES_SAMPLES["mypy"].probe, target)
    assert call is not None
    return call


def test_mypys_cache_is_where_the_project_wants_it_else_onwards(tmp_path: Path) -> None:
    argv = _mypy_call(tmp_path).argv
    assert argv[argv.index("--cache-dir") + 1].startswith(str(Path("/cache") / "mypy"))
    assert "--cache-dir" not in _mypy_call(tmp_path, {"MYPY_CACHE_DIR": "x"}).argv
    (tmp_path / "mypy.ini").write_text("[mypy]\ncache_dir = x\n", encoding="utf-8")
    assert "--cache-dir" not in _mypy_call(tmp_path).argv


def test_two_projects_do_not_share_mypys_cache_but_a_commits_tree_does(tmp_path: Path) -> None:
    def cache(root: str, environment: str) -> str:
        env = {"ONWARD_CACHE_DIR": "/cache"}
        target = Target(root=root, env=env, environment=environment)
        call = mypy.CHECK.call(TYPES_SAMPLES["mypy"].probe, target)
        assert call is not None
        return call.argv[call.argv.index("--cache-dir") + 1]

    assert cache("/a", "/a/.venv") != cache("/b", "/b/.venv")
    assert cache("/a", "/a/.venv") == cache("/tmp/tree-of-a", "/a/.venv")


def test_mypy_looks_at_what_the_project_names_else_at_where_its_code_is(tmp_path: Path) -> None:
    (tmp_path / "src" / "demo").mkdir(parents=True)
    (tmp_path / "src" / "demo" / "a.py").touch()
    call = _mypy_call(tmp_path, {"MYPYPATH": "stubs"})
    assert call.argv[-2:] == ("--", "src")
    assert call.env["MYPYPATH"] == f"src{os.pathsep}stubs"
    (tmp_path / "pyproject.toml").write_text('[tool.mypy]\nfiles = ["src"]\n', encoding="utf-8")
    call = _mypy_call(tmp_path)
    assert "--" not in call.argv
    assert "MYPYPATH" not in call.env


@pytest.mark.parametrize(
    ("file", "text", "names", "cache"),
    [
        ("mypy.ini", "[mypy]\nfiles = src\n", True, False),
        (".mypy.ini", "[mypy]\nstrict = True\ncache_dir = /x\n", False, True),
        ("setup.cfg", "[mypy]\npackages = demo\n", True, False),
        ("setup.cfg", "[metadata]\nname = x\n", False, False),
        ("pyproject.toml", '[tool.mypy]\nmodules = ["a"]\n', True, False),
        ("pyproject.toml", "[tool.mypy\n", False, False),
        ("mypy.ini", "no section", False, False),
    ],
)
def test_mypys_own_settings_are_read(
    tmp_path: Path, file: str, text: str, names: bool, cache: bool
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / file).write_text(text, encoding="utf-8")
    (tmp_path / "below").mkdir()
    assert settings(tmp_path / "below") == Settings(names_files=names, has_cache=cache)


# --- the others


def test_pyrefly_without_settings_does_not_run_its_basic_set(tmp_path: Path) -> None:
    def argv(**env: str) -> tuple[str, ...]:
        call = pyrefly.CHECK.call(
            TYPES_SAMPLES["pyrefly"].probe, Target(root=str(tmp_path), env=env)
        )
        assert call is not None
        assert not any(name.startswith("PYREFLY_B") for name in call.env)
        return call.argv

    assert "--preset" in argv(PYREFLY_BASELINE="x")
    assert "--preset" not in argv(PYREFLY_CONFIG="x.toml")
    (tmp_path / "pyproject.toml").write_text("[tool.pyrefly]\n", encoding="utf-8")
    assert "--preset" not in argv()


def test_pyreflys_full_set_finds_what_its_basic_one_passes() -> None:
    found = read("pyrefly", recorded("pyrefly/1.5.0/check.json"))
    assert by_rule(found, "pyrefly/bad-assignment").subject == Place(
        path="src/demo/körper.py", line=18, column=14, end_line=18, end_column=22
    )


def test_no_finding_of_pyreflys_names_folders_of_the_machine() -> None:
    for finding in read("pyrefly", recorded("pyrefly/1.5.0/check.json")):
        assert "/venv" not in str(finding)
        assert HOME not in str(finding)


def test_basedpyright_writes_no_baseline_and_names_what_it_has_no_rule_for() -> None:
    sample = TYPES_SAMPLES["basedpyright"]
    call = sample.tool.call(sample.probe, Target(root=HOME, env={}))
    assert call is not None
    assert "--baselinemode=discard" in call.argv
    found = read("basedpyright", recorded("basedpyright/1.40.2/check.json"))
    assert {"basedpyright/syntax", "basedpyright/note"} <= set(rules(found))
    assert not any("\n" in finding.message for finding in found)


@pytest.mark.parametrize(("code", "why"), [(2, "crashed"), (3, "settings"), (4, "option")])
def test_basedpyrights_exit_codes_have_words(code: int, why: str) -> None:
    (found,) = read("basedpyright", b"", code, b"something")
    assert (found.rule, found.facts["exit_code"]) == (FAILED, code)
    assert why in found.message


def test_a_file_that_ty_cannot_read_is_unknown_and_the_rest_is_kept() -> None:
    found = read("ty", recorded("ty/0.0.108/check-io.json"), 2)
    unread = by_rule(found, "ty/io")
    assert unread.certainty is Certainty.unknown
    assert by_rule(found, "ty/invalid-assignment").message.startswith("Object of type")
    assert found[-1].rule == FAILED


def test_a_rule_of_tys_is_explained_in_its_own_words() -> None:
    out = recorded("ty/0.0.108/rule-invalid-assignment.json")
    ran = Ran(call=Call(argv=("ty",), cwd="/", env={}), code=0, out=out, err=b"", seconds=0)
    text = ty.read_rule(ran)
    assert text is not None
    assert (text.rule, text.summary) == ("ty/invalid-assignment", "Detects invalid assignments.")
    assert "Why is this bad" in text.text
    assert ty.read_rule(msgspec.structs.replace(ran, out=b"[]")) is None
    assert ty.read_rule(msgspec.structs.replace(ran, code=2)) is None


@pytest.mark.parametrize(
    ("tool", "code", "url"),
    [
        (mypy.CHECK, "arg-type", "error_code_list.html#code-arg-type"),
        (mypy.CHECK, "redundant-cast", "error_code_list2.html#code-redundant-cast"),
        (pyrefly.CHECK, "bad-return", "#bad-return"),
        (basedpyright.CHECK, "reportCallIssue", "#reportCallIssue"),
    ],
)
def test_the_others_rules_have_an_address_without_the_program(
    tool: CheckTool, code: str, url: str
) -> None:
    assert isinstance(tool, Explains)
    text = tool.rule_text(code, Probe(tool=tool.name, found=False), {})
    assert text is not None
    assert text.url.endswith(url)
    assert text.summary.endswith(".")
