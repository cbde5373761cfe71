"""Chromium without a window, driven through its DevTools protocol over a pipe; nothing else is needed for it.

Chromium reads commands from its file descriptor 3 and answers on 4: JSON objects with a
zero byte behind each. So it works where POSIX descriptors are handed on, and nowhere else.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

_WORDS = (
    "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars",
    # whatever is not this machine has no address: the browser itself cannot look anything up either
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)  # fmt: skip


def find_chromium() -> str | None:
    """Give the browser's program; None where there is none, or no way to hand it a pipe."""
    if os.name != "posix":
        return None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page of the browser. ``seen`` are the events that came, ``asked`` the addresses it fetched."""

    def __init__(self, write: BinaryIO, read: int) -> None:
        self._write = write
        self._read = read
        self._come = b""
        self._number = 0
        self._session: str | None = None
        self.seen: list[dict[str, Any]] = []

    def open(self) -> None:
        """Take a fresh page; everything that it does is told from then on."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.seen.clear()

    def send(self, method: str, **parameters: Any) -> Any:
        """Give the result of a command."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        self._write.write(json.dumps(command).encode() + b"\0")
        self._write.flush()
        while True:
            message = self._next()
            if message.get("id") == self._number:
                assert "error" not in message, (method, message["error"])
                return message["result"]
            self.seen.append(message)

    def go(self, address: str) -> int:
        """Load a page to its end, and give its status."""
        self._load("about:blank")  # or a fragment alone would load nothing
        frame = self._load(address)
        statuses = [
            event["params"]["response"]["status"]
            for event in self.seen
            if event.get("method") == "Network.responseReceived"
            and event["params"]["type"] == "Document"
            and event["params"]["frameId"] == frame
        ]
        return int(statuses[-1])

    def wait(self, method: str) -> None:
        """Wait for an event that may have come already."""
        while not any(event.get("method") == method for event in self.seen):
            self.seen.append(self._next())

    def _load(self, address: str) -> str:
        self.seen.clear()
        frame: str = self.send("Page.navigate", url=address)["frameId"]
        self.wait("Page.loadEventFired")
        return frame

    def run(self, script: str) -> Any:
        """Give the value of an expression in the page."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def press(self, key: str, code: int, *, shift: bool = False) -> None:
        """Press a key and let it go."""
        held = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 * shift}
        text = {"text": "\r"} if key == "Enter" else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", **held, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **held)

    def looks(self, *, dark: bool, width: int = 1200) -> None:
        """Show pages in this scheme of colours and at this width in pixels."""
        value = "dark" if dark else "light"
        features = [{"name": "prefers-color-scheme", "value": value}]
        self.send("Emulation.setEmulatedMedia", features=features)
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    @property
    def asked(self) -> list[str]:
        """The addresses that were fetched since the last page was loaded, and for it."""
        return [
            event["params"]["request"]["url"]
            for event in self.seen
            if event.get("method") == "Network.requestWillBeSent"
        ]

    @property
    def complaints(self) -> list[str]:
        """What the console was told: errors, warnings, violations of the content security policy."""
        told = []
        for event in self.seen:
            match event.get("method"):
                case "Log.entryAdded":
                    entry = event["params"]["entry"]
                    if entry["source"] != "network":  # that a page has status 403 is told there too
                        told.append(f"{entry['source']}: {entry['text']}")
                case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                    told.append(json.dumps(event["params"]))
        return told

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._come:
            more = os.read(self._read, 1_000_000)
            assert more, "the browser is gone"
            self._come += more
        line, _, self._come = self._come.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextlib.contextmanager
def chromium(program: str, folder: Path) -> Iterator[Tab]:
    """Run the browser with its files in ``folder`` while the body runs."""
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    words = [program, *_WORDS, f"--user-data-dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append(
            "--no-sandbox"
        )  # it refuses to start as root with one; only our own pages are shown

    # the shell puts the pipes where Chromium looks for them, and becomes it
    script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
    child = subprocess.Popen(
        ("bash", "-c", script, "chromium", *words),
        pass_fds=(theirs_in, theirs_out),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(folder)},
    )
    os.close(theirs_in)
    os.close(theirs_out)
    with open(ours_out, "wb") as write, open(ours_in, "rb"):  # noqa: PTH123 - descriptors
        tab = Tab(write, ours_in)
        try:
            tab.open()
            yield tab
        finally:
            with contextlib.suppress(OSError):
                write.write(b'{"id":0,"method":"Browser.close"}\0')
                write.flush()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
