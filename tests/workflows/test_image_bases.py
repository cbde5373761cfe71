"""A base may come from anybody: what is odd in its JSON is told in a sentence, wherever it stands."""

import copy
import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from onward.adapters.layer_tar import can_unpack_zstd
from onward.adapters.oci_layout import Blobs, Notes, reachable, read_index
from onward.core.errors import BadInput
from onward.core.perform import silent
from onward.domain.images.manifest import (
    INDEX,
    LAYER,
    MANIFEST,
    ZSTD_LAYER,
    Layer,
    Platform,
    Runs,
    blob_of,
    config_of,
)
from onward.workflows.image.bench import Bench, key_of
from onward.workflows.image.foundation import (
    Base,
    Foundation,
    based,
    descriptor,
    find_manifest,
    from_base,
    read_object,
)
from onward.workflows.image.seen import Seen

HERE = Platform(architecture="amd64")


def digest(sign: str) -> str:
    return f"sha256:{sign * 64}"


INDEXED = {
    "manifests": [
        {
            "mediaType": MANIFEST,
            "digest": digest("a"),
            "size": 9,
            "platform": {"os": "linux", "architecture": "amd64"},
        }
    ]
}
WRITTEN = {
    "config": {"mediaType": "x", "digest": digest("b"), "size": 3},
    "layers": [{"mediaType": LAYER, "digest": digest("c"), "size": 5}],
}
CONFIG = {
    "architecture": "amd64",
    "config": {"Env": ["A=b"]},
    "rootfs": {"diff_ids": [digest("d")]},
    "history": [{"created_by": "x"}],
}
ODD: tuple[Any, ...] = (
    None,
    7,
    -1,
    "x",
    [],
    {},
    [None],
    [7],
    ["x"],
    {"a": 1},
    True,
    [[]],
    "sha256:../../etc",
)


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    for key, held in inner:
        yield (*above, key)
        yield from places(held, (*above, key))


def spoilt(value: dict[str, Any], place: tuple[Any, ...], odd: object) -> dict[str, Any]:
    made = copy.deepcopy(value)
    within: Any = made
    for key in place[:-1]:
        within = within[key]
    within[place[-1]] = odd
    return made


def build_on(indexed: dict[str, Any], written: dict[str, Any], config: dict[str, Any]) -> None:
    top = {"mediaType": INDEX, "digest": digest("e"), "size": 3}
    texts = {INDEX: json.dumps(indexed), MANIFEST: json.dumps(written)}
    config = read_object(json.dumps(config).encode())
    blob, manifest = find_manifest(top, HERE, lambda one: texts.get(one.media_type, "{}").encode())
    descriptor(manifest.get("config"))
    base = based(blob, manifest, config, "the base")
    ids = base.config["rootfs"]["diff_ids"]
    layers = [Layer(blob=one, diff_id=id_, kind="base") for one, id_ in zip(base.blobs, ids, strict=True)]  # fmt: skip
    config_of(HERE, layers, Runs(entrypoint=("x",), env={}, user="u", folder="/"), "", base.config)


def test_a_base_as_it_should_be() -> None:
    build_on(INDEXED, WRITTEN, CONFIG)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_base_with_anything_odd_is_refused_or_built_on(which: int) -> None:
    whole: list[dict[str, Any]] = [INDEXED, WRITTEN, CONFIG]
    refused = 0
    for place in places(whole[which]):
        for odd in ODD:
            try:
                given = list(whole)
                given[which] = spoilt(whole[which], place, odd)
                build_on(*given)
            except BadInput:
                refused += 1
    assert refused > 20


def test_text_that_cannot_be_written_again_is_told() -> None:
    with pytest.raises(BadInput, match="surrogates"):
        build_on(INDEXED, WRITTEN, spoilt(CONFIG, ("history", 0, "created_by"), "\ud800"))


@pytest.mark.parametrize("word", ["", "=x", "A=\0"])
def test_an_environment_that_no_process_can_have_is_told(word: str) -> None:
    with pytest.raises(BadInput, match=r"config\.Env") as caught:
        build_on(INDEXED, WRITTEN, spoilt(CONFIG, ("config", "Env", 0), word))
    assert caught.value.reference == "bad-layout"


def test_digests_of_layers_are_digests() -> None:
    with pytest.raises(BadInput) as caught:
        build_on(INDEXED, WRITTEN, spoilt(CONFIG, ("rootfs", "diff_ids", 0), "sha256:../x"))
    assert caught.value.reference == "bad-layout"
    assert "rootfs.diff_ids" in str(caught.value)


@pytest.mark.parametrize("told", ['{"manifests": null}', '{"manifests": 7}', "[" * 100_000])
def test_a_layout_whose_index_is_none(tmp_path: Path, told: str) -> None:
    (tmp_path / "oci-layout").write_text("{}")
    (tmp_path / "index.json").write_text(told)
    with pytest.raises(BadInput) as caught:
        read_index(tmp_path)
    assert caught.value.reference == "bad-layout"
    assert reachable(tmp_path) == set()


def test_the_processor_is_what_this_config_says_and_not_one_with_the_same_layers(
    tmp_path: Path,
) -> None:
    blobs, notes = Blobs(tmp_path / "blobs"), Notes(tmp_path / "notes")
    layer = blob_of(b"", LAYER)
    blobs.add(b"", layer.digest)
    notes.put(f"seen-{key_of(layer.digest)}", Seen(architecture="amd64", diff_ids=(digest("d"),)))
    config = {**CONFIG, "architecture": "arm64"}
    base = Base(name="odd", digest=digest("e"), config=config, blobs=(layer,))
    bench = cast("Bench", SimpleNamespace(blobs=blobs, notes=notes, platform=HERE))
    with pytest.raises(BadInput, match="`odd` is for linux/arm64"):
        from_base(bench, base, lambda _: None)


def tar_of(*names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in names:
            tar.addfile(tarfile.TarInfo(name))
    return out.getvalue()


def built_on(tmp_path: Path, packed: bytes, told: str, media: str = LAYER) -> Foundation:
    """Build on a base of one layer, whose config says that it unpacks to ``told``."""
    blobs, notes = Blobs(tmp_path / "blobs"), Notes(tmp_path / "notes")
    layer = blob_of(packed, media)
    blobs.add(packed, layer.digest)
    config = {**CONFIG, "rootfs": {"diff_ids": [told]}}
    base = Base(name="the base", digest=digest("e"), config=config, blobs=(layer,))
    python = SimpleNamespace(minor="3.11")
    bench = SimpleNamespace(blobs=blobs, notes=notes, platform=HERE, python=python, listen=silent)
    return from_base(cast("Bench", bench), base, lambda _: None)


PLAIN = tar_of("usr/bin/python3.11", "lib/ld-linux.so.2")
HALF = len(PLAIN) // 2
PACKED = {
    "one member": gzip.compress(PLAIN),
    "several members, as in eStargz": gzip.compress(PLAIN[:HALF]) + gzip.compress(PLAIN[HALF:]),
    "not packed": PLAIN,
}


@pytest.mark.parametrize("kind", PACKED)
def test_layers_are_what_the_config_says_that_they_unpack_to(tmp_path: Path, kind: str) -> None:
    told = f"sha256:{hashlib.sha256(PLAIN).hexdigest()}"
    for _ in range(2):  # the second time by what was noted
        found = built_on(tmp_path, PACKED[kind], told)
        assert found.python == "/usr/bin/python3.11"
        assert [layer.diff_id for layer in found.layers] == [told]


@pytest.mark.parametrize("kind", PACKED)
def test_a_base_whose_config_tells_of_other_layers_is_refused(tmp_path: Path, kind: str) -> None:
    for _ in range(2):
        with pytest.raises(BadInput, match="`the base` tells of other layers") as caught:
            built_on(tmp_path, PACKED[kind], digest("a"))
        assert caught.value.reference == "lying-base"
        found = f"sha256:{hashlib.sha256(PLAIN).hexdigest()}"
        assert caught.value.context == (f"layer 1 is {found}, and its config says {digest('a')}",)
        assert caught.value.hint


def test_what_follows_the_last_member_of_a_tar_counts_too(tmp_path: Path) -> None:
    longer = PLAIN + bytes(1 << 20)
    told = f"sha256:{hashlib.sha256(longer).hexdigest()}"
    assert built_on(tmp_path, gzip.compress(longer), told).layers[0].diff_id == told
    with pytest.raises(BadInput, match="other layers"):
        built_on(tmp_path, gzip.compress(longer), f"sha256:{hashlib.sha256(PLAIN).hexdigest()}")


def test_what_was_noted_before_digests_were_is_looked_at_again(tmp_path: Path) -> None:
    layer = blob_of(gzip.compress(PLAIN), LAYER)
    Notes(tmp_path / "notes").put(
        f"seen-{key_of(layer.digest)}", Seen(pythons=("usr/bin/python3.11",))
    )
    with pytest.raises(BadInput, match="other layers"):
        built_on(tmp_path, gzip.compress(PLAIN), digest("a"))


@pytest.mark.skipif(not can_unpack_zstd(), reason="nothing here reads zstd")
def test_layers_of_zstd_stay_what_they_are(tmp_path: Path) -> None:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    told = f"sha256:{hashlib.sha256(PLAIN).hexdigest()}"
    packed = zstd.compress(PLAIN)
    layer = blob_of(packed, ZSTD_LAYER)
    written = {**WRITTEN, "layers": [layer.descriptor()]}
    assert based(layer, written, CONFIG, "the base").blobs == (layer,)
    found = built_on(tmp_path, packed, told, ZSTD_LAYER)
    assert found.python == "/usr/bin/python3.11"
    assert [one.blob for one in found.layers] == [layer]
    with pytest.raises(BadInput, match="other layers"):
        built_on(tmp_path, packed, digest("a"), ZSTD_LAYER)
