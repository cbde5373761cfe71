"""One index as the guard serves it: judged pages, and the files that uv cannot fetch by itself."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from urllib.parse import urlsplit

from onward.adapters.uv.indexes import IndexSpec, login_for, with_login
from onward.core.names import Name
from onward.core.net import Request, Stream
from onward.index.local import HOST
from onward.shelves.cached import Cached
from onward.shelves.guarded import Guarded, View
from onward.shelves.shown import ToResolver
from onward.shelves.upstream import Upstream
from onward.workflows.judge import IndexFacts, Judge
from onward.workflows.situation import Situation


class Counter:
    """What is served for one index.

    ``seen`` holds the judgements on the pages that were asked for, ``fetch_from`` the real
    address with its login (never print it).
    """

    def __init__(self, situation: Situation, spec: IndexSpec, judge: Judge) -> None:
        self.spec = spec
        self.facts = IndexFacts(address=spec.address, public=spec.public, remote=spec.remote)
        login = login_for(spec, situation.env)
        self._net = situation.net
        self._login = login
        self.fetch_from = with_login(spec.address, login)
        upstream = Upstream(
            situation.net,
            spec.address,
            fetch_from=self.fetch_from,
            unknown_codes=spec.unknown_codes,
        )
        cached = Cached(
            upstream,
            situation.cache / "pages",
            offline=situation.offline,
            clock=situation.now.timestamp,
        )
        self.seen: dict[Name, View] = {}
        self._origin = origin_of(spec.address)
        self.guarded = Guarded(
            cached,
            self.facts,
            judge,
            situation.cache / "views",
            show=ToResolver(f"http://{HOST}/{spec.key}", self._origin if login else ""),
        )

    @property
    def has_login(self) -> bool:
        """Whether its pages and files are asked for with a login."""
        return self._login is not None

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
        self.seen[name] = view
        return view.mark, None if view.mark == known_mark else self.guarded.body(name, view)

    def open_page(self, name: Name) -> bytes | None:
        """Give the page with nothing held back; see ``index.local.Stack``."""
        return self.guarded.open_body(name)

    def file(
        self, address: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[Stream] | None:
        """Hand on a file that uv cannot fetch itself; see ``index.local.Stack``."""
        own = origin_of(address) == self._origin
        if not own and not address.startswith("http://"):
            return None
        wanted = {"Range": headers["range"]} if "range" in headers else {}
        login = self._login if own else None
        return self._net.stream(Request(url=with_login(address, login), headers=wanted))


def origin_of(address: str) -> str:
    """Give scheme, host and port of an address: what a login belongs to."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
