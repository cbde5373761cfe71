"""Which platforms install a locked package: by the markers on the way to it, in doubt all."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.core.artifact import Artifact
from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import Name
from onward.domain.guard.locks import judge_wheels
from onward.domain.guard.reach import Reach, environments
from onward.domain.guard.setting import Setting

NOON = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)

PYTHON = (3, 11)


def edge(
    name: str, marker: str = "", *, version: str = "", extras: tuple[str, ...] = ()
) -> LockedDependency:
    return LockedDependency(name=Name(name), marker=marker, version=version, extras=extras)


def package(name: str, *edges: LockedDependency, version: str = "1", **more: Any) -> LockedPackage:
    file = Artifact(
        name=Name(name), version=version, source="i", filename=f"{name}-{version}.tar.gz"
    )
    return LockedPackage(
        name=Name(name), version=version, source="i", artifacts=(file,), dependencies=edges, **more
    )


def lock(*packages: LockedPackage, **more: Any) -> Lock:
    return Lock(kind="uv", packages=packages, **more)


def root(*edges: LockedDependency, **more: Any) -> LockedPackage:
    return package("demo", *edges, is_workspace_member=True, is_root=True, **more)


@pytest.mark.parametrize(
    ("marker", "linux", "windows"),
    [
        ("", True, True),
        ("sys_platform == 'win32'", False, True),
        ("os_name == 'nt'", False, True),
        ("platform_system != 'Windows'", True, False),
        ("python_version < '3.11'", False, False),
        ("python_full_version < '3.11.4'", True, True),  # which patch is not known: needed
        ("platform_machine == 'arm64'", False, False),
        ("this is no marker", True, True),
    ],
)
def test_a_marker_says_where(marker: str, linux: bool, windows: bool) -> None:
    deep = package("deep")
    reach = Reach(lock(root(edge("part", marker)), package("part", edge("deep")), deep), PYTHON)
    assert reach.needs(deep, "linux-x86_64") is linux
    assert reach.needs(deep, "windows-x86_64") is windows


def test_a_fork_an_extra_and_a_group_lead_there() -> None:
    old, new = package("part", version="1"), package("part", version="2")
    more, dev = package("more"), package("dev")
    whole = lock(
        root(
            edge("part", "sys_platform == 'win32'", version="1"),
            edge("part", "sys_platform != 'win32'", version="2"),
            edge("host", extras=("with",)),
            groups={"dev": (edge("dev"),)},
        ),
        package("host", optional={"with": (edge("more"),), "other": (edge("never"),)}),
        old, new, more, dev, package("never"),
    )  # fmt: skip
    reach = Reach(whole, PYTHON)
    assert not reach.needs(old, "linux-x86_64")
    assert all(reach.needs(p, "linux-x86_64") for p in (new, more, dev))
    assert not reach.needs(package("never"), "linux-x86_64")


def test_a_flat_lock_needs_all_of_it() -> None:
    assert Reach(lock(package("part"), edges_known=False), PYTHON).needs(package("part"), "linux")


def test_a_platform_that_nobody_knows_needs_all_of_it() -> None:
    assert Reach(lock(package("part")), PYTHON).needs(package("part"), "plan9")


def test_what_is_not_installed_there_need_not_be_built_there() -> None:
    part = package("part")
    setting = Setting(now=NOON, platforms=("linux-x86_64", "windows"), python=PYTHON)
    whole = lock(root(edge("part", "sys_platform == 'win32'")), part)
    (found,) = judge_wheels(part, setting, Reach(whole, PYTHON))
    assert found.facts["platforms"] == ["windows"]
    linux_only = Setting(now=NOON, platforms=("linux-x86_64",), python=PYTHON)
    assert judge_wheels(part, linux_only, Reach(whole, PYTHON)) == ()
    assert judge_wheels(part, linux_only) != ()


@given(st.text(max_size=20))
def test_any_word_for_a_platform_is_answered(word: str) -> None:
    assert isinstance(environments(word, PYTHON), list)
