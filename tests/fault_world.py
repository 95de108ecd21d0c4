"""Three sites whose stock, rights and eligibility change all the time, and what may be shown of them at any moment."""

from __future__ import annotations

import json
import random
import shutil
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from penchant.catalog import Change
from penchant.engine import Engine
from penchant.events import Consent, Event, Trait
from penchant.models import Run
from penchant.pack import HEAD, OBJECTIVES
from penchant.ranking import Rows, fit_head
from penchant.serving import RecommendationRequest
from penchant.slate import Slate
from penchant.storage import Part, open_store
from penchant.testing.faulty import FaultyStore

REGION = "DE"
PEOPLE = 24
TRUSTED_S = 1.0
"""How long a catalog that cannot be read is believed here; ten minutes would hide every mistake."""
YOUNG, AGE, RATING = 12, 40, 16
_STALE = ("catalog may be stale", "catalog unknown")
_PAUSE_S = 0.01
_ROWS = 400

# What bars an item of a domain: the fields that do, those that take it back, and the constraint that must see it.
_BARS: Mapping[str, Mapping[str, tuple[dict[str, Any], dict[str, Any], str]]] = {
    "shop": {
        "stock": ({"stock": 0}, {"stock": 5}, "in-stock"),
        "region": ({"regions": ["FR"]}, {"regions": []}, "sellable-region"),
    },
    "channel": {
        "window": (
            {"available_from": None, "available_until": "2020-01-01T00:00:00Z"},
            {"available_from": None, "available_until": None},
            "rights-window",
        ),
        "region": ({"regions": ["FR"]}, {"regions": []}, "rights-region"),
        "age": ({"age_rating": RATING}, {"age_rating": None}, "age-rating"),
    },
    "academy": {
        "date": ({"expires": "2020-01-01T00:00:00Z"}, {"expires": None}, "in-date"),
        "tier": ({"eligibility": {"field": "tier", "eq": "gold"}}, {"eligibility": None}, "eligible"),
    },
}


class RunningClock:
    """Begins at a moment and goes on from there."""

    def __init__(self, at: float) -> None:
        self._at, self._begun = at, time.monotonic()

    def now(self) -> float:
        return self._at + time.monotonic() - self._begun

    def elapsed(self) -> float:
        return time.monotonic()


@dataclass(frozen=True)
class Who:
    """Somebody who asks, and what is true of them for good."""

    name: str
    age: int
    gold: bool


class Truth:
    """Since when an item is surely barred by something, and what people surely have not completed.

    While a change is under way, either of what was and what will be is true.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._barred: dict[tuple[str, str, str], float] = {}
        self._begun: dict[str, set[str]] = defaultdict(set)
        self._withdrawn: dict[str, float] = {}

    def about_to(self, domain: str, item: str, bar: str) -> None:
        """From now on it may not be barred any more."""
        with self._lock:
            self._barred.pop((domain, item, bar), None)

    def barred(self, domain: str, item: str, bar: str) -> None:
        """It was acknowledged that it is."""
        with self._lock:
            self._barred[domain, item, bar] = time.monotonic()

    def since(self, domain: str, item: str, bar: str) -> float | None:
        """Since when it surely is; None when it may not be."""
        return self._barred.get((domain, item, bar))

    def completing(self, person: str, item: str) -> None:
        """From now on the person may have completed it."""
        with self._lock:
            self._begun[person].add(item)

    def may_have(self, person: str, item: str) -> bool:
        """Whether the person may have completed it."""
        return item in self._begun[person]

    def allows(self, person: str, *, surely_not: bool) -> None:
        """What a person says of personalization: surely no from now on, or perhaps yes."""
        with self._lock:
            if surely_not:
                self._withdrawn[person] = time.monotonic()
            else:
                self._withdrawn.pop(person, None)

    def withdrawn(self, person: str) -> float | None:
        """Since when a person surely does not allow personalization."""
        return self._withdrawn.get(person)


@dataclass
class Site:
    """A workspace at work, somebody who changes it beside, and what is true of it.

    Attributes:
        engine: What is asked; its store is `store`, and can be made to fail.
        store: That store.
        other: Another engine over the same workspace, as another server is; it changes things, and never fails.
        items: Ids by domain.
        needs: Prerequisites by module.
        who: Those who ask.
        truth: What is true.
    """

    engine: Engine
    store: FaultyStore
    other: Engine
    items: Mapping[str, Sequence[str]]
    needs: Mapping[str, Sequence[str]]
    who: Sequence[Who]
    truth: Truth = field(default_factory=Truth)
    changes: int = 0
    """Changes that were acknowledged."""
    _turn: int = 0

    def settle(self) -> None:
        """Say of every item that nothing bars it, and of everybody who they are."""
        for domain, bars in _BARS.items():
            fields = {key: value for _, free, _ in bars.values() for key, value in free.items()}
            self.other.change_items(domain, [Change(id=i, op="patch", fields=fields) for i in self.items[domain]])
        at = int(self.other.clock.now() * 1000)
        traits = [Trait(f"user:{w.name}", "age", str(w.age).encode(), at, "faults") for w in self.who]
        traits += [Trait(f"user:{w.name}", "tier", b'"gold"', at, "faults") for w in self.who if w.gold]
        chance = random.Random(5)
        views = {"shop": "Product Viewed", "channel": "Content Viewed", "academy": "Module Viewed"}
        events = [
            self._event(domain, name, who.name, chance.choice(self.items[domain]))
            for who in self.who
            for domain, name in views.items()
            for _ in range(4)
        ]
        self.other.store.append(events, traits=traits)

    def _event(self, domain: str, name: str, person: str, item: str) -> Event:
        at = int(self.other.clock.now() * 1000)
        self._turn += 1
        return Event(domain, "faults", f"f{self._turn}", 0, name, person, None, at, at, item)

    def change(self, chance: random.Random) -> None:
        """Change one thing or some, and remember when it was acknowledged."""
        kind = chance.random()
        if kind < 0.1:
            self._complete(chance)
        elif kind < 0.15:
            self._consent(chance)
        else:
            self._bar(chance, chance.choice(list(_BARS)))
        self.changes += 1

    def change_each(self, chance: random.Random) -> None:
        """Change something in every catalog."""
        for domain in _BARS:
            self._bar(chance, domain)
            self.changes += 1

    def _bar(self, chance: random.Random, domain: str) -> None:
        name = chance.choice(list(_BARS[domain]))
        bar, free, _ = _BARS[domain][name]
        shut = chance.random() < 0.5
        some = chance.sample(self.items[domain], min(8, len(self.items[domain])))
        for item in some:
            if not shut:
                self.truth.about_to(domain, item, name)
        fields = bar if shut else free
        verdicts = self.other.change_items(domain, [Change(id=one, op="patch", fields=fields) for one in some])
        assert all(one.status not in ("rejected", "missing") for one in verdicts), verdicts
        for item in some:
            if shut and self.truth.since(domain, item, name) is None:
                self.truth.barred(domain, item, name)

    def _complete(self, chance: random.Random) -> None:
        who, item = chance.choice(self.who).name, chance.choice(self.items["academy"])
        self.truth.completing(who, item)
        self.other.store.append([self._event("academy", "Module Completed", who, item)])

    def _consent(self, chance: random.Random) -> None:
        who, granted = chance.choice(self.who).name, chance.random() < 0.7
        if granted:
            self.truth.allows(who, surely_not=False)
        at = int(self.other.clock.now() * 1000)
        self.other.store.append([], consents=[Consent(f"user:{who}", "personalization", granted, at, "faults")])
        if not granted:
            self.truth.allows(who, surely_not=True)

    @contextmanager
    def changing(self, seed: int) -> Iterator[None]:
        """Change things in a thread until the block ends."""
        over, chance = threading.Event(), random.Random(seed)
        broken: list[BaseException] = []

        def run() -> None:
            try:
                while not over.wait(_PAUSE_S):
                    self.change(chance)
            except BaseException as error:
                broken.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            if broken:
                raise broken[0]

    # asking

    def request(self, chance: random.Random) -> tuple[RecommendationRequest, Who | None]:
        """Something that is asked, and by whom; nobody in one of six cases."""
        domain = chance.choice(list(_BARS))
        placements = self.engine.domains[domain].placements
        placement = placements[chance.choice(list(placements))]
        who = chance.choice(self.who) if "person" in placement.needs or chance.random() < 5 / 6 else None
        seeded = "item" in placement.needs
        return RecommendationRequest(
            placement=placement.name,
            domain=domain,
            user_id=None if who is None else who.name,
            items=(chance.choice(self.items[domain]),) if seeded else (),
            region=REGION,
            n=10,
        ), who

    def wrong(self, request: RecommendationRequest, who: Who | None, slate: Any, begun: float) -> list[str]:
        """What of an answer may not be, in words.

        An answer obeys all that was acknowledged before it was asked for. One that says itself that the catalog may be
        stale obeys what was acknowledged longer ago than such a catalog is believed.

        Args:
            request: What was asked.
            who: By whom.
            slate: Ids of the answer's items, and its notes.
            begun: When, on the monotonic clock.
        """
        ids, notes = slate
        domain = request.domain or ""
        placement = self.engine.domains[domain].placements[request.placement]
        behind = TRUSTED_S if any(note.startswith(_STALE) for note in notes) else 0.0
        found = []
        for name, (_, _, constraint) in _BARS[domain].items():
            if constraint not in placement.constraints or _exempt(name, who):
                continue
            for item in ids:
                since = self.truth.since(domain, item, name)
                if since is not None and since < begun - behind:
                    found.append(f"{placement.name}: {item} was barred by {name} for {begun - since:.2f} s")
        if domain == "academy":
            person = "" if who is None else who.name
            found += [
                f"{placement.name}: {item} needs {need}"
                for item in ids
                for need in self.needs.get(item, ())
                if not self.truth.may_have(person, need)
            ]
        if who is not None:
            since = self.truth.withdrawn(who.name)
            if since is not None and since < begun and not any(note.startswith("not personalized") for note in notes):
                found.append(f"{placement.name}: personal, though {who.name} does not allow it")
        return found


def _exempt(bar: str, who: Who | None) -> bool:
    """Whether something that bars others does not bar this person."""
    if bar == "age":
        return who is None or who.age >= RATING
    return bar == "tier" and who is not None and who.gold


def told(slate: Slate) -> tuple[list[str], tuple[str, ...]]:
    """Ids and notes of an answer in process."""
    return [item.id for item in slate.items], slate.degraded


def told_json(body: bytes) -> tuple[list[str], tuple[str, ...]]:
    """The same of an answer over HTTP."""
    slate = json.loads(body)
    return [item["id"] for item in slate["items"]], tuple(slate["degraded"])


def give_heads(engine: Engine) -> None:
    """Publish every release anew with heads that were fitted on nothing, so that formulas serve in small worlds."""
    for domain, setup in engine.domains.items():
        pack, rng = setup.pack, np.random.default_rng(5)
        release, _ = engine.releases.load(domain)
        assert release is not None
        names = tuple(feature.name for feature in pack.features)
        values = rng.random((_ROWS, len(names))).astype(np.float32)
        label = (rng.random(_ROWS) < 0.2 + 0.6 * values[:, 0]).astype(np.float32)
        group = np.arange(_ROWS, dtype=np.int32) // 10
        rows = Rows(names, values, label, np.ones(_ROWS, np.float32), group, group.astype(np.float64))
        parts = {name: part for name, part in release.parts.items() if not name.startswith(HEAD)}
        for head in pack.heads:
            if not head.of:
                state = fit_head(head, rows, rows, Run()).state()
                parts[HEAD + head.name] = Part("head", state.arrays, state.settings)
        steered = {
            "floors": {},
            "placements": [placement.name for placement in pack.placements],
            "chains": [head.name for head in pack.heads if head.of],
        }
        parts[OBJECTIVES] = Part(OBJECTIVES, {}, steered)
        engine.releases.publish(
            domain, pack.name, parts, now=engine.clock.now(), config="", version="0", evidence={}, keep=3
        )


@contextmanager
def site(folder: Path, at: float, to: Path) -> Iterator[Site]:
    """A copy of a trained workspace of three domains at work.

    Args:
        folder: The workspace; left as it is.
        at: The moment at which it is opened, Unix seconds.
        to: Where the copy is made.
    """
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns("data"))
    faulty: list[FaultyStore] = []

    def opened(url: str, root: Path) -> Any:
        faulty.append(FaultyStore(open_store(url, root)))
        return faulty[-1]

    clock = RunningClock(at)
    with Engine.open(to, clock, {}) as other:
        give_heads(other)
        with mock.patch("penchant.engine.engine.open_store", opened):
            engine = Engine.open(to, clock, {})
        with engine:
            engine.waits.trusted_s = TRUSTED_S
            tables = {name: view.parts.table for name, view in engine.recommender.warm().items()}
            items = {n: [i for i, there in zip(t.ids, t.present, strict=True) if there] for n, t in tables.items()}
            modules = other.items_of("academy", items["academy"])
            needs = {name: getattr(item, "prerequisites", ()) for name, item in modules.items()}
            who = [Who(f"fault-{n}", YOUNG if n % 2 else AGE, n % 3 == 0) for n in range(PEOPLE)]
            made = Site(engine, faulty[0], other, items, needs, who)
            made.settle()
            yield made
