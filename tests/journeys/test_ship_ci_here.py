"""``onward ship ci --here``: the same steps on this machine, one after the other, remembered, stopped, taken up again."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from onward.cli.door import run_verb
from onward.core.errors import OutsideFailed
from onward.domain.pipeline.jobs import jobs_of
from onward.domain.pipeline.model import Job, Step
from onward.workflows.ci.here import Place, Told, files_key, run_here, steps_here
from tests.conftest import FakeClock, MakeProject
from tests.domain.pipeline.samples import TERMINAL
from tests.journeys.stage import Said

Here = Callable[..., Said]
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
PASSES = "import unittest\nclass T(unittest.TestCase):\n    def test(self): pass\n"
FAILS = PASSES.replace("pass\n", "self.fail('a word of ours')\n")


@pytest.fixture
def shop(project: MakeProject, here: Here) -> Path:
    """Give a locked project with tests, in git, for the Python that runs this."""
    root = project(
        name="shop",
        requires_python=f"=={PYTHON}.*",
        files={
            "tests/test_shop.py": PASSES,
            "shop.py": '"""A shop."""\n',
            ".gitignore": ".venv/\n__pycache__/\n.onward/\n",
        },
    )
    assert here(root, verb=("lock",)).code == 0
    for words in (("init", "-q"), ("add", "-A")):
        subprocess.run(("git", *words), cwd=root, check=True)
    return root


@pytest.fixture
def here(env: dict[str, str], clock: FakeClock) -> Here:
    """Run ``onward ship ci --here`` (or another verb) in a folder."""
    env["PYTHONPATH"] = os.pathsep.join(sys.path)  # for the onward that the steps start
    env["UV_OFFLINE"] = "1"

    def call(root: Path, *words: str, verb: tuple[str, ...] = ("ship", "ci", "--here")) -> Said:
        out, err = io.StringIO(), io.StringIO()
        code = run_verb([*verb, *words], env, cwd=root, clock=clock, out=out, err=err)
        return Said(code, out.getvalue(), err.getvalue())

    return call


def outcomes(said: Said) -> dict[str, str]:
    return {one["name"]: one["outcome"] for one in json.loads(said.out)["steps"]}


TEST = f"test-{PYTHON}"


def test_steps_run_in_order_and_what_passed_is_not_run_again(shop: Path, here: Here) -> None:
    plan = here(shop, "--dry-run")
    assert plan.out.count("would run") == 3
    assert not (shop / ".venv").exists()
    said = here(shop)
    assert said.code == 0, said.text
    assert "All steps passed" in said.out
    again = here(shop, "--json")
    assert outcomes(again) == {"sync": "passed", "check": "passed before", TEST: "passed before"}
    assert json.loads(again.out)["passed"] is True
    assert outcomes(here(shop, "--from", TEST, "--json"))[TEST] == "passed"


def test_a_step_that_fails_stops_the_rest_and_is_where_the_next_run_begins(
    shop: Path, here: Here
) -> None:
    (shop / "tests/test_shop.py").write_text(FAILS, encoding="utf-8")
    said = here(shop)
    assert said.code == 1
    assert "a word of ours" in said.out
    assert f"the step `{TEST}` failed" in said.err
    log = Path(said.out.rpartition("The whole log: ")[2].strip())
    assert "a word of ours" in log.read_text("utf-8")
    assert shop not in log.parents
    assert outcomes(here(shop, "--json")) == {
        "sync": "passed",
        "check": "passed before",
        TEST: "failed",
    }
    (shop / "tests/test_shop.py").write_text(PASSES, encoding="utf-8")
    told = outcomes(here(shop, "--json"))  # another content: nothing is known of it
    assert told == {"sync": "passed", "check": "passed", TEST: "passed"}


def test_what_is_passed_over_is_not_called_passed(shop: Path, here: Here) -> None:
    said = here(shop, "--from", TEST)
    assert said.code == 0, said.text
    assert "All steps passed but 2 that were passed over" in said.out
    told = here(shop, "--from", TEST, "--json")
    assert json.loads(told.out)["passed"] is False
    assert outcomes(told)["check"] == "passed over"
    wrong = here(shop, "--from", "tset")
    assert wrong.code == 2
    assert f"{TEST}: " in wrong.err


def step(name: str, *argv: str, **more: object) -> Step:
    return Step(name=name, title=name, argv=argv, **more)  # type: ignore[arg-type]


def job(*steps: Step) -> Job:
    return Job(name="job", title="Job", steps=steps)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(folder=tmp_path / "place")


def ran(
    steps: Job, place: Place, env: dict[str, str], root: Path, start: str = ""
) -> dict[str, Told]:
    local = steps_here((steps,), place, env)
    return {one.step.name: one for one in run_here(root, local, place, env, start=start)}


def test_a_program_that_is_not_there_is_no_success(
    place: Place, env: dict[str, str], tmp_path: Path
) -> None:
    told = ran(job(step("a", "no-such-program-here"), step("b", "git")), place, env, tmp_path)
    assert told["a"].outcome == "not started"
    assert told["a"].stops
    assert told["b"].outcome == "not reached"


def test_a_step_that_may_fail_stops_nothing(
    place: Place, env: dict[str, str], tmp_path: Path
) -> None:
    bad = (sys.executable, "-c", "raise SystemExit(3)")
    told = ran(job(step("a", *bad, may_fail=True), step("b", *bad)), place, env, tmp_path)
    assert (told["a"].outcome, told["a"].code) == ("passed", 3)
    assert (told["b"].outcome, told["b"].code) == ("failed", 3)


def test_a_log_has_both_outputs_in_order_and_no_login(
    place: Place, env: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import sys\nprint('one', flush=True)\nprint('two', file=sys.stderr, flush=True)\n"
        "print('https://me:hunter2@x.example/')"
    )
    told = ran(job(step("a", sys.executable, "-c", code)), place, env, tmp_path)
    text = Path(told["a"].log).read_text("utf-8")
    assert text.index("one") < text.index("two")
    assert "x.example" in text
    assert "hunter2" not in text


def test_uploads_and_what_is_for_other_machines_are_left_out(
    place: Place, env: dict[str, str]
) -> None:
    steps = steps_here(jobs_of(TERMINAL), place, env)
    names = [one.name for one in steps]
    assert names == [
        "sync", "check", "test-3.11", "test-3.14", "build", "prove", "container", "app", "publish",
    ]  # fmt: skip
    publish = steps[-1]
    assert publish.words[-1] == "--dry-run"
    assert publish.argv[-2:] == (str(place.built()), "--dry-run")
    build = next(one for one in steps if one.name == "build")
    assert build.argv == (
        sys.executable, "-m", "onward", "ship", "wheel", "--out", str(place.built()),
    )  # fmt: skip
    assert next(one for one in steps if one.name == "test-3.14").env == {"UV_PYTHON": "3.14"}


def test_the_key_is_of_what_git_knows_or_would_add(env: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / "a b"
    root.mkdir()
    for name, text in ((".gitignore", "*.log\n"), ("a.py", "1\n")):
        (root / name).write_text(text, encoding="utf-8")
    subprocess.run(("git", "init", "-q"), cwd=root, check=True)
    first = files_key(root, env)
    (root / "x.log").write_text("x", encoding="utf-8")
    (root / "dist").mkdir()
    (root / "dist" / "x.whl").write_text("x", encoding="utf-8")
    assert files_key(root, env) == first
    subprocess.run(("git", "add", "a.py"), cwd=root, check=True)
    assert files_key(root, env) == first
    (root / "b.py").write_text("", encoding="utf-8")
    second = files_key(root, env)
    assert second != first
    (root / "b.py").rename(root / "c.py")
    assert files_key(root, env) not in (first, second)
    (root / "c.py").unlink()
    assert files_key(root, env) == first
    (root / "a.py").write_text("2\n", encoding="utf-8")
    assert files_key(root, env) != first


def test_a_changed_command_runs_again_and_a_damaged_memory_forgets(
    place: Place, env: dict[str, str], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    one = job(step("a", sys.executable, "-c", "print(1)"))
    assert ran(one, place, env, root)["a"].outcome == "passed"
    assert ran(one, place, env, root)["a"].outcome == "passed before"
    other = job(msgspec.structs.replace(one.steps[0], argv=(sys.executable, "-c", "print(2)")))
    assert ran(other, place, env, root)["a"].outcome == "passed"
    place.state.write_bytes(b"{")
    assert ran(other, place, env, root)["a"].outcome == "passed"


def test_two_at_once_do_not_mix(place: Place, env: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    steps = steps_here((job(step("a", "git", "--version")),), place, env)
    running = run_here(root, (*steps, *steps), place, env)
    next(running)
    with pytest.raises(OutsideFailed):
        list(run_here(root, steps, place, env))
    running.close()  # type: ignore[attr-defined]
    assert [one.outcome for one in run_here(root, steps, place, env)] == ["passed before"]


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal of POSIX")
def test_ctrl_c_ends_the_step_and_what_passed_stays_known(
    shop: Path, here: Here, env: dict[str, str]
) -> None:
    mark = shop.parent / "mark"
    slow = f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\ntime.sleep(120)\n"
    (shop / "tests/test_shop.py").write_text(slow, encoding="utf-8")
    words = (sys.executable, "-m", "onward", "ship", "ci", "--here")
    with subprocess.Popen(
        words, cwd=shop, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        until = time.monotonic() + 90
        while time.monotonic() < until and not (mark.exists() and mark.read_text()):
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 130, said
    assert b"interrupted" in said
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    told = outcomes(here(shop, "--dry-run", "--json"))
    assert told == {"sync": "not reached", "check": "passed before", TEST: "not reached"}
