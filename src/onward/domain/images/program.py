"""What an image starts: a command of the project, a web application behind a known server, a module, a file."""

import re
from collections.abc import Collection, Mapping

import msgspec

_APPLICATION = re.compile(
    r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)*(FastAPI|Starlette|Litestar|Quart|Flask|Falcon|Sanic)\(",
    re.MULTILINE,
)
_WSGI = frozenset({"Flask", "Falcon"})
_DJANGO = re.compile(r"get_(asgi|wsgi)_application\(")
PORT = 8000
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a container of its own, or nobody reaches it

_ASGI_SERVERS = {
    "uvicorn": ("uvicorn", "{0}", "--host", _EVERYWHERE, "--port", "{1}"),
    "hypercorn": ("hypercorn", "{0}", "--bind", f"{_EVERYWHERE}:{{1}}"),
    "granian": ("granian", "--interface", "asgi", "--host", _EVERYWHERE, "--port", "{1}", "{0}"),
}
_WSGI_SERVERS = {
    "gunicorn": ("gunicorn", "{0}", "--bind", f"{_EVERYWHERE}:{{1}}"),
    "waitress": ("waitress-serve", f"--listen={_EVERYWHERE}:{{1}}", "{0}"),
    "granian": ("granian", "--interface", "wsgi", "--host", _EVERYWHERE, "--port", "{1}", "{0}"),
}


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """What is started: an argument list, the port that it answers HTTP on (0: none), and why it is that."""

    argv: tuple[str, ...]
    port: int = 0
    because: str = ""
    module: str = ""


def find_program(
    scripts: Mapping[str, str],
    name: str,
    texts: Mapping[str, str],
    locked: Collection[str],
    *,
    python: str,
) -> Program | None:
    """Find what to start; None when nothing tells.

    ``scripts`` are the project's commands, ``texts`` its modules by their path (``/``,
    without ``src/``), ``locked`` the names of what it is installed with.
    """
    web = _web(texts, locked)
    if len(scripts) == 1 or name in scripts:
        chosen = name if name in scripts else next(iter(scripts))
        module = scripts[chosen].partition(":")[0]
        return Program(argv=(chosen,), because=f"the project's command `{chosen}`", module=module)
    if web is not None:
        return web
    mains = sorted(p for p in texts if p.endswith("/__main__.py") and p.count("/") == 1)
    if mains:
        package = mains[0].partition("/")[0]
        argv = (python, "-m", package)
        return Program(argv=argv, because=f"`{package}` can be run as a module", module=package)
    for path in ("main.py", "app.py", f"{name.replace('-', '_')}.py"):
        if path in texts:
            return Program(argv=(python, f"/app/{path}"), because=f"there is `{path}`")
    return None


def _web(texts: Mapping[str, str], locked: Collection[str]) -> Program | None:
    for path in sorted(texts, key=lambda path: (path.count("/"), path)):
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if found := _APPLICATION.search(texts[path]):
            servers = _WSGI_SERVERS if found[2] in _WSGI else _ASGI_SERVERS
            if program := _behind(servers, f"{module}:{found[1]}", module, found[2], locked):
                return program
        if path.endswith(("/asgi.py", "/wsgi.py")) and (django := _DJANGO.search(texts[path])):
            servers = _WSGI_SERVERS if django[1] == "wsgi" else _ASGI_SERVERS
            if program := _behind(servers, f"{module}:application", module, "Django", locked):
                return program
    return None


def _behind(
    servers: Mapping[str, tuple[str, ...]],
    target: str,
    module: str,
    framework: str,
    locked: Collection[str],
) -> Program | None:
    for server, words in servers.items():
        if server in locked:
            argv = tuple(word.format(target, PORT) for word in words)
            why = f"the {framework} application `{target}` behind {server}"
            return Program(argv=argv, port=PORT, because=why, module=module)
    return None


def health_check(python: str, port: int) -> tuple[str, ...]:
    """Give a command that fails when nobody answers HTTP on ``port``, or with a server error."""
    script = (
        f"import http.client as h; c = h.HTTPConnection('127.0.0.1', {port}, timeout=4); "
        "c.request('GET', '/'); raise SystemExit(c.getresponse().status >= 500)"
    )
    return (python, "-c", script)
