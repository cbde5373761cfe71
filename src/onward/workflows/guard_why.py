"""One sentence of a user: why is this package refused, until when, and what would help?"""

import datetime as dt
from collections.abc import Callable, Sequence
from urllib.parse import quote, urlsplit

import msgspec

from onward.adapters.uv.indexes import with_login
from onward.core.artifact import Artifact
from onward.core.env import GUARD_TOKEN, OFFLINE
from onward.core.errors import BadInput, OutsideFailed
from onward.core.finding import Release
from onward.core.names import parse_name
from onward.core.net import Net, Request
from onward.core.policy import Verdict
from onward.domain.guard.releases import Judged
from onward.domain.guard.ways import Guarded
from onward.workflows.guard_ask import Login, problem_words, silence
from onward.workflows.judge_release import with_licence
from onward.workflows.project_ruling import ProjectRuling, ReleaseRuling, passes_on, rule_on, stops
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation

_LARGEST = 50_000_000  # bytes of an answer


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """An explanation: who was asked, what the policy says of the project and of one ``release`` (the newest, unless one was named).

    ``passes`` is when all that holds it back is over by itself (ISO, empty: never),
    ``nearest`` the nearest release that is let through, ``held`` of ``count`` releases are
    held back.
    """

    subject: Release
    asked: str
    by_server: bool
    source: str
    advice: str
    release: str
    uploaded: str
    blocked: bool
    verdicts: tuple[Verdict, ...]
    passes: str
    nearest: ReleaseRuling | None
    held: int
    count: int


Judge = Callable[[Release], ProjectRuling]
"""Judges a project where the person stands, without a server."""


def why(
    subject: Release,
    guard: Guarded,
    net: Net,
    here: Judge,
    *,
    login: Login | None = None,
    note: Callable[[str], None],
    offline: bool = False,
) -> Why:
    """Explain what the guard that runs at ``guard`` says of ``subject``; when none answers, what the policy here says.

    ``note`` is told when it is the latter, and why; ``login`` is shown to the guard; with ``offline`` nobody is asked. Raises BadInput (``not-on-offer``) for
    what no index has or (``not-let-in``) when the guard wants another login, OutsideFailed when nobody could be asked.
    """
    why_not = f"{OFFLINE} is set" if offline else silence(guard, net)
    ruling = None
    if not why_not:
        try:
            ruling = ask(subject, guard, net, login)
        except _OlderServer:
            why_not = f"the onward at {guard.url} is too old to be asked"
    if ruling is None:
        note(f"judged by the policy here: {why_not}")
        ruling = here(subject)
    return explain(subject, ruling, asked="" if why_not else guard.url)


class _OlderServer(Exception):
    """The server does not know the form."""


def ask(subject: Release, guard: Guarded, net: Net, login: Login | None) -> ProjectRuling:
    """Ask the server at ``guard`` for its ruling; raises as ``why`` does."""
    wanted = f"&version={quote(subject.version, safe='')}" if subject.version else ""
    url = with_login(f"{guard.base}project/{subject.name}/?format=json{wanted}", login)
    answer = net.get(
        Request(url=url, headers={"Accept": "application/json"}, limit=_LARGEST, timeout=60.0)
    )
    if answer.status == 404:
        raise BadInput(
            "not-on-offer",
            f"no index behind {guard.url} has `{subject.name}`",
            hint="Look at the spelling. If another index has it, put that one behind the guard"
            " (`onward guard serve --upstream URL`).",
        )
    if answer.status in (401, 403):
        raise BadInput(
            "not-let-in",
            f"the onward at {guard.url} does not let you read `{subject.name}`",
            context=problem_words(answer.body),
            hint=f"Put a token into the netrc file (`machine {_host(guard)} login __token__ password TOKEN`), or into"
            f" {GUARD_TOKEN} with `--at {guard.url}`.",
        )
    if answer.status != 200:
        raise OutsideFailed(
            "guard-failed",
            f"the onward at {guard.url} could not say: status {answer.status}",
            context=problem_words(answer.body),
            hint="Its own output says more; try again when its upstream answers.",
        )
    try:
        return msgspec.json.decode(answer.body, type=ProjectRuling)
    except msgspec.MsgspecError as error:
        raise _OlderServer from error


def explain(subject: Release, ruling: ProjectRuling, *, asked: str) -> Why:
    """Put a ruling in the form of an answer; raises BadInput (``not-on-offer``) for a version that is not there."""
    release = ruling.release(subject.version) if subject.version else ruling.newest()
    if subject.version and release is None and not ruling.blocked:
        raise BadInput(
            "not-on-offer",
            f"{ruling.source} has no `{subject.name}` {subject.version}",
            context=_some(ruling),
        )
    verdicts = (*ruling.verdicts, *(release.verdicts if release else ()))
    passes = passes_on(verdicts)
    return Why(
        subject=subject,
        asked=asked or "the policy here",
        by_server=bool(asked),
        source=ruling.source,
        advice=ruling.advice,
        release=release.version if release else "",
        uploaded=release.uploaded if release else "",
        blocked=any(map(stops, verdicts)),
        verdicts=verdicts,
        passes=passes.isoformat() if passes else "",
        nearest=ruling.nearest(subject.version),
        held=len(ruling.releases)
        if ruling.blocked
        else sum(release.blocked for release in ruling.releases),
        count=len(ruling.releases),
    )


def judged_here(situation: Situation, subject: Release) -> ProjectRuling:
    """Judge a project by the policy and the indexes of the project at hand.

    Raises OutsideFailed when the index could not be asked, BadInput (``not-on-offer``) when none has it.
    """
    name = parse_name(subject.name)
    resolver = Resolver(situation, situation.judge())
    for spec in situation.uv_settings.indexes:
        counter = resolver.counters.get(spec.key)
        view = counter.guarded.view(name) if counter is not None and not spec.explicit else None
        if counter is None or view is None:
            continue
        listed = counter.guarded.listed(name, anew=False) or ()
        found = with_licence(resolver, view.judged, listed, subject)
        return _ruling(found, listed, situation, subject, spec.address)
    raise BadInput("not-on-offer", f"no index that is asked over http has `{subject.name}`")


def _ruling(
    judged: Judged,
    listed: Sequence[Artifact],
    situation: Situation,
    subject: Release,
    source: str,
) -> ProjectRuling:
    files: dict[str, list[str]] = {}
    uploaded: dict[str, dt.datetime] = {}
    for file in listed:
        files.setdefault(file.version, []).append(file.filename)
        if file.uploaded is not None:
            uploaded[file.version] = min(uploaded.get(file.version, file.uploaded), file.uploaded)
    return rule_on(
        subject.name,
        judged,
        files,
        {version: moment.isoformat() for version, moment in uploaded.items()},
        book=situation.policy.book(situation.now.date()),
        source=source,
        advice=situation.advice.source,
    )


def _host(guard: Guarded) -> str:
    return urlsplit(guard.url).hostname or ""


def _some(ruling: ProjectRuling) -> tuple[str, ...]:
    shown = ", ".join(release.version for release in ruling.releases[:5])
    return (f"The newest there are {shown}.",) if shown else ()
