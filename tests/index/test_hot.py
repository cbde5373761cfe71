"""Files kept in memory: within bounds, and those asked for last stay longest."""

import asyncio
from pathlib import Path

from onward.index.hot import HotFiles


def test_the_one_not_asked_for_longest_goes_first(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(3)]
    for path in paths:
        path.write_bytes(bytes(40))

    async def run() -> list[bool]:
        hot = HotFiles(most=100)
        for path in (paths[0], paths[1], paths[0], paths[2]):
            assert await hot.content(path) == bytes(40)
        for path in paths:
            path.write_bytes(b"changed")
        return [await hot.content(path) == bytes(40) for path in (paths[0], paths[2], paths[1])]

    assert asyncio.run(run()) == [True, True, False]


def test_one_that_is_larger_than_all_room_is_given_and_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(500))

    async def run() -> bytes:
        hot = HotFiles(most=100)
        await hot.content(path)
        path.write_bytes(b"new")
        return await hot.content(path)

    assert asyncio.run(run()) == b"new"
