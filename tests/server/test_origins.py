"""Which web pages may ask, and which may use a server's key."""

from __future__ import annotations

import pytest

from penchant.server.origins import Origins, host_of, loopback


@pytest.mark.parametrize(
    ("allowed", "origin", "admitted"),
    [
        (["*"], "https://anything.example", True),
        (["*"], "null", True),
        (["https://shop.example"], "https://shop.example", True),
        (["https://shop.example/"], "https://shop.example", True),
        (["https://Shop.example"], "https://shop.EXAMPLE", True),
        (["https://shop.example"], "http://shop.example", False),
        (["https://shop.example"], "https://shop.example:8443", False),
        (["https://shop.example"], "https://shop.example.evil.example", False),
        (["https://shop.example"], "https://evil-shop.example", False),
        (["https://shop.example"], "null", False),
        ([], "https://shop.example", False),
    ],
)
def test_an_origin_is_admitted_when_it_is_named_whole(allowed: list[str], origin: str, admitted: bool) -> None:
    assert Origins(allowed).admits(origin) is admitted


@pytest.mark.parametrize(
    ("allowed", "origin", "host", "trusted"),
    [
        (["*"], "https://shop.example", "api.example", False),
        (["*", "https://desk.example"], "https://desk.example", "api.example", True),
        (["*"], "https://api.example", "api.example", True),
        (["*"], "http://127.0.0.1:8000", "127.0.0.1:8000", True),
        (["*"], "http://127.0.0.1:3000", "127.0.0.1:8000", False),
        (["*"], "null", "", False),
        (["*"], "", "", False),
        (["*"], "https://[", "api.example", False),
    ],
)
def test_only_named_pages_and_the_server_s_own_may_use_a_server_s_key(
    allowed: list[str], origin: str, host: str, trusted: bool
) -> None:
    assert Origins(allowed).trusts(origin, host) is trusted


@pytest.mark.parametrize(
    ("address", "host"),
    [("localhost:8000", "localhost"), ("[::1]:8000", "::1"), ("http://127.0.0.1:1", "127.0.0.1"), ("null", "null"),
     ("", ""), ("http://[", ""), ("http://localhost@evil.example", "evil.example")],
)  # fmt: skip
def test_the_host_of_an_address(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("host", "own"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("", False),
     ("localhost.evil.example", False), ("192.0.2.7", False), ("::", False)],
)  # fmt: skip
def test_what_can_be_reached_from_this_machine_alone(host: str, own: bool) -> None:
    assert loopback(host) is own
