"""Names of images: ``[REGISTRY/]REPOSITORY[:TAG][@DIGEST]`` (OCI distribution specification 1.1, Docker's defaults)."""

import re

import msgspec

from onward.core.errors import BadInput

DOCKER = "docker.io"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_HOST = re.compile(
    r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)"
    r"(?::[0-9]{1,5})?"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LONGEST = 255  # characters of a registry and a repository together


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """An image in a registry. ``digest`` is ``sha256:`` and 64 hex digits, or empty; then ``tag`` counts."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def host(self) -> str:
        """The host (and port) that answers for the registry."""
        return "registry-1.docker.io" if self.registry == DOCKER else self.registry

    @property
    def scheme(self) -> str:
        """``http`` on this machine itself, ``https`` everywhere else."""
        name = self.registry.rpartition(":")[0] if _has_port(self.registry) else self.registry
        loopback = name in ("localhost", "[::1]") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", name)
        return "http" if loopback else "https"

    @property
    def which(self) -> str:
        """What a manifest is asked for by: the digest, else the tag."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}{tag}{digest}"


def parse_reference(text: str) -> Reference:
    """Read a reference; without tag and digest the tag is ``latest``.

    Raises BadInput (``bad-reference``) with all faults.
    """
    rest, at, digest = text.partition("@")
    first, slash, below = rest.partition("/")
    named = bool(slash) and (first == "localhost" or any(sign in first for sign in ".:["))
    registry, rest = (first, below) if named else (DOCKER, rest)
    registry = DOCKER if registry in ("index.docker.io", "registry-1.docker.io") else registry
    repository, colon, tag = rest.partition(":")
    if registry == DOCKER and "/" not in repository:
        repository = f"library/{repository}"
    faults = []
    if not _HOST.fullmatch(registry):
        faults.append(f"`{registry}` is no host of a registry")
    if not _REPOSITORY.fullmatch(repository):
        faults.append(
            f"`{repository}` is no repository: lower-case letters, digits, and `.`, `_`, `-` and `/` between them"
        )
    if len(registry) + len(repository) > _LONGEST:
        faults.append(f"it has more than {_LONGEST} characters")
    if colon and not _TAG.fullmatch(tag):
        faults.append(f"`{tag[:130]}` is no tag: letters, digits and `. _ -`, at most 128")
    if at and not _DIGEST.fullmatch(digest):
        faults.append(f"`{digest[:80]}` is no digest: `sha256:` and 64 hex digits")
    if faults:
        raise BadInput(
            "bad-reference",
            f"`{text[:300]}` does not name an image",
            context=tuple(faults),
            hint="It looks like `registry.example.com/team/app:1.0`.",
        )
    tag = tag or ("" if digest else "latest")
    return Reference(registry=registry, repository=repository, tag=tag, digest=digest)


def _has_port(registry: str) -> bool:
    return registry.rpartition(":")[2].isdigit() and not registry.endswith("]")
