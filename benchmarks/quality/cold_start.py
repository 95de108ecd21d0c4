"""What the first slate of somebody new is worth, before and after they answered a few questions.

A channel is lived through for some days by people who are shown items at random. Whoever did not come in these days is
new: their first `feed` is judged by the word of the world itself: expected starts, and satisfaction of one slate.
They answer what `penchant questions` asks, from their true taste: of each question the answers whose items
they enjoy more than others, at most three; once exactly, once as people do who do not know themselves well.

    python benchmarks/quality/cold_start.py [--people 1500] [--days 7] [--seeds 1 2 3] [--out cold_start.json]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.catalog import ItemTable, Question, Schema, questions
from penchant.catalog.questions import MOST_ANSWERS, MOST_QUESTIONS
from penchant.clock import DAY, FixedClock
from penchant.dataset import Queries
from penchant.evaluation.interval import difference, interval
from penchant.events import Role
from penchant.features import Statistics
from penchant.models.popularity import FittedPopular
from penchant.pack import Facts
from penchant.packs import content
from penchant.people import Likes
from penchant.placements import Ask, Parts, answer
from penchant.placements.liking import matching
from penchant.simulation.channel import Channel
from penchant.simulation.channel.choosing import LEAVES_FEED, chances, looks
from penchant.simulation.loop import Answers, Asks, live
from penchant.simulation.policies import Chance

SIZE = 10
MOST = 3
"""Answers of a question that a person chooses."""
DOUBT = 0.5
"""How far off people are who do not know themselves well, in standard deviations of enjoyment."""

Reals = NDArray[np.float64]


class Watching:
    """Shows items at random, and remembers what people completed and who came."""

    def __init__(self, channel: Channel, seed: int) -> None:
        """Take a channel."""
        self._chance = Chance(seed, channel.available)
        self._code = {name: i for i, name in enumerate(channel.ids)}
        self.events: list[pa.Table] = []
        self.came: set[int] = set()

    def answer(self, asks: Asks) -> Answers:
        """Chance."""
        self.came.update(asks.person.tolist())
        return self._chance.answer(asks)

    def observe(self, events: pa.Table) -> None:
        """Remember."""
        self.events.append(events)

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """The catalog is read at the end."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""

    def completed(self) -> tuple[NDArray[np.int64], Reals]:
        """Items completed, and when."""
        events = pa.concat_tables(self.events)
        done = np.array([name == "Content Completed" for name in events["event"].to_pylist()])
        items = np.array([self._code[name] for name in events["item"].to_pylist()], np.int64)
        times = np.array([moment.timestamp() for moment in events["time"].to_pylist()])
        return items[done], times[done]


def answers(asked: Sequence[Question], table: ItemTable, joy: Reals, doubt: Reals) -> Likes:
    """What one person chooses of each question, by what they enjoy and how far off they are about each answer."""
    usual, chosen = float(joy.mean()), dict[str, tuple[Any, ...]]()
    off = iter(doubt.tolist())
    for question in asked:
        told = [
            joy[matching(table, question.field, (option.value,)) > 0].mean() + next(off) for option in question.options
        ]
        best = [i for i in np.argsort(told)[::-1][:MOST].tolist() if told[i] > usual]
        if best:
            chosen[question.field] = tuple(question.options[i].value for i in best)
    return chosen


def judged(people: int, days: int, seed: int) -> Mapping[str, tuple[Reals, Reals]]:
    """Expected starts and satisfaction of each new person's first slate, by policy."""
    channel = Channel(people=people, seed=seed, days=days + 1)
    watching = Watching(channel, seed)
    live(channel, watching, days)
    now = channel.start + days * DAY + DAY / 2
    table = _table(channel)
    code = {name: i for i, name in enumerate(channel.ids)}
    items = np.array([code[name] for name in table.ids])
    row = np.full(len(channel.ids), -1)
    row[items] = np.arange(len(items))
    done, times = watching.completed()
    done, times = row[done[row[done] >= 0]], times[row[done] >= 0]
    statistics = Statistics.of(done, times, np.full(len(done), int(Role.GOAL)), len(table))
    counts = np.bincount(done, minlength=len(table)).astype(np.float32)
    popular = FittedPopular(counts, np.argsort(-counts, kind="stable").astype(np.int32))

    pack = content.PACK
    feed = next(placement for placement in pack.placements if placement.name == "feed")
    # A site with so few events has popularity, and little else that is worth asking.
    learned = {"popular-week": popular, "popular": popular, "popular-day": popular}
    events = Parts(pack, learned, table, len(table), statistics=statistics)
    nothing = Parts(pack, {}, table, 0)
    asked = questions(table, pack.attributes)
    liked = questions(table, pack.attributes, counts.astype(np.float64))

    new = np.array(sorted(set(range(people)) - watching.came))
    utility, prospect = channel.prospects(new, np.full(len(new), now), items)
    rng = np.random.default_rng([seed, 5])
    found: dict[str, tuple[Reals, Reals]] = {}

    def serve(name: str, parts: Parts, likes: Sequence[Likes]) -> None:
        slates = np.array([_slate(feed, parts, one, now) for one in likes])
        at = np.arange(len(new))[:, None]
        chance = chances(
            utility[at, slates], looks(SIZE, channel.mechanisms.position_bias), np.full(len(new), LEAVES_FEED)
        )
        found[name] = chance.sum(axis=1), (chance * prospect.worth[at, slates]).sum(axis=1)

    nobody: list[Likes] = [{}] * len(new)
    sure = np.zeros(MOST_QUESTIONS * MOST_ANSWERS)
    unsure = DOUBT * rng.standard_normal((len(new), len(sure)))
    serve("newest (no events)", nothing, nobody)
    serve("newest + answers (no events)", nothing, [answers(asked, table, joy, sure) for joy in prospect.joy])
    serve("popular", events, nobody)
    serve("popular + answers", events, [answers(liked, table, joy, sure) for joy in prospect.joy])
    serve(
        "popular + doubtful answers",
        events,
        [answers(liked, table, *pair) for pair in zip(prospect.joy, unsure, strict=True)],
    )
    shuffled = np.array([rng.permutation(len(items))[:SIZE] for _ in new])
    at = np.arange(len(new))[:, None]
    chance = chances(
        utility[at, shuffled], looks(SIZE, channel.mechanisms.position_bias), np.full(len(new), LEAVES_FEED)
    )
    found["chance"] = chance.sum(axis=1), (chance * prospect.worth[at, shuffled]).sum(axis=1)
    return found


def _slate(feed: Any, parts: Parts, likes: Likes, now: float) -> list[int]:
    ask = Ask(Facts(Queries.single(now)), SIZE, parts.pack.objectives[0], np.ones(len(parts.table), bool), likes=likes)
    return [parts.table.row(item.id) for item in answer(feed, parts, ask, FixedClock(now)).items]


def _table(channel: Channel) -> ItemTable:
    items = [
        msgspec.convert({name: told for name, told in fields.items() if told is not None}, content.Content)
        for fields in channel.catalog()
    ]
    return ItemTable([item.id for item in items], items, Schema.of(content.Content))


def main(words: Sequence[str]) -> dict[str, Any]:
    """Run all seeds and tell of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1_500)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--out", type=Path)
    told = parser.parse_args(words)
    runs = [judged(told.people, told.days, seed) for seed in told.seeds]
    rows = []
    for name in runs[0]:
        starts = np.concatenate([run[name][0] for run in runs])
        worth = np.concatenate([run[name][1] for run in runs])
        base = np.concatenate([run["popular"][1] for run in runs])
        mean, more = interval(worth), difference(worth, base)
        assert mean is not None and more is not None
        rows.append(
            {
                "policy": name,
                "people": len(worth),
                "starts": round(float(starts.mean()), 4),
                "satisfaction": round(mean.mean, 4),
                "low": round(mean.low, 4),
                "high": round(mean.high, 4),
                "against_popular": round(more.mean, 4),
                "against_low": round(more.low, 4),
                "against_high": round(more.high, 4),
            }
        )
    report = {"people": told.people, "days": told.days, "seeds": told.seeds, "rows": rows}
    if told.out is not None:
        told.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(
            f"{row['policy']:<30} starts {row['starts']:.3f}  satisfaction {row['satisfaction']:.4f}"
            f" [{row['low']:.4f}, {row['high']:.4f}]  against popular {row['against_popular']:+.4f}"
            f" [{row['against_low']:+.4f}, {row['against_high']:+.4f}]"
        )
    return report


if __name__ == "__main__":
    main(sys.argv[1:])
