"""A small index on loopback that knows trusted publishers, and the build service that vouches for a job, as PyPI and GitHub do.

https://docs.pypi.org/trusted-publishers/internals/: the audience is asked for, the build service
signs for it, the index mints a short-lived token for that.
"""

import base64
import json
import secrets
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.journeys.lying_index import LyingIndex, answer


class TrustingIndex(LyingIndex):
    """Takes uploads by tokens alone that it has minted itself.

    ``request_token`` is what a job asks its build service with, ``identity`` what that signs;
    ``minted`` are the tokens that were given out for it, ``trusts`` says if any are.
    Without an ``audience`` it knows of no such thing.
    """

    def __init__(self, pair: tuple[Path, Path]) -> None:
        claims = json.dumps({"sub": "repo:a/b", "aud": "house"}).encode()
        middle = base64.urlsafe_b64encode(claims).decode().rstrip("=")
        self.identity = f"e30.{middle}.{secrets.token_hex(16)}"
        self.request_token = secrets.token_hex(16)
        self.minted: list[str] = []
        self.trusts = True
        self.audience = "house"
        super().__init__(pair=pair)
        self.job = f"{self.base}/job?version=1"

    @property
    def secrets(self) -> list[str]:
        """All that nobody may ever read."""
        return [self.identity, self.request_token, *self.minted]

    def give(self, request: BaseHTTPRequestHandler) -> None:
        if request.path == "/_/oidc/audience" and self.audience:
            _json(request, {"audience": self.audience})
        elif request.path == f"/job?version=1&audience={self.audience}":
            asked = request.headers.get("authorization", "").lower()
            fits = asked == f"bearer {self.request_token}"
            _json(request, {"value": self.identity} if fits else {}, 200 if fits else 401)
        else:
            super().give(request)

    def take(self, request: BaseHTTPRequestHandler) -> None:
        if request.path == "/_/oidc/mint-token":
            body = json.loads(request.rfile.read(int(request.headers["content-length"])))
            if not self.trusts or body.get("token") != self.identity:
                why = {"code": "invalid-publisher", "description": "no publisher matches"}
                _json(request, {"message": "Token request failed", "errors": [why]}, 422)
                return
            self.minted.append(f"house-{secrets.token_hex(16)}")
            _json(request, {"success": True, "token": self.minted[-1]})
            return
        login = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic "))
        user, _, token = login.decode().partition(":")
        if user == "__token__" and token in self.minted:
            super().take(request)
            return
        request.rfile.read(int(request.headers.get("content-length") or 0))
        answer(request, 403, "text/plain", b"Invalid or non-existent authentication information.")


def _json(request: BaseHTTPRequestHandler, value: object, status: int = 200) -> None:
    answer(request, status, "application/json", json.dumps(value).encode())
