"""The web application among a project's modules: an object, or a factory that makes it, and the server it runs behind.

How each server takes an application and a factory: uvicorn ``--factory``, granian
``--factory``, waitress ``--call``; gunicorn and hypercorn evaluate ``module:name()``.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

PORT = 8000
"""Where a web application listens in its container."""
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - in a container of its own, or nobody reaches it

_ASGI = frozenset({"FastAPI", "Starlette", "Litestar", "Quart", "Sanic", "ASGIHandler"})
_WSGI = frozenset({"Flask", "Falcon", "WSGIHandler"})
_DJANGO = {"get_asgi_application": "ASGIHandler", "get_wsgi_application": "WSGIHandler"}
_BY_IMPORT = {"fastapi": "FastAPI", "litestar": "Litestar", "quart": "Quart", "sanic": "Sanic", "flask": "Flask",
              "starlette": "Starlette"}  # fmt: skip

_NAMES = r"(?:create|make|build|get)_(?:app|application|asgi|wsgi)|app_factory"
_APPLICATION = re.compile(
    rf"^(?P<name>[A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=[ \t]*(?:\w+\.)*"
    rf"(?P<kind>{'|'.join(sorted({*_ASGI, *_WSGI, *_DJANGO}))}|{_NAMES})\(",
    re.MULTILINE,
)
_FACTORY = re.compile(rf"^def (?:{_NAMES})\(", re.MULTILINE)
_FACTORY_NAME = re.compile(_NAMES)
# Django's own modules, where the application may be wrapped in something else.
_DJANGO_CALL = re.compile(r"\b(get_(?:asgi|wsgi)_application)\(")
_DJANGO_NAME = re.compile(r"^application\s*[:=]", re.MULTILINE)
_IMPORT = re.compile(rf"^(?:from|import) ({'|'.join(_BY_IMPORT)})\b", re.MULTILINE)

_ASGI_SERVERS = {
    "uvicorn": ("uvicorn", "{plain}", "--factory", "--host", _EVERYWHERE, "--port", "{port}"),
    "granian": ("granian", "--interface", "asgi", "{plain}", "--factory", "--host", _EVERYWHERE, "--port", "{port}"),
    "hypercorn": ("hypercorn", "{called}", "--bind", f"{_EVERYWHERE}:{{port}}"),
}  # fmt: skip
_WSGI_SERVERS = {
    "gunicorn": ("gunicorn", "{called}", "--bind", f"{_EVERYWHERE}:{{port}}"),
    "granian": ("granian", "--interface", "wsgi", "{plain}", "--factory", "--host", _EVERYWHERE, "--port", "{port}"),
    "waitress": ("waitress-serve", "--call", f"--listen={_EVERYWHERE}:{{port}}", "{plain}"),
}  # fmt: skip
_OF_FACTORIES = frozenset({"--factory", "--call"})


class WebApp(msgspec.Struct, frozen=True, kw_only=True):
    """An application: what it is made with, its module, its name there, and whether that has to be called."""

    kind: str
    module: str
    name: str
    is_factory: bool = False

    @property
    def is_async(self) -> bool:
        """Whether it speaks ASGI, else WSGI."""
        return self.kind in _ASGI

    @property
    def target(self) -> str:
        """How it is written for people."""
        return f"{self.module}:{self.name}{'()' * self.is_factory}"

    @property
    def framework(self) -> str:
        """The name that people know its kind by."""
        return "Django" if self.kind in _DJANGO.values() else self.kind

    @property
    def servers(self) -> Mapping[str, tuple[str, ...]]:
        """The servers it can run behind, the one to prefer first."""
        return _ASGI_SERVERS if self.is_async else _WSGI_SERVERS


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """An application behind a server: the words that start it."""

    app: WebApp
    server: str
    argv: tuple[str, ...]


class Unserved(msgspec.Struct, frozen=True, kw_only=True):
    """An application for which no server is installed."""

    app: WebApp

    @property
    def message(self) -> str:
        """What is missing."""
        names = ", ".join(self.app.servers)
        return f"the {self.app.framework} application `{self.app.target}` has no server: none of {names} is a dependency"

    @property
    def hint(self) -> str:
        """What to do about it."""
        first, *others = self.app.servers
        return f"`onward add {first}` (or {', '.join(others)}) gives it one."


def find_web_apps(texts: Mapping[str, str]) -> list[WebApp]:
    """Give the web applications among a project's modules, the one to prefer first.

    ``texts`` are the modules by their path (``/``, from where imports start). An application
    that is there as an object comes before a factory, and one near the top before one deep
    down.
    """
    return sorted(
        _applications(texts),
        key=lambda app: (app.is_factory, not app.is_async, app.module.count("."), app.module),
    )


def find_served(texts: Mapping[str, str], installed: Collection[str]) -> Served | Unserved | None:
    """Find the web application of a project and put it behind a server that is ``installed``.

    ``texts`` are as for ``find_web_apps``. None when there is no application.
    """
    apps = find_web_apps(texts)
    for app in apps:
        for server, words in app.servers.items():
            if server in installed:
                return Served(app=app, server=server, argv=_started(app, words))
    return Unserved(app=apps[0]) if apps else None


def _started(app: WebApp, words: tuple[str, ...]) -> tuple[str, ...]:
    plain = f"{app.module}:{app.name}"
    kept = (word for word in words if app.is_factory or word not in _OF_FACTORIES)
    return tuple(word.format(plain=plain, called=app.target, port=PORT) for word in kept)


def _applications(texts: Mapping[str, str]) -> Iterator[WebApp]:
    factories = [found for path, text in texts.items() for found in _factories(path, text)]
    yield from factories
    made = {one.name: one.kind for one in factories}
    for path, text in texts.items():
        module = module_of(path)
        django = path.endswith(("asgi.py", "wsgi.py")) and _DJANGO_NAME.search(text)
        if django and (call := _DJANGO_CALL.search(text)):
            yield WebApp(kind=_DJANGO[call[1]], module=module, name="application")
            continue
        for hit in _APPLICATION.finditer(text):
            word = hit["kind"]
            kind = made.get(word) if _FACTORY_NAME.fullmatch(word) else _DJANGO.get(word, word)
            if kind:
                yield WebApp(kind=kind, module=module, name=hit["name"])


def module_of(path: str) -> str:
    """Give the dotted name that the file at ``path`` is imported by."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _factories(path: str, text: str) -> Iterator[WebApp]:
    if not _FACTORY.search(text):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):  # no module that could be started
        return
    for one in tree.body:
        if not isinstance(one, ast.FunctionDef) or not _FACTORY_NAME.fullmatch(one.name):
            continue
        if (kind := _kind(one, text)) and _needs_nothing(one.args):
            yield WebApp(kind=kind, module=module_of(path), name=one.name, is_factory=True)


def _needs_nothing(args: ast.arguments) -> bool:
    """Whether a server, which gives no arguments, can call it."""
    positional = len(args.posonlyargs) + len(args.args) - len(args.defaults)
    return positional <= 0 and None not in args.kw_defaults


def _kind(factory: ast.FunctionDef, text: str) -> str:
    """Tell what a factory makes: as it is annotated, by what it calls, else by what its module imports."""
    if factory.returns is not None:
        words: list[str] = re.findall(r"\w+", ast.unparse(factory.returns))
        told = [word for word in words if word in _ASGI | _WSGI]
        if told:
            return told[-1]
    for node in ast.walk(factory):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in _ASGI | _WSGI or name in _DJANGO:
                return _DJANGO.get(name, name)
    imported = _IMPORT.search(text)
    return _BY_IMPORT[imported[1]] if imported else ""
