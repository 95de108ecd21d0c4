"""A release of any size for a made-up domain: every part a trained one has, and as large, without the hours.

Models are fitted on a part of the log, whole people. Heads are grown to their full number of trees over all features of
the pack on made-up rows, so that they cost no less than trained ones, which stop where more trees do not help.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.clock import SystemClock
from penchant.dataset import Dataset, IdMap, Interactions
from penchant.events import Role
from penchant.features import Statistics
from penchant.models import SLIST, Blend, Run, Share
from penchant.pack import BLEND, HEAD, OBJECTIVES, STATISTICS, Pack
from penchant.ranking import Rows, fit_head
from penchant.storage import ITEM_SPACE, Part, pack_text
from penchant.training import fit

HEAD_ROWS = 12_000
SLIST_BLOCK = 2_000
"""Items that its weights are solved for; a request costs as much with more, a fit far less with these."""


@dataclass(frozen=True)
class Log:
    """What happened, by person and time; arrays of one length. `name` is a place among the names of a `Trade`."""

    person: NDArray[np.int32]
    item: NDArray[np.int32]
    time: NDArray[np.float64]
    name: NDArray[np.int8]

    def __len__(self) -> int:
        """Number of events."""
        return len(self.person)


@dataclass(frozen=True, eq=False)
class Trade:
    """What a domain is about.

    Attributes:
        domain: Its name.
        pack: Its pack.
        names: Role of each event, by name.
        shares: How often each comes, in that order; sums to 1.
        weights: What each counts.
        fitted: Models of the release: those that sources name, and those that blends are most often made of.
        person: What blends for people are made of, with weights.
        seeds: What blends for items are made of.
    """

    domain: str
    pack: Pack
    names: Mapping[str, Role]
    shares: tuple[float, ...]
    weights: tuple[float, ...]
    fitted: tuple[str, ...]
    person: tuple[tuple[str, float], ...]
    seeds: tuple[tuple[str, float], ...]

    @property
    def roles(self) -> NDArray[np.int8]:
        """Role of each name, by its place."""
        return np.array([int(role) for role in self.names.values()], np.int8)


def release(
    trade: Trade, log: Log, table: ItemTable, *, now: float, fitted: int, seq: int, catalog: int, heads: bool = True
) -> dict[str, Part]:
    """All parts of a release.

    Args:
        trade: The domain.
        log: What happened in it.
        table: Its catalog.
        now: The moment of the release, Unix seconds.
        fitted: Events that models are fitted on: whole people, the first of them.
        seq: Last sequence number of the store's log that is counted.
        catalog: Version of the catalog.
        heads: Grow heads; without any, objectives serve by their sums.
    """
    data = dataset(trade, log, table, now, fitted)
    recipes = {name: trade.pack.models[name] for name in trade.fitted}
    if "slist" in recipes:
        recipes["slist"] = SLIST(block=SLIST_BLOCK)
    made = fit(data, recipes, Run(threads=2), SystemClock())
    parts = {ITEM_SPACE: Part("items", pack_text(data.items.ids), {"catalog": catalog})}
    for name, model in made.models.items():
        state = model.state()
        parts[name] = Part(trade.pack.models[name].kind, state.arrays, state.settings)
    if heads:
        parts |= made_heads(trade.pack)
    statistics = Statistics.of(log.item, log.time, trade.roles[log.name], len(table))
    parts[STATISTICS] = Part(STATISTICS, statistics.arrays(), {"seq": seq, "slates": int(now * 1000)})
    floors = {objective.name: 0.3 for objective in trade.pack.objectives}
    places = [placement.name for placement in trade.pack.placements]
    chains = [head.name for head in trade.pack.heads if head.of] if heads else []
    parts[OBJECTIVES] = Part(OBJECTIVES, {}, {"floors": floors, "placements": places, "chains": chains})
    parts[BLEND] = Part(BLEND, {}, {"placements": blends(trade)})
    return parts


def dataset(trade: Trade, log: Log, table: ItemTable, now: float, fitted: int) -> Dataset:
    """The part of the log that models are fitted on: whole people, the first of them."""
    upto = len(log) if len(log) <= fitted else int(np.searchsorted(log.person, log.person[fitted]))
    person, item, time, name = log.person[:upto], log.item[:upto], log.time[:upto], log.name[:upto]
    weights = np.array(trade.weights, np.float32)
    starts = (np.diff(person, prepend=-1) != 0) | (np.diff(time, prepend=0.0) > 1_800)
    session = (np.cumsum(starts) - 1).astype(np.int32)
    goal = trade.roles[name] == Role.GOAL
    n = int(person[-1]) + 1 if upto else 0
    rows = Interactions(
        person=person,
        item=item,
        time=time,
        weight=weights[name],
        role=trade.roles[name],
        quantity=np.ones(upto, np.float32),
        price=np.full(upto, np.nan, np.float32),
        basket=np.where(goal, session, -1).astype(np.int32),
        session=session,
        reversed_at=np.full(upto, np.inf),
        progress=np.full(upto, np.nan, np.float32),
        seconds=np.full(upto, np.nan, np.float32),
        event=name.astype(np.int16),
    )
    people = IdMap([f"user:u{code}" for code in range(n)])
    return Dataset(trade.domain, people, IdMap(list(table.ids)), rows, table, now, events=tuple(trade.names))


def made_heads(pack: Pack, seed: int = 5) -> dict[str, Part]:
    """Heads over all features of the pack, of as many trees as real ones."""
    rng = np.random.default_rng(seed)
    names = tuple(feature.name for feature in pack.features)
    parts: dict[str, Part] = {}
    for head in pack.heads:
        if head.of:
            continue
        values = rng.random((HEAD_ROWS, len(names))).astype(np.float32)
        lean = np.sin(3.0 * values[:, :24]).sum(axis=1) + (values[:, 0] * values[:, 1] * 4.0)
        label = 1.0 / (1.0 + np.exp(-2.0 * (lean - lean.mean())))
        if head.outcome.kind == "chance":
            label = rng.random(HEAD_ROWS) < label
        elif head.outcome.kind == "amount":
            label = 600.0 * label * rng.random(HEAD_ROWS)
        group = np.arange(HEAD_ROWS, dtype=np.int32) // 12
        ones = np.ones(HEAD_ROWS, np.float32)
        rows = Rows(names, values, label.astype(np.float32), ones, group, group.astype(np.float64))
        state = fit_head(head, rows, rows, Run()).state()
        parts[HEAD + head.name] = Part("head", state.arrays, state.settings)
    return parts


def blends(trade: Trade) -> dict[str, object]:
    """What the source `blend` is in each placement: lists for people, or lists for items."""
    found: dict[str, object] = {}
    for placement in trade.pack.placements:
        if not any(source.model == BLEND for source in placement.sources):
            continue
        near = "item" in placement.needs
        shares = tuple(
            Share(model=name, reads="seeds" if near else "person", weight=weight)
            for name, weight in (trade.seeds if near else trade.person)
        )
        made = Blend(by="rank", shares=shares)
        found[placement.name] = {
            "by": made.by,
            "shares": [{"model": s.model, "reads": s.reads, "weight": s.weight} for s in made.shares],
        }
    return found
