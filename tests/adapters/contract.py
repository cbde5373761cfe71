"""What every check tool must hold; each adapter's test hands in a sample of its tool's real answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from onward.core.finding import Certainty, Finding, Place
from onward.core.proc.call import Call, Ran
from onward.core.programs import ONWARD
from onward.core.tool import FAILED, CheckTool, Probe, Target


@dataclass(frozen=True)
class Sample:
    """One tool, and bytes it really wrote: (exit code, stdout, stderr)."""

    tool: CheckTool
    probe: Probe
    root: str
    with_findings: tuple[int, bytes, bytes]
    clean: tuple[int, bytes, bytes]
    named: str
    """A path of a kind that the tool reads; empty when that depends on more than the path."""
    unnamed: str = "picture.png"
    """A path that is none of its business; empty when there is no such path."""
    env: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    """Whether it follows imports, and so is asked about everything whatever is wanted."""
    in_file: bool = False
    """Whether it answers in a file: then what stands for standard output is what stood there."""

    def ran(self, left: tuple[int, bytes, bytes], *paths: str) -> Ran:
        target = Target(root=self.root, env=dict(self.env), paths=paths)
        call = self.tool.call(self.probe, target)
        assert call is not None
        code, answer, err = left
        out, file = (b"", answer) if self.in_file else (answer, b"")
        return Ran(call=call, code=code, out=out, err=err, file=file, seconds=0.1)


def finds_what_was_recorded(sample: Sample) -> None:
    found = list(sample.tool.read(sample.ran(sample.with_findings)))
    assert found
    assert FAILED not in {finding.rule for finding in found}
    assert all("/" in finding.rule and finding.message for finding in found)
    places = [finding.subject for finding in found if isinstance(finding.subject, Place)]
    assert places
    for place in places:
        path = place.path
        assert "\\" not in path
        assert not PurePosixPath(path).is_absolute()
        assert not PureWindowsPath(path).is_absolute()


def a_clean_answer_has_no_findings(sample: Sample) -> None:
    assert list(sample.tool.read(sample.ran(sample.clean))) == []


def what_it_does_not_know_is_a_failure(sample: Sample) -> None:
    """Unknown exit codes, garbage, cut answers and silence where something was promised."""
    code, out, err = sample.with_findings
    strange = [
        (77, b"", b""),
        (-9, b"", b""),
        (77, out, err),
        (code, b"\x00\xff not an answer \n", b"panicked at somewhere"),
        (code, out[: len(out) // 2], b""),
        (code, b"", b""),
    ]
    for left in strange:
        found = list(sample.tool.read(sample.ran(left)))
        failures = [finding for finding in found if finding.rule == FAILED]
        assert failures, left
        assert all(finding.certainty is Certainty.unknown for finding in failures)
        assert all(finding.facts["exit_code"] == left[0] for finding in failures)


def the_call_looks_and_changes_nothing(sample: Sample) -> None:
    whole = sample.tool.call(sample.probe, Target(root=sample.root, env=dict(sample.env)))
    assert whole is not None
    assert whole.cwd == sample.root
    assert whole.argv[0] == sample.probe.program
    assert not any(word in ("--fix", "--write", "--in-place") for word in whole.argv)
    named = _call(sample, sample.named) if sample.named else whole
    assert named is not None
    if sample.whole:
        assert named == whole
    elif sample.named:
        assert sample.named in named.argv
        assert named.argv.index("--") < named.argv.index(sample.named), "a path could be an option"
    if sample.unnamed:
        assert _call(sample, sample.unnamed) is None, (
            "nothing to look at is not: look at everything"
        )


def a_tool_that_is_not_there_says_how_to_get_it(sample: Sample, nowhere: Path) -> None:
    broken = {**sample.env, "PATH": str(nowhere), "ONWARD_RUFF": str(nowhere / "no-such-program")}
    probe = sample.tool.probe(nowhere, broken)
    if probe.origin == ONWARD:
        return  # it is installed beside onward here, so it is nowhere missing
    assert not probe.found
    assert probe.how_to_get


CONTRACT = (
    finds_what_was_recorded,
    a_clean_answer_has_no_findings,
    what_it_does_not_know_is_a_failure,
    the_call_looks_and_changes_nothing,
)


def _call(sample: Sample, *paths: str) -> Call | None:
    return sample.tool.call(
        sample.probe, Target(root=sample.root, env=dict(sample.env), paths=paths)
    )


def rules_of(found: list[Finding]) -> list[str]:
    return [finding.rule for finding in found]
