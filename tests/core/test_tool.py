"""Paths in any system's spelling, and findings about tools that could not look."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.errors import OutsideFailed
from onward.core.finding import Certainty
from onward.core.proc.call import Call, Ran
from onward.core.tool import FAILED, MISSING, Probe, among, failed, failed_by, missing, relative


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/home/dev/my prøj/src/a.py", "/home/dev/my prøj", "src/a.py"),
        ("src/a.py", "/home/dev/p", "src/a.py"),
        ("/elsewhere/a.py", "/home/dev/p", "/elsewhere/a.py"),
        ("/home/dev/p2/a.py", "/home/dev/p", "/home/dev/p2/a.py"),
        (r"C:\Users\dev\p\src\a.py", r"C:\Users\dev\p", "src/a.py"),
        (r"c:\users\DEV\p\src\a.py", r"C:\Users\dev\p", "src/a.py"),
        (r"src\a.py", r"C:\Users\dev\p", "src/a.py"),
        (r"\\?\C:\Users\dev\p\a.py", r"C:\Users\dev\p", "a.py"),
        (r"\\server\share\p\a.py", r"\\server\share\p", "a.py"),
        (r"D:\other\a.py", r"C:\Users\dev\p", "D:/other/a.py"),
        ("/home/dev/p/odd\\name.py", "/home/dev/p", "odd\\name.py"),
    ],
)
def test_paths_are_seen_from_the_root(path: str, root: str, expected: str) -> None:
    assert relative(path, root) == expected


_PART = st.text(
    st.characters(blacklist_characters='/\\:*?"<>|\0', blacklist_categories=("Cs", "Cc")),
    min_size=1,
    max_size=8,
).filter(lambda part: part.strip(". ") == part)


@given(st.lists(_PART, min_size=1, max_size=5), st.lists(_PART, min_size=1, max_size=3))
def test_both_spellings_of_a_path_give_the_same(inner: list[str], outer: list[str]) -> None:
    posix = "/" + "/".join(outer)
    windows = "C:\\" + "\\".join(outer)
    expected = "/".join(inner)
    assert relative(f"{posix}/{expected}", posix) == expected
    assert relative(windows + "\\" + "\\".join(inner), windows) == expected


def _ran(code: int, out: bytes = b"", err: bytes = b"") -> Ran:
    return Ran(call=Call(argv=("x",), cwd="/", env={}), code=code, out=out, err=err, seconds=0)


def test_a_failure_is_unknown_and_holds_the_last_words_without_passwords() -> None:
    err = "\n".join([*map(str, range(50)), "cannot fetch https://me:hunter2@example.org/x"])
    found = failed("some tool", "it broke", _ran(3, err=err.encode()))
    assert found.rule == FAILED
    assert found.certainty is Certainty.unknown
    assert found.facts["exit_code"] == 3
    words = found.facts["words"].splitlines()
    assert words[-1] == "cannot fetch https://****@example.org/x"
    assert len(words) == 10


def test_what_did_not_start_is_unknown_too() -> None:
    error = OutsideFailed("tool-timeout", "it took too long", context=("a", "b"), hint="wait")
    found = failed_by("some tool", error)
    assert (found.rule, found.certainty, found.hint) == (FAILED, Certainty.unknown, "wait")
    assert found.facts["words"] == "a\nb"


def test_what_is_not_there_says_how_to_get_it() -> None:
    found = missing(Probe(tool="some tool", found=False, how_to_get="install it"))
    assert (found.rule, found.certainty, found.hint) == (MISSING, Certainty.unknown, "install it")


def test_a_path_is_among_others_by_its_name_or_its_folder() -> None:
    wanted = among(("a.py", "src/", "odd\udcff.py"))
    assert [*filter(wanted, ("a.py", "src/b.py", "src", "b.py", "odd\ufffd.py"))] == [
        "a.py",
        "src/b.py",
        "odd\ufffd.py",
    ]
    assert among(("./",))("anything")
    assert not among(())("anything")


def test_a_long_line_without_an_end_is_cut_and_takes_no_time() -> None:
    """A scheme was looked for at each of its letters: ten minutes for 200 kB, and no Ctrl-C gets through."""
    found = failed("demo", "it broke", _ran(7, err=b"x" * 200_000))
    (words,) = found.facts["words"].splitlines()
    assert words == "x" * 497 + "..."


@given(
    st.text("ab./", max_size=12),
    st.sampled_from(["/", "/a", "/a/b", "/a/./b", "/a//b", "//a", "/a/"]),
    st.booleans(),
)
def test_a_path_is_told_from_a_root_as_pathlib_tells_it(path: str, root: str, inside: bool) -> None:
    if inside:
        path = f"{root}/{path}"
    pure = PurePosixPath(path)
    there = pure.is_absolute() and pure.is_relative_to(root)
    assert relative(path, root) == (pure.relative_to(root) if there else pure).as_posix()
