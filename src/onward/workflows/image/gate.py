"""The judgement on the lock that an image is made from, made once a day."""

import msgspec

from onward.adapters.oci_layout import Notes
from onward.adapters.uv.settings import configuration_files
from onward.core.disk import sha256_of
from onward.core.policy import Decision
from onward.workflows.image.bench import key_of
from onward.workflows.resolve import Resolver
from onward.workflows.settings import policy_files
from onward.workflows.situation import Situation
from onward.workflows.sync import propose_sync


def judged(situation: Situation, notes: Notes, resolver: Resolver) -> Decision:
    """Judge all that the lock holds, once a day."""
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
    try:
        return msgspec.convert(notes.get(name), Decision)
    except msgspec.ValidationError:
        decision = propose_sync(resolver, locked=True).decision
    if not decision.blocked:
        notes.put(name, decision)
    return decision
