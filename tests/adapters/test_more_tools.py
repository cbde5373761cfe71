"""The tools for dependencies, spelling, docstrings, CI, images: what each of their answers means, from recorded bytes."""

from pathlib import Path

import pytest

from onward.adapters import deptry, hadolint, interrogate, pydoclint, typos, vulture, zizmor
from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import ANSWER, Ran
from onward.core.tool import FAILED, SETTINGS, CheckTool, Target
from tests.adapters.contract import Sample, rules_of
from tests.adapters.samples_more import MORE_SAMPLES
from tests.adapters.samples_types import recorded

ODD = "src/demo/ünï code.py"


def read(name: str, code: int, answer: bytes = b"", err: bytes = b"") -> list[Finding]:
    sample = MORE_SAMPLES[name]
    return list(sample.tool.read(sample.ran((code, answer, err))))


def as_recorded(name: str) -> list[Finding]:
    sample = MORE_SAMPLES[name]
    return list(sample.tool.read(sample.ran(sample.with_findings)))


def places(found: list[Finding]) -> list[tuple[str, str]]:
    return [(one.rule, str(one.subject)) for one in found]


def call(tool: CheckTool, sample: Sample, root: Path, *paths: str) -> tuple[str, ...] | None:
    asked = tool.call(sample.probe, Target(root=str(root), env={}, paths=paths))
    return asked.argv if asked else None


def test_deptry_tells_of_requirements_and_imports() -> None:
    assert places(as_recorded("deptry")) == [
        ("deptry/DEP002", "pyproject.toml"),
        ("deptry/DEP002", "pyproject.toml"),
        ("deptry/DEP001", f"{ODD}:1:8"),
        ("deptry/DEP003", f"{ODD}:2:8"),
    ]


def test_deptry_without_its_file_could_not_look() -> None:
    assert rules_of(read("deptry", 0)) == [FAILED]
    assert rules_of(read("deptry", 1)) == [FAILED]
    (failure,) = read("deptry", 2, err=recorded("deptry/0.25.1/settings.err.txt"))
    assert "invalid configuration options: ['nosuch']" in failure.facts["words"]


def test_a_file_that_deptry_skipped_is_not_known_although_it_ended_well() -> None:
    (finding,) = read("deptry", 0, b"[]", recorded("deptry/0.25.1/skipped.err.txt"))
    assert (finding.rule, str(finding.subject)) == ("deptry/unread", "src/bad.py")
    assert finding.certainty is Certainty.unknown


def test_deptry_is_given_the_folder_that_holds_the_package(tmp_path: Path) -> None:
    """With ``.`` it takes what lies in ``src`` for other people's."""
    sample = MORE_SAMPLES["deptry"]
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "__init__.py").write_text("")
    assert (call(deptry.CHECK, sample, tmp_path) or ())[-1] == "."
    (tmp_path / "demo").rename(tmp_path / "src")
    assert (call(deptry.CHECK, sample, tmp_path) or ())[-1] == "src"


def test_vulture_gives_each_kind_of_dead_code_a_rule() -> None:
    found = as_recorded("vulture")
    assert set(rules_of(found)) == {
        "vulture/unused-import",
        "vulture/unused-function",
        "vulture/unused-class",
        "vulture/unused-method",
        "vulture/unused-variable",
        "vulture/unreachable-code",
    }
    assert found[0].message == "unused import 'numpy'"
    assert found[0].facts == {"confidence": 90}


def test_files_that_vulture_could_not_read_are_not_known_beside_what_it_found() -> None:
    out, err = (recorded(f"vulture/2.16/unread.{end}.txt") for end in ("out", "err"))
    found = read("vulture", 3, out, err)
    assert places(found) == [
        ("vulture/unused-function", "src/ok.py:1"),
        ("vulture/unread", "src/enc.py"),
        ("vulture/unread", "src/bad.py:1"),
    ]
    assert [one.certainty for one in found[1:]] == [Certainty.unknown, Certainty.unknown]
    assert rules_of(read("vulture", 1, b"", err)) == ["vulture/unread", "vulture/unread"]


def test_vulture_is_given_code_and_tests_unless_its_settings_name_paths(tmp_path: Path) -> None:
    (tmp_path / "src" / "demo").mkdir(parents=True)
    (tmp_path / "src" / "demo" / "__init__.py").write_text("")
    (tmp_path / "tests").mkdir()
    vulture_ = MORE_SAMPLES["vulture"]
    assert call(vulture.CHECK, vulture_, tmp_path) == ("/venv/bin/vulture", "--", "src", "tests")
    (tmp_path / "pyproject.toml").write_text('[tool.vulture]\npaths = ["src/demo"]\n')
    assert call(vulture.CHECK, vulture_, tmp_path) == ("/venv/bin/vulture",)


def test_typos_are_in_files_and_in_their_names() -> None:
    found = as_recorded("typos")
    named = [one for one in found if isinstance(one.subject, Place) and not one.subject.line]
    assert [one.message for one in named] == ["`teh` in the name of the file is misspelt: `the`"]
    first = next(one for one in found if str(one.subject).startswith(ODD))
    assert str(first.subject) == f"{ODD}:13:9"
    assert first.facts == {"typo": "methdo", "corrections": ["method"]}


def test_what_else_typos_tells_of_is_a_failure() -> None:
    found = read("typos", 0, b'{"type":"error","path":"x","message":"denied"}\n')
    assert rules_of(found) == [FAILED]
    assert rules_of(read("typos", 0, b'{"type":"binary_file","path":"x.png"}\n')) == []
    assert rules_of(read("typos", 78, err=recorded("typos/1.52.0/settings.err.txt"))) == [FAILED]


def test_interrogate_names_what_has_no_docstring_and_how_much_is_lacking() -> None:
    found = as_recorded("interrogate")
    assert places(found) == [
        ("interrogate/missing", ODD),
        ("interrogate/missing", f"{ODD}:7"),
        ("interrogate/missing", f"{ODD}:12"),
        ("interrogate/coverage", "this project"),
    ]
    assert "40.0% of the code has docstrings, and the project wants 80.0%" in found[-1].message
    passed = read("interrogate", 0, recorded("interrogate/1.7.0/passed.txt"))
    assert set(rules_of(passed)) == {"interrogate/missing"}


def test_an_interrogate_that_crashed_or_was_told_to_say_nothing_could_not_look() -> None:
    crashed = read("interrogate", 1, err=recorded("interrogate/1.7.0/crash.err.txt"))
    assert rules_of(crashed) == [FAILED]
    assert rules_of(read("interrogate", 0)) == [FAILED]


def test_the_badge_that_interrogate_would_write_stays_out_of_the_project(tmp_path: Path) -> None:
    argv = call(interrogate.CHECK, MORE_SAMPLES["interrogate"], tmp_path)
    assert argv is not None
    assert argv[argv.index("--generate-badge") + 1] == f"{ANSWER}.svg"


def test_pydoclint_tells_on_standard_error() -> None:
    assert rules_of(as_recorded("pydoclint")) == ["pydoclint/DOC103", "pydoclint/DOC203"]
    unread = read("pydoclint", 1, b"", recorded("pydoclint/0.12.0/unread.err.txt"))
    assert places(unread) == [("pydoclint/DOC002", "src/bad.py"),
                              ("pydoclint/DOC002", "src/enc.py")]  # fmt: skip
    assert {one.certainty for one in unread} == {Certainty.unknown}
    assert rules_of(read("pydoclint", 1, b"", b"Traceback (most recent call last):\n")) == [FAILED]


def test_a_baseline_of_pydoclint_is_read_and_not_written_anew(tmp_path: Path) -> None:
    sample = MORE_SAMPLES["pydoclint"]
    settings = tmp_path / "pyproject.toml"
    settings.write_text('[tool.pydoclint]\nstyle = "google"\n')
    assert "--auto-regenerate-baseline" not in (call(pydoclint.CHECK, sample, tmp_path) or ())
    settings.write_text('[tool.pydoclint]\nbaseline = "base.txt"\n')
    argv = call(pydoclint.CHECK, sample, tmp_path)
    assert argv is not None
    assert argv[argv.index("--auto-regenerate-baseline") + 1] == "False"
    mended = b"Some old violations were fixed. Please regenerate your baseline file\n"
    assert read("pydoclint", 0, mended) == []
    gone = b"The baseline file was specified but it doesn't exist.\n"
    assert rules_of(read("pydoclint", 1, b"", gone)) == [FAILED]


def test_zizmor_points_at_the_main_place_and_says_how_grave_it_is() -> None:
    found = as_recorded("zizmor")
    injection = next(one for one in found if one.rule == "zizmor/template-injection")
    assert str(injection.subject) == ".github/workflows/ci.yml:8:24"
    assert injection.facts["severity"] == "high"
    assert injection.facts["url"] == "https://docs.zizmor.sh/audits/#template-injection"


def test_a_workflow_that_zizmor_could_not_read_is_a_failure_beside_its_findings() -> None:
    answer, err = recorded("zizmor/1.32.0/unread.json"), recorded("zizmor/1.32.0/unread.err.txt")
    found = rules_of(read("zizmor", 14, answer, err))
    assert found[-1] == FAILED
    assert len(found) > 1
    assert rules_of(read("zizmor", 3, b"", recorded("zizmor/1.32.0/nothing.err.txt"))) == [FAILED]


def test_zizmor_is_offline_and_only_where_there_are_workflows(tmp_path: Path) -> None:
    sample = MORE_SAMPLES["zizmor"]
    assert call(zizmor.CHECK, sample, tmp_path) is None
    (tmp_path / "action.yml").write_text("name: x\n")
    argv = call(zizmor.CHECK, sample, tmp_path)
    assert argv is not None
    assert "--offline" in argv


def test_hadolint_reads_each_dockerfile_there_is(tmp_path: Path) -> None:
    sample = MORE_SAMPLES["hadolint"]
    assert call(hadolint.CHECK, sample, tmp_path) is None
    for name in (
        "Dockerfile",
        "deploy/web.Dockerfile",
        ".venv/Dockerfile",
        "Dockerfile.dockerignore",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("FROM scratch\n")
    argv = call(hadolint.CHECK, sample, tmp_path)
    assert argv is not None
    assert argv[argv.index("--") + 1 :] == ("Dockerfile", "deploy/web.Dockerfile")
    narrowed = call(hadolint.CHECK, sample, tmp_path, "deploy/")
    assert narrowed is not None
    assert narrowed[-1] == "deploy/web.Dockerfile"


def test_settings_that_hadolint_went_on_without_are_told() -> None:
    (finding,) = read("hadolint", 0, b"[]", recorded("hadolint/2.15.1/settings.err.txt"))
    assert finding.rule == SETTINGS


def test_a_dockerfile_that_does_not_parse_is_not_known() -> None:
    (finding,) = read("hadolint", 1, recorded("hadolint/2.15.1/broken.json"))
    assert (finding.rule, str(finding.subject)) == ("hadolint/DL1000", "Dockerfile:1:5")
    assert finding.certainty is Certainty.unknown


def test_validate_pyproject_names_the_key() -> None:
    (finding,) = as_recorded("validate-pyproject")
    assert finding.message == "`project.name` must be pep508-identifier"
    assert str(finding.subject) == "pyproject.toml"


@pytest.mark.parametrize("tool", [deptry.CHECK, vulture.CHECK, interrogate.CHECK, typos.CHECK])
def test_what_one_file_says_of_another_makes_all_be_looked_at_again(tool: CheckTool) -> None:
    """Only typos judges each file by itself."""
    assert tool.depends is not None
    assert tool.depends.one_by_one is (tool is typos.CHECK)


def test_a_file_of_the_call_is_read_once_and_gone(tmp_path: Path) -> None:
    import sys

    from onward.core.proc.call import Call
    from onward.core.proc.run import run

    code = "import sys; open(sys.argv[1], 'w').write('said'); print(sys.argv[1])"
    asked = Call(argv=(sys.executable, "-c", code, ANSWER), cwd=str(tmp_path), env={})
    ran = run(asked)
    assert ran.file == b"said"
    assert ran.call == asked
    assert not Path(ran.out.decode().strip()).exists()
    silent: Ran = run(Call(argv=(sys.executable, "-c", "", ANSWER), cwd=str(tmp_path), env={}))
    assert silent.file == b""
