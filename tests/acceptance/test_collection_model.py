"""Collection against a model of it: whatever is sent, in whatever order, the store holds what the pages say."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from penchant.clock import FixedClock, iso
from penchant.config.settings import Limits
from penchant.events import Link, Reading
from penchant.ingest import Collector, Sender
from penchant.people import canonical, decide
from penchant.storage import SlateRow, Store, open_store
from postgres_server import own_schema

NOW = 1_760_000_000
USERS, DEVICES = ("u1", "u2", "u3"), ("d1", "d2", "d3", "d4")
SENDER = Sender("web", "shop", Reading("shop", "web"))
NAMES = {"track": "Product Viewed", "identify": "Person Identified", "alias": "Person Aliased"}
ALL = 10**15

Opening = Callable[[], AbstractContextManager[str]]
"""Gives the URL of an empty store, which is gone in the end."""


class Sent(NamedTuple):
    """One message; `number` is its id, and it happened at `time`, seconds."""

    number: int
    kind: str
    user: str | None
    device: str | None
    previous: str
    time: int
    good: bool = True

    def actors(self) -> set[str]:
        """Whose it is."""
        return {f"{k}:{v}" for k, v in (("user", self.user), ("anon", self.device)) if v is not None}

    @property
    def actor(self) -> str:
        """The stronger of its two ids."""
        return f"user:{self.user}" if self.user else f"anon:{self.device}"

    def pairs(self) -> set[frozenset[str]]:
        """Who is one person, as it says: its two ids, and an alias's new and old one, of whatever kind that was."""
        others = {f"anon:{self.device}"} if self.device else set()
        if self.kind == "alias":
            others |= {f"anon:{self.previous}", f"user:{self.previous}"}
        return {
            frozenset((f"user:{self.user}", other)) for other in others if self.user and other != f"user:{self.user}"
        }

    def message(self) -> dict[str, Any]:
        """As a client sends it."""
        told = {"type": self.kind, "messageId": f"m{self.number:03d}", "timestamp": iso(self.time)}
        ids = {"userId": self.user, "anonymousId": self.device}
        said: dict[str, Any] = {
            "track": {
                "event": "Product Viewed",
                "properties": {"product_id": "shoe", "price": 9 if self.good else "free"},
            },
            "identify": {"traits": {"size": self.number}},
            "alias": {"previousId": self.previous},
        }[self.kind]
        return {**told, **{k: v for k, v in ids.items() if v is not None}, **said}


@dataclass
class Model:
    """What must be held, in plain sets: the rules of `people/graph.py` and `storage/store.py`, said again.

    Attributes:
        log: Messages that were taken, in the order they came.
        links: Pairs that were ever joined, and whether they are now.
        turns: How often each pair was joined.
        traits: Values by actor and moment.
        failed: Messages that could not be taken, and how often they came.
        slates: Whose each is.
        erased: Actors of whom nothing is taken.
    """

    log: list[Sent] = field(default_factory=list)
    links: dict[frozenset[str], bool] = field(default_factory=dict)
    turns: Counter[frozenset[str]] = field(default_factory=Counter)
    traits: dict[tuple[str, int], str] = field(default_factory=dict)
    failed: Counter[Sent] = field(default_factory=Counter)
    slates: dict[str, str] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def take(self, sent: Sent) -> str:
        """Take a message; what its sender is told."""
        if not sent.good:
            if not sent.actors() & self.erased:
                self.failed[sent] += 1
            return "failed"
        gone = sent.actor in self.erased
        if f"anon:{sent.device}" in self.erased and not gone:
            # Somebody else uses the device of a person who was erased: their events count, without its id.
            sent = sent._replace(device=None)
        # What it says beside is held of those who were not erased; what was parted stays parted.
        for pair in sent.pairs():
            if pair not in self.links:
                self.join(pair)
        known = any(other.number == sent.number for other in self.log)
        if sent.kind == "identify" and not known and not gone:
            # Two words of one moment: the greater one, as JSON sorts.
            self.traits[sent.actor, sent.time] = max(self.traits.get((sent.actor, sent.time), ""), str(sent.number))
        if gone:
            return "failed"
        if known:
            return "duplicate"
        self.log.append(sent)
        return "accepted"

    def join(self, pair: frozenset[str]) -> None:
        """Make one person of two."""
        if not pair & self.erased and len(pair) == 2 and not self.links.get(pair):
            self.links[pair] = True
            self.turns[pair] += 1

    def held(self) -> dict[str, int]:
        """Rows by kind; each time that a pair was joined is one."""
        lists = {"events": self.log, "traits": self.traits, "slates": self.slates, "failed": self.failed}
        return {"links": self.turns.total(), "consents": 0, **{kind: len(rows) for kind, rows in lists.items()}}

    def erase(self, actors: set[str]) -> dict[str, int]:
        """Forget these; how much that was."""
        before = self.held()
        self.log = [sent for sent in self.log if not sent.actors() & actors]
        self.links = {pair: holds for pair, holds in self.links.items() if not pair & actors}
        self.turns = Counter({pair: turns for pair, turns in self.turns.items() if not pair & actors})
        self.traits = {said: value for said, value in self.traits.items() if said[0] not in actors}
        self.slates = {name: actor for name, actor in self.slates.items() if actor not in actors}
        self.failed = Counter({sent: times for sent, times in self.failed.items() if not sent.actors() & actors})
        self.erased |= actors
        return {kind: rows - self.held()[kind] for kind, rows in before.items()}

    def person(self, actor: str) -> set[str]:
        """Every id that is one person with this one."""
        joined = [pair for pair, holds in self.links.items() if holds]

        def known(start: str) -> frozenset[str]:
            found, size = {start}, 0
            while size < len(found):
                size = len(found)
                found.update(*(pair for pair in joined if pair & found and all(a.startswith("user:") for a in pair)))
            return frozenset(found)

        def owners(device: str) -> set[frozenset[str]]:
            return {known(other) for pair in joined if device in pair for other in pair - {device}}

        if actor.startswith("user:"):
            users = known(actor)
        elif len(owners(actor)) == 1:
            [users] = owners(actor)
        else:
            # Nobody's, or a device that several persons share.
            return {actor}
        devices = {other for pair in joined if pair & users for other in pair - users}
        return users | {device for device in devices if owners(device) == {users}}

    def actors(self) -> list[str]:
        """Everybody who was ever spoken of, or could be."""
        linked = {actor for pair in self.links for actor in pair}
        return sorted(
            linked | self.erased | {f"user:{user}" for user in USERS} | {f"anon:{device}" for device in DEVICES}
        )


def compare(store: Store, model: Model) -> None:
    """Who is one person, and what is held of everybody."""
    everybody = model.actors()
    persons = {actor: model.person(actor) for actor in everybody}
    assert store.persons() == {actor: canonical(person) for actor, person in persons.items() if len(person) > 1}
    compare_one(store, model, everybody)
    names = Counter(NAMES[sent.kind] for sent in model.log)
    assert Counter(name for batch in store.scan(0, 50) for name in batch["name"].to_pylist()) == names
    count = store.count()
    assert count["events"] == names.total()
    assert count["links"] == sum(model.links.values())
    assert set(store.erased(everybody)) == model.erased


def compare_one(store: Store, model: Model, ids: Sequence[str]) -> None:
    """What is held under these ids."""
    held = [sent for sent in model.log if sent.actors() & set(ids)]
    assert [event.message_id for _, event in store.events_of(ids)] == [f"m{sent.number:03d}" for sent in held]
    # An event counts for its stronger id: on a shared device what a known person did is that person's alone.
    done = [sent for sent in held if sent.actor in ids]
    latest = [f"m{sent.number:03d}" for sent in sorted(done, key=lambda sent: sent.time)]
    assert [event.message_id for event in store.history("shop", ids, until=ALL, limit=1000)] == latest
    assert {(trait.actor, trait.at // 1000): trait.value.decode() for trait in store.traits(ids)} == {
        said: value for said, value in model.traits.items() if said[0] in ids
    }
    assert {row.slate_id for row in store.slates_of(ids)} == {name for name, a in model.slates.items() if a in ids}
    assert {row.message_id: row.times for row in store.failed_of(ids)} == {
        f"m{sent.number:03d}": times for sent, times in model.failed.items() if sent.actors() & set(ids)
    }


actors = st.sampled_from([f"user:{u}" for u in USERS] + [f"anon:{d}" for d in DEVICES])
some = st.lists(st.integers(0, 999), min_size=1, max_size=4)


@st.composite
def said(draw: st.DrawFn, *, good: bool | None = None) -> tuple[Any, ...]:
    """Kind, user, device, previous id, how long ago, and whether it is good."""
    kind = draw(st.sampled_from(["track", "track", "identify", "alias"]))
    user = draw(st.sampled_from(USERS) if kind == "alias" else st.sampled_from([None, *USERS]))
    device = draw(st.sampled_from([None, *DEVICES]) if user else st.sampled_from(DEVICES))
    previous = draw(st.sampled_from([*DEVICES, *USERS]))
    ago = draw(st.sampled_from([0, 0, 3, 60, 86_400, 3_000_000]))
    return kind, user, device, previous, ago, kind != "track" or draw(st.booleans() if good is None else st.just(good))


class Collection(RuleBasedStateMachine):
    """Drives the collector and the model side by side."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.url = self.stack.enter_context(opening())
        self.clock = FixedClock(float(NOW))
        self.model = Model()
        self.sent: list[Sent] = []
        self.held: list[Sent] = []
        self.receipts = self.slates = self.looked = 0

    @initialize()
    def start(self) -> None:
        self.store = open_store(self.url, Path())
        self.collector = Collector(self.store, self.clock, limits=Limits(), consent={}, items=lambda _: ())

    def make(self, told: tuple[Any, ...]) -> Sent:
        self.clock.advance(1)
        kind, user, device, previous, ago, good = told
        made = Sent(len(self.sent) + len(self.held), kind, user, device, previous, int(self.clock.now()) - ago, good)
        return made

    def deliver(self, messages: Sequence[Sent]) -> None:
        self.clock.advance(1)
        told = [verdict.status for verdict in self.collector.collect([sent.message() for sent in messages], SENDER)]
        assert told == [self.model.take(sent) for sent in messages]

    @rule(told=st.lists(said(), min_size=1, max_size=5))
    def send(self, told: list[tuple[Any, ...]]) -> None:
        first = len(self.sent)
        for one in told:
            self.sent.append(self.make(one))
        self.deliver(self.sent[first:])

    @rule(told=said())
    def hold(self, told: tuple[Any, ...]) -> None:
        """Made now, sent later."""
        self.held.append(self.make(told))

    @precondition(lambda self: self.held)
    @rule(shuffle=st.randoms(use_true_random=False))
    def deliver_late(self, shuffle: Any) -> None:
        shuffle.shuffle(self.held)
        self.sent += self.held
        self.held, late = [], self.held
        self.deliver(late)

    @precondition(lambda self: self.sent)
    @rule(which=some)
    def resend(self, which: list[int]) -> None:
        """In any order, and the same one twice in a batch."""
        self.deliver([self.sent[n % len(self.sent)] for n in which])

    @rule(a=actors, b=actors.filter(lambda actor: actor.startswith("user:")))
    def join(self, a: str, b: str) -> None:
        """Through the API, which joins also what was parted."""
        at = int(self.clock.now() * 1000)
        self.store.append([], links=[Link(a, b, at, "operator", "api")])
        self.model.join(frozenset((a, b)))

    @precondition(lambda self: self.model.links)
    @rule(which=st.integers(0, 999))
    def part(self, which: int) -> None:
        pair = sorted(self.model.links, key=sorted)[which % len(self.model.links)]
        a, b = sorted(pair)[:: 1 if which % 2 else -1]
        assert self.store.unlink(a, b, int(self.clock.now() * 1000)) == self.model.links[pair]
        self.model.links[pair] = False

    @rule(actor=actors)
    def serve(self, actor: str) -> None:
        self.slates += 1
        name = f"s{self.slates}"
        self.store.log_slates([SlateRow(name, "shop", actor, int(self.clock.now() * 1000), b"{}")])
        if actor not in self.model.erased:
            self.model.slates[name] = actor

    @rule(actor=actors, whole=st.sampled_from([True, True, False]))
    def erase(self, actor: str, whole: bool) -> None:
        """A person under every id, mostly; or one id alone."""
        gone = self.model.person(actor) if whole else {actor}
        self.receipts += 1
        deleted = self.store.erase(sorted(gone), int(self.clock.now() * 1000), f"r{self.receipts}", b"{}")
        assert deleted == self.model.erase(gone)

    @rule(actor=actors)
    def readmit(self, actor: str) -> None:
        assert self.store.readmit([actor]) == (actor in self.model.erased)
        self.model.erased.discard(actor)

    @rule()
    def restart(self) -> None:
        self.collector.close()
        self.store.close()
        self.start()

    @invariant()
    def the_store_holds_what_the_model_holds(self) -> None:
        compare(self.store, self.model)
        # One person each time: all of them at every step takes most of the test's time.
        everybody = self.model.actors()
        self.looked += 1
        person = self.store.actors(everybody[self.looked % len(everybody)])
        assert person == sorted(self.model.person(person[0]))
        compare_one(self.store, self.model, person)

    def teardown(self) -> None:
        self.collector.close()
        assert len(self.store.receipts()) == self.receipts
        assert self.store.check() == []
        self.store.close()
        self.stack.close()


@contextmanager
def in_a_file() -> Iterator[str]:
    """A SQLite store of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/penchant.db"


def heavy(runs: int, steps: int) -> settings:
    """Many runs, and no search for a shorter way to what they find: it takes an hour where a run takes a second."""
    return settings(
        max_examples=runs,
        stateful_step_count=steps,
        phases=(Phase.generate,),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )


def drive(opening: Opening, runs: int, steps: int = 20) -> None:
    run_state_machine_as_test(lambda: Collection(opening), settings=heavy(runs, steps))  # type: ignore[no-untyped-call]


def test_sqlite_holds_what_the_model_holds() -> None:
    drive(in_a_file, 60)


def test_postgres_holds_what_the_model_holds(postgres_server: str) -> None:
    drive(lambda: own_schema(postgres_server), 20, 12)


@pytest.mark.slow
def test_sqlite_holds_what_the_model_holds_in_2000_runs() -> None:
    drive(in_a_file, 2_000, 30)


@pytest.mark.slow
def test_postgres_holds_what_the_model_holds_in_300_runs(postgres_server: str) -> None:
    drive(lambda: own_schema(postgres_server), 300, 30)


def state(store: Store) -> dict[str, Any]:
    """What a store holds of everybody, without the order it came in."""
    everybody = sorted(
        {f"user:{name}" for name in (*USERS, *DEVICES)} | {f"anon:{name}" for name in (*USERS, *DEVICES)}
    )
    return {
        "persons": {actor: store.actors(actor) for actor in everybody},
        "events": sorted((event.message_id, event.actor, event.time) for _, event in store.events_of(everybody)),
        "history": {a: [e.time for e in store.history("shop", [a], until=ALL, limit=1000)] for a in everybody},
        "traits": sorted(trait[:4] for trait in store.traits(everybody)),
        "consents": {actor: decide(words, {}) for actor, words in store.consents(everybody).items()},
        "failed": sorted((row.id, row.times) for row in store.failed_of(everybody)),
    }


@st.composite
def two_orders(draw: st.DrawFn) -> list[list[list[dict[str, Any]]]]:
    """The same messages in two orders, each in batches."""
    told = draw(st.lists(said(), min_size=2, max_size=12))
    sent = [
        Sent(n, kind, user, device, p, NOW - ago, good) for n, (kind, user, device, p, ago, good) in enumerate(told)
    ]
    messages = [one.message() for one in sent]
    for one, message in zip(sent, messages, strict=True):
        if one.kind == "identify":
            # The same trait and the same purpose, said at one moment by two messages: still the order must not matter.
            wishes = {purpose: draw(st.booleans()) for purpose in ("email", "ads")}
            message["context"] = {"consent": {"categoryPreferences": wishes}}
    orders = []
    for _ in range(2):
        left = draw(st.permutations(messages))
        batches = []
        while left:
            size = draw(st.integers(1, len(left)))
            batches.append(left[:size])
            left = left[size:]
        orders.append(batches)
    return orders


def ends_in_one_state(opening: Opening, runs: int) -> None:
    """Whatever order messages come in, and however they are cut into batches."""

    @settings(heavy(runs, 1))
    @given(orders=two_orders())
    def same(orders: list[list[list[dict[str, Any]]]]) -> None:
        states = []
        for batches in orders:
            with opening() as url:
                store = open_store(url, Path())
                collector = Collector(store, FixedClock(float(NOW)), limits=Limits(), consent={}, items=lambda _: ())
                for batch in batches:
                    collector.collect(batch, SENDER)
                collector.close()
                states.append(state(store))
                store.close()
        assert states[0] == states[1]

    same()


def test_any_order_ends_in_the_same_state_on_sqlite() -> None:
    ends_in_one_state(in_a_file, 60)


def test_any_order_ends_in_the_same_state_on_postgres(postgres_server: str) -> None:
    ends_in_one_state(lambda: own_schema(postgres_server), 10)


@pytest.mark.slow
def test_any_order_ends_in_the_same_state_in_1000_sets() -> None:
    ends_in_one_state(in_a_file, 1_000)
