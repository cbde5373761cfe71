"""Which addresses are inside."""

import pytest

from onward.core.addresses import is_inside, leads_inside


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "what?", ""],
)  # fmt: skip
def test_what_the_public_does_not_reach_is_inside(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", ["151.101.0.223", "2a04:4e42::223", "::ffff:151.101.0.223"])
def test_what_the_public_reaches_is_not(address: str) -> None:
    assert not is_inside(address)


def test_a_host_is_inside_when_all_its_addresses_are() -> None:
    assert leads_inside("http://127.0.0.1:3141/simple/", {})
    assert leads_inside("https://localhost/", {})
    assert not leads_inside("http://index.invalid/", {"http_proxy": "http://127.0.0.1:1"})
    assert not leads_inside("https://151.101.0.223/simple/", {})
    assert not leads_inside("http://[half/", {})
    assert not leads_inside("nothing", {})
