"""Several heads asked at once: their features are joined, and all their trees are summed up in one call."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from penchant.ranking.chain import AnyHead, Chain, product
from penchant.ranking.fitted import FittedHead, booster_of
from penchant.ranking.trees import Trees

_PROBES = 256


class Heads(Mapping[str, AnyHead]):
    """Heads by name, and a faster way to ask several of them.

    A call of XGBoost costs as much as some twenty trees, whatever it is asked; heads that are asked together share it.
    """

    def __init__(self, heads: Mapping[str, AnyHead], together: Iterable[Collection[str]] = ()) -> None:
        """Join heads; takes some milliseconds for each group, so this is for when a release is loaded.

        Args:
            heads: By name.
            together: Names of heads that are asked together, for each formula.
        """
        self._heads = dict(heads)
        groups = {frozenset(names) for names in together}
        self._groups = {names: Group({n: h for n, h in heads.items() if n in names}) for names in groups if names}
        self.kept: dict[object, Any] = {}
        """What whoever asks worked out of these heads and wants to find again; it goes with them."""

    def __getitem__(self, name: str) -> AnyHead:
        """The head of this name."""
        return self._heads[name]

    def __iter__(self) -> Iterator[str]:
        """Names of the heads."""
        return iter(self._heads)

    def __len__(self) -> int:
        """Number of heads."""
        return len(self._heads)

    def group(self, names: Iterable[str]) -> Group | None:
        """These heads in one, if they were told to be asked together."""
        return self._groups.get(frozenset(names))


class Group:
    """Heads that are asked together.

    Their trees become those of one model with an output for each head, over the features that any tree asks for. It is
    tried against the heads themselves when it is made: it answers the same to the bit, or is not used.

    Attributes:
        features: Names of what is read, in the order of the columns of `predict`. What no tree of any head asks for is
            not among them.
    """

    def __init__(self, heads: Mapping[str, AnyHead]) -> None:
        """Join heads; of chains, their parts, each once."""
        self._heads: dict[str, FittedHead] = {}
        self._steps: dict[str, tuple[str, ...]] = {}
        for name, head in heads.items():
            parts = {part.name: part for part in head.parts} if isinstance(head, Chain) else {name: head}
            self._heads |= parts
            self._steps[name] = tuple(parts)
        every = tuple(dict.fromkeys(name for head in self._heads.values() for name in head.features))
        at = {name: column for column, name in enumerate(every)}
        self._columns = {name: np.array([at[f] for f in head.features]) for name, head in self._heads.items()}
        made = self._made(len(every))
        self._whole = None if made is None else made[0]
        self.features = every if made is None else tuple(every[column] for column in made[1])

    @property
    def joined(self) -> bool:
        """Whether one call answers for all heads."""
        return self._whole is not None

    def predict(self, values: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """Calibrated predictions of all heads.

        Args:
            values: Shape (m, len(features)), float32; NaN where nothing can be said.

        Returns:
            By name, shape (m,): to the bit what each head says for itself.
        """
        if not len(values):
            return {name: np.zeros(0, np.float32) for name in self._steps}
        if self._whole is None:
            said = {name: head.predict(values[:, self._columns[name]]) for name, head in self._heads.items()}
        else:
            margins = self._whole.margins(values).reshape(len(values), -1)
            said = {name: head.calibrated(margins[:, at]) for at, (name, head) in enumerate(self._heads.items())}
        return {name: product([said[step] for step in steps]) for name, steps in self._steps.items()}

    def _made(self, n: int) -> tuple[Trees, list[int]] | None:
        """One model of all the trees, and which of the n columns it reads, if it answers as the heads do."""
        rng = np.random.default_rng(0)
        probes = rng.standard_normal((_PROBES, n)).astype(np.float32)
        probes *= np.float32(10.0) ** rng.integers(-2, 4, n).astype(np.float32)
        probes[rng.random(probes.shape) < 0.1] = np.nan
        try:
            booster, reads = joined([head.booster for head in self._heads.values()], list(self._columns.values()))
            whole = Trees(booster)
            found = whole.margins(probes[:, reads]).reshape(_PROBES, -1)
        except (xgboost.core.XGBoostError, LookupError, TypeError, ValueError, RuntimeError):
            # Another version of XGBoost may write its models in another form; then heads are asked one by one.
            return None
        own = [_margins(head.booster, probes[:, self._columns[name]]) for name, head in self._heads.items()]
        same = found.shape == (_PROBES, len(own)) and all(np.array_equal(found[:, n], one) for n, one in enumerate(own))
        return (whole, reads) if same else None


def joined(
    boosters: Sequence[xgboost.Booster], columns: Sequence[NDArray[np.integer[Any]]]
) -> tuple[xgboost.Booster, list[int]]:
    """One model whose outputs are the sums of trees of several.

    Args:
        boosters: Models of one output each, whose sums are counted from 0.
        columns: The column of the whole that each of a model's columns is, for each model.

    Returns:
        The model, and which columns of the whole it reads, in the order of its own; those that no tree asks for are
        left out.
    """
    told = [json.loads(bytes(booster.save_raw("json"))) for booster in boosters]
    trees: list[dict[str, Any]] = []
    output: list[int] = []
    reads: set[int] = set()
    for at, (model, column) in enumerate(zip(told, columns, strict=True)):
        for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
            splits = zip(tree["split_indices"], tree["left_children"], strict=True)
            # A leaf names a column too, and asks nothing of it.
            tree["split_indices"] = [int(column[index]) if left >= 0 else -1 for index, left in splits]
            tree["id"] = len(trees)
            reads.update(tree["split_indices"])
            trees.append(tree)
            output.append(at)
    own = {column: place for place, column in enumerate(sorted(reads - {-1}) or [0])}
    for tree in trees:
        tree["split_indices"] = [own.get(column, 0) for column in tree["split_indices"]]
        tree["tree_param"]["num_feature"] = str(len(own))
    whole = told[0]
    learner, n = whole["learner"], str(len(boosters))
    learner["attributes"] = {}
    learner["learner_model_param"]["num_feature"] = str(len(own))
    if len(boosters) > 1:
        learner["learner_model_param"].update(
            base_score="[" + ",".join(["0E0"] * len(boosters)) + "]", boost_from_average="0", num_class=n
        )
        learner["objective"] = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": n}}
        model = learner["gradient_booster"]["model"]
        model["gbtree_model_param"]["num_trees"] = str(len(trees))
        model.update(trees=trees, tree_info=output, iteration_indptr=[0, len(trees)])
    return booster_of(bytearray(json.dumps(whole).encode())), list(own)


def _margins(booster: xgboost.Booster, values: NDArray[np.float32]) -> NDArray[np.float32]:
    return booster.inplace_predict(values, predict_type="margin", validate_features=False)
