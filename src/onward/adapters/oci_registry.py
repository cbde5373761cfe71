"""A container registry, asked by the OCI distribution specification (1.1): manifests, blobs, referrers, tokens."""

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import msgspec

from onward.core.errors import BadInput, OnwardError, OutsideFailed
from onward.core.lines import lines_of
from onward.core.net import Net, Request, Response
from onward.core.redact import redact
from onward.domain.images.login import Login
from onward.domain.images.manifest import DOCKER_LIST, DOCKER_MANIFEST, INDEX, MANIFEST, Blob
from onward.domain.images.reference import Reference

_ACCEPTED = f"{MANIFEST}, {INDEX}, {DOCKER_MANIFEST}, {DOCKER_LIST}"
_LARGEST_MANIFEST = 5_000_000  # bytes
_NO_LIMIT = 1 << 60
_ATTEMPTS = 5  # at sending one blob; each goes on where the last one stopped
_SECONDS = 60.0
_WORD = re.compile(r'([a-zA-Z_]+)="([^"]*)"')
_RANGE = re.compile(r"(?:bytes=)?0-(\d+)")

Listen = Callable[[str, str], None]


class Registry:
    """The registry and repository that ``reference`` names. ``login`` is asked once, when it is wanted."""

    def __init__(
        self,
        net: Net,
        reference: Reference,
        login: Callable[[], Login | None],
        *,
        listen: Listen,
        writes: bool = False,
    ) -> None:
        self.reference = reference
        self._net = net
        self._login = login
        self._listen = listen
        self._top = f"{reference.scheme}://{reference.host}/v2/"
        self._actions = "pull,push" if writes else "pull"
        self._headers: dict[str, str] = {}
        self._also = ""

    # -- taking --

    def manifest(self, which: str) -> tuple[Blob, bytes]:
        """Give a manifest or an index by tag or digest; its own digest is worked out, and has to be the one asked for."""
        answer = self._ask(
            "GET", f"manifests/{which}", {"Accept": _ACCEPTED}, limit=_LARGEST_MANIFEST
        )
        if answer.status == 404:
            raise BadInput(
                "no-such-image",
                f"`{self.reference}` is not there",
                hint="Check its name and tag; a private one needs `docker login` or `podman login`.",
            )
        self._expect(answer, 200, "give the manifest")
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        told = answer.headers.get("docker-content-digest", digest)
        if (which.startswith("sha256:") and which != digest) or told != digest:
            raise self.lied("the manifest that came is not the one with the digest that it names")
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip()
        try:
            media_type = json.loads(answer.body).get("mediaType") or media_type
        except (ValueError, AttributeError, RecursionError):
            raise self.lied("the manifest that came is no JSON") from None
        return Blob(media_type=media_type, digest=digest, size=len(answer.body)), answer.body

    def fetch(self, blob: Blob, path: Path) -> None:
        """Bring a blob into a file; raises OutsideFailed (``registry-lied``) for other bytes than its digest's.

        ``disk-full`` is told before anything comes: whoever made the image says how large it is.
        """
        if blob.size > shutil.disk_usage(path.parent).free:
            raise OutsideFailed(
                "disk-full",
                f"a blob of `{self.reference}` has {blob.size / 1e9:.1f} GB, and there is no space for it in `{path.parent}`",
                hint="Free some space, or take another image.",
            )
        url = f"{self._top}{self.reference.repository}/blobs/{blob.digest}"
        request = Request(
            url=url, headers=self._headers, limit=max(blob.size, 1) + 1, timeout=_SECONDS
        )
        answer = self._net.download(request, path, self._came)
        if answer.status == 401 and self._log_in(answer):
            request = msgspec.structs.replace(request, headers=self._headers)
            answer = self._net.download(request, path, self._came)
        self._expect(answer, 200, f"give the blob {blob.digest[:19]}")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if f"sha256:{digest.hexdigest()}" != blob.digest:
            raise self.lied(f"it gave other bytes than {blob.digest} has")

    def _came(self, done: int, total: int) -> None:
        of = f" of {total / 1e6:.1f}" if total else ""
        self._listen("progress", f"{done / 1e6:.1f}{of} MB fetched")

    # -- giving --

    def has(self, blob: Blob) -> bool:
        """Whether a blob is there; raises OutsideFailed when it is told with another size."""
        answer = self._ask("HEAD", f"blobs/{blob.digest}")
        if answer.status == 404:
            return False
        self._expect(answer, 200, "say whether it has a blob")
        told = answer.headers.get("content-length", "")
        if told.isdigit() and int(told) not in (0, blob.size):
            raise self.lied(f"it has {blob.digest[:19]} with {told} bytes instead of {blob.size}")
        return True

    def send(self, blob: Blob, path: Path, mount_from: str = "") -> str:
        """Send a blob unless it is there; give ``there``, ``mounted`` (from another repository) or ``sent``.

        Cut short, it goes on where the registry says that it is. Raises OutsideFailed.
        """
        if self.has(blob):
            return "there"
        words = ""
        if mount_from and mount_from != self.reference.repository:
            if self._also != mount_from:
                # a token is for what was asked with it; the next 401 gets one for both
                self._also, self._headers = mount_from, {}
            words = "?" + urlencode({"mount": blob.digest, "from": mount_from})
        answer = self._ask("POST", f"blobs/uploads/{words}")
        if answer.status == 201:
            return "mounted"
        self._expect(answer, 202, "begin an upload")
        self._upload(blob, path, self._location(answer))
        self._listen("progress", "")
        return "sent"

    def _left(self, done: int, total: int) -> None:
        self._listen("progress", f"{done / 1e6:.1f} of {total / 1e6:.1f} MB sent")

    def _upload(self, blob: Blob, path: Path, place: str) -> None:
        fault: OnwardError | None = None
        start = 0
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._listen(
                    "note", f"The upload was cut short; going on at byte {start} of {blob.size}"
                )
            try:
                if start:
                    place = self._go_on(blob, path, place, start)
                    answer = self._put(_with_digest(place, blob.digest), b"")
                else:
                    answer = self._put(_with_digest(place, blob.digest), str(path))
            except OutsideFailed as error:
                fault = error
            else:
                if answer.status < 500 and answer.status != 416:
                    self._expect(answer, 201, f"take the blob {blob.digest[:19]}")
                    told = answer.headers.get("docker-content-digest", blob.digest)
                    if told != blob.digest:
                        raise self.lied(
                            f"it says that what it took is {told}, and it was {blob.digest}"
                        )
                    return
                fault = self._failed(answer, "take a blob")
            place, start = self._where(place, blob)
        raise fault or self.lied("it does not take the blob")

    def _go_on(self, blob: Blob, path: Path, place: str, start: int) -> str:
        if start >= blob.size:
            return place
        headers = {
            "Content-Range": f"{start}-{blob.size - 1}",
            "Content-Type": "application/octet-stream",
        }
        answer = self._raw("PATCH", place, headers, body_file=str(path), body_from=start)
        self._expect(answer, 202, "go on with an upload")
        return self._location(answer)

    def _where(self, place: str, blob: Blob) -> tuple[str, int]:
        """Ask how far an upload got; begin a new one when the registry has forgotten it."""
        try:
            answer = self._raw("GET", place, {})
            if answer.status == 204 and (
                found := _RANGE.fullmatch(answer.headers.get("range", ""))
            ):
                got = int(found[1]) + 1
                # an empty upload is told as 0-0, as is one of a single byte: then from the start
                if 1 < got <= blob.size:
                    return self._location(answer, place), got
        except OutsideFailed:
            pass
        answer = self._ask("POST", "blobs/uploads/")
        self._expect(answer, 202, "begin an upload again")
        return self._location(answer), 0

    def put_manifest(self, content: bytes, media_type: str, which: str) -> bool:
        """Put a manifest by digest or tag; give whether the registry itself keeps what it is attached to."""
        answer = self._ask("PUT", f"manifests/{which}", {"Content-Type": media_type}, body=content)
        self._expect(answer, 201, "take the manifest")
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if answer.headers.get("docker-content-digest", digest) != digest:
            raise self.lied("it says that the manifest it took has another digest")
        return "oci-subject" in answer.headers

    def check_manifest(self, content: bytes, which: str) -> None:
        """Read a manifest back; raises OutsideFailed (``registry-lied``) when it is not what was put."""
        answer = self._ask(
            "GET", f"manifests/{which}", {"Accept": _ACCEPTED}, limit=_LARGEST_MANIFEST
        )
        if answer.status != 200 or answer.body != content:
            raise self.lied("it took a manifest, and does not give it back")

    def listed(self, tag: str) -> list[dict[str, Any]]:
        """Give what an index under a tag lists; nothing when there is none."""
        answer = self._ask("GET", f"manifests/{tag}", {"Accept": INDEX}, limit=_LARGEST_MANIFEST)
        try:
            found = json.loads(answer.body).get("manifests") if answer.status == 200 else None
        except (ValueError, AttributeError, RecursionError):
            found = None
        return [entry for entry in found or [] if isinstance(entry, dict)]

    # -- asking --

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, *, body: bytes = b"",
        limit: int = _NO_LIMIT,
    ) -> Response:  # fmt: skip
        url = f"{self._top}{self.reference.repository}/{path}"
        return self._raw(method, url, headers or {}, body=body, limit=limit)

    def _put(self, place: str, held: bytes | str) -> Response:
        kind = {"Content-Type": "application/octet-stream"}
        if isinstance(held, bytes):
            return self._raw("PUT", place, kind)
        return self._raw("PUT", place, kind, body_file=held)

    def _raw(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes = b"",
        body_file: str = "",
        body_from: int = 0,
        limit: int = _NO_LIMIT,
    ) -> Response:
        own = self._headers if _same_origin(url, self._top) else {}
        length = {} if body or body_file or method in ("GET", "HEAD") else {"Content-Length": "0"}
        request = Request(
            url=url,
            method=method,
            headers={**length, **headers, **own},
            body=body,
            body_file=body_file,
            body_from=body_from,
            sending=self._left if body_file else None,
            limit=limit,
            timeout=_SECONDS,
        )
        answer = self._net.get(request)
        if answer.status == 401 and own == self._headers and self._log_in(answer):
            again = msgspec.structs.replace(request, headers={**request.headers, **self._headers})
            answer = self._net.get(again)
        return answer

    def _log_in(self, answer: Response) -> bool:
        """Get what a 401 asks for (RFC 9110, 11; Docker's token specification); False when there is no more to show.

        Only the registry itself may ask: blobs and uploads can be with other servers.
        """
        if not _same_origin(answer.url, self._top):
            return False
        asked = answer.headers.get("www-authenticate", "")
        kind, _, rest = asked.partition(" ")
        login = self._login()
        before = self._headers
        if kind.lower() == "basic" and login is not None and not login.is_token:
            self._headers = {"Authorization": _basic(login)}
        elif kind.lower() == "bearer":
            words = dict(_WORD.findall(rest))
            self._headers = {"Authorization": f"Bearer {self._token(words, login)}"}
        return self._headers != before

    def _token(self, words: Mapping[str, str], login: Login | None) -> str:
        realm = urljoin(self._top, words.get("realm", ""))
        if urlsplit(realm).scheme != "https" and not _same_host(realm, self._top):
            raise self.lied("it sends logins to a place without https")
        scopes = [f"repository:{self.reference.repository}:{self._actions}"]
        scopes += [f"repository:{self._also}:pull"] * bool(self._also)
        pairs = [("service", words.get("service", "")), *(("scope", scope) for scope in scopes)]
        if login is not None and login.is_token:
            form = [*pairs[:1], ("scope", " ".join(scopes)), ("grant_type", "refresh_token"),
                    ("client_id", "onward"), ("refresh_token", login.secret)]  # fmt: skip
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            request = Request(
                url=realm,
                method="POST",
                headers=headers,
                body=urlencode(form).encode(),
                timeout=_SECONDS,
            )
        else:
            mark = "&" if urlsplit(realm).query else "?"
            headers = {"Authorization": _basic(login)} if login else {}
            request = Request(
                url=f"{realm}{mark}{urlencode(pairs)}", headers=headers, timeout=_SECONDS
            )
        answer = self._net.get(request)
        self._expect(answer, 200, "give a token")
        try:
            said = json.loads(answer.body)
            token = said.get("token") or said.get("access_token")
        except (ValueError, AttributeError, RecursionError):
            token = None
        if not isinstance(token, str) or not token or not token.isprintable():
            raise self.lied("its token service gave no token")
        return token

    def _location(self, answer: Response, otherwise: str = "") -> str:
        told = answer.headers.get("location", "")
        if not told and not otherwise:
            raise self.lied("it does not say where an upload goes")
        place = urljoin(answer.url, told) if told else otherwise
        if urlsplit(place).scheme != "https" and not _same_host(place, self._top):
            raise self.lied("it sends an upload to a place without https")
        return place

    def _expect(self, answer: Response, status: int, what: str) -> None:
        if answer.status != status:
            raise self._failed(answer, what)

    def _failed(self, answer: Response, what: str) -> OnwardError:
        context = tuple(_words(answer))
        if answer.status in (401, 403):
            return BadInput(
                "registry-refused",
                f"`{self.reference.registry}` does not let you do this: {what} (status {answer.status})",
                context=context,
                hint=f"Log in with an account that may: `docker login {self.reference.registry}` (or podman).",
            )
        hint = "Try again; what has arrived need not be sent again."
        if answer.status == 429:
            hint = "It wants fewer questions. Wait some minutes, or log in."
        return OutsideFailed(
            "registry-failed",
            f"`{self.reference.registry}` did not {what}: status {answer.status}",
            context=context,
            hint=hint,
        )

    def lied(self, why: str) -> OutsideFailed:
        """Give the error for a registry whose words and deeds differ."""
        return OutsideFailed(
            "registry-lied",
            f"`{self.reference.registry}` cannot be relied on: {why}",
            hint="Nothing of it was taken. Try again, and tell whoever runs the registry if it stays so.",
        )


def _words(answer: Response) -> list[str]:
    try:
        told = [
            str(one.get("message") or one.get("code")) for one in json.loads(answer.body)["errors"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        told = lines_of(answer.body[:200].decode("utf-8", "replace"))[:1]
    return [redact(word)[:200] for word in told[:5] if word.strip()]


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.user}:{login.secret}".encode()).decode()


def _with_digest(place: str, digest: str) -> str:
    return f"{place}{'&' if urlsplit(place).query else '?'}digest={quote(digest, safe='')}"


def _same_origin(one: str, two: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(two)[:2]


def _same_host(one: str, two: str) -> bool:
    """Whether both are the same machine, by the same kind of address: a token service of loopback's own registry."""
    return (
        urlsplit(one).scheme == urlsplit(two).scheme
        and urlsplit(one).hostname == urlsplit(two).hostname
    )
