"""The baseline's file: read as written, faults named by line, and git's own merge of it."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onward.core.errors import BadInput
from onward.domain.baseline.entry import Entry, Marks
from onward.domain.baseline.file import Baseline, read, written

HEX = "0123456789abcdef"


def hexes(size: int) -> st.SearchStrategy[str]:
    return st.text(HEX, min_size=size, max_size=size)


words = st.text(min_size=1, max_size=12)
marks = st.builds(
    Marks,
    line=hexes(8) | st.just(""),
    snippet=hexes(6) | st.just(""),
    shape=hexes(6),
    flow=hexes(6),
    near=hexes(6) | st.just(""),
    message=hexes(6),
    above=st.lists(hexes(3), max_size=3).map(tuple),
    below=st.lists(hexes(3), max_size=3).map(tuple),
)
some_entry = st.builds(
    Entry,
    path=st.text(max_size=12),
    rule=words,
    symbol=st.text(max_size=12),
    marks=marks,
    since=st.just("2026-11-28") | st.just(""),
    why=st.text(max_size=12),
)


@given(st.lists(some_entry, max_size=8))
def test_what_is_written_is_read_again(entries: list[Entry]) -> None:
    content = written(entries)
    again = read(content)
    assert sorted(again, key=repr) == sorted(entries, key=repr)
    assert written(again) == content
    assert len(content.decode().split("\n")) == len(entries) + 4  # a line each


@given(st.lists(some_entry, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(entries: list[Entry], dice: object) -> None:
    by_path: dict[str, list[Entry]] = {}
    for entry in entries:
        by_path.setdefault(entry.path, []).append(entry)
    paths = list(by_path)
    dice.shuffle(paths)  # type: ignore[attr-defined]
    assert written(one for path in paths for one in by_path[path]) == written(entries)


def refusal(content: bytes) -> BadInput | None:
    try:
        read(content)
    except BadInput as error:
        return error
    return None


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_other_bytes_are_refused_with_words(content: bytes) -> None:
    for given_content in (content, b"# onward baseline 1\n" + content):
        error = refusal(given_content)
        assert error is None or (error.reference.startswith("baseline-") and error.context)


def entry(path: str, rule: str, number: int) -> Entry:
    return Entry(
        path=path,
        rule=rule,
        symbol="f",
        marks=Marks(
            line=f"{number:08x}", snippet="0" * 6, shape="0" * 6, flow="0" * 6, message="0" * 6
        ),
    )


def test_every_fault_is_named_with_its_line() -> None:
    good = written([entry("a.py", "r/1", 1)])
    bad = (
        good
        + b"too few\n\na\tb\tc\tnomarks\n"
        + b"a.py\tr/1\tf\t"
        + good.split(b"\t")[3][:-1]
        + b"\tnever\n"
    )
    with pytest.raises(BadInput) as caught:
        read(bad)
    assert [line.partition(":")[0] for line in caught.value.context] == [
        "line 5",
        "line 7",
        "line 8",
    ]


def test_an_unfinished_merge_is_told_as_such() -> None:
    content = written([entry("a.py", "r/1", 1)])
    with pytest.raises(BadInput) as caught:
        read(content + b"<<<<<<< mine\n=======\n>>>>>>> theirs\n")
    assert caught.value.reference == "baseline-conflict"
    assert caught.value.context[0] == "line 5: <<<<<<< mine"


def test_a_newer_version_is_not_guessed_at() -> None:
    with pytest.raises(BadInput) as caught:
        read(b"# onward baseline 2\n")
    assert caught.value.reference == "baseline-version"


def test_line_ends_of_windows_are_read() -> None:
    content = written([entry("a.py", "r/1", 1)])
    assert len(read(content.replace(b"\n", b"\r\n"))) == 1


numbers = st.sets(st.integers(0, 15))


@settings(max_examples=40, deadline=None)
@given(numbers, numbers, numbers)
def test_git_merges_two_branches_without_losing_or_reviving_anything(
    tmp_path_factory: pytest.TempPathFactory,
    mended_here: set[int],
    mended_there: set[int],
    grown: set[int],
) -> None:
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not there")
    base = [entry(f"{number % 4}.py", "r/1", number) for number in range(16)]
    here = [one for at, one in enumerate(base) if at not in mended_here]
    more = [entry(f"{number % 4}.py", "r/2", 100 + number) for number in sorted(grown)]
    there = [one for at, one in enumerate(base) if at not in mended_there] + more
    folder: Path = tmp_path_factory.mktemp("merge")
    for name, entries in (("base", base), ("here", here), ("there", there)):
        (folder / name).write_bytes(written(Baseline(entries)))
    ran = subprocess.run(
        [git, "merge-file", "-p", "here", "base", "there"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if ran.returncode:
        with pytest.raises(BadInput, match="merge that was not finished"):
            read(ran.stdout)
        kept = [
            line
            for line in ran.stdout.split(b"\n")
            if not line.startswith((b"<<<<<<<", b"=======", b">>>>>>>"))
        ]
        both = {one.marks.line for one in read(b"\n".join(kept))}  # as the hint says
        assert both >= {one.marks.line for one in here} & {one.marks.line for one in there}
        assert both >= {one.marks.line for one in more}
        return
    wanted = [one for at, one in enumerate(base) if at not in mended_here | mended_there] + more
    assert written(read(ran.stdout)) == written(Baseline(wanted))
