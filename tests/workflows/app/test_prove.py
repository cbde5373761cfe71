"""The gate: what a program has to do in the clean room, and what is said when it does not."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from onward.adapters.clean_room import Wanted, enter, read
from onward.core.errors import Refused
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.domain.apps.model import App, Kind
from onward.workflows.app.bundle import libraries_of, take_along
from onward.workflows.app.prove import prove
from onward.workflows.app.roots import Root
from onward.workflows.app.started import Place

if sys.platform != "linux":
    pytest.skip("only Linux has such rooms", allow_module_level=True)
with tempfile.TemporaryDirectory() as empty:
    if why := read(run(enter(Wanted(root=empty, argv=("/bin/true",))))).why:
        pytest.skip(why, allow_module_level=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    """Give a root with a shell."""
    top = tmp_path_factory.mktemp("root")
    top.chmod(0o755)
    for program in ("sh", "sleep"):
        found = shutil.which(program) or ""
        listed = subprocess.run(["ldd", found], capture_output=True, text=True, check=True).stdout
        for source in (found, *(word for word in listed.split() if word.startswith("/"))):
            target = top / ("bin/" + program if source == found else source[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(Path(source).resolve(), target)
    return Root(path=top, said="a root with a shell")


def look(root: Root, kind: Kind, *prove_by: tuple[str, ...], tmp: Path):  # type: ignore[no-untyped-def]
    app = App(slug="demo", name="Demo", version="1", kind=kind, entry="d:m", prove=prove_by)
    return prove(app, Place(root=root, program="/bin/sh"), {"PATH": "/usr/bin:/bin"}, tmp)


def test_every_start_that_was_asked_for_has_to_end_well(root: Root, tmp_path: Path) -> None:
    good = look(root, Kind.terminal, ("-c", "echo well"), tmp=tmp_path)
    assert good.good
    assert "well" in good.proven[0]
    bad = look(
        root, Kind.terminal, ("-c", "echo well"), ("-c", "echo oh no >&2; exit 3"), tmp=tmp_path
    )
    assert not bad.good
    assert "exit code 3" in bad.faults[0]
    assert "oh no" in bad.faults[1]


def test_of_what_nobody_asked_for_one_start_is_enough(root: Root, tmp_path: Path) -> None:
    assert not look(root, Kind.terminal, ("--version",), ("--help",), tmp=tmp_path).good


def test_what_is_missing_is_read_from_its_words(root: Root, tmp_path: Path) -> None:
    script = "echo \"ModuleNotFoundError: No module named 'colours'\" >&2; exit 1"
    proof = look(root, Kind.terminal, ("-c", script), tmp=tmp_path)
    assert proof.trouble.modules == ("colours",)


def test_a_web_app_that_answers_nothing_is_not_proven(root: Root, tmp_path: Path) -> None:
    proof = look(root, Kind.web, ("-c", "echo no port >&2; exit 1"), tmp=tmp_path)
    assert not proof.good
    assert "before it answered" in proof.faults[0]


@pytest.mark.skipif(
    shutil.which("Xvfb") is None, reason="Xvfb is not on this machine (apt install xvfb)"
)
def test_a_program_that_opens_no_window_is_not_proven(root: Root, tmp_path: Path) -> None:
    proof = look(root, Kind.gui, ("-c", "exit 0"), tmp=tmp_path)
    assert "exit code 0 by itself" in proof.faults[0]
    assert any("no window" in fault for fault in proof.faults)


@pytest.mark.skipif(
    shutil.which("Xvfb") is None, reason="Xvfb is not on this machine (apt install xvfb)"
)
def test_a_screen_that_ended_at_once_is_started_again(root: Root, tmp_path: Path) -> None:
    screens: list[Call] = []

    def runner(call: Call) -> Ran:
        if not call.argv[0].endswith("Xvfb"):
            return run(call)
        screens.append(call)
        if len(screens) == 1:
            return Ran(call=call, code=1, out=b"", err=b"Failed to compile keymap", seconds=0.0)
        return run(call)

    app = App(
        slug="d", name="D", version="1", kind=Kind.gui, entry="d:m", prove=(("-c", "exit 0"),)
    )
    env = {"PATH": "/usr/bin:/bin"}
    proof = prove(app, Place(root=root, program="/bin/sh"), env, tmp_path, runner=runner)
    assert len(screens) == 2
    assert "exit code 0 by itself" in proof.faults[0]


def test_where_there_can_be_no_room_nothing_is_proven(root: Root, tmp_path: Path) -> None:
    def refuse(call: Call) -> Ran:
        return Ran(
            call=call, code=1, out=b"", err=b"", seconds=0.0, file=b'{"why": "no namespaces"}'
        )

    app = App(slug="d", name="D", version="1", kind=Kind.terminal, entry="d:m", prove=((),))
    with pytest.raises(Refused) as caught:
        prove(app, Place(root=root, program="/bin/sh"), {}, tmp_path, runner=refuse)
    assert caught.value.reference == "not-provable"


def test_libraries_that_a_bare_linux_lacks_are_taken_along(root: Root, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    (bundle / "_internal").mkdir(parents=True)
    shutil.copy(Path(sys.executable).resolve(), bundle / "python")
    shutil.copy("/bin/ls", bundle / "ls")
    bare = tmp_path / "bare"
    (bare / "lib").mkdir(parents=True)
    before = libraries_of(bundle, bare)
    assert "libc.so.6" in before.lacking
    taken, lacking = take_along(bundle, bare)
    assert all(
        name.startswith(
            (
                "libc.so",
                "libm.so",
                "libdl",
                "libpthread",
                "librt",
                "libutil",
                "ld-linux",
                "libpython",
            )
        )
        for name in lacking
    )
    assert all(path.parent == bundle / "_internal" for path in taken)
