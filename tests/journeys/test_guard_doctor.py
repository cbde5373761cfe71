"""`onward guard doctor` as typed: every way around the guard is told, with its place, and nothing unread counts as clean."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import FakeClock, MakeProject
from tests.journeys.stage import Stage, picture
from tests.registry import Registry

GUARD = "http://127.0.0.1:3141/simple/"


@pytest.fixture
def stage(project: MakeProject, env: dict[str, str], clock: FakeClock) -> Stage:
    """A project whose uv and pip go through the guard, by the settings of their user."""
    made = Stage(project(dependencies=["tidewater"]), env, clock)
    made.fine("guard", "on", "--force", "--client", "uv,pip")
    return made


def put(stage: Stage, **files: str) -> None:
    for name, text in files.items():
        path = stage.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def ways(stage: Stage, *words: str, code: int = 1, **env: str) -> list[tuple[str, str, int]]:
    """Run it, and give rule, path (or what else it is about) and line of what was found."""
    answer = asked(stage, *words, code=code, **env)
    assert answer["clean"] is (not answer["findings"])
    return [
        (
            one["rule"].removeprefix("guard/"),
            one["subject"].get("path") or one["subject"]["name"],
            one["subject"].get("line", 0),
        )
        for one in answer["findings"]
    ]


def asked(stage: Stage, *words: str, code: int = 1, **env: str) -> Any:
    said = stage.onward("guard", "doctor", "--json", *words, **env)
    assert said.code == code, said.text
    return json.loads(said.out)


def test_clean_is_said_with_what_was_looked_at(stage: Stage) -> None:
    before = picture(stage.root)
    said = stage.fine("guard", "doctor")
    assert picture(stage.root) == before
    answer = asked(stage, code=0)
    assert (answer["address"], answer["clean"], answer["findings"]) == (GUARD, True, [])
    config = Path(stage.env["HOME"]) / "config"
    assert answer["looked_at"]["settings"] == [
        "pyproject.toml",
        str(config / "uv/uv.toml"),
        str(config / "pip/pip.conf"),
    ]
    assert said.out.splitlines()[-1] == (
        f"Looked at 3 settings files, 0 locks, 0 build or CI files and the variables of uv, pip, poetry,"
        f" pdm and pipenv: everything goes through {GUARD}."
    )


@pytest.mark.skipif(os.name == "nt", reason="PROGRAMDATA says where on Windows")
def test_settings_for_everybody_on_the_machine_count(stage: Stage) -> None:
    system = Path(stage.env["HOME"]) / "system"
    pips = system / ("Library/Application Support/pip" if sys.platform == "darwin" else "etc")
    uvs = system / "etc/uv"
    for folder in (pips, uvs):
        folder.mkdir(parents=True)
    (pips / "pip.conf").write_text(
        "[global]\nextra-index-url = https://two.test/simple\n", encoding="utf-8"
    )
    (uvs / "uv.toml").write_text(
        'extra-index-url = ["https://three.test/simple"]\n', encoding="utf-8"
    )
    assert ways(stage) == [
        ("escape-setting", str(uvs / "uv.toml"), 1),
        ("escape-setting", str(pips / "pip.conf"), 2),
    ]


def test_an_installer_that_was_never_told_asks_the_public_index(stage: Stage) -> None:
    stage.fine("guard", "off", "--client", "pip")
    answer = asked(stage)
    (one,) = answer["findings"]
    assert (one["rule"], one["level"], one["facts"]["client"]) == (
        "guard/escape-setting",
        "enforce",
        "pip",
    )
    assert one["fix"] == [f"onward guard on {GUARD} --client pip"]
    stage.fine(*one["fix"][0].split()[1:], "--force")
    assert ways(stage, code=0) == []


def test_a_lock_that_was_made_before(stage: Stage, registry: Registry, clock: FakeClock) -> None:
    del clock
    registry.add("tidewater", "1.0")
    stage.uv("lock", UV_DEFAULT_INDEX=registry.url, UV_NO_CONFIG="1")
    lock = (stage.root / "uv.lock").read_text("utf-8")
    first = 1 + next(n for n, line in enumerate(lock.splitlines()) if registry.url in line)
    answer = asked(stage)
    (one,) = answer["findings"]
    assert one["rule"] == "guard/escape-lock"
    assert (one["subject"]["path"], one["subject"]["line"]) == ("uv.lock", first)
    assert one["facts"]["count"] >= 2
    assert one["fix"] == ["Run `onward lock`"]
    # what goes around is what the guard's address is not: from the other side all is well but the settings
    assert {rule for rule, _, _ in ways(stage, registry.url)} == {"escape-setting"}


HOST = "https://files.corp.test"
LOCKS = {
    "uv.lock": 'version = 1\n[[package]]\nname = "a"\nsource = { git = "GITURL" }\n[[package]]\nname = "b"\n'
    'source = { registry = "../wheels" }\n',
    "poetry.lock": '[[package]]\nname = "a"\ndescription = "see https://prose.test"\n[package.source]\ntype = "git"\n'
    'url = "git@corp.test:a/b.git"\n[[package]]\nname = "b"\n[package.source]\ntype = "directory"\nurl = "../b"\n',
    "pdm.lock": '[[package]]\nname = "a"\nfiles = [\n  {url = "HOST/a.whl", hash = "sha256:0"},\n]\n'
    '[[package]]\nname = "b"\npath = "/elsewhere/b"\n',
    "Pipfile.lock": '{"_meta": {"sources": [{"url": "HOST/simple"}]}, "default": {"b": {"path": "../b"}}}',
    "pylock.toml": 'created-by = "https://tool.test"\n[[packages]]\nname = "a"\nwheels = [{url = "HOST/a.whl"}]\n'
    '[[packages]]\nname = "b"\ndirectory = {path = "../b"}\n',
}  # fmt: skip
PIPFILE = {"Pipfile": f'[[source]]\nname = "pypi"\nurl = "{GUARD}"\nverify_ssl = true\n'}


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_every_lock_is_read_for_addresses_and_folders_outside(stage: Stage, name: str) -> None:
    text = (
        LOCKS[name].replace("HOST", HOST).replace("GITURL", "ssh://git@corp.test/a/b.git?rev=1#2")
    )
    put(stage, **{name: text, **PIPFILE})
    found = [way for way in ways(stage) if way[0] == "escape-lock"]
    assert [path for _, path, _ in found] == [name, name]
    assert all(line > 0 for _, _, line in found)


@pytest.mark.parametrize("name", sorted(LOCKS))
def test_a_lock_on_the_guard_is_clean(stage: Stage, name: str) -> None:
    inner = (
        LOCKS[name].replace("GITURL", f"{GUARD}a").replace("HOST", GUARD.removesuffix("/simple/"))
    )
    for outer in ("../wheels", "git@corp.test:a/b.git", "../b", "/elsewhere/b"):
        inner = inner.replace(f'"{outer}"', f'"{GUARD if "wheels" in outer else "b"}"')
    put(stage, **{name: inner, **PIPFILE})
    assert [
        way
        for way in ways(stage, code=0 if name not in ("poetry.lock", "pdm.lock") else 1)
        if way[0] == "escape-lock"
    ] == []


def test_an_address_that_is_spelled_in_escapes_is_seen(stage: Stage) -> None:
    put(stage, **{"uv.lock": 'version = 1\nx = "\\u0068ttps://evil.test/a.whl"\n'})
    assert ways(stage) == [("escape-lock", "uv.lock", 0)]


@pytest.mark.parametrize("name", sorted(LOCKS))
@pytest.mark.parametrize("content", ["", "]", '{"a"', "[" * 9000])
def test_a_lock_that_cannot_be_read_is_never_clean(stage: Stage, name: str, content: str) -> None:
    put(stage, **{name: content, **PIPFILE})
    answer = (
        asked(stage, code=1)
        if content or name in ("Pipfile.lock", "poetry.lock", "pdm.lock")
        else asked(stage, code=0)
    )
    unread = [one for one in answer["findings"] if one["rule"] == "guard/escape-unread"]
    assert bool(unread) is bool(content or name == "Pipfile.lock")
    if unread:
        assert unread[0]["certainty"] == "unknown"
        assert "not certain" in answer["sentence"]


def test_settings_beside_the_guard(stage: Stage) -> None:
    home = Path(stage.env["HOME"])
    pyproject = stage.root / "pyproject.toml"
    text = pyproject.read_text("utf-8")
    more = (
        '[[tool.uv.index]]\nname = "corp"\nurl = "https://corp.test/simple"\nexplicit = true\n'
        '[tool.uv]\nfind-links = ["wheels"]\n'
        '[tool.uv.sources]\ntidewater = { git = "https://git.test/a/b" }\n'
    )
    pyproject.write_text(text + more, encoding="utf-8", newline="\n")
    pip = home / "config/pip/pip.conf"
    pip.write_text(
        pip.read_text("utf-8")
        + "[global]\n"[:0]
        + "[install]\nextra-index-url = https://more.test/simple\n"
        "find-links =\n    https://one.test\n    https://two.test\n",
        encoding="utf-8",
    )
    (home / ".pip").mkdir()
    (home / ".pip/pip.conf").write_text(
        "[download]\nindex-url = https://old.test/simple\n", encoding="utf-8"
    )
    line = text.count("\n")
    found = ways(stage)
    assert ("escape-setting", "pyproject.toml", line + 3) in found
    assert [way for way in found if way[1] == str(pip)] == [
        ("escape-setting", str(pip), 6),
        ("escape-setting", str(pip), 7),
        ("escape-setting", str(pip), 7),
    ]
    assert ("escape-setting", str(home / ".pip/pip.conf"), 2) in found
    said = stage.onward("guard", "doctor")
    for word in (
        "corp.test",
        "git.test",
        "more.test",
        "one.test",
        "two.test",
        "old.test",
        "wheels",
    ):
        assert word in said.out, word


def test_the_pip_table_of_uv_is_read_too(stage: Stage) -> None:
    file = stage.root / "pyproject.toml"
    table = (
        '[tool.uv.pip]\nindex-url = "https://one.test"\nextra-index-url = ["https://two.test"]\n'
    )
    file.write_text(file.read_text("utf-8") + table, encoding="utf-8", newline="\n")
    line = file.read_text("utf-8").count("\n")
    assert ways(stage) == [
        ("escape-setting", "pyproject.toml", line - 1),
        ("escape-setting", "pyproject.toml", line),
    ]


def test_a_pipfile_has_to_name_the_guard(stage: Stage) -> None:
    put(stage, Pipfile="[packages]\n")
    assert ways(stage) == [("escape-setting", "pipenv", 0)]
    put(stage, Pipfile='[[source]]\nname = "pypi"\nurl = "https://pypi.org/simple"\n')
    assert ways(stage) == [("escape-setting", "Pipfile", 3)]
    put(stage, **PIPFILE)
    assert ways(stage, code=0) == []


def test_requirements_files_in_a_project_of_another_layout(stage: Stage) -> None:
    put(
        stage,
        **{
            "requirements/dev.txt": "-r ../more-requirements.txt\n--extra-index-url https://more.test/simple\nmossgrove\n",
            "more-requirements.txt": "fernwood @ https://files.test/fernwood-1.0.tar.gz\n-i http://127.0.0.1:3141/simple\n",
        },
    )
    assert ways(stage) == [
        ("escape-setting", "more-requirements.txt", 1),
        ("escape-setting", "requirements/dev.txt", 2),
    ]


def test_a_path_inside_the_project_is_its_own(stage: Stage) -> None:
    file = stage.root / "pyproject.toml"
    text = file.read_text("utf-8").replace('"tidewater"', '"tidewater", "mossgrove"')
    own = '[tool.uv.sources]\ntidewater = { path = "libs/tidewater" }\nmossgrove = { path = "../mossgrove" }\n'
    file.write_text(text + own, encoding="utf-8", newline="\n")
    answer = asked(stage)
    assert ["mossgrove" in one["message"] for one in answer["findings"]] == [True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UV_DEFAULT_INDEX", "https://corp.test/simple"),
        ("UV_INDEX", f"{GUARD} corp=https://corp.test/simple"),
        ("UV_EXTRA_INDEX_URL", "https://corp.test/simple"),
        ("UV_FIND_LINKS", "wheels"),
        ("PIP_INDEX_URL", "https://corp.test/simple"),
        ("PIP_EXTRA_INDEX_URL", f"{GUARD} https://corp.test/simple"),
        ("PIP_FIND_LINKS", "wheels"),
        ("PDM_PYPI_URL", "https://corp.test/simple"),
        ("PIPENV_PYPI_MIRROR", "https://corp.test/simple"),
    ],
)
def test_variables(stage: Stage, name: str, value: str) -> None:
    more: dict[str, Any] = {name: value}
    assert ways(stage, **more) == [("escape-variable", name, 0)]


@pytest.mark.parametrize(
    "name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "PDM_PYPI_URL"]
)
def test_variables_that_name_the_guard_are_fine(stage: Stage, name: str) -> None:
    assert ways(stage, code=0, **{name: GUARD}) == []


def test_pip_counts_where_uv_locks_only_if_it_is_there(stage: Stage) -> None:
    stage.fine("guard", "off", "--client", "pip")
    put(stage, **{"uv.lock": "version = 1\n"})
    assert ways(stage, code=0) == []
    assert ways(stage, PIP_NO_CACHE_DIR="1") == [("escape-setting", "pip", 0)]
    put(stage, **{".venv/bin/pip": ""})
    assert ways(stage) == [("escape-setting", "pip", 0)]


def test_variables_alone_are_enough_in_ci(stage: Stage) -> None:
    stage.fine("guard", "off")
    assert ways(stage, code=0, UV_DEFAULT_INDEX=GUARD, PIP_INDEX_URL=GUARD) == []


def test_settings_that_are_switched_off(stage: Stage) -> None:
    assert ways(stage, UV_NO_CONFIG="1") == [("escape-setting", "uv", 0)]
    assert ways(stage, PIP_CONFIG_FILE=os.devnull) == [("escape-setting", "pip", 0)]


def test_poetry_and_pdm_have_to_be_told_too(stage: Stage) -> None:
    file = stage.root / "pyproject.toml"
    tables = "[tool.poetry]\npackage-mode = false\n[tool.pdm]\ndistribution = false\n"
    file.write_text(file.read_text("utf-8") + tables, encoding="utf-8", newline="\n")
    assert ways(stage) == [("escape-setting", "poetry", 0), ("escape-setting", "pdm", 0)]
    stage.fine("guard", "on", "--project", "--force", "--client", "poetry,pdm")
    assert ways(stage, code=0) == []
    more = '[[tool.poetry.source]]\nname = "more"\nurl = "https://more.test/simple"\npriority = "supplemental"\n'
    file.write_text(file.read_text("utf-8") + more, encoding="utf-8", newline="\n")
    line = file.read_text("utf-8").count("\n") - 1
    assert ways(stage) == [("escape-setting", "pyproject.toml", line)]


LINES = [
    ("Dockerfile", "RUN pip install --index-url https://corp.test/simple tidewater", "escape-line"),
    (
        "docker/Dockerfile.dev",
        "RUN pip install -i https://corp.test/simple tidewater",
        "escape-line",
    ),
    ("Dockerfile", "ENV PIP_INDEX_URL=https://corp.test/simple", "escape-line"),
    ("Dockerfile", "ENV UV_DEFAULT_INDEX https://corp.test/simple", "escape-line"),
    ("Dockerfile", "ARG INDEX\nRUN pip install --index-url=$INDEX tidewater", "escape-unread"),
    ("ci.sh", "pip install git+https://git.test/a/b", "escape-line"),
    ("ci.sh", "uv pip install https://files.test/a.whl", "escape-line"),
    ("Dockerfile", f"RUN pip install --index-url {GUARD} tidewater", ""),
    ("Dockerfile", "# RUN pip install --index-url https://corp.test/simple tidewater", ""),
    ("Dockerfile", "RUN curl -f https://tool.test/install.sh | sh", ""),
    ("ci.sh", "sed -i s/a/b/ x && pip install tidewater", ""),
    ("Dockerfile", "RUN curl -LsSf https://tool.test/uv/install.sh | sh", ""),
    (
        "Dockerfile",
        "RUN sed -i s/a/b/ x && pip install tidewater && pip install mossgrove",
        "escape-line",
    ),
    (
        "Dockerfile",
        "RUN python -m pip install --no-index --find-links=http://127.0.0.1:3141/w tidewater",
        "",
    ),
    ("Dockerfile", "RUN uv sync --frozen", "escape-line"),
    ("Dockerfile", "RUN UV_DEFAULT_INDEX=http://127.0.0.1:3141/simple/ uv sync --frozen", ""),
    ("Dockerfile", "COPY pip.conf /etc/pip.conf\nRUN pip install tidewater", ""),
    (".github/workflows/ci.yml", '      UV_INDEX: "corp=https://corp.test/simple"', "escape-line"),
    (
        ".github/workflows/ci.yml",
        "      PIP_EXTRA_INDEX_URL: ${{ secrets.INDEX }}",
        "escape-unread",
    ),
    (".gitlab-ci.yml", "  - pip install -f https://corp.test/wheels tidewater", "escape-line"),
    (
        "tox.ini",
        "install_command = pip install --find-links wheels {opts} {packages}",
        "escape-line",
    ),
    (".env", "UV_EXTRA_INDEX_URL='https://corp.test/simple'", "escape-line"),
]


@pytest.mark.parametrize(("name", "line", "rule"), LINES)
def test_lines_of_builds(stage: Stage, name: str, line: str, rule: str) -> None:
    put(stage, **{name: f"# one\n{line}\n"})
    at = 3 if "\n" in line else 2
    expected = [(rule, name, at)] if rule else []
    assert ways(stage, code=1 if rule else 0) == expected
    if rule:
        assert "1 build or CI file " in asked(stage)["sentence"]


def test_a_container_with_the_settings_of_the_project_is_guarded(stage: Stage) -> None:
    put(stage, Dockerfile="COPY . .\nRUN uv sync --frozen\n")
    assert ways(stage) == [("escape-line", "Dockerfile", 2)]
    stage.fine("guard", "on", "--project", "--force", "--client", "uv")
    assert ways(stage, code=0) == []


def test_the_policy_decides(stage: Stage) -> None:
    put(stage, Dockerfile="RUN pip install --index-url https://corp.test/simple tidewater\n")
    row = (
        '[[tool.onward.policy]]\nmatch = "guard/escape-line"\nonly = "Dockerfile"\nlevel = "LEVEL"\n'
        'why = "that image is built where only corp.test can be reached"\n'
    )
    file = stage.root / "pyproject.toml"
    text = file.read_text("utf-8")
    file.write_text(text + row.replace("LEVEL", "advise"), encoding="utf-8", newline="\n")
    answer = asked(stage, code=0)
    assert (answer["clean"], answer["findings"][0]["level"]) == (False, "advise")
    assert "1 way goes around" in answer["sentence"]
    file.write_text(text + row.replace("LEVEL", "off"), encoding="utf-8", newline="\n")
    assert ways(stage, code=0) == []


def test_no_login_is_repeated(stage: Stage) -> None:
    word = os.urandom(6).hex()
    address = f"https://somebody:{word}@corp.test/simple"
    put(
        stage,
        **{
            "Dockerfile": f"RUN pip install --index-url {address} tidewater\n",
            "uv.lock": f'version = 1\nx = "{address}"\n',
            "requirements.txt": f"--extra-index-url {address}\nfernwood @ {address}/a.whl\n",
        },
    )
    pip = Path(stage.env["HOME"]) / "config/pip/pip.conf"
    pip.write_text(f"[global]\nindex-url = {address}\n", encoding="utf-8")
    for form in ((), ("--json",)):
        said = stage.onward("guard", "doctor", *form, UV_INDEX=address, PIP_EXTRA_INDEX_URL=address)
        assert said.code == 1
        assert word not in said.text
        assert "corp.test" in said.out


def test_settings_that_cannot_be_read_are_never_clean(stage: Stage) -> None:
    home = Path(stage.env["HOME"])
    (home / "config/uv/uv.toml").write_text("]", encoding="utf-8")
    (home / "config/pip/pip.conf").write_text("index-url = x\n", encoding="utf-8")
    assert ways(stage) == [("escape-unread", "uv", 0), ("escape-unread", "pip", 0)]


def test_outside_of_a_project_it_looks_at_the_machine(stage: Stage, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    here = Stage(empty, stage.env, stage.clock)
    assert ways(here, code=0) == []
    assert ways(here, UV_INDEX="https://corp.test/simple") == [("escape-variable", "UV_INDEX", 0)]


def test_the_address_that_guard_on_has_set_is_the_one_that_counts(stage: Stage) -> None:
    stage.fine(
        "guard", "on", "https://guard.test", "--force", "--client", "uv,pip", ONWARD_OFFLINE="1"
    )
    answer = asked(stage, code=0)
    assert answer["address"] == "https://guard.test/simple/"
    assert answer["known_by"].endswith("uv.toml")
