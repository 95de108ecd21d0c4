"""Pulling one file from a real server on a real socket."""

from __future__ import annotations

import gzip
import io
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from feed_site import Answer, Site
from penchant.clock import FixedClock, SystemClock
from penchant.errors import FeedFailed
from penchant.ingest.feeds.address import Guard
from penchant.ingest.feeds.deadline import Deadline
from penchant.ingest.feeds.fetch import Fetched, Fetcher, copy_file, shown
from penchant.ingest.feeds.network import GuardedTransport

Pull = Callable[..., tuple[Fetched, bytes]]
NOW = 1_795_291_200.0  # 2026-11-21T20:00:00Z


@pytest.fixture
def pull(site: Site) -> Pull:
    """Pulls a file: `pull("/feed")`, or an address of any kind."""

    def call(
        url: str,
        *,
        home: str | None = None,
        private: tuple[str, ...] = (),
        most: int = 1_000_000,
        seconds: float = 20.0,
        stop: threading.Event | None = None,
        headers: dict[str, str] | None = None,
        **known: str,
    ) -> tuple[Fetched, bytes]:
        deadline = Deadline(SystemClock(), seconds, stop)
        transport = GuardedTransport(Guard((site.host, *private)), deadline)
        address = url if "://" in url else site.url + url
        into = io.BytesIO()
        with Fetcher(transport, deadline, home=home or address, most=most, headers=headers, now=NOW) as fetcher:
            try:
                got = fetcher.get(address, into, **known)  # type: ignore[arg-type]
            except FeedFailed as error:
                error.args = (*error.args, fetcher.retry_after)
                raise
        return got, into.getvalue()

    return call


def test_a_file_comes_as_it_is_with_what_the_server_says_of_it(site: Site, pull: Pull) -> None:
    headers = {
        "ETag": '"v1"',
        "Last-Modified": "Sat, 21 Nov 2026 19:00:00 GMT",
        "Content-Type": "text/csv; charset=latin1",
    }
    site["/feed"] = Answer("id\nschön\n".encode("latin1"), headers=headers)

    got, body = pull("/feed")

    assert body.decode("latin1") == "id\nschön\n"
    assert (got.new, got.size, got.charset) == (True, 9, "latin1")
    assert (got.etag, got.modified) == ('"v1"', "Sat, 21 Nov 2026 19:00:00 GMT")
    [asked] = site.asked("/feed")
    assert asked["user-agent"].startswith("penchant/")
    assert asked["accept-encoding"] == "gzip, deflate"
    assert "if-none-match" not in asked


def test_what_has_not_changed_is_not_sent_again(site: Site, pull: Pull) -> None:
    site["/feed"] = Answer(status=304)

    got, body = pull("/feed", etag='W/"v1"', modified="Sat, 21 Nov 2026 19:00:00 GMT")

    assert (got.new, body) == (False, b"")
    [asked] = site.asked("/feed")
    assert asked["if-none-match"] == 'W/"v1"'
    assert asked["if-modified-since"] == "Sat, 21 Nov 2026 19:00:00 GMT"


def test_an_answer_that_nobody_asked_for_is_a_failure(site: Site, pull: Pull) -> None:
    site["/feed"] = Answer(status=304)

    with pytest.raises(FeedFailed, match="answers with 304"):
        pull("/feed")


@pytest.mark.parametrize("name", ["rot13", "klingon", "zip", "hex_codec", "unicode_escape", "Punycode", "idna", ""])
def test_an_encoding_that_is_none_does_not_count(site: Site, pull: Pull, name: str) -> None:
    site["/feed"] = Answer(b"id\n", headers={"Content-Type": f"text/csv; charset={name}"})

    assert pull("/feed")[0].charset is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, r"wants to know who asks \(401\)"),
        (403, r"does not let us have it \(403\)"),
        (404, r"has nothing at this address \(404\)"),
        (410, r"gone for good \(410\)"),
        (429, r"less often \(429\)"),
        (500, r"a fault of its own \(500\)"),
        (503, r"a fault of its own \(503\)"),
        (204, "answers with 204"),
        (206, "answers with 206"),
        (300, "answers with 300"),
    ],
)
def test_every_refusal_of_the_server_is_told_in_words(site: Site, pull: Pull, status: int, words: str) -> None:
    site["/feed"] = Answer(b"" if status == 204 else b"no", status)

    with pytest.raises(FeedFailed, match=words) as caught:
        pull("/feed")
    assert caught.value.step == "fetch"


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120.0), ("Sat, 21 Nov 2026 20:05:00 GMT", 300.0), ("soon", None), ("-5", None)]
)
def test_a_server_says_how_long_to_wait(site: Site, pull: Pull, header: str, seconds: float | None) -> None:
    site["/feed"] = Answer(status=429, headers={"Retry-After": header})

    with pytest.raises(FeedFailed) as caught:
        pull("/feed")
    assert caught.value.args[-1] == seconds


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_what_is_packed_for_the_way_is_unpacked(
    site: Site, pull: Pull, encoding: str, pack: Callable[..., bytes]
) -> None:
    site["/feed"] = Answer(pack(b"id\n" * 1_000), headers={"Content-Encoding": encoding})

    got, body = pull("/feed")

    assert body == b"id\n" * 1_000
    assert got.size == 3_000


def test_a_gz_file_is_unpacked(site: Site, pull: Pull) -> None:
    site["/feed.tsv.gz"] = gzip.compress(b"id\n1\n")

    assert pull("/feed.tsv.gz")[1] == b"id\n1\n"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(gzip.compress(b"id\n" * 9_999)[:-9], headers={"Content-Encoding": "gzip"}), "damaged: it breaks off"),
        (Answer(b"no gzip at all", headers={"Content-Encoding": "gzip"}), "damaged: it cannot be unpacked"),
        (Answer(b"brotli?", headers={"Content-Encoding": "br"}), 'damaged: it is packed with "br"'),
        (Answer(b"PK\x03\x04" + bytes(50)), "damaged: it is a zip archive"),
    ],
)
def test_what_is_damaged_is_said(site: Site, pull: Pull, answer: Answer, words: str) -> None:
    site["/feed"] = answer

    with pytest.raises(FeedFailed, match=words):
        pull("/feed")


def test_a_body_that_is_shorter_than_promised_is_a_failure(site: Site, pull: Pull) -> None:
    def lie(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"id\n1\n")
        handler.close_connection = True

    site["/feed"] = lie

    with pytest.raises(FeedFailed, match="breaks off"):
        pull("/feed")


def test_more_than_was_promised_is_not_read(site: Site, pull: Pull) -> None:
    site["/feed"] = Answer(b"id\n1\n", headers={"Content-Length": "3"})

    assert pull("/feed")[1] == b"id\n"


def test_a_promise_above_the_limit_is_not_waited_for(site: Site, pull: Pull) -> None:
    site["/feed"] = Answer(b"", headers={"Content-Length": "999999999"})

    with pytest.raises(FeedFailed, match="larger than 1 MB"):
        pull("/feed")


def test_a_body_without_an_end_is_cut_at_the_limit(site: Site, pull: Pull) -> None:
    sent: list[int] = []

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(bytes(100_000))
            sent.append(100_000)

    site["/feed"] = endless

    with pytest.raises(FeedFailed, match="larger than 1 MB"):
        pull("/feed")
    assert sum(sent) < 100_000_000


@pytest.mark.parametrize("header", [{"Content-Encoding": "gzip"}, {}])
def test_a_bomb_is_cut_at_the_limit_too(site: Site, pull: Pull, header: dict[str, str]) -> None:
    site["/feed"] = Answer(gzip.compress(bytes(10_000_000)), headers=header)

    with pytest.raises(FeedFailed, match="larger than 1 MB"):
        pull("/feed")


@pytest.mark.parametrize("part", ["headers", "body", "nothing"])
def test_a_server_that_takes_its_time_is_left_when_time_is_up(site: Site, pull: Pull, part: str) -> None:
    over = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
        elif part == "headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            for _ in range(200):
                if over.wait(0.05):
                    return
                if part != "nothing":
                    handler.wfile.write(b"x")
                    handler.wfile.flush()
        except OSError:
            pass

    site["/feed"] = slow
    clock = SystemClock()
    began = clock.elapsed()

    with pytest.raises(FeedFailed, match=r"longer than 0\.3 seconds"):
        pull("/feed", seconds=0.3)
    over.set()
    assert clock.elapsed() - began < 5.0


def test_a_pull_that_waits_ends_at_once_when_it_is_to_stop(site: Site, pull: Pull) -> None:
    stop, over = threading.Event(), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        stop.set()
        over.wait(20)

    site["/feed"] = hang

    with pytest.raises(FeedFailed, match="stopped before its end"):
        pull("/feed", seconds=600.0, stop=stop)
    over.set()


def test_a_server_that_speaks_no_http_is_said(site: Site, pull: Pull) -> None:
    def gibberish(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"220 mail.example ESMTP\r\n")
        handler.close_connection = True

    site["/feed"] = gibberish

    with pytest.raises(FeedFailed, match="does not speak HTTP"):
        pull("/feed")


def test_a_server_that_is_not_there_is_said(site: Site, pull: Pull) -> None:
    with pytest.raises(FeedFailed, match="cannot be reached"):
        pull("http://127.0.0.1:1/feed", private=("127.0.0.1:1",))


# redirects


def test_redirects_are_followed_with_what_we_have(site: Site, pull: Pull) -> None:
    site["/old"] = Answer(status=301, headers={"Location": "/new?x=1"})
    site["/new?x=1"] = Answer(status=307, headers={"Location": f"{site.url}/last#top"})
    site["/last"] = b"id\n"

    got, body = pull("/old", etag='"v1"')

    assert body == b"id\n"
    assert got.url == f"{site.url}/last#top"
    assert site.asked("/last")[0]["if-none-match"] == '"v1"'


def test_redirects_that_never_end_are_left(site: Site, pull: Pull) -> None:
    site["/a"] = Answer(status=302, headers={"Location": "/b"})
    site["/b"] = Answer(status=302, headers={"Location": "/a"})

    with pytest.raises(FeedFailed, match="redirected more than 5 times"):
        pull("/a")
    assert len(site.requests) == 6


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("ftp://127.0.0.1/feed", "not http or https"),
        ("file:///etc/passwd", "not http or https"),
        ("gopher://127.0.0.1:11211/_stats", "not http or https"),
        ("http://shop.example:port/", "address that is none"),
        ("http://xn--a/", "address that is none"),
        (None, "without saying where to"),
    ],
)
def test_redirects_lead_to_no_other_scheme(site: Site, pull: Pull, location: str | None, words: str) -> None:
    site["/feed"] = Answer(status=302, headers={"Location": location} if location else {})

    with pytest.raises(FeedFailed, match=words):
        pull("/feed")


def inward(port: str) -> list[str]:
    return [
        f"http://127.0.0.1:{port}/secret",
        f"http://localhost:{port}/secret",
        f"http://2130706433:{port}/secret",
        f"http://0x7f.1:{port}/secret",
        f"http://0177.0.0.1:{port}/secret",
        f"http://127.1:{port}/secret",
        f"http://0.0.0.0:{port}/secret",
        f"http://[::1]:{port}/secret",
        f"http://[::ffff:127.0.0.1]:{port}/secret",
        f"http://①②⑦.⓪.⓪.①:{port}/secret",
        f"//127.0.0.1:{port}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
    ]


@pytest.mark.parametrize("number", range(len(inward(""))))
def test_a_redirect_inwards_is_refused_and_nobody_is_asked(
    site: Site, other_site: Site, pull: Pull, number: int
) -> None:
    other_site["/secret"] = b"the crown jewels"
    port = other_site.host.partition(":")[2]
    site["/feed"] = Answer(status=301, headers={"Location": inward(port)[number].encode().decode("latin1")})

    with pytest.raises(FeedFailed) as caught:
        pull("/feed")
    assert caught.value.step == "fetch"
    assert other_site.requests == []


def test_an_address_inwards_is_refused_from_the_start(other_site: Site, pull: Pull) -> None:
    with pytest.raises(FeedFailed, match="not a public one"):
        pull(f"{other_site.url}/secret")
    assert other_site.requests == []


# credentials


def test_credentials_go_to_the_feeds_own_server_alone(site: Site, other_site: Site, pull: Pull) -> None:
    site["/feed"] = Answer(status=302, headers={"Location": "/moved"})
    site["/moved"] = Answer(status=302, headers={"Location": f"http://eve:x@{other_site.host}/feed"})
    other_site["/feed"] = b"id\n"

    pull(
        f"http://ann:s3cret@{site.host}/feed",
        private=(other_site.host,),
        headers={"X-Token": "t0ken", "Cookie": "a=b"},
    )

    for path in ("/feed", "/moved"):
        [asked] = site.asked(path)
        assert asked["authorization"] == "Basic YW5uOnMzY3JldA=="
        assert (asked["x-token"], asked["cookie"]) == ("t0ken", "a=b")
    [asked] = other_site.asked("/feed")
    assert not {"authorization", "x-token", "cookie"} & asked.keys()


def test_a_header_of_ones_own_outweighs_the_address(site: Site, pull: Pull) -> None:
    site["/feed"] = b"id\n"

    pull(f"http://ann:s3cret@{site.host}/feed", headers={"authorization": "Bearer abc"})

    assert site.asked("/feed")[0]["authorization"] == "Bearer abc"


def test_no_failure_tells_a_secret(site: Site, pull: Pull) -> None:
    site["/feed?key=s3cret"] = Answer(status=403)

    for url, headers in (
        (f"http://ann:s3cret@{site.host}/feed?key=s3cret", {}),
        (f"http://{site.host}/feed?key=s3cret", {"X-Token": "s3cret\nmore"}),
        ("ftp://ann:s3cret@example.com/s3cret", {}),
    ):
        with pytest.raises(FeedFailed) as caught:
            pull(url, headers=headers)
        assert "s3cret" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("https://ann:s3cret@shop.example:8443/a/b.xml?key=s3cret&flag#x", "https://shop.example:8443/a/b.xml?key=…&…"),
        ("https://shop.example/${PATH}", "https://shop.example/${PATH}"),
        ("http://[2606:4700::1]/a", "http://[2606:4700::1]/a"),
        ("feeds/products.tsv", "feeds/products.tsv"),
        ("http://shop.example:port/?key=s3cret", "…"),
        ("http://ann:s3cret@xn--a/", "…"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(url: str, seen: str) -> None:
    assert shown(url) == seen


# files of this machine


def test_a_file_of_this_machine_is_read_unpacked(tmp_path: Path) -> None:
    (tmp_path / "feed.tsv.gz").write_bytes(gzip.compress(b"id\n1\n"))
    into = io.BytesIO()

    got = copy_file(tmp_path / "feed.tsv.gz", into, most=100, deadline=Deadline(FixedClock(0), 10))

    assert (into.getvalue(), got.size, got.new) == (b"id\n1\n", 5, True)


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(101))
    (tmp_path / "zip").write_bytes(b"PK\x03\x04")

    for name, words in (("none", "cannot be read"), (".", "no file"), ("large", "larger"), ("zip", "zip archive")):
        with pytest.raises(FeedFailed, match=words):
            copy_file(tmp_path / name, io.BytesIO(), most=100, deadline=Deadline(FixedClock(0), 10))
