"""A new release takes over beside the requests, is asked first, and is sent back when it does badly."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.packs import product
from penchant.people import Rules
from penchant.serving import Pinned, RecommendationRequest, Recommender, SlateLog, Switch, warm_up
from penchant.serving.ask import Visit, Wanted
from penchant.serving.made import Made
from penchant.serving.mirror import CatalogMirror
from penchant.serving.setup import DomainSetup
from penchant.serving.statistics import Counted
from penchant.storage import Manifest, Releases, SQLiteStore

Release = Callable[[], Manifest]
ALLOWED: Rules = {"analytics": True, "personalization": True, "email": False, "ads": False}
HOME = RecommendationRequest(placement="home", domain="shop", user_id="p1", n=3)


class Spoiled(Recommender):
    """Does something else with releases of these names; `spoil` says what."""

    bad: frozenset[str | None] = frozenset()
    spoil: str = ""

    def fill(self, visit: Visit, wanted: Wanted) -> Made:
        made = super().fill(visit, wanted)
        if visit.view.release not in self.bad:
            return made
        if self.spoil == "raises":
            raise ZeroDivisionError
        twice = made.slate.items[:1] * 2
        changes: dict[str, Any] = {"empty": {"items": ()}, "twice": {"items": twice}, "degraded": {"degraded": ("x",)}}
        return replace(made, slate=msgspec.structs.replace(made.slate, **changes[self.spoil]))


class Server:
    """One process: a recommender that follows the releases of a folder."""

    def __init__(self, store: SQLiteStore, releases: Releases, clock: FixedClock, log: SlateLog) -> None:
        pack = product.PACK
        placements = {p.name: p for p in pack.placements}
        self.domains = {"shop": DomainSetup("shop", pack, placements, pack.objectives[0].name, None)}
        self.store, self.clock, self.log = store, clock, log
        pinned = Pinned(releases)
        self.recommender = self.made(pinned)
        self.beside: Callable[[str, Releases], Recommender] = lambda name, some: self.made(some)
        self.switch = Switch(
            self.recommender, pinned, store, clock, lambda name, some: self.beside(name, some), look_s=0.01
        )

    def made(self, releases: Releases, kind: type[Recommender] = Recommender) -> Recommender:
        return kind(self.domains, self.store, releases, self.clock, self.log, ALLOWED)

    def spoil(self, how: str, *names: str) -> None:
        """From here on these releases do badly in this process."""
        kind = type("Bad", (Spoiled,), {"bad": frozenset(names), "spoil": how})
        self.beside = lambda name, some: self.made(some, kind)

    @property
    def serves(self) -> str | None:
        return self.recommender.recommend(HOME).release


@pytest.fixture
def server(filled: SQLiteStore, releases: Releases, clock: FixedClock, log: SlateLog) -> Server:
    return Server(filled, releases, clock, log)


@pytest.fixture
def another(filled: SQLiteStore, releases: Releases, clock: FixedClock, log: SlateLog) -> Server:
    return Server(filled, releases, clock, log)


@pytest.fixture
def two(release: Release, server: Server) -> Iterator[tuple[str, str]]:
    """A release that serves, and one that came after; its server holds the first."""
    one = release().id
    server.switch.hold()
    yield one, release().id
    server.switch.close()


def test_until_it_is_asked_to_look_the_release_that_serves_goes_on(server: Server, two: tuple[str, str]) -> None:
    assert server.serves == two[0]

    server.switch.look()

    assert server.serves == two[1]
    last = server.switch.last("shop")
    assert last is not None and (last.release, last.outcome, last.why) == (two[1], "serves", "")
    assert last.golden >= len(product.PACK.placements)


def test_a_new_release_takes_the_catalog_as_it_is_known_and_does_not_read_it_again(
    server: Server, two: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = server.recommender.view("shop").parts.table
    monkeypatch.setattr(CatalogMirror, "_begin", None)
    server.switch.look()

    assert server.serves == two[1]
    assert server.recommender.view("shop").parts.table is table


def test_what_segments_did_is_passed_on_and_not_read_again(
    server: Server, filled: SQLiteStore, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    release()
    before = server.recommender
    assert before.recommend(HOME).items
    before.close()
    monkeypatch.setattr(filled, "scan", None)
    comes = server.beside("shop", Releases(server.switch._releases.folder))
    comes.begin_as("shop", before)
    slate = comes.recommend(HOME)
    comes.close()

    assert slate.items
    assert comes._segments["shop"].note == ""


def test_nothing_is_looked_at_twice(server: Server, two: tuple[str, str]) -> None:
    server.switch.look()
    last = server.switch.last("shop")
    server.switch.look()

    assert server.switch.last("shop") is last


def test_a_first_release_takes_over_from_the_catalog(server: Server, release: Release) -> None:
    server.switch.hold()
    assert server.serves is None
    one = release().id
    server.switch.look()

    assert server.serves == one


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("raises", "raised ZeroDivisionError"),
        ("empty", "empty where there was an answer"),
        ("twice", "an item stands twice"),
        ("degraded", "degraded"),
    ],
)
def test_a_release_that_answers_badly_never_serves(
    server: Server, another: Server, releases: Releases, two: tuple[str, str], how: str, why: str
) -> None:
    server.spoil(how, two[1])
    server.switch.look()

    assert server.serves == two[0]
    last, refusal = server.switch.last("shop"), releases.refusal("shop", two[1])
    assert last is not None and last.outcome == "refused" and why in last.why
    assert refusal is not None and why in refusal.why
    assert releases.order("shop") == list(two)
    # Neither does it after a restart, nor elsewhere.
    assert another.serves == two[0]
    server.switch.look()
    assert server.serves == two[0]


def test_a_damaged_release_never_serves(server: Server, releases: Releases, two: tuple[str, str]) -> None:
    path = releases.folder / "shop" / two[1] / "popular.scores.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    server.switch.look()

    assert server.serves == two[0]
    last = server.switch.last("shop")
    assert last is not None and last.outcome == "refused" and "SHA-256" in last.why


def test_the_next_release_is_tried_again(server: Server, release: Release, two: tuple[str, str]) -> None:
    server.spoil("empty", two[1])
    server.switch.look()
    three = release().id
    server.switch.look()

    assert server.serves == three


def test_requests_of_real_people_are_among_those_that_are_asked(
    server: Server, two: tuple[str, str], log: SlateLog
) -> None:
    server.recommender.recommend(HOME)
    log.flush()
    asked: list[RecommendationRequest] = []

    class Notes(Recommender):
        def visit(self, setup, some):  # type: ignore[no-untyped-def]
            asked.extend(request for request, _ in some)
            return super().visit(setup, some)

    server.clock.advance(5.0)
    server.beside = lambda name, some: server.made(some, Notes)
    server.switch.look()

    assert "p1" in {request.user_id for request in asked}
    assert {request.placement for request in asked} == {p.name for p in product.PACK.placements}


def test_a_release_is_made_ready_before_it_takes_over_from_one_that_was(server: Server, two: tuple[str, str]) -> None:
    rehearsed: list[str | None] = []

    class Notes(Recommender):
        def rehearse(self, request: RecommendationRequest, counted: Counted | None = None) -> Made:
            rehearsed.append(server.recommender.view("shop").release)
            return super().rehearse(request, counted)

    server.beside = lambda name, some: server.made(some, Notes)
    warm_up(server.recommender, "shop", server.store, server.clock)
    before = server.recommender.serving("shop").statistics.before
    server.switch.look()

    assert server.serves == two[1]
    assert rehearsed and set(rehearsed) == {two[0]}
    assert server.recommender.serving("shop").statistics.before is before


def test_golden_requests_leave_no_trace(
    server: Server, filled: SQLiteStore, log: SlateLog, two: tuple[str, str]
) -> None:
    server.switch.look()
    log.flush()

    assert list(filled.slates("shop", until=2**60)) == []


def test_errors_that_jump_bring_the_release_of_before_back(
    server: Server, another: Server, releases: Releases, two: tuple[str, str]
) -> None:
    another.switch.hold()
    for one in (server, another):
        one.switch.look()
        assert one.serves == two[1]
    for _ in range(60):
        server.recommender.tallies["shop"].failed("home")
    server.switch.look()

    assert server.serves == two[0]
    last, refusal = server.switch.last("shop"), releases.refusal("shop", two[1])
    assert last is not None and last.outcome == "rolled back" and "errors" in last.why
    assert refusal is not None and refusal.why.startswith("rolled back: errors")
    # The others follow, and nobody tries it again.
    another.switch.look()
    server.switch.look()
    assert another.serves == server.serves == two[0]


def test_few_answers_bring_nothing_back(server: Server, two: tuple[str, str]) -> None:
    server.switch.look()
    for _ in range(48):
        server.recommender.tallies["shop"].failed("home")
    server.switch.look()

    assert server.serves == two[1]


def test_after_an_hour_a_release_is_trusted(server: Server, clock: FixedClock, two: tuple[str, str]) -> None:
    server.switch.look()
    clock.advance(3_600.0)
    server.switch.look()
    for _ in range(100):
        server.recommender.tallies["shop"].failed("home")
    server.switch.look()

    assert server.serves == two[1]


def test_what_a_person_chose_is_neither_asked_nor_watched(
    server: Server, releases: Releases, two: tuple[str, str]
) -> None:
    server.switch.look()
    server.spoil("raises", two[0])
    releases.roll_back("shop", two[0])
    server.switch.look()
    last = server.switch.last("shop")
    assert last is not None and (last.release, last.outcome, last.golden) == (two[0], "serves", 0)

    for _ in range(100):
        server.recommender.tallies["shop"].failed("home")
    server.switch.look()

    assert releases.order("shop")[0] == two[0]


def test_a_request_under_way_ends_on_the_release_it_began_with(server: Server, two: tuple[str, str]) -> None:
    recommender = server.recommender
    setup, placement = recommender.find(HOME)
    visit, (wanted,) = recommender.visit(setup, ((HOME, placement),))
    server.switch.look()

    assert recommender.fill(visit, wanted).slate.release == two[0]
    assert server.serves == two[1]


def test_no_request_fails_while_releases_take_over(server: Server, release: Release, two: tuple[str, str]) -> None:
    seen: list[list[str | None]] = [[], [], []]
    stop = threading.Event()

    def ask(into: list[str | None]) -> None:
        while not stop.is_set():
            into.append(server.serves)

    threads = [threading.Thread(target=ask, args=(into,)) for into in seen]
    for thread in threads:
        thread.start()
    names = list(two)
    try:
        server.switch.look()
        for _ in range(2):
            names.append(release().id)
            server.switch.look()
    finally:
        stop.set()
        for thread in threads:
            thread.join(20.0)

    order = {name: number for number, name in enumerate(names)}
    for into in seen:
        places = [order[name] for name in into if name is not None]
        assert len(places) == len(into) and places == sorted(places)
    assert server.serves == names[-1]


def test_its_thread_follows_by_itself(server: Server, two: tuple[str, str], release: Release) -> None:
    done = threading.Event()
    adopt = server.recommender.adopt

    def told(domain: str, serving: object) -> None:
        adopt(domain, serving)  # type: ignore[arg-type]
        done.set()

    server.recommender.adopt = told  # type: ignore[method-assign]
    with server.switch:
        release()
        assert done.wait(20.0)
        assert server.serves not in two
