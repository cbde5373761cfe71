"""A root folder with this machine's Python, a shell and `useradd`: a base image where no registry of images is."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PROGRAMS = ("sh", "groupadd", "useradd", "env", "ls", "id", "sleep")
_LEFT_OUT = (
    "site-packages",
    "test",
    "__pycache__",
    "idlelib",
    "tkinter",
    "ensurepip",
    "lib2to3",
    "config-*",
)


def make_root(root: Path, *others: Path) -> Path:
    """Fill ``root``, with the libraries of ``others`` too; Python goes to /usr/local, as in the images ``python``."""
    for folder in (
        "bin",
        "etc",
        "lib",
        "lib64",
        "usr/bin",
        "usr/sbin",
        "usr/lib",
        "usr/local/bin",
        "tmp",
        "root",
        "var",
        "home",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/shadow").write_text("root:*:19000:0:99999:7:::\n")
    (root / "etc/login.defs").write_text("UID_MIN 1000\nGID_MIN 1000\n")
    binaries = list(others)
    for program in PROGRAMS:
        found = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        assert found, program
        target = root / ("usr/sbin" if program.endswith("add") else "usr/bin") / program
        shutil.copy2(found, target)
        binaries.append(Path(found))
        if program in ("sh", "env", "ls"):
            shutil.copy2(found, root / "bin" / program)
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    standard = Path(
        sysconfig.get_path(
            "stdlib", vars={"base": sys.base_prefix, "installed_base": sys.base_prefix}
        )
    )
    for name in (python.name, "python3", "python"):
        shutil.copy2(python, root / "usr/local/bin" / name)
    into = root / "usr/local/lib" / standard.name
    shutil.copytree(standard, into, ignore=shutil.ignore_patterns(*_LEFT_OUT), symlinks=False)
    (into / "site-packages").mkdir()
    for library in sorted(
        _libraries([*binaries, python, *(standard / "lib-dynload").glob("*.so")])
    ):
        usual = library.startswith(("/lib", "/usr/lib"))
        target = root / library.lstrip("/") if usual else root / "usr/lib" / Path(library).name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, target)
    return root


def _libraries(binaries: list[Path]) -> set[str]:
    ran = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, check=False)
    words = (word for line in ran.stdout.splitlines() for word in line.split())
    return {word for word in words if word.startswith("/") and Path(word).is_file()}
