"""penchant behind the interface of `peerbench`, an outside benchmark with its own protocol, peers and data.

    PYTHONPATH=PEERBENCH:benchmarks/quality python -m peerbench.run --add penchant=peerbench_adapter:Penchant \
        --grid '[{"seconds": 240}]' --models penchant --datasets online-retail --out results

It is handed the rows before a moment and nothing of its tuning window, so it holds some out by itself: settings and
blends are chosen there, and everything is fitted again on all rows. What is held out is the newest tenth of all rows,
or up to a quarter where there are few (`"held": "newest"`), which is how a site meets its future, or each person's
latest goals (`"held": "latest"`), which is right where a set is cut person by person. With both in the grid the harness
chooses by its own tuning window.

The harness does not say what a set is of, and whoever runs penchant does: `"pack": "learning"` for courses. Without it
sets with baskets and sessions are a shop's, all others content.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from learner import Learner
from world import PACKS, dataset, requests, seen_by, targets

from penchant.dataset import Dataset
from penchant.evaluation import Targets
from penchant.pack import Task

HELD = 0.1
"""Share of the newest goals that choices are made on, where that is enough of them."""

LEAST, WIDEST = 6_000, 0.25
"""Goals that choices are made on at least, and the share that this may take: some hours of a course tell nothing of
what opens next week."""

LATEST = 5
"""Goals of each person that are held out where each person's latest are; never more than half of them."""

MOST = 1_500
"""People (or next clicks) that choices are made on at most."""


class Penchant:
    """One object a fold, as the harness makes them."""

    kinds = ("user", "session")

    def fit(self, train: Any, ctx: Any, seconds: float = 240.0, held: str = "newest", pack: str = "") -> Penchant:
        """Choose on rows that are held out, then fit on all."""
        train = train.sort_values(["user", "ts"], kind="stable")
        self.columns = {name: train[name].to_numpy() for name in ("user", "item", "ts", "value")}
        self.columns["basket"] = train["basket"].to_numpy() if "basket" in train else None
        self.ctx = ctx
        pack = pack or ("product" if "basket" in train or ctx.kind == "session" else "content")
        self.texts, self.labels = _said(ctx)
        self.learner = Learner(PACKS[pack], threads=ctx.threads, seed=ctx.seed)
        later, cut = self._newest() if held == "newest" else (self._latest(), float(ctx.now))
        before = self._data(~later, cut)
        make = self._steps if ctx.kind == "session" else self._people
        self.learner.choose(before, make(before, later), seconds)
        self.data = self._data(np.ones(len(train), bool), float(ctx.now))
        self.learner.fit(self.data)
        self.info = self.learner.told
        return self

    def recommend(self, users: Any, k: int, exclude_seen: bool) -> Any:
        """Lists of people, by their codes."""
        users = np.asarray(users)
        seen = seen_by(self.data, users) if exclude_seen else [users[:0]] * len(users)
        return self._lists("new" if exclude_seen else "next", self.data.queries(users.astype(np.int32)), seen, k)

    def recommend_sessions(self, prefixes: list[Any], k: int, exclude_prefix: bool) -> Any:
        """Lists of sessions, by what came before in them."""
        queries = requests(prefixes, float(self.ctx.now))
        seen = [np.unique(part) if exclude_prefix else queries.seeds[:0] for part in prefixes]
        return self._lists("following", queries, seen, k)

    def _lists(self, task: Task, queries: Any, seen: list[Any], k: int) -> Any:
        n = len(queries)
        none = np.zeros(0, np.int32)
        judged = targets(task, self.data, queries, np.arange(n), np.zeros(n + 1), none, none, seen)
        return self.learner.lists(judged, k)

    def _data(self, known: Any, now: float) -> Dataset:
        c = self.columns
        return dataset(
            self.learner.pack, c["user"][known], c["item"][known], c["ts"][known], c["value"][known] > 0,
            None if c["basket"] is None else c["basket"][known],
            n_people=self.ctx.n_users, n_items=self.ctx.n_items, now=now, texts=self.texts, labels=self.labels,
        )  # fmt: skip

    def _newest(self) -> tuple[Any, float]:
        """The newest rows of all, and when they begin."""
        ts, value = self.columns["ts"], self.columns["value"]
        goals = ts[value > 0]
        cut = float(np.quantile(goals, 1 - min(WIDEST, max(HELD, LEAST / len(goals)))))
        return ts >= cut, cut

    def _latest(self) -> Any:
        """Each person's latest rows that are goals; rows lie by person and time."""
        user, goal = self.columns["user"], self.columns["value"] > 0
        at = np.flatnonzero(goal)
        ends = np.flatnonzero(np.r_[user[at][1:] != user[at][:-1], True]) + 1
        count = np.diff(np.r_[0, ends])
        left = np.repeat(ends, count) - np.arange(len(at))  # 1 for the last goal of a person
        later = np.zeros(len(user), bool)
        later[at[left <= np.minimum(LATEST, np.repeat(count, count) // 2)]] = True
        return later

    def _people(self, before: Dataset, later: Any) -> dict[Task, Targets]:
        """Who is judged by what was held out, with repeats and without."""
        c = self.columns
        n = self.ctx.n_items
        later = later & (c["value"] > 0)
        known = np.zeros(n, bool)
        known[before.interactions.item] = True
        warm = np.zeros(self.ctx.n_users, bool)
        warm[before.interactions.person[before.interactions.weight > 0]] = True
        later &= known[c["item"]] & warm[c["user"]]
        keys = np.unique(c["user"][later].astype(np.int64) * n + c["item"][later])
        people = np.unique(keys // n)
        if len(people) > MOST:
            people = np.sort(np.random.default_rng(self.ctx.seed).choice(people, MOST, replace=False))
            keys = keys[np.isin(keys // n, people)]
        had = np.unique(before.interactions.person.astype(np.int64) * n + before.interactions.item)
        repeat = np.isin(keys, had)
        found: dict[Task, Targets] = {}
        for task, chosen in (("next", keys), ("new", keys[~repeat])):
            judged = np.unique(chosen // n)
            ptr = np.append(np.searchsorted(chosen // n, judged), len(chosen))
            seen = seen_by(before, judged) if task == "new" else [judged[:0]] * len(judged)
            marks = repeat if task == "next" else np.zeros(len(chosen), bool)
            queries = before.queries(judged.astype(np.int32))
            if len(judged):
                found[task] = targets(task, before, queries, judged, ptr, chosen % n, marks, seen)  # type: ignore[index,arg-type]
        return found

    def _steps(self, before: Dataset, later: Any) -> dict[Task, Targets]:
        """The next clicks of sessions that were held out."""
        c = self.columns
        known = np.zeros(self.ctx.n_items, bool)
        known[before.interactions.item] = True
        later = later & (c["value"] > 0) & known[c["item"]]
        session, item = c["user"][later], c["item"][later]
        first = np.flatnonzero(np.r_[True, session[1:] != session[:-1]])
        start = np.repeat(first, np.diff(np.append(first, len(item))))
        steps = np.flatnonzero(np.arange(len(item)) > start)
        if len(steps) > MOST:
            steps = np.sort(np.random.default_rng(self.ctx.seed).choice(steps, MOST, replace=False))
        queries = requests([item[a:b] for a, b in zip(start[steps], steps, strict=True)], before.now)
        ptr, no = np.arange(len(steps) + 1), np.zeros(len(steps), bool)
        none = [queries.seeds[:0]] * len(steps)
        return {"following": targets("following", before, queries, session[steps], ptr, item[steps], no, none)}


def _said(ctx: Any) -> tuple[Any, Any]:
    """A text and a label an item, from whatever the harness knows of items."""
    meta = ctx.item_meta
    if meta is None:
        return (), ()
    meta = meta.drop_duplicates("item").set_index("item").reindex(ctx.item_ids)
    texts = next((meta[c] for c in ("description", "title", "activity_type", "tag") if c in meta), None)
    labels = next((meta[c] for c in ("genres", "author_id", "activity_type", "category") if c in meta), None)
    if texts is None:
        return (), ()
    none = [""] * len(meta)
    return texts.fillna("").astype(str).to_numpy(), none if labels is None else labels.fillna("").astype(str).to_numpy()
