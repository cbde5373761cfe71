"""The order of a layer, and links that lead out."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.layer_tar import open_layer, write_layer
from onward.core.errors import BadInput
from onward.domain.images.elf import read_elf
from onward.domain.images.entries import Entry, Kind, leads_out, with_parents

_NAME = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: name not in (".", "..")
)  # fmt: skip
_PATH = st.lists(_NAME, min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(_PATH, st.binary(max_size=50), max_size=8), st.randoms())
def test_a_layer_is_the_same_in_any_order(files: dict[str, bytes], random: object) -> None:
    parents = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    entries = [
        Entry(path=path, content=held) for path, held in files.items() if path not in parents
    ]
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert with_parents(shuffled) == with_parents(entries)
    paths = [entry.path for entry in with_parents(entries)]
    assert paths == sorted(paths)
    for path in paths:
        parent = str(PurePosixPath(path).parent)
        assert parent == "." or paths.index(parent) < paths.index(path)


@given(st.dictionaries(_NAME, st.binary(max_size=50), max_size=4))
def test_what_is_written_can_be_read(tmp_path_factory: object, files: dict[str, bytes]) -> None:
    folder: Path = tmp_path_factory.mktemp("layer")  # type: ignore[attr-defined]
    entries = with_parents(Entry(path=f"app/{name}", content=held) for name, held in files.items())
    layer = write_layer(entries, folder / "one", "test")
    again = write_layer(entries, folder / "two", "test")
    assert layer == again
    assert layer.blob.size == (folder / "one").stat().st_size
    found = {}
    with open_layer(folder / "one") as members:
        for info, tar in members:
            if info.isreg() and (file := tar.extractfile(info)) is not None:
                found[info.name] = file.read()
    assert found == {f"app/{name}": held for name, held in files.items()}


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    class Growing(type(tmp_path)):  # type: ignore[misc]
        def stat(self, *, follow_symlinks: bool = True) -> object:
            seen = super().stat(follow_symlinks=follow_symlinks)
            self.write_bytes(b"now it is longer")
            return seen

    path = Growing(tmp_path / "file")
    path.write_bytes(b"short")
    with pytest.raises(BadInput, match="changed while it was read"):
        write_layer([Entry(path="file", source=path)], tmp_path / "out", "test")


@pytest.mark.parametrize(
    ("path", "target", "out"),
    [
        ("a", "b", False), ("a/b", "../c", False), ("a/b", "../../c", True), ("a", "/etc/passwd", True),
        ("a/b/c", "../../d/../e", False), ("a", "b/../../c", True),
    ],
)  # fmt: skip
def test_links_that_lead_out(path: str, target: str, out: bool) -> None:
    assert leads_out(path, target) is out


def test_of_a_path_that_comes_twice_the_last_counts() -> None:
    assert with_parents([Entry(path="a", content=b"1"), Entry(path="a", content=b"2")]) == [
        Entry(path="a", content=b"2")
    ]
    assert (
        with_parents([Entry(path="a/b"), Entry(path="a", kind=Kind.folder, mode=0o700)])[0].mode
        == 0o700
    )


@given(st.binary(max_size=200))
def test_damaged_programs_are_none(content: bytes) -> None:
    read_elf(content)
    read_elf(b"\x7fELF\x02\x01" + content)
