"""Rules on ways around the guard: locks, settings and variables that name another address."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec

from onward.core.finding import Certainty, Finding, Place, Whole
from onward.core.plan import Plan, Tell
from onward.core.redact import redact
from onward.domain.guard.ways import Guarded, Way

LOCK, SETTING, VARIABLE = "guard/escape-lock", "guard/escape-setting", "guard/escape-variable"
UNREAD = "guard/escape-unread"

VARIABLES: dict[str, str] = {
    "UV_DEFAULT_INDEX": "uv", "UV_INDEX": "uv", "UV_INDEX_URL": "uv", "UV_EXTRA_INDEX_URL": "uv", "UV_FIND_LINKS": "uv",
    "PIP_INDEX_URL": "pip", "PIP_PYPI_URL": "pip", "PIP_EXTRA_INDEX_URL": "pip", "PIP_FIND_LINKS": "pip",
    "PDM_PYPI_URL": "pdm", "POETRY_PYPI_MIRROR_URL": "poetry", "PIPENV_PYPI_MIRROR": "pipenv",
}  # fmt: skip
"""Variables that name where packages come from, and whose they are."""

RELOCK = {
    "uv.lock": "onward lock",
    "poetry.lock": "poetry lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}
"""How each lock is made anew."""

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>;,)\]}]+")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:(?!\d+/)[^\s:]+")  # git@host:path, as git has it
_PROSE = frozenset({
    "description", "summary", "marker", "markers", "resolution-markers", "requires-python", "requires_python",
    "content-hash", "content_hash", "hash", "hashes", "created-by", "attestation-identities", "upload-time",
    "environments", "lock_version", "lock-version",
})  # fmt: skip
_PLACES = frozenset({"path", "directory", "editable", "virtual", "url", "git"})


class _Named(msgspec.Struct):
    """One host (or folder) that a lock names: how often, and the first address as it is written."""

    first: str
    count: int = 0


def lock_escapes(values: object, text: str, path: str, guard: Guarded) -> tuple[Finding, ...]:
    """Give a finding for each host, repository host or outer folder that a parsed lock names besides the guard.

    ``path`` is the lock's name. Every address in it counts, under whatever key, but for prose.
    """
    hosts: dict[str, _Named] = {}
    for address in _addresses(values, ""):
        if not guard.covers(address):
            hosts.setdefault(_host(address), _Named(first=address)).count += 1
    return tuple(_lock_escape(host, named, text, path, guard) for host, named in hosts.items())


def _lock_escape(host: str, named: _Named, text: str, path: str, guard: Guarded) -> Finding:
    place = text.find(named.first)
    line = text.count("\n", 0, place) + 1 if place >= 0 else 0
    times = f"{named.count} times" if named.count > 1 else "once"
    command = RELOCK.get(path.rpartition("/")[2], "")
    hint = (
        f"With {guard.url} in the settings, `{command}` takes packages from there."
        if command
        else ""
    )
    return Finding(
        rule=LOCK,
        subject=Place(path=path, line=line),
        message=f"`{path}` names `{redact(host)}` ({times}); installers that follow the lock fetch from there",
        hint=hint or f"Make it anew with {guard.url} as the index.",
        fix=_told("Lock anew through the guard", f"Run `{command}`") if command else None,
        facts={"host": redact(host), "count": named.count},
    )


def setting_escape(way: Way, guard: Guarded) -> Finding | None:
    """Give the finding for a setting that leads elsewhere; None when it leads to the guard."""
    if guard.covers(way.address):
        return None
    path, line = way.spot
    ours = way.kind == "index" and way.client != "pipenv"  # what `guard on` can write
    hint = _WAYS_OUT["own"] if way.client == "pipenv" else _WAYS_OUT[way.kind]
    return Finding(
        rule=SETTING,
        subject=Place(path=path, line=line) if path else Whole(name=way.client),
        message=f"{way.client} takes packages from `{redact(way.address)}` ({way.key})",
        hint=hint.format(url=guard.url, client=way.client, scope=_scope(way)),
        fix=_told(
            "Let it go through the guard",
            f"onward guard on {guard.url} --client {way.client}{_scope(way)}",
        )
        if ours
        else None,
        facts={"client": way.client, "kind": way.kind},
    )


_WAYS_OUT = {
    "index": "`onward guard on {url} --client {client}{scope}` takes its place.",
    "extra-index": "Put that index behind the server (`onward guard serve --upstream URL`) and take it out here.",
    "find-links": "Take it out here; what lies there has to come from an index to be judged.",
    "own": "Name {url} there.",
    "source": "Take the package from an index; publish it to one if it is yours.",
}


def unguarded(client: str, why: str, guard: Guarded, *, project: bool = False) -> Finding:
    """Give the finding for an installer that no setting sends to the guard, so that it asks the public index."""
    scope = " --project" if project else ""
    known = client != "pipenv"  # whose file people write themselves
    command = f"onward guard on {guard.url} --client {client}{scope}"
    return Finding(
        rule=SETTING,
        subject=Whole(name=client),
        message=f"{client} takes packages from the public index: {why}",
        hint=f"`{command}` writes it." if known else f"Name {guard.url} as its `[[source]]`.",
        fix=_told("Let it go through the guard", command) if known else None,
        facts={"client": client, "kind": "index"},
    )


def direct_escape(name: str, direct: str, place: Place, guard: Guarded) -> Finding | None:
    """Give the finding for a requirement on an address or an outer path; None for one inside the project."""
    if guard.covers(direct) or (
        "://" not in direct and not _SCP.fullmatch(direct) and _is_inner(direct)
    ):
        return None
    return Finding(
        rule=SETTING,
        subject=place,
        message=f"`{name or 'a requirement'}` comes from `{redact(direct)}` and from no index",
        hint=_WAYS_OUT["source"],
        facts={"kind": "source"},
    )


def variable_escapes(env: Mapping[str, str], guard: Guarded) -> tuple[Finding, ...]:
    """Give a finding for each variable that names another address."""
    found = []
    for name, client in VARIABLES.items():
        strange = [word for word in words_of(name, env.get(name, "")) if not guard.covers(word)]
        if strange:
            shown = ", ".join(f"`{redact(word)}`" for word in strange)
            found.append(
                Finding(
                    rule=VARIABLE,
                    subject=Whole(name=name),
                    message=f"{name} sends {client} to {shown}",
                    hint=f"Unset it, or give it {guard.url}.",
                    fix=_told("Take the variable out", f"Unset {name} where it is set"),
                    facts={"client": client},
                )
            )
    return tuple(found)


def words_of(name: str, value: str) -> list[str]:
    """Give the addresses in the value of a variable: several with spaces or commas, uv's with a name before ``=``."""
    words = value.replace(",", " ").split() if name.endswith("FIND_LINKS") else value.split()
    if name not in ("UV_INDEX", "UV_DEFAULT_INDEX"):
        return words
    return [re.sub(r"^[\w.-]+=", "", word) for word in words]


def unread(place: Place | Whole, why: str, hint: str = "") -> Finding:
    """Give the finding for what could not be read."""
    return Finding(
        rule=UNREAD,
        subject=place,
        message=f"{why}, so where it leads is not known",
        hint=hint or "Mend it and look again.",
        certainty=Certainty.unknown,
    )


def _addresses(value: object, key: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _PROSE:
                yield from _addresses(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _addresses(inner, key)
    elif isinstance(value, str):
        found = _ADDRESS.findall(value)
        if found:
            yield from found
        elif (
            _SCP.fullmatch(value) or key == "registry" or (key in _PLACES and not _is_inner(value))
        ):
            yield value


def _host(address: str) -> str:
    """Give what addresses are counted by: scheme and host, or the folder itself."""
    if "://" not in address:
        return address.partition(":")[0] if _SCP.fullmatch(address) else address
    try:
        parts = urlsplit(address)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return address
    return f"{parts.scheme}://{parts.hostname or parts.path}{port}"


def _is_inner(path: str) -> bool:
    """Whether a path stays inside the project, as it is written."""
    parts = path.replace("\\", "/").split("/")
    return not (path.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", path) or ".." in parts)


def _scope(way: Way) -> str:
    return " --project" if way.spot[0] in ("pyproject.toml", "uv.toml") else ""


def _told(title: str, sentence: str) -> Plan:
    return Plan(title=title, steps=(Tell(sentence=sentence),))
