"""One file after the other to the index: the wheels first, since a release with them alone can be installed.

What is there already is left alone, so that a run that was cut short is gone on with.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from onward.adapters.uv.commands import trust_settings
from onward.adapters.uv.publish import Said, read_failure, upload
from onward.core.errors import BadInput, OnwardError, OutsideFailed, Refused
from onward.core.perform import Listen
from onward.core.proc.call import Call
from onward.core.proc.reading import watch_reading
from onward.core.proc.run import run
from onward.domain.shipping.built import Built
from onward.workflows.kept_log import Log
from onward.workflows.publishing.credential import Credential, secrets_of
from onward.workflows.publishing.listing import Listing
from onward.workflows.publishing.target import Target
from onward.workflows.situation import Situation


class Uploader:
    """Uploads to one target as one credential."""

    def __init__(
        self,
        target: Target,
        credential: Credential,
        situation: Situation,
        *,
        listen: Listen,
        log: Log,
    ) -> None:
        self._target = target
        self._credential = credential
        self._situation = situation
        self._listen = listen
        self._log = log

    def send(self, missing: Sequence[Built], folder: Path, listing: Listing) -> None:
        """Upload the files, which lie in ``folder``; raises the first failure, what was done before stays.

        A connection that broke says nothing about the file: the page is asked.
        """
        for count, one in enumerate(missing, 1):
            size = f"{max(one.size // 1000, 1)} kB"
            self._listen("start", f"Uploading {one.filename} ({size}, {count} of {len(missing)})")
            try:
                with watch_reading(folder / one.filename, self._teller(one.size)):
                    ran = run(self._call(folder / one.filename))
            except KeyboardInterrupt:
                self._log.write(f"interrupted while uploading {one.filename}")
                self._listen("note", "What the index took stays there; the next run goes on")
                raise
            self._log.ran(f"upload {one.filename} sha256 {one.sha256}", ran)
            if ran.succeeded:
                continue
            said = read_failure(ran)
            if said.status == 0 and self._is_there(one, listing):
                self._log.write("the connection broke, and the index has the file")
                continue
            raise self._failed(one, said)

    def _teller(self, size: int) -> Callable[[int], None]:
        # what is read is all but what is sent: the system takes some of it before it leaves
        return lambda done: self._listen("progress", f"{_mb(done)} of {_mb(size)} MB")

    def _call(self, path: Path) -> Call:
        situation = self._situation
        env = {**situation.env, **self._credential.env}
        if trust_settings(env, situation.uv_settings.carried):
            env["UV_SYSTEM_CERTS"] = "1"
        hosts = situation.uv_settings.carried.get("allow-insecure-host")
        options = [*self._credential.options]
        for host in hosts if isinstance(hosts, list) else ():
            options += ["--allow-insecure-host", str(host)]
        given = {
            key: value for key, value in env.items() if value
        }  # empty ones are not there for uv
        return upload(situation.uv, path, self._target.upload, options=options, env=given)

    def _is_there(self, one: Built, listing: Listing) -> bool:
        try:
            return not listing.missing([one])
        except OnwardError:
            return False

    def _failed(self, one: Built, said: Said) -> OnwardError:
        where, log = self._target.said, f"log: {self._log.path}"
        answer = self._clean(said.answer) or "it gave no reason"
        words = (f"{one.filename}: {answer}", f"as {self._credential.said}", log)
        again = "Run it again: what is there already is left alone."
        if (known := self._not_known(said, log)) is not None:
            return known
        if said.status == 409 or _SAYS_EXISTS.search(answer):
            return Refused(
                "other-content", f"{where} has a file of this name already (status {said.status})", context=words,
                hint="A version can be published once: raise it (`onward ship bump`), and publish that.",
            )  # fmt: skip
        if said.status in (401, 403):
            return BadInput(
                "not-allowed", f"{where} does not let this upload pass (status {said.status})", context=words,
                hint="Look whether the token is of this index, may upload this project, and is not expired.",
            )  # fmt: skip
        if 400 <= said.status < 500 and said.status not in (408, 429):
            return BadInput(
                "not-accepted", f"{where} refuses the file (status {said.status})", context=words,
                hint="These are the index's own words; mend what it names, and run it again.",
            )  # fmt: skip
        if said.status:
            return OutsideFailed(
                "index-failed", f"{where} failed (status {said.status})", context=words, hint=again
            )
        return OutsideFailed(
            "upload-failed",
            f"{one.filename} did not reach {where}",
            context=(*map(self._clean, said.words), log),
            hint=again,
        )

    def _not_known(self, said: Said, log: str) -> BadInput | None:
        """Give the error when nobody was there to upload as, or the job is nobody to the index."""
        where = self._target.said
        own = (*map(self._clean, said.words), f"as {self._credential.said}", log)
        if said.nobody:
            return BadInput(
                "nobody", f"there is nobody to publish to {where} as", context=own,
                hint=f"`keyring set {self._target.upload} __token__` keeps a token; or set UV_PUBLISH_TOKEN.",
            )  # fmt: skip
        if self._credential.identity and _NOT_TRUSTED.search(" ".join(own)):
            return BadInput(
                "not-trusted", f"{where} does not take this job as a trusted publisher", context=own,
                hint="Name this repository, workflow and environment there as a trusted publisher, and give the job"
                " `id-token: write` (GitHub) or an `id_tokens` entry (GitLab); or set UV_PUBLISH_TOKEN.",
            )  # fmt: skip
        return None

    def _clean(self, text: str) -> str:
        for secret in secrets_of(self._credential, self._target, self._situation.env):
            text = text.replace(secret, "****")
        return text


def _mb(count: int) -> str:
    return f"{count / 1_000_000:.1f}"


_NOT_TRUSTED = re.compile(
    r"(?is)trusted publishing.*\b(?:code|client error|status)\W+4(?!08|29)\d\d\b"
)
_SAYS_EXISTS = re.compile(r"(?i)\b(already exists|file exists|already been (?:used|taken))")
