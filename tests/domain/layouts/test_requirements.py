"""Requirements files: pip's format, generated and recorded."""

from hypothesis import given
from hypothesis import strategies as st

from onward.core.artifact import Origin
from onward.core.project import Reading, Role
from onward.domain.layouts.requirements import (
    logical_lines,
    pinned_lock,
    pinned_version,
    read_requirements,
)
from tests.domain.layouts.test_uvlock import RECORDED


def read(text: str, **files: str) -> Reading:
    by_path = {name.replace("__", "/") + ".txt": body for name, body in files.items()}
    return read_requirements(text, "requirements.txt", by_path.get)


def texts(reading: Reading) -> list[str]:
    return [d.requirement for d in reading.declared]


names = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True)
versions = st.from_regex(r"[1-9][0-9]?(\.[0-9]{1,2}){0,2}", fullmatch=True)
pins = st.lists(st.tuples(names, versions, st.booleans(), st.booleans()), min_size=1, max_size=8)


@given(pins)
def test_every_pinned_line_is_read_back_whatever_stands_around_it(
    lines: list[tuple[str, str, bool, bool]],
) -> None:
    text = "# head\n\n"
    for name, version, comment, hashed in lines:
        text += f"{name}=={version}"
        text += (
            f" \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}" if hashed else ""
        )
        text += "  # via something\n" if comment else "\n"
    reading = read(text)
    assert [(d.name, pinned_version(d.requirement), len(d.hashes)) for d in reading.declared] == [
        (name, version, 2 if hashed else 0) for name, version, _, hashed in lines
    ]
    assert not reading.unreadable
    source_lines = text.splitlines()
    for entry in reading.declared:
        assert source_lines[entry.place.line - 1].startswith(entry.name)


@given(st.text(max_size=200))
def test_any_text_is_read_without_losing_a_line(text: str) -> None:
    reading = read(text)
    places = [d.place for d in reading.declared] + [u.place for u in reading.unreadable]
    assert all(1 <= place.line <= len(text.splitlines()) for place in places)
    if any(line for _, line in logical_lines(text)) and not text.strip().startswith("-"):
        assert reading.declared or reading.unreadable or reading.indexes or reading.files


def test_one_bad_line_does_not_hide_the_others() -> None:
    reading = read("good>=1\n=bad=\nname 1.0\n--surprise\nalso-good\n")
    assert texts(reading) == ["good>=1", "also-good"]
    assert [(u.place.line, u.text) for u in reading.unreadable] == [
        (2, "=bad="),
        (3, "name 1.0"),
        (4, "--surprise"),
    ]


def test_includes_are_followed_and_keep_their_own_places() -> None:
    reading = read("-r deps/base.txt\n-c limits.txt\nclick\n", deps__base="--requirement more.txt\nidna\n", deps__more="six\n", limits="urllib3<3\n")  # fmt: skip
    assert [(d.name, str(d.place), d.role) for d in reading.declared] == [
        ("six", "deps/more.txt:1", Role.main),
        ("idna", "deps/base.txt:2", Role.main),
        ("urllib3", "limits.txt:1", Role.constraint),
        ("click", "requirements.txt:3", Role.main),
    ]
    assert reading.files == ("requirements.txt", "deps/base.txt", "deps/more.txt", "limits.txt")


def test_loops_missing_files_and_addresses_are_said() -> None:
    reading = read(
        "-r a.txt\n-r gone.txt\n-r https://example.org/r.txt\n", a="-r requirements.txt\n"
    )
    reasons = [u.reason for u in reading.unreadable]
    assert "includes itself" in reasons[0]
    assert "cannot be read" in reasons[1]
    assert "not fetched" in reasons[2]


def test_includes_have_a_floor() -> None:
    deep = {f"f{i}": f"-r f{i + 1}.txt\n" for i in range(30)}
    reading = read("-r f0.txt\n", **deep)
    assert "too many" in reading.unreadable[0].reason
    assert len(reading.files) < 15


def test_what_does_not_come_from_an_index_says_where_from() -> None:
    reading = read(
        "-e .\n"
        "-e git+https://git.example.org/a/tool.git@v1#egg=Tool[fast]\n"
        "./wheels/six-1.16.0-py2.py3-none-any.whl ; python_version > '3'\n"
        "https://example.org/idna-3.10.tar.gz#sha256=00\n"
        "named @ https://example.org/x.zip\n"
        "../lib[extra]\n"
    )
    assert [(d.name, d.direct, d.editable) for d in reading.declared] == [
        ("", ".", True),
        ("tool", "git+https://git.example.org/a/tool.git@v1#egg=Tool", True),
        ("six", "./wheels/six-1.16.0-py2.py3-none-any.whl", False),
        ("idna", "https://example.org/idna-3.10.tar.gz#sha256=00", False),
        ("named", "https://example.org/x.zip", False),
        ("", "../lib", False),
    ]
    assert reading.declared[2].requirement.endswith("; python_version > '3'")
    assert not reading.unreadable


def test_indexes_are_kept_and_passwords_do_not_reach_places() -> None:
    reading = read(
        "--index-url https://me:secret@pypi.example.org/simple\n"
        "--extra-index-url=https://two.example.org/simple --find-links ./wheels\n"
        "-f more\n--trusted-host x --pre\n"
    )
    assert [i.kind for i in reading.indexes] == ["index", "extra-index", "find-links", "find-links"]
    assert "secret" not in reading.indexes[0].place.source_line
    assert not reading.unreadable


def test_a_full_set_of_pins_is_a_flat_lock_and_anything_less_is_none() -> None:
    lock = pinned_lock(
        read(f"a==1.0 --hash=sha256:{'A' * 64}\nb[x]===2\n-e .\n"), "https://i/simple"
    )
    assert lock is not None
    assert [(str(p), p.source) for p in lock.packages] == [
        ("a==1.0", "https://i/simple"),
        ("b==2", "https://i/simple"),
    ]
    assert lock.artifacts[0].sha256 == "a" * 64
    assert not lock.edges_known
    for less in ("a==1\nb>=2\n", "a==1.*\n", "a\n", "a==1,==2\n", "a==1\n?\n", ""):
        assert pinned_lock(read(less), "https://i/simple") is None


def test_a_pinned_address_is_locked_with_its_origin() -> None:
    lock = pinned_lock(read("a==1\ntomli @ git+https://h/t@abc\n"), "i")
    assert lock is not None
    assert [p.origin for p in lock.packages] == [Origin.registry, Origin.git]


def test_what_uv_exports_is_read_whole() -> None:
    text = (RECORDED / "uv-0.13.9" / "requirements.txt").read_text(encoding="utf-8")
    reading = read(text)
    assert not reading.unreadable
    lock = pinned_lock(reading, "https://pypi.org/simple")
    assert lock is not None
    assert {p.version for p in lock.named("idna")} == {"3.7", "3.10"}
