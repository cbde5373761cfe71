"""What one of pip and uv was told about the registry reaches the other."""

from pathlib import Path

from scripts.registry_settings import (
    for_pip,
    for_uv,
    read_pip_list,
    read_uv_config,
    uv_config_files,
)

MIRROR = "https://mirror.example/simple"
MORE = "https://more.example/simple"


def test_the_output_of_pip_is_read_by_strength() -> None:
    text = (
        ":env:.index-url='https://env.example/simple'\n"
        "global.cert='/etc/own.pem'\n"
        "global.index-url='https://global.example/simple'\n"
        "global.extra-index-url='https://a.example/ https://b.example/'\n"
        "install.cert='/etc/install.pem'\n"
        "list.format='columns'\n"
        "something pip may say in the future\n"
    )

    assert read_pip_list(text) == {
        "index-url": "https://env.example/simple",
        "cert": "/etc/install.pem",
        "extra-index-url": "https://a.example/ https://b.example/",
    }


def test_uv_learns_everything_that_pip_knows() -> None:
    pip = {
        "index-url": MIRROR,
        "extra-index-url": f"{MORE}\nfile:///srv/simple",
        "cert": "/etc/own.pem",
        "trusted-host": "mirror.example more.example",
        "timeout": "90.0",
        "proxy": "http://proxy.example:3128",
        "keyring-provider": "subprocess",
    }

    assert for_uv(pip, {}, {}) == {
        "UV_DEFAULT_INDEX": MIRROR,
        "UV_INDEX": MORE,
        "SSL_CERT_FILE": "/etc/own.pem",
        "UV_INSECURE_HOST": "mirror.example more.example",
        "UV_HTTP_TIMEOUT": "90",
        "HTTP_PROXY": "http://proxy.example:3128",
        "HTTPS_PROXY": "http://proxy.example:3128",
        "UV_KEYRING_PROVIDER": "subprocess",
    }


def test_settings_of_uv_win_over_those_of_pip() -> None:
    pip = {"index-url": MIRROR, "cert": "/etc/own.pem", "proxy": "http://proxy.example"}
    mine = {
        "UV_INDEX": MORE,
        "SSL_CERT_FILE": "/mine.pem",
        "https_proxy": "http://mine.example",
        "HTTP_PROXY": "http://mine.example",
    }

    assert for_uv(pip, mine, {}) == {}
    assert for_uv({"index-url": MIRROR}, {}, {"index": [{"url": MORE}]}) == {}
    assert for_uv({"index-url": MIRROR}, {}, {"cache-dir": "x"}) == {"UV_DEFAULT_INDEX": MIRROR}


def test_a_machine_without_a_registry_uses_its_folders() -> None:
    pip = {"no-index": "true", "find-links": "/srv/wheels\n/srv/more"}

    assert for_uv(pip, {}, {}) == {"UV_NO_INDEX": "1", "UV_FIND_LINKS": "/srv/wheels,/srv/more"}
    assert for_pip(pip, {"UV_DEFAULT_INDEX": MIRROR}, {}) == {}


def test_a_folder_of_certificates_is_told_as_a_folder(tmp_path: Path) -> None:
    assert for_uv({"cert": str(tmp_path)}, {}, {}) == {"SSL_CERT_DIR": str(tmp_path)}
    assert for_uv({}, {"REQUESTS_CA_BUNDLE": "/b.pem"}, {}) == {"SSL_CERT_FILE": "/b.pem"}


def test_pip_learns_what_only_uv_knows() -> None:
    env = {
        "UV_DEFAULT_INDEX": f"own={MIRROR}",
        "UV_INDEX": f"{MORE} b=https://b.example/",
        "SSL_CERT_FILE": "/mine.pem",
        "UV_INSECURE_HOST": "mirror.example",
    }

    assert for_pip({}, env, {}) == {
        "PIP_INDEX_URL": MIRROR,
        "PIP_EXTRA_INDEX_URL": f"{MORE} https://b.example/",
        "PIP_CERT": "/mine.pem",
        "PIP_TRUSTED_HOST": "mirror.example",
    }
    assert for_pip({"index-url": "https://own.example"}, {"UV_DEFAULT_INDEX": MIRROR}, {}) == {}


def test_uv_configuration_files_are_read_in_order(tmp_path: Path) -> None:
    user, machine = tmp_path / "user.toml", tmp_path / "machine.toml"
    user.write_text(f'[[index]]\nurl = "{MIRROR}"\ndefault = true\n', encoding="utf-8")
    machine.write_text(
        f'extra-index-url = ["{MORE}"]\n[pip]\nno-index = false\n'
        '[[index]]\nurl = "https://other.example"\nexplicit = true\nname = "x"\n',
        encoding="utf-8",
    )

    config = read_uv_config([user, tmp_path / "missing.toml", machine])

    assert for_pip({}, {}, config) == {"PIP_INDEX_URL": MIRROR, "PIP_EXTRA_INDEX_URL": MORE}
    assert config["no-index"] is False


def test_a_chosen_uv_configuration_is_the_only_one() -> None:
    assert uv_config_files({"UV_CONFIG_FILE": "/own.toml"}) == [Path("/own.toml")]
    assert uv_config_files({"UV_NO_CONFIG": "1", "HOME": "/home/x"}) == []
