"""Told to stay offline, nothing is fetched; told of a proxy, uv goes through it too; a name on no index is said to be so."""

from tests.conftest import FakeClock, MakeEnv, MakeProject
from tests.journeys.updating import Place
from tests.registry import Registry

FREE = '[tool.onward]\nguard.cooldown = "0 days"\n'


def test_offline_nothing_new_is_fetched(
    registry: Registry, project: MakeProject, make_env: MakeEnv, clock: FakeClock
) -> None:
    registry.add("numbat", "1.0")
    root = project(index=registry.url, extra=FREE)
    assert Place(root, make_env(), clock).onward("add", "numbat", "--dry-run").code == 0
    registry.forget()
    offline = Place(root, make_env(ONWARD_OFFLINE="1"), clock)
    before = offline.files
    said = offline.onward("add", "numbat")
    assert said.code == 4, said  # its page is kept, the wheel is not
    assert offline.files == before
    assert registry.requests == []


def test_the_proxy_of_the_environment_counts_for_uv_too(
    registry: Registry, project: MakeProject, make_env: MakeEnv, clock: FakeClock
) -> None:
    registry.add("numbat", "1.0")
    registry.set(files_base="https://files.example/packages")
    root = project(index=registry.url, extra=FREE)
    proxied = make_env(HTTPS_PROXY="http://127.0.0.1:9", UV_HTTP_RETRIES="0")
    said = Place(root, proxied, clock).onward("add", "numbat")
    assert said.code == 4, said
    assert "tunnel" in said.err  # it tried the proxy, where nobody listens


def test_a_name_on_no_index_is_said_to_be_so(
    registry: Registry, project: MakeProject, env: dict[str, str], clock: FakeClock
) -> None:
    place = Place(project(index=registry.url, extra=FREE), env, clock)
    said = place.onward("add", "wholly-unknown-thing")
    assert said.code == 1
    assert f"there is no project `wholly-unknown-thing` on {registry.url}" in said.err
    assert "--frozen" not in said.err
