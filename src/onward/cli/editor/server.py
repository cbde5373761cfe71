"""The language server: one thread talks with the editor, another checks, and the newest wish wins."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer

from onward import __version__
from onward.cli.door import Desk
from onward.cli.editor import actions
from onward.cli.editor.diagnostics import broken, diagnostic
from onward.core.errors import FINE, OUR_FAULT, OnwardError
from onward.core.policy import Verdict
from onward.core.proc.run import stop_running
from onward.workflows import editing
from onward.workflows.newest import Newest

_MANY_WORDS = 2_000  # characters of a message that an editor shows in a box


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """The editor's settings: ``files`` (``open`` or ``all``), ``known`` (show old findings too), ``warm`` (mypy stays in memory)."""

    files: str = "open"
    known: bool = False
    warm: bool = False


class Editor(LanguageServer):
    """Checks the project around the editor's folder, and tells what was found in the files it shows."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("onward", __version__)
        self._desk = desk
        self._opened: dict[str, str] = {}  # path in the project: the editor's own name of it
        self._told: set[str] = set()  # names that have diagnostics now
        self._mending = 0
        self._warmed = False  # a type checker stays in memory because of us
        self._lock = threading.Lock()
        self.wishes = Wishes()
        self.asked_to_stop = False
        self.place = self._place(desk.cwd)
        self.seen: editing.Seen | None = None
        self.checks: Newest[editing.Seen | Exception] = Newest(self._check, self._tell, self._stop)

    # -- what the editor tells

    def begin(self, params: lsp.InitializeParams) -> None:
        """Take the folder and the settings."""
        folders = params.workspace_folders or ()
        uri = folders[0].uri if folders else params.root_uri
        path = uris.to_fs_path(uri) if uri else None
        if path:
            self.place = self._place(Path(path))
        self.take_settings(params.initialization_options)

    def take_settings(self, settings: object) -> None:
        """Take settings as editors send them, under ``onward`` or bare; what cannot be read is told and passed over."""
        if isinstance(settings, Mapping):
            settings = settings.get("onward", settings)
        try:
            self.wishes = msgspec.convert(settings or {}, Wishes)
        except msgspec.ValidationError as error:
            self._log(f"onward's settings cannot be read: {error}")

    def open(self, uri: str) -> None:
        """Note that a file is shown."""
        if (path := self._path(uri)) is not None:
            with self._lock:
                self._opened[path] = uri

    def close(self, uri: str) -> None:
        """Note that a file is shown no more; its diagnostics go unless all files have theirs."""
        if (path := self._path(uri)) is not None:
            with self._lock:
                self._opened.pop(path, None)
            if self.wishes.files != "all":
                self._publish(uri, [])

    # -- what the editor asks

    def offered(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """Give what can be done at a range of a file."""
        paper = self.paper(params.text_document.uri)
        path = self._path(paper.uri)
        if path is None:
            return []
        only = params.context.only
        rules = actions.rules_at(params.context.diagnostics)
        verdicts = self.seen.by_path.get(path, []) if self.seen else []
        found: list[lsp.CodeAction] = []
        if actions.wanted(lsp.CodeActionKind.QuickFix, only):
            found += actions.mending(paper.uri, rules, verdicts)
            found += actions.silencing(paper, rules)
            found += actions.explaining(rules)
        if actions.wanted(actions.FIX_ALL, only):
            found += actions.mending_all(paper.uri, verdicts)
        return found if self._resolves() else [self.resolved(action) for action in found]

    def resolved(self, action: lsp.CodeAction) -> lsp.CodeAction:
        """Give an action with its edit, made from the text as it stands in the editor."""
        data: Any = action.data
        if action.edit is not None or not isinstance(data, Mapping):
            return action
        paper = self.paper(str(data["uri"]))
        path = self._path(paper.uri)
        if path is None:
            return action
        with self._lock:
            self._mending += 1
        try:
            after = editing.mended(self.place, path, paper.text, list(data["rules"]))
        finally:
            with self._lock:
                self._mending -= 1
        action.edit = paper.changed(after)
        return action

    def explain(self, rule: str) -> str:
        """Show what a rule is, in a window of its own where the editor can do that; gives the text."""
        from onward.cli.explain import rule_lines
        from onward.core.disk import write_atomic
        from onward.core.folders import cache_folder
        from onward.workflows.explain_here import explained_here, policy_here

        here = policy_here(self.place.folder, self.place.env)
        text = "\n".join(rule_lines(explained_here(rule, here, self.place.env, self.place.clock())))
        if not self._shows_documents():
            message = text if len(text) <= _MANY_WORDS else f"{text[:_MANY_WORDS]} ..."
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, message))
            return text
        name = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in rule)
        file = cache_folder(self.place.env) / "explained" / f"{name}.md"
        write_atomic(file, f"{text}\n".encode(), durable=False)
        uri = uris.from_fs_path(str(file))
        if uri:
            self.window_show_document(lsp.ShowDocumentParams(uri, take_focus=True))
        return text

    def go_to(self, uri: str, line: int, character: int) -> None:
        """Put the cursor where the reason is to be written, if the editor can do that."""
        if self._shows_documents():
            spot = lsp.Position(line, character)
            there = lsp.ShowDocumentParams(uri, take_focus=True, selection=lsp.Range(spot, spot))
            self.window_show_document(there)

    def paper(self, uri: str) -> actions.Paper:
        """Give a file as it stands in the editor."""
        document = self.workspace.get_text_document(uri)
        edits = self.client_capabilities.workspace and (
            self.client_capabilities.workspace.workspace_edit
        )
        versioned = bool(edits and edits.document_changes)
        return actions.Paper(
            uri=uri,
            text=document.source,
            version=(document.version or 0) if versioned else None,
            units=self._units,
        )

    # -- in the thread that checks

    def _check(self) -> editing.Seen | Exception:
        with self._lock:
            opened = frozenset(self._opened)
        wish = editing.Wish(
            opened=opened,
            everywhere=self.wishes.files == "all",
            known=self.wishes.known,
            warm=self.wishes.warm,
        )
        try:
            return editing.see(self.place, wish, self._started)
        except Exception as error:  # noqa: BLE001 - the server outlives every check
            return error

    def _started(self) -> None:
        self._warmed = True

    def _tell(self, seen: editing.Seen | Exception) -> None:
        """Send what was found: an empty list to each file that has nothing any more."""
        if isinstance(seen, Exception):
            self._tell_broken(seen)
            return
        self.seen = seen
        if seen.cold:
            self._log(f"the type checker looked anew, and not from memory: {seen.cold}")
        with self._lock:
            opened = dict(self._opened)
        wanted = {
            path: opened.get(path) or self._uri(path) for path in {*opened, *seen.by_path} if path
        }
        found = {
            uri: [self._diagnostic(verdict) for verdict in seen.by_path.get(path, ())]
            for path, uri in wanted.items()
        }
        anchor = opened.get(seen.anchor) or self._uri(seen.anchor)
        beside = [self._diagnostic(verdict) for verdict in seen.by_path.get("", ())]
        found[anchor] = [*beside, *found.get(anchor, ())]
        for gone in self._told - set(found):
            self._publish(gone, [])
        for uri, diagnostics in found.items():
            self._publish(uri, diagnostics)
        if seen.left_out:
            self._log(
                f"{seen.left_out} more findings are not shown; `onward check --all` shows them"
            )

    def _tell_broken(self, error: Exception) -> None:
        """Show why nothing was checked; what was found before stays, since nobody knows that it is gone."""
        if not isinstance(error, OnwardError):
            self._log(f"a fault in onward: {error!r}")
        self._publish(self._uri("pyproject.toml"), [broken(error)])

    def _stop(self, at_once: bool) -> None:
        with self._lock:
            if self._mending:  # its processes would be stopped too
                return
        stop_running(at_once=at_once)

    # -- small things

    def _diagnostic(self, verdict: Verdict) -> lsp.Diagnostic:
        return diagnostic(verdict, self._units)

    def _publish(self, uri: str, diagnostics: list[lsp.Diagnostic]) -> None:
        if not diagnostics and uri not in self._told:
            return
        if diagnostics:
            self._told.add(uri)
        else:
            self._told.discard(uri)
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, diagnostics))

    def _units(self, text: str) -> int:
        return int(self.workspace.position_codec.client_num_units(text))

    def _place(self, folder: Path) -> editing.Workplace:
        return editing.Workplace(folder=folder, env=self._desk.env, clock=self._desk.clock)

    def _root(self) -> Path:
        if self.seen:
            return self.seen.root
        try:
            return editing.root_of(self.place)
        except OnwardError:  # there may be a project later; the check says so
            return self.place.folder.resolve()

    def _path(self, uri: str) -> str | None:
        """Give a file's path in the project, None for what lies outside of it or is no file."""
        path = uris.to_fs_path(uri) if uri.startswith("file:") else None
        try:
            return Path(path).resolve().relative_to(self._root()).as_posix() if path else None
        except (ValueError, OSError):
            return None

    def _uri(self, path: str) -> str:
        return uris.from_fs_path(str(self._root() / path)) or ""

    def _resolves(self) -> bool:
        document = self.client_capabilities.text_document
        can = document.code_action.resolve_support if document and document.code_action else None
        return bool(can and "edit" in can.properties)

    def _shows_documents(self) -> bool:
        window = self.client_capabilities.window
        return bool(window and window.show_document and window.show_document.support)

    def _log(self, text: str) -> None:
        self.window_log_message(lsp.LogMessageParams(lsp.MessageType.Warning, text))

    def shutdown(self) -> None:
        """End the check that runs; the thread that waits for the editor's next word is left alone."""
        self.checks.close()
        if self._warmed:
            editing.cool_down(self.place)
        if self._stop_event is not None:
            self._stop_event.set()
        self.thread_pool.shutdown(wait=False, cancel_futures=True)


def serve(desk: Desk) -> int:
    """Talk with an editor until it is done; 0 when it said so, as the protocol wants it."""
    # The wire is ours alone: whatever else is written goes beside it.
    wire_in, wire_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    server = Editor(desk)
    _connect(server)
    server.start_io(wire_in, wire_out)
    return FINE if server.asked_to_stop else OUR_FAULT


def _connect(server: Editor) -> None:
    """Say which words of the protocol are understood; what takes long is done in threads."""
    feature = server.feature

    @feature(lsp.INITIALIZE)
    def _begin(params: lsp.InitializeParams) -> None:
        server.begin(params)

    @feature(lsp.INITIALIZED)
    def _check_first(_: lsp.InitializedParams) -> None:
        server.checks.want()

    @feature(lsp.SHUTDOWN)
    def _end(*_: object) -> None:
        server.asked_to_stop = True

    @feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def _open(params: lsp.DidOpenTextDocumentParams) -> None:
        server.open(params.text_document.uri)
        server.checks.want()

    @feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def _close(params: lsp.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @feature(lsp.TEXT_DOCUMENT_DID_SAVE, lsp.SaveOptions(include_text=False))
    def _save(_: lsp.DidSaveTextDocumentParams) -> None:
        server.checks.want()

    @feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _others(_: lsp.DidChangeWatchedFilesParams) -> None:
        server.checks.want()

    @feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def _settings(params: lsp.DidChangeConfigurationParams) -> None:
        server.take_settings(params.settings)
        server.checks.want()

    _connect_actions(server)


def _connect_actions(server: Editor) -> None:
    kinds = [lsp.CodeActionKind.QuickFix, actions.FIX_ALL]
    options = lsp.CodeActionOptions(code_action_kinds=kinds, resolve_provider=True)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    @server.thread()
    def _offered(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return server.offered(params)

    @server.feature(lsp.CODE_ACTION_RESOLVE)
    @server.thread()
    def _resolved(action: lsp.CodeAction) -> lsp.CodeAction:
        return server.resolved(action)

    @server.command(actions.EXPLAIN)
    @server.thread()
    def _explain(rule: str) -> str:
        return server.explain(rule)

    @server.command(actions.WRITE_REASON)
    def _write(uri: str, line: int, character: int) -> None:
        server.go_to(uri, line, character)
