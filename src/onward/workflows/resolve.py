"""One guarded resolution: uv works in a scratch copy and sees only what the policy lets it see.

Nothing of the project changes here. What comes back is the new files and, for every
package, the page judgement it was chosen under.
"""

import contextlib
import os
import re
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from onward.adapters.interpreters import search_variables, this_machine
from onward.adapters.uv.commands import (
    Uv,
    guarded_env,
    interpreter_used,
    outside_failure,
    proxy_settings,
    trust_settings,
    wants_other_python,
)
from onward.adapters.uv.config import write_config
from onward.adapters.uv.index_faults import check_indexes
from onward.adapters.uv.indexes import IndexSpec
from onward.adapters.uv.settings import indexes_of
from onward.core.errors import EngineFailed, OnwardError, Refused
from onward.core.finding import Finding
from onward.core.lock import Lock, LockDiff, LockedPackage
from onward.core.perform import Listen, silent
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import run
from onward.core.scratch_folder import scratch_folder
from onward.domain.layouts.uvlock import diff_locks, read_uv_lock
from onward.index.local import HOST, Held, LocalIndex
from onward.shelves.guarded import View
from onward.workflows.counter import Counter, origin_of
from onward.workflows.held import held_findings, held_in_words
from onward.workflows.judge import Judge
from onward.workflows.scratch import Scratch, scratch_copy
from onward.workflows.situation import Situation
from onward.workflows.unresolved import Unsolvable, failure_of

_SECONDS_BETWEEN = 1.0  # two words about how far it is

Action = Callable[[Uv, str], Call]
"""Given how to call uv and the folder to call it in, what to call."""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The files as they would become (relative path to content), and the lock in them against the old one."""

    files: dict[str, bytes]
    lock: Lock
    diff: LockDiff
    ran: Ran


class Resolver:
    """The indexes of one resolution, kept so that a second run of uv (to explain a failure) is cheap.

    ``beside`` are further paths (absolute) that have to be there in the scratch copy.
    Raises BadInput (``bad-index``) for indexes that cannot be asked.
    """

    def __init__(self, situation: Situation, judge: Judge, listen: Listen = silent) -> None:
        self.situation = situation
        self.judge = judge
        self.listen = listen
        self.beside: tuple[str, ...] = ()
        check_indexes(situation.uv_settings, situation.env, situation.project.root)
        self._python = _python_in(situation.project.environment)
        specs = [*situation.uv_settings.indexes, *_indexes_of_members(situation)]
        self.counters = {
            spec.key: Counter(situation, spec, judge) for spec in reversed(specs) if spec.remote
        }

    def view_of(self, package: LockedPackage) -> View | None:
        """Give the page judgement under which a package was chosen; None when we did not serve it."""
        for counter in self.counters.values():
            if counter.spec.address.rstrip("/") == package.source.rstrip("/"):
                return counter.guarded.view(package.name)
        return None

    def resolve(
        self, action: Action, *, changed: Mapping[str, bytes] | None = None, unguarded: bool = False
    ) -> Resolved:
        """Run one action of uv in a scratch copy, where the person stands, and give what it would change.

        ``changed`` are files that differ from the project's in the copy. ``unguarded``
        shows uv all releases (but malware) and forbids builds: only to explain a failure.
        Raises Unsolvable, HeldBack, BadInput for words uv cannot read, EngineFailed for the
        rest, and whatever went wrong upstream.
        """
        try:
            return self._resolve(action, changed or {}, unguarded=unguarded)
        except Unsolvable:
            # a name that was unknown some minutes ago may have been published since
            recalled = [counter.guarded.ask_again() for counter in self.counters.values()]
            if not any(recalled):
                raise
            return self._resolve(action, changed or {}, unguarded=unguarded)

    def _resolve(
        self, action: Action, changed: Mapping[str, bytes], *, unguarded: bool
    ) -> Resolved:
        situation = self.situation
        members = ["" if m == "." else m for m in situation.project.members] or [""]
        with (
            scratch_copy(situation.project.root, members, changed) as scratch,
            LocalIndex(
                self.counters, lambda a: self._giver(a, scratch.read, _pyprojects(scratch))
            ).running() as served,
        ):
            addresses = self._addresses(unguarded=unguarded)
            settings = situation.uv_settings
            local = {i.key: self._placed(i.url, scratch) for i in settings.indexes if i.folder}
            links = [self._placed(word, scratch) for word in settings.find_links]
            config = scratch.root / ".onward-uv.toml"  # here, since relative paths count from it
            overrides = {"no-build": True} if unguarded else {}
            text = write_config(
                settings,
                proxy=served.proxy,
                addresses={**local, **addresses},
                links=links,
                overrides={**self._machine(), **overrides},
            )
            config.write_text(text, encoding="utf-8")
            self._replace(scratch, addresses)
            for path in self.beside:
                scratch.linked(path)
            ran = self._run(action, str(config), str(scratch.root / situation.here))
            ran = self._in_real_words(ran, scratch, addresses)
            if not ran.succeeded:
                raise failure_of(ran, served)
            if served.failures:  # a page that could not be had is not a page without the name
                raise served.failures[0]
            return self._collect(scratch, addresses, ran)

    def _placed(self, folder: str, scratch: Scratch) -> str:
        """Give a folder of files so that uv names it in the lock as it was given: relative or absolute."""
        if folder not in self.situation.uv_settings.relative:
            return folder
        place = os.path.relpath(scratch.linked(folder), scratch.root)
        return f"./{Path(place).as_posix()}"

    def _in_real_words(self, ran: Ran, scratch: Scratch, addresses: Mapping[str, str]) -> Ran:
        """Give what uv said with the real places in place of ours."""
        words = ran.err.replace(str(scratch.root).encode(), str(scratch.real).encode())
        words = words.replace(str(scratch.top / "root").encode(), b"")
        for _, named, ours in self._pairs(addresses):
            words = words.replace(ours.encode(), named.encode())
        return msgspec.structs.replace(
            ran, err=_without_our_files(words.decode("utf-8", "replace")).encode()
        )

    def _run(self, action: Action, config: str, folder: str) -> Ran:
        """Run uv with the Python that is known already, or let it look where Pythons really are."""
        env = self._env()
        if not self._python:
            env |= search_variables(this_machine(self.situation.env))
        uv = Uv(program=self.situation.uv, env=env, config=config, python=self._python)
        with self._told():
            ran = run(action(uv, folder))
            if self._python and wants_other_python(ran):
                ran = run(action(msgspec.structs.replace(uv, python=""), folder))
        self._python = interpreter_used(ran) or self._python
        return ran

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Tell how far it is while the body runs, once it takes longer than people wait without a word."""
        over = threading.Event()

        def tell() -> None:
            while not over.wait(_SECONDS_BETWEEN):
                pages = sum(len(counter.seen) for counter in self.counters.values())
                self.listen("progress", f"{pages} projects judged so far")

        if self.listen is silent:
            yield
            return
        teller = threading.Thread(target=tell, daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()
            self.listen("progress", "")

    def _machine(self) -> dict[str, Any]:
        """Give uv's settings for this machine's proxies and trusted authorities."""
        env, carried = self.situation.env, self.situation.uv_settings.carried
        return {**proxy_settings(env), **trust_settings(env, carried)}

    def _env(self) -> dict[str, str]:
        """Give uv's environment; told to stay offline, uv too lives on what it has kept."""
        env = guarded_env(self.situation.env)
        return {**env, "UV_OFFLINE": "1"} if self.situation.offline else env

    @contextlib.contextmanager
    def installing(self) -> Iterator[Uv]:
        """Give a uv whose builds get their requirements through the guarded index, while the body runs.

        When it fails, what went wrong behind it is raised in its place: Refused for a
        release that is held back.
        """
        with self.serving() as (uv, refuse):
            try:
                yield uv
            except EngineFailed as error:
                refuse(error.context)
                raise outside_failure(error.context) or error from error

    @contextlib.contextmanager
    def serving(self) -> Iterator[tuple[Uv, Callable[[Sequence[str]], None]]]:
        """Give a uv that knows only the guarded indexes, in any folder, while the body runs.

        Beside it stands what to call with uv's words when it failed: it raises what went
        wrong behind the indexes (Refused for a release that is held back), if anything did.
        """
        situation = self.situation
        served = LocalIndex(self.counters, lambda address: self._giver(address, self._real))
        with served.running(), scratch_config() as config:
            text = write_config(
                situation.uv_settings,
                proxy=served.proxy,
                addresses=self._addresses(),
                overrides=self._machine(),
                real={key: counter.fetch_from for key, counter in self.counters.items()},
            )
            config.write_text(text, encoding="utf-8")
            # an environment that is there knows its Python, or uv makes it anew with the right one
            python = "" if situation.project.environment.exists() else self._python
            uv = Uv(
                program=situation.uv,
                env=self._env(),
                config=str(config),
                python=python,
                whole_workspace=len(situation.project.members) > 1,
            )
            yield uv, lambda words: self._refuse(words, served)

    def _refuse(self, words: Sequence[str], served: LocalIndex) -> None:
        """Raise what really went wrong when uv could not install or build, if it was not uv."""
        found = self.held_findings(served.held) or self.held_in_words(words)
        if found:
            raise Refused(
                "held-back",
                "a build or a requirement asks for what the policy holds back; everything is as it was",
                context=tuple(f"{f.message} [{f.rule}]" for f in found),
                hint="`onward explain RULE` says why; `onward allow` lets one release pass, with a reason.",
            )
        if served.failures:
            raise served.failures[0]

    def held_findings(self, asked: Sequence[Held]) -> tuple[Finding, ...]:
        """Give what blocks the releases that were asked for although they are held back."""
        return held_findings(self.counters, asked, self.judge.blocks)

    def held_in_words(self, words: Sequence[str], only: Sequence[str] = ()) -> tuple[Finding, ...]:
        """Give what holds back the names in uv's words; see ``held.held_in_words``."""
        return held_in_words(self.counters.values(), words, self.judge.blocks, only)

    def _giver(
        self, address: str, read: Callable[[str], bytes | None], also: Sequence[str] = ()
    ) -> Counter | None:
        """Give who hands on a file that uv asks for by its real address, over http and so through us.

        Only for what uv.lock, or another file in ``also``, names just so.
        """
        named = (word.encode() for word in (f'"{address}"', f"@ {address}", f"'{address}'"))
        texts = [read(path) or b"" for path in ("uv.lock", *also)]
        if not any(word in text for word in named for text in texts):
            return None
        counters = sorted(self.counters.values(), key=lambda counter: not counter.has_login)
        own = (c for c in counters if origin_of(c.spec.address) == origin_of(address))
        return next(own, counters[0] if counters else None)

    def _addresses(self, *, unguarded: bool = False) -> dict[str, str]:
        found = {key: counter.address for key, counter in self.counters.items()}
        return (
            {key: a.replace("/simple", "/open") for key, a in found.items()} if unguarded else found
        )

    def _pairs(self, addresses: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Give (as configured, as a lock names it, ours) for each index we stand in for."""
        counters = self.counters
        return [
            (counters[key].spec.url, counters[key].spec.address, ours)
            for key, ours in addresses.items()
        ]

    def _replace(self, scratch: Scratch, addresses: Mapping[str, str]) -> None:
        """Put our addresses into the copy: the lock's registries, and the project's own index tables."""
        lock = scratch.read("uv.lock")
        if lock is not None:
            text = lock.decode("utf-8")
            for _, named, ours in self._pairs(addresses):
                text = text.replace(f'registry = "{named}"', f'registry = "{ours}"')
                text = text.replace(
                    f'registry = "{named.rstrip("/")}"', f'registry = "{ours.rstrip("/")}"'
                )
            scratch.write("uv.lock", text.encode())
        for path in _pyprojects(scratch):
            content = scratch.read(path)
            if content is not None:
                text = content.decode("utf-8")
                for configured, _, ours in self._pairs(addresses):
                    for quote_mark in "\"'":
                        text = text.replace(
                            f"{quote_mark}{configured}{quote_mark}",
                            f"{quote_mark}{ours}{quote_mark}",
                        )
                scratch.write(path, text.encode())

    def _collect(self, scratch: Scratch, addresses: Mapping[str, str], ran: Ran) -> Resolved:
        files: dict[str, bytes] = {}
        for path in ("uv.lock", *_pyprojects(scratch)):
            content = scratch.read(path)
            if content is None:
                continue
            text = content.decode("utf-8")
            for configured, named, ours in self._pairs(addresses):
                real = named if path == "uv.lock" else configured
                text = text.replace(f'"{ours}"', f'"{real}"').replace(f"'{ours}'", f"'{real}'")
                text = text.replace(f'"{ours.rstrip("/")}"', f'"{real.rstrip("/")}"')
            text = _without_our_files(text)
            if HOST in text:
                raise OnwardError(
                    "address-left", f"an address of the local index would have stayed in `{path}`"
                )
            old = self._real(path)
            if old is None or text.encode() != old:
                files[path] = text.encode()
        new = (files.get("uv.lock") or self._real("uv.lock") or b"").decode("utf-8")
        lock = read_uv_lock(new)
        return Resolved(
            files=files, lock=lock, diff=diff_locks(self.situation.project.lock, lock), ran=ran
        )

    def _real(self, path: str) -> bytes | None:
        real = self.situation.project.root / path
        return real.read_bytes() if real.is_file() else None


def _python_in(environment: Path) -> str:
    """Give the interpreter of an environment, or an empty text when there is none."""
    places = (environment / "bin" / "python", environment / "Scripts" / "python.exe")
    return next((str(path) for path in places if path.exists()), "")


@contextlib.contextmanager
def scratch_config() -> Iterator[Path]:
    """Give the path of a configuration file that only this user can read, for as long as the body runs."""
    with scratch_folder() as folder:
        yield folder / "uv.toml"


def _indexes_of_members(situation: Situation) -> list[IndexSpec]:
    """Give the indexes that the pyproject.toml of the root and of each member define for their own sources."""
    project = situation.project
    found = list(indexes_of(project.pyproject, project.root))
    for member in project.members:
        path = project.root / member / "pyproject.toml"
        if member != "." and path.is_file():
            found += indexes_of(tomllib.loads(path.read_text(encoding="utf-8")), path.parent)
    return found


def _pyprojects(scratch: Scratch) -> Sequence[str]:
    return [
        f"{member}/pyproject.toml" if member else "pyproject.toml" for member in scratch.members
    ]


def _without_our_files(text: str) -> str:
    """Give a text with the real addresses of files that we hand on."""
    return _OUR_FILES.sub(r"\1://", text)


_OUR_FILES = re.compile(rf"http://{re.escape(HOST)}/[a-z0-9]+/files/(https?)/")
