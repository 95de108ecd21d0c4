"""The next page of a slate."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.errors import InvalidRequest, StorageError
from penchant.serving import RecommendationRequest, Recommender, SlateLog, read_logged
from penchant.serving.more import MOST_PAGES, Earlier, earlier
from penchant.slate import Slate
from penchant.storage import SlateRow, SQLiteStore

Open = Callable[..., Recommender]


def home(**fields: object) -> RecommendationRequest:
    return RecommendationRequest(placement="home", domain="shop", user_id="ann", n=2, **fields)  # type: ignore[arg-type]


def ids(slate: Slate) -> list[str]:
    return [item.id for item in slate.items]


def line(items: list[str], after: str | None = None, placement: str = "home") -> bytes:
    told = {"placement": placement, "domain": "shop", "items": [{"id": name} for name in items]}
    return msgspec.json.encode(told | ({} if after is None else {"asked": {"after": after}}))


def scroll(recommender: Recommender, clock: FixedClock, pages: int) -> list[Slate]:
    slates = [recommender.recommend(home())]
    for _ in range(pages - 1):
        clock.advance(1)
        slates.append(recommender.recommend(home(after=slates[-1].slate_id)))
    return slates


def test_pages_have_no_repeats_and_end_with_an_empty_one(recommender: Recommender, clock: FixedClock) -> None:
    slates = scroll(recommender, clock, 6)

    shown = [name for slate in slates for name in ids(slate)]
    assert len(shown) == len(set(shown)) == 6  # the cap is sold in one region alone, so six of seven may be shown
    assert [len(slate.items) for slate in slates] == [2, 2, 2, 0, 0, 0]
    assert all(slate.degraded == () for slate in slates)


def test_places_go_on_where_the_page_before_ended(recommender: Recommender, clock: FixedClock) -> None:
    slates = scroll(recommender, clock, 3)

    assert [[item.position for item in slate.items] for slate in slates] == [[1, 2], [3, 4], [5, 6]]


def test_the_log_names_the_page_before(
    recommender: Recommender, clock: FixedClock, log: SlateLog, store: SQLiteStore
) -> None:
    first, second = scroll(recommender, clock, 2)
    log.flush()

    body = store.slate(second.slate_id)
    assert body is not None
    asked = read_logged(body).asked
    assert asked is not None and asked.after == first.slate_id
    assert [item.position for item in read_logged(body).items] == [3, 4]


def test_another_process_goes_on_where_one_ended(
    recommender: Recommender, clock: FixedClock, log: SlateLog, open_domains: Open
) -> None:
    first = recommender.recommend(home())
    log.flush()
    clock.advance(1)

    second = open_domains().recommend(home(after=first.slate_id))

    assert len(second.items) == 2
    assert not set(ids(first)) & set(ids(second))


def test_a_page_that_is_still_on_its_way_to_the_store_is_known(store: SQLiteStore) -> None:
    class Late:
        """A store that keeps a slate no sooner than it was asked for."""

        def __init__(self) -> None:
            self.asked = 0

        def slate(self, slate_id: str) -> bytes | None:
            self.asked += 1
            return None

    log, late = SlateLog(store), Late()
    log._store = late  # type: ignore[assignment]
    log._waiting["s1"] = SlateRow("s1", "shop", None, 1, b"{}")

    assert log.find("s1") == b"{}" and late.asked == 0
    assert log.find("s2") is None and late.asked == 1
    log.close()


def test_a_slate_nobody_knows_is_no_error(recommender: Recommender) -> None:
    slate = recommender.recommend(home(after="no-such-slate"))

    assert len(slate.items) == 2
    assert slate.degraded == ("after: unknown slate: no-such-slate; what was shown before may come again",)


def test_a_slate_of_another_placement_is_refused(recommender: Recommender) -> None:
    best = recommender.recommend(RecommendationRequest(placement="bestsellers", domain="shop", n=2))

    with pytest.raises(InvalidRequest, match='is a slate of "bestsellers"') as told:
        recommender.recommend(home(after=best.slate_id))

    assert told.value.field == "after"


def test_items_of_all_pages_are_found_oldest_first() -> None:
    log = {"one": line(["a", "b"]), "two": line(["c"], "one"), "three": line(["d", "a"], "two")}

    assert earlier(log.get, "three", "shop", "home") == Earlier(("a", "b", "c", "d"))
    assert earlier(log.get, "one", "shop", "home") == Earlier(("a", "b"))


def test_a_hole_in_the_log_is_noted_and_the_rest_counts() -> None:
    log = {"three": line(["d"], "two"), "broken": b"{"}

    assert earlier(log.get, "three", "shop", "home").items == ("d",)
    assert "unknown slate: two" in earlier(log.get, "three", "shop", "home").notes[0]
    assert "unknown slate: broken" in earlier(log.get, "broken", "shop", "home").notes[0]


def test_a_store_that_cannot_be_read_is_noted() -> None:
    def find(slate_id: str) -> bytes | None:
        raise StorageError("store", "down")

    assert earlier(find, "one", "shop", "home").notes[0].startswith("after: ")


def test_pages_are_bounded_and_a_ring_of_them_is_no_trap() -> None:
    ring = {"a": line(["x"], "b"), "b": line(["y"], "a")}
    calls: list[str] = []

    def find(slate_id: str) -> bytes | None:
        calls.append(slate_id)
        return ring[slate_id]

    found = earlier(find, "a", "shop", "home")

    assert found.ended and len(calls) == MOST_PAGES
    assert set(found.items) == {"x", "y"}


def test_after_the_last_page_there_is_nothing(recommender: Recommender, monkeypatch: pytest.MonkeyPatch) -> None:
    slate = recommender.recommend(home())
    monkeypatch.setattr("penchant.serving.more.MOST_PAGES", 1)

    more = recommender.recommend(home(after=slate.slate_id))

    assert more.items == ()
    assert "at most 1 pages" in more.degraded[0]
