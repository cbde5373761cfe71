"""A small language client: starts ``onward check --lsp`` and talks JSON-RPC with it over pipes, as an editor does."""

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_PATIENCE = 30.0  # seconds for one answer


class Client:
    """One editor. ``shown`` are the diagnostics that the server told last, by URI."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        self.root = root
        self.process = subprocess.Popen(
            (sys.executable, "-m", "onward", "check", "--lsp"),
            cwd=root, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.shown: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[dict[str, Any]] = []  # what the server asks of the editor
        self.told: list[dict[str, Any]] = []
        self.waiting: list[dict[str, Any]] = []
        self.errors = b""
        self._number = 0
        self._come: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def begin(self, settings: object = None, **capabilities: Any) -> Any:
        answer = self.ask(
            "initialize",
            processId=None,
            rootUri=self.root.as_uri(),
            capabilities=capabilities,
            initializationOptions=settings,
        )
        self.tell("initialized")
        return answer

    def open(self, path: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        document = {"uri": self.uri(path), "languageId": "python", "version": 1, "text": text}
        self.tell("textDocument/didOpen", textDocument=document)

    def change(self, path: str, text: str, version: int) -> None:
        document = {"uri": self.uri(path), "version": version}
        self.tell("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])

    def save(self, path: str, text: str | None = None) -> None:
        if text is not None:
            (self.root / path).write_text(text, encoding="utf-8")
        self.tell("textDocument/didSave", textDocument={"uri": self.uri(path)})

    def codes(self, path: str) -> list[str]:
        """Give the codes that are shown in a file now."""
        return [str(one["code"]) for one in self.shown.get(self.uri(path), [])]

    def until(self, path: str, *codes: str) -> list[dict[str, Any]]:
        """Wait until just these codes are shown in a file."""
        while sorted(self.codes(path)) != sorted(codes):
            self._take(self._next(f"{path} to show {codes}, not {self.codes(path)}"))
        return self.shown.get(self.uri(path), [])

    def until_said(self, path: str, code: str, words: str = "") -> dict[str, Any]:
        """Wait until a diagnostic with this code and these words is among those of a file, and give it."""
        while True:
            for one in self.shown.get(self.uri(path), []):
                if one["code"] == code and words in one["message"]:
                    return one
            self._take(self._next(f"{path} to show {code}, not {self.codes(path)}"))

    def until_gone(self, path: str, code: str) -> None:
        """Wait until a code that was shown in a file is not any more."""
        while code in self.codes(path):
            self._take(self._next(f"{path} not to show {code}"))

    def actions(self, path: str, *diagnostics: dict[str, Any], **context: Any) -> list[Any]:
        spot = diagnostics[0]["range"] if diagnostics else {"start": ZERO, "end": ZERO}
        found: list[Any] = self.ask(
            "textDocument/codeAction",
            textDocument={"uri": self.uri(path)},
            range=spot,
            context={"diagnostics": list(diagnostics), **context},
        )
        return found

    def tell(self, method: str, **params: Any) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def post(self, method: str, **params: Any) -> int:
        """Ask, and do not wait; gives the number of the request."""
        self._number += 1
        asked = {"jsonrpc": "2.0", "id": self._number, "method": method}
        self._write(asked | ({"params": params} if params else {}))
        return self._number

    def answer(self, number: int) -> dict[str, Any]:
        """Wait for the answer to a request."""
        while True:
            for message in self.waiting:
                if message.get("id") == number:
                    self.waiting.remove(message)
                    return message
            self._take(self._next(f"the answer to {number}"))

    def ask(self, method: str, **params: Any) -> Any:
        message = self.answer(self.post(method, **params))
        assert "error" not in message, message
        return message.get("result")

    def end(self) -> int:
        """Shut down as the protocol wants it, and give the exit code."""
        assert self.ask("shutdown") is None
        self.tell("exit")
        return self.process.wait(_PATIENCE)

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            self.shown[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self.asked.append(message)
            self._write({"jsonrpc": "2.0", "id": message["id"], "result": {"success": True}})
        elif "method" in message:
            self.told.append(message)
        else:
            self.waiting.append(message)

    def _next(self, what: str) -> dict[str, Any]:
        try:
            message = self._come.get(timeout=_PATIENCE)
        except queue.Empty:
            message = None
        assert message is not None, f"waited in vain for {what}; stderr: {self.errors.decode()}"
        return message

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> None:
        out = self.process.stdout
        assert out is not None
        while header := out.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = out.readline()
            self._come.put(json.loads(out.read(length)))
        self._come.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line


ZERO = {"line": 0, "character": 0}


@contextlib.contextmanager
def editor(root: Path, env: Mapping[str, str]) -> Iterator[Client]:
    """Give an editor whose server is ended with the body, however that ends."""
    client = Client(root, env)
    try:
        yield client
    finally:
        client.process.kill()
        client.process.wait()
        for pipe in (client.process.stdin, client.process.stdout, client.process.stderr):
            with contextlib.suppress(OSError):
                pipe and pipe.close()
