"""One world, or the worlds of one site, lived through: a history, and from its end every arm on a copy of its own."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from penchant.clock import DAY
from penchant.engine import Engine
from penchant.proof.engine_policy import EnginePolicy, Logged, trained
from penchant.proof.question import ACADEMY, BOTH, SHOP, SITES, STREAM, Arm
from penchant.proof.sampled import Sampled
from penchant.proof.shared import ALONE, PLACEMENTS, TOGETHER
from penchant.proof.site import WorldClock, configure, opened
from penchant.proof.size import Lived
from penchant.proof.wording import PLAIN, Wording
from penchant.serving import read_logged
from penchant.simulation.channel import Channel, StreamMechanisms
from penchant.simulation.loop import LivingWorld, Outcome, live_together
from penchant.simulation.market import Market, ShopMechanisms
from penchant.simulation.policies import Chance
from penchant.simulation.school import AcademyMechanisms, School

START = 1_767_225_600.0
"""The worlds' first day, 2026-01-01; only the calendar of the log depends on it."""

HORIZON = 200
"""Days for which worlds foresee what comes new."""

PACKS = {SHOP: "product", STREAM: "content", ACADEMY: "learning"}

FIRST = Arm(
    "first",
    "Serves after chance, and explores widely, so that later arms learn from ranked slates.",
    "explore = 0.2\n",
)

_MECHANISMS: Mapping[str, Any] = {SHOP: ShopMechanisms, STREAM: StreamMechanisms, ACADEMY: AcademyMechanisms}


@dataclass(frozen=True)
class Job:
    """The worlds of one site and seed, and the arms that are compared in them.

    Attributes:
        site: One of `SITES`.
        seed: Of all luck.
        factors: Mechanisms that are not as published.
        arms: Which.
        lived: How long, and by how many people.
    """

    site: str
    seed: int
    factors: tuple[tuple[str, float], ...]
    arms: tuple[Arm, ...]
    lived: Lived

    def name(self, arm: Arm) -> str:
        """A name of one arm's part that no other has."""
        off = "-".join(f"{name}{factor:g}" for name, factor in self.factors) or "all"
        return f"{self.site.replace(' ', '-')}-{self.seed}-{off}-{arm.name}-{self.lived.digest}"


@dataclass(frozen=True)
class Told:
    """What came of one arm.

    Attributes:
        means: Means over people by measure; of a site with several worlds, measures are named after theirs.
        ranked: How many slates each way to rank ordered: an objective's formula, or the sum that stood in for it.
        notes: What is to be known of it: why a formula did not serve, and answers that were not as they should be.
    """

    means: dict[str, float]
    ranked: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Layout:
    """How a site's worlds lie in a workspace.

    Attributes:
        packs: Pack by domain.
        domain: Domain that serves each world, by world.
        wording: How it is told of each.
        more: What stands below the domains in penchant.toml.
    """

    packs: Mapping[str, str]
    domain: Mapping[str, str]
    wording: Mapping[str, Wording]
    more: str = ""

    @classmethod
    def of(cls, site: str, arms: Sequence[Arm], *, shared: bool) -> _Layout:
        """The layout of a site for those arms that share a domain, or those that do not."""
        worlds = SITES[site]
        own = "".join(dict.fromkeys(arm.tables for arm in arms if arm.shared == shared))
        first = worlds[0]
        if shared:
            return cls({first: PACKS[first]}, dict.fromkeys(worlds, first), TOGETHER, own + PLACEMENTS)
        wording = ALONE if site == BOTH else dict.fromkeys(worlds, PLAIN)
        return cls({world: PACKS[world] for world in worlds}, {world: world for world in worlds}, wording, own)


def world_of(site: str, seed: int, people: int, factors: Mapping[str, float]) -> LivingWorld:
    """A world with some mechanisms at another factor.

    Args:
        site: Its name.
        seed: Of all its luck.
        people: How many.
        factors: By mechanism; those that this world does not have are left out.
    """
    kind = _MECHANISMS[site]
    own = kind(**{field.name: factors[field.name] for field in fields(kind) if field.name in factors})
    if site == SHOP:
        return Market(people=people, seed=seed, start=START, mechanisms=own, horizon=HORIZON)
    if site == STREAM:
        return Channel(people=people, seed=seed, start=START, mechanisms=own, days=HORIZON)
    return School(people=people, seed=seed, start=START, mechanisms=own)


def lived(
    job: Job, done: Callable[[Arm, Told], None] = lambda arm, told: None, arms: Sequence[Arm] | None = None
) -> dict[str, Told]:
    """Live through a job.

    Args:
        job: What.
        done: Called with each arm as it ends.
        arms: Those that are to be run; all of the job's when None.

    Returns:
        What came of each arm, by its name.
    """
    found: dict[str, Told] = {}
    wanted = job.arms if arms is None else arms
    for shared in dict.fromkeys(arm.shared for arm in wanted):
        layout = _Layout.of(job.site, job.arms, shared=shared)
        with tempfile.TemporaryDirectory(prefix="penchant-proof-") as scratch:
            history = _History(Path(scratch) / "history", job, layout)
            for arm in wanted:
                if arm.shared == shared:
                    found[arm.name] = history.goes_on(Path(scratch) / arm.name, arm)
                    done(arm, found[arm.name])
    return found


class _History:
    """A site's first weeks: chance picks, a release is trained and serves, and another is trained."""

    def __init__(self, folder: Path, job: Job, layout: _Layout) -> None:
        self._folder, self._job, self._layout = folder, job, layout
        factors, clock = dict(job.factors), WorldClock(START)
        worlds = {name: world_of(name, job.seed, job.lived.people, factors) for name in SITES[job.site]}
        configure(folder, layout.packs, FIRST, layout.more)
        with opened(folder, clock) as engine:
            for name, world in worlds.items():
                items = [layout.wording[name].item(fields) for fields in world.catalog()]
                engine.put_items(layout.domain[name], items)
            first = [
                Logged(
                    engine,
                    layout.domain[name],
                    world,
                    clock,
                    Chance(job.seed, world.available),
                    layout.wording[name],
                )
                for name, world in worlds.items()
            ]
            live_together(list(worlds.values()), first, job.lived.chance_days)
            _train(engine, layout)
            if job.lived.first_days:
                live_together(list(worlds.values()), self._served(engine, worlds, clock), job.lived.first_days)
                _train(engine, layout)
        self._worlds, self._at = worlds, clock.at

    def goes_on(self, folder: Path, arm: Arm) -> Told:
        """What comes of one arm on a copy of it all."""
        job, layout = self._job, self._layout
        shutil.copytree(self._folder, folder)
        configure(folder, layout.packs, arm, layout.more)
        worlds, clock = copy.deepcopy(self._worlds), WorldClock(self._at)
        with opened(folder, clock, arm) as engine:
            policies = self._served(engine, worlds, clock, train_days=job.lived.train_days)
            outcomes = live_together(list(worlds.values()), policies, job.lived.days)
            engine.flush()
            ranked, degraded = Counter[str](), Counter[str]()
            for domain in layout.packs:
                ranked.update(_ranked(engine, domain, self._at, clock.at))
            notes = [text for domain in layout.packs if (text := _held_back(engine, domain))]
            for policy in policies:
                degraded.update(policy.degraded)
            notes += [f"{note} ({n} answers)" for note, n in degraded.items()]
        shutil.rmtree(folder)
        return Told(_means(dict(zip(worlds, outcomes, strict=True)), job.lived.served), dict(ranked), tuple(notes))

    def _served(
        self, engine: Engine, worlds: Mapping[str, LivingWorld], clock: WorldClock, *, train_days: float = 0.0
    ) -> list[Sampled]:
        last = list(worlds)[-1]
        until = clock.at + self._job.lived.days * DAY
        return [
            Sampled(
                EnginePolicy(
                    engine,
                    self._layout.domain[name],
                    world,
                    clock,
                    self._layout.wording[name],
                    train_days=train_days if name == last else 0.0,
                    until=until,
                    train=lambda: _train(engine, self._layout),
                ),
                Chance(self._job.seed, world.available),
                self._job.lived.served,
            )
            for name, world in worlds.items()
        ]


def _train(engine: Engine, layout: _Layout) -> None:
    for domain in layout.packs:
        trained(engine, domain)


def _ranked(engine: Engine, domain: str, since: float, until: float) -> Counter[str]:
    """What ranked the slates of a stretch of time."""
    by = Counter[str]()
    for batch in engine.store.slates(domain, after=int(since * 1000), until=int(until * 1000)):
        for row in batch:
            how = read_logged(row.body).ranked
            by["nothing" if how is None else f"{how.objective} by its {how.by}"] += 1
    return by


def _held_back(engine: Engine, domain: str) -> str:
    """Why the last release does not serve the domain's objective by its formula; empty when it does."""
    order = engine.releases.order(domain)
    rows = engine.releases.read(domain, order[0]).manifest.evidence["objectives"] if order else None
    wanted = engine.domains[domain].objective
    return next(
        (f"{wanted} was held back: {r['reason']}" for r in rows or () if r["name"] == wanted and r["reason"]), ""
    )


def _means(outcomes: Mapping[str, Outcome], served: int) -> dict[str, float]:
    """Means over the people who were served; of rates the ratio of sums."""
    found: dict[str, float] = {}
    for world, outcome in outcomes.items():
        told = {**outcome.states, **outcome.sums}
        means = {name: float(values[:served].mean()) for name, values in told.items()}
        if means.get("orders"):
            means["return_rate"] = means["returns"] / means["orders"]
        found |= means if len(outcomes) == 1 else {f"{world}.{name}": mean for name, mean in means.items()}
    return found
