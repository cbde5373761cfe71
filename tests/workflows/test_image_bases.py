"""A base may come from anybody: what is odd in its JSON is told in a sentence, wherever it stands."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onward.adapters.oci_layout import reachable, read_index
from onward.core.errors import BadInput
from onward.domain.images.manifest import INDEX, LAYER, MANIFEST, Layer, Platform, Runs, config_of
from onward.workflows.image.foundation import based, descriptor, find_manifest

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
