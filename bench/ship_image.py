"""Images: a rebuild after a change of the application, a full build beside buildah, the same digest twice, the size.

Needs root, debootstrap and buildah for what is compared with them; what is missing is said. The
base is one folder made by debootstrap (minbase with python3 and pip, kept in .cache/bench), the
same for both tools; its Python has to be the minor version that this bench runs with.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bench import peers, workplace
from bench.harness import Subject, Target, measure, run

HOME = workplace.HOME / "ship-image"
ROOT_FOLDER = HOME / "root"
APP_ONLY_SECONDS = 0.5
MOST_SIZE = 0.8
BUILDAH = ("buildah", "--root", str(HOME / "containers"), "--runroot", str(HOME / "run"), "--storage-driver", "vfs")  # fmt: skip

_PYPROJECT = """\
[project]
name = "shop"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["fastapi", "uvicorn", "jinja2"]

[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
"""
_MAIN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def top() -> dict[str, str]:
    return {"hello": "world"}
"""
_DOCKERFILE = """\
FROM localhost/base
COPY wheels /wheels
COPY requirements.txt /requirements.txt
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install --quiet --no-index --find-links /wheels \
    --require-hashes --no-deps -r /requirements.txt
COPY src /app
USER 65532:65532
ENTRYPOINT ["/opt/venv/bin/uvicorn", "shop.main:app", "--app-dir", "/app", "--host", "0.0.0.0"]
"""


def main() -> int:
    """Measure all of it and give 0 when every target is met."""
    env = workplace.environment()
    project = make_project(HOME / "shop", env)
    base_missing = make_root()
    met = [app_only(project, env), same_digest(project, env), full(project, env, base_missing)]
    met.append(size(project, env, base_missing))
    return 0 if all(met) else 1


def make_project(folder: Path, env: Mapping[str, str]) -> Path:
    """Make a FastAPI project in git, synced."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src/shop").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(_PYPROJECT, encoding="utf-8")
    (folder / "src/shop/__init__.py").write_text("", encoding="utf-8")
    (folder / "src/shop/main.py").write_text(_MAIN, encoding="utf-8")
    (folder / ".gitignore").write_text(".venv\n.onward\ndist\n", encoding="utf-8")
    who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]
    for words in ([peers.own("onward"), "sync"], ["git", "init", "-q"], ["git", "add", "-A"],
                  ["git", *who, "commit", "-qm", "one"]):  # fmt: skip
        if why := workplace.call(words, folder, env):
            raise SystemExit(why)
    return folder


def make_root() -> str:
    """Make the base folder once; give "" or why there is none."""
    if (ROOT_FOLDER / "usr/bin/python3").exists():
        return ""
    shutil.rmtree(ROOT_FOLDER, ignore_errors=True)
    words = ["debootstrap", "--variant=minbase", "--include=python3,python3-pip,python3-venv,ca-certificates", "bookworm"]  # fmt: skip
    why = workplace.call([*words, str(ROOT_FOLDER)], HOME, os.environ)
    subprocess.run(["umount", str(ROOT_FOLDER / "proc")], capture_output=True, check=False)
    return why


def app_only(project: Path, env: Mapping[str, str]) -> bool:
    """A line changes in the application; the layout is written again."""
    main = project / "src/shop/main.py"
    count = [0]

    def change() -> None:
        count[0] += 1
        main.write_text(f"{_MAIN}\n# {count[0]}\n", encoding="utf-8")

    argv = (peers.own("onward"), "ship", "image")
    subjects = [
        Subject(name="onward ship image --no-prove", argv=(*argv, "--no-prove"), cwd=project, env=env, prepare=change),
        Subject(name="onward ship image (started too)", argv=argv, cwd=project, env=env, prepare=change),
    ]  # fmt: skip
    measured = measure(subjects, rounds=7)
    main.write_text(_MAIN, encoding="utf-8")
    print("rebuild after a change of the application: 7 rounds, medians of CPU of the process tree")
    for one in measured:
        told = f"NOT MEASURED: {one.skipped}" if one.skipped else f"{one.cpu / 1000:.2f} s"
        print(f"  {one.name:<36}{told}")
    met = not measured[0].skipped and measured[0].cpu / 1000 <= APP_ONLY_SECONDS
    print(f"target: rebuild <= {APP_ONLY_SECONDS} s CPU: {'pass' if met else 'MISS'}\n")
    return met


def same_digest(project: Path, env: Mapping[str, str]) -> bool:
    """Build in another folder, with other times, modes, umask, time zone, and an empty cache."""
    other = HOME / "another folder"
    shutil.rmtree(other, ignore_errors=True)
    shutil.rmtree(HOME / "empty-cache", ignore_errors=True)
    other.mkdir()
    names = sorted((p for p in project.rglob("*") if p.is_file() and not _apart(p)), reverse=True)
    for path in names:  # written in another order, so that the folder lists them in another
        target = other / path.relative_to(project)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        os.utime(target, (1, 1))
    shutil.copytree(project / ".venv", other / ".venv", symlinks=True)
    first = digest(project, env)
    more = {**env, "TZ": "XXX-9", "ONWARD_CACHE_DIR": str(HOME / "empty-cache")}
    again = digest(other, more, umask=0o077)
    met = first == again and first.startswith("sha256:")
    print(
        f"two builds: {first}\n            {again}\ntarget: the same digest: {'pass' if met else 'MISS'}\n"
    )
    return met


def _apart(path: Path) -> bool:
    return bool({".venv", ".onward", "dist"} & set(path.parts))


def digest(project: Path, env: Mapping[str, str], *words: str, umask: int = -1) -> str:
    """Build, and give what was said on standard output."""
    argv = [peers.own("onward"), "ship", "image", "--no-prove", *words]
    done = subprocess.run(
        argv,
        cwd=project,
        env=dict(env),
        capture_output=True,
        encoding="utf-8",
        umask=umask,
        check=False,
    )
    return done.stdout.strip() or done.stderr[-300:]


def full(project: Path, env: Mapping[str, str], base_missing: str) -> bool:
    """Everything above the base is made anew, by both."""
    why = base_missing or ("" if shutil.which("buildah") else "buildah is not here")
    why = why or ("" if os.geteuid() == 0 else "it needs root")
    context = HOME / "context"
    why = why or _context(project, context, env) or _import_base()
    cache = HOME / "full-cache"
    own = {**env, "ONWARD_CACHE_DIR": str(cache)}

    def forget() -> None:
        base = {path.name for path in (cache / "images/notes").glob("seen-*")}
        for path in (cache / "images/notes").glob("*.json"):
            kind = json.loads(path.read_bytes())
            is_base = isinstance(kind, dict) and kind.get("kind") == "base"
            if not is_base and path.name not in base and not path.name.startswith("python-"):
                path.unlink()
        shutil.rmtree(project / "dist", ignore_errors=True)

    bud = (
        *BUILDAH,
        "bud",
        "--isolation",
        "chroot",
        "--no-cache",
        "--layers=false",
        "-t",
        "shop",
        ".",
    )
    subjects = [
        Subject(name="buildah bud", argv=bud, cwd=context, env=env, missing=why),
        Subject(
            name="onward ship image",
            argv=(peers.own("onward"), "ship", "image", "--no-prove", "--base", str(ROOT_FOLDER)),
            cwd=project, env=own, prepare=forget, missing=why,
        ),
    ]  # fmt: skip
    target = Target(subject="onward ship image", base="buildah bud", most=0.3)
    return run("full build of an image", subjects, (target,), rounds=3, base="buildah bud") == 0


def _context(project: Path, context: Path, env: Mapping[str, str]) -> str:
    """Make what buildah builds from: sources, locked requirements with hashes, their wheels."""
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir(parents=True)
    shutil.copytree(project / "src", context / "src")
    (context / "Dockerfile").write_text(_DOCKERFILE, encoding="utf-8")
    export = [peers.own("uv"), "export", "--frozen", "--no-dev", "--no-emit-project", "-o", str(context / "requirements.txt")]  # fmt: skip
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-d",
             str(context / "wheels"), "-r", str(context / "requirements.txt")]  # fmt: skip
    return workplace.call(export, project, env) or workplace.call(fetch, project, os.environ)


def _import_base() -> str:
    for place in (HOME / "containers", HOME / "run"):
        shutil.rmtree(place, ignore_errors=True)
    made = subprocess.run(
        [*BUILDAH, "from", "scratch"], capture_output=True, encoding="utf-8", check=False
    )
    name = made.stdout.strip()
    return (
        workplace.call([*BUILDAH, "add", "-q", name, str(ROOT_FOLDER), "/"], HOME, os.environ)
        or workplace.call([*BUILDAH, "commit", "-q", name, "localhost/base"], HOME, os.environ)
        or workplace.call([*BUILDAH, "rm", name], HOME, os.environ)
    )


def size(project: Path, env: Mapping[str, str], base_missing: str) -> bool:
    """The image on this machine's Python against the base folder with the same lock installed in it."""
    if base_missing:
        print(f"size: NOT MEASURED: {base_missing}")
        return False
    sizes = {}
    for name, words in (("own", ()), ("debootstrap", ("--base", str(ROOT_FOLDER)))):
        out = HOME / f"layout-{name}"
        shutil.rmtree(out, ignore_errors=True)
        told = digest(project, env, "--json", "--output", str(out), *words)
        image = json.loads(told)["images"][0]
        kept = {layer["digest"]: layer["size"] for layer in image["layers"]}
        sizes[name] = (sum(kept.values()), sum(_unpacked(out, one) for one in kept))
    met = True
    for place, word in enumerate(("packed", "unpacked")):
        own, other = sizes["own"][place], sizes["debootstrap"][place]
        met = met and own / other <= MOST_SIZE
        print(f"size {word}: {own / 1e6:.1f} MB against {other / 1e6:.1f} MB: {own / other:.2f}")
    print(
        f"target: size <= {MOST_SIZE} x debootstrap minbase + python3 + pip + the lock: {'pass' if met else 'MISS'}\n"
    )
    return met


def _unpacked(layout: Path, digest: str) -> int:
    import gzip

    total = 0
    with gzip.open(layout / "blobs/sha256" / digest.removeprefix("sha256:")) as file:
        while chunk := file.read(1 << 20):
            total += len(chunk)
    return total


if __name__ == "__main__":
    sys.exit(main())
