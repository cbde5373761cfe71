"""Where pip, pdm and uv keep their settings on each system, and what those say together."""

import os
from pathlib import Path

import pytest

from onward.adapters import pdm_settings, pip_settings, poetry_settings
from onward.adapters.uv import settings as uv_settings
from onward.core.errors import BadInput
from onward.core.folders import config_folder, data_folder

LINUX = {"HOME": "/home/me", "XDG_CONFIG_HOME": "relative"}
XDG = {"HOME": "/home/me", "XDG_CONFIG_HOME": "/conf", "XDG_DATA_HOME": "/data"}
MAC = {"HOME": "/Users/me"}
WINDOWS = {"USERPROFILE": "C:/Users/me", "APPDATA": "C:/Roaming", "LOCALAPPDATA": "C:/Local"}


@pytest.mark.parametrize(
    ("platform", "env", "uv", "pip", "pdm", "data"),
    [
        ("linux", LINUX, "/home/me/.config/uv/uv.toml", "/home/me/.config/pip/pip.conf",
         "/home/me/.config/pdm/config.toml", "/home/me/.local/share/onward"),
        ("linux", XDG, "/conf/uv/uv.toml", "/conf/pip/pip.conf", "/conf/pdm/config.toml", "/data/onward"),
        ("darwin", MAC, "/Users/me/.config/uv/uv.toml", "/Users/me/.config/pip/pip.conf",
         "/Users/me/Library/Application Support/pdm/config.toml", "/Users/me/Library/Application Support/onward"),
        ("win32", WINDOWS, "C:/Roaming/uv/uv.toml", "C:/Roaming/pip/pip.ini", "C:/Local/pdm/pdm/config.toml",
         "C:/Local/onward"),
    ],
)  # fmt: skip
def test_files_of_a_user_on_each_system(
    platform: str, env: dict[str, str], uv: str, pip: str, pdm: str, data: str
) -> None:
    assert uv_settings.user_file(env, platform=platform) == Path(uv)
    assert pip_settings.user_file(env, platform=platform) == Path(pip)
    assert pdm_settings.user_file(env, platform=platform) == Path(pdm)
    assert data_folder(env, platform=platform) == Path(data)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_home_there_are_none(platform: str) -> None:
    assert uv_settings.user_file({}, platform=platform) is None
    assert pip_settings.user_file({}, platform=platform) is None
    assert pdm_settings.user_file({}, platform=platform) is None
    assert config_folder({}, platform=platform) is None


def test_a_file_that_a_variable_names_is_the_one() -> None:
    assert uv_settings.user_file({"UV_CONFIG_FILE": "/x/uv.toml"}) == Path("/x/uv.toml")
    assert uv_settings.user_file({"HOME": "/h", "UV_NO_CONFIG": "1"}) is None
    assert pip_settings.user_file({"PIP_CONFIG_FILE": "/x/pip.conf"}) == Path("/x/pip.conf")
    assert pip_settings.user_file({"HOME": "/h", "PIP_CONFIG_FILE": os.devnull}) is None
    assert pdm_settings.user_file({"PDM_CONFIG_FILE": "/x/pdm.toml"}) == Path("/x/pdm.toml")


def test_pip_on_a_mac_keeps_to_the_folder_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "Library/Application Support/pip").mkdir(parents=True)
    file = pip_settings.user_file({"HOME": str(tmp_path)}, platform="darwin")
    assert file == tmp_path / "Library/Application Support/pip/pip.conf"


def test_pip_reads_its_files_in_order_and_the_last_one_wins(tmp_path: Path) -> None:
    env = {**XDG, "XDG_CONFIG_DIRS": "/one:/two"}
    venv = Path("/venv")
    assert pip_settings.files(env, venv, platform="linux") == tuple(
        map(Path, ("/one/pip/pip.conf", "/two/pip/pip.conf", "/etc/pip.conf", "/home/me/.pip/pip.conf",
                   "/conf/pip/pip.conf", "/venv/pip.conf"))
    )  # fmt: skip
    assert pip_settings.files(WINDOWS, venv, platform="win32") == tuple(
        map(Path, ("C:\\ProgramData/pip/pip.ini", "C:/Users/me/pip/pip.ini", "C:/Roaming/pip/pip.ini", "/venv/pip.ini"))
    )  # fmt: skip
    own = tmp_path / "pip.conf"
    own.touch()
    named = pip_settings.files({**XDG, "PIP_CONFIG_FILE": str(own)}, None, platform="linux")
    assert Path("/conf/pip/pip.conf") not in named  # pip passes over the user's files then
    assert named[-1] == own
    assert pip_settings.files({"PIP_CONFIG_FILE": os.devnull}, venv) == ()


def test_what_pips_files_say_together() -> None:
    says = pip_settings.read(
        {
            "weak": "[global]\nindex_url = https://one.test\nextra-index-url = https://a.test\n",
            "strong": "[global]\n--index-url = https://two.test\n[install]\nfind-links = x\n  y\nno-index = yes\n",
        }
    )
    assert [(way.kind, way.where, way.address, way.spot) for way in says.ways] == [
        ("index", "global", "https://two.test", ("strong", 2)),
        ("extra-index", "global", "https://a.test", ("weak", 3)),
        ("find-links", "install", "x", ("strong", 4)),
        ("find-links", "install", "y", ("strong", 4)),
    ]
    assert says.has_index
    assert not says.no_index
    with pytest.raises(BadInput) as caught:
        pip_settings.read({"odd": "index-url = x\n"})
    assert "`odd`" in caught.value.message


def test_what_pdm_asks() -> None:
    pyproject = '[[tool.pdm.source]]\nname = "corp"\nurl = "https://corp.test"\n'
    user = '[pypi]\nurl = "https://one.test"\n[pypi.more]\nurl = "https://more.test"\n'
    ways = pdm_settings.read(
        pyproject, {"pdm.toml": '[pypi]\nurl = "https://two.test"\n', "user": user}
    )
    assert [(way.kind, way.address, way.spot) for way in ways] == [
        ("extra-index", "https://corp.test", ("pyproject.toml", 3)),
        ("index", "https://two.test", ("pdm.toml", 2)),
        ("extra-index", "https://more.test", ("user", 4)),
    ]


def test_what_poetry_asks() -> None:
    text = (
        '[[tool.poetry.source]]\nname = "one"\nurl = "https://one.test"\n'
        '[[tool.poetry.source]]\nname = "two"\nurl = "https://two.test"\npriority = "explicit"\n'
        '[[tool.poetry.source]]\nname = "PyPI"\npriority = "supplemental"\n'
    )
    assert [(way.kind, way.address, way.spot[1]) for way in poetry_settings.read(text)] == [
        ("index", "https://one.test", 3),
        ("extra-index", "https://two.test", 6),
        ("extra-index", "https://pypi.org/simple", 9),
    ]
