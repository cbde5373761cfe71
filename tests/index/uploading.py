"""Uploads as twine and uv send them, and grants for whoever asks a server in a test."""

import hashlib
from collections.abc import Callable, Mapping, Sequence

from onward.domain.grants import Action, Grant
from onward.index.asgi import GRANT, App, Receive, Scope, Send
from tests.index.serving import Answer, Serving
from tests.registry.builds import Description, sdist, wheel

ALL = Grant(label="all", token="all", actions=frozenset(Action))
BOUNDARY = "----0f1e2d3c4b5a"

Field = tuple[str, str]


def granted(grant: Grant) -> Callable[[App], App]:
    """Give what lets every request have ``grant``."""

    def around(app: App) -> App:
        async def asked(scope: Scope, receive: Receive, send: Send) -> None:
            scope[GRANT] = grant
            await app(scope, receive, send)

        return asked

    return around


def made(name: str, version: str, *, source: bool = False, **more: object) -> tuple[str, bytes]:
    """Give (file name, content) of a small wheel, or a source distribution."""
    description = Description(name=name, version=version, **more)  # type: ignore[arg-type]
    return sdist(description) if source else wheel(description)


def fields_of(name: str, version: str, filename: str, content: bytes) -> list[Field]:
    """Give the fields of an upload that is as it should be."""
    return [
        (":action", "file_upload"),
        ("protocol_version", "1"),
        ("metadata_version", "2.4"),
        ("name", name),
        ("version", version),
        ("filetype", "bdist_wheel" if filename.endswith(".whl") else "sdist"),
        ("pyversion", "py3"),
        ("classifiers", "Programming Language :: Python :: 3"),
        ("classifiers", "Topic :: Utilities"),
        ("sha256_digest", hashlib.sha256(content).hexdigest()),
        ("md5_digest", hashlib.md5(content).hexdigest()),
        ("blake2_256_digest", hashlib.blake2b(content, digest_size=32).hexdigest()),
    ]


def form(fields: Sequence[Field], filename: str, content: bytes) -> bytes:
    """Give a form with these fields, then the file, as ``multipart/form-data``."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields
    ]
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="content"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return b"".join((*parts, head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()))


def send(server: Serving, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    """Send a form as it stands."""
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return server.get("/legacy/", {**kind, **(headers or {})}, method="POST", body=body)


def upload(
    server: Serving,
    name: str,
    version: str,
    *,
    filename: str | None = None,
    content: bytes | None = None,
    source: bool = False,
    changed: Mapping[str, str | None] | None = None,
    headers: dict[str, str] | None = None,
    **more: object,
) -> Answer:
    """Upload a release as a client would; ``changed`` are fields that differ (None: left out)."""
    own, built = made(name, version, source=source, **more)
    filename, content = own if filename is None else filename, built if content is None else content
    fields = [
        (key, (changed or {}).get(key, value)) for key, value in fields_of(name, version, filename, content)
    ]  # fmt: skip
    fields += [(k, v) for k, v in (changed or {}).items() if k not in dict(fields)]
    return send(
        server, form([(k, v) for k, v in fields if v is not None], filename, content), headers
    )
