"""Opening projects of every layout, from wherever a person stands."""

import shutil
from pathlib import Path

import pytest

from onward.core.errors import BadInput
from onward.core.finding import Certainty
from onward.core.project import Kind, Layout
from onward.workflows.project import editable_with_uv, find_root, layout_findings, open_project
from onward.workflows.siblings import siblings_of

RECORDED = Path(__file__).parents[1] / "recorded" / "layouts"


def file(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("folder", "layout", "lock", "count", "way"),
    [
        ("poetry-2.5.1", Layout.poetry, "poetry.lock", 21, "poetry add"),
        ("pdm-2.29.3", Layout.pdm, "pdm.lock", 19, "pdm add"),
        ("pipenv-2026.10.3", Layout.pipenv, "Pipfile.lock", 17, "pipenv install"),
    ],
)
def test_a_project_of_another_tool_is_read_and_not_edited(
    tmp_path: Path, folder: str, layout: Layout, lock: str, count: int, way: str
) -> None:
    shutil.copytree(RECORDED / folder, tmp_path / "p")
    project = open_project(tmp_path / "p", {})
    assert (project.layout, project.lock_file) == (layout, lock)
    assert project.lock is not None
    assert len(project.lock.packages) == count
    assert project.declared
    assert not project.unreadable
    assert lock in project.files
    with pytest.raises(BadInput) as raised:
        editable_with_uv(project)
    assert lock in raised.value.message
    assert way in (raised.value.hint or "")


def test_uv_and_plain_pep621_may_be_edited(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", '[project]\nname = "A_b"\nversion = "1"\n')
    project = open_project(tmp_path, {"UV_PROJECT_ENVIRONMENT": "env"})
    assert (project.layout, project.name, project.lock) == (Layout.pep621, "a-b", None)
    assert project.environment == project.root / "env"
    editable_with_uv(project)


def test_the_way_out_of_a_stale_foreign_lock_works(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", '[project]\nname = "a"\nversion = "1"\n')
    file(tmp_path, "pdm.lock", "")
    with pytest.raises(BadInput) as raised:
        editable_with_uv(open_project(tmp_path, {}))
    assert "remove `pdm.lock`" in (raised.value.hint or "")
    (tmp_path / "pdm.lock").unlink()
    editable_with_uv(open_project(tmp_path, {}))


def workspace(root: Path) -> Path:
    file(root, "pyproject.toml", '[project]\nname = "top"\nversion = "1"\n[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old*"]\n')  # fmt: skip
    for name in ("core", "old-one"):
        file(
            root,
            f"packages/{name}/pyproject.toml",
            f'[project]\nname = "{name}"\ndependencies = ["idna"]\n',
        )
    file(root, "elsewhere/pyproject.toml", '[project]\nname = "elsewhere"\n')
    (root / "packages/core/src/deep").mkdir(parents=True)
    return root


def test_a_member_of_a_workspace_gives_the_root_that_has_the_lock(tmp_path: Path) -> None:
    root = workspace(tmp_path).resolve()
    assert find_root(root / "packages/core/src/deep") == root
    assert find_root(root / "packages/old-one") == root / "packages/old-one"
    assert find_root(root / "elsewhere") == root / "elsewhere"
    project = open_project(root / "packages/core/src", {})
    assert project.members == {".": "top", "packages/core": "core"}
    assert [str(d.place) for d in project.declared] == ["packages/core/pyproject.toml:3"]


def test_a_root_that_is_no_project_does_not_take_the_name_of_a_member(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    file(root, "pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old*"]\n')  # fmt: skip
    project = open_project(root, {})
    assert project.members == {".": "", "packages/core": "core"}
    (core,) = siblings_of(project, root / "packages/other", {}).values()
    assert core.folder == root.resolve() / "packages/core"


def test_a_folder_with_a_requirements_file_is_still_inside_its_project(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", '[project]\nname = "a"\n')
    file(tmp_path, "docs/requirements.txt", "mkdocs\n")
    assert find_root(tmp_path / "docs") == tmp_path.resolve()


def test_a_service_beside_a_pyproject_of_tools_is_its_own_project(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", "[tool.ruff]\n")
    (tmp_path / ".git").mkdir()
    file(tmp_path, "services/a/requirements.txt", "flask==3.0\n")
    project = open_project(tmp_path / "services/a", {})
    assert (project.layout, project.name) == (Layout.requirements, "a")
    assert project.lock is not None
    assert find_root(tmp_path) == tmp_path.resolve()


def test_a_pipfile_lock_that_was_left_behind_is_read_without_its_pipfile(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", '[project]\nname = "demo"\nversion = "1"\n')
    file(tmp_path, "Pipfile.lock", '{"_meta": {}, "default": {"flask": {"version": "==3.0"}}}')
    project = open_project(tmp_path, {})
    assert (project.layout, project.foreign_locks) == (Layout.pipenv, ("Pipfile.lock",))
    assert project.lock is not None


def test_nothing_found_says_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(BadInput) as raised:
        find_root(tmp_path)
    assert "Pipfile" in raised.value.context[0]
    assert "onward new" in (raised.value.hint or "")


def test_requirements_files_have_groups_by_name_and_in_files_are_what_is_declared(
    tmp_path: Path,
) -> None:
    file(tmp_path, "requirements.in", "flask\n")
    file(tmp_path, "requirements.txt", "flask==3.0.0\nclick==8.1.7\n")
    file(tmp_path, "requirements-dev.txt", "-r requirements.txt\npytest\n")
    project = open_project(tmp_path, {})
    assert [(d.requirement, d.group) for d in project.declared if d.place.path.endswith(".in")] == [
        ("flask", "")
    ]
    assert ("pytest", "dev") in [(d.requirement, d.group) for d in project.declared]
    assert project.lock is not None
    assert {str(p) for p in project.lock.packages} == {"flask==3.0.0", "click==8.1.7"}


def test_a_file_outside_the_repository_is_not_included(tmp_path: Path) -> None:
    file(tmp_path, "secret.txt", "TOKEN=hunter2\n")
    root = tmp_path / "repo"
    file(root, "requirements.txt", "-r ../secret.txt\nflask\n")
    (root / ".git").mkdir()
    project = open_project(root, {})
    (finding,) = layout_findings(project)
    assert finding.certainty is Certainty.unknown
    assert "hunter2" not in finding.message
    assert [d.name for d in project.declared] == ["flask"]


def test_a_file_that_powershell_wrote_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("flask==3.0\r\n".encode("utf-16"))
    assert [d.name for d in open_project(tmp_path, {}).declared] == ["flask"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[project]\nname = "a"\n', Kind.application),
        ('[project]\nname = "a"\n[build-system]\nrequires = []\n', Kind.library),
        ('[project]\nname = "a"\n[build-system]\nrequires = []\n[project.scripts]\na = "a:b"\n', Kind.application),
        ('[project]\nname = "a"\n[build-system]\nrequires = []\n[tool.onward]\nkind = "application"\n', Kind.application),
        ('[project]\nname = "a"\n[tool.onward]\nkind = "library"\n', Kind.library),
        ('[project]\nname = "a"\nclassifiers = ["Private :: Do Not Upload"]\n[build-system]\nrequires = []\n', Kind.application),
    ],
)  # fmt: skip
def test_the_kind_is_told_or_worked_out(tmp_path: Path, text: str, kind: Kind) -> None:
    file(tmp_path, "pyproject.toml", text)
    project = open_project(tmp_path, {})
    assert project.kind is kind
    assert project.kind_because


def test_setup_cfg_is_read_with_its_commands(tmp_path: Path) -> None:
    file(tmp_path, "setup.py", "from setuptools import setup\nsetup()\n")
    file(tmp_path, "setup.cfg", "[metadata]\nname = old\n[options]\ninstall_requires =\n  idna\n[options.entry_points]\nconsole_scripts =\n  a = b:c\n")  # fmt: skip
    project = open_project(tmp_path, {})
    assert (project.layout, project.kind, project.name) == (Layout.setup, Kind.application, "old")
    assert [d.name for d in project.declared] == ["idna"]
    with pytest.raises(BadInput, match=r"setup\.cfg"):
        editable_with_uv(project)


def test_a_lock_can_be_left_unread(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", '[project]\nname = "a"\n')
    file(tmp_path, "uv.lock", "broken = ")
    assert open_project(tmp_path, {}, read_lock=False).lock_file == "uv.lock"
    with pytest.raises(BadInput):
        open_project(tmp_path, {})


def test_what_setup_py_works_out_is_one_finding_and_not_one_for_each_line(tmp_path: Path) -> None:
    file(
        tmp_path,
        "setup.py",
        "from setuptools import setup\nE = ['b']\n"
        "setup(install_requires=reqs('a.txt'), extras_require={'x': reqs('b.txt'), 'y': [*E, 'c']})\n",
    )
    project = open_project(tmp_path, {})
    (finding,) = layout_findings(project)
    assert (finding.rule, finding.certainty) == ("project/dynamic", Certainty.unknown)
    assert [(d.name, d.group) for d in project.declared] == [("b", "y"), ("c", "y")]


def test_a_folder_where_a_file_should_be_is_said(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", "[project]\nname = 'a'\nversion = '1'\n")
    (tmp_path / "uv.lock").mkdir()

    with pytest.raises(BadInput, match=r"uv\.lock` is a folder") as caught:
        open_project(tmp_path, {})

    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "does not say its format version"), ("version = 99\n", "has format version 99")],
)
def test_the_way_out_of_an_unknown_lock_needs_no_lock(tmp_path: Path, text: str, said: str) -> None:
    file(tmp_path, "pyproject.toml", "[project]\nname = 'a'\nversion = '1'\n")
    file(tmp_path, "uv.lock", text)

    with pytest.raises(BadInput, match=said) as caught:
        open_project(tmp_path, {})

    assert "remove it and run `onward lock`" in (caught.value.hint or "")


def test_a_pyproject_without_a_project_table_is_told_in_whole_words(tmp_path: Path) -> None:
    file(tmp_path, "pyproject.toml", "")

    with pytest.raises(BadInput, match=r"has no `\[project\]` table"):
        editable_with_uv(open_project(tmp_path, {}))


def test_a_file_that_is_not_there_is_not_a_matter_of_spelling(tmp_path: Path) -> None:
    file(tmp_path, "requirements.txt", "-r other.txt\n")

    (finding,) = layout_findings(open_project(tmp_path, {}))

    assert "cannot be read" in finding.message
    assert finding.hint == ""
