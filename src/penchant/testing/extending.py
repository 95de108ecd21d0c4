"""Checks of models that take in new items without another fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.dataset import Dataset, Queries
from penchant.models import Extends, Fitted, Recipe, Retriever, Run, Similar
from penchant.slate import Candidates
from penchant.testing.answers import ROUNDING, SHORT, nearly, restored, rows_of, same, same_state, well_formed
from penchant.testing.data import tiny_dataset, tiny_items, tiny_queries


class ModelWorld:
    """A model, fitted on a small world.

    Attributes:
        recipe: The recipe to check, with settings that fit small data.
    """

    recipe: ClassVar[Recipe]

    @classmethod
    def data(cls) -> Dataset:
        """The data to fit on; override it for a model that needs more than the tiny world has."""
        return tiny_dataset()

    @classmethod
    def items(cls) -> tuple[Item, ...]:
        """At least four items as they are in `data`, to make new ones of; override it together with `data`."""
        return tiny_items()[:6]

    @classmethod
    @cache
    def world(cls) -> Dataset:
        """`data`, made once a class."""
        return cls.data()

    @classmethod
    @cache
    def fit(cls) -> Any:
        """The model, fitted once a class."""
        return cls.recipe.fit(cls.world(), Run())

    @classmethod
    @cache
    def queries(cls) -> Queries:
        """Every person's request, and odd ones."""
        return tiny_queries(cls.world())


class ExtendChecks(ModelWorld):
    """What holds for every model that extends."""

    def test_extend_begins_with_the_items_of_the_fit(self) -> None:
        """Codes are those of the release."""
        assert extends(self.fit()).n_items == len(self.world().items)

    def test_extend_in_one_go_is_one_item_after_the_other(self) -> None:
        """However what is new is cut into pieces."""
        news = self._news()
        steps = self.fit()
        for code, item in news.items():
            steps = told(steps, {code: item})
        at_once = told(self.fit(), news)
        assert extends(steps).n_items == extends(at_once).n_items == max(news) + 1
        nearly(everything(steps, self.queries()), everything(at_once, self.queries()))

    def test_extend_answers_for_new_items(self) -> None:
        """In well-formed rows, and whatever is asked of an item of the fit can be asked of them."""
        model = told(self.fit(), self._news())
        n = extends(model).n_items
        found = everything(model, self.queries(), SHORT)
        well_formed(found, n)
        assert (found.items >= len(self.world().items)).any()
        allowed = np.arange(n) % 2 == 0
        found = everything(model, self.queries(), SHORT, allowed)
        well_formed(found, n)
        assert allowed[found.items].all()

    def test_extend_takes_a_changed_item_for_what_it_is_now(self) -> None:
        """One of the fit that was told as something else is as near to the others as a new one told as that."""
        n = len(self.world().items)
        code = int(self.world().items.codes([self.items()[0].id])[0])
        model = told(self.fit(), {code: self.items()[2], n: self.items()[2]})
        if isinstance(model, Similar):
            others = np.delete(np.arange(n, dtype=np.int32), code)
            for row in rows_of(model.similar(others, n + 1)):
                assert abs(row.get(n, 0.0) - row.get(code, 0.0)) <= ROUNDING
            twins = rows_of(model.similar(np.array([code, n], np.int32), n + 1))
            assert n in twins[0]
            assert code in twins[1]

    def test_extend_leaves_the_model_before_as_it_was(self) -> None:
        """Requests that are under way still work with it."""
        fitted = self.recipe.fit(self.world(), Run())
        before = everything(fitted, self.queries())
        told(told(fitted, self._news()), {0: None})
        told(fitted, {0: None, 1: self.items()[2]})
        same(everything(fitted, self.queries()), before)
        same_state(fitted.state(), self.fit().state())

    def test_extend_by_items_that_are_not_told_proposes_none_of_them(self) -> None:
        """Their rows are empty until they are told."""
        n = len(self.world().items)
        model = extends(self.fit()).extended(np.zeros(0, np.int32), ItemTable([], []), n + 3)
        assert model.n_items == n + 3
        found = everything(model, self.queries())
        assert (found.items < n).all()
        nearly(everything(model, self.queries(), up_to=n), everything(self.fit(), self.queries(), up_to=n))
        if isinstance(model, Similar):
            assert len(model.similar(np.arange(n, n + 4, dtype=np.int32), SHORT).items) == 0

    def test_extend_by_nothing_changes_nothing(self) -> None:
        """As many items as before, none of them told."""
        n = len(self.world().items)
        model = extends(self.fit()).extended(np.zeros(0, np.int32), ItemTable([], []), n)
        same(everything(model, self.queries()), everything(self.fit(), self.queries()))

    def test_extend_forgets_what_was_taken_out(self) -> None:
        """An item that is gone is like nothing, and comes back as it was."""
        n, item = len(self.world().items), self.items()[1]
        there = told(self.fit(), {n: item})
        gone = told(there, {n: None})
        assert n not in everything(gone, self.queries()).items
        nearly(everything(told(gone, {n: item}), self.queries()), everything(there, self.queries()))

    def test_extend_comes_back_from_the_state(self) -> None:
        """What was told is part of it, and it can be told more."""
        model = told(self.fit(), self._news())
        again = restored(model)
        assert extends(again).n_items == extends(model).n_items
        nearly(everything(again, self.queries()), everything(model, self.queries()))
        more = {extends(model).n_items: self.items()[3]}
        nearly(everything(told(again, more), self.queries()), everything(told(model, more), self.queries()))

    @classmethod
    def _news(cls) -> dict[int, Item | None]:
        """One item that changed, one that is gone, and two new ones, by code."""
        n, items = len(cls.world().items), cls.items()
        changed, gone = cls.world().items.codes([item.id for item in items[:2]]).tolist()
        return dict(sorted({changed: items[2], gone: None, n: items[0], n + 1: items[3]}.items()))


def extends(fitted: Fitted) -> Extends:
    """The model as one that takes in new items; fails when it is none."""
    assert isinstance(fitted, Extends)
    return fitted


def told(fitted: Any, items: Mapping[int, Item | None]) -> Any:
    """The model with items told anew by code; None takes one out."""
    codes = sorted(items)
    table = ItemTable([f"item-{code}" for code in codes], [items[code] for code in codes])
    return fitted.extended(np.array(codes, np.int32), table, max(fitted.n_items, codes[-1] + 1))


def everything(
    fitted: Any,
    queries: Queries,
    k: int | None = None,
    allowed: NDArray[np.bool_] | None = None,
    *,
    up_to: int | None = None,
) -> Candidates:
    """All answers of a model that extends, one row after the other: for these requests, and for all its items."""
    n = fitted.n_items
    rows = []
    if isinstance(fitted, Retriever):
        found = fitted.retrieve(queries, n if k is None else k, allowed)
        rows += [found.row(i) for i in range(len(found))]
    if isinstance(fitted, Similar):
        found = fitted.similar(
            np.arange(-1, (n if up_to is None else up_to), dtype=np.int32), n if k is None else k, allowed
        )
        rows += [found.row(i) for i in range(len(found))]
    return Candidates.from_rows(rows)
