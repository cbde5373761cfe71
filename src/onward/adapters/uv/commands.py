"""uv (0.13): where the program is, what to call, and how to read what it said."""

import re
import shutil
from collections.abc import Mapping, Sequence

import msgspec
import uv

from onward.adapters.uv.config import without_our_host
from onward.adapters.uv.settings import INDEX_VARIABLES
from onward.core import env as names
from onward.core.errors import BadInput, MissingTool, OutsideFailed
from onward.core.lines import lines_of
from onward.core.proc.call import Call, Ran

_LOCK_SECONDS = 900.0
_SYNC_SECONDS = 1800.0

# What would steer uv past the configuration we give it, or to another project.
_REMOVED = (
    *INDEX_VARIABLES,
    "UV_CONFIG_FILE",
    "UV_NO_CONFIG",
    "UV_PROJECT",
    "UV_WORKING_DIR",
    "UV_WORKING_DIRECTORY",
    # these say what to do, and that is ours to say (`onward sync` reads them itself)
    "UV_FROZEN",
    "UV_LOCKED",
    "UV_NO_SYNC",
)


NOT_WITH_FROZEN = ("UV_NO_SOURCES", "UV_NO_SOURCES_PACKAGE", "UV_UPGRADE", "UV_UPGRADE_PACKAGE")
"""What steers a resolution; uv refuses it beside --frozen."""


def uv_program(env: Mapping[str, str]) -> str:
    """Give the path of uv: ``ONWARD_UV``, else the one installed with onward, else the one on ``PATH``.

    Raises MissingTool when there is none.
    """
    if chosen := env.get(names.UV):
        return chosen
    try:
        return uv.find_uv_bin()
    except FileNotFoundError:
        if found := shutil.which("uv", path=env.get("PATH")):
            return found
    raise MissingTool(
        "uv-missing",
        "uv is not there",
        hint="Install onward again (it brings uv), or set ONWARD_UV to the program.",
    )


def guarded_env(env: Mapping[str, str]) -> dict[str, str]:
    """Give the environment for a uv that may only see our index.

    The http proxy is ours and set in the configuration, so the variable for it goes; what
    the user set for https stays, since files come from their real addresses.
    """
    kept = {key: value for key, value in env.items() if key not in _REMOVED}
    everything = kept.pop("ALL_PROXY", None) or kept.pop("all_proxy", None)
    for name in ("HTTP_PROXY", "http_proxy", "all_proxy"):
        kept.pop(name, None)
    if everything and "HTTPS_PROXY" not in kept and "https_proxy" not in kept:
        kept["HTTPS_PROXY"] = everything
    for name in ("NO_PROXY", "no_proxy"):
        if name in kept:
            words = kept[name].split(",")
            if "*" in [word.strip() for word in words]:
                kept.pop("HTTPS_PROXY", None)
                kept.pop("https_proxy", None)
            kept[name] = ",".join(without_our_host(words))
            if not kept[name]:
                del kept[name]
    return kept


def proxy_settings(env: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Give uv's settings that say what the environment says of proxies.

    A configuration that names one proxy, as ours does, makes uv (0.13) pass over the
    variables for all of them.
    """
    kept = guarded_env(env)
    found: dict[str, str | list[str]] = {}
    if https := kept.get("HTTPS_PROXY") or kept.get("https_proxy"):
        found["https-proxy"] = https
    if told := kept.get("NO_PROXY") or kept.get("no_proxy"):
        found["no-proxy"] = [word for word in told.split(",") if word.strip()]
    return found


def trust_settings(env: Mapping[str, str], carried: Mapping[str, object]) -> dict[str, bool]:
    """Give the setting that makes uv trust the authorities that the system trusts, as onward does itself.

    Without it (uv 0.13) a company's authority in the system's store is good for our pages
    and not for uv's files. What the user has chosen, in ``carried`` settings or variables,
    stays.
    """
    if any(key in carried for key in ("system-certs", "native-tls")):
        return {}
    return {} if any(env.get(name) for name in _TRUST_VARIABLES) else {"system-certs": True}


_TRUST_VARIABLES = ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "SSL_CERT_FILE", "SSL_CERT_DIR")


class Uv(msgspec.Struct, frozen=True, kw_only=True):
    """How to call uv: the program, its environment, and the configuration file that counts.

    ``python`` is the interpreter to use, if it is known already: looking for one costs uv
    more than all the rest where pyenv's shims are on the path. With ``whole_workspace`` all
    members are installed: they share one environment, wherever one stands.
    """

    program: str
    env: dict[str, str]
    config: str
    python: str = ""
    whole_workspace: bool = False

    def add(self, cwd: str, requirements: Sequence[str], options: Sequence[str] = ()) -> Call:
        """Add requirements to pyproject.toml and lock, without installing."""
        return self._call(cwd, _LOCK_SECONDS, "add", "--no-sync", *options, "--", *requirements)

    def remove(self, cwd: str, requirements: Sequence[str], options: Sequence[str] = ()) -> Call:
        """Remove requirements from pyproject.toml and lock, without touching the environment."""
        return self._call(cwd, _LOCK_SECONDS, "remove", "--no-sync", *options, "--", *requirements)

    def lock(
        self, cwd: str, *, upgrade: Sequence[str] | None = None, options: Sequence[str] = ()
    ) -> Call:
        """Lock; ``upgrade`` names what may move (empty: everything, None: only what must)."""
        moving: tuple[str, ...] = ()
        if upgrade is not None:
            moving = tuple(word for name in upgrade for word in ("-P", name)) or ("--upgrade",)
        return self._call(cwd, _LOCK_SECONDS, "lock", *moving, *options)

    def sync(self, cwd: str, options: Sequence[str] = ()) -> Call:
        """Make the environment fit uv.lock as it is, with the hashes of the lock checked."""
        members = ("--all-packages",) if self.whole_workspace else ()
        call = self._call(cwd, _SYNC_SECONDS, "sync", "--frozen", *members, *options)
        env = {key: value for key, value in call.env.items() if key not in NOT_WITH_FROZEN}
        return msgspec.structs.replace(call, env=env)

    def _call(self, cwd: str, timeout: float, verb: str, *words: str) -> Call:
        python = ("--python", self.python) if self.python else ()
        argv = (self.program, verb, "--config-file", self.config, *python, *words)
        return Call(argv=argv, cwd=cwd, env=self.env, timeout=timeout)


_NOISE = re.compile(r"^(Using CPython|Resolved \d|warning: `VIRTUAL_ENV=|Creating virtual)")
# a hint, to the next one or the end, that tells of an option: of uv's, not of ours
_UVS_OWN = re.compile(
    r"^hint: (?:(?!^hint: ).)*?(?:`--|--\w+`|UV_)(?:(?!^hint: ).)*", re.MULTILINE | re.DOTALL
)


def words_of(ran: Ran) -> tuple[str, ...]:
    """Give what uv said on stderr, without what says nothing about a fault and hints at options that are uv's."""
    text = ran.err.decode("utf-8", "replace").replace("\u2502", "|")
    lines = lines_of(_UVS_OWN.sub("", text))
    return tuple(line.rstrip() for line in lines if line.strip() and not _NOISE.match(line))


def is_unsolvable(ran: Ran) -> bool:
    """Say whether uv ended because no set of versions fits (exit 1 and its own words for it)."""
    text = ran.err.decode("utf-8", "replace")
    return ran.code == 1 and (
        "No solution found" in text
        or "unsatisfiable" in text
        or "not found in the package registry" in text
        or "must be expressed as direct requirements" in text
    )


_USING = re.compile(r"^Using \S+ \S+ interpreter at: (.+)$", re.MULTILINE)


def interpreter_used(ran: Ran) -> str:
    """Give the path of the Python that uv said it uses, or an empty text."""
    found = _USING.search(ran.err.decode("utf-8", "replace"))
    return found[1].strip() if found else ""


def wants_other_python(ran: Ran) -> bool:
    """Say whether uv refused the interpreter it was given because the project asks for another."""
    text = ran.err.decode("utf-8", "replace")
    return ran.code == 2 and "interpreter" in text and "incompatible" in text


def unreadable_requirement(ran: Ran) -> BadInput | None:
    """Give the error for arguments that uv could not read as requirements, or None."""
    text = ran.err.decode("utf-8", "replace")
    if (ran.code == 2 and "Failed to parse" in text) or "Distribution not found at" in text:
        return BadInput("bad-requirement", "this is not a requirement", context=words_of(ran))
    return None


_OUTSIDE = (
    "error sending request", "failed to download", "failed to fetch", "dns error", "connection reset",
    "connection refused", "operation timed out", "status client error", "status server error",
    "network was disabled", "could not resolve host", "unable to access", "could not read from remote", "request failed after",
    "error decoding response body", "end of file before message length",
)  # fmt: skip
_OTHER_FILE = ("hash mismatch", "hashes do not match")
_DISK = ("no space left on device", "disk quota exceeded", "file too large", "not enough space")

# words of uv, reference, message, hint; the first that fits counts
_BLAMES = (
    (_DISK, "disk-full", "no space left for what uv has to write", "Free some space and try again; nothing was changed."),
    (_OTHER_FILE, "wrong-hash", "the registry gave another file than the one that was judged",
     "Try again; if it stays so, tell whoever runs the registry. Nothing was changed."),
    (_OUTSIDE, "registry-failed", "the registry did not give what is needed",
     "Check the network and try again; nothing was changed."),
)  # fmt: skip


def outside_failure(words: Sequence[str]) -> OutsideFailed | None:
    """Give the error for words of uv that blame the network, the registry or the disk; None for others."""
    text = "\n".join(words).lower()
    for signs, reference, message, hint in _BLAMES:
        if any(sign in text for sign in signs):
            return OutsideFailed(reference, message, context=tuple(words), hint=hint)
    return None
