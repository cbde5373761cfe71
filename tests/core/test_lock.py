"""What comes along where a locked package is installed."""

from onward.core.lock import Lock, LockedDependency, LockedPackage
from onward.core.names import parse_name


def needs(*names: str, extras: tuple[str, ...] = ()) -> tuple[LockedDependency, ...]:
    return tuple(LockedDependency(name=parse_name(name), extras=extras) for name in names)


def package(name: str, *names: str, extras: tuple[str, ...] = (), **more: object) -> LockedPackage:
    wanted = needs(*names, extras=extras)
    return LockedPackage(name=parse_name(name), dependencies=wanted, **more)  # type: ignore[arg-type]


def test_what_is_needed_comes_along_and_what_only_groups_and_other_extras_ask_for_does_not() -> (
    None
):
    lock = Lock(
        kind="uv",
        packages=(
            package("shop", "api", extras=("standard",), groups={"dev": needs("pytest")}),
            package(
                "api", "core", optional={"standard": needs("server"), "all": needs("everything")}
            ),
            package("core", "api"),
            package("server"),
            package("everything"),
            package("pytest"),
        ),
    )
    assert lock.installed_with("shop") == {"shop", "api", "core", "server"}
    assert len(lock.installed_with("not-in-it")) == 6
