"""git asks onward before a commit and a push: the real git, the hook that onward installs, hooks of the project."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeProject

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

BAD = "def f():\n    return undefined\n"
GOOD = '"""Fine."""\n'
AGAIN = "this tree has passed before"
QUIET = "none of its tools looks at what is staged"
NO_TYPES = '[tool.onward.check]\ntypes = "none"\n'


class Repo:
    """A project in a repository of its own, whose git runs with the test's environment."""

    def __init__(self, root: Path, env: dict[str, str], clock: FakeClock) -> None:
        self.root = root
        self.env = env
        self._clock = clock
        self.said = ""

    def git(self, *words: str, code: int = 0, cwd: Path | None = None, **env: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        allowed = ("-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main")
        ran = subprocess.run(
            ("git", *who, *allowed, *words),
            cwd=cwd or self.root,
            env=self.env | env,
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        self.said = ran.stdout + ran.stderr
        assert (ran.returncode == 0) == (code == 0), self.said
        return ran.stdout

    def onward(self, *words: str, cwd: Path | None = None) -> tuple[int, str]:
        import io

        out = io.StringIO()
        code = run_verb(
            ["check", *words], self.env, cwd=cwd or self.root, clock=self._clock, out=out, err=out
        )
        return code, out.getvalue()

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")

    def commits(self) -> list[str]:
        return self.git("log", "--format=%s").split("\n")[:-1]


@pytest.fixture
def repo(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Repo:
    root = project(folder="my prøj", files={"src/a b.py": GOOD, "c.py": GOOD}, extra=NO_TYPES)
    made = Repo(root, env, clock)
    made.git("init", "-q")
    made.git("add", "-A")
    made.git("commit", "-qm", "first")
    return made


def local(entry: str, *more: str, name: str = "mine") -> str:
    lines = [f"- id: {name}", f"  name: {name}", f"  entry: {entry}", "  language: system", *more]
    return "".join(f"    {line}\n" for line in lines)


def config(*hooks: str, top: str = "") -> str:
    return f"{top}repos:\n- repo: local\n  hooks:\n" + "".join(hooks)


def python(code: str) -> str:
    """Give an entry that runs this Python (no quotes of either kind in it)."""
    return f"'{Path(sys.executable).as_posix()} -c \"{code}\"'"


def test_a_partly_staged_file_is_judged_as_staged(repo: Repo) -> None:
    assert repo.onward("--install-hook")[0] == 0
    repo.write("c.py", BAD)
    repo.git("add", "c.py")
    repo.write("c.py", GOOD)
    repo.git("commit", "-qm", "bad", code=1)
    assert "[ruff/F821]" in repo.said
    repo.git("add", "c.py")
    repo.write("src/a b.py", GOOD + "x = 1\n")
    repo.git("add", "src/a b.py")
    repo.write("src/a b.py", BAD)
    repo.git("commit", "-qm", "good")
    assert repo.commits() == ["good", "first"]
    assert (repo.root / "src/a b.py").read_text() == BAD


def test_a_file_that_was_not_added_is_not_seen(repo: Repo) -> None:
    repo.onward("--install-hook")
    repo.write("ruff.toml", '[lint]\nignore = ["F821"]\n')
    repo.write("c.py", BAD)
    repo.git("add", "c.py")
    repo.git("commit", "-qm", "bad", code=1)
    assert "[ruff/F821]" in repo.said
    repo.git("add", "ruff.toml")
    repo.git("commit", "-qm", "good")
    assert repo.commits() == ["good", "first"]


CHANGING = """#!{python}
import os, pathlib
with open({log!r}, "a") as log:
    log.write(os.getcwd() + chr(10))
pathlib.Path({changed!r}).write_text("half")
{more}
print('{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "t"}}}}, "results": []}}]}}')
"""


def with_tool_that_changes(repo: Repo, log: Path, more: str = "") -> None:
    """Give the project a tool that writes `c.py` in the work tree each time it looks, and does ``more``."""
    changed = str(repo.root / "c.py")
    repo.write(
        "tool", CHANGING.format(python=sys.executable, log=str(log), changed=changed, more=more)
    )
    (repo.root / "tool").chmod(0o755)
    settings = '[[tool.onward.check.sarif]]\nname = "mine"\ncommand = ["./tool"]\nkinds = [".py"]\n'
    text = (repo.root / "pyproject.toml").read_text(encoding="utf-8")
    repo.write("pyproject.toml", f"{text}\n{settings}")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "tool")
    repo.onward("--install-hook")


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_what_is_changed_while_it_is_looked_at_is_looked_at_as_it_was_staged(repo: Repo) -> None:
    log = repo.root.parent / "log"
    with_tool_that_changes(repo, log)
    repo.write("c.py", GOOD + "x = 1\n")
    repo.git("add", "c.py")
    repo.git("commit", "-qm", "good")
    first, second = log.read_text(encoding="utf-8").splitlines()
    assert Path(first) == repo.root.resolve()
    assert not Path(second).is_relative_to(repo.root.resolve())
    assert repo.git("show", "HEAD:c.py") == GOOD + "x = 1\n"


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_what_is_staged_while_it_is_looked_at_is_not_committed_unseen(
    repo: Repo, tmp_path: Path
) -> None:
    with_tool_that_changes(repo, tmp_path / "log", "os.system('git add c.py')")
    repo.write("src/a b.py", GOOD + "x = 1\n")
    repo.git("add", "src/a b.py")
    repo.git("commit", "-qm", "good", code=1)
    assert "the index was changed meanwhile" in repo.said
    assert repo.commits() == ["tool", "first"]


def test_renamed_and_deleted_files_pass(repo: Repo) -> None:
    repo.onward("--install-hook")
    repo.git("mv", "src/a b.py", "src/d e.py")
    repo.git("rm", "-q", "c.py")
    repo.git("commit", "-qm", "moved")
    assert repo.commits()[0] == "moved"


def test_a_tree_that_passed_is_known_again_and_never_when_something_changed(repo: Repo) -> None:
    repo.onward("--install-hook")
    repo.write("c.py", GOOD + "x = 1\n")
    repo.git("add", "c.py")
    repo.git("commit", "-qm", "x")
    assert AGAIN not in repo.said
    repo.git("reset", "-q", "--soft", "HEAD^")
    repo.git("commit", "-qm", "x")
    assert AGAIN in repo.said
    repo.git("reset", "-q", "--soft", "HEAD^")
    repo.git("commit", "-qm", "x", RUFF_ANYTHING="1")
    assert AGAIN not in repo.said, "another variable"
    repo.git("reset", "-q", "--soft", "HEAD^")
    (repo.root.parent / "onward-policy.toml").write_text("", encoding="utf-8")
    repo.git("commit", "-qm", "x")
    assert AGAIN not in repo.said, "another policy"
    repo.git("reset", "-q", "--soft", "HEAD^")
    repo.write("c.py", BAD)
    repo.git("commit", "-qam", "y", code=1)
    repo.git("commit", "-qam", "y", code=1)
    assert "[ruff/F821]" in repo.said, "a refusal is never remembered as a pass"


def test_files_that_no_tool_looks_at_are_passed_at_once_until_a_setting_changes(repo: Repo) -> None:
    repo.onward("--install-hook")
    repo.write("page.html", "<p>1")
    repo.git("add", "page.html")
    repo.git("commit", "-qm", "1")
    assert "No staged Python file" in repo.said
    assert "no-files" not in repo.said, "nobody expects Python in a page"
    repo.write("page.html", "<p>2")
    repo.write("c.py", "half\n")  # not staged
    repo.git("add", "page.html")
    repo.git("commit", "-qm", "2")
    assert QUIET in repo.said
    repo.git("checkout", "-q", "c.py")
    repo.git("rm", "-q", "page.html")
    repo.git("commit", "-qm", "3")
    assert QUIET in repo.said
    for path, text in (("c.py", BAD), ("sub/ruff.toml", "line-length = 1\n")):
        repo.write(path, text)
        repo.git("add", path)
        repo.onward("--hook")  # does not go the quick way
        code = 1 if path == "c.py" else 0
        repo.git("commit", "-qm", path, code=code)
        assert QUIET not in repo.said
        repo.git("reset", "-q", "--hard")
    repo.write("page.html", "<p>3")
    repo.git("add", "page.html")
    (repo.root.parent / "onward-policy.toml").write_text("", encoding="utf-8")
    repo.git("commit", "-qm", "4")
    assert QUIET not in repo.said, "another policy"


def test_no_kind_of_file_is_passed_at_once_when_a_tool_looks_at_all(repo: Repo) -> None:
    text = (repo.root / "pyproject.toml").read_text(encoding="utf-8")
    repo.write("pyproject.toml", text.replace(NO_TYPES, f'{NO_TYPES}tools = ["ruff", "typos"]\n'))
    repo.git("commit", "-qam", "tools", "--no-verify")
    repo.onward("--install-hook")
    for n in range(2):
        repo.write("page.html", f"<p>{n}")
        repo.git("add", "page.html")
        repo.git("commit", "-qm", "x", code=1)
        assert "typos is not there" in repo.said
    assert not (repo.root / ".git/onward/quiet").exists()


def test_hooks_see_what_is_staged_of_files_that_no_tool_looks_at(repo: Repo) -> None:
    show = python("import sys; print(open(sys.argv[1]).read())")
    repo.write(".pre-commit-config.yaml", config(local(show, "  verbose: true", "  types: [html]")))
    repo.git("add", "-A")
    repo.git("commit", "-qm", "config")
    repo.onward("--install-hook")
    for text in ("one", "two"):
        repo.write("page.html", text)
        repo.git("add", "page.html")
        repo.git("commit", "-qm", text)
        assert f"  {text}\n" in repo.said
    assert QUIET in repo.said
    repo.write("page.html", "staged")
    repo.git("add", "page.html")
    repo.write("page.html", "not staged")
    repo.git("commit", "-qm", "part")
    assert "  staged\n" in repo.said


def test_a_merge_that_had_conflicts_is_looked_at(repo: Repo) -> None:
    repo.git("checkout", "-qb", "side")
    repo.write("c.py", GOOD + "x = 1\n")
    repo.git("commit", "-qam", "side")
    repo.git("checkout", "-q", "-")
    repo.write("c.py", GOOD + "x = 2\n")
    repo.git("commit", "-qam", "main")
    repo.onward("--install-hook")
    repo.git("merge", "-q", "side", code=1)
    code, said = repo.onward("--hook")
    assert (code, "[no-tree]" in said) == (2, True)
    repo.write("c.py", BAD)
    repo.git("add", "c.py")
    repo.git("commit", "-qm", "merged", code=1)
    assert "[ruff/F821]" in repo.said
    repo.write("c.py", GOOD)
    repo.git("commit", "-qam", "merged")


def test_a_submodule_is_no_file_to_look_at(repo: Repo, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    repo.git("init", "-q", cwd=other)
    repo.git("commit", "-q", "--allow-empty", "-m", "o", cwd=other)
    repo.write(
        ".pre-commit-config.yaml",
        config(local(python("import sys; print(sys.argv[1:])"), "  verbose: true")),
    )
    repo.onward("--install-hook")
    repo.git("submodule", "--quiet", "add", other.as_posix(), "sub")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "sub")
    assert ".gitmodules" in repo.said
    assert "'sub'" not in repo.said


def test_core_hooks_path_of_this_repository_is_used_and_that_of_all_is_left_alone(
    repo: Repo,
) -> None:
    repo.git("config", "core.hooksPath", ".githooks")
    assert repo.onward("--install-hook")[0] == 0
    text = (repo.root / ".githooks/pre-commit").read_text()
    assert sys.executable not in text, "others get this file too"
    repo.git("config", "--unset", "core.hooksPath")
    repo.git("config", "--global", "core.hooksPath", str(repo.root.parent / "all"))
    code, said = repo.onward("--install-hook")
    assert code == 2
    assert "onward check --hook commit" in said
    assert not (repo.root.parent / "all").exists()


def test_a_hook_that_others_get_too_goes_the_quick_way_by_the_onward_in_path(repo: Repo) -> None:
    programs = Path(sys.executable).parent
    if not (programs / "onward").exists():
        pytest.skip("onward is not installed as a program")
    repo.git("config", "core.hooksPath", ".githooks")
    repo.onward("--install-hook")
    repo.git("add", "-A")
    path = os.pathsep.join([str(programs), repo.env.get("PATH", "")])
    repo.git("commit", "-qm", "hook", PATH=path)
    for text in ("<p>1", "<p>2"):
        repo.write("page.html", text)
        repo.git("add", "page.html")
        repo.git("commit", "-qm", text, PATH=path)
    assert QUIET in repo.said
    repo.write("c.py", BAD)
    repo.git("commit", "-qam", "bad", code=1, PATH=path)
    assert "[ruff/F821]" in repo.said


def test_a_hook_of_someone_else_stays_and_ours_comes_and_goes(repo: Repo) -> None:
    place = repo.root / ".git/hooks/pre-commit"
    place.parent.mkdir(exist_ok=True)
    place.write_text("#!/bin/sh\nexit 0\n")
    code, said = repo.onward("--install-hook")
    assert (code, place.read_text()) == (1, "#!/bin/sh\nexit 0\n")
    assert 'onward check --hook commit "$@" || exit $?' in said
    assert repo.onward("--remove-hook")[0] == 1
    place.unlink()
    assert "From now on" in repo.onward("--install-hook")[1]
    first = place.read_bytes()
    assert "there already" in repo.onward("--install-hook")[1]
    assert (place.read_bytes(), b"\r" in first) == (first, False)
    assert repo.onward("--remove-hook") == (0, f"The commit hook is gone: `{place}`.\n")
    assert "There is no" in repo.onward("--remove-hook")[1]


def test_a_linked_work_tree_has_the_hook_and_a_note_of_its_own(repo: Repo) -> None:
    linked = repo.root.parent / "linked tree"
    repo.git("worktree", "add", "-q", "-b", "linked", str(linked))
    assert repo.onward("--install-hook", cwd=linked)[0] == 0
    assert (repo.root / ".git/hooks/pre-commit").exists()
    (linked / "c.py").write_text(BAD)
    repo.git("commit", "-qam", "bad", cwd=linked, code=1)
    (linked / "c.py").write_text(GOOD + "y = 2\n")
    repo.git("commit", "-qam", "good", cwd=linked)
    repo.git("reset", "-q", "--soft", "HEAD^", cwd=linked)
    repo.git("commit", "-qm", "good", cwd=linked)
    assert AGAIN in repo.said
    assert not (repo.root / ".git/onward/passed").exists()


def test_without_its_python_and_without_onward_the_hook_fails(repo: Repo) -> None:
    repo.onward("--install-hook")
    place = repo.root / ".git/hooks/pre-commit"
    place.write_text(place.read_text().replace(Path(sys.executable).as_posix(), "/gone/python"))
    path = os.pathsep.join({str(Path(shutil.which(name) or "").parent) for name in ("git", "sh")})
    if shutil.which("onward", path=path):
        pytest.skip("onward is installed beside git here")
    repo.write("c.py", GOOD + "z = 3\n")
    repo.git("commit", "-qam", "x", code=1, PATH=path)
    assert "was not checked" in repo.said


def test_hooks_of_the_project_run_with_the_files_they_ask_for(repo: Repo) -> None:
    show = python("import sys; print(sys.argv[1:])")
    repo.write(
        ".pre-commit-config.yaml",
        config(
            local(show, "  verbose: true", "  types: [python]", "  exclude: ^c", name="typed"),
            local(
                show, "  verbose: true", "  pass_filenames: false", "  files: '[.]py$'", name="bare"
            ),
            local(show, "  verbose: true", "  files: '[.]rst$'", name="none"),
            local(show, "  verbose: true", "  stages: [pre-push]", name="later"),
            local(show, "  verbose: true", name="skipped"),
        ),
    )
    repo.onward("--install-hook")
    repo.write("src/a b.py", GOOD + "x = 1\n")
    repo.write("c.py", GOOD + "x = 1\n")
    repo.git("add", "-A")
    for _ in range(2):  # the second time is the quick way
        repo.git("commit", "-qm", "x", SKIP="skipped")
        assert "typed (typed): passed\n  ['src/a b.py']\nbare (bare): passed\n  []\n" in repo.said
        assert not {"none (", "later (", "skipped ("} & set(repo.said.split())
        assert "skipped (" not in repo.said
        repo.git("reset", "-q", "--soft", "HEAD^")


def test_a_hook_that_fails_or_changes_files_stops_the_commit(repo: Repo) -> None:
    change = python("import sys; open(sys.argv[-1], chr(97)).write(chr(10))")
    repo.write(".pre-commit-config.yaml", config(local(change, "  files: ^c[.]py$")))
    repo.git("add", "-A")
    repo.git("commit", "-qm", "config")
    repo.onward("--install-hook")
    repo.write("c.py", GOOD + "x = 1\n")
    repo.git("add", "c.py")
    repo.git("commit", "-qm", "x", code=1)
    assert "have changed files:\n  c.py" in repo.said
    repo.git("checkout", "-q", "c.py")
    repo.write("src/a b.py", "half\n")  # not staged: the hook works in a copy
    before = (repo.root / "c.py").read_bytes()
    repo.git("commit", "-qm", "x", code=1)
    assert "in a copy of what is staged:\n  c.py" in repo.said
    assert (repo.root / "c.py").read_bytes() == before
    repo.git("checkout", "-q", "src/a b.py")
    for entry in (python("raise SystemExit(3)"), "no-such-program"):
        repo.write(".pre-commit-config.yaml", config(local(entry)))
        repo.git("commit", "-qam", "x", code=1)
        assert "mine (mine): failed with exit code" in repo.said
    assert repo.commits() == ["config", "first"]


def unread(repo: Repo, *command: str) -> int:
    """Run a program whose output and errors nobody reads, and give its exit code."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            command, cwd=repo.root, env=repo.env, stdout=writing, stderr=writing, check=False
        )
    finally:
        os.close(writing)
    return ran.returncode


@pytest.mark.skipif(os.name != "posix", reason="the hook is started by its path")
def test_a_refused_commit_is_refused_also_when_nobody_reads_why(repo: Repo) -> None:
    repo.onward("--install-hook")
    hook = str(repo.root / ".git" / "hooks" / "pre-commit")
    repo.write("c.py", BAD)
    repo.git("add", "-A")
    assert unread(repo, hook) == 1
    assert unread(repo, sys.executable, "-m", "onward", "check", "--hook") == 1

    repo.write("c.py", GOOD + "x = 1\n")
    repo.write(".pre-commit-config.yaml", config(local(python("raise SystemExit(1)"))))
    repo.git("add", "-A")
    assert unread(repo, hook) == 1
    repo.git("commit", "-qnm", "config")
    repo.write("notes.md", "quick\n")
    repo.git("add", "-A")
    assert unread(repo, hook) == 1

    repo.write(".pre-commit-config.yaml", config(local(python("pass"), "  verbose: true")))
    repo.git("add", "-A")
    assert unread(repo, hook) == 0


def test_foreign_hooks_without_prek_are_told_and_have_not_passed(repo: Repo) -> None:
    repo.write(
        ".pre-commit-config.yaml",
        "repos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: theirs\n",
    )
    repo.onward("--install-hook")
    repo.git("add", "-A")
    git_only = str(Path(shutil.which("git") or "").parent)
    if shutil.which("prek", path=git_only):
        pytest.skip("prek is installed beside git here")
    repo.git("commit", "-qm", "x", code=1, PATH=git_only)
    assert "theirs" in repo.said
    assert "onward add --dev prek" in repo.said
    repo.git("commit", "-qm", "x", PATH=git_only, SKIP="theirs")


def test_a_push_is_judged_by_what_is_pushed(repo: Repo, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    repo.git("init", "-q", "--bare", str(remote))
    repo.git("remote", "add", "origin", str(remote))
    repo.git("push", "-q", "origin", "HEAD:main")
    assert repo.onward("--install-hook", "push")[0] == 0
    repo.write("c.py", BAD)
    repo.git("commit", "-qam", "bad")
    repo.write("c.py", GOOD)  # what is on disk does not count
    repo.git("push", "-q", "origin", "HEAD:main", code=1)
    assert "[ruff/F821]" in repo.said
    repo.git("push", "-q", "origin", "HEAD:other", code=1)  # a branch the remote does not have
    repo.write("c.py", GOOD + "x = 2\n")
    repo.git("commit", "-qam", "good again")
    repo.git("push", "-q", "origin", "HEAD:main")
    repo.git("push", "-q", "origin", "HEAD:other")
    repo.git("push", "-q", "origin", "--delete", "other")


@pytest.mark.parametrize("loose", [True, False])
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_commit_leaves_nothing(repo: Repo, tmp_path: Path, loose: bool) -> None:
    started = tmp_path / "started"
    code = f"import pathlib, time; pathlib.Path(\\'{started}\\').touch(); time.sleep(600)"
    script = tmp_path / "slow.py"
    script.write_text(code.replace("\\'", "'"), encoding="utf-8")
    entry = f"{Path(sys.executable).as_posix()} {script.as_posix()}"
    repo.write(".pre-commit-config.yaml", config(local(entry)))
    repo.onward("--install-hook")
    repo.git("add", "-A")
    if loose:
        repo.write("c.py", "half\n")
    temporary = Path(repo.env["TMPDIR"])
    before = set(temporary.iterdir())
    child = subprocess.Popen(
        ("git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "x"),
        cwd=repo.root,
        env=repo.env,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not started.exists():
        assert child.poll() is None
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(60) != 0
    while set(temporary.iterdir()) != before:  # git does not wait for its hook
        time.sleep(0.02)
    assert repo.commits() == ["first"]
    assert not (repo.root / ".git/index.lock").exists()
    assert repo.git("status", "--porcelain").splitlines() == [
        "A  .pre-commit-config.yaml",
        *([" M c.py"] if loose else []),
    ]


def test_two_commits_at_once_never_remember_the_wrong_tree(repo: Repo) -> None:
    linked = repo.root.parent / "two"
    repo.git("worktree", "add", "-q", "-b", "linked", str(linked))
    repo.onward("--install-hook")
    (repo.root / "c.py").write_text(BAD)
    (linked / "c.py").write_text(GOOD + "x = 3\n")
    words = ("git", "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qam", "x")
    both = [
        subprocess.Popen(
            words, cwd=cwd, env=repo.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for cwd in (repo.root, linked)
    ]
    assert [bool(one.wait(110)) for one in both] == [True, False]


@pytest.mark.skipif(os.name != "posix", reason="a script with #!")
def test_a_project_below_the_top_folder_is_told_how_git_can_ask(
    project: MakeProject, env: dict[str, str], clock: FakeClock, tmp_path: Path
) -> None:
    below = project(folder="all/one of many", files={"c.py": GOOD}, extra=NO_TYPES)
    repo = Repo(below.parent, env, clock)
    repo.git("init", "-q")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "first")
    code, told = repo.onward("--install-hook", cwd=below)
    assert code == 2
    assert "(cd 'one of many' && onward check --staged) || exit $?" in told
    assert not (repo.root / ".git" / "hooks" / "pre-commit").exists()

    line = next(line for line in told.splitlines() if "--staged)" in line).strip()
    ours = f'"{sys.executable}" -m onward check'
    hook = repo.root / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\n{line.replace('onward check', ours)}\n", encoding="utf-8")
    hook.chmod(0o755)
    repo.write("one of many/c.py", BAD)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "bad", code=1)
    assert "[ruff/F821]" in repo.said
    repo.write("one of many/c.py", GOOD + "x = 1\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "good")
    assert repo.commits() == ["good", "first"]
