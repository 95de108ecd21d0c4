"""Every feature of every pack: a batch of the dataset, single requests, and a replay of the log give the same bits."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from penchant.catalog import Item
from penchant.dataset import Dataset, Queries, Reader, build
from penchant.events import Event, Role
from penchant.features import DEVICES, RELEVANCE, Batch, Feature, Moment, Statistics, matrix
from penchant.pack import Pack
from penchant.packs import content, learning, product
from penchant.packs.content import Content
from penchant.packs.learning import Module
from penchant.packs.product import Product
from penchant.slate import Candidates
from penchant.storage import Lake, SQLiteStore
from penchant.testing import joined

PACKS = {pack.name: pack for pack in (product.PACK, content.PACK, learning.PACK)}
HOUR_MS = 3_600_000
START_MS = 20_000 * 24 * HOUR_MS
DAYS, PEOPLE, EVENTS = 40, 12, 600
NUMBERS = np.random.default_rng(5)

PRODUCTS = [
    Product(
        id=f"i{n}",
        category=("Shoes > Running", "Shoes", "Socks", None)[n % 4],
        brand=("Alto", "Brio", None)[n % 3],
        group=f"g{n // 2}",
        color=("red", "blue", None)[n % 3],
        labels=("new", "eco")[: n % 3],
        price=None if n % 7 == 6 else 5.0 + 13.0 * n,
        sale_price=4.0 + 11.0 * n if n % 5 == 0 else None,
        cost=3.0 + 7.0 * n if n % 2 else None,
        stock=n % 6,
        rating=3.0 + n % 3 if n % 4 else None,
        return_rate=0.05 * (n % 5),
        replenishable=n % 3 == 0,
    )
    for n in range(14)
]
CONTENTS = [
    Content(
        id=f"i{n}",
        kind=("article", "video", "track")[n % 3],
        topics=("yoga", "hips", "sleep")[: n % 4],
        genre=("fit", None)[n % 2],
        format=("short", "long", None)[n % 3],
        creator=("Ada", "Ben", None)[n % 3],
        series=("s", None)[n % 2],
        episode=n // 2 + 1,
        length_s=None if n % 7 == 6 else 60.0 + 97.0 * n,
        language=("en", "de", None)[n % 3],
    )
    for n in range(14)
]
MODULES = [
    Module(
        id=f"i{n}",
        series=("save", "credit", None)[n % 3],
        position=n // 3 + 1,
        prerequisites=(f"i{n - 3}",) if n > 3 and n % 2 else (),
        topic=("saving", "credit", None)[n % 3],
        level=n % 5 + 1,
        length_s=60.0 + 31.0 * n,
        explains=("mortgage", None)[n % 2],
    )
    for n in range(14)
]
CATALOGS: dict[str, Sequence[Item]] = {"product": PRODUCTS, "content": CONTENTS, "learning": MODULES}


@dataclass(frozen=True)
class Told:
    """A log, what the lake makes of it, and what the store knows of each person."""

    log: list[Event]
    data: Dataset
    past: dict[str, list[Event]]


def events(pack: Pack, seed: int) -> list[Event]:
    """A log of everything the pack reads, at different moments; some of it is of orders, and some is taken back."""
    rng = np.random.default_rng(seed)
    names = sorted({signal.event for signal in pack.signals})
    moments = np.sort(rng.choice(DAYS * 24 * 60, EVENTS, replace=False)) * 60_000 + START_MS
    made = []
    for n, time in enumerate(moments.tolist()):
        order = f"o{rng.integers(6)}" if rng.random() < 0.4 else None
        event = Event(
            *("d", "t", f"m{n}", 0, names[int(rng.integers(len(names)))], f"p{rng.integers(PEOPLE)}", None, time, 0),
            item=None if order and rng.random() < 0.1 else f"i{rng.integers(16)}",
            order=order,
            quantity=float(rng.integers(1, 3)),
            progress=(None, 0.3, 0.7, 1.0)[int(rng.integers(4))],
        )
        made.append(event)
    return made


def told(pack: Pack, log: list[Event]) -> Told:
    catalog = {item.id: item for item in CATALOGS[pack.name]}
    with tempfile.TemporaryDirectory() as folder:
        store = SQLiteStore(Path(folder) / "a.db")
        store.append(log)
        lake = Lake(Path(folder) / "lake")
        lake.roll(store)
        data = build("d", lake.files("d"), pack.signals, {}, catalog)
        past = {f"user:p{n}": store.history("d", [f"user:p{n}"], until=10**15, limit=10_000) for n in range(PEOPLE)}
        store.close()
    return Told(log, data, past)


@cache
def once(name: str) -> Told:
    return told(PACKS[name], events(PACKS[name], seed=3))


MOMENTS = [START_MS / 1000.0 + day * 86_400.0 + 17.5 * 3_600.0 + 11.0 for day in (0.2, 3.0, 12.0, 25.0, 39.0)]


def features(pack: Pack) -> tuple[Feature, ...]:
    return (*(feature for feature in pack.features if feature.name != RELEVANCE.name), RELEVANCE)


def asking(data: Dataset, queries: Queries, statistics: Statistics) -> Batch:
    """The whole catalog as candidates, with seeds that depend on nothing but the moment and the person's place."""
    n, m = len(queries), len(data.items)
    seeds = (np.arange(n) % len(data.people) * 5 + queries.now.astype(np.int64)) % m
    queries = replace(queries, seed_ptr=np.arange(n + 1, dtype=np.int64), seeds=seeds.astype(np.int32))
    everything = np.tile(np.arange(m, dtype=np.int32), n)
    scores = ((everything * 7 + queries.now.repeat(m)) % 11 / 10).astype(np.float32)
    moment = Moment(
        (queries.now.astype(np.int64) % (len(DEVICES) + 1) - 1).astype(np.int8),
        (queries.now.astype(np.int64) % 3).astype(np.int16),
        np.tile(np.arange(1, m + 1, dtype=np.int16), n),
    )
    candidates = Candidates(np.arange(n + 1, dtype=np.int64) * m, everything, scores)
    return Batch(queries, candidates, data.table, statistics, moment)


def trained(name: str, found: Told) -> Batch:
    """Requests of everybody at every moment, as training has them: the whole log is there, later events and all."""
    data = found.data
    everybody = np.arange(len(data.people), dtype=np.int32)
    queries = joined([data.before(moment).queries(everybody) for moment in MOMENTS])
    return asking(data, queries, Statistics.of_interactions(data.interactions, len(data.items)))


@pytest.mark.parametrize("name", PACKS)
def test_a_replay_of_the_log_gives_the_bits_of_the_batch(name: str) -> None:
    pack, found = PACKS[name], once(name)
    whole = matrix(features(pack), trained(name, found))
    reader, codes = Reader(pack.signals), {item: code for code, item in enumerate(found.data.items.ids)}
    statistics, rows = Statistics.empty(len(codes)), 0
    values = []
    for moment in MOMENTS:
        known = found.data.before(moment).interactions
        # Event by event, as they became known: goals, then what took them back.
        back = np.isfinite(known.reversed_at) & (known.role == Role.GOAL)
        plain = known.role != Role.REVERSAL
        items = np.concatenate([known.item[plain], known.item[back]])
        times = np.concatenate([known.time[plain], known.reversed_at[back]])
        roles = np.concatenate([known.role[plain], np.full(int(back.sum()), int(Role.REVERSAL))])
        for row in np.argsort(times, kind="stable")[rows:]:
            statistics = statistics.grown(items[row : row + 1], times[row : row + 1], roles[row : row + 1])
        rows = len(times)
        served = []
        for person in found.data.people.ids:
            query = reader.queries(found.past[person], codes, now=moment - 0.0005)
            served.append(replace(query, now=np.array([moment])))
        asked = asking(found.data, joined(served), statistics)
        values.append(matrix(features(pack), asked).values)

    assert whole.failed == {}
    for place, feature in enumerate(features(pack)):
        replayed = np.concatenate([part[:, place] for part in values])
        np.testing.assert_array_equal(whole.values[:, place], replayed, feature.name)


@pytest.mark.parametrize("name", PACKS)
def test_requests_one_by_one_give_the_bits_of_the_batch(name: str) -> None:
    batch = trained(name, once(name))
    whole = matrix(features(PACKS[name]), batch)

    for n in range(len(batch.queries)):
        alone = matrix(features(PACKS[name]), batch.take(n, n + 1)).values
        a, b = batch.candidates.ptr[n : n + 2]
        np.testing.assert_array_equal(whole.values[a:b], alone)


@pytest.mark.parametrize("name", PACKS)
def test_what_happens_later_changes_nothing(name: str) -> None:
    pack, found = PACKS[name], once(name)
    latest = MOMENTS[-2]
    early = [event for event in found.log if event.time / 1000.0 < latest]
    late = [event for event in found.log if event.time / 1000.0 >= latest]
    order = np.random.default_rng(8).permutation(len(late))
    # Later events are others' now, of other items, or gone.
    pairs = zip(late, order, strict=True)
    swapped = [doing_of(late[other], event.time, f"l{n}") for n, (event, other) in enumerate(pairs) if n % 3]
    other = told(pack, early + swapped)
    count = len(found.data.people) * len(found.data.items) * (len(MOMENTS) - 1)

    assert other.data.people.ids == found.data.people.ids and list(other.data.items.ids) == list(found.data.items.ids)
    one = matrix(features(pack), trained(name, found)).values[:count]
    np.testing.assert_array_equal(one, matrix(features(pack), trained(name, other)).values[:count])


def doing_of(other: Event, time: int, message: str) -> Event:
    """What another event says, at a moment of its own."""
    told = {name: getattr(other, name) for name in Event.__struct_fields__}
    return Event(**{**told, "message_id": message, "time": time})


@pytest.mark.parametrize("name", PACKS)
def test_values_lie_in_the_range_of_their_feature(name: str) -> None:
    pack = PACKS[name]
    made = matrix(features(pack), trained(name, once(name)))

    for feature in features(pack):
        values = made.column(feature.name)
        told = values[~np.isnan(values)]
        assert (told >= np.float32(feature.low)).all() and (told <= np.float32(feature.high)).all(), feature.name
        assert np.isfinite(told).all(), feature.name


@pytest.mark.parametrize("name", PACKS)
def test_most_features_say_something_here(name: str) -> None:
    """Else the tests above would hold of columns of nothing."""
    made = matrix(features(PACKS[name]), trained(name, once(name)))

    dull = [column for column in made.names if len(np.unique(made.column(column))) < 2]
    assert len(dull) < len(made.names) / 4, dull
