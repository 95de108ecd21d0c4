"""Changes of items from many sides: written together, none lost, and nobody pays for a neighbour."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from penchant.catalog import Change, Schema, join
from penchant.clock import FixedClock
from penchant.errors import NotFound, Overloaded, StorageError
from penchant.ingest import CatalogWriter
from penchant.packs.content.items import Content
from penchant.packs.product.items import Product
from penchant.storage import SQLiteStore

SECONDS = 20.0
SCHEMAS = {"shop": Schema.of(Product), "channel": Schema.of(Content)}


class OddStore:
    """A store that waits, counts, and fails where it is told to."""

    def __init__(self, store: SQLiteStore) -> None:
        self._store = store
        self.url = store.url
        self.groups: list[list[str]] = []
        self.error: Callable[[Sequence[str]], Exception | None] = lambda ids: None
        self.reached, self.go = threading.Event(), threading.Event()
        self.go.set()

    def change_items(self, domain: str, ids: Sequence[str], decide: Any) -> int:
        """Asks `decide` twice, as an engine may that has to try again."""
        self.groups.append(list(ids))
        self.reached.set()
        assert self.go.wait(SECONDS)
        error = self.error(ids)
        if error is not None:
            raise error

        def twice(kept: Any) -> Any:
            decide(kept)
            return decide(kept)

        return self._store.change_items(domain, ids, twice)


@pytest.fixture
def odd(store: SQLiteStore) -> OddStore:
    return OddStore(store)


@pytest.fixture
def make(odd: OddStore, clock: FixedClock) -> Iterator[Callable[..., CatalogWriter]]:
    made: list[CatalogWriter] = []

    def writer(limit: int = 100_000) -> CatalogWriter:
        made.append(CatalogWriter(odd, SCHEMAS, clock, limit=limit))  # type: ignore[arg-type]
        return made[-1]

    yield writer
    odd.go.set()
    for one in made:
        one.close()


@pytest.fixture
def writer(make: Callable[..., CatalogWriter]) -> CatalogWriter:
    return make()


def put(name: str, **fields: Any) -> Change:
    return Change(id=name, fields=fields)


def add(name: str, **amounts: float) -> Change:
    return Change(id=name, op="patch", add=amounts)


def product(store: SQLiteStore, name: str) -> Product:
    kept = store.items_of("shop", [name])[name]
    assert kept.body is not None and kept.live is not None
    return msgspec.json.decode(join(kept.body, kept.live), type=Product)


def statuses(verdicts: Any) -> list[str]:
    return [verdict.status for verdict in verdicts]


def test_what_is_answered_is_kept(writer: CatalogWriter, store: SQLiteStore) -> None:
    verdicts = writer.write("shop", [put("shoe", title="Shoe", stock=3), put("sock", price=-1), add("shoe", stock=-1)])

    assert statuses(verdicts) == ["created", "rejected", "changed"]
    assert product(store, "shoe") == Product(id="shoe", title="Shoe", stock=2)
    assert list(store.items_of("shop", ["sock"])) == []
    assert statuses(writer.write("channel", [put("shoe", kind="video")])) == ["created"]


def test_an_atomic_request_is_kept_wholly_or_not_at_all(writer: CatalogWriter, store: SQLiteStore) -> None:
    writer.write("shop", [put("shoe", stock=3)])

    assert (
        statuses(writer.write("shop", [add("shoe", stock=-1), add("shoe", stock=-9)], atomic=True)) == ["rejected"] * 2
    )
    assert product(store, "shoe").stock == 3
    assert (
        statuses(writer.write("shop", [add("shoe", stock=-1), add("shoe", stock=-2)], atomic=True)) == ["changed"] * 2
    )
    assert product(store, "shoe").stock == 0


def test_of_many_threads_with_small_changes_none_is_lost(
    writer: CatalogWriter, odd: OddStore, store: SQLiteStore
) -> None:
    writer.write("shop", [put(f"p{n}", stock=100) for n in range(5)])

    def sell(number: int) -> list[str]:
        return statuses(writer.write("shop", [add(f"p{number % 5}", stock=-1), add(f"p{(number + 1) % 5}", stock=-1)]))

    with ThreadPoolExecutor(50) as pool:
        answers = [status for answer in pool.map(sell, range(300)) for status in answer]

    # 600 pieces were asked for, and there were 500.
    assert (answers.count("changed"), answers.count("rejected")) == (500, 100)
    assert [product(store, f"p{n}").stock for n in range(5)] == [0] * 5
    assert len(odd.groups) < 301


def test_the_price_and_whether_it_can_be_ordered_are_remembered_since_when(
    writer: CatalogWriter, store: SQLiteStore, clock: FixedClock
) -> None:
    start = int(clock.now() * 1000)
    writer.write("shop", [put("shoe", price=80, stock=1)])
    clock.advance(5)
    writer.write("shop", [Change(id="shoe", op="patch", fields={"price": 70}, add={"stock": -1})])
    clock.advance(-60)  # a clock set back makes nothing that came later seem earlier
    writer.write("shop", [add("shoe", stock=1)])

    rows = [row for batch in store.facts("shop") for row in batch.to_pylist()]
    assert [(row["field"], row["at"] - start, row["value"]) for row in rows] == [
        ("active", 0, 1.0),
        ("available", 0, 1.0),
        ("available", 5_000, 1.0),
        ("price", 0, 80.0),
        ("price", 5_000, 70.0),
    ]


def test_what_waits_is_written_together_and_answered_in_order(writer: CatalogWriter, odd: OddStore) -> None:
    answered: list[Any] = []
    odd.go.clear()

    writer.submit("shop", [put("first")], answered.append)
    assert odd.reached.wait(SECONDS)
    for number in range(4):
        writer.submit("shop", [put(f"p{number}")], answered.append)
    writer.submit("channel", [put("video")], answered.append)
    assert (answered, writer.waiting) == ([], 6)
    odd.go.set()
    writer.flush()

    assert odd.groups == [["first"], ["p0", "p1", "p2", "p3"], ["video"]]
    assert [verdicts[0].id for verdicts in answered] == ["first", "p0", "p1", "p2", "p3", "video"]


def together(writer: CatalogWriter, odd: OddStore, *requests: list[Change]) -> list[Any]:
    """Answers of requests that are one group."""
    answers: list[Any] = [None] * len(requests)
    odd.reached.clear()
    odd.go.clear()
    writer.submit("shop", [put("held")], lambda _: None)
    assert odd.reached.wait(SECONDS)
    for at, changes in enumerate(requests):
        writer.submit("shop", changes, lambda answer, at=at: answers.__setitem__(at, answer))  # type: ignore[misc]
    odd.go.set()
    writer.flush()
    return answers


@pytest.mark.parametrize("error", [StorageError("sqlite", "odd", refused=True), RuntimeError("odd")])
def test_one_request_that_the_store_refuses_costs_no_other_its_own(
    writer: CatalogWriter, odd: OddStore, store: SQLiteStore, error: Exception
) -> None:
    odd.error = lambda ids: error if "poison" in ids else None

    answers = together(writer, odd, [put("a")], [put("b"), put("poison")], [put("a", title="A")])

    assert [statuses(answers[0]), statuses(answers[2])] == [["created"], ["changed"]]
    assert isinstance(answers[1], StorageError)
    assert set(store.items_of("shop", ["a", "b", "poison"])) == {"a"}


def test_a_full_disk_is_told_to_everybody_at_once(writer: CatalogWriter, odd: OddStore, store: SQLiteStore) -> None:
    writer.write("shop", [put("a", title="A")])
    full = StorageError("sqlite", "full", full=True)
    odd.error = lambda ids: full if "a" in ids else None

    answers = together(writer, odd, [put("a")], [put("b")])

    assert answers == [full, full]
    assert len(odd.groups) == 3
    assert product(store, "a").title == "A"
    with pytest.raises(StorageError):
        writer.write("shop", [put("a")])


def test_too_many_are_told_to_come_again(make: Callable[..., CatalogWriter], odd: OddStore) -> None:
    writer = make(limit=10)
    odd.go.clear()
    answers: list[Any] = []

    writer.submit("shop", [put(f"p{n}") for n in range(12)], answers.append)  # one request, whatever its size
    with pytest.raises(Overloaded):
        writer.submit("shop", [put("one more")], answers.append)
    odd.go.set()
    writer.flush()
    writer.write("shop", [put("one more")])

    assert len(answers) == 1


def test_closing_answers_everything_and_takes_nothing_more(writer: CatalogWriter, odd: OddStore) -> None:
    answers: list[Any] = []
    for number in range(5):
        writer.submit("shop", [put(f"p{number}")], answers.append)

    writer.close()

    assert len(answers) == 5
    with pytest.raises(Overloaded):
        writer.write("shop", [put("late")])


def test_an_answer_that_cannot_be_given_does_not_cost_the_next_one_theirs(writer: CatalogWriter) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("nobody listens")

    writer.submit("shop", [put("a")], broken)

    assert statuses(writer.write("shop", [put("b")])) == ["created"]


def test_a_domain_nobody_has_is_refused_at_once(writer: CatalogWriter) -> None:
    with pytest.raises(NotFound, match='did you mean "shop"'):
        writer.write("shopp", [])


@pytest.mark.parametrize("name", ["\ud800", "a\x00b", "", "x" * 201])
def test_an_id_that_is_none_is_rejected_and_its_neighbours_are_kept(writer: CatalogWriter, name: str) -> None:
    verdicts = writer.write("shop", [put("a"), put(name), add(name, stock=1)])

    assert statuses(verdicts) == ["created", "rejected", "missing"]
    assert verdicts[1].field == "id"
