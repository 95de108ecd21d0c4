"""penchant in the quality benchmark: the pack's models, searched, blended and fitted by the library's own parts."""

from __future__ import annotations

import os
from typing import Any

from learner import Learner
from protocol import LIST, Fold
from world import PACKS, dataset, requests, seen_by, targets

from penchant.dataset import Dataset
from penchant.evaluation import Targets
from penchant.pack import Task

TASKS: dict[str, Task] = {"all": "next", "new": "new", "next": "following"}


class Penchant:
    """The system; `learn` is called once for all modes, with the seconds that this many model families would get."""

    families = 8

    def __init__(self, learner: Learner) -> None:
        self.learner = learner
        self.about = {mode: learner.told.get(task) for mode, task in TASKS.items()}

    @classmethod
    def learn(cls, valid: Fold, modes: list[str], seconds: float) -> Penchant:
        """Choose settings and blends on the validation fold."""
        learner = Learner(PACKS[os.environ["BENCH_DOMAIN"]])
        data = _data(learner, valid)
        learner.choose(data, {TASKS[mode]: _judged(data, valid, mode) for mode in modes}, seconds)
        return cls(learner)

    def fit(self, fold: Fold) -> None:
        """Fit on everything in the fold."""
        self.data = _data(self.learner, fold)
        self.learner.fit(self.data)

    def lists(self, fold: Fold, mode: str) -> Any:
        """Lists of everyone asked for."""
        return self.learner.lists(_judged(self.data, fold, mode), LIST)


def _data(learner: Learner, fold: Fold) -> Dataset:
    known = len(set(fold.basket[:1000].tolist())) > 1
    return dataset(
        learner.pack, fold.person, fold.item, fold.time, fold.goal, fold.basket if known else None,
        n_people=int(fold.n_people), n_items=int(fold.n_items), now=float(fold.now), texts=fold.texts,
        labels=fold.labels,
    )  # fmt: skip


def _judged(data: Dataset, fold: Fold, mode: str) -> Targets:
    ptr, items = fold.goals(mode)
    repeat = fold.repeat if mode != "new" else fold.repeat[~fold.repeat]
    if fold.sessions:
        queries = requests(fold.prefixes(), float(fold.now))
        seen = [seed[None] for seed in queries.seeds]
    else:
        queries = data.queries(fold.asked.astype("int32"))
        seen = seen_by(data, fold.asked) if mode == "new" else [fold.asked[:0]] * len(fold.asked)
    return targets(TASKS[mode], data, queries, fold.group, ptr, items, repeat, seen)


SYSTEMS = {"penchant": (Penchant, [{}])}
"""Name to class and the settings it may try; it chooses by itself."""
