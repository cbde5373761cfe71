"""``onward ship ci`` for projects below the top of their repository, and for workspaces and their members."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from onward.workflows.publishing.gates import Tree
from onward.workflows.regenerate import RECORD
from onward.workflows.situation import open_situation
from tests.conftest import FakeClock
from tests.journeys.stage import rewrite
from tests.journeys.test_ship_ci import BUILD, Ship, actions, git, lock, ship, two_of

__all__ = ["actions", "ship"]  # fixtures
FLOWS = ".github/workflows"


def files_of(root: Path) -> dict[Path, bytes]:
    """Give all files but onward's own notes and those of git."""
    paths = (path for path in root.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in paths if not {".onward", ".git"} & {*path.parts}}


def stated(name: str, *more: str, needs: str = "") -> str:
    text = f'[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.11"\ndependencies = [{needs}]\n'
    return text + "".join(more)


def put(folder: Path, name: str, *more: str, needs: str = "") -> Path:
    """Put a project with one test into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(stated(name, *more, needs=needs), encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests/test_it.py").write_text("", encoding="utf-8")
    return folder


def own(name: str, source: str, *needs: str, kind: str = "editable", groups: str = "") -> str:
    edges = "".join(f'    {{ name = "{one}" }},\n' for one in needs)
    text = f'\n[[package]]\nname = "{name}"\nversion = "1.0"\nsource = {{ {kind} = "{source}" }}\n'
    return f"{text}dependencies = [\n{edges}]\n{groups}"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give an empty repository."""
    root = tmp_path / "mono"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


@pytest.fixture
def two(repository: Path) -> tuple[Path, Path]:
    """Give two projects of one repository: the one is made from the other."""
    base = put(repository / "libs/base", "base", BUILD)
    (base / "uv.lock").write_text(lock() + own("base", "."), "utf-8")
    shop = put(repository / "apps/the shop", "shop", BUILD)
    (shop / "uv.lock").write_text(
        lock() + own("shop", ".", "base") + own("base", "../../libs/base"), "utf-8"
    )
    return base, shop


@pytest.fixture
def house(repository: Path) -> Path:
    """Give a workspace at the top: the packages base and shop, one that is none, and pytest in the group of the root."""
    root = put(repository, "house", '[dependency-groups]\ndev = ["pytest", "onward"]\n', '[tool.uv.workspace]\nmembers = ["parts/*"]\n')  # fmt: skip
    (root / "tests/test_it.py").unlink()
    put(root / "parts/base", "base", BUILD)
    put(root / "parts/shop", "shop", BUILD, needs='"base"')
    put(root / "parts/till", "till")
    members = '\n[manifest]\nmembers = ["base", "house", "shop", "till"]\n'
    dev = '\n[package.dev-dependencies]\ndev = [{ name = "onward" }, { name = "pytest" }]\n'
    text = lock("onward", "pytest") + own("house", ".", kind="virtual", groups=dev)
    text += own("base", "parts/base") + own("shop", "parts/shop", "base")
    text += own("till", "parts/till", kind="virtual")
    first, _, rest = text.partition("\n[[package]]")
    (root / "uv.lock").write_text(f"{first}{members}\n[[package]]{rest}", "utf-8")
    return root


def flow(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def runs(read: Any, job: str) -> list[tuple[str, str]]:
    """Give folder and line of each step of a job."""
    steps = read["jobs"][job]["steps"]
    return [(step.get("working-directory", ""), step["run"]) for step in steps if "run" in step]


def test_two_projects_of_one_repository_do_not_get_in_each_others_way(
    repository: Path, two: tuple[Path, Path], ship: Ship
) -> None:
    base, shop = two
    before = files_of(repository)
    assert ship(base, "--github").code == 0
    alone = files_of(repository)
    said = ship(shop, "--github")
    assert said.code == 0, said.text
    assert "top of the repository" in said.out
    assert "A tag shop-v1.2.3 publishes shop 1.2.3 to pypi." in said.out
    names = sorted(path.name for path in (repository / FLOWS).iterdir())
    assert len(names) == 2
    assert names[1] == "onward-libs--base.yml"
    assert "(`onward-libs--base.yml`)" in ship(base).out
    read = flow(repository / FLOWS / names[0])
    assert read["name"] == "onward apps/the shop"
    assert read["defaults"]["run"]["working-directory"] == "apps/the shop"
    assert read["on"]["push"]["tags"] == ["shop-v*"]
    assert read["on"]["pull_request"]["paths"] == [
        "apps/the shop/**", "libs/base/**", f"{FLOWS}/{names[0]}",
    ]  # fmt: skip
    assert read["jobs"]["build"]["steps"][-1]["with"]["path"] == "apps/the shop/dist/"
    assert read["jobs"]["publish"]["if"] == "startsWith(github.ref, 'refs/tags/shop-v')"
    fetched = [step for step in read["jobs"]["publish"]["steps"] if "download" in step.get("uses", "")]  # fmt: skip
    assert fetched[0]["with"]["path"] == "apps/the shop/fetched"
    assert "Everything stands" in ship(shop).out
    assert ship(shop, verb=("undo",)).code == 0
    assert files_of(repository) == alone
    assert ship(base, verb=("undo",)).code == 0
    assert files_of(repository) == before


def test_edits_below_the_top_stay_and_collisions_are_told(
    repository: Path, two: tuple[Path, Path], ship: Ship
) -> None:
    base, _ = two
    ship(base, "--github")
    file = repository / FLOWS / "onward-libs--base.yml"
    rewrite(file, ("name: onward libs/base\n", "name: ours\n"))
    assert ship(base, "--publish", "none").code == 0
    assert "name: ours" in file.read_text("utf-8")
    assert "publish" not in flow(file)["jobs"]
    assert "Everything stands" in ship(base).out  # and what was asked for is known
    (base / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    assert ship(base).code == 0  # Linux alone
    rewrite(file, ("  prove:\n    name: Prove\n", "  prove:\n    name: Ours\n"))
    (base / "Dockerfile").unlink()
    said = ship(base)
    assert said.code == 1
    assert "edits-collide" in said.err
    file.unlink()
    assert "was deleted by hand" in ship(base).out
    assert ship(base, "--github").code == 0
    assert file.exists()


def test_tags_below_the_top_are_pinned(
    repository: Path, two: tuple[Path, Path], ship: Ship, actions: Path
) -> None:
    base, _ = two
    ship(base, "--github")
    file = repository / FLOWS / "onward-libs--base.yml"
    ours = "  ours:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: house/own@v1\n"
    rewrite(file, ("  build:\n    name: Build\n", f"{ours}  build:\n    name: Build\n"))
    said = ship(base, "--pin", ONWARD_ACTIONS_URL=str(actions))
    assert said.code == 0, said.text
    assert f"house/own@{two_of(actions, 'house/own')} # v1.4.2" in file.read_text("utf-8")
    assert not (base / ".github").exists()


def test_a_link_at_the_top_that_leads_out_is_not_written_through(
    repository: Path, two: tuple[Path, Path], ship: Ship
) -> None:
    outside = repository.parent / "outside"
    outside.mkdir()
    (repository / ".github").symlink_to(outside, target_is_directory=True)
    said = ship(two[0], "--github")
    assert said.code == 2
    assert "leads out of the project" in said.err
    assert not any(outside.iterdir())


def test_a_file_where_a_folder_is_wanted_is_told(
    repository: Path, two: tuple[Path, Path], ship: Ship
) -> None:
    (repository / ".github").write_text("", "utf-8")
    said = ship(two[0], "--github")
    assert said.code == 2
    assert "is a file and no folder" in said.err


def test_gitlab_reads_one_file_that_includes_those_of_the_projects(
    repository: Path, two: tuple[Path, Path], ship: Ship
) -> None:
    base, shop = two
    assert ship(base, "--gitlab").code == 0
    top = (repository / ".gitlab-ci.yml").read_bytes()
    assert ship(shop, "--gitlab").code == 0
    assert (repository / ".gitlab-ci.yml").read_bytes() == top
    assert yaml.safe_load(top)["include"] == [{"local": ".gitlab/onward-*.yml"}]
    read = flow(repository / ".gitlab/onward-libs--base.yml")
    hidden = read[".onward-libs--base"]
    assert hidden["before_script"][-1] == "cd libs/base"
    assert hidden["rules"][0] == {"if": "$CI_COMMIT_TAG =~ /^base-v/"}
    assert "libs/base/**/*" in hidden["rules"][2]["changes"]
    assert read["onward-libs--base:build"]["artifacts"]["paths"] == ["libs/base/dist/"]
    assert read["onward-libs--base:publish"]["script"][0] == "mv dist fetched"
    both = {*read, *next(flow(path) for path in (repository / ".gitlab").glob("*shop*"))}
    assert len(both) == len(read) * 2
    assert "Everything stands" in ship(base).out


def test_a_gitlab_file_of_somebody_else_is_told_to_include_ours(
    repository: Path, two: tuple[Path, Path], ship: Ship
) -> None:
    base, shop = two
    (repository / ".gitlab-ci.yml").write_text("stages: [ours]\n", "utf-8")
    said = ship(base, "--gitlab")
    assert "does not read .gitlab/onward-libs--base.yml yet" in said.out
    assert (repository / ".gitlab-ci.yml").read_text("utf-8") == "stages: [ours]\n"
    (repository / ".gitlab-ci.yml").write_text(
        "include: [{local: .gitlab/onward-*.yml}]\n", "utf-8"
    )
    assert "does not read" not in ship(shop, "--gitlab").out
    root = put(repository, "whole")
    (root / "uv.lock").write_text(lock() + own("whole", "."), "utf-8")
    (root / ".gitlab-ci.yml").unlink()
    assert ship(root, "--gitlab").code == 0
    assert "include" in flow(root / ".gitlab-ci.yml")


def test_a_workspace_is_checked_tested_built_and_published_by_tag(house: Path, ship: Ship) -> None:
    (house / "parts/shop/Dockerfile").write_text("FROM scratch\n", "utf-8")
    said = ship(house, "--github", "--gitlab")
    assert said.code == 0, said.text
    read = flow(house / FLOWS / "onward.yml")
    assert list(read["jobs"]) == [
        "check", "test", "build-base", "build-shop", "prove", "container", "publish-base", "publish-shop",
    ]  # fmt: skip
    assert read["on"]["push"]["tags"] == ["base-v*", "shop-v*"]
    assert "paths" not in read["on"]["push"]
    check = [line for _, line in runs(read, "check")]
    assert check == ["uv run --locked onward sync", "uv run --locked onward check --ci"]
    assert [folder for folder, _ in runs(read, "test")] == [
        "parts/base",
        "parts/shop",
        "parts/till",
    ]
    assert all("--all-packages -- python -m pytest" in line for _, line in runs(read, "test"))
    assert runs(read, "container")[0][1].endswith("--file parts/shop/Dockerfile .")
    publish = read["jobs"]["publish-shop"]
    assert publish["if"] == "startsWith(github.ref, 'refs/tags/shop-v')"
    assert {"build-base", "build-shop", "prove", "test"} <= set(publish["needs"])
    assert publish["environment"]["url"] == "https://pypi.org/project/shop/"
    assert runs(read, "publish-shop")[-1][0] == "parts/shop"
    lab = flow(house / ".gitlab-ci.yml")
    assert lab["onward:publish-shop"]["script"][0] == "mv parts/shop/dist parts/shop/fetched"
    assert "Everything stands" in ship(house).out
    told = json.loads(ship(house, "--dry-run", "--json").out)
    assert [one["tag"] for one in told["packages"]] == ["base-v*", "shop-v*"]
    here = ship(house, "--here", "--dry-run", "--json")
    names = [one["name"] for one in json.loads(here.out)["steps"]]
    assert {"test-base-3.11", "build-shop", "prove-base", "publish-shop"} <= set(names)
    assert ship(house, verb=("undo",)).code == 0
    assert not (house / FLOWS / "onward.yml").exists()


def test_only_the_packages_that_may_be_seen_are_published(house: Path, ship: Ship) -> None:
    private = 'classifiers = ["Private :: Do Not Upload"]\n'
    rewrite(house / "parts/base/pyproject.toml", ("[build-system]", f"{private}[build-system]"))

    def published(*words: str) -> list[object]:
        said = ship(house, "--github", "--dry-run", "--json", *words)
        assert said.code == 0, said.text
        return [one["publish"] for one in json.loads(said.out)["packages"]]

    assert published() == [None, "pypi"]
    assert published("--publish", "testpypi") == [None, "testpypi"]
    assert published("--publish", "none") == [None, None]
    assert ship(house, "--github", "--publish", "nowhere").code == 2


def test_a_tag_of_a_longer_name_is_not_of_the_shorter_one(house: Path, ship: Ship) -> None:
    put(house / "parts/other", "base-v2", BUILD)
    ship(house, "--github", "--gitlab")
    jobs = flow(house / FLOWS / "onward.yml")["jobs"]
    assert jobs["publish-base"]["if"] == (
        "startsWith(github.ref, 'refs/tags/base-v') && !startsWith(github.ref, 'refs/tags/base-v2-v')"
    )
    rules = flow(house / ".gitlab-ci.yml")["onward:publish-base"]["rules"]
    assert rules == [{"if": "$CI_COMMIT_TAG =~ /^base-v/ && $CI_COMMIT_TAG !~ /^base-v2-v/"}]


def test_the_root_of_a_workspace_may_say_how_all_is_tested(house: Path, ship: Ship) -> None:
    file = house / "pyproject.toml"
    before = file.read_text("utf-8")
    file.write_text(before + '[tool.pytest.ini_options]\ntestpaths = ["parts"]\n', "utf-8")
    ship(house, "--github")
    assert runs(flow(house / FLOWS / "onward.yml"), "test") == [
        ("", "uv run --locked --isolated --all-packages -- python -m pytest")
    ]
    file.write_text(before, "utf-8")
    (house / "tests/test_all.py").write_text("", "utf-8")
    ship(house, "--github")
    last = runs(flow(house / FLOWS / "onward.yml"), "test")[-1]
    assert last == ("", "uv run --locked --isolated --all-packages -- python -m pytest tests")


def test_a_workspace_that_is_no_project_itself_has_the_name_of_its_folder(
    house: Path, ship: Ship
) -> None:
    (house / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["parts/*"]\n', "utf-8")
    (house / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    said = ship(house, "--github")
    assert said.code == 0, said.text
    read = flow(house / FLOWS / "onward.yml")
    assert "docker build --tag mono:ci ." in [line for _, line in runs(read, "container")]
    assert ship(house, "--here", "--dry-run").code == 0
    said = ship(house, "--app")
    assert said.code == 2
    assert "  parts/base: base\n" in said.err
    assert "--app` in the folder" in said.err


def test_a_member_gets_jobs_of_its_own_with_the_lock_of_the_workspace(
    house: Path, ship: Ship
) -> None:
    shop = house / "parts/shop"
    (shop / "Dockerfile").write_text("FROM scratch\n", "utf-8")
    before = files_of(house)
    assert ship(shop / "tests", "--github").code == 0
    read = flow(house / FLOWS / "onward-parts--shop.yml")
    assert read["on"]["push"]["paths"] == [
        "parts/shop/**", "pyproject.toml", "uv.lock", "parts/base/**", f"{FLOWS}/onward-parts--shop.yml",
    ]  # fmt: skip
    start = "uv run --project ../.. --locked"
    assert [line for _, line in runs(read, "check")] == [f"{start} onward sync", f"{start} onward check --ci ."]  # fmt: skip
    assert runs(read, "publish")[-1][1].startswith(f"{start} --only-group dev onward ship publish")
    assert runs(read, "container")[0][1] == "docker build --tag shop:ci --file Dockerfile ../.."
    assert (shop / RECORD).is_file()
    assert ship(shop, verb=("undo",)).code == 0
    assert files_of(house) == before


def test_what_a_workspace_and_its_member_would_do_twice_is_told(house: Path, ship: Ship) -> None:
    with (house / "parts/till/pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[project.scripts]\ntill = "till:main"\n[tool.onward.app]\nname = "Till"\n')
    said = ship(house, "--github")
    assert "do not make the program of `till`" in said.out
    assert "onward.yml is for all members" in ship(house / "parts/till", "--github").out
    assert "onward-parts--till.yml is for a member" in ship(house).out
    assert "app" in flow(house / FLOWS / "onward-parts--till.yml")["jobs"]


def test_a_member_without_tests_or_a_package_gets_fewer_jobs(house: Path, ship: Ship) -> None:
    (house / "parts/till/tests/test_it.py").unlink()
    said = ship(house / "parts/till", "--github")
    assert "no tests were found" in said.out
    assert list(flow(house / FLOWS / "onward-parts--till.yml")["jobs"]) == ["check"]
    assert "not built into a wheel" in ship(house / "parts/till", "--publish", "pypi").err


def test_the_tag_that_is_lacking_is_named_as_the_jobs_want_it(
    two: tuple[Path, Path], env: dict[str, str], clock: FakeClock
) -> None:
    base, _ = two
    git(base, "add", "-A")
    git(base, "commit", "-q", "-m", "one")
    tree = Tree(base, base / "dist", open_situation(base, env, clock()))
    (found,) = tree.tag_findings("base", "1.0")
    assert found.rule == "publish/untagged"
    assert "`git tag base-v1.0`" in found.hint
    git(base, "tag", "base-v1.0")
    assert tree.tag_findings("base", "1.0") == []
