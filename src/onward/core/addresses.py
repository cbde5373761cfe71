"""Where an address leads: through a proxy, or inside (this machine, a network that the public internet does not reach)."""

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit


def proxy_for(env: Mapping[str, str], scheme: str, host: str) -> str | None:
    """Give the proxy address for a host, or None for a direct connection.

    Follows the usual variables in lower and upper case; loopback is never proxied.
    """
    if host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost"):
        return None
    chosen = (
        env.get(f"{scheme}_proxy")
        or env.get(f"{scheme.upper()}_PROXY")
        or env.get("all_proxy")
        or env.get("ALL_PROXY")
    )
    if not chosen:
        return None
    for entry in (env.get("no_proxy") or env.get("NO_PROXY") or "").split(","):
        word = entry.strip().lstrip(".").lower()
        if word == "*" or (word and (host == word or host.endswith("." + word))):
            return None
    return chosen if "://" in chosen else f"http://{chosen}"


def is_address(word: str) -> bool:
    """Whether a host is an IP address and no name."""
    from ipaddress import ip_address  # most commands need none of this

    try:
        ip_address(word.partition("%")[0])
    except ValueError:
        return False
    return True


def is_inside(address: str) -> bool:
    """Whether an IP address is one of loopback, of a private network, of the link, or otherwise not for everyone.

    What is no IP address is inside too, since nobody can say where it leads.
    """
    from ipaddress import IPv6Address, ip_address

    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(read, IPv6Address) and read.ipv4_mapped is not None:
        read = read.ipv4_mapped
    return not read.is_global or read.is_multicast


def leads_inside(url: str, env: Mapping[str, str]) -> bool:
    """Whether the host of ``url`` is inside with all its addresses; asks the resolver for names that no proxy looks up.

    A host that is not found, or behind a proxy, is not.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        return False
    if not host or is_address(host):
        return bool(host) and is_inside(host)
    if proxy_for(env, parts.scheme, host) is not None:
        return False
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return False
    return all(is_inside(str(place[4][0])) for place in found)
