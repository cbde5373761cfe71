"""A tool by configuration alone: SARIF of all kinds of producers, read without an accident and never taken for clean."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.adapters.sarif import tool as sarif
from onward.adapters.sarif.tool import Configured
from onward.core.finding import Finding, Place, Whole
from onward.core.proc.call import Ran
from onward.core.tool import FAILED, Probe, Target
from onward.domain.policy.checks import SarifTool
from tests.adapters.contract import rules_of
from tests.adapters.samples_types import HOME, WINDOWS, recorded

BANDIT = SarifTool(name="bandit", command=("bandit", "-f", "sarif"), kinds=(".py",))


def answer(tool: SarifTool, code: int, out: bytes, root: str = HOME) -> list[Finding]:
    configured = Configured(tool, Path(root))
    probe = Probe(tool=tool.name, found=True, program="/venv/bin/x")
    call = configured.call(probe, Target(root=root, env={}))
    assert call is not None
    return list(configured.read(Ran(call=call, code=code, out=out, err=b"", seconds=0.1)))


def log(*results: object, **run: object) -> bytes:
    whole = {"version": "2.1.0", "runs": [{"results": list(results), **run}]}
    return json.dumps(whole).encode()


def result(uri: str = "src/a.py", **more: Any) -> dict[str, Any]:
    location = {
        "artifactLocation": {"uri": uri, **more.pop("location", {})},
        **more.pop("region", {}),
    }
    return {
        "ruleId": "B101",
        "message": {"text": "assert used"},
        "locations": [{"physicalLocation": location}],
        **more,
    }


def one(*results: object, root: str = HOME, **run: object) -> Finding:
    (finding,) = answer(BANDIT, 1, log(*results, **run), root)
    return finding


@pytest.mark.parametrize(
    ("file", "rule", "place"),
    [
        ("zizmor/1.32.0/check.sarif.json", "zizmor/template-injection", ".github/workflows/ci.yml"),
        ("hadolint/2.15.1/check.sarif.json", "DL3006", "Dockerfile"),
        ("typos/1.52.0/check.sarif.json", "no-rule", "src/demo/ünï code.py"),
    ],
)
def test_real_producers_are_read(file: str, rule: str, place: str) -> None:
    found = answer(BANDIT, 0, recorded(file))
    assert FAILED not in rules_of(found)
    told = {(one.rule, one.subject.path) for one in found if isinstance(one.subject, Place)}
    assert (f"bandit/{rule}", place) in told


@pytest.mark.parametrize(
    ("uri", "root", "path"),
    [
        ("src/a.py", HOME, "src/a.py"),
        ("./src/a.py", HOME, "src/a.py"),
        ("src/%C3%BCn%C3%AF%20code.py", HOME, "src/ünï code.py"),
        ("src/ünï code.py", HOME, "src/ünï code.py"),
        ("src/100%.py", HOME, "src/100%.py"),
        ("src/100%25.py", HOME, "src/100%.py"),
        ("%SRCROOT%/src/a.py", HOME, "src/a.py"),
        ("%srcroot%src/a.py", HOME, "src/a.py"),
        ("file:///home/dev/my%20pr%C3%B8j/src/a.py", HOME, "src/a.py"),
        ("file://localhost/home/dev/my%20pr%C3%B8j/src/a.py", HOME, "src/a.py"),
        ("file:/home/dev/my%20pr%C3%B8j/src/a.py", HOME, "src/a.py"),
        ("/home/dev/my prøj/src/a.py", HOME, "src/a.py"),
        ("src\\a.py", HOME, "src/a.py"),
        ("file:///C:/Users/dev/my%20pr%C3%B8j/src/a.py", WINDOWS, "src/a.py"),
        ("C:\\Users\\dev\\my prøj\\src\\a.py", WINDOWS, "src/a.py"),
        ("src\\a.py", WINDOWS, "src/a.py"),
    ],
)
def test_every_spelling_of_a_file_is_its_path(uri: str, root: str, path: str) -> None:
    finding = one(result(uri), root=root)
    assert isinstance(finding.subject, Place)
    assert finding.subject.path == path


@pytest.mark.parametrize(
    "uri",
    ["https://x.example/a.py", "/etc/passwd", "../a.py", "src/../../a.py", "", ".", "a\u0000b"],
)
def test_what_is_not_in_the_project_stays_a_finding(uri: str) -> None:
    finding = one(result(uri))
    assert isinstance(finding.subject, Whole)
    assert finding.facts.get("uri", "") == uri


def test_bases_of_addresses_are_followed_and_may_go_round() -> None:
    bases = {
        "SRC": {"uri": "src/", "uriBaseId": "ROOT"},
        "ROOT": {"uri": "file:///home/dev/my%20pr%C3%B8j/"},
        "A": {"uri": "x/", "uriBaseId": "B"},
        "B": {"uri": "y/", "uriBaseId": "A"},
    }
    finding = one(result("a.py", location={"uriBaseId": "SRC"}), originalUriBaseIds=bases)
    assert str(finding.subject) == "src/a.py"
    round_and_round = one(result("a.py", location={"uriBaseId": "A"}), originalUriBaseIds=bases)
    assert round_and_round.rule == "bandit/B101"
    assert str(one(result("a.py", location={"uriBaseId": "NO"})).subject) == "a.py"


def test_a_file_may_be_named_by_its_number() -> None:
    artifacts = [{"location": {"uri": "src/b.py"}}]
    finding = one(result("", location={"index": 0}), artifacts=artifacts)
    assert str(finding.subject) == "src/b.py"
    assert isinstance(one(result("", location={"index": 7}), artifacts=artifacts).subject, Whole)


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ({}, (0, 0, 0, 0)),
        ({"startLine": 3}, (3, 0, 0, 0)),
        ({"startLine": 3, "startColumn": 5, "endColumn": 9}, (3, 5, 3, 9)),
        ({"startLine": 3, "startColumn": 5, "endLine": 4, "endColumn": 1}, (3, 5, 4, 1)),
        ({"startLine": 3.0, "startColumn": "5"}, (3, 0, 0, 0)),
        ({"startLine": -1, "charOffset": 7}, (0, 0, 0, 0)),
        ({"startLine": True}, (0, 0, 0, 0)),
    ],
)
def test_a_region_may_say_little(region: dict[str, Any], place: tuple[int, int, int, int]) -> None:
    at = one(result(region={"region": region})).subject
    assert isinstance(at, Place)
    assert (at.line, at.column, at.end_line, at.end_column) == place


def test_rules_are_found_by_number_name_and_component() -> None:
    about = {"id": "B101", "name": "assert_used", "helpUri": "https://bandit.example/B101",
             "defaultConfiguration": {"level": "note"}, "messageStrings": {"m": {"text": "no {0} in {1}"}}}  # fmt: skip
    driver = {"driver": {"name": "Bandit", "rules": [{"id": "B100"}, about]}}
    bare = {"message": {"id": "m", "arguments": ["assert", "code"]}, "locations": []}
    for said in ({"ruleIndex": 1}, {"ruleId": "B101"}, {"rule": {"id": "B101"}}, {"rule": {"index": 1}},
                 {"ruleId": "B101", "ruleIndex": 0}):  # fmt: skip
        finding = one({**bare, **said}, tool=driver)
        assert finding.rule == "bandit/B101"
        assert finding.message == "no assert in code"
        assert finding.facts == {
            "severity": "note", "name": "assert_used", "url": "https://bandit.example/B101",
        }  # fmt: skip
    extended = {"driver": {"rules": []}, "extensions": [{"rules": [about]}]}
    in_extension = {"rule": {"index": 0, "toolComponent": {"index": 0}}}
    assert one({**bare, **in_extension}, tool=extended).rule == "bandit/B101"
    assert one({**bare, "ruleId": "B101/sub"}, tool=driver).rule == "bandit/B101/sub"
    assert one({"message": {"text": "x"}}).rule == "bandit/no-rule"
    assert one({"ruleId": "a * b\n[c]", "message": {}}).rule == "bandit/a-b-c"


def test_what_was_suppressed_passed_or_is_gone_is_no_finding() -> None:
    quiet = [
        result(suppressions=[{"kind": "inSource"}]),
        result(suppressions=[{"kind": "external", "status": "accepted"}]),
        result(kind="pass"),
        result(kind="notApplicable"),
        result(baselineState="absent"),
    ]
    assert answer(BANDIT, 0, log(*quiet)) == []
    loud = [
        result(suppressions=[]),
        result(suppressions=[{"kind": "external", "status": "rejected"}]),
        result(suppressions=[{"kind": "external", "status": "underReview"}]),
        result(kind="review"),
        result(baselineState="unchanged"),
    ]
    assert len(answer(BANDIT, 0, log(*loud))) == 5


def test_fingerprints_of_the_tool_are_kept() -> None:
    prints = {"primaryLocationLineHash": "39fa2ee980eb94b0:1", "odd": 3}
    finding = one(result(partialFingerprints=prints))
    assert finding.facts["partialFingerprints"] == {"primaryLocationLineHash": "39fa2ee980eb94b0:1"}


def test_several_runs_are_all_read_and_a_mark_before_the_text_does_no_harm() -> None:
    run = {"results": [result()]}
    both = json.dumps({"version": "2.1.0", "runs": [run, run]}).encode()
    assert len(answer(BANDIT, 0, b"\xef\xbb\xbf" + both)) == 2


@pytest.mark.parametrize(
    "run",
    [
        {"invocations": [{"executionSuccessful": False}]},
        {
            "invocations": [
                {
                    "executionSuccessful": True,
                    "toolExecutionNotifications": [
                        {"level": "error", "message": {"text": "a file was not read"}}
                    ],
                }
            ]
        },
        {"invocations": [{"toolConfigurationNotifications": [{"level": "error"}]}]},
    ],
)
def test_a_tool_that_says_it_failed_could_not_look(run: dict[str, Any]) -> None:
    assert rules_of(answer(BANDIT, 0, log(**run))) == [FAILED]
    assert rules_of(answer(BANDIT, 0, log(result(), **run))) == ["bandit/B101", FAILED]


@pytest.mark.parametrize(
    "out",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"version": "1.0.0", "runs": []}',
        b'{"version": "2.1.0"}',
        b'{"version": "2.1.0", "runs": []}',
        b'{"version": "2.1.0", "runs": [{}]}',
        b'{"version": "2.1.0", "runs": [{"results": null}]}',
        b'{"version": "2.1.0", "runs": [{"results": ["x"]}]}',
        b"Scanning...\n" + log(),
        b"[" * 100_000,
    ],
)
def test_what_is_no_whole_answer_is_never_clean(out: bytes) -> None:
    assert rules_of(answer(BANDIT, 0, out)) == [FAILED]


def test_clean_is_a_run_with_no_results_and_a_code_that_the_settings_name() -> None:
    assert answer(BANDIT, 0, log()) == []
    assert answer(BANDIT, 1, log()) == []
    assert rules_of(answer(BANDIT, 2, log())) == [FAILED]
    assert rules_of(answer(BANDIT, 2, log(result()))) == ["bandit/B101", FAILED]
    odd = SarifTool(name="odd", command=("odd",), ok=(0, 64))
    assert answer(odd, 64, log()) == []
    assert rules_of(answer(odd, 1, log())) == [FAILED]


def test_an_answer_that_is_too_large_is_not_read() -> None:
    assert answer(BANDIT, 0, log() + b" " * 1000) == []
    huge = log() + b" " * sarif.LARGEST
    (failure,) = answer(BANDIT, 0, huge)
    assert "more than 64 MB" in failure.message
    assert "words" not in failure.facts


def test_the_program_is_the_projects_else_one_on_the_path(tmp_path: Path) -> None:
    end = ".exe" if os.name == "nt" else ""
    environment, elsewhere = tmp_path / ".venv", tmp_path / "bin"
    for folder in (environment / ("Scripts" if end else "bin"), elsewhere):
        folder.mkdir(parents=True)
        (folder / f"bandit{end}").write_bytes(b"")
        (folder / f"bandit{end}").chmod(0o755)
    tool = Configured(BANDIT, tmp_path)
    env = {"PATH": str(elsewhere)}
    assert tool.probe(environment, env).origin == "the project's environment"
    on_path = tool.probe(tmp_path / "none", env)
    assert (on_path.origin, on_path.program) == ("PATH", str(elsewhere / f"bandit{end}"))
    nowhere = tool.probe(tmp_path / "none", {"PATH": str(tmp_path)})
    assert not nowhere.found
    assert "`onward add --dev bandit`" in nowhere.how_to_get
    script = Configured(SarifTool(name="own", command=("tools/own.py",)), tmp_path)
    assert not script.probe(environment, env).found
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "own.py").write_text("")
    assert script.probe(environment, env).program == str(tmp_path / "tools" / "own.py")


def test_a_tool_with_kinds_is_left_alone_by_other_files() -> None:
    tool, probe = Configured(BANDIT, Path(HOME)), Probe(tool="bandit", found=True, program="x")
    assert tool.call(probe, Target(root=HOME, env={}, paths=("README.md",))) is None
    named = tool.call(probe, Target(root=HOME, env={}, paths=("a.py",)))
    assert named is not None
    assert named.argv == ("x", "-f", "sarif")
    assert tool.depends is None, "what it reads is not known, so no answer of it is kept"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from([
            "id", "index", "uri", "uriBaseId", "text", "message", "rule", "level", "region", "startLine", "status",
            "toolComponent", "physicalLocation", "artifactLocation", "arguments", "kind", "rules", "driver",
        ]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
_PLACES = ("ruleId", "rule", "ruleIndex", "message", "locations", "suppressions", "kind", "level",
           "baselineState", "partialFingerprints")  # fmt: skip


@given(key=st.sampled_from(_PLACES), value=_JSON)
@settings(max_examples=200)
def test_odd_values_in_a_result_are_no_accident(key: str, value: object) -> None:
    found = answer(BANDIT, 0, log({**result(), key: value}))
    if key not in ("suppressions", "kind", "baselineState"):
        assert len(found) == 1
    assert all(one.rule.startswith("bandit/") and one.message for one in found)


@given(
    key=st.sampled_from(["tool", "artifacts", "originalUriBaseIds", "invocations", "results"]),
    value=_JSON,
)
@settings(max_examples=200)
def test_odd_values_in_a_run_are_no_accident(key: str, value: object) -> None:
    found = answer(BANDIT, 0, log(**{"results": [result(location={"uriBaseId": "A"})], key: value}))
    assert found or value == []


@given(at=st.floats(0, 0.9999))
@settings(max_examples=60)
def test_an_answer_that_was_cut_is_a_failure(at: float) -> None:
    whole = recorded("hadolint/2.15.1/check.sarif.json").rstrip()
    assert rules_of(answer(BANDIT, 1, whole[: int(len(whole) * at)])) == [FAILED]


def test_this_python_is_a_program_that_can_be_named(tmp_path: Path) -> None:
    own = Configured(SarifTool(name="own", command=(sys.executable, "-c", "")), tmp_path)
    assert own.probe(tmp_path, {}).program == sys.executable
