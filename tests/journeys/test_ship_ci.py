"""``onward ship ci`` in a project: written once, written again beside a person's edits, pinned, taken back."""

import datetime as dt
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from onward import __version__
from onward.cli.door import run_verb
from onward.domain.pipeline.actions import SEEN
from onward.domain.pipeline.github import PATH as GITHUB
from onward.domain.pipeline.gitlab import PATH as GITLAB
from onward.workflows.ci.facts import pythons_for
from onward.workflows.ci.files import guess_services
from onward.workflows.ci.seat import open_seat
from onward.workflows.regenerate import RECORD
from tests.conftest import FakeClock, MakeProject
from tests.journeys.stage import Said, picture, rewrite

Ship = Callable[..., Said]
BUILD = '[build-system]\nrequires = ["uv_build"]\nbuild-backend = "uv_build"\n'
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false",
       "-c", "tag.gpgsign=false")  # fmt: skip


def lock(*names: str) -> str:
    text = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
    for name in names:
        text += f'\n[[package]]\nname = "{name}"\nversion = "1.0"\n'
        text += 'source = { registry = "https://pypi.org/simple" }\n'
    return text


@pytest.fixture
def library(project: MakeProject) -> Path:
    """Give a library with a folder of tests."""
    return project(
        name="shop",
        extra=BUILD,
        files={"uv.lock": lock(), "tests/test_shop.py": "", "src/shop/__init__.py": ""},
    )


@pytest.fixture
def ship(env: dict[str, str], clock: FakeClock) -> Ship:
    """Run ``onward ship ci`` (or another verb) in a folder."""

    def call(root: Path, *words: str, verb: tuple[str, ...] = ("ship", "ci"), **more: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        argv = [*verb, *words]
        code = run_verb(argv, {**env, **more}, cwd=root, clock=clock, out=out, err=err)
        return Said(code, out.getvalue(), err.getvalue())

    return call


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(("git", *WHO, *words), cwd=folder, check=True, capture_output=True)
    return done.stdout.decode().strip()


def jobs(root: Path) -> dict[str, dict[str, object]]:
    read: dict[str, dict[str, object]] = yaml.safe_load((root / GITHUB).read_text("utf-8"))["jobs"]
    return read


def files_of(root: Path) -> set[Path]:
    """Give all files but onward's own notes."""
    return {path for path in root.rglob("*") if path.is_file() and ".onward" not in path.parts}


def test_a_library_gets_its_jobs_and_gives_them_back(library: Path, ship: Ship) -> None:
    before = files_of(library)
    assert "+name: onward" in ship(library, "--github", "--dry-run").out
    assert files_of(library) == before
    said = ship(library, "--github")
    assert said.code == 0, said.text
    assert f"written: {GITHUB}" in said.out
    assert "as a trusted publisher" in said.out
    assert list(jobs(library)) == ["check", "test", "build", "prove", "publish"]
    assert (library / RECORD).is_file()
    assert not (library / GITLAB).exists()
    again = ship(library)
    assert "Everything stands" in again.out
    assert ship(library, verb=("undo",)).code == 0
    assert files_of(library) == before


def test_submodules_are_fetched_where_there_are_some(library: Path, ship: Ship) -> None:
    assert ship(library, "--github", "--gitlab").code == 0
    both = [library / ".github/workflows/onward.yml", library / ".gitlab-ci.yml"]
    assert not any("ubmodule" in path.read_text("utf-8").lower() for path in both)
    (library / ".gitmodules").write_text('[submodule "a"]\npath = a\nurl = ../a\n', "utf-8")
    assert ship(library, "--github", "--gitlab").code == 0
    github, gitlab = (path.read_text("utf-8") for path in both)
    assert github.count("submodules: recursive") == github.count("uses: actions/checkout")
    assert "GIT_SUBMODULE_STRATEGY: recursive" in gitlab


def test_what_is_there_or_the_remote_tells_the_service(library: Path, ship: Ship) -> None:
    nobody = ship(library)
    assert nobody.code == 2
    assert "--github" in nobody.err
    git(library, "init", "-q", "-b", "trunk")
    git(library, "remote", "add", "origin", "git@gitlab.example.org:me/shop.git")
    assert ship(library).code == 0
    assert (library / GITLAB).is_file()
    assert not (library / GITHUB).exists()
    assert ship(library, "--github", "--gitlab").code == 0
    read = yaml.safe_load((library / GITHUB).read_text("utf-8"))
    assert read["on"]["push"]["branches"] == ["trunk"]


def test_a_workflow_that_checks_too_is_named(library: Path, ship: Ship) -> None:
    other = library / ".github/workflows/ci.yml"
    other.parent.mkdir(parents=True)
    other.write_text("      - run: onward check\n", encoding="utf-8")
    said = ship(library, "--github")
    assert "note: .github/workflows/ci.yml has the project checked too" in said.out
    other.write_text("      - run: make html\n", encoding="utf-8")
    assert "ci.yml" not in ship(library, "--github", "--dry-run").out


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://github.com/me/shop.git", "github"),
        ("ssh://git@github.com:22/me/shop", "github"),
        ("git@github.com:me/shop", "github"),
        ("https://gitlab.com/me/shop", "gitlab"),
        ("me@gitlab.house.example:me/shop", "gitlab"),
    ],
)
def test_addresses_of_each_form_are_understood(
    url: str, service: str, library: Path, env: dict[str, str]
) -> None:
    assert guess_services(open_seat(library, env), {"origin": url}) == (service,)


def test_edits_stay_and_collisions_are_told(library: Path, ship: Ship) -> None:
    ship(library, "--github")
    rewrite(
        library / GITHUB,
        ("name: onward\n", "name: our own name\n"),
        (
            "  test:\n",
            "  ours:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo hello\n  test:\n",
        ),
    )
    assert ship(library, "--publish", "none").code == 0
    text = (library / GITHUB).read_text("utf-8")
    assert "name: our own name" in text
    assert "echo hello" in text
    assert list(jobs(library)) == ["check", "ours", "test", "build", "prove"]
    rewrite(library / GITHUB, ("      - name: Keep what was made\n", "      - name: Keep it\n"))
    rewrite(library / GITHUB, ("--out dist", "--out dist --offline"))
    (library / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    assert ship(library, "--publish", "none").code == 0  # no edit is in the way of another job
    rewrite(library / GITHUB, ("  prove:\n    name: Prove\n", "  prove:\n    name: Ours\n"))
    (library / "Dockerfile").unlink()  # three systems again
    before = picture(library)
    said = ship(library, "--publish", "none")
    assert said.code == 1
    assert "edits-collide" in said.err
    assert "yours:     name: Ours" in said.err
    assert "name it with --github or --gitlab" in said.err
    assert picture(library) == before


def test_a_file_of_somebody_else_and_a_deleted_one_stay_as_they_are(
    library: Path, ship: Ship
) -> None:
    (library / GITLAB).write_text("stages: [ours]\n", "utf-8")
    said = ship(library, "--gitlab", "--github")
    assert "was there before" in said.out
    assert (library / GITLAB).read_text("utf-8") == "stages: [ours]\n"
    (library / GITHUB).unlink()
    assert "was deleted by hand; name it with --github or --gitlab" in ship(library).out
    assert not (library / GITHUB).exists()
    assert ship(library, "--github").code == 0
    assert (library / GITHUB).exists()


def test_the_lock_says_how_onward_is_called(project: MakeProject, ship: Ship) -> None:
    group = '[dependency-groups]\ndev = ["onward"]\ntools = ["onward"]\n'
    root = project(name="a", extra=group + BUILD, files={"uv.lock": lock("onward")})
    assert ship(root, "--github").code == 0
    assert "uv run --locked onward check --ci" in (root / GITHUB).read_text("utf-8")
    assert "--only-group dev onward ship publish" in (root / GITHUB).read_text("utf-8")
    group = '[dependency-groups]\ntools = ["onward"]\n'
    root = project(name="b", extra=group, files={"uv.lock": lock("onward")})
    assert ship(root, "--github").code == 0
    assert "uv run --locked --group tools onward sync" in (root / GITHUB).read_text("utf-8")
    root = project(
        name="m", dependencies=["onward"], extra=BUILD, files={"uv.lock": lock("onward")}
    )
    assert ship(root, "--github", "--publish", "pypi").code == 0
    text = (root / GITHUB).read_text("utf-8")
    assert "uv run --locked onward sync" in text
    assert f"'onward[check]=={__version__}' onward ship publish" in text
    root = project(name="c", files={"uv.lock": lock()})
    said = ship(root, "--github")
    assert f"uvx --from 'onward[check]=={__version__}' onward" in (root / GITHUB).read_text("utf-8")
    assert "no tests were found" in said.out


def test_where_a_tag_goes(project: MakeProject, library: Path, ship: Ship) -> None:
    def goes(root: Path, *words: str) -> object:
        said = ship(root, "--github", "--dry-run", "--json", *words)
        return json.loads(said.out)["publish"] if said.code == 0 else said.err

    assert goes(library) == "pypi"
    assert goes(library, "--publish", "none") is None
    assert "known: testpypi" in str(goes(library, "--publish", "house"))
    assert "`--publish` has an empty value" in str(goes(library, "--publish", ""))
    index = '[[tool.uv.index]]\nname = "house"\nurl = "https://i.example/simple/"\n'
    index += 'publish-url = "https://i.example/legacy/"\n'
    house = project(name="h", extra=BUILD + index, files={"uv.lock": lock()})
    assert goes(house) == "house"
    assert goes(house, "--publish", "pypi") == "pypi"
    private = '\n[project]\nname = "p"\nversion = "1"\nclassifiers = ["Private :: Do Not Upload"]\n'
    root = project(name="p", pyproject=BUILD + private, files={"uv.lock": lock()})
    assert goes(root) is None
    loose = project(name="l", files={"uv.lock": lock()})
    assert goes(loose) is None
    assert "not built into a wheel" in str(goes(loose, "--publish", "pypi"))


def test_what_was_asked_for_counts_until_something_else_is(
    project: MakeProject, ship: Ship
) -> None:
    script = '[project.scripts]\nnotes = "notes:main"\n' + BUILD
    root = project(name="notes", extra=script, files={"uv.lock": lock()})
    assert ship(root, "--github", "--app", "--publish", "testpypi").code == 0
    assert {"app", "publish"} <= set(jobs(root))
    text = (root / GITHUB).read_text("utf-8")
    assert text.startswith("# Written by `onward ship ci --publish testpypi --app`.")
    assert "Everything stands" in ship(root).out
    assert "ship app" in ship(root, "--here", "--dry-run").out
    assert ship(root, "--no-app", "--publish", "none").code == 0
    assert set(jobs(root)) == {"check", "build", "prove"}
    assert "Everything stands" in ship(root).out
    (root / RECORD).write_text("{", "utf-8")
    assert "cannot be read" in ship(root).err


def test_a_program_is_told_by_its_table_or_by_the_option(project: MakeProject, ship: Ship) -> None:
    script = '[project.gui-scripts]\nnotes = "notes:main"\n' + BUILD
    root = project(name="notes", extra=script, files={"uv.lock": lock(), "Dockerfile": ""})
    assert ship(root, "--github").code == 0
    assert "app" not in jobs(root)
    assert jobs(root)["prove"]["runs-on"] == "ubuntu-latest"
    assert ship(root, "--github", "--app").code == 0
    assert {"app", "app-macos", "app-windows", "macos", "windows", "release"} <= set(jobs(root))
    assert "xvfb" in (root / GITHUB).read_text("utf-8")
    loose = project(name="l", files={"uv.lock": lock()})
    assert "cannot be made into a program" in ship(loose, "--github", "--app").err


def test_what_the_jobs_are_not_written_for_is_said(project: MakeProject, ship: Ship) -> None:
    root = project(name="nolock")
    assert "there is none here" in ship(root, "--github").err
    for words in (("--from", "test"), ("--here", "--pin"), ("--here", "--gitlab")):
        assert ship(root, *words).code == 2


@pytest.mark.parametrize(
    ("requires", "pythons"),
    [
        (">=3.11", ("3.11", "3.12", "3.13", "3.14")),
        (">=3.9", ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")),
        (">=3.9,<3.13,!=3.11.*", ("3.9", "3.10", "3.12")),
        ("", ("3.10", "3.11", "3.12", "3.13", "3.14")),
        ("==3.8.*", ("3.8",)),
        (">=2.7,<3", ()),
    ],
)
def test_the_pythons_are_those_kept_up_and_the_oldest_promised(
    requires: str, pythons: tuple[str, ...]
) -> None:
    assert pythons_for(requires, dt.date(2026, 6, 1)) == pythons


def test_a_python_comes_and_goes_with_its_time() -> None:
    assert "3.15" in pythons_for(">=3.14", dt.date(2026, 11, 15))
    assert pythons_for("", dt.date(2026, 11, 15))[0] == "3.11"


@pytest.fixture
def actions(tmp_path: Path) -> Path:
    """Give a folder with a bare repository of each action: a plain tag, one with words, and one of a major version."""
    home = tmp_path / "actions"
    for action in (*SEEN, "house/own"):
        work = tmp_path / "work" / action
        work.mkdir(parents=True)
        git(work, "init", "-q", "-b", "main")
        git(work, "commit", "-q", "--allow-empty", "-m", "one")
        git(work, "tag", "v1.0.0")
        git(work, "commit", "-q", "--allow-empty", "-m", f"two of {action}")
        git(work, "tag", "-a", "v1.4.2", "-m", "words")
        git(work, "tag", "-a", "v1.4", "-m", "words")
        git(work, "tag", "v1")
        (home / action).parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(work / ".git", home / action)
        git(home / action, "config", "core.bare", "true")
    return home


def two_of(actions: Path, action: str) -> str:
    return git(actions / action, "rev-parse", "v1^{commit}")


def test_tags_are_pinned_to_the_commit_behind_them(
    library: Path, ship: Ship, actions: Path
) -> None:
    ship(library, "--github")
    ours = (
        "  ours:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: house/own/sub@v1 # ours\n"
    )
    rewrite(
        library / GITHUB,
        (
            "  build:\n    name: Build\n",
            f"{ours}      - uses: house/own@v1.0.0\n  build:\n    name: Build\n",
        ),
    )
    said = ship(library, "--pin", ONWARD_ACTIONS_URL=str(actions))
    assert said.code == 0, said.text
    text = (library / GITHUB).read_text("utf-8")
    assert f"uses: house/own/sub@{two_of(actions, 'house/own')} # v1.4.2\n" in text
    first = git(actions / "house/own", "rev-parse", "v1.0.0")
    assert f"uses: house/own@{first} # v1.0.0\n" in text
    # what the table pins is in none of these repositories, and that is told and not changed
    assert "actions/checkout: the tag v7.0.0 is gone" in said.out
    assert SEEN["actions/checkout"].at in text
    assert "Everything stands" in ship(library).out
    assert ship(library, "--pin", ONWARD_ACTIONS_URL=actions.as_uri()).code == 0
    assert (library / GITHUB).read_text("utf-8") == text
    assert ship(library, verb=("undo",)).code == 0
    assert "house/own/sub@v1 # ours" in (library / GITHUB).read_text("utf-8")


def test_a_new_pin_of_a_person_outlives_the_next_onward(library: Path, ship: Ship) -> None:
    ship(library, "--github")
    renewed = f"actions/checkout@{'ab' * 20} # v7.5.0"
    text = (library / GITHUB).read_text("utf-8")
    seen = SEEN["actions/checkout"]
    old = f"actions/checkout@{seen.at} # {seen.note}"
    (library / GITHUB).write_text(text.replace(old, renewed), "utf-8")
    (library / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    assert ship(library).code == 0
    new = (library / GITHUB).read_text("utf-8")
    assert new.count("actions/checkout@") == new.count(renewed) == 6


def test_a_moved_tag_is_told_and_the_pin_stays(library: Path, ship: Ship, actions: Path) -> None:
    ship(library, "--github")
    text = (library / GITHUB).read_text("utf-8")
    for action, use in SEEN.items():
        there = f"{action}@{git(actions / action, 'rev-parse', 'v1.0.0')} # v1.0.0"
        text = text.replace(f"{action}@{use.at} # {use.note}", there)
    (library / GITHUB).write_text(text, "utf-8")
    said = ship(library, "--pin", ONWARD_ACTIONS_URL=str(actions))
    assert said.code == 0, said.text
    assert "note: " not in said.out.replace("note: the jobs fetch", "")
    git(actions / "actions/checkout", "tag", "-f", "v1.0.0", "v1")
    said = ship(library, "--pin", "--json", ONWARD_ACTIONS_URL=str(actions))
    (note,) = json.loads(said.out)["notes"]
    assert f"the tag v1.0.0 names {two_of(actions, 'actions/checkout')[:12]} now" in note
    assert (library / GITHUB).read_text("utf-8") == text


def test_a_pin_that_cannot_be_found_changes_nothing(
    library: Path, ship: Ship, actions: Path
) -> None:
    ship(library, "--github")
    for uses, code, told in (
        ("house/own@v1\n      - uses: house/own@main", 2, "house/own@main"),
        ("house/own@v1\n      - uses: house/nowhere@v1", 4, "could not be asked for"),
    ):
        rewrite(
            library / GITHUB,
            ("  build:\n", f"  ours:\n    steps:\n      - uses: {uses}\n  build:\n"),
        )
        before = picture(library)
        said = ship(library, "--pin", ONWARD_ACTIONS_URL=str(actions))
        assert (said.code, told in said.err) == (code, True), said.text
        assert picture(library) == before
        rewrite(
            library / GITHUB,
            (f"  ours:\n    steps:\n      - uses: {uses}\n", ""),
        )
    said = ship(library, "--pin", ONWARD_ACTIONS_URL="http://actions.example")
    assert "could name another commit" in said.err
