"""Put a server together: shelves over the data folder, the judge, and the application that answers."""

import contextlib
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.database.engine import Database, open_database
from onward.adapters.objects import Objects
from onward.adapters.uv.indexes import IndexSpec, with_login
from onward.core.addresses import leads_inside
from onward.core.errors import OnwardError, OutsideFailed
from onward.core.events import Listener, unheard
from onward.core.folders import cache_folder
from onward.core.net import Net
from onward.index.app import IndexApp
from onward.index.asgi import App
from onward.index.auth import Auth
from onward.index.hot import HotFiles
from onward.index.publish import PublishApp
from onward.index.watch import Traffic, Watch
from onward.shelves.beside import Ways
from onward.shelves.cached import Cached
from onward.shelves.files import Files
from onward.shelves.gate import Gate
from onward.shelves.guarded import Guarded
from onward.shelves.licences import Licences
from onward.shelves.merged import Merged, Part
from onward.shelves.own import ADDRESS, Own, OwnJudge
from onward.shelves.pages import Pages
from onward.shelves.to_clients import ToClients
from onward.shelves.upstream import Upstream
from onward.workflows.counter import origin_of
from onward.workflows.judge import IndexFacts
from onward.workflows.serving.background import Background
from onward.workflows.serving.claims import ClaimJudge
from onward.workflows.serving.data_folder import DATABASE_FILE, STORE_FOLDER
from onward.workflows.serving.download_log import DownloadLog
from onward.workflows.serving.following import Follower
from onward.workflows.serving.housekeeping import Housekeeping
from onward.workflows.serving.licensing import know_licences
from onward.workflows.serving.live_tokens import LiveTokens
from onward.workflows.serving.own_packages import OwnPackages
from onward.workflows.serving.publishing import Publisher
from onward.workflows.serving.purging import Purger, Store
from onward.workflows.serving.recorder import Recorder
from onward.workflows.serving.rulebook import LiveJudge
from onward.workflows.serving.settings import (
    Options,
    ServerSettings,
    UpstreamSpec,
    load_settings,
)
from onward.workflows.serving.watched_net import Asking, WatchedNet

_UNKNOWN = 20_000  # names that an index does not know and that are remembered: some megabytes


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is to be: its folder, and what the command line says of it.

    ``upstreams`` are the indexes behind it in their order (none: those of its settings file),
    ``read_auth`` says that reading needs a token; see ``settings.ServerSettings`` for the modes.
    """

    data: Path
    upstreams: tuple[str, ...] = ()
    read_auth: bool = False
    offline: bool = False
    dry_run: bool = False


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes of a server are made from."""

    pages: Pages
    files: Files
    gate: Gate
    judge: LiveJudge
    database: Database
    clock: Callable[[], dt.datetime]
    settings: ServerSettings
    recorder: Recorder
    data: Path
    started: dt.datetime
    traffic: Traffic
    asking: Asking
    own: OwnPackages


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server put together: what answers, what must be refreshed while it runs, the way out."""

    app: App
    parts: Parts
    tokens: LiveTokens
    net: Net
    housekeeping: Housekeeping
    watch: Background

    @property
    def judge(self) -> LiveJudge:
        """What judges its pages."""
        return self.parts.judge

    @property
    def running(self) -> int:
        """How many answers are being given now."""
        return self.parts.traffic.running

    def start(self) -> None:
        """Begin what is done beside the answers; gives at once."""
        self.housekeeping.start()

    def refresh(self) -> None:
        """Take notice of what changed beside it: policy, data, tokens, own packages. To be called every second."""
        self.watch.once()

    def close(self) -> None:
        """Write what is still to be written; close the connections and the database that are kept open."""
        self.housekeeping.close()
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
    tell: Listener = unheard,
    access: bool = False,
) -> Server:
    """Open the data folder and give the server; nothing is fetched yet.

    ``tell`` hears of events, of every answer with ``access``.
    Raises BadInput for an upstream, settings or a policy that cannot be used, OutsideFailed when the
    folder cannot be written.
    """
    data = wishes.data
    settings = settings_for(wishes, env)
    asking, traffic, started = Asking(), Traffic(), clock()
    net = WatchedNet(env, asking, tell, offline=settings.offline)
    judge = LiveJudge(
        data, cache_folder(env), clock=clock, warn=warn, dry_run=settings.dry_run, tell=tell
    )
    objects = Objects(data / STORE_FOLDER)  # makes the data folder too
    database = open_database(data / DATABASE_FILE)
    merged = Merged(
        _own_shelf(data, database, judge),
        [_part(data, spec, settings, net, judge) for spec in settings.upstreams],
    )
    pages = _pages(merged, judge, settings)
    coming = data / "coming"
    recorder = Recorder(database, clock=clock, warn=warn)
    licences = know_licences(data, database, objects, judge, pages)
    ways = Ways(reach=_reach(settings.upstreams), inside=_inside(settings.upstreams, env))
    files = Files(net, objects, coming, recorder, ways=ways, read=licences.hear)
    own = _own_packages(database, objects, merged, judge, pages)
    parts = Parts(
        pages=pages,
        files=files,
        gate=_gate(pages, files, licences, judge),
        judge=judge,
        database=database,
        clock=clock,
        settings=settings,
        recorder=recorder,
        data=data,
        started=started,
        traffic=traffic,
        asking=asking,
        own=own,
    )
    store = Store(database=database, objects=objects, hot=HotFiles())
    tokens = LiveTokens(database, clock=clock, warn=warn)
    given = DownloadLog(recorder, judge, clock=clock, warn=warn)
    rest = PublishApp(own, coming, more(parts))
    inner = Auth(_index(parts, rest, store.hot, given), tokens, required=wishes.read_auth)
    app = Watch(inner, traffic, start=_stamp(started), tell=tell, access=access)
    keeper = _housekeeping(parts, store, merged, tokens, warn)
    watch = _watching(judge, tokens, own, warn)
    return Server(app=app, parts=parts, tokens=tokens, net=net, housekeeping=keeper, watch=watch)


def _gate(pages: Pages, files: Files, licences: Licences, judge: LiveJudge) -> Gate:
    """Give the gate, which looks at new pages too."""
    gate = Gate(pages, files, licences, matters=judge.licence_matters, lenient=judge.dry_run)
    pages.ahead = gate.read_newest
    return gate


def _index(parts: Parts, rest: App, hot: HotFiles, given: DownloadLog) -> IndexApp:
    """Give the index; ``rest`` answers what is no page or file, ``given`` hears what it gives."""
    known = parts.judge.advisories
    return IndexApp(
        parts.pages, parts.files, rest, gate=parts.gate, known=known, hot=hot, given=given
    )


def _own_packages(
    database: Database, objects: Objects, merged: Merged, judge: LiveJudge, pages: Pages
) -> OwnPackages:
    """Give the own packages; what a server that was killed left of an upload is swept away."""
    changed = pages.drop
    publisher = Publisher(
        database, objects, merged, judge, clock=lambda: judge.now, changed=changed
    )
    own = OwnPackages(
        database, objects, clock=lambda: judge.now, changed=changed, publisher=publisher
    )
    own.sweep()
    return own


def _pages(merged: Merged, judge: LiveJudge, settings: ServerSettings) -> Pages:
    return Pages(
        merged,
        edition=lambda: judge.edition,
        now=judge.timestamp,
        fresh_for=settings.fresh_for.total_seconds(),
    )


def _watching(
    judge: LiveJudge,
    tokens: LiveTokens,
    own: OwnPackages,
    warn: Callable[[OnwardError], None],
) -> Background:
    def look() -> None:
        try:
            judge.refresh()
        finally:  # whoever was revoked must not stay because a policy cannot be read
            tokens.upkeep()
        own.refresh()

    return Background(look, seconds=1.0, warn=warn)


def _stamp(moment: dt.datetime) -> str:
    """Give a short word for the moment of a start."""
    return f"{int(moment.timestamp() * 1000):x}"


def settings_for(wishes: Wishes, env: Mapping[str, str]) -> ServerSettings:
    """Give the settings in force; see ``settings.load_settings``."""
    options = Options(upstreams=wishes.upstreams, offline=wishes.offline, dry_run=wishes.dry_run)
    return load_settings(wishes.data, options, env)


def _housekeeping(
    parts: Parts,
    store: Store,
    merged: Merged,
    tokens: LiveTokens,
    warn: Callable[[OnwardError], None],
) -> Housekeeping:
    clock = parts.clock
    purger = Purger(store, parts.judge, clock=clock, warn=warn)
    follower = Follower(
        parts.database, merged, purger, clock=clock, fresh_for=parts.settings.fresh_for
    )
    return Housekeeping(
        parts.data,
        parts.settings,
        store=store,
        recorder=parts.recorder,
        purger=purger,
        follower=follower,
        judge=parts.judge,
        own=parts.own,
        tokens=tokens,
        clock=clock,
        warn=warn,
    )


def _reach(upstreams: Sequence[UpstreamSpec]) -> Callable[[str], str]:
    """Give what puts the login of an upstream into the addresses of files at the same place."""
    logins = {origin_of(spec.address): spec.login for spec in upstreams if spec.login}
    return lambda address: with_login(address, logins.get(origin_of(address)))


def _inside(
    upstreams: Sequence[UpstreamSpec], env: Mapping[str, str]
) -> Callable[[str, str], bool]:
    """Give what says whether an address that an index names may be one inside.

    That is so for what an index names that is inside itself, and where another upstream is:
    whoever runs the server put it there.
    """
    ours = {origin_of(spec.address) for spec in upstreams}

    def inside(index: str, address: str) -> bool:
        near = origin_of(address) in ours and leads_inside(address, env)
        return near or leads_inside(index, env)

    return inside


def _part(
    data: Path, told: UpstreamSpec, settings: ServerSettings, net: WatchedNet, judge: LiveJudge
) -> Part:
    spec = IndexSpec(url=told.address)
    upstream = Upstream(
        net,
        spec.address,
        fetch_from=with_login(spec.address, told.login),
        headers={"Accept-Encoding": "gzip"},  # a fourth of the bytes, for some milliseconds
        unknown_codes=spec.unknown_codes,
    )
    cached = Cached(
        upstream,
        data / "pages",
        clock=judge.timestamp,
        fresh_for=settings.fresh_for.total_seconds(),
        offline=settings.offline,
        serve_old=True,
        most_unknown=_UNKNOWN,
        odd=net.odd,
    )
    guarded = Guarded(
        cached,
        # an upstream that is not for some names only is taken for the whole world's, or its mirror
        IndexFacts(address=spec.address, public=spec.public or not told.names, remote=spec.remote),
        ClaimJudge(judge, () if spec.public else told.names),
        data / "views",
        show=ToClients(mirrors=spec.address),
        ask_anyway=True,
    )
    return Part(guarded=guarded, names=told.names)


def _own_shelf(data: Path, database: Database, judge: LiveJudge) -> Guarded:
    """Give the own packages as the policy shows them."""
    return Guarded(
        Own(database),
        IndexFacts(address=ADDRESS, public=False, remote=False),
        OwnJudge(judge),
        data / "views",
        show=ToClients(),
    )
