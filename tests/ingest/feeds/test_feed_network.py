"""Connections go to the address that was looked at, and TLS still asks for the name."""

from __future__ import annotations

import datetime
import io
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from feed_site import Answer, Site
from penchant.clock import FixedClock, SystemClock
from penchant.errors import FeedFailed
from penchant.ingest.feeds.address import Guard
from penchant.ingest.feeds.deadline import Deadline
from penchant.ingest.feeds.fetch import Fetcher
from penchant.ingest.feeds.network import GuardedNetwork, GuardedTransport

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nid\n"


class Recorded(httpcore.NetworkBackend):
    """A network that notes where it is asked to connect to; addresses of `down` do not answer."""

    def __init__(self, *down: str) -> None:
        self.connected: list[tuple[str, int]] = []
        self._down = down

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        self.connected.append((host, port))
        if host in self._down:
            raise httpcore.ConnectError("refused")
        return httpcore.MockStream([ANSWER])


class Resolver:
    """Answers differently every time it is asked."""

    def __init__(self, *answers: Iterable[str]) -> None:
        self._answers = iter(answers)
        self.asked = 0

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return list(next(self._answers))


def fetcher(network: httpcore.NetworkBackend, resolver: Resolver) -> Fetcher:
    deadline = Deadline(FixedClock(0.0), 60)
    transport = GuardedTransport(Guard(resolve=resolver), deadline, network=network)
    return Fetcher(transport, deadline, home="http://shop.example/feed", most=1_000)


def test_a_name_that_answers_differently_the_second_time_is_asked_once() -> None:
    network, resolver = Recorded(), Resolver(["93.184.216.34"], ["127.0.0.1"])

    with fetcher(network, resolver) as it:
        assert it.get("http://shop.example/feed", io.BytesIO()).size == 3
    assert network.connected == [("93.184.216.34", 80)]
    assert resolver.asked == 1


def test_a_new_connection_is_looked_at_anew() -> None:
    network, resolver = Recorded(), Resolver(["93.184.216.34"], ["127.0.0.1"])

    with fetcher(network, resolver) as it:
        it.get("http://shop.example/feed", io.BytesIO())
        with pytest.raises(FeedFailed, match="has the address 127"):
            it.get("http://shop.example/feed", io.BytesIO())
    assert network.connected == [("93.184.216.34", 80)]


def test_a_private_address_is_never_connected_to() -> None:
    network = Recorded()

    with fetcher(network, Resolver(["93.184.216.34", "10.0.0.1"])) as it, pytest.raises(FeedFailed):
        it.get("http://shop.example/feed", io.BytesIO())
    assert network.connected == []


def test_when_one_address_does_not_answer_the_next_one_is_tried() -> None:
    network = Recorded("93.184.216.34")

    with fetcher(network, Resolver(["93.184.216.34", "8.8.8.8"])) as it:
        assert it.get("http://shop.example/feed", io.BytesIO()).size == 3
    assert network.connected == [("93.184.216.34", 80), ("8.8.8.8", 80)]


def test_when_no_address_answers_the_server_cannot_be_reached() -> None:
    network = Recorded("93.184.216.34")

    with fetcher(network, Resolver(["93.184.216.34"])) as it, pytest.raises(FeedFailed, match="cannot be reached"):
        it.get("http://shop.example/feed", io.BytesIO())


def test_nothing_is_pulled_over_a_socket_file() -> None:
    network = GuardedNetwork(Guard(), Deadline(FixedClock(0.0), 60), Recorded())

    with pytest.raises(FeedFailed, match="socket files"):
        network.connect_unix_socket("/run/docker.sock")


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key for the name shop.example alone, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("shop.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "shop.pem"
    plain = serialization.NoEncryption()
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, kind, plain))
    return file


@pytest.fixture
def secure_site(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    site = Site(context)
    yield site
    site.close()


def secure(site: Site, certificate: Path | None, *, private: tuple[str, ...] = ()) -> Fetcher:
    """Pulls from the secure site under any name."""
    deadline = Deadline(SystemClock(), 20)
    context = ssl.create_default_context(cafile=str(certificate)) if certificate else None
    guard = Guard(private or ("shop.example", "other.example"), lambda host, port: ["127.0.0.1"])
    transport = GuardedTransport(guard, deadline, context=context)
    return Fetcher(transport, deadline, home=f"https://shop.example:{site.port}/", most=1_000)


def test_the_name_is_what_the_certificate_must_be_for_though_the_address_is_connected_to(
    secure_site: Site, certificate: Path
) -> None:
    secure_site["/feed"] = b"id\n"

    with secure(secure_site, certificate) as it:
        assert it.get(f"https://shop.example:{secure_site.port}/feed", io.BytesIO()).size == 3
    assert secure_site.asked("/feed")[0]["host"] == f"shop.example:{secure_site.port}"


def test_a_certificate_for_another_name_is_refused(secure_site: Site, certificate: Path) -> None:
    with secure(secure_site, certificate) as it, pytest.raises(FeedFailed, match="certificate verify failed"):
        it.get(f"https://other.example:{secure_site.port}/feed", io.BytesIO())
    assert secure_site.requests == []


def test_a_certificate_that_nobody_trusts_is_refused(secure_site: Site) -> None:
    with secure(secure_site, None) as it, pytest.raises(FeedFailed, match="certificate verify failed"):
        it.get(f"https://shop.example:{secure_site.port}/feed", io.BytesIO())
    assert secure_site.requests == []


def test_a_redirect_from_https_to_http_is_refused(secure_site: Site, site: Site, certificate: Path) -> None:
    secure_site["/feed"] = Answer(status=301, headers={"Location": f"http://shop.example:{site.port}/feed"})

    with secure(secure_site, certificate) as it, pytest.raises(FeedFailed, match="from https to http"):
        it.get(f"https://shop.example:{secure_site.port}/feed", io.BytesIO())
    assert site.requests == []
