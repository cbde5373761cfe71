"""Every way around the guard that someone could try, by configuration, environment, hostile index or lock: all closed."""

import datetime as dt
import gzip
import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from onward.core.artifact import PUBLIC_INDEX
from tests.conftest import FakeClock, MakeEnv, MakeProject
from tests.dumps import document
from tests.journeys.conftest import NOBODY, MakeStage
from tests.journeys.stage import Stage, rewrite
from tests.registry import Registry

FRESH = dt.datetime(2026, 5, 31, tzinfo=dt.UTC)
EVIL = document("MAL-2026-6", "evilmoss", fixed=None)

OWN_BACKEND = (
    '[build-system]\nrequires = [{requires}]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
)
BACKEND = """\
import zipfile
from pathlib import Path

def build_wheel(folder, settings=None, metadata=None):
    name = "demo-0.1.0-py3-none-any.whl"
    info = "demo-0.1.0.dist-info"
    with zipfile.ZipFile(Path(folder) / name, "w") as archive:
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 0.1.0\\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{info}/RECORD", "")
    return name

build_editable = build_wheel
"""


@pytest.fixture
def bare(project: MakeProject, make_env: MakeEnv, clock: FakeClock) -> Stage:
    """A project without any index of its own; evilmoss is malware."""
    stage = Stage(project(), make_env(), clock)
    stage.advise(NOBODY, EVIL)
    return stage


@pytest.fixture
def evil(registry: Registry) -> Registry:
    """An index with a good library, a young release of it, and malware."""
    registry.add("tidewater", "1.0")
    registry.add("tidewater", "2.0", uploaded=FRESH)
    registry.add("evilmoss", "1.0")
    return registry


def guarded(stage: Stage, index: Registry, **env: str) -> None:
    """Insist that this index is judged: malware is refused, a young release stepped over, nothing fetched before."""
    index.forget()
    stage = Stage(stage.root, {**stage.env, **env}, stage.clock)
    assert "MAL-2026-6" in stage.refused("add", "evilmoss").err
    assert "guard/too-new" in stage.refused("add", "tidewater==2.0").err
    assert index.paths("/files/evilmoss") == index.paths("/files/tidewater-2") == []
    stage.fine("add", "tidewater")
    assert stage.locked == stage.installed == {"tidewater": "1.0"}
    for path in (stage.root / "uv.lock", stage.root / "pyproject.toml"):
        assert b"onward.localhost" not in path.read_bytes()


# Configuration and environment


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_a_default_index_by_variable(bare: Stage, evil: Registry, name: str) -> None:
    guarded(bare, evil, **{name: evil.url})


@pytest.mark.parametrize("name", ["UV_INDEX", "UV_EXTRA_INDEX_URL"])
def test_a_further_index_by_variable(
    make_stage: MakeStage, evil: Registry, make_registry: Callable[[], Registry], name: str
) -> None:
    stage = make_stage(index=make_registry().url)
    stage.advise(NOBODY, EVIL)

    guarded(stage, evil, **{name: evil.url})


def test_a_named_index_by_variable(bare: Stage, evil: Registry) -> None:
    guarded(bare, evil, UV_INDEX=f"corp={evil.url}", UV_DEFAULT_INDEX=evil.url)


def test_a_folder_of_files_by_variable(
    make_stage: MakeStage, evil: Registry, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    for name in ("evilmoss", "tidewater"):
        file = evil.add(name, "1.0")[0]
        (links / file.filename).write_bytes(file.content)
    stage = make_stage(index="", extra="[tool.uv]\nno-index = true")
    stage.advise(NOBODY, EVIL)

    assert "MAL-2026-6" in stage.refused("add", "evilmoss", UV_FIND_LINKS=str(links)).err
    said = stage.fine("add", "tidewater", UV_FIND_LINKS=str(links))

    assert "guard/foreign-source" in said.out
    assert stage.installed == {"tidewater": "1.0"}


@pytest.mark.parametrize(
    ("path", "variable"),
    [
        ("demo/uv.toml", ""),
        ("uv.toml", ""),
        ("home/config/uv/uv.toml", ""),
        ("elsewhere/some.toml", "UV_CONFIG_FILE"),
    ],
)
def test_a_configuration_file(
    bare: Stage, evil: Registry, tmp_path: Path, path: str, variable: str
) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'[[index]]\nurl = "{evil.url}"\ndefault = true\n', encoding="utf-8")

    guarded(bare, evil, **({variable: str(file)} if variable else {}))


def test_no_configuration_does_not_mean_no_guard(
    make_stage: MakeStage, evil: Registry, make_registry: Callable[[], Registry]
) -> None:
    stage = make_stage(index=make_registry().url)
    stage.advise(NOBODY, EVIL)

    guarded(stage, evil, UV_NO_CONFIG="1", UV_DEFAULT_INDEX=evil.url)


@pytest.mark.parametrize(
    "table",
    [
        'url = "<EVIL>"\ndefault = true',
        'url = "<EVIL>"',
        'name = "corp"\nurl = "<EVIL>"',
        'name = "corp"\nurl = "<EVIL>"\ndefault = true\nauthenticate = "never"',
        'name = "corp"\nurl = "<EVIL>"\nignore-error-codes = [403, 424]',
        'name = "corp"\nurl = "<EVIL>"\ncache-control = { api = "max-age=99999" }',
    ],
)
def test_an_index_of_the_project(
    make_stage: MakeStage, evil: Registry, make_registry: Callable[[], Registry], table: str
) -> None:
    default = "" if "default" in table else make_registry().url
    text = f"[[tool.uv.index]]\n{table.replace('<EVIL>', evil.url)}"
    stage = make_stage(index=default, extra=text)
    stage.advise(NOBODY, EVIL)

    guarded(stage, evil)


@pytest.mark.parametrize("name", ["tidewater", "evilmoss"])
def test_an_explicit_index_and_a_source(
    make_stage: MakeStage, evil: Registry, make_registry: Callable[[], Registry], name: str
) -> None:
    text = (
        f'[[tool.uv.index]]\nname = "corp"\nurl = "{evil.url}"\nexplicit = true\n'
        '[tool.uv.sources]\ntidewater = { index = "corp" }\nevilmoss = { index = "corp" }\n'
    )
    stage = make_stage(index=make_registry().url, extra=text)
    stage.advise(NOBODY, EVIL)

    if name == "evilmoss":
        assert "MAL-2026-6" in stage.refused("add", name).err
        assert evil.paths("/files") == []
    else:
        said = stage.fine("add", name)
        assert stage.locked == {"tidewater": "1.0"}
        assert "guard/foreign-source" in said.out


def test_the_index_of_a_member(
    make_stage: MakeStage, evil: Registry, make_registry: Callable[[], Registry]
) -> None:
    stage = make_stage(
        index=make_registry().url,
        extra='[tool.uv.workspace]\nmembers = ["part"]',
        files={
            "part/pyproject.toml": '[project]\nname = "part"\nversion = "1"\n'
            f'requires-python = ">=3.11"\ndependencies = ["evilmoss"]\n'
            f'[[tool.uv.index]]\nname = "corp"\nurl = "{evil.url}"\nexplicit = true\n'
            '[tool.uv.sources]\nevilmoss = { index = "corp" }\n'
        },
    )
    stage.advise(NOBODY, EVIL)

    for words in (("lock",), ("sync",), ("add", "evilmoss")):
        assert "MAL-2026-6" in stage.refused(*words).err
    assert evil.paths("/files") == []


@pytest.mark.parametrize(
    "source",
    ['{ url = "<FILE>" }', '{ path = "../files/evilmoss-1.0-py3-none-any.whl" }'],
)
def test_a_source_by_address_or_path(
    make_stage: MakeStage, evil: Registry, tmp_path: Path, source: str
) -> None:
    file = evil.add("evilmoss", "1.0")[0]
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / file.filename).write_bytes(file.content)
    text = f"[tool.uv.sources]\nevilmoss = {source}".replace(
        "<FILE>", f"{evil.base}/files/{file.filename}"
    )
    stage = make_stage(dependencies=["evilmoss"], extra=text)
    stage.advise(NOBODY, EVIL)

    for words in (("lock",), ("sync",)):
        assert "MAL-2026-6" in stage.refused(*words).err


def test_a_requirement_with_an_address(stage: Stage, evil: Registry) -> None:
    stage.advise(NOBODY, EVIL)
    words = f"evilmoss @ {evil.base}/files/evilmoss-1.0-py3-none-any.whl"

    assert "MAL-2026-6" in stage.refused("add", words).err


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_git_source_is_judged_by_its_name(make_stage: MakeStage, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "pyproject.toml").write_text('[project]\nname = "evilmoss"\nversion = "1.0"\n')
    for words in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "."),
        ("-c", "user.name=x", "-c", "user.email=x@x.test", "commit", "--quiet", "-m", "x"),
    ):
        subprocess.run(["git", *words], cwd=repository, check=True)
    stage = make_stage(
        dependencies=["evilmoss"],
        extra=f'[tool.uv.sources]\nevilmoss = {{ git = "{repository.as_uri()}" }}',
    )
    stage.advise(NOBODY, EVIL)

    assert "MAL-2026-6" in stage.refused("sync").err


def test_strict_refuses_every_foreign_source(make_stage: MakeStage, evil: Registry) -> None:
    stage = make_stage(extra='[tool.onward]\nprofile = "strict"')
    words = f"tidewater @ {evil.base}/files/tidewater-1.0-py3-none-any.whl"

    assert "guard/foreign-source" in stage.refused("add", words).err


def test_a_plain_http_address_that_nobody_named_is_refused(
    stage: Stage, registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    other = make_registry()
    other.add("evilmoss", "1.0")
    registry.add(
        "tidewater",
        "1.0",
        requires=[f"evilmoss @ {other.base}/files/evilmoss-1.0-py3-none-any.whl"],
    )

    said = stage.refused("add", "tidewater")

    assert said.err
    assert other.requests == []


def test_no_index_at_all(make_stage: MakeStage, evil: Registry) -> None:
    stage = make_stage(extra="[tool.uv]\nno-index = true")

    stage.refused("add", "tidewater")

    assert evil.requests == []


@pytest.mark.parametrize("kind", ["constraint", "override"])
def test_constraints_and_overrides(make_stage: MakeStage, evil: Registry, kind: str) -> None:
    stage = make_stage(extra=f'[tool.uv]\n{kind}-dependencies = ["tidewater==2.0"]')

    assert "guard/too-new" in stage.refused("add", "tidewater").err


def test_an_override_with_an_address(make_stage: MakeStage, evil: Registry) -> None:
    words = f"evilmoss @ {evil.base}/files/evilmoss-1.0-py3-none-any.whl"
    stage = make_stage(
        dependencies=["evilmoss"], extra=f'[tool.uv]\noverride-dependencies = ["{words}"]'
    )
    stage.advise(NOBODY, EVIL)

    assert "MAL-2026-6" in stage.refused("sync").err


@pytest.mark.parametrize(
    "env",
    [
        {"NO_PROXY": "localhost"},
        {"NO_PROXY": "*"},
        {"no_proxy": "onward.localhost,.localhost"},
        {"HTTP_PROXY": "http://127.0.0.1:9"},
        {"http_proxy": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"},
        {"ALL_PROXY": "http://127.0.0.1:9"},
        {"all_proxy": "socks5://127.0.0.1:9"},
    ],
    ids=lambda env: ",".join(f"{k}={v}" for k, v in env.items()),
)
def test_proxies_of_the_environment(stage: Stage, evil: Registry, env: dict[str, str]) -> None:
    stage.advise(NOBODY, EVIL)

    guarded(stage, evil, **env)


def test_proxies_of_the_configuration(stage: Stage, evil: Registry, tmp_path: Path) -> None:
    file = tmp_path / "home" / "config" / "uv" / "uv.toml"
    file.parent.mkdir(parents=True)
    file.write_text(
        'http-proxy = "http://127.0.0.1:9"\nno-proxy = ["localhost", "onward.localhost"]\n',
        encoding="utf-8",
    )
    stage.advise(NOBODY, EVIL)

    guarded(stage, evil)


@pytest.mark.parametrize(
    "name", ["UV_FROZEN", "UV_LOCKED", "UV_NO_SYNC", "UV_NO_SOURCES", "UV_REFRESH"]
)
def test_variables_that_say_what_to_do(stage: Stage, evil: Registry, name: str) -> None:
    stage.advise(NOBODY, EVIL)

    guarded(stage, evil, **{name: "1"})


def test_frozen_and_locked_by_variable_count_for_sync(stage: Stage, evil: Registry) -> None:
    stage.fine("add", "tidewater")
    rewrite(stage.root / "pyproject.toml", ("tidewater>=1.0", "tidewater>=0.9"))

    assert "lock-out-of-date" in stage.refused("sync", UV_LOCKED="1").err
    stage.fine("sync", UV_FROZEN="1")

    assert b"0.9" not in (stage.root / "uv.lock").read_bytes()


def test_what_uv_has_in_its_cache_is_judged_anew(stage: Stage, evil: Registry) -> None:
    stage.fine("add", "tidewater")
    stage.fine("remove", "tidewater")
    stage.advise(NOBODY, document("MAL-2026-9", "tidewater", fixed=None))

    for words in ("tidewater", "tidewater==1.0"):
        assert "MAL-2026-9" in stage.refused("add", words).err
        stage.refused("add", words, UV_OFFLINE="1")


# Builds


def sdist(name: str, version: str, requires: str, on_build: str = "") -> bytes:
    """An sdist whose metadata only a build tells, and whose build needs ``requires``."""
    info = f"{name}-{version}.dist-info"
    backend = (
        f"{on_build}\nimport zipfile\nfrom pathlib import Path\n"
        "def build_wheel(folder, settings=None, metadata=None):\n"
        f"    made = '{name}-{version}-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(Path(folder) / made, 'w') as archive:\n"
        f"        archive.writestr('{info}/METADATA', 'Metadata-Version: 2.1\\nName: {name}\\n"
        f"Version: {version}\\n')\n"
        f"        archive.writestr('{info}/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n"
        "Tag: py3-none-any\\n')\n"
        f"        archive.writestr('{info}/RECORD', '')\n"
        "    return made\n"
    )
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": OWN_BACKEND.format(requires=requires),
        "backend.py": backend,
    }
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(sink.getvalue(), mtime=0)


WAYS_IN = ["evilmoss", "evilmoss==1.0", "tidewater==2.0", "reqeusts"]


@pytest.mark.parametrize("requires", WAYS_IN)
def test_the_projects_own_build_requirements(
    make_stage: MakeStage, evil: Registry, requires: str
) -> None:
    stage = make_stage(
        extra=OWN_BACKEND.format(requires=f'"{requires}"'), files={"backend.py": BACKEND}
    )
    stage.advise(NOBODY, EVIL)

    said = stage.onward("sync")

    assert said.code == 1, said.text
    assert any(word in said.err for word in ("MAL-2026-6", "guard/too-new", "`requests`"))
    assert evil.paths("/files") == []
    assert not (stage.root / ".venv").exists()


@pytest.mark.parametrize("requires", WAYS_IN)
def test_the_build_requirements_of_a_dependency(
    stage: Stage, evil: Registry, tmp_path: Path, requires: str
) -> None:
    ran = tmp_path / "ran"
    content = sdist("quillwort", "1.0", f'"{requires}"', f"open({str(ran)!r}, 'w').close()")
    evil.offer("quillwort", "1.0", "quillwort-1.0.tar.gz", content)
    stage.advise(NOBODY, EVIL)

    said = stage.refused("add", "quillwort")

    assert any(word in said.err for word in ("MAL-2026-6", "guard/too-new", "`requests`")), said.err
    assert not ran.exists()
    assert evil.paths("/files/evilmoss") == evil.paths("/files/tidewater") == []


def test_a_build_requirement_is_stepped_back_like_any_other(stage: Stage, evil: Registry) -> None:
    evil.offer("quillwort", "1.0", "quillwort-1.0.tar.gz", sdist("quillwort", "1.0", '"tidewater"'))

    stage.fine("add", "quillwort")

    assert stage.installed == {"quillwort": "1.0"}
    assert evil.paths("/files/tidewater-2") == []


@pytest.mark.parametrize("requires", ["evilmoss", "tidewater==2.0"])
def test_extra_build_dependencies(make_stage: MakeStage, evil: Registry, requires: str) -> None:
    evil.offer("quillwort", "1.0", "quillwort-1.0.tar.gz", sdist("quillwort", "1.0", ""))
    stage = make_stage(
        extra=f'[tool.uv]\nextra-build-dependencies = {{ quillwort = ["{requires}"] }}'
    )
    stage.advise(NOBODY, EVIL)

    said = stage.refused("add", "quillwort")

    assert "MAL-2026-6" in said.err or "guard/too-new" in said.err
    assert evil.paths("/files/evilmoss") == evil.paths("/files/tidewater") == []


def test_build_constraints_do_not_open_a_door(make_stage: MakeStage, evil: Registry) -> None:
    evil.offer("quillwort", "1.0", "quillwort-1.0.tar.gz", sdist("quillwort", "1.0", '"tidewater"'))
    stage = make_stage(extra='[tool.uv]\nbuild-constraint-dependencies = ["tidewater==2.0"]')

    assert "guard/too-new" in stage.refused("add", "quillwort").err
    assert evil.paths("/files/tidewater") == []


# Private names


PRIVATE = '[tool.onward.guard]\nprivate = ["acme-*"]\n'


def test_a_private_name_is_never_asked_for_at_the_public_index(
    make_stage: MakeStage, registry: Registry
) -> None:
    """The public index is the real one, so a request would fail this test by itself (see tests/conftest.py)."""
    registry.add("lanternfish", "1.0", requires=["acme-core"])
    stage = make_stage(
        index=PUBLIC_INDEX,
        extra=f'{PRIVATE}[[tool.uv.index]]\nname = "corp"\nurl = "{registry.url}"',
    )

    for words in (("add", "acme-core"), ("add", "lanternfish")):
        assert "guard/private-name" in stage.refused(*words).err
    assert registry.paths("/simple/acme-core/") != []


def test_a_private_name_comes_from_the_private_index(
    make_stage: MakeStage, registry: Registry
) -> None:
    registry.add("acme-core", "1.0")
    stage = make_stage(
        index=PUBLIC_INDEX,
        extra=f'{PRIVATE}[[tool.uv.index]]\nname = "corp"\nurl = "{registry.url}"',
    )

    stage.fine("add", "acme-core")

    assert stage.installed == {"acme-core": "1.0"}


def test_the_first_index_that_knows_a_name_is_the_one(
    make_stage: MakeStage, registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    public = make_registry()
    registry.add("acme-core", "1.0")
    public.add("acme-core", "99.0")
    stage = make_stage(
        index=public.url, extra=f'[[tool.uv.index]]\nname = "corp"\nurl = "{registry.url}"'
    )

    stage.fine("add", "acme-core")

    assert stage.locked == {"acme-core": "1.0"}
    assert public.requests == []


@pytest.mark.parametrize("fault", ["500", "403", "401", "reset", "garbage"])
def test_a_private_index_that_is_down_does_not_mean_the_next_one(
    make_stage: MakeStage,
    registry: Registry,
    make_registry: Callable[[], Registry],
    fault: str,
) -> None:
    public = make_registry()
    public.add("acme-core", "99.0")
    registry.add("acme-core", "1.0")
    stage = make_stage(
        index=public.url,
        extra=f'[[tool.uv.index]]\nname = "corp"\nurl = "{registry.url}"\nignore-error-codes = [424]',
    )
    if fault.isdigit():
        registry.fail("status", "/simple/*", code=int(fault))
    else:
        registry.fail(fault, "/simple/*")

    stage.refused("add", "acme-core", code=4)

    assert public.requests == []


def test_codes_that_the_project_calls_unknown_are_unknown(
    make_stage: MakeStage, registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    other = make_registry()
    other.fail("status", "/simple/*", code=403)
    registry.add("tidewater", "1.0")
    stage = make_stage(
        extra=f'[[tool.uv.index]]\nname = "corp"\nurl = "{other.url}"\nignore-error-codes = [403]'
    )

    stage.fine("add", "tidewater")

    assert stage.installed == {"tidewater": "1.0"}


# Hostile indexes


def test_an_index_that_redirects_elsewhere_is_judged_all_the_same(
    stage: Stage, registry: Registry, make_registry: Callable[[], Registry]
) -> None:
    other = make_registry()
    other.add("evilmoss", "1.0")
    stage.advise(NOBODY, EVIL)
    registry.fail("redirect", "/simple/evilmoss/", text=f"{other.url}evilmoss/")

    assert "MAL-2026-6" in stage.refused("add", "evilmoss").err
    assert other.paths("/files") == []


def hostile(registry: Registry, name: str, body: str) -> None:
    """Let the index answer with this page for ``name``."""
    registry.add(name, "1.0")
    registry.fail(
        "status",
        f"/simple/{name}/",
        code=200,
        text=body,
        headers=(("Content-Type", "application/vnd.pypi.simple.v1+json"),),
    )


def page(name: str, *files: str) -> str:
    listed = ", ".join(files)
    return f'{{"meta": {{"api-version": "1.1"}}, "name": "{name}", "files": [{listed}]}}'


def entry(filename: str, url: str, more: str = "") -> str:
    return (
        f'{{"filename": "{filename}", "url": "{url}", "hashes": {{}}, '
        f'"upload-time": "2024-01-01T00:00:00Z"{more}}}'
    )


@pytest.mark.parametrize(
    "body",
    [
        page("someone-else"),
        page("tidewater").replace("1.1", "2.0"),
        "[]",
        '{"files": ',
        "[" * 100_000,
        "<html>no page at all",
    ],
    ids=["other project", "other version", "list", "cut", "deep", "html"],
)
def test_a_page_that_is_none_is_the_worlds_fault(
    stage: Stage, registry: Registry, body: str
) -> None:
    hostile(registry, "tidewater", body)

    stage.refused("add", "tidewater", code=4)


@pytest.mark.parametrize(
    ("filename", "url"),
    [
        ("../../../evil-1.0-py3-none-any.whl", "/files/x.whl"),
        ("tidewater-1.0-py3-none-any.whl", "file:///etc/passwd"),
        ("evilmoss-1.0-py3-none-any.whl", "/files/evilmoss-1.0-py3-none-any.whl"),
        ("tidewater-1.0-py3-none-any.whl", "ftp://127.0.0.1/x.whl"),
    ],
)
def test_files_with_paths_other_names_or_off_the_web_do_not_exist(
    stage: Stage, evil: Registry, filename: str, url: str
) -> None:
    evil.remove("tidewater")
    hostile(evil, "tidewater", page("tidewater", entry(filename, url)))

    stage.refused("add", "tidewater")

    assert evil.paths("/files") == []


def test_a_page_with_the_wrong_hash_installs_nothing(stage: Stage, registry: Registry) -> None:
    wrong = ', "hashes": {"sha256": "' + "0" * 64 + '"}'
    good = entry(
        "tidewater-1.0-py3-none-any.whl", f"{registry.base}/files/tidewater-1.0-py3-none-any.whl"
    )
    hostile(registry, "tidewater", page("tidewater", good.replace(', "hashes": {}', wrong)))
    before = (stage.root / "pyproject.toml").read_bytes()

    said = stage.onward("add", "tidewater")

    assert said.code == 4, said.text
    assert (stage.root / "pyproject.toml").read_bytes() == before
    assert not (stage.root / "uv.lock").exists()
    assert not (stage.root / ".venv").exists()


@pytest.mark.parametrize(
    "time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "soon", "2024-01-01T00:00:00"]
)
def test_a_time_that_nobody_can_read_is_no_age(stage: Stage, registry: Registry, time: str) -> None:
    odd = entry("tidewater-1.0-py3-none-any.whl", "/files/tidewater-1.0-py3-none-any.whl")
    hostile(registry, "tidewater", page("tidewater", odd.replace("2024-01-01T00:00:00Z", time)))

    assert "guard/no-upload-time" in stage.refused("add", "tidewater").err


# Locks


@pytest.fixture
def locked(stage: Stage, evil: Registry) -> Stage:
    """A project whose lock holds tidewater 1.0, never installed here: as after a clone."""
    stage.advise(NOBODY, EVIL)
    evil.remove("tidewater", "2.0")
    rewrite(stage.root / "pyproject.toml", ("dependencies = [\n]", 'dependencies = ["tidewater"]'))
    assert stage.uv("lock").code == 0
    evil.add("tidewater", "2.0", uploaded=FRESH)
    return stage


def only(identity: str, name: str, version: str) -> dict[str, object]:
    """An advisory on one version."""
    package = {"ecosystem": "PyPI", "name": name}
    return {**document(identity), "affected": [{"package": package, "versions": [version]}]}


def installs_nothing(stage: Stage, *rules: str) -> None:
    """Insist that no form of sync installs this lock, the second time neither."""
    for words in (("sync",), ("sync", "--frozen"), ("sync", "--locked"), ("sync",)):
        said = stage.onward(*words)
        assert said.code == 1, said.text
        assert any(rule in said.err for rule in rules), said.text
    assert not (stage.root / ".venv").exists()


def test_an_honest_lock_is_installed(locked: Stage) -> None:
    before = (locked.root / "uv.lock").read_bytes()

    locked.fine("sync")

    assert locked.installed == {"tidewater": "1.0"}
    assert (locked.root / "uv.lock").read_bytes() == before


def test_a_lock_with_a_file_from_elsewhere_under_a_known_name(
    locked: Stage, make_registry: Callable[[], Registry], evil: Registry
) -> None:
    other = make_registry()
    theirs = other.add("tidewater", "1.0", files={"tidewater/__init__.py": "evil = 1"})[0]
    good = evil.add("tidewater", "1.0")[0]
    rewrite(
        locked.root / "uv.lock",
        (f"{evil.base}/files/{good.filename}", f"{other.base}/files/{theirs.filename}"),
        (good.sha256, theirs.sha256),
        (f"size = {len(good.content)}", f"size = {len(theirs.content)}"),
    )

    installs_nothing(locked, "guard/not-on-index")

    assert other.requests == []


@pytest.mark.parametrize("words", [("sync", "--frozen"), ("sync",)])
def test_a_lock_with_an_index_that_nobody_configured(
    locked: Stage, make_registry: Callable[[], Registry], evil: Registry, words: tuple[str, ...]
) -> None:
    other = make_registry()
    theirs = other.add("tidewater", "1.0", files={"tidewater/__init__.py": "evil = 1"})[0]
    good = evil.add("tidewater", "1.0")[0]
    rewrite(locked.root / "uv.lock", (evil.base, other.base), (good.sha256, theirs.sha256))

    said = locked.onward(*words)

    assert other.requests == []
    if "--frozen" in words:
        assert "guard/not-on-index" in said.err
        assert not (locked.root / ".venv").exists()
    else:  # uv does not believe it and locks anew
        assert said.code == 0
        assert good.sha256.encode() in (locked.root / "uv.lock").read_bytes()


def test_a_lock_with_a_folder_that_nobody_configured(locked: Stage, evil: Registry) -> None:
    file = evil.add("tidewater", "1.0")[0]
    (locked.root / "links").mkdir()
    (locked.root / "links" / file.filename).write_bytes(file.content)
    rewrite(
        locked.root / "uv.lock",
        (f'registry = "{evil.url}"', 'registry = "links"'),
        (f'url = "{evil.base}/files/{file.filename}"', f'path = "{file.filename}"'),
    )

    assert "guard/not-on-index" in locked.refused("sync", "--frozen").err


def test_an_index_of_the_policy_may_stand_in_a_lock(
    locked: Stage, make_registry: Callable[[], Registry], evil: Registry
) -> None:
    mirror = make_registry()
    mirror.add("tidewater", "1.0")
    rewrite(locked.root / "uv.lock", (evil.base, mirror.base))
    with (locked.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f'[tool.onward.guard]\nindexes = ["{mirror.base}/*"]\n')

    locked.fine("sync", "--frozen")

    assert locked.installed == {"tidewater": "1.0"}
    assert mirror.paths("/simple/tidewater/") != []


def test_a_lock_with_a_further_file(locked: Stage, evil: Registry) -> None:
    good = evil.add("tidewater", "1.0")[0]
    text = (locked.root / "uv.lock").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if good.filename in line)
    more = line.replace(good.filename, "tidewater-1.0-9-py3-none-any.whl").replace(
        good.sha256, "1" * 64
    )
    rewrite(locked.root / "uv.lock", (line, f"{line}\n{more}"))

    installs_nothing(locked, "guard/not-on-index")


def test_a_lock_with_another_hash(locked: Stage, evil: Registry) -> None:
    good = evil.add("tidewater", "1.0")[0]
    rewrite(locked.root / "uv.lock", (good.sha256, "1" * 64))

    installs_nothing(locked, "guard/not-on-index")


def test_a_lock_without_the_hash(locked: Stage, evil: Registry) -> None:
    good = evil.add("tidewater", "1.0")[0]
    rewrite(locked.root / "uv.lock", (f'hash = "sha256:{good.sha256}", ', ""))

    installs_nothing(locked, "guard/not-on-index")


def test_a_lock_that_holds_a_young_version(locked: Stage, evil: Registry) -> None:
    assert locked.uv("lock", "--upgrade").code == 0
    assert locked.locked == {"tidewater": "2.0"}

    installs_nothing(locked, "guard/too-new")


def test_a_lock_that_lies_about_the_age(locked: Stage, evil: Registry) -> None:
    assert locked.uv("lock", "--upgrade").code == 0
    rewrite(locked.root / "uv.lock", ("2026-05-31T00:00:00Z", "2024-01-01T00:00:00Z"))

    installs_nothing(locked, "guard/too-new")


def test_a_lock_that_does_not_tell_the_age(locked: Stage, evil: Registry) -> None:
    assert locked.uv("lock", "--upgrade").code == 0
    rewrite(locked.root / "uv.lock", (', upload-time = "2026-05-31T00:00:00Z"', ""))

    installs_nothing(locked, "guard/too-new")


def test_a_lock_with_malware_in_it(locked: Stage) -> None:
    rewrite(locked.root / "pyproject.toml", ('["tidewater"]', '["tidewater", "evilmoss"]'))
    assert locked.uv("lock").code == 0

    installs_nothing(locked, "MAL-2026-6")


def test_a_lock_that_came_by_pull(locked: Stage) -> None:
    """pyproject.toml is the same as before; only the lock moved, to a version that is malware now."""
    locked.fine("sync")
    locked.advise(NOBODY, only("MAL-2026-8", "tidewater", "2.0"))
    locked.fine("sync")
    assert locked.uv("lock", "--upgrade").code == 0

    said = locked.refused("sync")

    assert "MAL-2026-8" in said.err
    assert locked.installed == {"tidewater": "1.0"}


def test_run_installs_no_such_lock_either(locked: Stage, evil: Registry) -> None:
    good = evil.add("tidewater", "1.0")[0]
    rewrite(locked.root / "uv.lock", (good.sha256, "1" * 64))

    said = locked.onward("run", "python", "-c", "pass")

    assert said.code == 1
    assert "guard/not-on-index" in said.err
    assert not (locked.root / ".venv").exists()


def test_a_lock_of_a_name_that_only_looks_like_the_real_one(stage: Stage, evil: Registry) -> None:
    evil.add("reqeusts", "1.0")
    rewrite(stage.root / "pyproject.toml", ("dependencies = [\n]", 'dependencies = ["reqeusts"]'))
    assert stage.uv("lock").code == 0
    evil.forget()

    said = stage.refused("sync", "--frozen")

    assert "`requests`" in said.err
    assert evil.requests == []


def test_a_lock_that_cannot_be_compared_is_told_as_unknown(locked: Stage, evil: Registry) -> None:
    """Strict refuses it; else it is shown, and asked again next time."""
    evil.fail("status", "/simple/*", code=503)

    said = locked.fine("sync", "--frozen")

    assert "guard/lock-unchecked" in said.out
    assert "could not look" in said.out
    assert not (locked.root / ".onward" / "stamp").exists()
    with (locked.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.onward]\nprofile = "strict"\n')
    assert "guard/lock-unchecked" in locked.onward("sync", "--frozen").err


def test_what_was_compared_once_is_not_asked_for_again(
    locked: Stage, evil: Registry, clock: FakeClock
) -> None:
    locked.fine("sync")
    clock.advance(days=2)
    evil.forget()

    locked.fine("sync", "--frozen", "--no-dev")

    assert evil.paths("/simple") == []


def test_a_broken_lock_is_named(locked: Stage) -> None:
    (locked.root / "uv.lock").write_text("<<<<<<< HEAD\nversion = 1\n", encoding="utf-8")

    said = locked.refused("sync", code=2)

    assert "uv.lock" in said.err


def test_a_note_that_came_with_the_folder_is_not_believed(locked: Stage) -> None:
    locked.fine("sync")
    clone = locked.root.with_name("clone")
    shutil.copytree(locked.root, clone, symlinks=True)
    stranger = Stage(clone, locked.env, locked.clock)
    locked.advise(NOBODY, document("MAL-2026-8", "tidewater", fixed=None))

    assert "MAL-2026-8" in stranger.onward("sync").err


# Logins


@pytest.fixture
def closed(registry: Registry) -> Registry:
    """An index that asks for a login, for pages and files."""
    registry.add("tidewater", "1.0", requires=["mossgrove"])
    registry.add("mossgrove", "1.0", wheel=False, sdist=True)
    registry.set(auth=("ann", "pa55w@rd"))
    return registry


def with_login(registry: Registry) -> str:
    return registry.url.replace("://", "://ann:pa55w%40rd@")


def nothing_told(stage: Stage, *said: str) -> None:
    """Insist that the password stands nowhere: lock, output, logs, journal, cache, file names."""
    for word in (b"pa55w", b"YW5uOnBhNTV3QHJk"):
        assert not any(word in text.encode() for text in said)
        assert word not in (stage.root / "uv.lock").read_bytes()
        for path, content in stage.kept_words():
            assert word not in content, path
            assert word.decode() not in path


def in_table(stage: Stage, closed: Registry, tmp_path: Path) -> dict[str, str]:
    rewrite(stage.root / "pyproject.toml", (closed.url, with_login(closed)))
    return {}


def in_variable(stage: Stage, closed: Registry, tmp_path: Path) -> dict[str, str]:
    rewrite(stage.root / "pyproject.toml", (closed.url, f"{closed.base}/unused/"))
    return {"UV_DEFAULT_INDEX": with_login(closed)}


def in_named_variables(stage: Stage, closed: Registry, tmp_path: Path) -> dict[str, str]:
    rewrite(
        stage.root / "pyproject.toml", ("[[tool.uv.index]]", '[[tool.uv.index]]\nname = "my-corp"')
    )
    return {"UV_INDEX_MY_CORP_USERNAME": "ann", "UV_INDEX_MY_CORP_PASSWORD": "pa55w@rd"}


def in_netrc(stage: Stage, closed: Registry, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "home" / ".netrc"
    file.write_text("machine 127.0.0.1 login ann password pa55w@rd\n", encoding="utf-8")
    file.chmod(0o600)
    return {}


def always(stage: Stage, closed: Registry, tmp_path: Path) -> dict[str, str]:
    rewrite(
        stage.root / "pyproject.toml",
        (closed.url, with_login(closed)),
        ("default = true", 'default = true\nauthenticate = "always"'),
    )
    return {}


@pytest.mark.parametrize("login", [in_table, in_variable, in_named_variables, in_netrc, always])
def test_an_index_with_a_login(
    stage: Stage,
    closed: Registry,
    tmp_path: Path,
    login: Callable[[Stage, Registry, Path], dict[str, str]],
) -> None:
    env = login(stage, closed, tmp_path)
    table = (stage.root / "pyproject.toml").read_text(encoding="utf-8").count("pa55w")

    first = stage.fine("add", "tidewater", **env)
    shutil.rmtree(stage.root / ".venv")
    second = stage.fine("sync", **env)
    third = stage.fine("remove", "tidewater", **env)
    stage.fine("undo", **env)

    assert stage.installed == {"tidewater": "1.0", "mossgrove": "1.0"}
    assert (stage.root / "pyproject.toml").read_text(encoding="utf-8").count("pa55w") == table
    if not table:  # the journal keeps the project's own files as they were
        nothing_told(stage, first.text, second.text, third.text)
    else:
        assert "pa55w" not in "".join(map(str, (first, second, third)))
        assert b"pa55w" not in (stage.root / "uv.lock").read_bytes()


def test_a_wrong_login_is_told_without_it(stage: Stage, closed: Registry) -> None:
    wrong = with_login(closed).replace("pa55w%40rd", "pa55w0rng")

    said = stage.refused("add", "tidewater", UV_DEFAULT_INDEX=wrong, code=4)
    rewrite(stage.root / "pyproject.toml", (closed.url, wrong))
    again = stage.refused("add", "tidewater", "--json", code=4)

    assert "401" in said.err
    assert "pa55w" not in said.text + again.text
    for path, content in stage.kept_words():
        assert b"pa55w" not in content, path


def test_a_fault_of_ours_is_logged_without_a_login(stage: Stage, evil: Registry) -> None:
    words = "evilmoss @ https://ann:pa55w0rd@files.example.test/evilmoss-1.0-py3-none-any.whl"

    said = stage.onward("add", words)

    assert said.code != 0
    assert "pa55w" not in said.text
    for path, content in stage.kept_words():
        assert b"pa55w" not in content, path


def test_files_on_another_host_need_no_login(stage: Stage, closed: Registry) -> None:
    closed.set(files_base=closed.second_host())

    stage.fine("add", "tidewater", UV_DEFAULT_INDEX=with_login(closed))

    assert stage.installed == {"tidewater": "1.0", "mossgrove": "1.0"}
    assert not any(
        "authorization" in seen.headers
        for seen in closed.requests
        if seen.path.startswith("/files")
    )


def test_an_index_without_metadata_files(stage: Stage, closed: Registry) -> None:
    closed.set(core_metadata=False, ranges=False)

    stage.fine("add", "tidewater", UV_DEFAULT_INDEX=with_login(closed))

    assert stage.installed == {"tidewater": "1.0", "mossgrove": "1.0"}


def test_an_old_index_in_html(make_stage: MakeStage, registry: Registry) -> None:
    registry.add("tidewater", "1.0")
    registry.set(json=False, api="1.0", gzip=False)
    stage = make_stage(extra='[tool.onward.guard]\ncooldown = "0 days"')

    stage.fine("add", "tidewater")

    assert stage.installed == {"tidewater": "1.0"}
    stage.way_out_is_open()


def test_nothing_is_left_in_the_temporary_folder(
    stage: Stage, evil: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "of its own"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    stage.fine("add", "tidewater")
    stage.refused("add", "tidewater==2.0")

    assert list(folder.iterdir()) == []
