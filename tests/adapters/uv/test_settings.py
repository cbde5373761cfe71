"""uv's configuration as it really holds: what uv itself says of it, before and after we have written it anew."""

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onward.adapters.uv.commands import guarded_env, trust_settings, uv_program
from onward.adapters.uv.config import without_our_host, write_config
from onward.adapters.uv.indexes import IndexSpec, login_for
from onward.adapters.uv.settings import UvSettings, configuration_files, read_settings
from onward.core.artifact import PUBLIC_INDEX
from onward.core.errors import BadInput

INDEX = "[[tool.uv.index]]\n"
PROXY = "http://127.0.0.1:9"


class Case(msgspec.Struct, frozen=True):
    """A machine and a project: text of pyproject.toml after [project], variables, further files."""

    pyproject: str = ""
    env: dict[str, str] = {}
    files: dict[str, str] = {}


CASES = {
    "nothing": Case(),
    "folders of files": Case('[tool.uv]\nfind-links = ["./links", "https://x.test/l"]\n'),
    "a folder as index": Case(INDEX + 'name = "one"\nurl = "./packages"\n'),
    "variables": Case(
        env={
            "UV_INDEX": "https://a:b@x.test/simple two=https://y.test/simple",
            "UV_DEFAULT_INDEX": "https://d.test/simple",
        }
    ),
    "old variables are weaker than tables": Case(
        f'{INDEX}name = "one"\nurl = "https://one.test/simple"\n'
        f'{INDEX}name = "two"\nurl = "https://two.test/simple"\ndefault = true\n',
        {
            "UV_INDEX_URL": "https://d.test/simple",
            "UV_EXTRA_INDEX_URL": "https://e.test/simple https://f.test/simple",
        },
    ),
    "the new variable is stronger than tables": Case(
        f'{INDEX}url = "https://two.test/simple"\ndefault = true\n',
        {"UV_DEFAULT_INDEX": "corp=https://d.test/simple"},
    ),
    "old settings beside a table": Case(
        '[tool.uv]\nindex-url = "https://i.test/simple"\n'
        'extra-index-url = ["https://e.test/simple"]\n'
        f'{INDEX}url = "https://one.test/simple"\n'
    ),
    "a variable takes a name away": Case(
        f'{INDEX}name = "one"\nurl = "https://one.test/simple"\n',
        {"UV_INDEX": "one=https://other.test/simple"},
    ),
    "two defaults and a name twice": Case(
        f'{INDEX}name = "a"\nurl = "https://one.test/simple"\ndefault = true\n',
        files={
            "home/.config/uv/uv.toml": '[[index]]\nname = "b"\nurl = "https://u.test/simple"\n'
            'default = true\n[[index]]\nname = "a"\nurl = "https://ua.test/simple"\n'
        },
    ),
    "user and system": Case(
        '[tool.uv]\nprerelease = "allow"\n',
        files={
            "home/.config/uv/uv.toml": 'prerelease = "disallow"\nresolution = "lowest"\n'
            'find-links = ["ul"]\n[[index]]\nurl = "https://user.test/simple"\n',
            "system/uv/uv.toml": 'resolution = "highest"\nexclude-newer = "2024-01-01"\n'
            'find-links = ["sl"]\n[[index]]\nurl = "https://sys.test/simple"\n',
        },
    ),
    "uv.toml beside": Case(
        '[tool.uv]\nprerelease = "allow"\n', files={"p/uv.toml": 'resolution = "lowest"\n'}
    ),
    "uv.toml above": Case(files={"uv.toml": 'resolution = "lowest"\n'}),
    "uv.toml above a project with settings": Case(
        '[tool.uv]\nprerelease = "allow"\n', files={"uv.toml": 'resolution = "lowest"\n'}
    ),
    "settings of a project above": Case(
        files={
            "pyproject.toml": '[project]\nname = "up"\nversion = "1"\n'
            '[tool.uv]\nresolution = "lowest"\n'
        }
    ),
    "a file given by hand": Case(
        '[tool.uv]\nprerelease = "allow"\n',
        {"UV_CONFIG_FILE": "<HERE>/c.toml"},
        {
            "c.toml": 'resolution = "lowest"\nfind-links = ["rel"]\n',
            "home/.config/uv/uv.toml": 'prerelease = "disallow"\n',
        },
    ),
    **{
        f"no configuration: {word}": Case(
            '[tool.uv]\nprerelease = "allow"\n', {"UV_NO_CONFIG": word}
        )
        for word in ("1", "TRUE", "yes", "t", "on", "0", "false")
    },
    "no index": Case('[tool.uv]\nno-index = true\nfind-links = ["./links"]\n'),
    "no index by variable": Case(env={"UV_NO_INDEX": "1"}),
    "links by variable": Case(
        '[tool.uv]\nfind-links = ["./links"]\n', {"UV_FIND_LINKS": "/a/b,https://x.test/l,rel"}
    ),
    "a link with a space": Case(env={"UV_FIND_LINKS": "/a b/c"}),
    "flat": Case(
        f'{INDEX}name = "f"\nurl = "https://x.test/flat"\nformat = "flat"\n'
        f'{INDEX}url = "../pk"\nformat = "flat"\n'
    ),
    "all options of an index": Case(
        f'{INDEX}name = "f"\nurl = "https://x.test/simple"\nexplicit = true\n'
        'authenticate = "always"\nignore-error-codes = [403]\npublish-url = "https://x.test/p"\n'
        'cache-control = { api = "max-age=1", files = "no-store" }\n'
    ),
    "empty variables": Case(
        env=dict.fromkeys(
            ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_URL"),
            "",
        )
    ),
    "one address twice": Case(
        f'{INDEX}url = "https://x.test/simple"\n'
        f'{INDEX}url = "https://x.test/simple"\ndefault = true\n'
    ),
    "the order of all": Case(
        '[tool.uv]\nextra-index-url = ["https://fe.test/simple"]\n'
        f'index-url = "https://fi.test/simple"\n{INDEX}url = "https://f.test/simple"\n',
        {
            "UV_INDEX": "https://ei.test/simple",
            "UV_EXTRA_INDEX_URL": "https://ee.test/simple",
            "UV_INDEX_URL": "https://eu.test/simple",
        },
    ),
    "relative folder in a variable": Case(env={"UV_INDEX": "./wheels"}),
    "settings of packages": Case(
        "[tool.uv]\n"
        'no-build-package = ["a"]\nno-binary-package = ["b"]\nconfig-settings = { a = "b" }\n'
        'no-build-isolation-package = ["z"]\nextra-build-dependencies = { foo = ["bar"] }\n'
        'extra-build-variables = { foo = { A = "b" } }\nfork-strategy = "fewest"\n'
        'dependency-metadata = [{ name = "q", version = "1", requires-dist = ["r"] }]\n'
        'exclude-newer-package = { tqdm = "2022-04-04T00:00:00Z" }\nlink-mode = "copy"\n'
        'required-version = ">=0.5"\ncache-keys = [{ file = "x" }]\nno-sources = true\n'
    ),
    "keys of the project": Case(
        "[tool.uv]\n"
        'constraint-dependencies = ["b<1"]\noverride-dependencies = ["c<1"]\n'
        "default-groups = []\npackage = false\nmanaged = true\n"
        'conflicts = [[{ extra = "a" }, { extra = "b" }]]\n'
        '[tool.uv.pip]\nindex-url = "https://z.test/simple"\n'
        "[project.optional-dependencies]\na = []\nb = []\n"
    ),
    "no home": Case(env={"HOME": "", "XDG_CONFIG_HOME": ""}),
    "another configuration folder": Case(
        env={"XDG_CONFIG_HOME": "<HERE>/xdg"},
        files={
            "xdg/uv/uv.toml": 'resolution = "lowest"\n',
            "home/.config/uv/uv.toml": 'prerelease = "allow"\n',
        },
    ),
    "a relative configuration folder does not count": Case(
        env={"XDG_CONFIG_HOME": "xdg"},
        files={
            "p/xdg/uv/uv.toml": 'resolution = "lowest"\n',
            "home/.config/uv/uv.toml": 'prerelease = "allow"\n',
        },
    ),
    "steered by variables": Case(
        env={
            "UV_INDEX_STRATEGY": "unsafe-best-match",
            "UV_PRERELEASE": "allow",
            "UV_EXCLUDE_NEWER": "2024-01-01",
            "UV_INSECURE_HOST": "h",
            "HTTP_PROXY": "http://q:1",
        }
    ),
}


def machine(case: Case, folder: Path) -> tuple[Path, dict[str, str]]:
    """Write the case below ``folder``; gives the project and the environment."""
    root = folder / "p"
    for path, text in {
        **case.files,
        "p/pyproject.toml": '[project]\nname = "d"\nversion = "1"\nrequires-python = ">=3.11"\n'
        + case.pyproject,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    env = {
        "HOME": str(folder / "home"),
        "PATH": os.environ["PATH"],
        "XDG_CONFIG_DIRS": str(folder / "system"),
        **{name: value.replace("<HERE>", str(folder)) for name, value in case.env.items()},
    }
    return root, env


def what_uv_says(root: Path, env: dict[str, str], *words: str) -> dict[str, Any]:
    """What uv understood of its configuration: indexes as they count, links, and the rest as text."""
    ran = subprocess.run(
        [uv_program({}), "lock", "--show-settings", *words],
        cwd=root,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    indexes, rest = _cut(ran.stdout, "indexes")
    links, rest = _cut(rest, "flat_index")
    names: set[str] = set()
    counting = []
    for index in map(_index, re.split(r"(?m)^\s*Index \{", indexes)[1:]):
        if not index["name"] or index["name"] not in names:
            counting.append(index)
        names.add(index["name"])
    public = {"url": ("https", "", "pypi.org", "/simple"), "name": ""}
    default = next((index for index in counting if index["default"]), public)
    rest = re.sub(r"(?s)http_proxy: (None|Some\(.*?\n        \)),", "http_proxy,", rest)
    rest = re.sub(r"origin: Some\(\s*\w+,?\s*\)|tv_n?sec: \d+", "", rest)
    return {
        "default": {key: default[key] for key in ("url", "name")},
        "others": [index for index in counting if not index["default"]],
        "links": [_index(link)["url"] for link in re.split(r"(?m)^\s*Index \{", links)[1:]],
        "rest": rest,
    }


def _cut(text: str, key: str) -> tuple[str, str]:
    start = text.index(f"{key}: [")
    depth = 0
    for at in range(start, len(text)):
        depth += {"[": 1, "]": -1}.get(text[at], 0)
        if text[at] == "]" and depth == 0:
            return text[start:at], text[:start] + text[at + 1 :]
    raise AssertionError(text)


def _index(block: str) -> dict[str, Any]:
    def found(pattern: str) -> str:
        match = re.search(pattern, block)
        return match[1] if match else ""

    options = re.sub(r"\s+", " ", block[block.index("format:") :]).partition("hash_algorithm")[0]
    return {
        "name": found(r'IndexName\(\s*"([^"]*)"'),
        "url": tuple(
            found(pattern)
            for pattern in (
                r'scheme: "(.*)"',
                r'username: "(.*)"',
                r'Domain\(\s*"(.*)"',
                r'path: "(.*)"',
            )
        ),
        "default": "default: true" in block,
        "explicit": "explicit: true" in block,
        "options": options,
    }


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_we_write_is_what_held_before(case: Case, tmp_path: Path) -> None:
    root, env = machine(case, tmp_path)
    settings = read_settings(env, root)
    config = tmp_path / "elsewhere" / "uv.toml"
    config.parent.mkdir()
    config.write_text(write_config(settings, proxy=PROXY, addresses={}), encoding="utf-8")

    ours = what_uv_says(root, guarded_env(env), "--config-file", str(config))

    assert ours == what_uv_says(root, env)
    assert (config.parent / "uv.toml") not in configuration_files(env, root)


def test_our_addresses_stand_in_for_the_real_ones(tmp_path: Path) -> None:
    case = Case(
        f'{INDEX}name = "corp"\nurl = "https://ann:pw@corp.test/simple"\nauthenticate = "always"\n'
        'ignore-error-codes = [403]\ncache-control = { api = "max-age=9" }\n'
    )
    root, env = machine(case, tmp_path)
    settings = read_settings(env, root)

    text = write_config(
        settings,
        proxy=PROXY,
        addresses={index.key: f"http://ours/{index.key}" for index in settings.indexes},
        real={"k": "https://ann:pw@corp.test/simple"},
        overrides={"no-build": True},
    )

    written = tomllib.loads(text)
    assert [index["url"] for index in written["index"]] == [
        "https://ann:pw@corp.test/simple",
        f"http://ours/{settings.indexes[0].key}",
        "http://ours/pypi",
    ]
    assert [index.get("explicit", False) for index in written["index"]] == [True, False, False]
    assert set(written["index"][1]) == {"url", "name"}
    assert written["no-build"] is True
    assert written["http-proxy"] == PROXY


@pytest.mark.parametrize("value", ['["*"]', '["localhost", "x.test"]', '[".localhost"]'])
def test_no_setting_leads_past_our_proxy(tmp_path: Path, value: str) -> None:
    case = Case(
        files={
            "home/.config/uv/uv.toml": 'http-proxy = "http://corp:1"\n'
            f'https-proxy = "http://corp:1"\nno-proxy = {value}\n'
        }
    )
    root, env = machine(case, tmp_path)

    written = tomllib.loads(write_config(read_settings(env, root), proxy=PROXY, addresses={}))

    assert written["http-proxy"] == PROXY
    assert not set(written.get("no-proxy", ())) & {"*", "localhost", ".localhost"}
    assert ("https-proxy" in written) == ("*" not in value)


# The environment that uv gets


@pytest.mark.parametrize(
    "name",
    [
        "UV_INDEX",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS",
        "UV_CONFIG_FILE",
        "UV_NO_CONFIG",
        "UV_PROJECT",
        "UV_WORKING_DIRECTORY",
        "UV_FROZEN",
        "UV_LOCKED",
        "UV_NO_SYNC",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    ],
)
def test_what_would_lead_past_us_is_taken_away(name: str) -> None:
    assert name not in guarded_env({name: "x", "PATH": "/bin"})


def test_other_variables_stay() -> None:
    env = {"PATH": "/bin", "UV_PYTHON": "3.12", "HTTPS_PROXY": "http://p:1", "SSL_CERT_FILE": "/c"}

    assert guarded_env(env) == env


def test_a_proxy_for_everything_stays_for_https() -> None:
    assert guarded_env({"ALL_PROXY": "http://p:1"}) == {"HTTPS_PROXY": "http://p:1"}
    assert guarded_env({"all_proxy": "http://p:1", "https_proxy": "http://q:1"}) == {
        "https_proxy": "http://q:1"
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("localhost,corp.test", "corp.test"),
        (".localhost, *.localhost ,onward.localhost", None),
        ("host", "host"),
        ("127.0.0.1,::1", "127.0.0.1,::1"),
        (",,", None),
    ],
)
def test_no_host_without_proxy_is_ours(given: str, kept: str | None) -> None:
    assert guarded_env({"NO_PROXY": given}).get("NO_PROXY") == kept
    assert guarded_env({"no_proxy": given}).get("no_proxy") == kept


def test_no_proxy_at_all_means_none_for_https_either() -> None:
    assert guarded_env({"NO_PROXY": "*", "HTTPS_PROXY": "http://p:1"}) == {}


@given(st.lists(st.text(".*,localhstnwrd", max_size=18)))
def test_whatever_stands_there_ours_goes_through_our_proxy(words: list[str]) -> None:
    for word in without_our_host(words):
        assert word not in ("", "*")
        assert not f".{'onward.localhost'}".endswith(f".{word.lstrip('.*')}")


# Parts of an index


def spec(url: str, **more: Any) -> IndexSpec:
    return IndexSpec(url=url, **more)


def test_an_address_is_named_without_its_login() -> None:
    assert spec("https://ann:p%40w@x.test:8/simple/").address == "https://x.test:8/simple/"
    assert spec("https://token@x.test/simple").address == "https://x.test/simple"
    assert spec("https://x.test/simple").address == "https://x.test/simple"


@pytest.mark.parametrize(
    ("url", "public"),
    [
        (PUBLIC_INDEX, True),
        ("https://user:pw@PyPI.org/simple/", True),
        ("https://test.pypi.org/simple", True),
        ("https://pypi.org.evil.test/simple", False),
        ("https://corp.test/pypi.org/simple", False),
        ("/opt/packages", False),
    ],
)
def test_where_anyone_may_upload(url: str, *, public: bool) -> None:
    assert spec(url).public is public


def test_indexes_have_words_of_their_own() -> None:
    assert spec(PUBLIC_INDEX).key == spec(PUBLIC_INDEX + "/").key == "pypi"
    assert spec("https://a.test/simple").key != spec("https://b.test/simple").key
    assert spec("https://u:p@a.test/simple").key == spec("https://a.test/simple").key


def test_the_codes_that_mean_no_such_name() -> None:
    assert spec("https://x.test/s").unknown_codes == ()
    assert spec("https://x.test/s", options={"ignore-error-codes": [403, "x"]}).unknown_codes == (
        403,
    )
    assert spec("https://download.pytorch.org/whl/cpu").unknown_codes == (403,)


def test_a_login_is_found_in_the_address_the_environment_or_netrc(tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine n.test login nina password npw\n", encoding="utf-8")
    netrc.chmod(0o600)
    env = {
        "HOME": str(tmp_path),
        "UV_INDEX_MY_CORP_USERNAME": "eva",
        "UV_INDEX_MY_CORP_PASSWORD": "epw",
        "UV_INDEX_TOKEN_PASSWORD": "tpw",
    }

    assert login_for(spec("https://ann:apw@x.test/s", name="my-corp"), env) == ("ann", "apw")
    assert login_for(spec("https://x.test/s", name="my-corp"), env) == ("eva", "epw")
    assert login_for(spec("https://x.test/s", name="token"), env) == ("", "tpw")
    assert login_for(spec("https://n.test/s"), env) == ("nina", "npw")
    assert login_for(spec("https://x.test/s"), env) is None
    assert login_for(spec("https://x.test/s"), {"NETRC": str(tmp_path / "nothing")}) is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("p/uv.toml", "= broken"),
        ("home/.config/uv/uv.toml", "[[index]\n"),
        ("p/uv.toml", '[[index]]\nname = "no url"\n'),
        ("p/uv.toml", "[[index]]\nurl = 7\n"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, path: str, text: str) -> None:
    root, env = machine(Case(files={path: text}), tmp_path)

    with pytest.raises(BadInput) as caught:
        read_settings(env, root)

    assert caught.value.reference == "bad-config"


def test_there_is_always_a_default(tmp_path: Path) -> None:
    settings = read_settings({}, tmp_path)

    assert isinstance(settings, UvSettings)
    assert settings.default.url == PUBLIC_INDEX
    assert settings.indexes == (settings.default,)


def test_windows_has_folders_of_its_own(tmp_path: Path) -> None:
    env = {"APPDATA": str(tmp_path / "roaming"), "PROGRAMDATA": str(tmp_path / "all")}

    files = configuration_files(env, tmp_path / "p", platform="win32")

    assert tmp_path / "roaming" / "uv" / "uv.toml" in files
    assert tmp_path / "all" / "uv" / "uv.toml" in files


@pytest.mark.parametrize(
    ("env", "carried", "expected"),
    [
        ({}, {}, {"system-certs": True}),
        ({"SSL_CERT_FILE": "/ca.pem"}, {}, {}),
        ({"UV_SYSTEM_CERTS": "0"}, {}, {}),
        ({}, {"system-certs": False}, {}),
        ({}, {"native-tls": True}, {}),
    ],
)
def test_uv_trusts_whom_the_system_trusts_unless_someone_chose(
    env: dict[str, str], carried: dict[str, object], expected: dict[str, bool]
) -> None:
    assert trust_settings(env, carried) == expected


def test_a_byte_order_mark_is_read_past_as_uv_does(tmp_path: Path) -> None:
    root = tmp_path / "p"
    root.mkdir()
    (root / "uv.toml").write_text('index-url = "https://corp.test/simple"\n', encoding="utf-8-sig")
    settings = read_settings({"HOME": str(tmp_path)}, root, platform="linux", system=tmp_path)
    assert settings.default.url == "https://corp.test/simple"
