"""What an image starts: a command of the project, a web application behind a known server, a module, a file."""

from collections.abc import Collection, Mapping

import msgspec

from onward.core.web_apps import PORT, Served, find_served


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
    installed: Collection[str],
    *,
    python: str,
) -> Program | None:
    """Find what to start; None when nothing tells, or when a web application has no server.

    ``scripts`` are the project's commands, ``texts`` its modules by their path (``/``,
    without ``src/``), ``installed`` the names of what it is installed with.
    """
    if len(scripts) == 1 or name in scripts:
        chosen = name if name in scripts else next(iter(scripts))
        module = scripts[chosen].partition(":")[0]
        return Program(argv=(chosen,), because=f"the project's command `{chosen}`", module=module)
    web = find_served(texts, installed)
    if web is not None:
        return _behind(web) if isinstance(web, Served) else None
    mains = sorted(p for p in texts if p.endswith("/__main__.py") and p.count("/") == 1)
    if mains:
        package = mains[0].partition("/")[0]
        argv = (python, "-m", package)
        return Program(argv=argv, because=f"`{package}` can be run as a module", module=package)
    for path in ("main.py", "app.py", f"{name.replace('-', '_')}.py"):
        if path in texts:
            return Program(argv=(python, f"/app/{path}"), because=f"there is `{path}`")
    return None


def _behind(web: Served) -> Program:
    why = f"the {web.app.framework} application `{web.app.target}` behind {web.server}"
    return Program(argv=web.argv, port=PORT, because=why, module=web.app.module)


def health_check(python: str, port: int) -> tuple[str, ...]:
    """Give a command that fails when nobody answers HTTP on ``port``, or with a server error."""
    script = (
        f"import http.client as h; c = h.HTTPConnection('127.0.0.1', {port}, timeout=4); "
        "c.request('GET', '/'); raise SystemExit(c.getresponse().status >= 500)"
    )
    return (python, "-c", script)
