"""Which network addresses a webhook may reach: no door from mail into the networks around us. Pure."""

from __future__ import annotations

import ipaddress

# Addresses that carry an IPv4 address inside: what they reach is decided by a translator, not by this machine.
_CARRIERS = tuple(
    map(
        ipaddress.IPv6Network,
        ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),
    )
)
# `is_global` follows the IANA registries as they were when Python was built; these it has called global in some
# version: site-local (RFC 3879), benchmarking, old relays (RFC 7526), reserved for the future.
_NEVER_GLOBAL = tuple(
    map(ipaddress.ip_network, ("fec0::/10", "198.18.0.0/15", "192.88.99.0/24", "192.0.0.0/24", "240.0.0.0/4"))
)
_LOOPBACK = ipaddress.IPv6Address("::1")  # lies in ::/96, whose other addresses carry one
_NOWHERE = "is no address of one host"
_PRIVATE = "is an address of a private network or of this machine"


def refusal(address: str, *, allow_private: bool) -> str | None:
    """Tell why a resolved address must not be connected to, None where it may. ValueError for what is no address.

    `allow_private` opens loopback, private, link-local (cloud metadata too), shared and reserved ranges; nothing opens
    multicast, broadcast and unspecified addresses, nor those that carry another address inside.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255":
        return _NOWHERE
    if ip != _LOOPBACK and any(ip in network for network in _CARRIERS if ip.version == network.version):
        return "carries another address inside"
    is_open = ip.is_global and not any(ip in network for network in _NEVER_GLOBAL if ip.version == network.version)
    return None if is_open or allow_private else _PRIVATE
