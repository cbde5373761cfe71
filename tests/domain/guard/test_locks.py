"""Rules on a lock: where a package comes from, and whether it must be built; wheel tags against packaging's."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename

from onward.core.artifact import Artifact, Origin
from onward.core.lock import LockedPackage
from onward.core.names import Name
from onward.domain.guard.locks import judge_source, judge_wheels, wheel_fits
from onward.domain.guard.setting import Setting
from tests.domain.guard.test_releases import NOW

DEFAULT = "https://index.example.org/simple"
DEMO = Name("demo")

# The platform tags a machine of each name accepts, newest first, as an interpreter there would list them.
MACHINES = {
    "linux-x86_64": [
        *(f"manylinux_2_{minor}_x86_64" for minor in range(39, 4, -1)),
        "manylinux2014_x86_64",
        "manylinux2010_x86_64",
        "manylinux1_x86_64",
        "linux_x86_64",
    ],
    "linux-arm64": [
        *(f"manylinux_2_{minor}_aarch64" for minor in range(39, 16, -1)),
        "manylinux2014_aarch64",
        "linux_aarch64",
    ],
    "musllinux-x86_64": ["musllinux_1_2_x86_64", "musllinux_1_1_x86_64"],
    "macos-arm64": list(mac_platforms((14, 0), "arm64")),
    "macos-x86_64": list(mac_platforms((14, 0), "x86_64")),
    "windows-x86_64": ["win_amd64"],
    "windows-x86": ["win32"],
    "windows-arm64": ["win_arm64"],
}
PYTHONS = [(3, 9), (3, 11), (3, 13)]
INTERPRETERS = [
    "py3",
    "py2.py3",
    "py2",
    "py310",
    "cp39",
    "cp311",
    "cp313",
    "cp310.cp311",
    "pp310",
    "cp27",
]
ABIS = ["none", "abi3", "cp39", "cp311", "cp313", "cp313t", "cp27mu", "pypy310_pp73"]


def oracle(filename: str, platform: str, python: tuple[int, int]) -> bool:
    """Whether CPython ``python`` on that machine would take the wheel, by packaging."""
    platforms = MACHINES[platform]
    accepted: set[Tag] = {
        *cpython_tags(python, platforms=platforms),
        *compatible_tags(python, f"cp{python[0]}{python[1]}", platforms),
    }
    return bool(parse_wheel_filename(filename)[3] & accepted)


_TAGS = st.tuples(
    st.sampled_from(INTERPRETERS),
    st.sampled_from(ABIS),
    st.sampled_from(["any", *itertools.chain(*MACHINES.values())]),
)


@given(_TAGS, st.sampled_from(sorted(MACHINES)), st.sampled_from(PYTHONS))
def test_a_wheel_fits_when_packaging_says_so(
    tags: tuple[str, str, str], platform: str, python: tuple[int, int]
) -> None:
    filename = f"demo-1.0-{'-'.join(tags)}.whl"

    assert wheel_fits(filename, platform, python) == oracle(filename, platform, python)


@pytest.mark.parametrize(
    ("filename", "platform", "fits"),
    [
        (
            "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "linux-amd64",
            True,
        ),
        ("demo-1.0-cp311-cp311-manylinux_2_17_i686.whl", "linux-x86_64", False),
        ("demo-1.0-cp311-cp311-manylinux_2_17_i686.whl", "linux-i686", True),
        ("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "linux", True),
        ("demo-1.0-cp311-cp311-musllinux_1_1_x86_64.whl", "linux-x86_64", False),
        ("demo-1.0-cp311-cp311-win_amd64.whl", "windows", True),
        ("demo-1.0-cp311-cp311-win_amd64.whl", "windows-amd64", True),
        ("demo-1.0-1-py3-none-any.whl", "linux-x86_64", True),
        ("demo-1.0-py3-none.whl", "linux-x86_64", False),
        ("demo-1.0.tar.gz", "linux-x86_64", False),
        ("", "linux-x86_64", False),
        ("demo-1.0-cp311-cp311-ios_13_0_arm64_iphoneos.whl", "macos-arm64", False),
        ("demo-1.0-cp311-cp311-macosx_11_0_arm64.whl", "macos-x86_64", False),
    ],
)
def test_names_of_machines_and_odd_files(filename: str, platform: str, fits: bool) -> None:
    assert wheel_fits(filename, platform, (3, 11)) is fits


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_file_name_is_too_odd(filename: str, platform: str) -> None:
    assert wheel_fits(filename, platform, (3, 11)) in (True, False)


def package(*filenames: str, **more: object) -> LockedPackage:
    source = str(more.get("source", DEFAULT))
    files = tuple(
        Artifact(name=DEMO, version="1.0", source=source, filename=filename)
        for filename in filenames
    )
    values = {"name": DEMO, "version": "1.0", "source": DEFAULT, "artifacts": files, **more}
    return LockedPackage(**values)  # type: ignore[arg-type]


def setting(**more: object) -> Setting:
    return Setting(now=NOW, platforms=("linux-x86_64", "windows-x86_64"), **more)  # type: ignore[arg-type]


def test_a_package_without_a_wheel_for_a_platform_says_which() -> None:
    linux = "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"

    (finding,) = judge_wheels(package(linux, "demo-1.0.tar.gz"), setting())

    assert finding.rule == "guard/source-only"
    assert finding.facts == {"platforms": ["windows-x86_64"], "python": "3.11"}
    assert "compiler" in finding.hint


def test_a_wheel_for_everyone_is_enough() -> None:
    assert judge_wheels(package("demo-1.0-py3-none-any.whl", "demo-1.0.tar.gz"), setting()) == ()


def test_nothing_is_said_of_the_projects_own_code_and_of_places_without_files() -> None:
    own = package("demo-1.0.tar.gz", is_workspace_member=True)

    assert judge_wheels(own, setting()) == judge_source(own, setting(), DEFAULT) == ()
    assert judge_wheels(package(""), setting()) == ()


@pytest.mark.parametrize(
    ("origin", "source", "foreign"),
    [
        (Origin.registry, DEFAULT, False),
        (Origin.registry, DEFAULT + "/", False),
        (Origin.registry, "https://pypi.corp.example.org/simple", False),
        (Origin.registry, "https://elsewhere.example.org/simple", True),
        (Origin.registry, "../links", True),
        (Origin.git, "https://pypi.corp.example.org/simple", True),
        (Origin.url, DEFAULT, True),
        (Origin.path, "../lib", True),
    ],
)
def test_a_place_outside_the_allowed_indexes_is_foreign(
    origin: Origin, source: str, foreign: bool
) -> None:
    allowed = setting(indexes=("https://*.corp.example.org/*",))

    found = judge_source(package(origin=origin, source=source), allowed, DEFAULT)

    assert [f.rule for f in found] == ["guard/foreign-source"] * foreign


def test_a_foreign_source_is_shown_without_its_login() -> None:
    source = "https://ann:secret@elsewhere.example.org/simple"

    (finding,) = judge_source(package(source=source), setting(), DEFAULT)

    assert "secret" not in f"{finding.message} {finding.subject} {finding.facts} {finding.hint}"
    assert "elsewhere.example.org" in finding.message
