"""Where onward keeps its own things, also when there is no home folder."""

import os
from pathlib import Path

import pytest

from onward.core.errors import BadInput
from onward.core.folders import cache_folder


def homeless(temporary: Path) -> dict[str, str]:
    return {"HOME": "", "TMPDIR": str(temporary)}


def test_the_folder_that_was_named_wins(tmp_path: Path) -> None:
    assert cache_folder({"ONWARD_CACHE_DIR": str(tmp_path / "own")}) == tmp_path / "own"


def test_without_a_home_it_is_a_folder_of_this_user_alone(tmp_path: Path) -> None:
    folder = cache_folder(homeless(tmp_path))
    assert folder.parent == tmp_path
    folder.mkdir(mode=0o700)
    assert cache_folder(homeless(tmp_path)) == folder


@pytest.mark.skipif(os.name == "nt", reason="owners and modes are POSIX")
@pytest.mark.parametrize("how", ["link", "open to all", "a file"])
def test_what_a_stranger_may_have_put_there_is_not_used(tmp_path: Path, how: str) -> None:
    folder = cache_folder(homeless(tmp_path))
    if how == "link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    elif how == "open to all":
        folder.mkdir()
        folder.chmod(0o777)
    else:
        folder.touch()
    with pytest.raises(BadInput) as caught:
        cache_folder(homeless(tmp_path))
    assert caught.value.reference == "strangers-cache"
