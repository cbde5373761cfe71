"""What an index lists of a release, and whether that is what was uploaded: the page, the bytes, an installation."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.simple_api.page import ask, read_page
from onward.adapters.uv import build as uv_build
from onward.adapters.uv.commands import Uv, trust_settings
from onward.adapters.uv.indexes import with_login
from onward.adapters.uv.publish import install_again
from onward.core.disk import read_limited, sha256_of
from onward.core.errors import BadInput, OutsideFailed, Refused
from onward.core.names import parse_name
from onward.core.net import Net, Request
from onward.core.perform import Listen, silent
from onward.core.proc.run import run
from onward.domain.shipping.built import MOST_BYTES, Built
from onward.workflows.publishing.target import Target

Sleep = Callable[[float], object]
"""Waits for so many seconds."""

_PAUSES = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)  # seconds between two looks; then ever the last


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an index lists: where it is, and its sha256 (empty: the index does not say)."""

    url: str
    sha256: str


class Listing:
    """The page of one project on the index of a target, asked anew each time."""

    def __init__(
        self, target: Target, name: str, net: Net, sleep: Sleep, listen: Listen = silent
    ) -> None:
        self._target = target
        self._name = parse_name(name)
        self._net = net
        self._sleep = sleep
        self._listen = listen

    def files(self) -> dict[str, Listed]:
        """Give the files of the project by name; none for a project that the index does not know.

        Raises BadInput when the index wants a login to be read, OutsideFailed when it does not answer.
        """
        target = self._target
        asked = ask(target.index_with_login, self._name)
        fresh = {**asked.headers, "Cache-Control": "no-cache"}
        answer = self._net.get(msgspec.structs.replace(asked, headers=fresh))
        if answer.status == 404:
            return {}
        if answer.status in (401, 403):
            raise BadInput(
                "cannot-look",
                f"{target.index} does not say what it has without a login (status {answer.status})",
                hint="Give one that may read: UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD, or your netrc file.",
            )
        if answer.status != 200:
            raise OutsideFailed(
                "no-answer",
                f"{target.index} answered with status {answer.status}",
                hint="Run it again later: what is there already is left alone.",
            )
        page = read_page(
            answer.body, answer.headers.get("content-type", ""), answer.url, self._name
        )
        return {
            file.filename: Listed(url=file.url, sha256=file.hashes.get("sha256", ""))
            for file in page.files
        }

    def missing(self, built: Sequence[Built]) -> tuple[Built, ...]:
        """Give those files that are not there yet, in order; raises Refused when one is there with other content."""
        there = self.files()
        other = [
            f"{one.filename}: there sha256 {there[one.filename].sha256}, here {one.sha256}"
            for one in built
            if one.filename in there and not self._same(there[one.filename], one)
        ]
        if other:
            raise Refused(
                "other-content",
                f"this version is on {self._target.said} already, with other content",
                context=tuple(other),
                hint="A version can be published once: raise it (`onward ship bump`), and publish that.",
            )
        return tuple(one for one in built if one.filename not in there)

    def wait_for(self, built: Sequence[Built], seconds: float) -> dict[str, Listed]:
        """Wait until every file is listed with its own sha256, and give what is; raises OutsideFailed after ``seconds``.

        An index that fails to answer meanwhile is asked again: the files are with it already.
        """
        waited = 0.0
        pauses = itertools.chain(_PAUSES, itertools.repeat(_PAUSES[-1]))
        while True:
            there, failed = self._files_now()
            bad = [
                f"{one.filename} is listed with sha256 {there[one.filename].sha256}, and {one.sha256} was uploaded"
                for one in built
                if one.filename in there and not self._same(there[one.filename], one)
            ]
            if bad:
                raise _lie("the index lists another file than the one it took", bad)
            gone = [one.filename for one in built if one.filename not in there]
            if not gone:
                return there
            if waited >= seconds:
                raise failed or OutsideFailed(
                    "not-taken",
                    f"the index said yes, but does not list what it took after {seconds:g} seconds",
                    context=tuple(f"not listed: {name}" for name in gone),
                    hint="Run it again: what is listed by then is left alone. `--wait SECONDS` waits longer.",
                )
            names = ", ".join(gone)
            self._listen("progress", f"not listed yet: {names} (at most {seconds:g} s)")
            pause = next(pauses)
            self._sleep(pause)
            waited += pause

    def _files_now(self) -> tuple[dict[str, Listed], OutsideFailed | None]:
        try:
            return self.files(), None
        except OutsideFailed as error:
            return {}, error

    def fetch(self, built: Sequence[Built], there: Mapping[str, Listed], scratch: Path) -> None:
        """Fetch every file as a user would, from where it was listed, and compare its bytes."""
        for one in built:
            if self._fetched(there[one.filename].url, scratch / "fetched") != one.sha256:
                raise _lie("the index hands out other bytes than it lists", [one.filename])

    def _same(self, listed: Listed, one: Built) -> bool:
        # an index that lists no hash (PEP 503 leaves it out) is asked for the file itself
        return listed.sha256 == one.sha256 if listed.sha256 else self._same_bytes(listed, one)

    def _same_bytes(self, listed: Listed, one: Built) -> bool:
        answer = self._net.get(Request(url=self._with_login(listed.url), limit=one.size + 1))
        return answer.status == 200 and sha256_of(answer.body) == one.sha256

    def _fetched(self, url: str, path: Path) -> str:
        request = Request(url=self._with_login(url), limit=MOST_BYTES)
        answer = self._net.download(request, path, self._fetching)
        if answer.status != 200:
            raise OutsideFailed(
                "not-handed-out", f"the index lists a file and answers {answer.status} for it"
            )
        return sha256_of(read_limited(path, MOST_BYTES))

    def _fetching(self, done: int, total: int) -> None:
        of = f" of {total / 1_000_000:.1f}" if total else ""
        self._listen("progress", f"{done / 1_000_000:.1f}{of} MB")

    def _with_login(self, url: str) -> str:
        """Give an address with the index's login where it is of the same host: no login goes elsewhere."""
        own = self._target.index.split("/")[:3] == url.split("/")[:3]
        return with_login(url, self._target.read_login) if own else url


def install_from(
    target: Target,
    requirement: str,
    uv: Uv,
    carried: Mapping[str, object],
    places: tuple[Path, Path],
) -> None:
    """Install a release from the index alone into an empty environment; ``places``: scratch folder, project.

    Raises OutsideFailed with uv's words when it cannot be installed.
    """
    scratch, project = places
    environment = scratch / "from-index"
    made = run(uv_build.empty_environment(uv, environment, project))
    if not made.succeeded:
        raise uv_build.failed("uv could not make an empty environment", made)
    trusted = {"UV_SYSTEM_CERTS": "1"} if trust_settings(uv.env, carried) else {}
    env = {**uv.env, **trusted}
    ran = run(install_again(uv.program, requirement, target.index_with_login, environment, env))
    if not ran.succeeded:
        raise OutsideFailed(
            "not-installable",
            f"it was uploaded, but `{requirement}` cannot be installed from {target.index}",
            context=tuple(uv_build.last_words(ran)),
            hint="Try it again in some minutes; some indexes show new files late.",
        )


def _lie(what: str, context: Sequence[str]) -> OutsideFailed:
    return OutsideFailed(
        "other-file",
        what,
        context=tuple(context),
        hint="Do not announce this release. Tell whoever runs the index, and yank it there.",
    )
