"""Who gets in: keys and where they come from, what each may do, origins, rates, and the leave for other origins."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from litestar import Request, get, post, put
from litestar.handlers import HTTPRouteHandler

from live_server import running
from penchant.clock import FixedClock
from penchant.config import Limits, Server, Settings, SourceSettings
from penchant.config.settings import Domain
from penchant.engine import Engine
from penchant.errors import Overloaded, StorageError
from penchant.keys import Key, KeyRing, Kind, Scope, digest, key_id, sign
from penchant.server.app import Application
from penchant.server.authorize import allow_domain, caller, caller_with_body

NOW = 1_800_000_000.0
ADMIN, SERVER, SHOP_SERVER = "admin-of-all", "sk-of-all", "sk-of-shop"
BROWSER, SHOP_BROWSER, WEB, GONE, NEWS = "pk-of-all", "pk-of-shop", "pk-of-shop-web", "pk-revoked", "pk-of-news"

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]


def key(value: str, kind: Kind, domain: str | None = None, source: str | None = None, **ended: int) -> Key:
    return Key(key_id(value), digest(value), kind, domain, source, "", 0, **ended)


KEYS = [
    key(ADMIN, Kind.ADMIN),
    key(SERVER, Kind.SERVER),
    key(SHOP_SERVER, Kind.SERVER, "shop"),
    key(BROWSER, Kind.PUBLIC),
    key(SHOP_BROWSER, Kind.PUBLIC, "shop"),
    key(WEB, Kind.PUBLIC, "shop", "web"),
    key(GONE, Kind.PUBLIC, revoked=1),
    key(NEWS, Kind.PUBLIC, "news-that-is-gone"),
]


def told(request: Request[Any, Any, Any]) -> Fields:
    found = caller(request)
    return {
        "key": found.key.id if found.key else None,
        "domain": found.domain,
        "source": found.source,
        "trusted": found.trusted,
        "user": found.user,
    }


@post("/event", status_code=200, opt={"scope": Scope.EVENTS})
async def event(request: Request[Any, Any, Any]) -> Fields:
    found = caller_with_body(request, await request.json())
    return {**told(request), "domain": found.domain, "source": found.source, "user": found.user}


@get("/ask", opt={"scope": Scope.RECOMMEND})
async def ask(request: Request[Any, Any, Any]) -> Fields:
    return told(request)


@get("/of/{write_key:str}", opt={"scope": Scope.EVENTS})
async def of(request: Request[Any, Any, Any]) -> Fields:
    return told(request)


@put("/catalog/{name:str}", opt={"scope": Scope.CATALOG})
async def catalog(request: Request[Any, Any, Any]) -> Fields:
    allow_domain(caller(request), request.path_params["name"])
    return told(request)


@get("/erase", opt={"scope": Scope.ERASE})
async def erase(request: Request[Any, Any, Any]) -> Fields:
    return told(request)


@get("/free", opt={"scope": Scope.OPEN})
async def free() -> str:
    return "free"


@get("/forgotten")
async def forgotten() -> str:
    return "nobody declared a scope"


@get("/busy", opt={"scope": Scope.OPEN})
async def busy() -> str:
    raise Overloaded(7, "50,000 messages wait for the disk")


@get("/full", opt={"scope": Scope.OPEN})
async def full() -> str:
    raise StorageError("sqlite:////home/somebody/shop.db", "the disk is full", full=True)


HANDLERS = [event, ask, of, catalog, erase, free, forgotten, busy, full]


class Store:
    """Keys in a list."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = list(keys)
        self.broken = False

    def load(self) -> list[Key]:
        if self.broken:
            raise StorageError("sqlite:///somewhere", "the disk is gone")
        return list(self.keys)


@contextmanager
def serving(
    clock: FixedClock, *, open: bool = False, domains: Sequence[str] = ("shop", "channel"), store: Store | None = None,
    origins: Sequence[str] = ("*",), handlers: Sequence[HTTPRouteHandler] = HANDLERS, **limits: int,
) -> Iterator[httpx.Client]:  # fmt: skip
    settings = Settings(
        server=Server(open=open, origins=tuple(origins)),
        limits=Limits(body_mb=1, **limits),
        domains={name: Domain(pack="product") for name in domains},
        sources={"web": SourceSettings(domain="shop"), "believed": SourceSettings(domain="shop", user_ids="trusted")},
    )
    ring = KeyRing((store or Store(KEYS)).load, clock)
    engine = SimpleNamespace(settings=settings, clock=clock, keys=ring)
    with running(Application(cast(Engine, engine), handlers)) as client:
        yield client


@pytest.fixture(scope="module")
def site() -> Iterator[httpx.Client]:
    """A server of two domains, whose clock stands still."""
    with serving(FixedClock(NOW)) as client:
        yield client


def basic(name: str, password: str = "") -> Fields:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


# where a key may stand


@pytest.mark.parametrize(
    "headers",
    [
        basic(SHOP_BROWSER),
        basic(SHOP_BROWSER, "anything"),
        basic("", SHOP_BROWSER),
        {"Authorization": f"Bearer {SHOP_BROWSER}"},
        {"Authorization": f"bearer   {SHOP_BROWSER}"},
    ],
)
def test_a_key_may_come_as_basic_user_or_as_bearer(site: httpx.Client, headers: Fields) -> None:
    response = site.get("/ask", headers=headers)

    assert response.json() == {
        "key": key_id(SHOP_BROWSER), "domain": "shop", "source": "shop", "trusted": False, "user": None,
    }  # fmt: skip


def test_a_browser_key_may_stand_in_the_query_or_the_path(site: httpx.Client) -> None:
    assert site.get("/ask", params={"writeKey": WEB}).json()["source"] == "web"
    assert site.get(f"/of/{WEB}").json()["source"] == "web"
    assert site.post("/event", params={"writeKey": WEB}, content=b"{}").json()["source"] == "web"


@pytest.mark.parametrize("value", [SERVER, ADMIN])
def test_a_server_key_must_not_stand_in_an_address(site: httpx.Client, problem: Problem, value: str) -> None:
    for response in (site.get("/ask", params={"writeKey": value}), site.get(f"/of/{value}")):
        assert "logged" in problem(response, 403, "not_allowed")["message"]


def test_events_may_bring_their_key_in_the_body_however_it_is_packed_and_called(site: httpx.Client) -> None:
    body = b'{"writeKey": "pk-of-shop", "event": "Product Viewed"}'

    for content, content_type in (
        (body, "application/json"),
        (body, "text/plain"),
        (body, ""),
        (gzip.compress(body), "application/x-www-form-urlencoded"),
    ):
        response = site.post("/event", content=content, headers={"Content-Type": content_type})
        assert response.json()["key"] == key_id(SHOP_BROWSER)


def test_other_routes_do_not_look_for_a_key_in_the_body(site: httpx.Client, problem: Problem) -> None:
    problem(site.put("/catalog/shop", json={"writeKey": SERVER}), 401, "key_rejected")


def test_the_header_counts_before_the_query_and_the_body(site: httpx.Client) -> None:
    response = site.post("/event", params={"writeKey": WEB}, json={"writeKey": WEB}, headers=basic(SHOP_BROWSER))

    assert response.json()["source"] == "shop"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(GONE),
        basic("nobody-has-this"),
        basic("x" * 5_000),
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic :::"},
        {"Authorization": "Basic Og=="},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Bearer"},
        {"Authorization": f"Digest {SHOP_BROWSER}"},
        {"Authorization": SHOP_BROWSER},
        {"Authorization": b"Bearer \xff\xfe"},
        {"X-Api-Key": SHOP_BROWSER},
    ],
)
def test_no_key_or_a_wrong_one_is_401(site: httpx.Client, problem: Problem, headers: Fields) -> None:
    response = site.get("/ask", headers=headers)

    body = problem(response, 401, "key_rejected")
    assert response.headers["www-authenticate"] == 'Basic realm="penchant"'
    assert "nobody-has-this" not in body["message"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"writeKey": 7}', b'{"writeKey": ""}', b'{"writeKey": "no"}'])
def test_a_body_without_a_good_key_is_401_whatever_else_is_wrong_with_it(
    site: httpx.Client, problem: Problem, content: bytes
) -> None:
    problem(site.post("/event", content=content), 401, "key_rejected")


def test_a_page_s_request_is_never_answered_with_a_window_for_a_password(site: httpx.Client) -> None:
    response = site.get("/ask", headers={"Origin": "https://shop.example"})

    assert response.headers["www-authenticate"] == 'Bearer realm="penchant"'


# what it opens


def test_a_route_without_a_scope_answers_nobody(site: httpx.Client, problem: Problem) -> None:
    for headers in ({}, basic(ADMIN)):
        assert "scope" in problem(site.get("/forgotten", headers=headers), 403, "not_allowed")["message"]


def test_an_open_route_needs_no_key_and_minds_no_wrong_one(site: httpx.Client) -> None:
    assert site.get("/free").text == "free"
    assert site.get("/free", headers=basic("nobody-has-this")).text == "free"


@pytest.mark.parametrize(
    ("value", "method", "path", "status"),
    [
        (BROWSER, "POST", "/event", 400),  # let in; which of the two domains is another matter
        (BROWSER, "GET", "/ask", 200),
        (BROWSER, "PUT", "/catalog/shop", 403),
        (BROWSER, "GET", "/erase", 403),
        (SERVER, "PUT", "/catalog/shop", 200),
        (SERVER, "GET", "/erase", 403),
        (ADMIN, "PUT", "/catalog/shop", 200),
        (ADMIN, "GET", "/erase", 200),
        (SHOP_SERVER, "PUT", "/catalog/shop", 200),
        (SHOP_SERVER, "PUT", "/catalog/channel", 404),
    ],
)
def test_each_kind_of_key_opens_what_it_is_for(
    site: httpx.Client, value: str, method: str, path: str, status: int
) -> None:
    response = site.request(method, path, headers=basic(value), content=b"{}")

    assert response.status_code == status
    if status == 403:
        assert response.json()["scope"] in ("catalog", "erase")


def test_a_key_of_one_domain_learns_nothing_of_another(site: httpx.Client, problem: Problem) -> None:
    body = problem(site.put("/catalog/channel", headers=basic(SHOP_SERVER)), 404, "not_found")

    assert body["have"] == ["shop"]
    assert problem(site.put("/catalog/no-such", headers=basic(SHOP_SERVER)), 404, "not_found").keys() == body.keys()


def test_a_key_of_a_domain_that_is_no_longer_configured_opens_nothing(site: httpx.Client, problem: Problem) -> None:
    problem(site.get("/ask", headers=basic(NEWS)), 404, "not_found")


def test_options_says_the_methods_to_everybody(site: httpx.Client) -> None:
    response = site.options("/event")

    assert (response.status_code, response.headers["allow"]) == (204, "OPTIONS, POST")


# whose events they are


@pytest.mark.parametrize(
    ("value", "params", "body", "source", "domain"),
    [
        (WEB, {}, {}, "web", "shop"),
        (WEB, {"source": "channel"}, {"source": "channel"}, "web", "shop"),
        (SHOP_BROWSER, {"source": "believed"}, {"domain": "channel"}, "shop", "shop"),
        (BROWSER, {}, {"domain": "channel"}, "channel", "channel"),
        (SERVER, {}, {"source": "web"}, "web", "shop"),
        (SERVER, {}, {"domain": "channel"}, "channel", "channel"),
        (SERVER, {"source": "web"}, {"source": "channel"}, "web", "shop"),
        (SHOP_SERVER, {"source": "web"}, {}, "web", "shop"),
    ],
)
def test_the_key_says_the_source_and_where_it_does_not_the_request_does(
    site: httpx.Client, value: str, params: Fields, body: Fields, source: str, domain: str
) -> None:
    found = site.post("/event", params=params, json=body, headers=basic(value)).json()

    assert (found["source"], found["domain"]) == (source, domain)


@pytest.mark.parametrize(
    ("value", "body", "status"),
    [
        (SERVER, {}, 400),
        (BROWSER, {}, 400),
        (SERVER, {"source": "no-such"}, 404),
        (SHOP_SERVER, {"source": "channel"}, 404),
        (BROWSER, {"domain": "believed"}, 404),  # a source, and one whose word is believed: not for browsers to choose
        (SERVER, {"source": ["web"]}, 400),
    ],
)
def test_a_source_that_cannot_be_is_refused(site: httpx.Client, value: str, body: Fields, status: int) -> None:
    assert site.post("/event", json=body, headers=basic(value)).status_code == status


def test_with_one_domain_nobody_need_say_it() -> None:
    with serving(FixedClock(NOW), domains=["shop"]) as client:
        for value in (BROWSER, SERVER):
            assert client.post("/event", json={}, headers=basic(value)).json()["source"] == "shop"


# for whom it speaks


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-Identity-Token": "TOKEN"}, {}),
        ({}, {"identity_token": "TOKEN"}),
        ({}, {"context": {"identityToken": "TOKEN"}}),
    ],
)
def test_an_identity_token_proves_the_person_wherever_it_stands(
    site: httpx.Client, headers: Fields, body: Fields
) -> None:
    token = sign("42", SHOP_SERVER, NOW + 60)

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: filled(inner) for name, inner in value.items()}
        return token if value == "TOKEN" else value

    found = site.post("/event", json=filled(body), headers={**basic(SHOP_BROWSER), **filled(headers)}).json()

    assert found["user"] == "42"


@pytest.mark.parametrize(
    "token", ["", "no token", sign("42", SHOP_SERVER, NOW - 100), sign("42", SHOP_BROWSER, NOW + 60), 7, ["a"], {}]
)
def test_events_with_a_token_that_does_not_hold_are_taken_and_speak_for_nobody_known(
    site: httpx.Client, token: Any
) -> None:
    response = site.post("/event", json={"identity_token": token}, headers=basic(SHOP_BROWSER))

    assert (response.status_code, response.json()["user"]) == (200, None)


def test_a_token_of_another_domain_s_key_proves_nothing(site: httpx.Client) -> None:
    token = sign("42", SHOP_SERVER, NOW + 60)

    found = site.post("/event", json={"domain": "channel", "identity_token": token}, headers=basic(BROWSER)).json()

    assert (found["domain"], found["user"]) == ("channel", None)


def test_a_server_speaks_for_anybody_and_needs_no_token(site: httpx.Client) -> None:
    found = site.post("/event", json={"identity_token": "whatever"}, headers=basic(SHOP_SERVER)).json()

    assert (found["trusted"], found["user"]) == (True, None)


# in time


def test_a_key_that_is_made_or_revoked_while_serving_counts_within_a_second() -> None:
    clock, store = FixedClock(NOW), Store(KEYS)
    with serving(clock, store=store) as client:
        assert client.get("/ask", headers=basic("pk-made-later")).status_code == 401
        store.keys.append(key("pk-made-later", Kind.PUBLIC, "shop"))
        assert client.get("/ask", headers=basic("pk-made-later")).status_code == 200

        store.keys = [made._replace(revoked=int(NOW * 1000)) for made in store.keys]
        clock.advance(1.0)
        assert client.get("/ask", headers=basic("pk-made-later")).status_code == 401


def test_a_key_that_expires_while_its_header_is_remembered_stops() -> None:
    clock = FixedClock(NOW)
    with serving(clock, store=Store([key("pk-short", Kind.PUBLIC, "shop", expires=int(NOW * 1000) + 500)])) as client:
        assert client.get("/ask", headers=basic("pk-short")).status_code == 200
        clock.advance(0.6)
        assert client.get("/ask", headers=basic("pk-short")).status_code == 401


def test_while_the_store_cannot_be_read_known_keys_work_and_unknown_ones_are_to_come_again(problem: Problem) -> None:
    clock, store = FixedClock(NOW), Store(KEYS)
    with serving(clock, store=store) as client:
        assert client.get("/ask", headers=basic(BROWSER)).status_code == 200
        store.broken = True
        clock.advance(2.0)

        assert client.get("/ask", headers=basic(BROWSER)).status_code == 200
        refused = client.get("/ask", headers=basic("perhaps-new"))
        problem(refused, 503, "storage_error")
        assert refused.headers["retry-after"] == "1"


def test_a_key_that_asks_too_often_is_told_when_to_come_again(problem: Problem) -> None:
    clock = FixedClock(NOW)
    with serving(clock, public_rate=3) as client:
        codes = [client.get("/ask", headers=basic(BROWSER)).status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        refused = client.get("/ask", headers=basic(BROWSER))
        problem(refused, 429, "too_many_requests")
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["ratelimit"] == '"key";r=0;t=1'

        assert client.get("/ask", headers=basic(SHOP_BROWSER)).status_code == 200  # another key
        assert client.get("/ask", headers=basic(SERVER)).status_code == 200  # another rate
        clock.advance(1.0)
        assert client.get("/ask", headers=basic(BROWSER)).status_code == 200


# open


def test_an_open_server_answers_this_machine_without_a_key() -> None:
    with serving(FixedClock(NOW), open=True) as client:
        found = client.get("/erase").json()
        assert found == {"key": None, "domain": None, "source": None, "trusted": True, "user": None}
        assert client.post("/event", json={"source": "web"}).json()["source"] == "web"


def test_an_open_server_still_checks_a_key_that_is_sent(problem: Problem) -> None:
    with serving(FixedClock(NOW), open=True) as client:
        problem(client.get("/ask", headers=basic("nobody-has-this")), 401, "key_rejected")
        assert client.get("/erase", headers=basic(BROWSER)).status_code == 403
        assert client.get("/forgotten").status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:3000"}, 200),
        ({"Origin": "http://127.0.0.1:8080"}, 200),
        ({"Origin": "https://evil.example"}, 401),
        ({"Origin": "null"}, 401),
        ({"Host": "evil.example"}, 401),
        ({"Host": "localhost.evil.example:80"}, 401),
    ],
)
def test_an_open_server_does_not_answer_pages_of_the_web_that_this_machine_s_browser_shows(
    headers: Fields, status: int
) -> None:
    with serving(FixedClock(NOW), open=True) as client:
        assert client.get("/erase", headers=headers).status_code == status


# pages of other origins


@pytest.mark.parametrize(("path", "status"), [("/ask", 200), ("/erase", 403), ("/nope", 404), ("/busy", 503)])
def test_a_page_may_read_every_answer_also_an_error(site: httpx.Client, path: str, status: int) -> None:
    response = site.get(path, headers={**basic(BROWSER), "Origin": "https://shop.example"})

    assert response.status_code == status
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "Retry-After" in response.headers["access-control-expose-headers"]
    assert response.headers["vary"] == "Origin"


def test_a_browser_s_question_is_answered_without_a_key(site: httpx.Client) -> None:
    response = site.options(
        "/event",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-retry-count,anonymousid,sentat",
        },
    )

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "https://shop.example"
    assert response.headers["access-control-allow-headers"] == "authorization,x-retry-count,anonymousid,sentat"
    assert "POST" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-max-age"] == "900"


def test_a_page_that_is_not_named_gets_no_leave() -> None:
    with serving(FixedClock(NOW), origins=["https://shop.example"]) as client:
        asked = {"Access-Control-Request-Method": "POST"}
        for origin, allowed in (("https://shop.example", True), ("https://other.example", False)):
            question = client.options("/event", headers={**asked, "Origin": origin})
            answer = client.get("/ask", headers={**basic(BROWSER), "Origin": origin})

            assert ("access-control-allow-origin" in question.headers) is allowed
            assert ("access-control-allow-methods" in question.headers) is allowed
            assert ("access-control-allow-origin" in answer.headers) is allowed
            assert question.headers["vary"] == answer.headers["vary"] == "Origin"


def test_a_cache_is_told_that_answers_differ_by_origin(site: httpx.Client) -> None:
    assert site.get("/free").headers["vary"] == "Origin"


@pytest.mark.parametrize(
    ("value", "origin", "status"),
    [
        (SERVER, "https://evil.example", 403),
        (ADMIN, "https://evil.example", 403),
        (ADMIN, "null", 403),
        (ADMIN, "https://desk.example", 200),
        (BROWSER, "https://evil.example", 200),
    ],
)
def test_a_server_s_key_works_on_no_page_that_is_not_named(value: str, origin: str, status: int) -> None:
    with serving(FixedClock(NOW), origins=["*", "https://desk.example"]) as client:
        assert client.get("/ask", headers={**basic(value), "Origin": origin}).status_code == status


def test_the_server_s_own_pages_may_use_any_key(site: httpx.Client) -> None:
    origin = str(site.base_url).rstrip("/")

    assert site.get("/erase", headers={**basic(ADMIN), "Origin": origin}).status_code == 200


# bodies and errors


def test_a_body_above_the_limit_is_413_packed_or_not(site: httpx.Client, problem: Problem) -> None:
    big = b'{"a": "' + b"x" * (1024 * 1024) + b'"}'

    for content in (big, gzip.compress(big)):
        response = site.post("/event", content=content, headers=basic(SHOP_BROWSER))
        assert problem(response, 413, "too_large")["field"] == "body"


def test_a_body_without_a_length_is_bounded_too(site: httpx.Client, problem: Problem) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    problem(site.post("/event", content=chunks(), headers=basic(SHOP_BROWSER)), 413, "too_large")


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip"])
def test_a_packing_that_nobody_here_unpacks_is_415(site: httpx.Client, problem: Problem, encoding: str) -> None:
    response = site.post("/event", content=b"{}", headers={**basic(SHOP_BROWSER), "Content-Encoding": encoding})

    problem(response, 415, "unsupported_encoding")
    assert response.headers["accept-encoding"] == "gzip, identity"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "identity", ""])
def test_a_body_that_is_called_packed_and_is_not_is_read(site: httpx.Client, encoding: str) -> None:
    response = site.post("/event", content=b"{}", headers={**basic(SHOP_BROWSER), "Content-Encoding": encoding})

    assert response.status_code == 200


def test_too_much_to_do_is_503_with_the_time_to_come_again(site: httpx.Client, problem: Problem) -> None:
    response = site.get("/busy")

    problem(response, 503, "overloaded")
    assert response.headers["retry-after"] == "7"


def test_a_full_disk_is_503_with_a_code_of_its_own_and_no_path(site: httpx.Client, problem: Problem) -> None:
    response = site.get("/full")

    assert "somebody" not in str(problem(response, 503, "storage_full"))
    assert response.headers["retry-after"] == "1"
