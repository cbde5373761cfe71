"""What of a project is started in containers: its processes, found in its dependencies and its code."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

PORT = 8000
"""Where a web program listens in its container."""

_APP = re.compile(
    r"^(?P<name>[A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?"
    r"(?P<kind>FastAPI|Starlette|Litestar|Quart|Flask|Celery|get_asgi_application|get_wsgi_application)\(",
    re.MULTILINE,
)
_FACTORY = re.compile(r"^(?:async )?def (create_app|make_app)\(", re.MULTILINE)
_HEALTH = re.compile(r"""["'](/(?:healthz?|livez|readyz|ping))/?["']""")
_VARIABLE = re.compile(
    r"""\b(?:environ(?:\.get\(|\[)|getenv\()\s*["']([A-Za-z_][A-Za-z0-9_]*)["']"""
)
_WORKER_SETTINGS = re.compile(r"^class (WorkerSettings)\b", re.MULTILINE)
_ACTOR = re.compile(r"^\s*@(?:dramatiq\.)?actor\b", re.MULTILINE)
_DJANGO = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)\.settings[\w.]*["']""")
_ASGI = ("FastAPI", "Starlette", "Litestar", "Quart", "get_asgi_application")
_WSGI = ("Flask", "get_wsgi_application")
_OURS = ("PATH", "HOME", "USER", "PWD", "LANG", "TMPDIR", "CI", "SHELL", "TERM")


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A process of the program: its name, its words, the module's words for a debugger, and its port (0: none).

    ``because`` says what it was found by.
    """

    name: str
    argv: tuple[str, ...]
    because: str
    module: tuple[str, ...] = ()
    port: int = 0


class App(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: processes (the main one first), the path that says it is well, the variables it reads.

    ``missing`` says what would have to be there to start it, empty when it can be started.
    """

    processes: tuple[Process, ...] = ()
    health: str = ""
    variables: tuple[str, ...] = ()
    missing: str = ""
    hint: str = ""


def find_app(
    code: Mapping[str, str],
    needs: Collection[str],
    pyproject: Mapping[str, Any],
    name: str,
    *,
    packaged: bool,
) -> App:
    """Read ``code`` (paths with ``/`` from where imports start, and texts) and say what is to be started.

    Only a ``packaged`` project has its console scripts installed.
    """
    found = _applications(code)
    web, missing = _web(found, code, needs)
    processes = [web] if web else []
    processes += _workers(found, code, needs)
    if not processes and not missing:
        plain = _plain(code, pyproject if packaged else {}, name)
        if plain:
            processes.append(plain)
        else:
            missing = "nothing says how it is started"
    health = next((hit[1] for text in code.values() if (hit := _HEALTH.search(text))), "")
    variables = {hit for text in code.values() for hit in _VARIABLE.findall(text)}
    hints = {
        "server": "`onward add uvicorn` (or gunicorn, granian, hypercorn) gives it one.",
        "start": "Give `[project.scripts]` a command, or a package a `__main__.py`.",
    }
    return App(
        processes=tuple(processes),
        health=health if web else "",
        variables=tuple(sorted(variables - set(_OURS))),
        missing=missing,
        hint=hints["server" if "server" in missing else "start"] if missing else "",
    )


def _applications(code: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Give (kind, module, name) of each object that is an application."""
    found = []
    for path, text in sorted(code.items()):
        found += [(hit["kind"], _module(path), hit["name"]) for hit in _APP.finditer(text)]
        if factory := _FACTORY.search(text):
            kind = "Flask" if re.search(r"\bFlask\(", text) else "FastAPI"
            found.append((kind, _module(path), f"{factory[1]}()"))
    return found


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _web(
    found: list[tuple[str, str, str]], code: Mapping[str, str], needs: Collection[str]
) -> tuple[Process | None, str]:
    for kinds in (_ASGI, _WSGI):
        for kind, module, name in found:
            if kind in kinds:
                return _served(kind, module, name, needs, is_async=kinds is _ASGI)
    for text in code.values():
        if django := _DJANGO.search(text):
            return _served("Django", f"{django[1]}.wsgi", "application", needs, is_async=False)
    return None, ""


def _served(
    kind: str, module: str, name: str, needs: Collection[str], *, is_async: bool
) -> tuple[Process | None, str]:
    plain, factory = name.removesuffix("()"), name.endswith("()")
    target = f"{module}:{plain}"
    more = ("--factory",) if factory else ()
    place = ("--host", "0.0.0.0", "--port", str(PORT))  # noqa: S104 - inside of its container
    bind = ("--bind", f"0.0.0.0:{PORT}")
    asgi = {
        "uvicorn": ("uvicorn", target, *more, *place),
        "granian": ("granian", "--interface", "asgi", target, *more, *place),
        "hypercorn": ("hypercorn", f"{module}:{name}", *bind),
    }
    wsgi = {
        "gunicorn": ("gunicorn", f"{module}:{name}", *bind),
        "granian": ("granian", "--interface", "wsgi", target, *more, *place),
        "waitress": ("waitress-serve", *(("--call",) if factory else ()), f"--listen=0.0.0.0:{PORT}", target),
    }  # fmt: skip
    known = asgi if is_async else wsgi
    for server, argv in known.items():
        if server in needs:
            words = ("waitress", *argv[1:]) if server == "waitress" else argv
            because = f"{kind} in {module}, served by {server}"
            made = Process(name="web", argv=argv, module=words, port=PORT, because=because)
            return made, ""
    return None, f"{kind} in {module} has no server: none of {', '.join(known)} is a dependency"


def _workers(
    found: list[tuple[str, str, str]], code: Mapping[str, str], needs: Collection[str]
) -> list[Process]:
    made: list[Process] = []

    def add(name: str, words: tuple[str, ...], because: str) -> None:
        made.append(Process(name=name, argv=words, module=words, because=because))

    for kind, module, name in found:
        if kind == "Celery":
            target = ("--app", f"{module}:{name}")
            add(
                "worker", ("celery", *target, "worker", "--loglevel", "INFO"), f"Celery in {module}"
            )
            if any("beat_schedule" in text for text in code.values()):
                add(
                    "beat",
                    (
                        "celery",
                        *target,
                        "beat",
                        "--loglevel",
                        "INFO",
                        "--schedule",
                        "/tmp/celerybeat-schedule",  # noqa: S108 - in the container
                    ),
                    "beat_schedule in the code",
                )
            break
    if "rq" in needs:
        words = ("rq", "worker", "--url", "redis://redis:6379/0")
        made.append(Process(name="rq", argv=words, because="rq among the dependencies"))
    for path, text in sorted(code.items()):
        if "arq" in needs and (hit := _WORKER_SETTINGS.search(text)):
            made.append(
                Process(name="arq", argv=("arq", f"{_module(path)}.{hit[1]}"), because=f"{hit[1]} in {path}")
            )  # fmt: skip
    actors = sorted(_module(path) for path, text in code.items() if _ACTOR.search(text))
    if "dramatiq" in needs and actors:
        add("dramatiq", ("dramatiq", *actors), f"actors in {', '.join(actors)}")
    return made


def _plain(code: Mapping[str, str], pyproject: Mapping[str, Any], name: str) -> Process | None:
    project = pyproject.get("project")
    scripts = project.get("scripts") if isinstance(project, dict) else None
    if isinstance(scripts, dict) and scripts:
        command = name if name in scripts else next(iter(scripts))
        module = str(scripts[command]).partition(":")[0]
        return Process(
            name="app",
            argv=(command,),
            module=(module,),
            because=f"`{command}` in [project.scripts]",
        )
    for path in sorted(code, key=lambda path: (path.count("/"), path)):
        if path.endswith("/__main__.py"):
            module = _module(path.removesuffix("/__main__.py") + ".py")
            return Process(
                name="app", argv=("python", "-m", module), module=(module,), because=path
            )
    for path in ("main.py", "app.py", "manage.py"):
        if path in code:
            return Process(name="app", argv=("python", path), module=(_module(path),), because=path)
    return None
