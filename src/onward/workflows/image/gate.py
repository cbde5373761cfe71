"""What stands between a project and its image: the judgement on its lock, and a look for secrets in what is tracked."""

from collections.abc import Iterator

import msgspec

from onward.adapters.oci_layout import Notes
from onward.adapters.uv.settings import configuration_files
from onward.core.disk import sha256_of
from onward.core.finding import Finding, Place
from onward.core.policy import Decision
from onward.domain.shipping.built import Built, Member, holds_key
from onward.domain.shipping.contents import secret_findings
from onward.workflows.image.bench import key_of
from onward.workflows.resolve import Resolver
from onward.workflows.settings import policy_files
from onward.workflows.situation import Situation
from onward.workflows.source_copy import Sources
from onward.workflows.sync import propose_sync

_LOOKED_AT = 200_000  # bytes of a file in which a private key is looked for


def judged(situation: Situation, notes: Notes, resolver: Resolver) -> Decision | None:
    """Judge all that the lock holds, once a day; None when that was done and nothing was found."""
    root = situation.project.root
    watched = [root / "uv.lock", *(root / path for path in situation.project.files)]
    watched += [*policy_files(root, situation.env), *configuration_files(situation.env, root)]
    words = [
        str(root),
        str(situation.now.date()),
        str(situation.advice.date),
        situation.env.get("UV_INDEX_URL", ""),
    ]
    for path in watched:
        words += [str(path), sha256_of(path.read_bytes()) if path.is_file() else ""]
    name = f"judged-{key_of(*words)}"
    if notes.get(name) is not None:
        return None
    proposal = propose_sync(resolver, locked=True)
    if not proposal.decision.because:
        notes.put(name, True)
    return proposal.decision


def secrets_in(sources: Sources) -> Iterator[Finding]:
    """Look through what is tracked: all of it counts, whether it gets into the image or not."""
    members = []
    for path in sources.files:
        place = sources.folder / path
        if place.is_file() and not place.is_symlink():
            with place.open("rb") as file:
                head = file.read(_LOOKED_AT)
            members.append(Member(path=path, size=0, sha256="", holds_key=holds_key(head)))
    project = Built(filename="project", size=0, sha256="", members=(), texts={})
    for member in members:
        # a wheel's paths are taken as they are, a source distribution's without their first folder
        one = msgspec.structs.replace(
            project, members=(msgspec.structs.replace(member, path=f"x/{member.path}"),)
        )
        for finding in secret_findings(one):
            yield msgspec.structs.replace(finding, subject=Place(path=member.path))
