"""Projects of many shapes: the files that onward writes are byte for byte those of plain uv, and uv goes on without it."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest

from tests.conftest import FakeClock, MakeEnv
from tests.journeys.conftest import NOBODY
from tests.journeys.stage import Stage, files_of, rewrite
from tests.registry import Registry

BACKEND = """\
import base64, hashlib, zipfile
from pathlib import Path

NAME, VERSION = "{name}", Path("VERSION").read_text().strip()
INFO = f"{{NAME}}-{{VERSION}}.dist-info"

def _metadata():
    return f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n{requires}"

def prepare_metadata_for_build_wheel(folder, settings=None):
    (Path(folder) / INFO).mkdir()
    (Path(folder) / INFO / "METADATA").write_text(_metadata())
    (Path(folder) / INFO / "WHEEL").write_text("Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    return INFO

def build_wheel(folder, settings=None, metadata=None):
    name = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / name, "w") as archive:
        archive.writestr(f"{{NAME}}.py", "")
        archive.writestr(f"{{INFO}}/METADATA", _metadata())
        archive.writestr(f"{{INFO}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{{INFO}}/RECORD", "")
    return name

build_editable = build_wheel
get_requires_for_build_editable = get_requires_for_build_wheel = lambda settings=None: []
"""
"""A build backend in one file that needs nothing; the version stands in a file beside it."""

OWN_BACKEND = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def backend(name: str, requires: str = "") -> str:
    return BACKEND.format(name=name, requires=requires)


def head(name: str = "demo", *dependencies: str, more: str = "") -> str:
    listed = "".join(f'    "{line}",\n' for line in dependencies)
    return (
        f'[project]\nname = "{name}"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
        f"dependencies = [\n{listed}]\n{more}"
    )


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """Files below a folder; the project is in ``root``, the person stands in ``cwd`` and says ``words``."""

    files: Mapping[str, str]
    words: tuple[str, ...] = ("add", "lanternfish")
    root: str = "demo"
    cwd: str = ""
    locked_before: bool = False
    index: bool = True


INDEX = '\n[[tool.uv.index]]\nurl = "<INDEX>"\ndefault = true\n'

SHAPES: dict[str, Shape] = {
    "bare": Shape(files={"demo/pyproject.toml": head()}),
    "extras, groups and markers": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo",
                "mossgrove[deep]>=1; sys_platform != 'win32'",
                "fernbrake; python_version >= '3.13'",
                more='[project.optional-dependencies]\nfast = ["tidewater"]\n'
                '[dependency-groups]\ndev = ["hollyhock<2", { include-group = "docs" }]\n'
                'docs = ["quillwort"]\n',
            )
        },
        words=("add", "--optional", "fast", "lanternfish"),
    ),
    "to a group": Shape(
        files={"demo/pyproject.toml": head()}, words=("add", "--group", "docs", "lanternfish>=1,<2")
    ),
    "remove": Shape(
        files={"demo/pyproject.toml": head("demo", "lanternfish", "tidewater")},
        words=("remove", "lanternfish"),
        locked_before=True,
    ),
    "older versions in the lock stay": Shape(
        files={"demo/pyproject.toml": head("demo", "mossgrove", "hollyhock")}, locked_before=True
    ),
    "upgrade of a locked one by a new bound": Shape(
        files={"demo/pyproject.toml": head("demo", "mossgrove")},
        words=("add", "mossgrove>=2"),
        locked_before=True,
    ),
    "workspace, at the root": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo",
                "part",
                more='[tool.uv.workspace]\nmembers = ["parts/*"]\n'
                "[tool.uv.sources]\npart = { workspace = true }\n",
            ),
            "demo/parts/part/pyproject.toml": head("part", "mossgrove") + OWN_BACKEND,
            "demo/parts/part/backend.py": backend("part", "Requires-Dist: mossgrove\\n"),
            "demo/parts/part/VERSION": "0.1.0",
            "demo/parts/other/pyproject.toml": head("other", "tidewater"),
        }
    ),
    "workspace, in a member": Shape(
        files={
            "demo/pyproject.toml": head(more='[tool.uv.workspace]\nmembers = ["parts/*"]\n'),
            "demo/parts/part/pyproject.toml": head("part", "mossgrove"),
            "demo/parts/part/src/x.py": "",
        },
        cwd="parts/part/src",
    ),
    "workspace without a project at the root": Shape(
        files={
            "demo/pyproject.toml": '[tool.uv.workspace]\nmembers = ["parts/*"]\n'
            '[dependency-groups]\ndev = ["tidewater"]\n',
            "demo/parts/part/pyproject.toml": head("part", "mossgrove"),
        },
        cwd="parts/part",
    ),
    "a version that only a build tells": Shape(
        files={
            "demo/pyproject.toml": '[project]\nname = "demo"\ndynamic = ["version"]\n'
            f'requires-python = ">=3.11"\ndependencies = ["mossgrove"]\n{OWN_BACKEND}',
            "demo/backend.py": backend("demo", "Requires-Dist: mossgrove\\n"),
            "demo/VERSION": "7.5",
        }
    ),
    "dependencies that only a build tells": Shape(
        files={
            "demo/pyproject.toml": '[project]\nname = "demo"\ndynamic = ["version", "dependencies"]\n'
            f'requires-python = ">=3.11"\n{OWN_BACKEND}',
            "demo/backend.py": backend("demo", "Requires-Dist: mossgrove<2\\n"),
            "demo/VERSION": "7.5",
        },
        words=("lock",),
    ),
    "built with a requirement": Shape(
        files={
            "demo/pyproject.toml": head()
            + '[build-system]\nrequires = ["brackenbuild"]\nbuild-backend = "brackenbuild"\n',
            "demo/VERSION": "0.1.0",
        }
    ),
    "a path outside": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo",
                "lib",
                more='[tool.uv.sources]\nlib = { path = "../lib" }\n',
            ),
            "lib/pyproject.toml": head("lib", "mossgrove") + OWN_BACKEND,
            "lib/backend.py": backend("lib"),
            "lib/VERSION": "0.1.0",
        }
    ),
    "an editable path outside, and one beside it": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo",
                "lib",
                more='[tool.uv.sources]\nlib = { path = "../libs/lib", editable = true }\n',
            ),
            "libs/lib/pyproject.toml": head(
                "lib",
                "base",
                more='[tool.uv.sources]\nbase = { path = "../base", editable = true }\n',
            )
            + OWN_BACKEND,
            "libs/lib/backend.py": backend("lib", "Requires-Dist: base\\n"),
            "libs/lib/VERSION": "0.1.0",
            "libs/base/pyproject.toml": head("base", "mossgrove") + OWN_BACKEND,
            "libs/base/backend.py": backend("base", "Requires-Dist: mossgrove\\n"),
            "libs/base/VERSION": "0.1.0",
        }
    ),
    "a path that is added": Shape(
        files={
            "demo/pyproject.toml": head(),
            "lib/pyproject.toml": head("lib", "mossgrove") + OWN_BACKEND,
            "lib/backend.py": backend("lib", "Requires-Dist: mossgrove\\n"),
            "lib/VERSION": "0.1.0",
        },
        words=("add", "../lib"),
    ),
    "spaces and unicode": Shape(
        files={"mein projekt é ☂/pyproject.toml": head()}, root="mein projekt é ☂"
    ),
    "a folder below": Shape(
        files={"demo/pyproject.toml": head(), "demo/src/demo/deep/x.py": ""}, cwd="src/demo/deep"
    ),
    "lines that end as on Windows": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo", "mossgrove", more='# a comment\n[dependency-groups]\ndev = ["tidewater"]\n'
            ).replace("\n", "\r\n")
        }
    ),
    "comments and an odd form": Shape(
        files={
            "demo/pyproject.toml": "# top\n[project] # here\nname='demo'\nversion = '1'\n"
            "requires-python='>=3.11'\ndependencies=[ 'mossgrove', # why\n  ]\n\n\n"
        }
    ),
    "only an sdist": Shape(files={"demo/pyproject.toml": head()}, words=("add", "saltmarsh")),
    "lowest, previews, and a day": Shape(
        files={
            "demo/pyproject.toml": head("demo", "mossgrove")
            + '[tool.uv]\nresolution = "lowest-direct"\nprerelease = "allow"\n'
            'exclude-newer = "2026-01-01T00:00:00Z"\n'
        }
    ),
    "constraints, overrides and conflicts": Shape(
        files={
            "demo/pyproject.toml": head(
                more='[project.optional-dependencies]\na = ["mossgrove<2"]\nb = ["mossgrove>=2"]\n'
            )
            + '[tool.uv]\nconstraint-dependencies = ["tidewater<1.5"]\n'
            'override-dependencies = ["hollyhock==1.0"]\n'
            'conflicts = [[{ extra = "a" }, { extra = "b" }]]\n'
            "environments = [\"sys_platform == 'linux'\"]\n"
        }
    ),
    "a folder of files": Shape(
        files={
            "demo/pyproject.toml": head("demo", "emberlight")
            + '[tool.uv]\nfind-links = ["links"]\n'
        }
    ),
    "a flat folder outside as index": Shape(
        files={
            "demo/pyproject.toml": head("demo", "emberlight")
            + '[[tool.uv.index]]\nname = "flat"\nurl = "../links"\nformat = "flat"\n'
        }
    ),
    "uv.toml beside": Shape(
        files={
            "demo/pyproject.toml": head(),
            "demo/uv.toml": '[[index]]\nurl = "<INDEX>"\ndefault = true\n',
        },
        index=False,
    ),
    "uv.toml above": Shape(
        files={
            "demo/pyproject.toml": head(),
            "uv.toml": 'resolution = "lowest-direct"\n[[index]]\nurl = "<INDEX>"\ndefault = true\n',
        },
        index=False,
    ),
    "a named index and a source": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo",
                "wrenhaven",
                more='[[tool.uv.index]]\nname = "corp"\nurl = "<OTHER>"\nexplicit = true\n'
                '[tool.uv.sources]\nwrenhaven = { index = "corp" }\n',
            )
        }
    ),
    "a second index before the default": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo", "wrenhaven", more='[[tool.uv.index]]\nname = "corp"\nurl = "<OTHER>"\n'
            )
        }
    ),
    "an index of a member": Shape(
        files={
            "demo/pyproject.toml": head(more='[tool.uv.workspace]\nmembers = ["part"]\n'),
            "demo/part/pyproject.toml": head(
                "part",
                "wrenhaven",
                more='[[tool.uv.index]]\nname = "corp"\nurl = "<OTHER>"\nexplicit = true\n'
                '[tool.uv.sources]\nwrenhaven = { index = "corp" }\n',
            ),
        }
    ),
    "a file by its address": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo", "tidewater @ <FILES>/tidewater-1.0-py3-none-any.whl"
            )
        }
    ),
    "a file by its address in sources": Shape(
        files={
            "demo/pyproject.toml": head(
                "demo",
                "tidewater",
                more="[tool.uv.sources]\n"
                'tidewater = { url = "<FILES>/tidewater-1.0-py3-none-any.whl" }\n',
            )
        }
    ),
    "requires-python with a ceiling": Shape(
        files={"demo/pyproject.toml": head().replace(">=3.11", ">=3.11,<3.14")}
    ),
    "a pinned Python": Shape(files={"demo/pyproject.toml": head(), "demo/.python-version": "3\n"}),
}


def fill(registry: Registry) -> None:
    """Offer all that the shapes need."""
    registry.add("lanternfish", "1.0", requires=["mossgrove>=1", "fernbrake"])
    registry.add("lanternfish", "1.1", requires=["mossgrove>=1", "fernbrake"])
    for version in ("1.0", "2.0"):
        registry.add(
            "mossgrove",
            version,
            requires=['quillwort; extra == "deep"', 'fernbrake; sys_platform == "win32"'],
            extras=["deep"],
            sdist=True,
        )
        registry.add("hollyhock", version)
    registry.add("mossgrove", "2.1a1", extras=["deep"])
    registry.add("fernbrake", "1.0", requires_python=">=3.8")
    registry.add("quillwort", "1.0", tags=("cp311-cp311-win_amd64", "py3-none-any"))
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "1.5")
    registry.add("saltmarsh", "1.0", wheel=False, sdist=True, requires=["hollyhock"])
    registry.add(
        "brackenbuild",
        "1.0",
        files={"brackenbuild.py": backend("demo")},
    )


class Grounds(msgspec.Struct, frozen=True):
    """A folder for onward, one for plain uv, and what both see."""

    ours: Stage
    theirs: Stage


MakeGrounds = Callable[[Shape], Grounds]


@pytest.fixture
def make_grounds(
    tmp_path: Path,
    registry: Registry,
    make_registry: Callable[[], Registry],
    make_env: MakeEnv,
    clock: FakeClock,
) -> MakeGrounds:
    other = make_registry()
    fill(registry)
    other.add("wrenhaven", "1.0", requires=["mossgrove"])
    other.add("tidewater", "3.0")
    places = {
        "<INDEX>": registry.url,
        "<OTHER>": other.url,
        "<FILES>": f"{registry.base}/files",
    }

    def make(shape: Shape) -> Grounds:
        stages = []
        # of one length, since uv breaks no line but wheels know where they were built
        for who in ("ours", "uvs_"):
            base = tmp_path / who
            for path, text in shape.files.items():
                (base / path).parent.mkdir(parents=True, exist_ok=True)
                whole = with_index(text, path, shape)
                for place, address in places.items():
                    whole = whole.replace(place, address)
                (base / path).write_text(whole, encoding="utf-8", newline="")
            put_links(base, shape)
            env = make_env(UV_CACHE_DIR=str(tmp_path / f"cache-{who}"))
            stages.append(Stage(base / shape.root, env, clock))
        stages[0].advise(NOBODY)
        grounds = Grounds(*stages)
        if shape.locked_before:
            for stage in stages:
                assert stage.uv("sync").code == 0
            registry.add("mossgrove", "2.5", extras=["deep"])
            registry.add("hollyhock", "2.5")
        return grounds

    return make


def with_index(text: str, path: str, shape: Shape) -> str:
    """The text of a file, with the index in it where it is the project's own pyproject.toml."""
    if not shape.index or path != f"{shape.root}/pyproject.toml":
        return text
    return text + INDEX.replace("\n", "\r\n" if "\r\n" in text else "\n")


def put_links(base: Path, shape: Shape) -> None:
    """A folder of files, where the shape names one."""
    text = "".join(shape.files.values())
    if "links" not in text:
        return
    folder = base / ("links" if '"../links"' in text else f"{shape.root}/links")
    folder.mkdir(parents=True)
    with Registry() as maker:
        file = maker.add("emberlight", "1.0")[0]
        (folder / file.filename).write_bytes(file.content)


def projects_files(stage: Stage) -> dict[str, bytes]:
    """Every file of the project and beside it, without what onward and environments keep."""
    base = stage.root.parent
    return {
        path.relative_to(base).as_posix(): path.read_bytes()
        for path in files_of(base)
        if not {".onward", ".venv", "__pycache__"} & set(path.relative_to(base).parts)
        and not path.name.endswith(".egg-info")
    }


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_the_files_are_those_of_plain_uv(shape: Shape, make_grounds: MakeGrounds) -> None:
    grounds = make_grounds(shape)
    ours, theirs = grounds.ours, grounds.theirs

    ours.fine(*shape.words, cwd=shape.cwd)
    plain = theirs.uv(*shape.words, root=theirs.root / shape.cwd)

    assert plain.code == 0, plain.text
    assert projects_files(ours) == projects_files(theirs)
    if shape.words[0] != "lock":
        whole = ("--all-packages",) if "tool.uv.workspace" in str(shape.files) else ()
        assert theirs.uv("sync", "--locked", *whole).code == 0
        assert set(theirs.installed) <= set(ours.installed)
        for words in (("lock", "--check"), ("sync", "--locked", "--check", *whole)):
            said = ours.uv(*words)
            assert said.code == 0, said.text
    for path in files_of(ours.root):
        assert b"onward.localhost" not in path.read_bytes(), path


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_git_repository_is_taken_and_told_as_foreign(
    make_grounds: MakeGrounds, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(_library(tmp_path), repository)
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x@x.test", "commit", "--quiet", "-m", "x"),
    ):
        subprocess.run(["git", *words], cwd=repository, check=True)
    source = f'[tool.uv.sources]\nlib = {{ git = "{repository.as_uri()}" }}\n'
    grounds = make_grounds(Shape(files={"demo/pyproject.toml": head("demo", "lib", more=source)}))

    said = grounds.ours.fine("sync")
    plain = grounds.theirs.uv("sync")

    assert plain.code == 0, plain.text
    assert "guard/foreign-source" in said.out
    assert projects_files(grounds.ours) == projects_files(grounds.theirs)


def _library(folder: Path) -> Path:
    library = folder / "library"
    library.mkdir()
    (library / "pyproject.toml").write_text(head("lib", "mossgrove") + OWN_BACKEND)
    (library / "backend.py").write_text(backend("lib", "Requires-Dist: mossgrove\\n"))
    (library / "VERSION").write_text("0.1.0")
    return library


def test_the_lock_of_another_revision_stays_readable(make_grounds: MakeGrounds) -> None:
    """A lock from plain uv, then onward, then plain uv again: nobody rewrites what the other wrote."""
    grounds = make_grounds(SHAPES["older versions in the lock stay"])
    ours = grounds.ours
    before = (ours.root / "uv.lock").read_bytes()

    ours.fine("sync")
    assert (ours.root / "uv.lock").read_bytes() == before
    ours.fine("lock")
    assert (ours.root / "uv.lock").read_bytes() == before


def test_an_index_with_and_without_a_slash_is_one_index(make_grounds: MakeGrounds) -> None:
    shape = Shape(files={"demo/pyproject.toml": head()})
    grounds = make_grounds(shape)
    for stage in (grounds.ours, grounds.theirs):
        rewrite(stage.root / "pyproject.toml", ("/simple/", "/simple"))

    grounds.ours.fine("add", "lanternfish")
    assert grounds.theirs.uv("add", "lanternfish").code == 0

    assert projects_files(grounds.ours) == projects_files(grounds.theirs)
    for stage in (grounds.ours, grounds.theirs):
        rewrite(stage.root / "pyproject.toml", ("/simple", "/simple/"))
    grounds.ours.fine("add", "tidewater")
    assert grounds.theirs.uv("add", "tidewater").code == 0
    assert projects_files(grounds.ours) == projects_files(grounds.theirs)
