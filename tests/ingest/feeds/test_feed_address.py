"""Which addresses count as public, however they are spelled or wrapped."""

from __future__ import annotations

import pytest

from penchant.errors import FeedFailed
from penchant.ingest.feeds.address import Guard, is_public

PUBLIC = [
    "93.184.216.34",
    "8.8.8.8",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "0.0.0.0",
    "0.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "224.0.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8%eth0",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:808:808::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2606:4700::5efe:7f00:1",
    "2606:4700::200:5efe:a00:1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
    "5f00::1",
    "no address",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_open_network_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_leads_inwards_is_not(address: str) -> None:
    assert not is_public(address)


def test_one_private_address_among_public_ones_is_enough_to_refuse_a_host() -> None:
    guard = Guard(resolve=lambda host, port: ["93.184.216.34", "10.0.0.3"])

    with pytest.raises(FeedFailed, match=r"shop\.example has the address 10\.0\.0\.3"):
        guard.addresses("shop.example", 443)


def test_a_host_of_public_addresses_is_reached_at_them_in_order() -> None:
    guard = Guard(resolve=lambda host, port: ["93.184.216.34", "8.8.8.8", "93.184.216.34"])

    assert guard.addresses("shop.example", 443) == ["93.184.216.34", "8.8.8.8"]


@pytest.mark.parametrize(
    ("named", "host", "port"),
    [
        ("pim.internal", "pim.internal", 80),
        ("PIM.internal.", "pim.internal", 80),
        ("pim.internal:8080", "Pim.Internal", 8080),
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("::1", "::1", 80),
        ("[::1]:8080", "::1", 8080),
    ],
)
def test_a_host_that_is_listed_may_be_private(named: str, host: str, port: int) -> None:
    assert Guard([named], lambda host, port: ["10.0.0.3"]).addresses(host, port) == ["10.0.0.3"]


@pytest.mark.parametrize(
    ("named", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8081),
        ("127.0.0.1:8080", "localhost", 8080),
        ("pim.internal", "api.pim.internal", 80),
        ("internal", "pim.internal", 80),
        ("::1:80", "::1", 80),
        ("", "pim.internal", 80),
    ],
)
def test_one_that_is_listed_opens_no_other(named: str, host: str, port: int) -> None:
    with pytest.raises(FeedFailed, match="not a public one"):
        Guard([named], lambda host, port: ["10.0.0.3"]).addresses(host, port)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost"])
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises(FeedFailed):
        Guard().addresses(host, 80)


def test_a_host_that_nobody_knows_is_said_so() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(FeedFailed, match=r"shop\.example is not known"):
        Guard(resolve=nobody).addresses("shop.example", 80)
    with pytest.raises(FeedFailed, match="is not known"):
        Guard(resolve=lambda host, port: []).addresses("shop.example", 80)
