"""Actions of GitHub that the workflow uses: at which commit, and where that commit was seen.

A commit stands here only when a public repository was seen to use it. What is in a file
already wins: whoever renewed a pin there (Dependabot, a person, ``ship ci --pin``) knows
better than a table.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from onward.core.yaml_text import Noted

_USES = re.compile(
    r"""^(?P<before>[ \t]*(?:-[ \t]+)?uses:[ \t]*)(?P<quote>["']?)"""
    r"""(?P<action>[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_./-]+)?)@(?P<at>[A-Za-z0-9_./+-]+)(?P=quote)"""
    r"""(?:[ \t]+#[ \t]*(?P<note>[^\r\n]*?))?[ \t]*(?P<end>\r?)$""",
    re.MULTILINE,
)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """``action@at # note``: ``at`` is a commit (then ``note`` names its tag) or a tag or branch."""

    action: str
    at: str
    note: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether it names a commit, which nobody can move."""
        return bool(_COMMIT.fullmatch(self.at))

    @property
    def tag(self) -> str:
        """The tag that is meant, empty when a commit has no note that names one."""
        return self.note.split(" ")[0] if self.is_pinned else self.at

    @property
    def repository(self) -> str:
        """``owner/name``, without a folder inside."""
        return "/".join(self.action.split("/")[:2])


SEEN: dict[str, Use] = {
    use.action: use
    for use in (
        # astral-sh/uv, .github/workflows/sign-release-binaries.yml at 02b42ca73e28f058178cbb1c9c551839c89cdc0e
        Use(
            action="actions/checkout", at="9c091bb21b7c1c1d1991bb908d89e4e9dddfe3e0", note="v7.0.0"
        ),
        Use(
            action="actions/upload-artifact",
            at="043fb46d1a93c77aae656e7c1c64a875d1fc6a0a",
            note="v7.0.1",
        ),
        Use(
            action="actions/download-artifact",
            at="3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c",
            note="v8.0.1",
        ),
        Use(
            action="astral-sh/setup-uv",
            at="20cfd1bf945f4377ade1205e4dbc17946fc9a30d",
            note="v10.0.1",
        ),
        # astral-sh/uv, .github/workflows/publish-docker-image.yml at e2a718488714379e6c0442d532875a733195975a
        Use(
            action="actions/attest-build-provenance",
            at="4d101475d8b20a2381f78447822ac1eab6504dd8",
            note="v4.2.2",
        ),
    )
}


def uses_in(text: str) -> Iterator[Use]:
    """Give each action that a workflow uses; those of its own repository and images of containers have no ``@`` tag."""
    for found in _USES.finditer(text):
        yield Use(action=found["action"], at=found["at"], note=(found["note"] or "").strip())


def chosen(existing: str) -> dict[str, Use]:
    """Give what to write for each action that we use: what the file has, else what was seen."""
    there = {use.action: use for use in uses_in(existing)}
    return {action: there.get(action, seen) for action, seen in SEEN.items()}


def written(use: Use) -> Noted | str:
    """Give the value of ``uses:``."""
    words = f"{use.action}@{use.at}"
    return Noted(words, use.note) if use.note else words


def pinned(text: str, found: Mapping[tuple[str, str], Use]) -> str:
    """Give ``text`` with each use in ``found`` (by action and what stands behind ``@``) written as it says there."""

    def put(match: re.Match[str]) -> str:
        use = found.get((match["action"], match["at"]))
        if use is None:
            return match[0]
        quote = match["quote"]
        return f"{match['before']}{quote}{use.action}@{use.at}{quote} # {use.note}{match['end']}"

    return _USES.sub(put, text)
