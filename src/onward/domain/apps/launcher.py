"""The few lines that start a program inside its bundle, and those that make fonts and threads right there."""

from onward.domain.apps.model import App, Kind

NO_BROWSER = "ONWARD_APP_NO_BROWSER"
PORT = "ONWARD_APP_PORT"


def launcher(app: App) -> str:
    """Give the script that is built: it calls the entry, or serves it on loopback and opens the browser."""
    module, _, path = app.entry.removesuffix("()").partition(":")
    call = "()" * app.entry.endswith("()")  # a factory
    start = _WEB if app.kind is Kind.web else _CALL
    return (
        _HELPERS + f"from {module} import {path.partition('.')[0]} as _first\n\n"
        f"_target = _first{path[len(path.partition('.')[0]) :]}{call}\n"
        + start.replace("PORT_SAID", str(app.port)).replace("PATH_SAID", repr(app.path))
    )


# To import multiprocessing here would cost a program that has no use for it 20 ms of each start. Where a helper
# of it is started, PyInstaller's hook has imported it already.
_HELPERS = """import sys

if "multiprocessing" in sys.modules:
    sys.modules["multiprocessing"].freeze_support()
"""

_CALL = "if __name__ == '__main__':\n    sys.exit(_target())\n"

_WEB = """

def _serve_async(opened):
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        if error.name != "uvicorn":
            raise
    else:
        uvicorn.Server(uvicorn.Config(_target, log_level="warning")).run(sockets=[opened])
        return
    try:
        import hypercorn.asyncio
        import hypercorn.config
    except ModuleNotFoundError as error:
        if error.name != "hypercorn":
            raise
        sys.exit("nothing here serves an ASGI app: `onward add uvicorn`")
    import asyncio

    config = hypercorn.config.Config()
    config.bind = [f"fd://{opened.detach()}"]
    config.loglevel = "warning"
    asyncio.run(hypercorn.asyncio.serve(_target, config))


def _serve():
    import inspect
    import os
    import socket
    import threading
    import webbrowser

    port = int(os.environ.get("ONWARD_APP_PORT") or PORT_SAID)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", port))
    opened.listen(128)
    address = f"http://127.0.0.1:{opened.getsockname()[1]}" + PATH_SAID
    print(f"{address}  (Ctrl-C ends it)", flush=True)
    if not os.environ.get("ONWARD_APP_NO_BROWSER"):
        threading.Timer(1.0, webbrowser.open, [address]).start()
    call = _target if inspect.isfunction(_target) else type(_target).__call__
    if inspect.iscoroutinefunction(call):
        _serve_async(opened)
        return
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    class Quiet(WSGIRequestHandler):
        def log_message(self, *words):
            pass

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Quiet, bind_and_activate=False)
    server.socket.close()
    server.socket = opened
    server.server_address = opened.getsockname()
    server.server_name, server.server_port = server.server_address
    server.setup_environ()
    server.set_app(_target)
    server.serve_forever()


if __name__ == "__main__":
    try:
        _serve()
    except KeyboardInterrupt:
        sys.exit(0)
"""

FONT_HOOK = """
import os
import sys


def _any(folder):
    return any(name.endswith((".ttf", ".otf", ".pcf.gz")) for _, _, names in os.walk(folder) for name in names)


if "FONTCONFIG_FILE" not in os.environ and not (os.path.exists("/etc/fonts/fonts.conf") and _any("/usr/share/fonts")):
    _fonts = os.path.join(getattr(sys, "_MEIPASS", None) or os.path.dirname(__file__), "fonts")
    os.environ["FONTCONFIG_FILE"] = os.path.join(_fonts, "fonts.conf")
    os.environ.setdefault("QT_QPA_FONTDIR", _fonts)
"""
"""Runs first in a program with windows: where the system has no fonts, those of the bundle count.

PyInstaller says in ``sys._MEIPASS`` where the bundle is, with Nuitka it is beside the script.
"""

FONTS_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">.</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <dir prefix="xdg">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <cachedir>/tmp/fontconfig-cache</cachedir>
</fontconfig>
"""

DATA_HELPER = '''"""Where the files are that belong to this package, wherever it runs: source, wheel, PyInstaller, Nuitka, cx_Freeze.

Written by onward once; it is yours and needs nothing of onward's.
"""

import sys
from pathlib import Path


def path(name: str) -> Path:
    """Give the path of a file or folder beside this module, such as ``path("data/words.txt")``."""
    beside = Path(__file__).resolve().parent
    found = beside / name
    if not found.exists() and getattr(sys, "frozen", False):  # cx_Freeze keeps modules in an archive
        package = (__package__ or "").replace(".", "/")
        for top in (Path(sys.executable).resolve().parent, Path(sys.executable).resolve().parent / "lib"):
            if (top / package / name).exists():
                return top / package / name
    return found
'''
