"""Tools look at the same time, whatever goes wrong becomes a finding, and one policy decides."""

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from onward.core.errors import BadInput, OutsideFailed
from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.policy import Level, Row, Source
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, MISSING, NO_FILES, Depends, Probe, Target, failed
from onward.domain.policy.decide import decide
from onward.domain.policy.defaults import builtin_rows
from onward.domain.policy.model import Policy
from onward.domain.policy.rule import Profile
from onward.workflows.check import Checked, FindingSource, check, rows_for
from onward.workflows.checking.scope import Scope
from tests.conftest import FakeClock, MakeProject

ENFORCED = (Row(match="*", level=Level.enforce),)


class PythonTool:
    """A check tool made of a line of Python: it prints ``path:line:message`` for each finding."""

    depends: Depends | None = None

    def __init__(self, code: str = "", *, found: bool = True, timeout: float = 60) -> None:
        self.name = "fake"
        self._code = code
        self._found = found
        self._timeout = timeout

    def probe(self, environment: Path, env: Mapping[str, str]) -> Probe:
        return Probe(
            tool="fake",
            found=self._found,
            program=sys.executable,
            version="1.2",
            how_to_get="get it",
        )

    def call(self, probe: Probe, target: Target) -> Call | None:
        if target.paths and not any(path.endswith((".py", "/")) for path in target.paths):
            return None
        return Call(
            argv=(probe.program, "-c", self._code, *target.paths),
            cwd=target.root,
            env=target.env,
            timeout=self._timeout,
        )

    def read(self, ran: Ran) -> Iterator[Finding]:
        if ran.code:
            yield failed(self.name, f"it ended with exit code {ran.code}", ran)
            return
        for line in ran.out.decode("utf-8").splitlines():
            path, number, message = line.split(":")
            place = Place(path=path, line=int(number), column=1)
            yield Finding(rule="fake/x", subject=place, message=message)


@pytest.fixture
def scope(project: MakeProject) -> Scope:
    root = project(files={"a.py": "one = 1\ntwo = 2\n", "sub/b.py": "three = 3\n"})
    return Scope(root=root.resolve(), environment=root / ".venv")


def look(
    scope: Scope,
    env: dict[str, str],
    clock: FakeClock,
    *tools: PythonTool,
    sources: Iterable[FindingSource] = (),
    paths: tuple[str, ...] | None = None,
) -> Checked:
    scope = Scope(root=scope.root, environment=scope.environment, paths=paths)
    return check(scope, ENFORCED, env=env, today=clock.today, tools=tools, sources=tuple(sources))


def test_findings_come_with_their_line_and_who_saw_them(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    tool = PythonTool("print('sub/b.py:1:later'); print('a.py:2:first')")
    found = look(scope, env, clock, tool).findings
    assert [(f.message, f.seen_by) for f in found] == [("first", "fake 1.2"), ("later", "fake 1.2")]
    assert [f.subject.source_line for f in found if isinstance(f.subject, Place)] == [
        "two = 2",
        "three = 3",
    ]


def test_what_two_tools_say_alike_is_said_once(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    tools = PythonTool("print('a.py:1:same')"), PythonTool("print('a.py:1:same')")
    assert len(look(scope, env, clock, *tools).findings) == 1


def test_two_findings_on_one_spot_stay_two(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    tool = PythonTool("print('a.py:1:one'); print('a.py:1:other')")
    assert len(look(scope, env, clock, tool).findings) == 2


@pytest.mark.parametrize(
    ("tool", "rule"),
    [
        (PythonTool("raise SystemExit(3)"), FAILED),
        (PythonTool("import time; time.sleep(60)", timeout=0.2), FAILED),
        (PythonTool(found=False), MISSING),
    ],
)
def test_a_tool_that_could_not_look_is_not_clean_and_stops_no_other(
    scope: Scope, env: dict[str, str], clock: FakeClock, tool: PythonTool, rule: str
) -> None:
    checked = look(scope, env, clock, tool, PythonTool("print('a.py:1:seen')"))
    assert [f.rule for f in checked.findings] == ["fake/x", rule]
    assert checked.findings[1].certainty is Certainty.unknown
    assert checked.decision.blocked
    assert [tool.whole for tool in checked.tools] == [False, True]


def test_only_what_was_wanted_is_shown_whatever_the_tool_says(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    tool = PythonTool("print('a.py:1:a'); print('sub/b.py:1:b'); print('subway.py:1:c')")
    for paths, wanted in ((("a.py",), "a"), (("sub/",), "b")):
        assert [f.message for f in look(scope, env, clock, tool, paths=paths).findings] == [wanted]


def test_no_path_wanted_runs_nothing_at_all(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    checked = look(scope, env, clock, PythonTool("print('a.py:1:a')"), paths=())
    assert (checked.findings, checked.files, checked.tools) == ((), 0, ())


def test_a_tool_with_nothing_of_its_kind_is_not_run(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    checked = look(scope, env, clock, PythonTool("raise SystemExit(3)"), paths=("picture.png",))
    assert FAILED not in {finding.rule for finding in checked.findings}


def test_files_are_counted_and_none_is_said(
    scope: Scope, env: dict[str, str], clock: FakeClock, tmp_path: Path
) -> None:
    assert look(scope, env, clock).files == 2
    assert look(scope, env, clock, paths=("sub/",)).files == 1
    empty = Scope(root=tmp_path / "empty", environment=scope.environment)
    empty.root.mkdir()
    checked = look(empty, env, clock)
    assert checked.files == 0
    assert [(f.rule, f.certainty) for f in checked.findings] == [(NO_FILES, Certainty.unknown)]


def test_sources_are_asked_beside_the_tools(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    def guard() -> Iterable[Finding]:
        return [Finding(rule="guard/x", subject=Whole(name="demo"), message="m")]

    def offline() -> Iterable[Finding]:
        raise OutsideFailed("no-answer", "the registry is away")

    checked = look(
        scope,
        env,
        clock,
        PythonTool("print('a.py:1:a')"),
        sources=(guard, offline),
        paths=("a.py",),
    )
    assert {f.rule for f in checked.findings} == {"fake/x", "guard/x", FAILED}
    unknown = [f for f in checked.findings if f.certainty is Certainty.unknown]
    assert [f.message for f in unknown] == ["onward could not look: the registry is away"]


def test_bad_input_in_a_source_is_for_the_person_to_mend(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    def broken() -> Iterable[Finding]:
        raise BadInput("bad-lock", "the lock cannot be read")

    with pytest.raises(BadInput):
        look(scope, env, clock, sources=(broken,))


class Patient(PythonTool):
    """A tool that runs until it is stopped; ``stopped`` is set once that has happened."""

    def __init__(self) -> None:
        super().__init__("import time; time.sleep(50)")
        self.stopped = threading.Event()

    def read(self, ran: Ran) -> Iterator[Finding]:
        self.stopped.set()
        return super().read(ran)


class Slow:
    """A look of onward's own whose first file takes until ``until``; ``seen`` are the files it came to."""

    name = "slow"
    depends = Depends(kinds=(".py",))

    def __init__(self, until: threading.Event) -> None:
        self.begun = threading.Event()
        self.seen: list[str] = []
        self._until = until

    def look(self, root: Path, paths: Iterable[str]) -> Iterator[Finding]:
        for path in paths:
            self.seen.append(path)
            self.begun.set()
            self._until.wait(60)
        yield from ()


def test_interrupted_what_runs_in_this_process_ends_at_the_next_file(
    scope: Scope, env: dict[str, str], clock: FakeClock
) -> None:
    tool = Patient()
    slow = Slow(tool.stopped)
    said: list[str] = []

    def ctrl_c(event: str, sentence: str) -> None:
        said.append(sentence)
        if event == "progress" and sentence == "waiting for fake, slow" and slow.begun.is_set():
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(
            scope, ENFORCED, env=env, today=clock.today, tools=(tool,), own=(slow,), listen=ctrl_c
        )
    assert tool.stopped.is_set()
    assert slow.seen == ["a.py"]
    assert "waiting for fake, slow" in said


def _level(policy: Policy, folder: Path, rule: str, clock: FakeClock) -> Level:
    finding = Finding(rule=rule, subject=Place(path="a.py"), message="m")
    return decide([finding], rows_for(policy, folder), clock.today).level


def test_ruffs_levels_follow_the_profile_and_what_the_project_chose(
    project: MakeProject, clock: FakeClock
) -> None:
    plain = project(name="plain")
    chosen = project(name="chosen", extra='[tool.ruff.lint]\nselect = ["I"]')
    expected = {
        (Profile.relaxed, plain): Level.off,
        (Profile.relaxed, chosen): Level.advise,
        (Profile.standard, plain): Level.advise,
        (Profile.standard, chosen): Level.ratchet,
        (Profile.strict, plain): Level.ratchet,
    }
    for (profile, folder), level in expected.items():
        policy = Policy(rows=builtin_rows(profile), profile=profile)
        assert _level(policy, folder, "ruff/I001", clock) is level, (profile, folder.name)


def test_a_row_that_someone_wrote_stands_before_ruffs_own(
    project: MakeProject, clock: FakeClock
) -> None:
    row = Row(match="ruff/I*", level=Level.enforce, source=Source.project, where="pyproject.toml")
    policy = Policy(rows=(row, *builtin_rows()))
    assert _level(policy, project(), "ruff/I001", clock) is Level.enforce
