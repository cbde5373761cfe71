"""The real index behind everything."""

from onward.adapters import simple_api
from onward.adapters.uv.indexes import without_login
from onward.core.disk import sha256_of
from onward.core.errors import OutsideFailed
from onward.core.names import Name
from onward.core.net import Net, Request, Response
from onward.core.redact import redact
from onward.shelves.shelf import Sheet


class Upstream:
    """One index address. Knows nothing of caching or policy.

    ``unknown_codes`` are the statuses that mean "no such name" besides 404 and 410.
    """

    def __init__(
        self,
        net: Net,
        address: str,
        *,
        fetch_from: str = "",
        headers: dict[str, str] | None = None,
        unknown_codes: tuple[int, ...] = (),
    ) -> None:
        self.address = address
        self._net = net
        self._base = fetch_from or address
        self._headers = headers or {}
        self._unknown = (404, 410, *unknown_codes)

    def page(self, name: Name) -> Sheet | None:
        """Give the page of a project as the index tells it now, or None for 404 and 410."""
        found = self.ask(name)
        return found[0] if found else None

    def ask(
        self, name: Name, *, etag: str = "", modified: str = ""
    ) -> tuple[Sheet | None, Response] | None:
        """Ask for a page, conditionally when a mark of an older one is given.

        Gives None for an unknown name, (None, response) for "not modified", else the sheet.
        """
        request = simple_api.ask(self._base, name, etag=etag, modified=modified)
        response = self._net.get(_with(request, self._headers))
        if response.status in self._unknown:
            return None
        if response.status == 304 and (etag or modified):
            return None, response
        if response.status != 200:
            raise refused_by(request.url, response.status)
        kind = response.headers.get("content-type", "")
        sheet = Sheet(
            url=without_login(response.url),  # what is kept on disk and served holds no login
            content_type=kind,
            mark=sha256_of(response.body),
            body=response.body,
        )
        return sheet, response


def _with(request: Request, headers: dict[str, str]) -> Request:
    if not headers:
        return request
    return Request(
        url=request.url,
        headers={**request.headers, **headers},
        limit=request.limit,
        timeout=request.timeout,
    )


def refused_by(url: str, status: int) -> OutsideFailed:
    """Give the error for an index that answered, but not with a page."""
    login = status in (401, 403)
    return OutsideFailed(
        "registry-refused",
        f"`{redact(url)}` answered {status}",
        hint="Check the user name and password for this index."
        if login
        else "Try again later, or ask who runs this index.",
    )
