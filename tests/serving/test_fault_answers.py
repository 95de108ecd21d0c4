"""What is answered while the store is late, and while it is not known how things stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.events import Consent, Event
from penchant.packs import product
from penchant.packs.product import Product
from penchant.people import Rules
from penchant.serving import DomainSetup, RecommendationRequest, Recommender, SlateLog, Waits, read_logged
from penchant.slate import Slate
from penchant.storage import Releases, SQLiteStore
from penchant.testing.faulty import CHANGES, PEOPLE, READS, FaultyStore

ALLOWED: Rules = {"analytics": True, "personalization": True, "email": False, "ads": False}
LONG_S = 20.0
HOME = RecommendationRequest(placement="home", domain="shop", user_id="ann", n=50)

Make = Callable[..., Event]


@pytest.fixture
def faulty(filled: SQLiteStore) -> FaultyStore:
    return FaultyStore(filled)


@pytest.fixture
def waits(clock: FixedClock) -> Waits:
    return Waits.of("store", clock)


@pytest.fixture
def patient(
    faulty: FaultyStore, releases: Releases, clock: FixedClock, waits: Waits, release: Callable[[], object]
) -> Iterator[Recommender]:
    """A recommender of the shop that waits for a store that can be broken."""
    release()
    domains = {"shop": DomainSetup.shipped("shop", product.PACK)}
    log = SlateLog(faulty.as_store())
    made = Recommender(domains, faulty.as_store(), releases, clock, log, ALLOWED, waits)
    made.recommend(HOME)
    yield made
    log.close()


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


def test_a_history_that_does_not_come_is_answered_without(patient: Recommender, faulty: FaultyStore) -> None:
    nobodys = patient.recommend(msgspec.structs.replace(HOME, user_id=None))
    with faulty.waiting({"past"}, LONG_S):
        slate = patient.recommend(HOME)

    assert ids(slate) == ids(nobodys)
    assert "history: late" in slate.degraded


def test_a_store_that_hangs_is_not_asked_by_every_request(
    patient: Recommender, faulty: FaultyStore, waits: Waits
) -> None:
    with faulty.waiting(PEOPLE, LONG_S):
        for _ in range(3):
            patient.recommend(HOME)
        assert waits.people.open
        slate = patient.recommend(HOME)

    assert slate.items and "history: late" in slate.degraded
    assert not waits.catalog.open


def test_nothing_of_a_person_is_kept_while_nobody_knows_what_they_allow(
    patient: Recommender, faulty: FaultyStore, filled: SQLiteStore
) -> None:
    filled.append([], consents=[Consent("user:ann", "analytics", False, 0, "test")])
    with faulty.waiting(PEOPLE, LONG_S):
        slate = patient.recommend(HOME)
    patient.flush()
    row = filled.slate_row(slate.slate_id)

    assert row is not None and row.actor is None
    asked = read_logged(row.body).asked
    assert asked is not None and asked.unkept


def test_a_catalog_that_cannot_be_read_is_believed_for_a_while_and_then_closed(
    patient: Recommender, faulty: FaultyStore, put: Callable[..., None], clock: FixedClock, waits: Waits
) -> None:
    put(Product(id="novelty", stock=1))
    with faulty.raising(CHANGES):
        stale = patient.recommend(HOME)
        clock.advance(waits.trusted_s + 1)
        closed = patient.recommend(HOME)
    healed = patient.recommend(HOME)

    assert stale.items and "novelty" not in ids(stale)
    assert any(note.startswith("catalog may be stale: ") for note in stale.degraded)
    assert closed.items == ()
    assert any(note.startswith("catalog unknown: not seen for 601 s") for note in closed.degraded)
    assert "novelty" in ids(healed) and healed.degraded == ()


def test_a_closed_catalog_stays_closed_for_every_placement(
    patient: Recommender, faulty: FaultyStore, clock: FixedClock, waits: Waits
) -> None:
    placements = patient.view("shop").setup.placements
    with faulty.raising(READS):
        clock.advance(waits.trusted_s + 1)
        for name in placements:
            asked = msgspec.structs.replace(HOME, placement=name, items=("runner",))
            assert patient.recommend(asked).items == (), name


def test_an_outage_says_nothing_of_the_release(patient: Recommender, faulty: FaultyStore) -> None:
    before = patient.tallies["shop"].counts
    with faulty.raising(PEOPLE):
        assert patient.recommend(HOME).degraded

    assert patient.tallies["shop"].counts == before
    patient.recommend(HOME)
    assert patient.tallies["shop"].counts.answers == before.answers + 1


def test_fields_that_do_not_come_are_left_out(patient: Recommender, faulty: FaultyStore) -> None:
    with faulty.waiting({"items_of"}, LONG_S):
        slate = patient.recommend(msgspec.structs.replace(HOME, fields=("price",)))

    assert slate.items and {str(item.fields) for item in slate.items} == {"{}"}
    assert slate.degraded == ("fields: late",)


def test_an_earlier_page_that_does_not_come_is_named(patient: Recommender, faulty: FaultyStore) -> None:
    first = patient.recommend(msgspec.structs.replace(HOME, n=2))
    patient.flush()
    with faulty.waiting({"slate"}, LONG_S):
        slate = patient.recommend(msgspec.structs.replace(HOME, n=2, after=first.slate_id))

    assert slate.items
    assert slate.degraded == ("after: late; what was shown before may come again",)


def test_a_log_that_cannot_be_written_is_named_until_it_can(patient: Recommender, faulty: FaultyStore) -> None:
    with faulty.raising({"log_slates"}, full=True):
        patient.recommend(HOME)
        patient.flush()
        told = patient.recommend(HOME)
        patient.flush()
    patient.recommend(HOME)
    patient.flush()

    assert told.items and told.degraded == ("log: slates are not kept now",)
    assert patient.recommend(HOME).degraded == ()
