"""All that ``onward ship`` claims: programs on a clean machine, images, the same files twice, what a push sends."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from bench import peers, ship_app, ship_image, workplace

HOME = workplace.HOME / "ship"


class Layer(msgspec.Struct, frozen=True):
    """One layer, as ``ship image --json`` tells of it; ``size`` in bytes."""

    kind: str
    digest: str
    size: int


class Image(msgspec.Struct, frozen=True):
    """One image, as ``ship image --json`` tells of it."""

    layers: list[Layer]


class Told(msgspec.Struct, frozen=True):
    """The answer of ``ship image --json``."""

    images: list[Image]


def main() -> int:
    """Run all parts, one after the other, and give 0 when every target is met."""
    HOME.mkdir(parents=True, exist_ok=True)
    env = workplace.environment()
    missed = [ship_app.main(), ship_image.main()]
    missed += [not same(words, ends, env) for words, ends in BUILT]
    missed.append(not push(env))
    return 1 if any(missed) else 0


BUILT = (
    (("ship", "wheel"), (".whl", ".tar.gz")),
    (("ship", "app", "--format", "deb,tar.gz"), (".deb", ".tar.gz")),
)


def same(words: tuple[str, ...], ends: tuple[str, ...], env: Mapping[str, str]) -> bool:
    """Build twice: in another folder, with other times, modes, umask and time zone, and files written in another order."""
    told: list[dict[str, str]] = []
    project = ship_image.make_project(HOME / "one", env)
    for folder, zone, umask in ((project, "UTC", 0o022), (HOME / "another one", "XXX-9", 0o077)):
        if folder != project:
            _written_anew(project, folder)
        ran = subprocess.run(
            (peers.own("onward"), *words), cwd=folder, env={**env, "TZ": zone}, umask=umask,
            capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if ran.returncode:
            print(f"onward {' '.join(words)}: FAILED\n{ran.stdout[-800:]}{ran.stderr[-800:]}")
            return False
        files = [path for path in sorted((folder / "dist").iterdir()) if path.name.endswith(ends)]
        told.append({one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files})
        shutil.rmtree(folder / "dist")
    met = len(told[0]) == len(ends) and told[0] == told[1]
    for name, digest in told[0].items():
        print(f"two builds: {name}: {digest[:16]} {told[1].get(name, '')[:16]}")
    print(f"target: the same bytes by onward {' '.join(words)}: {'pass' if met else 'MISS'}\n")
    return met


def _written_anew(project: Path, folder: Path) -> None:
    """Copy the sources in reverse, so that folders list them in another order, with other times and modes."""
    shutil.rmtree(folder, ignore_errors=True)
    for path in sorted(project.rglob("*"), reverse=True):
        inside = path.relative_to(project)
        if path.is_file() and not {".venv", "dist", ".onward"} & set(inside.parts):
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            os.utime(target, (1_000_000_000, 1_000_000_000))
            target.chmod(0o600 if ".git" not in inside.parts else 0o644)


def push(env: Mapping[str, str]) -> bool:
    """Push, change the application, push again: all that leaves then is its layer."""
    if shutil.which("docker-registry") is None:
        print("push: NOT MEASURED: docker-registry is not here\n")
        return False
    project = ship_image.make_project(HOME / "pushed", env)
    with ExitStack() as stack:
        count, port = stack.enter_context(_counted(stack.enter_context(_registry())))
        argv = (peers.own("onward"), "ship", "image", "--json", "--push")
        first = _image(project, (*argv, f"127.0.0.1:{port}/team/shop:1"), env)
        all_of_it, count[0] = count[0], 0
        with (project / "src/shop/main.py").open("a", encoding="utf-8") as file:
            file.write("# changed\n")
        second = _image(project, (*argv, f"127.0.0.1:{port}/team/shop:2"), env)
        sent = count[0]
    there = {layer.digest for layer in first.layers}
    new = [layer for layer in second.layers if layer.digest not in there]
    size = sum(layer.size for layer in new)
    kept = min(layer.size for layer in second.layers if layer.digest in there)
    met = len(new) == 1 and size <= sent < size + kept
    print(f"first push: {all_of_it} bytes leave; after a change of the application: {sent}")
    print(
        f"  new layers: {', '.join(layer.kind for layer in new)} ({size} bytes); the smallest other one: {kept}"
    )
    print("  the rest is the bill of materials, the configuration, the manifests and the requests")
    print(f"target: only the changed layer leaves: {'pass' if met else 'MISS'}\n")
    return met


def _image(project: Path, argv: tuple[str, ...], env: Mapping[str, str]) -> Image:
    ran = subprocess.run(argv, cwd=project, env=dict(env), capture_output=True, check=False)
    if ran.returncode:
        raise SystemExit(f"push: {ran.stderr.decode()[-500:]}")
    return msgspec.json.decode(ran.stdout, type=Told).images[0]


@contextmanager
def _registry() -> Iterator[int]:
    """Run Debian's registry on loopback; gives its port."""
    port = _free_port()
    data = workplace.HOME / "ship" / "registry"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    settings = data / "settings.yml"
    settings.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{data}/kept'}}}}\n"
        f'http: {{addr: "127.0.0.1:{port}"}}\n',
        encoding="utf-8",
    )
    child = subprocess.Popen(
        ("docker-registry", "serve", str(settings)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with closing(socket.socket()) as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        child.terminate()
        child.wait()


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def _counted(port: int) -> Iterator[tuple[list[int], int]]:
    """Pass all on to ``port``; gives how many bytes went there so far, and the port to connect to."""
    count = [0]
    door = socket.create_server(("127.0.0.1", 0))

    def passed(source: socket.socket, target: socket.socket, *, counts: bool) -> None:
        while piece := source.recv(1 << 16):
            count[0] += len(piece) * counts
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port))
            for ends, counts in (((client, server), True), ((server, client), False)):
                threading.Thread(
                    target=passed, args=ends, kwargs={"counts": counts}, daemon=True
                ).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield count, door.getsockname()[1]
    finally:
        door.close()


if __name__ == "__main__":
    sys.exit(main())
