"""Every environment variable onward reads, in one place; the reference page is made from this.

Below the doors the environment is an argument: functions take a mapping, never ``os.environ``.
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing`, whose import is not paid for here
if TYPE_CHECKING:
    from collections.abc import Mapping

CACHE_DIR = "ONWARD_CACHE_DIR"
POLICY = "ONWARD_POLICY"
POLICY_SHA256 = "ONWARD_POLICY_SHA256"
FEED_URL = "ONWARD_FEED_URL"
UV = "ONWARD_UV"
RUFF = "ONWARD_RUFF"
OFFLINE = "ONWARD_OFFLINE"
GUARD_TOKEN = "ONWARD_GUARD_TOKEN"  # noqa: S105 - a name
SIGNING_PASSWORD = "ONWARD_SIGNING_PASSWORD"  # noqa: S105 - a name
ACTIONS_URL = "ONWARD_ACTIONS_URL"
NO_COLOR = "NO_COLOR"
CI = "CI"
GITHUB_ACTIONS = "GITHUB_ACTIONS"
GITLAB_CI = "GITLAB_CI"
SKIP = "SKIP"

DESCRIBED: dict[str, str] = {
    CACHE_DIR: "Folder for pages, advisory data, locks and logs (default: the user's cache folder).",
    POLICY: "An organisation's policy: a path, or an https URL ending in `#sha256=...`.",
    POLICY_SHA256: "The sha256 that the file behind an `ONWARD_POLICY` URL must have.",
    FEED_URL: "Where `onward guard update` gets the advisory dump from (https, http on loopback, or file).",
    UV: "The uv program to use instead of the one that onward was installed with.",
    RUFF: "The ruff program to use when the project has none locked.",
    OFFLINE: "When set to 1, onward asks no registry and no feed; what it cannot know is said to be unknown.",
    GUARD_TOKEN: "A token that `onward guard why` shows the guard, when you or your own settings name its address (not a project's: those get only what your netrc file has for their host).",
    SIGNING_PASSWORD: "The password of the certificate that `onward ship installer --sign` signs with.",
    ACTIONS_URL: "Where `onward ship ci --pin` finds the repositories of actions (default: https://github.com; https, or a folder on this machine).",
    CI: "When set (and not to 0 or false), `onward check` leaves the baseline as it is and reports what is stale in it.",
    GITHUB_ACTIONS: "When `true`, `onward check --ci` answers as GitHub annotations (GitHub sets it).",
    GITLAB_CI: "When `true`, `onward check --ci` answers as GitLab code quality JSON (GitLab sets it).",
    SKIP: "Ids of hooks in `.pre-commit-config.yaml`, with commas between, that onward's git hook leaves out.",
    NO_COLOR: "When set, output has no colour (no-color.org).",
}


def in_ci(env: Mapping[str, str]) -> bool:
    """Say whether this runs on a build service: ``CI`` is set, and not to 0 or false."""
    return env.get(CI, "").lower() not in ("", "0", "false")


def form_of_ci(env: Mapping[str, str]) -> str | None:
    """Give the form of answer that the build service reads (``github``, ``gitlab``); None on any other."""
    for name, form in ((GITHUB_ACTIONS, "github"), (GITLAB_CI, "gitlab")):
        if env.get(name) == "true":
            return form
    return None


def is_offline(env: Mapping[str, str]) -> bool:
    """Say whether onward was told to ask nobody outside: ``ONWARD_OFFLINE`` is set, and not to 0."""
    return env.get(OFFLINE, "") not in ("", "0")
