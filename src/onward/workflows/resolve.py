"""One guarded resolution: uv works in a scratch copy and sees only what the policy lets it see.

Nothing of the project changes here. What comes back is the new files and, for every
package, the page judgement it was chosen under.
"""

import contextlib
import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec

from onward.adapters.uv import (
    Uv,
    guarded_env,
    is_unsolvable,
    unreadable_requirement,
    words_of,
)
from onward.adapters.uv_settings import IndexSpec, login_for, write_config
from onward.core.errors import BadInput, EngineFailed, OnwardError
from onward.core.lock import Lock, LockDiff, LockedPackage
from onward.core.names import Name
from onward.core.net import Request
from onward.core.proc.call import Call, Ran
from onward.core.proc.run import expect, run
from onward.domain.layouts.uvlock import diff_locks, read_uv_lock
from onward.index.local import HOST, LocalIndex
from onward.shelves.cached import Cached
from onward.shelves.guarded import Guarded, View
from onward.shelves.upstream import Upstream
from onward.workflows.judge import IndexFacts, Judge
from onward.workflows.scratch import Scratch, scratch_copy
from onward.workflows.situation import Situation, open_situation

Action = Callable[[Uv, str], Call]
"""Given how to call uv and the folder to call it in, what to call."""


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """The files as they would become (relative path to content), and the lock in them against the old one."""

    files: dict[str, bytes]
    lock: Lock
    diff: LockDiff
    ran: Ran


class Unsolvable(OnwardError):
    """uv found no set of versions; the workflow that asked turns this into words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__("no-solution", "no set of versions fits", context=words)


class Counter:
    """What is served for one index: guarded pages, and its files where they need its login."""

    def __init__(self, situation: Situation, spec: IndexSpec, judge: Judge) -> None:
        self.spec = spec
        self.facts = IndexFacts(address=spec.address, public=spec.public, remote=spec.remote)
        login = login_for(spec, situation.env)
        self._net = situation.net
        self._login = login
        upstream = Upstream(
            situation.net, spec.address, fetch_from=_with_login(spec.address, login)
        )
        cached = Cached(
            upstream,
            situation.cache / "pages",
            offline=situation.offline,
            clock=situation.now.timestamp,
        )
        prefix = f"http://{HOST}/{spec.key}/files/" if login else ""
        self.guarded = Guarded(
            cached, self.facts, judge, situation.cache / "views", file_prefix=prefix
        )

    @property
    def address(self) -> str:
        """The constant address that uv sees in place of the index."""
        return f"http://{HOST}/{self.spec.key}/simple" + (
            "/" if self.spec.address.endswith("/") else ""
        )

    def page(self, name: Name, known_mark: str) -> tuple[str, bytes | None] | None:
        """Give (mark, body) of a judged page; see ``index.local.Stack``."""
        view = self.guarded.view(name)
        if view is None:
            return None
        return view.mark, None if view.mark == known_mark else self.guarded.body(name, view)

    def open_page(self, name: Name) -> bytes | None:
        """Give the page with nothing held back; see ``index.local.Stack``."""
        return self.guarded.open_body(name)

    def file(self, address: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Fetch a file with this index's login; see ``index.local.Stack``."""
        if urlsplit(address).hostname != urlsplit(self.spec.address).hostname:
            return 403, {}, b"not a file of this index"
        wanted = {"Range": headers["range"]} if "range" in headers else {}
        answer = self._net.get(Request(url=_with_login(address, self._login), headers=wanted))
        passed = ("content-type", "content-range", "accept-ranges", "etag", "last-modified")
        return answer.status, {k: v for k, v in answer.headers.items() if k in passed}, answer.body


class Resolver:
    """The indexes of one resolution, kept so that a second run of uv (to explain a failure) is cheap."""

    def __init__(self, situation: Situation, judge: Judge) -> None:
        self.situation = situation
        self.judge = judge
        self._python = _python_in(situation.project.environment)
        self.counters = {
            spec.key: Counter(situation, spec, judge)
            for spec in situation.uv_settings.indexes
            if spec.remote
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
        """Run one action of uv in a scratch copy and give what it would change.

        ``changed`` are files that differ from the project's in the copy. ``unguarded``
        shows uv all releases (but malware) and forbids builds: only to explain a failure.
        Raises Unsolvable, BadInput for words uv cannot read, EngineFailed for the rest, and
        whatever went wrong upstream.
        """
        situation = self.situation
        members = ["" if m == "." else m for m in situation.project.members] or [""]
        served = LocalIndex(self.counters)
        with (
            scratch_copy(situation.project.root, members, changed or {}) as scratch,
            served.running(),
        ):
            addresses = self._addresses(unguarded=unguarded)
            config = scratch.top / "uv.toml"
            overrides = {"no-build": True} if unguarded else {}
            text = write_config(
                situation.uv_settings, proxy=served.proxy, addresses=addresses, overrides=overrides
            )
            config.write_text(text, encoding="utf-8")
            self._replace(scratch, addresses)
            env = guarded_env(situation.env)
            ran = run(
                action(Uv(program=situation.uv, env=env, config=str(config)), str(scratch.root))
            )
            if not ran.succeeded:
                raise _failure(ran, served.failures)
            return self._collect(scratch, addresses, ran)

    @contextlib.contextmanager
    def installing(self) -> Iterator[Uv]:
        """Give a uv whose builds get their requirements through the guarded index, while the body runs."""
        situation = self.situation
        served = LocalIndex(self.counters)
        with served.running(), scratch_config() as config:
            text = write_config(
                situation.uv_settings,
                proxy=served.proxy,
                addresses=self._addresses(),
                real_too=True,
            )
            config.write_text(text, encoding="utf-8")
            # an environment that is there knows its Python, or uv makes it anew with the right one
            python = "" if situation.project.environment.exists() else self._python
            yield Uv(
                program=situation.uv,
                env=guarded_env(situation.env),
                config=str(config),
                python=python,
            )
            if served.failures:
                raise served.failures[0]

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
            for key in self.counters:
                for scheme in ("https", "http"):
                    text = text.replace(f"http://{HOST}/{key}/files/{scheme}/", f"{scheme}://")
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
    with tempfile.TemporaryDirectory(prefix="onward-") as folder:
        yield Path(folder) / "uv.toml"


def _pyprojects(scratch: Scratch) -> Sequence[str]:
    return [
        f"{member}/pyproject.toml" if member else "pyproject.toml" for member in scratch.members
    ]


def _failure(ran: Ran, outside: Sequence[OnwardError]) -> OnwardError:
    if outside:
        return outside[0]
    if (bad := unreadable_requirement(ran)) is not None:
        return bad
    if is_unsolvable(ran):
        return Unsolvable(words_of(ran))
    kind = BadInput if ran.code == 2 else EngineFailed
    return kind(
        "uv-failed",
        f"`uv {ran.call.argv[1]}` did not work (exit code {ran.code})",
        context=words_of(ran),
    )


def _with_login(address: str, login: tuple[str, str] | None) -> str:
    if login is None:
        return address
    parts = urlsplit(address)
    user, password = (quote(word, safe="") for word in login)
    return parts._replace(netloc=f"{user}:{password}@{parts.netloc}").geturl()


def sync_as_is(root: Path, env: Mapping[str, str], now: dt.datetime) -> None:
    """Bring the environment in step with files that were put back; they were judged when they first came."""
    situation = open_situation(root, env, now)
    if situation.project.lock is None or not situation.project.environment.exists():
        return
    with Resolver(situation, situation.judge()).installing() as uv:
        expect(run(uv.sync(str(root))))
