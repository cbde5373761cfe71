"""Uploads that must not be taken: each is refused with a reason, and leaves nothing behind."""

import base64
import gzip
import io
import json
import shutil
import socket
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import FakeClock
from tests.index.serving import Answer, Serving, serving
from tests.index.uploading import (
    ALL,
    BOUNDARY,
    fields_of,
    form,
    granted,
    made,
    send,
    upload,
)
from tests.registry import Registry

WHEEL = "acme_core-1.0-py3-none-any.whl"
SDIST = "acme_core-1.0.tar.gz"
METADATA = b"Metadata-Version: 2.4\nName: acme-core\nVersion: 1.0\n"


@pytest.fixture
def server(
    tmp_path: Path, registry: Registry, env: dict[str, str], clock: FakeClock
) -> Iterator[Serving]:
    policy = '[guard]\nprivate = ["acme-*"]\n'
    made_one = serving(
        tmp_path / "data",
        (registry.url,),
        env=env,
        clock=clock,
        policy=policy,
        around=granted(ALL),
    )
    with made_one as running:
        yield running
        assert upload(running, "acme-core", "9.0").status == 200  # it goes on
        assert [f["filename"] for f in running.page("acme-core")["files"]] == [
            "acme_core-9.0-py3-none-any.whl"
        ]
        assert not list((running.data / "coming").iterdir())
        stored = {p.name for p in (running.data / "store" / "own").rglob("*") if p.is_file()}
        assert all("9.0" in name for name in stored), stored


def refused(answer: Answer, *words: str, status: int = 400) -> None:
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    for word in words:
        assert word in json.dumps(answer.json, ensure_ascii=False), answer.body


def zipped(
    *members: tuple[str, bytes], metadata: bytes | None = METADATA, record: bool = True
) -> bytes:
    """Give a zip file with these members, METADATA and a RECORD that fits."""
    import hashlib

    folder = "acme_core-1.0.dist-info"
    held = [*members, (f"{folder}/WHEEL", b"Wheel-Version: 1.0\n")]
    if metadata is not None:
        held.append((f"{folder}/METADATA", metadata))
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(c).digest()).rstrip(b'=').decode()},{len(c)}"
        for name, c in held
    ]
    if record:
        text = "\n".join([*lines, f"{folder}/RECORD,,", ""])
        held.append((f"{folder}/RECORD", text.encode()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held:
            archive.writestr(name, content)
    return out.getvalue()


def tarred(*members: tuple[str, bytes], links: tuple[tuple[str, str], ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def of_wheel(server: Serving, content: bytes) -> Answer:
    return upload(server, "acme-core", "1.0", filename=WHEEL, content=content)


def of_sdist(server: Serving, content: bytes) -> Answer:
    return upload(server, "acme-core", "1.0", filename=SDIST, content=content)


def test_the_plain_archives_of_these_tests_would_be_taken(server: Serving) -> None:
    assert of_wheel(server, zipped(("acme_core.py", b""))).status == 200
    assert of_sdist(server, tarred(("acme_core-1.0/PKG-INFO", METADATA))).status == 200
    for name in (WHEEL, SDIST):
        server.get("/manage/acme-core/1.0/yank", method="POST")
        assert server.get(f"/manage/files/acme-core/{name}", method="DELETE").status == 200


@pytest.mark.parametrize("kind", ["sha256", "md5", "blake2_256"])
def test_a_wrong_digest(server: Serving, kind: str) -> None:
    key = f"{kind}_digest"
    for digest in ("0" * 64, "x", "\u0661" * 64):
        answer = upload(server, "acme-core", "1.0", changed={key: digest})
        refused(answer, key, "not the one that the form speaks of")


@pytest.mark.parametrize(
    "filename",
    [
        "../acme_core-1.0-py3-none-any.whl",
        "/acme_core-1.0-py3-none-any.whl",
        "..\\\\acme_core-1.0-py3-none-any.whl",
        "C:acme_core-1.0-py3-none-any.whl",
        "acme_core-1.0-py3-none-any.whl/..",
        "acme_core-1.0-py3-none-any.whl\x00.txt",
        ".acme_core-1.0-py3-none-any.whl",
        "acme_core-1.0-py3-none-any.whl.metadata",
        "acme_core-1.0-py3-none.whl",
        "acme_core-1.0-py3-none-any.whl ",
        "acme_core-one-py3-none-any.whl",
        "acme_core-1.0.zip",
        "acme_core-1.0.exe",
        "acme_core.tar.gz",
        "\u0430cme_core-1.0-py3-none-any.whl",
        f"{'a' * 300}-1.0-py3-none-any.whl",
        f"acme_core-{'1' * 5_000}-py3-none-any.whl",
        "",
    ],
)
def test_a_file_name_that_is_none(server: Serving, filename: str) -> None:
    _, content = made("acme-core", "1.0")
    refused(upload(server, "acme-core", "1.0", filename=filename, content=content))


def test_all_faults_of_a_form_are_told_at_once(server: Serving) -> None:
    changed = {
        ":action": "submit",
        "protocol_version": "2",
        "name": "acme-other",
        "version": "2.0",
        "filetype": "sdist",
    }
    answer = upload(server, "acme-core", "1.0", changed=changed)
    refused(answer, *(f"`{key}`" for key in changed))


@pytest.mark.parametrize("key", [":action", "protocol_version", "name", "version"])
def test_a_field_that_is_missing(server: Serving, key: str) -> None:
    refused(upload(server, "acme-core", "1.0", changed={key: None}), f"`{key}` is missing")


def test_a_field_that_comes_twice(server: Serving) -> None:
    name, content = made("acme-core", "1.0")
    fields = [*fields_of("acme-core", "1.0", name, content), ("name", "acme-core")]
    refused(send(server, form(fields, name, content)), "`name` comes more than once")


@pytest.mark.parametrize(
    ("metadata", "word"),
    [
        (None, "missing"),
        (b"", "METADATA"),
        (METADATA.replace(b"acme-core", b"acme-other"), "acme-other"),
        (METADATA.replace(b"1.0", b"1.1"), "1.1"),
        (METADATA + b"Summary: caf\xe9\n", "not UTF-8"),
        (METADATA + b"Requires-Dist: not a requirement (\n", "requires-dist"),
        (METADATA + b"Requires-Python: three\n", "requires-python"),
        (METADATA + b"\n" + b"x" * 3_000_000, "2 MB"),
        (METADATA.replace(b"2.4", b"9.9"), "metadata"),
    ],
)
def test_metadata_that_is_not_as_it_should_be(
    server: Serving, metadata: bytes | None, word: str
) -> None:
    refused(of_wheel(server, zipped(("acme_core.py", b""), metadata=metadata)), word)
    if metadata is not None:
        content = tarred(("acme_core-1.0/PKG-INFO", metadata))
        refused(of_sdist(server, content), word.replace("METADATA", "PKG-INFO"))


def test_a_bomb_is_not_unpacked(server: Serving) -> None:
    zeros = b"\0" * 120_000_000
    refused(of_wheel(server, zipped(("acme_core.py", zeros))), "unpacks to more than")
    refused(
        of_sdist(server, tarred(("acme_core-1.0/PKG-INFO", METADATA), ("acme_core-1.0/x", zeros))),
        "unpacks to more than",
    )


@pytest.mark.parametrize("path", ["../evil.py", "/etc/evil", "a/../../evil.py", "C:/evil.py", "a\\..\\evil"])  # fmt: skip
def test_paths_that_lead_out(server: Serving, path: str) -> None:
    refused(of_wheel(server, zipped((path, b""))), "lead out of the archive")
    content = tarred(("acme_core-1.0/PKG-INFO", METADATA), (f"acme_core-1.0/{path}", b""))
    answer = of_sdist(server, content)
    if not path.startswith(("/", "C:")):  # those are below the folder there
        refused(answer)
    else:
        server.get("/manage/acme-core/1.0/yank", method="POST")
        server.get(f"/manage/files/acme-core/{SDIST}", method="DELETE")


def test_links_that_lead_out(server: Serving) -> None:
    content = tarred(
        ("acme_core-1.0/PKG-INFO", METADATA), links=(("acme_core-1.0/x", "../../../etc/passwd"),)
    )
    refused(of_sdist(server, content), "lead out of the archive")


def test_archives_that_are_read_in_two_ways(server: Serving) -> None:
    plain = zipped(("acme_core.py", b"x = 1\n"))
    for content in (
        b"#!/bin/sh\n" + plain,
        plain + b"more",
        plain[:-30],
        b"PK\x05\x06",
        b"",
        b"text",
    ):
        refused(of_wheel(server, content))
    with pytest.warns(UserWarning, match="Duplicate name"):
        doubled = zipped(("acme_core.py", b"1"), ("acme_core.py", b"2"))
    refused(of_wheel(server, doubled), "twice")
    other = plain.replace(b"acme_core.py", b"evil_core.py", 1)  # in front, not in the directory
    refused(of_wheel(server, other), "another name at its beginning")


def test_a_wheel_whose_record_is_wrong(server: Serving) -> None:
    refused(of_wheel(server, zipped(("acme_core.py", b""), record=False)), "RECORD is missing")
    stranger = zipped(("other-1.0.dist-info/METADATA", METADATA))
    refused(of_wheel(server, stranger), "two `.dist-info` folders", "another release")


def test_a_source_distribution_with_strangers(server: Serving) -> None:
    info = ("acme_core-1.0/PKG-INFO", METADATA)
    refused(of_sdist(server, tarred(info, ("other/x", b""))), "not everything is in one folder")
    refused(of_sdist(server, tarred(("other-2.0/PKG-INFO", METADATA))), "another release")
    refused(of_sdist(server, gzip.compress(b"text")))
    refused(of_sdist(server, zipped()))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[1]",
        "[{}]",
        '[{"version": 2}]',
        "[" * 100_000,
        json.dumps([{"version": 1, "verification_material": {"certificate": "!", "transparency_entries": [{}]}, "envelope": {"statement": "!", "signature": "!"}}]),
        "x" * 1_500_000,
    ],
)  # fmt: skip
def test_attestations_of_another_shape(server: Serving, text: str) -> None:
    refused(upload(server, "acme-core", "1.0", changed={"attestations": text}), "attestations")


def test_attestations_of_another_file(server: Serving) -> None:
    statement = {"subject": [{"name": WHEEL, "digest": {"sha256": "0" * 64}}]}
    one = {
        "version": 1,
        "verification_material": {"certificate": "", "transparency_entries": [{}]},
        "envelope": {
            "statement": base64.b64encode(json.dumps(statement).encode()).decode(),
            "signature": "",
        },
    }
    answer = upload(server, "acme-core", "1.0", changed={"attestations": json.dumps([one])})
    refused(answer, "another file")


def test_forms_that_are_none(server: Serving) -> None:
    name, content = made("acme-core", "1.0")
    whole = form(fields_of("acme-core", "1.0", name, content), name, content)
    mark = f"--{BOUNDARY}".encode()
    for body in (
        b"",
        b"x",
        whole[:-20],
        whole[: len(whole) // 2],
        b"before" + whole,
        whole + b"behind",
        whole.replace(b"\r\n", b"\n"),
        whole.replace(b'name="content"', b'name="other"'),
        whole.replace(b'name="version"', b"name=version; name=version"),
        whole.replace(b'name="version"', b"name*=utf-8''version"),
        whole.replace(mark + b"\r\n", mark + b" \r\n"),
        whole.replace(b"form-data; ", b""),
        form([("x" * 200, "x")], name, content),
        form([("x", "y")] * 11_000, name, content),
        form([("description", "x" * 3_000_000)], name, content),
        form([("d", "x" * 1_900_000)] * 5, name, content),
        whole.replace(
            b"\r\nContent-Type: app", b"\r\nX: " + b"y" * 9_000 + b"\r\nContent-Type: app"
        ),
        whole.replace(b"Topic :: Utilities", b"\xff\xfe"),
        whole.replace(name.encode(), b"\xff\xfe.whl"),
    ):
        refused(send(server, body))
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x", "multipart/form-data; boundary=\xff"):  # fmt: skip
        refused(send(server, whole, {"Content-Type": kind}))


def half_closed(server: Serving, length: int, body: bytes) -> bytes:
    """Send the beginning of an upload, then only listen; give the line that answers."""
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        head = (
            "POST /legacy/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
            f"Content-Length: {length}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    return answer.partition(b"\r\n")[0]


def test_a_file_that_is_too_large_is_refused_before_it_comes(server: Serving) -> None:
    assert b" 413 " in half_closed(server, 2_000_000_000, b"")


def test_an_upload_that_breaks_off_leaves_nothing(server: Serving) -> None:
    name, content = made("acme-core", "1.0")
    body = form(fields_of("acme-core", "1.0", name, content), name, content)
    for size in (0, 100, len(body) - 100):
        assert half_closed(server, len(body), body[:size]) in (b"", b"HTTP/1.1 400 Bad Request")


def test_a_disk_that_takes_nothing_is_said(server: Serving) -> None:
    coming = server.data / "coming"
    shutil.rmtree(coming)
    refused(upload(server, "acme-core", "1.0"), "could not be written", status=503)
    coming.mkdir()
    store = server.data / "store" / "own"
    store.write_bytes(b"in the way")
    refused(upload(server, "acme-core", "1.0"), "store", status=503)
    store.unlink()
