"""What of a project is started in containers: its processes, found in its dependencies and its code."""

import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from onward.core.web_apps import PORT, Served, Unserved, find_served, module_of

_CELERY = re.compile(r"^([A-Za-z_]\w*)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?Celery\(", re.MULTILINE)
_HEALTH = re.compile(r"""["'](/(?:healthz?|livez|readyz|ping))/?["']""")
_VARIABLE = re.compile(
    r"""\b(?:environ(?:\.get\(|\[)|getenv\()\s*["']([A-Za-z_][A-Za-z0-9_]*)["']"""
)
_WORKER_SETTINGS = re.compile(r"^class (WorkerSettings)\b", re.MULTILINE)
_ACTOR = re.compile(r"^\s*@(?:dramatiq\.)?actor\b", re.MULTILINE)
_DJANGO = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)\.settings[\w.]*["']""")
_GUARD = re.compile(r"""^if __name__ == ["']__main__["']""", re.MULTILINE)
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
    web = _web(code, needs)
    processes = [web] if isinstance(web, Process) else []
    processes += _workers(code, needs)
    missing, hint = (web.message, web.hint) if isinstance(web, Unserved) else ("", "")
    if not processes and not missing:
        plain = _plain(code, pyproject if packaged else {}, name)
        if plain:
            processes.append(plain)
        else:
            missing = "nothing says how it is started"
            hint = "Give `[project.scripts]` a command, or a package a `__main__.py`."
    health = next((hit[1] for text in code.values() if (hit := _HEALTH.search(text))), "")
    variables = {hit for text in code.values() for hit in _VARIABLE.findall(text)}
    return App(
        processes=tuple(processes),
        health=health if isinstance(web, Process) else "",
        variables=tuple(sorted(variables - set(_OURS))),
        missing=missing,
        hint=hint,
    )


def _web(code: Mapping[str, str], needs: Collection[str]) -> Process | Unserved | None:
    web = find_served(_with_settings(code), needs)
    if not isinstance(web, Served):
        return web
    words = ("waitress", *web.argv[1:]) if web.server == "waitress" else web.argv
    because = f"{web.app.framework} in {web.app.module}, served by {web.server}"
    return Process(name="web", argv=web.argv, module=words, port=PORT, because=because)


def _with_settings(code: Mapping[str, str]) -> Mapping[str, str]:
    """Add the module that Django makes beside the settings, where its own text does not show the application."""
    told = next((hit[1] for text in code.values() if (hit := _DJANGO.search(text))), "")
    path = f"{told.replace('.', '/')}/wsgi.py"
    return {path: "application = get_wsgi_application()\n", **code} if told else code


def _workers(code: Mapping[str, str], needs: Collection[str]) -> list[Process]:
    made: list[Process] = []

    def add(name: str, words: tuple[str, ...], because: str) -> None:
        made.append(Process(name=name, argv=words, module=words, because=because))

    for path, text in sorted(code.items()):
        if queue := _CELERY.search(text):
            module = module_of(path)
            target = ("--app", f"{module}:{queue[1]}")
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
                Process(name="arq", argv=("arq", f"{module_of(path)}.{hit[1]}"), because=f"{hit[1]} in {path}")
            )  # fmt: skip
    actors = sorted(module_of(path) for path, text in code.items() if _ACTOR.search(text))
    if "dramatiq" in needs and actors:
        add("dramatiq", ("dramatiq", *actors), f"actors in {', '.join(actors)}")
    return made


def _plain(code: Mapping[str, str], pyproject: Mapping[str, Any], name: str) -> Process | None:
    project = pyproject.get("project")
    scripts = project.get("scripts") if isinstance(project, dict) else None
    if isinstance(scripts, dict) and scripts:
        command = name if name in scripts else next(iter(scripts))
        return Process(
            name="app",
            argv=(command,),
            module=_runnable(code, str(scripts[command])),
            because=f"`{command}` in [project.scripts]",
        )
    for path in sorted(code, key=lambda path: (path.count("/"), path)):
        if path.endswith("/__main__.py"):
            module = module_of(path.removesuffix("/__main__.py") + ".py")
            return Process(
                name="app", argv=("python", "-m", module), module=(module,), because=path
            )
    for path in ("main.py", "app.py", "manage.py"):
        if path in code:
            return Process(
                name="app", argv=("python", path), module=(module_of(path),), because=path
            )
    return None


def _runnable(code: Mapping[str, str], entry: str) -> tuple[str, ...]:
    """Give the module that does as the command ``entry`` does when it is run by ``-m``; none where only the command does."""
    module, _, function = entry.partition("[")[0].strip().partition(":")
    if _GUARD.search(code.get(f"{module.replace('.', '/')}.py", "")):
        return (module,)
    top = module.partition(".")[0]
    main = code.get(f"{top}/__main__.py", "")
    return (top,) if re.search(rf"\b{re.escape(function or module)}\b", main) else ()
