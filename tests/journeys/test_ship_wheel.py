"""``onward ship wheel`` with the real uv: what is proven, what is refused, and that nothing is half done."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from onward.cli.door import run_verb
from tests.conftest import FakeClock, MakeEnv, MakeProject
from tests.registry import Registry

BACKEND = Path(__file__).with_name("backend.py")
CODE = {
    "src/demo/__init__.py": "def main():\n    print('hello')\n",
    "src/demo/inner.py": "x = 1\n",
}
NAMES = {
    "demo-0.1.0-py3-none-any.whl",
    "demo-0.1.0.tar.gz",
    "demo-0.1.0.cdx.json",
    "demo-0.1.0.licences.txt",
    "SHA256SUMS",
}


class Shipping:
    """A project that builds by the backend beside this file, and ``onward ship wheel`` on it."""

    def __init__(self, env: dict[str, str], clock: FakeClock, project: MakeProject) -> None:
        self.env = env
        self._clock = clock
        self._project = project
        self.root = Path()
        self.out = ""
        self.err = ""

    def make(
        self,
        *,
        told: str = "",
        scripts: str = 'demo = "demo:main"',
        extra: str = "",
        files: dict[str, str] | None = None,
        **more: Any,
    ) -> Path:
        """Make the project; ``told`` is what the backend shall do wrong (TOML)."""
        table = f"[project.scripts]\n{scripts}\n[build-system]\nrequires = []\n"
        table += f'build-backend = "backend"\nbackend-path = ["."]\n{extra}'
        self.root = self._project(
            extra=table,
            files={
                **CODE,
                "backend.py": BACKEND.read_text(encoding="utf-8"),
                "backend.toml": told,
                **(files or {}),
            },
            **more,
        )
        return self.root

    def __call__(self, *words: str, verb: str = "ship", cwd: Path | None = None) -> int:
        out, err = io.StringIO(), io.StringIO()
        argv = [verb, *(("wheel",) if verb == "ship" else ()), *words]
        code = run_verb(argv, self.env, cwd=cwd or self.root, clock=self._clock, out=out, err=err)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def rules(self, *words: str) -> set[str]:
        self(*words, "--json")
        return {found["rule"] for found in json.loads(self.out)["findings"]}

    @property
    def dist(self) -> set[str]:
        folder = self.root / "dist"
        return {path.name for path in folder.iterdir()} if folder.exists() else set()


@pytest.fixture
def ship(env: dict[str, str], clock: FakeClock, project: MakeProject) -> Shipping:
    return Shipping(env, clock, project)


def test_a_good_package_is_built_proven_and_put_into_dist(ship: Shipping) -> None:
    root = ship.make(folder="my prøj")
    before = {path for path in root.rglob("*") if path.is_file()}
    assert ship() == 0, ship.out + ship.err
    for words in (
        "proven: name, version, metadata and recorded hashes agree",
        "proven: the contents are whole",
        "proven: two builds are byte for byte the same",
        "proven: it installs into an empty environment",
        "proven: it imports: demo",
        "proven: its commands are there: demo",
    ):
        assert words in ship.out
    assert ship.dist == NAMES
    for line in (root / "dist/SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((root / "dist" / name).read_bytes()).hexdigest() == digest
    bill = json.loads((root / "dist/demo-0.1.0.cdx.json").read_text(encoding="utf-8"))
    wheel = (root / "dist/demo-0.1.0-py3-none-any.whl").read_bytes()
    own = bill["metadata"]["component"]
    assert own["hashes"][0]["content"] == hashlib.sha256(wheel).hexdigest()
    added = {path for path in root.rglob("*") if path.is_file()} - before
    assert {path.parent.name for path in added} == {"dist", ".onward"}


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_what_a_link_leads_to_outside_of_the_project_is_not_handed_out(
    ship: Shipping, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "of this machine.txt"
    elsewhere.write_text("not for others", encoding="utf-8")
    root = ship.make()
    (root / "src/demo/words.txt").symlink_to(elsewhere)
    assert ship() == 2, ship.out + ship.err
    assert "[link-out]" in ship.err
    assert f"src/demo/words.txt leads to {elsewhere}" in ship.err
    assert not ship.dist


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_link_that_is_not_packed_may_lead_anywhere(ship: Shipping) -> None:
    root = ship.make()
    (root / "notes").symlink_to("/nowhere/at/all")
    assert ship() == 0, ship.out + ship.err


def test_json_is_told_without_words_beside_it(ship: Shipping) -> None:
    ship.make()
    assert ship("--no-reproduce", "--dry-run", "--json") == 0
    assert json.loads(ship.out)["written"] is False
    assert ship.err == ""


def test_shipping_again_gives_the_very_same_files(ship: Shipping) -> None:
    root = ship.make()
    ship()
    before = {path.name: path.read_bytes() for path in (root / "dist").iterdir()}
    assert ship() == 0, ship.out + ship.err
    assert "were in" in ship.out
    assert {path.name: path.read_bytes() for path in (root / "dist").iterdir()} == before


def test_undo_takes_what_was_shipped_away(ship: Shipping) -> None:
    ship.make()
    ship()
    assert ship(verb="undo") == 0
    assert ship.dist == set()


def test_files_outside_of_the_project_are_not_what_undo_takes_back(
    ship: Shipping, tmp_path: Path
) -> None:
    ship.make()
    ship("--no-reproduce")
    assert ship("--no-reproduce", "--out", str(tmp_path / "elsewhere")) == 0
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == NAMES
    assert ship(verb="undo") == 0
    assert ship.dist == set()
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == NAMES


def test_times_in_an_sdist_are_made_steady_and_it_is_said(ship: Shipping) -> None:
    root = ship.make(told="steady = false")
    assert ship() == 0, ship.out
    assert "note: the source distribution told when" in ship.out
    first = (root / "dist/demo-0.1.0.tar.gz").read_bytes()
    shutil.rmtree(root / "dist")
    ship()
    assert (root / "dist/demo-0.1.0.tar.gz").read_bytes() == first


@pytest.mark.parametrize("told", ["", "silent = true"])
def test_a_build_in_the_second_of_the_commit_is_the_same_as_a_later_one(
    ship: Shipping, told: str
) -> None:
    root = ship.make(told=told)
    when = int(time.time()) + 1
    ship.env["SOURCE_DATE_EPOCH"] = str(when)
    assert ship() == 0, ship.out
    first = (root / "dist/demo-0.1.0.tar.gz").read_bytes()
    while time.time() < when + 1:
        time.sleep(0.1)
    assert ship() == 0, ship.out
    assert (root / "dist/demo-0.1.0.tar.gz").read_bytes() == first


def test_sources_from_the_future_are_evened_in_every_build(ship: Shipping) -> None:
    ship.make(told='late-in = "XXX-9"')
    ship.env["SOURCE_DATE_EPOCH"] = str(2**32)
    assert ship() == 0, ship.out


def test_a_build_that_is_never_the_same_twice_names_the_member(ship: Shipping) -> None:
    ship.make(told="random = true")
    assert ship() == 1
    assert "demo/random.txt" in ship.out
    assert "[ship/not-reproducible]" in ship.out
    assert ship.dist == set()
    assert ship("--no-reproduce") == 0
    assert "[ship/unproven]" in ship.out
    assert ship.dist == NAMES


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ('version = "9.9"', "ship/metadata"),
        ('left-out = ["demo/inner.py"]', "ship/missing-module"),
        ('[add]\n"tests/__init__.py" = ""', "ship/top-level"),
        ('[add]\n"demo/__pycache__/x.pyc" = ""', "ship/junk"),
        ('[add]\n"demo/.env" = "TOKEN=1"', "ship/secret"),
    ],
)
def test_what_is_wrong_inside_is_refused_and_nothing_is_written(
    ship: Shipping, told: str, rule: str
) -> None:
    root = ship.make(told=told)
    assert rule in ship.rules("--no-reproduce")
    value = json.loads(ship.out)
    assert (value["blocked"], value["written"]) == (True, False)
    assert ship("--no-reproduce") == 1
    assert f"nothing was written to {root / 'dist'}" in ship.out
    assert ship.dist == set()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import not_there_at_all\n", "No module named 'not_there_at_all'"),
        ("import os\nos._exit(9)\n", "exit code 9"),
        ("raise SystemExit('no')\n", "SystemExit: no"),
    ],
)
def test_a_package_that_does_not_import_where_nothing_else_is(
    ship: Shipping, code: str, words: str
) -> None:
    ship.make(files={"src/demo/__init__.py": code})
    assert ship("--no-reproduce") == 1
    assert "[ship/import]" in ship.out
    assert words in ship.out
    assert ship.dist == set()


def test_a_command_that_leads_nowhere_is_refused(ship: Shipping) -> None:
    ship.make(scripts='demo = "demo:gone"\nother = "demo.inner:x"')
    assert ship("--no-reproduce") == 1
    assert "the command `demo` cannot start: AttributeError" in ship.out
    assert "`other`" not in ship.out


def test_a_module_that_is_there_for_an_extra_is_tried_with_it(
    ship: Shipping, registry: Registry
) -> None:
    registry.add("helper", "1.0")
    ship.make(
        index=registry.url,
        files={"src/more/__init__.py": "import helper\n"},
        extra='[project.optional-dependencies]\nmore = ["helper"]\n',
    )
    assert ship("--no-reproduce") == 0, ship.out
    assert "proven: it imports: demo" in ship.out
    assert "with its extras it imports: more" in ship.out


def test_dependencies_come_from_the_index_that_the_project_names(
    ship: Shipping, registry: Registry
) -> None:
    registry.add("helper", "1.0")
    ship.make(
        index=registry.url,
        dependencies=["helper"],
        files={"src/demo/__init__.py": "import helper\ndef main(): ...\n"},
    )
    assert ship("--no-reproduce") == 0, ship.out + ship.err
    bill = json.loads((ship.root / "dist/demo-0.1.0.cdx.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in bill["components"]] == ["helper"]
    assert "not versions" in str(bill["metadata"]["properties"])


def test_the_bill_of_materials_is_the_lock_where_there_is_one(
    ship: Shipping, registry: Registry
) -> None:
    from onward.adapters.uv.commands import uv_program

    registry.add("helper", "1.0", requires=["deeper"])
    registry.add("deeper", "2.0")
    ship.make(index=registry.url, dependencies=["helper"])
    subprocess.run((uv_program(ship.env), "lock", "-q"), cwd=ship.root, env=ship.env, check=True)
    assert ship("--no-reproduce") == 0, ship.out + ship.err
    bill = json.loads((ship.root / "dist/demo-0.1.0.cdx.json").read_text(encoding="utf-8"))
    found = {one["name"]: one["version"] for one in bill["components"]}
    assert found == {"helper": "1.0", "deeper": "2.0"}
    assert bill["metadata"]["component"]["version"] == "0.1.0"


def test_offline_says_loudly_what_was_not_tried(ship: Shipping, registry: Registry) -> None:
    registry.add("helper", "1.0")
    ship.make(index=registry.url, dependencies=["helper"])
    assert ship("--offline", "--no-reproduce") == 0
    assert "not installed and not imported" in ship.out
    assert "proven: it installs" not in ship.out
    assert registry.requests == []


def test_offline_with_nothing_to_fetch_is_proven(ship: Shipping) -> None:
    ship.make()
    assert ship("--offline") == 0
    assert "proven: it installs into an empty environment (from uv's cache alone)" in ship.out


def test_a_registry_that_is_away_is_not_the_projects_fault(ship: Shipping) -> None:
    ship.env["UV_HTTP_TIMEOUT"] = "2"
    ship.make(index="http://127.0.0.1:9/simple/", dependencies=["helper"])
    assert ship("--no-reproduce") == 4
    assert "[no-answer]" in ship.err
    assert ship.dist == set()


def test_a_dependency_that_nobody_has_is_the_projects_fault(
    ship: Shipping, registry: Registry
) -> None:
    registry.add("helper", "1.0")
    ship.make(index=registry.url, dependencies=["helper>=2"])
    assert ship("--no-reproduce") == 1
    assert "[ship/install]" in ship.out
    assert "helper" in ship.out


def test_a_backend_that_fails_speaks_for_itself(ship: Shipping) -> None:
    ship.make(told="fails = true")
    assert ship() == 2
    assert "the backend says no" in ship.err
    assert ship.dist == set()


def test_all_that_was_said_is_kept_and_named(ship: Shipping) -> None:
    noise = "print('https://bob:hunter2@a.example/')\nfor n in range(99): print('line', n)\n"
    ship.make(told="fails = true")
    (ship.root / "backend.py").write_text(
        BACKEND.read_text("utf-8").replace("def _hash", f"{noise}def _hash"), encoding="utf-8"
    )
    assert ship() == 2
    assert "line 3\n" not in ship.err
    log = Path(ship.err.partition("log: ")[2].partition("\n")[0])
    said = log.read_text("utf-8")
    assert "line 3\n" in said
    assert "the backend says no" in said
    assert "https://****@a.example/" in said
    assert "hunter2" not in said + ship.err
    (ship.root / "backend.toml").unlink()
    ship("--no-reproduce", "--json")
    assert json.loads(ship.out)["log"] == str(log)
    assert "the backend says no" not in log.read_text("utf-8")
    assert "import its modules and commands: exit code 0" in log.read_text("utf-8")


def test_another_build_of_the_same_version_is_replaced_only_by_force(ship: Shipping) -> None:
    root = ship.make()
    assert ship("--no-reproduce") == 0
    (root / "dist/demo-0.0.9.tar.gz").write_bytes(b"an older one")
    before = {path.name: path.read_bytes() for path in (root / "dist").iterdir()}
    (root / "src/demo/inner.py").write_text("x = 2\n", encoding="utf-8")
    assert ship("--no-reproduce") == 1
    assert "another build of the same version" in ship.err
    assert {path.name: path.read_bytes() for path in (root / "dist").iterdir()} == before
    assert ship("--no-reproduce", "--force") == 0
    assert ship.dist == NAMES | {"demo-0.0.9.tar.gz"}
    with zipfile.ZipFile(root / "dist/demo-0.1.0-py3-none-any.whl") as wheel:
        assert wheel.read("demo/inner.py") == b"x = 2\n"


def test_sums_keep_the_lines_of_files_that_are_still_there(ship: Shipping) -> None:
    root = ship.make()
    (root / "out").mkdir()
    (root / "out/older.whl").write_bytes(b"")
    lines = f"{'0' * 64}  older.whl\n{'1' * 64}  gone.whl\n"
    (root / "out/SHA256SUMS").write_text(lines, encoding="utf-8")
    assert ship("--no-reproduce", "--out", "out") == 0
    names = [
        line.split("  ")[1]
        for line in (root / "out/SHA256SUMS").read_text(encoding="utf-8").splitlines()
    ]
    assert names == sorted({*NAMES, "older.whl"} - {"SHA256SUMS"})


def test_dry_run_proves_and_writes_nothing(ship: Shipping) -> None:
    root = ship.make()
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert ship("--dry-run", "--no-reproduce") == 0
    assert "would write" in ship.out
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "words", [("wheel",), ("publish", "--to", "https://index.example/legacy/")]
)
def test_a_file_where_the_folder_should_be_is_told_before_the_build(
    words: tuple[str, ...], ship: Shipping, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ship.make()
    (root / "taken").write_text("here first", encoding="utf-8")
    argv = ["ship", *words, "--out", "taken/below"]
    assert run_verb(argv, ship.env, cwd=root) == 2
    said = capsys.readouterr().err
    assert "[no-folder]" in said
    assert "Building" not in said
    assert (root / "taken").read_text(encoding="utf-8") == "here first"


def test_a_folder_that_does_not_say_what_to_build(ship: Shipping, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "requirements.txt").write_text("helper\n", encoding="utf-8")
    assert ship(cwd=folder) == 2
    assert "does not say what to build" in ship.err


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_module_that_was_never_added_to_git_is_missed(ship: Shipping) -> None:
    root = ship.make()
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "x")):
        subprocess.run(("git", *who, *words), cwd=root, env=ship.env, check=True)
    (root / "src/demo/forgotten.py").write_text("", encoding="utf-8")
    status = subprocess.run(
        ("git", "status", "--porcelain"), cwd=root, env=ship.env, capture_output=True, check=True
    ).stdout
    assert ship("--no-reproduce") == 1
    assert "src/demo/forgotten.py" in ship.out
    assert "[ship/missing-module]" in ship.out
    again = subprocess.run(
        ("git", "status", "--porcelain"), cwd=root, env=ship.env, capture_output=True, check=True
    ).stdout
    assert again == status


def test_what_is_in_a_submodule_belongs_to_the_package_and_is_missed_where_it_is_absent(
    ship: Shipping, tmp_path: Path
) -> None:
    other, who = tmp_path / "other", ("-c", "user.name=A", "-c", "user.email=a@example.org")

    def git(folder: Path, *words: str) -> None:
        argv = ["git", *who, "-c", "protocol.file.allow=always", *words]
        subprocess.run(argv, cwd=folder, env=ship.env, check=True, capture_output=True)

    other.mkdir()
    (other / "table.py").write_text("x = 1\n", encoding="utf-8")
    root = ship.make(
        files={".gitignore": "dist/\n", "src/demo/inner.py": "import demo.sub.table\n"}
    )
    for folder in (other, root):
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "x")
    git(root, "submodule", "add", "-q", str(other), "src/demo/sub")
    git(root, "commit", "-qm", "sub")
    assert ship("--no-reproduce") == 0, ship.out + ship.err
    with zipfile.ZipFile(root / "dist/demo-0.1.0-py3-none-any.whl") as wheel:
        assert "demo/sub/table.py" in wheel.namelist()
    shutil.rmtree(root / "dist")
    git(root, "submodule", "deinit", "-q", "-f", "src/demo/sub")
    assert ship("--no-reproduce", "--dry-run") == 1
    assert "nothing of the submodule src/demo/sub is in it" in ship.out
    assert "`git submodule update --init --recursive`" in ship.out


def test_a_row_of_the_policy_can_let_one_file_pass(ship: Shipping) -> None:
    row = '[[tool.onward.policy]]\nmatch = "ship/secret"\nonly = ["*.whl/demo/.env"]\n'
    row += 'level = "advise"\nwhy = "a sample that holds nothing"\n'
    ship.make(told='[add]\n"demo/.env" = "TOKEN="', extra=row)
    assert ship("--no-reproduce") == 0, ship.out
    assert "[ship/secret]" in ship.out


@pytest.mark.registry
@pytest.mark.slow
@pytest.mark.parametrize(
    "backend",
    [
        ("setuptools>=77", "setuptools.build_meta"),
        ("hatchling", "hatchling.build"),
        ("flit_core>=3.12", "flit_core.buildapi"),
        ("uv_build", "uv_build"),
    ],
)
def test_real_backends_pass(
    make_env: MakeEnv,
    clock: FakeClock,
    project: MakeProject,
    shared_uv_cache: str,
    backend: tuple[str, str],
) -> None:
    import os

    ship = Shipping(dict(os.environ) | make_env(UV_CACHE_DIR=shared_uv_cache), clock, project)
    ship.root = project(
        files={**CODE, "README.md": "# demo\n"},
        extra=f'[build-system]\nrequires = ["{backend[0]}"]\nbuild-backend = "{backend[1]}"\n',
        pyproject='[project]\nname = "demo"\nversion = "0.1.0"\ndescription = "x"\n'
        'requires-python = ">=3.11"\nreadme = "README.md"\n',
    )
    code = ship()
    if code == 4:
        pytest.skip(f"no package registry: {ship.err[-300:]}")
    assert code == 0, ship.out + ship.err
    assert ship.dist == NAMES
