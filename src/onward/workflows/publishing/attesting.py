"""Attestations (PEP 740): signed by the identity of the build service, where there is one.

`pypi-attestations` does it, run by uv behind the guarded index, so that no release of it
or of what it needs is used that the policy holds back. It writes to a public log, so a
project of a private index is attested only when asked for.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from onward.adapters.uv.build import last_words
from onward.adapters.uv.commands import Uv
from onward.adapters.uv.publish import ATTESTATION, attest
from onward.core.errors import BadInput, EngineFailed
from onward.core.proc.run import run
from onward.domain.shipping.secrets import OF_PUBLISHING
from onward.workflows.publishing.target import Target
from onward.workflows.resolve import Resolver
from onward.workflows.situation import Situation

_SIGNS = {"ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SIGSTORE_ID_TOKEN"}

AUTO, ALWAYS, NEVER = "auto", "always", "never"


def signer(env: Mapping[str, str]) -> str:
    """Give the build service whose identity can sign, empty when there is none."""
    if env.get("ACTIONS_ID_TOKEN_REQUEST_URL") and env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        return "GitHub Actions"
    return "GitLab CI" if env.get("SIGSTORE_ID_TOKEN") else ""


def why_not(wish: str, target: Target, env: Mapping[str, str]) -> str:
    """Give why there will be no attestations, empty when there will be.

    Raises BadInput when they are asked for and nobody can sign.
    """
    who = signer(env)
    if wish == NEVER:
        return "no attestations: they were not wanted"
    if wish == ALWAYS and not who:
        raise BadInput(
            "no-identity",
            "nobody can sign attestations here",
            context=("neither GitHub Actions (`id-token: write`) nor GitLab CI (SIGSTORE_ID_TOKEN) gives an identity",),
            hint="Publish from such a job, or leave out `--attestations always`.",
        )  # fmt: skip
    if not who:
        return "no attestations (PEP 740): no build service gives an identity here"
    if not target.public and wish != ALWAYS:
        return "no attestations: signing names the files in a public log (`--attestations always` signs)"
    return ""


def sign(files: Sequence[Path], situation: Situation) -> None:
    """Write ``FILE.publish.attestation`` beside each file; raises EngineFailed when one is not there afterwards."""
    with Resolver(situation, situation.judge(know_lock=True)).serving() as (uv, refuse):
        ran = run(attest(_without_tokens(uv), files))
        words = last_words(ran)
        if not ran.succeeded:
            refuse(words)
        if not ran.succeeded or not all(Path(f"{file}{ATTESTATION}").is_file() for file in files):
            raise EngineFailed(
                "not-attested",
                "pypi-attestations did not sign the files; nothing was uploaded",
                context=tuple(words[-10:]),
                hint="`--attestations never` publishes without.",
            )


def _without_tokens(uv: Uv) -> Uv:
    """Give uv with an identity to sign by and without a token: the tool that signs uploads nothing."""
    hidden = OF_PUBLISHING - _SIGNS
    env = {name: value for name, value in uv.env.items() if name not in hidden}
    return msgspec.structs.replace(uv, env=env)
