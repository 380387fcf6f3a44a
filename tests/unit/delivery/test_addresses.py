import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxsync.delivery.addresses import refusal

PUBLIC = ("8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::1")
PRIVATE = (
    *("127.0.0.1", "127.255.255.254", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1"),
    *("169.254.169.254", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.64.0.1", "100.100.100.200", "0.0.0.1"),
    *("192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "192.88.99.1"),
    *("2001:db8::1", "fec0::1"),
)
NEVER = (
    *("0.0.0.0", "::", "255.255.255.255", "224.0.0.1", "239.255.255.255", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2001:0:7f00:1::", "::7f00:1"),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert refusal(address, allow_private=False) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_networks_around_us_are_refused_unless_a_person_allowed_them(address: str) -> None:
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_what_is_no_host_or_carries_another_address_is_never_allowed(address: str) -> None:
    assert refusal(address, allow_private=False)
    assert refusal(address, allow_private=True)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_no_ipv4_address_gets_by_inside_an_ipv6_one(address: ipaddress.IPv4Address) -> None:
    for prefix in ("::ffff:0:0", "::", "64:ff9b::"):
        carried = ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + int(address))
        if int(carried) > 1:
            assert refusal(str(carried), allow_private=False), carried


def test_what_is_no_address_is_a_bug() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        refusal("example.com", allow_private=False)
