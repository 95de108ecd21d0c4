"""RecTools (Apache-2.0): EASE, and SASRec, which is slow on a processor and runs only when asked for."""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from protocol import LIST, Fold, padded
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import EASEModel, SASRecModel

warnings.filterwarnings("ignore")


def frame(person: Any, item: Any) -> pd.DataFrame:
    """Interactions in the library's form; the row's number is its time, so that the order stays."""
    moments = pd.to_datetime(np.arange(len(item)), unit="s")
    return pd.DataFrame(
        {Columns.User: np.asarray(person, np.int64), Columns.Item: item, Columns.Weight: 1.0, Columns.Datetime: moments}
    )


class RecTools(ABC):
    """A model of the library."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    @abstractmethod
    def make(self) -> Any:
        """The library's own object."""

    def fit(self, fold: Fold) -> None:
        """Fit on goals."""
        self.rows = frame(fold.person[fold.goal], fold.item[fold.goal])
        self.data = Dataset.construct(self.rows)
        self.model = self.make()
        self.model.fit(self.data)

    def lists(self, fold: Fold, mode: str) -> Any:
        """Lists of people it knows, or of sessions, where the model takes new ones."""
        new, data, asked = mode == "new", self.data, fold.asked
        if fold.sessions:
            lengths = np.diff(fold.prefix_ptr)
            asked = np.arange(len(fold.asked)) + int(fold.n_people) + 1
            data = Dataset.construct(frame(np.repeat(asked, lengths), fold.prefix))
        depth = LIST + (150 if new and not fold.goal.all() else 0)
        found = self.model.recommend(
            users=asked, dataset=data, k=depth, filter_viewed=new, on_unsupported_targets="ignore"
        )
        seen = np.unique(fold.person.astype(np.int64) * int(fold.n_items) + fold.item)
        by = {user: part[Columns.Item].to_numpy() for user, part in found.groupby(Columns.User, sort=False)}
        rows = []
        for user in asked:
            row = by.get(user, np.zeros(0, np.int64))
            if new:
                row = row[~np.isin(user * int(fold.n_items) + row, seen)]
            rows.append(row)
        return padded(rows)


class EASE(RecTools):
    """The closed-form linear model."""

    def make(self) -> Any:
        """See the class."""
        return EASEModel(**self.settings)


class SASRec(RecTools):
    """The transformer, stopped by the clock."""

    def make(self) -> Any:
        """See the class."""
        import torch
        from pytorch_lightning import Callback, Trainer, seed_everything

        seed_everything(7, verbose=False)
        torch.set_num_threads(2)
        seconds = self.settings["seconds"]

        class Clock(Callback):
            """Ends the training when the next epoch would not fit."""

            def on_train_start(self, trainer: Any, module: Any) -> None:
                self.began, self.epochs = time.time(), 0

            def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
                self.epochs += 1
                used = time.time() - self.began
                trainer.should_stop = used * (self.epochs + 1) / self.epochs > seconds

        def trainer() -> Trainer:
            return Trainer(
                max_epochs=60, min_epochs=1, accelerator="cpu", devices=1, logger=False, callbacks=[Clock()],
                enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
            )  # fmt: skip

        return SASRecModel(
            n_factors=64, n_blocks=2, n_heads=2, session_max_len=20, lr=1e-3, batch_size=128, loss="softmax",
            get_trainer_func=trainer, recommend_torch_device="cpu",
        )  # fmt: skip


SYSTEMS = {
    "rectools-ease": (EASE, [{"regularization": r} for r in (250.0, 20.0, 60.0, 120.0, 500.0, 1000.0, 2500.0)]),
    "rectools-sasrec": (SASRec, [{"seconds": 150.0}]),
}
"""Name to class and the settings it may try."""
