"""Blobs and manifests go to a registry once, go on when they are cut short, and nothing it says is believed unseen."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from onward.adapters.oci_registry import Registry
from onward.core.errors import BadInput, OnwardError, OutsideFailed
from onward.core.net import Net
from onward.domain.images.login import Login
from onward.domain.images.manifest import LAYER, MANIFEST, Blob, blob_of
from onward.domain.images.reference import parse_reference
from tests.container_registry import ContainerRegistry

CONTENT = bytes(range(256)) * 4000


@pytest.fixture
def there() -> Iterator[ContainerRegistry]:
    with ContainerRegistry().running() as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    return path


def client(
    there: ContainerRegistry, login: Login | None = None, name: str = "team/app:1"
) -> Registry:
    reference = parse_reference(f"127.0.0.1:{there.port}/{name}")
    net = Net({}, attempts=1, pause=0)
    return Registry(net, reference, lambda: login, listen=lambda *_: None, writes=True)


BLOB = blob_of(CONTENT, LAYER)


def test_a_blob_is_sent_once(there: ContainerRegistry, file: Path, tmp_path: Path) -> None:
    registry = client(there)
    assert registry.send(BLOB, file) == "sent"
    assert registry.send(BLOB, file) == "there"
    assert there.sent == len(CONTENT)
    registry.fetch(BLOB, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == CONTENT


def test_a_blob_of_another_repository_is_mounted(there: ContainerRegistry, file: Path) -> None:
    client(there, name="team/base").send(BLOB, file)
    assert client(there).send(BLOB, file, "team/base") == "mounted"
    assert client(there, name="x/y").send(BLOB, file, "team/unknown") == "sent"
    assert there.sent == 2 * len(CONTENT)


@pytest.mark.parametrize("cuts", [[1], [300_000], [1000, 5000, 200_000], [len(CONTENT)]])
def test_an_upload_that_is_cut_short_goes_on(
    there: ContainerRegistry, file: Path, cuts: list[int]
) -> None:
    there.cut = list(cuts)
    assert client(there).send(BLOB, file) == "sent"
    assert there.blobs[BLOB.digest] == CONTENT
    # a single byte is told like none at all, so it is sent again
    assert there.sent == len(CONTENT) + (cuts == [1])


def test_an_upload_that_is_forgotten_begins_again(there: ContainerRegistry, file: Path) -> None:
    there.cut, there.forget = [300_000], True
    assert client(there).send(BLOB, file) == "sent"
    assert there.blobs[BLOB.digest] == CONTENT


def test_an_upload_that_is_always_cut_short_ends(there: ContainerRegistry, file: Path) -> None:
    there.cut, there.forget = [10_000] * 50, True
    with pytest.raises(OutsideFailed) as caught:
        client(there).send(BLOB, file)
    assert caught.value.reference == "no-answer"
    assert there.blobs == {}


def test_another_digest_than_what_was_sent_is_a_lie(there: ContainerRegistry, file: Path) -> None:
    there.digest = f"sha256:{'0' * 64}"
    with pytest.raises(OutsideFailed) as caught:
        client(there).send(BLOB, file)
    assert caught.value.reference == "registry-lied"


def test_a_blob_of_another_size_is_a_lie(there: ContainerRegistry, file: Path) -> None:
    there.owned.add(("team/app", BLOB.digest))
    there.blobs[BLOB.digest] = CONTENT[:-1]
    with pytest.raises(OutsideFailed, match="instead of"):
        client(there).send(BLOB, file)


def test_other_bytes_than_the_digest_are_not_taken(
    there: ContainerRegistry, tmp_path: Path
) -> None:
    there.owned.add(("team/app", BLOB.digest))
    there.blobs[BLOB.digest] = CONTENT[::-1]
    with pytest.raises(OutsideFailed, match="other bytes"):
        client(there).fetch(BLOB, tmp_path / "back")


def test_more_bytes_than_the_descriptor_says_are_not_read(
    there: ContainerRegistry, tmp_path: Path
) -> None:
    there.owned.add(("team/app", BLOB.digest))
    there.blobs[BLOB.digest] = CONTENT * 3
    with pytest.raises(OutsideFailed) as caught:
        client(there).fetch(BLOB, tmp_path / "back")
    assert caught.value.reference == "too-large"


def test_a_manifest_has_the_digest_it_was_asked_by(there: ContainerRegistry) -> None:
    content = b'{"schemaVersion":2}'
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    registry = client(there)
    registry.put_manifest(content, MANIFEST, "1")
    assert registry.manifest("1") == (Blob(media_type=MANIFEST, digest=digest, size=19), content)
    registry.check_manifest(content, "1")
    there.forged = b'{"schemaVersion":3}'
    with pytest.raises(OutsideFailed, match="digest that it names"):
        registry.manifest(digest)
    with pytest.raises(OutsideFailed, match="does not give it back"):
        registry.check_manifest(content, "1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (500, OutsideFailed),
        (503, OutsideFailed),
        (429, OutsideFailed),
        (403, BadInput),
        (401, BadInput),
    ],
)
def test_a_registry_that_fails_says_why_and_what_to_do(
    there: ContainerRegistry, file: Path, status: int, kind: type[OnwardError]
) -> None:
    there.failing = {"POST": status}
    with pytest.raises(kind) as caught:
        client(there).send(BLOB, file)
    assert caught.value.hint
    assert "the disk is full" in caught.value.context[0]
    assert "pw" not in str(caught.value.__dict__)


def test_an_image_that_is_not_there(there: ContainerRegistry) -> None:
    with pytest.raises(BadInput) as caught:
        client(there).manifest("nothing")
    assert caught.value.reference == "no-such-image"


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_a_login_is_shown_when_it_is_asked_for(
    there: ContainerRegistry, file: Path, kind: str
) -> None:
    there.login, there.kind = ("me", "s3cret"), kind
    registry = client(there, Login(user="me", secret="s3cret"))
    assert registry.send(BLOB, file) == "sent"
    assert there.auth[0] == ""  # nothing is shown unasked
    if kind == "bearer":
        assert there.scopes == ["repository:team/app:pull,push"]
        assert not any("Basic" in said for said in there.auth)


def test_an_identity_token_is_exchanged(there: ContainerRegistry, file: Path) -> None:
    there.login = ("<token>", "t0ken")
    registry = client(there, Login(user="<token>", secret="t0ken", is_token=True))
    assert registry.send(BLOB, file) == "sent"


def test_mounting_asks_for_both_repositories(there: ContainerRegistry, file: Path) -> None:
    there.login = ("me", "s3cret")
    login = Login(user="me", secret="s3cret")
    client(there, login, name="team/base").send(BLOB, file)
    there.scopes.clear()
    registry = client(there, login)
    assert not registry.has(blob_of(b"another", LAYER))
    assert registry.send(BLOB, file, "team/base") == "mounted"
    assert there.scopes[-2:] == ["repository:team/app:pull,push", "repository:team/base:pull"]


def test_a_wrong_login_is_refused(there: ContainerRegistry, file: Path) -> None:
    there.login = ("me", "s3cret")
    with pytest.raises(BadInput) as caught:
        client(there, Login(user="me", secret="wr0ng")).send(BLOB, file)
    assert caught.value.reference == "registry-refused"
    assert "wr0ng" not in str(caught.value.__dict__)


def test_a_login_does_not_go_where_everybody_can_read_it(
    there: ContainerRegistry, file: Path
) -> None:
    there.login, there.realm = ("me", "s3cret"), "http://elsewhere.example/token"
    with pytest.raises(OutsideFailed, match="without https"):
        client(there, Login(user="me", secret="s3cret")).send(BLOB, file)


@pytest.mark.parametrize("kind", ["basic", "bearer"])
def test_a_login_is_for_the_registry_and_no_other_server(
    there: ContainerRegistry, file: Path, tmp_path: Path, kind: str
) -> None:
    """Uploads and blobs may be elsewhere, and whoever is there must not learn a login by asking for one."""
    login = Login(user="ann", secret="of the registry")
    with ContainerRegistry().running() as other:
        other.login, other.kind = ("ann", "of the registry"), kind
        there.away = f"http://127.0.0.1:{other.port}"
        with pytest.raises(OnwardError) as caught:
            client(there, login).send(BLOB, file)
        assert caught.value.reference == "registry-refused"
        with pytest.raises(OnwardError) as caught:
            client(there, login).fetch(BLOB, tmp_path / "back")
        assert caught.value.reference == "registry-refused"
        assert set(other.auth) == {""}
        assert not other.scopes


@pytest.mark.parametrize("told", [b"[" * 100_000, b"[]", b"7", b'"x"'])
def test_a_manifest_that_is_none_is_a_lie(there: ContainerRegistry, told: bytes) -> None:
    there.manifests["team/app", "1"] = (MANIFEST, told)
    registry = client(there)
    with pytest.raises(OutsideFailed) as caught:
        registry.manifest("1")
    assert caught.value.reference == "registry-lied"
    assert registry.listed("1") == []


def test_how_much_of_a_blob_has_come_is_told(
    there: ContainerRegistry, file: Path, tmp_path: Path
) -> None:
    client(there).send(BLOB, file)
    said: list[tuple[str, str]] = []
    reference = parse_reference(f"127.0.0.1:{there.port}/team/app:1")
    registry = Registry(Net({}), reference, lambda: None, listen=lambda *one: said.append(one))
    registry.fetch(BLOB, tmp_path / "back")
    assert said[-1] == ("progress", "1.0 of 1.0 MB fetched")


@pytest.mark.parametrize("cut", [[], [400_000]])
def test_how_much_of_a_blob_has_been_sent_is_told(
    there: ContainerRegistry, file: Path, cut: list[int]
) -> None:
    there.cut = list(cut)
    said: list[tuple[str, str]] = []
    reference = parse_reference(f"127.0.0.1:{there.port}/team/app:1")
    registry = Registry(
        Net({}), reference, lambda: None, listen=lambda *one: said.append(one), writes=True
    )
    assert registry.send(BLOB, file) == "sent"
    told = [words for event, words in said if event == "progress"]
    assert told[-2:] == ["1.0 of 1.0 MB sent", ""]
    # an upload that goes on counts from the beginning of the file
    after = said[[event for event, _ in said].index("note") + 1 :] if cut else said
    first = float(after[0][1].partition(" ")[0])
    assert (first >= 0.4) if cut else (first < 0.4)


def test_a_blob_larger_than_the_disk_is_not_begun(there: ContainerRegistry, tmp_path: Path) -> None:
    huge = Blob(media_type=LAYER, digest=BLOB.digest, size=1 << 60)
    with pytest.raises(OutsideFailed) as caught:
        client(there).fetch(huge, tmp_path / "back")
    assert caught.value.reference == "disk-full"
    assert there.seen == []
