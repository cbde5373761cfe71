"""Put a server together: shelves over the data folder, the judge, and the application that answers."""

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from onward.adapters.database.engine import Database, open_database
from onward.adapters.objects import Objects
from onward.adapters.uv.settings import IndexSpec, login_for, without_login
from onward.core.errors import BadInput, OnwardError, OutsideFailed
from onward.core.folders import cache_folder
from onward.core.net import Net
from onward.index.app import IndexApp
from onward.index.asgi import App
from onward.index.auth import Auth
from onward.shelves.cached import Cached
from onward.shelves.files import Files
from onward.shelves.guarded import Guarded
from onward.shelves.merged import Merged, Part
from onward.shelves.pages import Pages
from onward.shelves.to_clients import ToClients
from onward.shelves.upstream import Upstream
from onward.workflows.counter import with_login
from onward.workflows.judge import IndexFacts
from onward.workflows.serving.live_tokens import LiveTokens
from onward.workflows.serving.rulebook import LiveJudge

DATABASE_FILE = "onward.sqlite"
"""The database's name in the data folder."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is to be: its folder, the indexes behind it in their order, whether reading needs a token."""

    data: Path
    upstreams: tuple[str, ...]
    read_auth: bool = False


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes of a server are made from."""

    pages: Pages
    files: Files
    judge: LiveJudge
    database: Database
    clock: Callable[[], dt.datetime]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server put together: what answers, what must be refreshed while it runs, the way out."""

    app: App
    parts: Parts
    tokens: LiveTokens
    net: Net

    @property
    def judge(self) -> LiveJudge:
        """The judge, which must be refreshed while it runs."""
        return self.parts.judge

    def refresh(self) -> None:
        """Take notice of what changed beside it: policy, data, tokens. To be called every second."""
        self.judge.refresh()
        self.tokens.upkeep()

    def close(self) -> None:
        """Close the connections and the database that are kept open."""
        with contextlib.suppress(OutsideFailed):
            self.tokens.keep_uses()
        self.net.close()
        self.parts.database.close()


def build_server(
    wishes: Wishes,
    *,
    env: Mapping[str, str],
    more: Callable[[Parts], App],
    clock: Callable[[], dt.datetime],
    warn: Callable[[OnwardError], None],
) -> Server:
    """Open the data folder and give the server; nothing is fetched yet.

    Raises BadInput for an upstream or a policy that cannot be used, OutsideFailed when the folder cannot
    be written.
    """
    if odd := [address for address in wishes.upstreams if not _is_web(address)]:
        raise BadInput(
            "bad-upstream",
            "an upstream cannot be asked",
            context=tuple(
                f"`{without_login(address)}` is no https or http address" for address in odd
            ),
            hint="Name indexes as installers do: https://HOST/simple",
        )
    net = Net(env)
    judge = LiveJudge(wishes.data, cache_folder(env), clock=clock, warn=warn)
    merged = Merged(None, _parts(wishes, env, net, judge))
    pages = Pages(merged, edition=lambda: judge.edition, now=judge.timestamp)
    files = Files(net, Objects(wishes.data / "store"), wishes.data / "coming")
    database = open_database(wishes.data / DATABASE_FILE)
    parts = Parts(pages=pages, files=files, judge=judge, database=database, clock=clock)
    tokens = LiveTokens(database, clock=clock, warn=warn)
    index = IndexApp(pages, files, more(parts), known=judge.advisories)
    app = Auth(index, tokens, required=wishes.read_auth)
    return Server(app=app, parts=parts, tokens=tokens, net=net)


def _is_web(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _parts(wishes: Wishes, env: Mapping[str, str], net: Net, judge: LiveJudge) -> Sequence[Part]:
    return [
        Part(guarded=_guarded(wishes.data, IndexSpec(url=address), env, net, judge))
        for address in wishes.upstreams
    ]


def _guarded(
    data: Path, spec: IndexSpec, env: Mapping[str, str], net: Net, judge: LiveJudge
) -> Guarded:
    fetch_from = with_login(spec.address, login_for(spec, env))
    upstream = Upstream(
        net,
        spec.address,
        fetch_from=fetch_from,
        headers={"Accept-Encoding": "gzip"},  # a fourth of the bytes, for some milliseconds
        unknown_codes=spec.unknown_codes,
    )
    return Guarded(
        Cached(upstream, data / "pages", serve_old=True),
        IndexFacts(address=spec.address, public=spec.public, remote=spec.remote),
        judge,
        data / "views",
        show=ToClients(mirrors=spec.address),
        ask_anyway=True,
    )
