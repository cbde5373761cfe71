"""The Python that runs the project as layers: the system's libraries below, the trimmed interpreter above."""

import os
import platform as machine
from collections.abc import Iterator, Mapping
from pathlib import Path

from onward.adapters.bytecode import facts_call, read_facts
from onward.adapters.oci_layout import Notes
from onward.core.disk import read_limited
from onward.core.errors import BadInput
from onward.core.lines import lines_of
from onward.core.proc.run import run
from onward.core.project import Project
from onward.domain.images.entries import Entry, Kind, leads_out, plain_mode
from onward.domain.images.trimmed import is_left_out
from onward.workflows.image.bench import Bench, Python, key_of
from onward.workflows.image.libraries import Libraries

PREFIX = "usr/local"
USER = 65532

ARCHITECTURES = {
    "x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64",
    "riscv64": "riscv64", "s390x": "s390x", "ppc64le": "ppc64le",
}  # fmt: skip

# What belongs to the C library: it is one thing with its loader, and comes from one place.
_SYSTEM = (
    "libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1",
    "libresolv.so.2", "libnss_dns.so.2", "libnss_files.so.2", "libanl.so.1", "libgcc_s.so.1", "libstdc++.so.6",
)  # fmt: skip
_USERS = (
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:{0}:{0}:nonroot:/home/nonroot:/sbin/nologin\n"
)
_GROUP = "root:x:0:\nnonroot:x:{0}:\n"
_CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_ZONES = Path("/usr/share/zoneinfo")


def python_of(project: Project, env: Mapping[str, str], notes: Notes) -> Python:
    """Find the interpreter that the project's environment was made from.

    Raises BadInput (``no-environment``, ``other-python``) where there is none to be had, or
    another than CPython on Linux.
    """
    home = _home(project.environment)
    found = (
        [path for name in ("python3", "python") if (path := home / name).exists()] if home else []
    )
    if not found:
        raise BadInput(
            "no-environment",
            f"`{project.environment}` is no environment that works, so nobody knows which Python runs the project",
            hint="`onward sync` makes it.",
        )
    executable = found[0].resolve()
    about = executable.stat()
    key = key_of("python", str(executable), str(about.st_size), str(about.st_mtime_ns))
    facts = notes.get(f"python-{key}")
    if not isinstance(facts, dict):
        facts = read_facts(run(facts_call(executable, env)))
        notes.put(f"python-{key}", facts)
    if facts["implementation"] != "cpython" or not facts["system"].startswith("linux"):
        raise BadInput(
            "other-python",
            f"an image needs CPython on Linux; the project runs with {facts['implementation']} on {facts['system']}",
            hint="Build it on Linux (in CI), or write a Dockerfile.",
        )
    return Python(
        executable=executable,
        version=facts["version"],
        tag=facts["tag"],
        stdlib=Path(facts["stdlib"]),
        libraries=Path(facts["libraries"] or "/usr/lib"),
        architecture=ARCHITECTURES.get(facts["machine"], facts["machine"]),
        key=key,
    )


def _home(environment: Path) -> Path | None:
    """Give the folder of the Python that an environment was made from (``home`` in pyvenv.cfg, PEP 405)."""
    try:
        text = read_limited(environment / "pyvenv.cfg", 100_000).decode("utf-8", "replace")
    except (OSError, BadInput):
        return None
    words = dict(line.partition("=")[::2] for line in lines_of(text))
    home = next((value.strip() for key, value in words.items() if key.strip() == "home"), "")
    return Path(home) if home else None


def system_entries(libraries: Libraries) -> Iterator[Entry]:
    """Give what a program needs of a system: the C library and its loader, users, certificates, time zones."""
    place = libraries.place
    for name in _SYSTEM:
        if (path := libraries.find(name)) is not None:
            yield Entry(path=f"{place}/{name}", mode=0o755, source=path)
    loader = libraries.loader
    yield Entry(path=f"usr{loader}", mode=0o755, source=Path(loader).resolve())
    for name in sorted({"lib", loader.split("/")[1]}):
        yield Entry(path=name, kind=Kind.link, target=f"usr/{name}")
    yield Entry(path="bin", kind=Kind.link, target="usr/bin")
    for name, mode, owner in (
        ("usr/lib", 0o755, 0), ("usr/bin", 0o755, 0), ("tmp", 0o1777, 0), ("var/tmp", 0o1777, 0), ("run", 0o755, 0),
        ("root", 0o700, 0), ("proc", 0o555, 0), ("sys", 0o555, 0), ("dev", 0o755, 0), ("home/nonroot", 0o755, USER),
    ):  # fmt: skip
        yield Entry(path=name, kind=Kind.folder, mode=mode, owner=(owner, owner))
    yield Entry(path="etc/passwd", content=_USERS.format(USER).encode())
    yield Entry(path="etc/group", content=_GROUP.format(USER).encode())
    yield Entry(path="etc/nsswitch.conf", content=b"hosts: files dns\n")
    for told in ("/etc/os-release", "/usr/lib/os-release"):
        if (release := Path(told)).is_file():
            yield Entry(path="etc/os-release", source=release.resolve())
            break
    for certificates in map(Path, _CERTIFICATES):
        if certificates.is_file():
            yield Entry(path=CERTIFICATES, source=certificates.resolve())
            break
    yield from _zones()


def _zones() -> Iterator[Entry]:
    for here, folders, files in os.walk(_ZONES):
        folders[:] = sorted(name for name in folders if name not in ("posix", "right"))
        for name in sorted(files):
            path = Path(here, name)
            real = path.resolve()
            # `localtime` leads to /etc, so to where this machine is
            if real.is_file() and real.is_relative_to(_ZONES) and name != "localtime":
                yield Entry(path=str(path)[1:], source=real)


def interpreter_entries(bench: Bench, libraries: Libraries, has: frozenset[str]) -> list[Entry]:
    """Give the interpreter, the trimmed standard library with bytecode, and the libraries they need.

    ``has`` are the libraries that lie below already.
    """
    python = bench.python
    found = list(_stdlib(python))
    name = f"python{python.minor}"
    found.append(Entry(path=f"{PREFIX}/bin/{name}", mode=0o755, source=python.executable))
    found += [
        Entry(path=f"{PREFIX}/bin/{short}", kind=Kind.link, target=name)
        for short in ("python3", "python")
    ]
    found += bench.compiled(found)
    started = [entry.source for entry in found if entry.source and _is_native(entry)]
    needed, missing = libraries.closure(started, has | frozenset(_SYSTEM))
    for words in missing:
        bench.listen(
            "note", f"The Python asks for {words}, which is not here; what uses it will not work"
        )
    found += [
        Entry(path=f"{libraries.place}/{lib}", mode=0o755, source=path)
        for lib, path in needed.items()
    ]
    return found


def _is_native(entry: Entry) -> bool:
    return entry.path.endswith(".so") or entry.path.startswith(f"{PREFIX}/bin/")


def _stdlib(python: Python) -> Iterator[Entry]:
    top = python.stdlib
    for here, folders, files in os.walk(top):
        inside = Path(here).relative_to(top).as_posix()
        start = "" if inside == "." else f"{inside}/"
        folders[:] = sorted(name for name in folders if not is_left_out(f"{start}{name}/x"))
        for name in sorted(files):
            path, place = Path(here, name), f"{PREFIX}/lib/python{python.minor}/{start}{name}"
            if is_left_out(f"{start}{name}"):
                continue
            if path.is_symlink():
                target = str(path.readlink())
                if not leads_out(f"{start}{name}", target):
                    yield Entry(path=place, kind=Kind.link, target=target)
                continue
            if path.is_file():
                yield Entry(path=place, mode=plain_mode(path.stat().st_mode), source=path)


def this_architecture() -> str:
    """Give the processor of this machine by Go's name."""
    return ARCHITECTURES.get(machine.machine().lower(), machine.machine())
