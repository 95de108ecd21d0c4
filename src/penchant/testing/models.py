"""Checks every model must pass, as a class to inherit from.

A new model's test is four lines:

    from penchant.testing import ModelChecks

    class TestMine(ModelChecks):
        recipe = Mine()

The checks of an ability (retrieve, similar, extend) are inherited only when `recipe.fitted` announces it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import Extends, Retriever, Run, Similar
from penchant.slate import Candidates
from penchant.testing.answers import (
    SHORT,
    all_items,
    answers,
    restored,
    retriever,
    same,
    same_state,
    similar,
    well_formed,
)
from penchant.testing.data import dataset, joined, tiny_items
from penchant.testing.extending import ExtendChecks

_ABILITIES: tuple[tuple[str, type], ...] = (
    ("test_retrieve_", Retriever),
    ("test_similar_", Similar),
    ("test_extend_", Extends),
)


class ModelChecks(ExtendChecks):
    """What holds for every model.

    Attributes:
        personal: Whether a person without any known history gets an empty row; False for models with an answer for
            everyone.
    """

    personal: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        """Leave out the checks of abilities that the recipe does not announce."""
        super().__init_subclass__()
        if not hasattr(cls, "recipe"):
            return
        for prefix, ability in _ABILITIES:
            if not announces(cls.recipe.fitted, ability):
                for name in dir(cls):
                    if name.startswith(prefix):
                        setattr(cls, name, None)

    @classmethod
    def retrieve(cls, k: int = SHORT, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        """The answers to `queries`."""
        return retriever(cls.fit()).retrieve(cls.queries(), k, allowed)

    @classmethod
    def similar(cls, k: int = SHORT, allowed: NDArray[np.bool_] | None = None) -> Candidates:
        """The answers for every item, known or not."""
        return similar(cls.fit()).similar(all_items(cls.world()), k, allowed)

    # Recipe and state

    def test_recipe_is_a_frozen_value(self) -> None:
        """Equal settings make equal recipes, which can be dictionary keys."""
        again = msgspec.convert(msgspec.to_builtins(self.recipe), type(self.recipe))
        assert again == self.recipe
        assert hash(again) == hash(self.recipe)

    def test_recipe_comes_back_from_json(self) -> None:
        """So that a release can say what made it."""
        assert msgspec.json.decode(msgspec.json.encode(self.recipe), type=type(self.recipe)) == self.recipe

    def test_recipe_has_a_kind_and_an_ability(self) -> None:
        """Config and placements find it by both."""
        assert self.recipe.kind == self.recipe.kind.lower()
        assert self.recipe.kind
        assert issubclass(self.recipe.fitted, Retriever) or issubclass(self.recipe.fitted, Similar)

    def test_fit_gives_what_the_recipe_announces(self) -> None:
        """Abilities are known before anything is trained."""
        assert type(self.fit()) is self.recipe.fitted

    def test_fit_twice_gives_the_same_model(self) -> None:
        """All randomness comes from the run's seed."""
        same_state(self.recipe.fit(self.world(), Run()).state(), self.fit().state())

    def test_fit_does_not_depend_on_the_number_of_threads(self) -> None:
        """One thread and two give the same bits."""
        same_state(self.recipe.fit(self.world(), Run(threads=1)).state(), self.fit().state())

    def test_fit_leaves_the_data_alone(self) -> None:
        """Other models are fitted on the same arrays."""
        data, untouched = self.data(), self.data()
        self.recipe.fit(data, Run())
        for name in data.interactions.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(data.interactions, name), getattr(untouched.interactions, name))

    def test_fit_on_no_events_says_so_or_answers(self) -> None:
        """A catalog alone is a start, or a clear refusal."""
        data = dataset([], tiny_items())
        try:
            fitted = self.recipe.fit(data, Run())
        except FitFailed as failure:
            assert failure.model == self.recipe.kind
            assert failure.reason
        else:
            well_formed(answers(fitted, data), len(data.items))

    def test_fit_on_no_items_says_so_or_answers(self) -> None:
        """So is nothing at all."""
        data = dataset([])
        try:
            fitted = self.recipe.fit(data, Run())
        except FitFailed as failure:
            assert failure.model == self.recipe.kind
        else:
            assert len(answers(fitted, data).items) == 0

    def test_state_is_plain_data(self) -> None:
        """Arrays of numbers or fixed text, all finite, and settings that JSON can hold."""
        state = self.fit().state()
        assert isinstance(msgspec.json.decode(msgspec.json.encode(state.settings)), dict)
        for name, array in state.arrays.items():
            assert isinstance(array, np.ndarray), name
            assert array.dtype.kind in "biufU", name
            if array.dtype.kind == "f":
                assert np.isfinite(array).all(), name

    def test_state_comes_back_the_same(self) -> None:
        """Nothing is lost on the way to disk and back."""
        same_state(restored(self.fit()).state(), self.fit().state())

    def test_state_read_only_answers_the_same(self) -> None:
        """A release is mapped into memory, not copied."""
        same(answers(restored(self.fit()), self.world()), answers(self.fit(), self.world()))

    # Retrieve

    def test_retrieve_gives_well_formed_rows(self) -> None:
        """Known items, each once, finite scores, best first, ties by code."""
        found = self.retrieve()
        assert len(found) == len(self.queries())
        assert len(found.items) > 0
        assert np.diff(found.ptr).max() <= SHORT
        well_formed(found, len(self.world().items))

    def test_retrieve_answers_a_batch_like_single_requests(self) -> None:
        """Serving and training see the same model."""
        fitted, queries = retriever(self.fit()), self.queries()
        rows = [fitted.retrieve(queries.take(i, i + 1), SHORT).row(0) for i in range(len(queries))]
        same(Candidates.from_rows(rows), self.retrieve())

    def test_retrieve_answers_slices_of_a_batch_alike(self) -> None:
        """However a batch is cut."""
        fitted, queries = retriever(self.fit()), self.queries()
        cuts = [0, 0, 5, 6, len(queries)]
        parts = [fitted.retrieve(queries.take(a, b), SHORT) for a, b in pairwise(cuts)]
        rows = [part.row(i) for part in parts for i in range(len(part))]
        same(Candidates.from_rows(rows), self.retrieve())

    def test_retrieve_gives_no_rows_for_no_requests(self) -> None:
        """An empty batch has an empty answer."""
        queries = self.queries().take(0, 0)
        assert len(retriever(self.fit()).retrieve(queries, SHORT)) == 0

    def test_retrieve_starts_a_long_list_with_the_short_one(self) -> None:
        """`k` cuts, and changes nothing else."""
        n = len(self.world().items)
        short, long = self.retrieve(3), self.retrieve(n + 5)
        for i in range(len(short)):
            np.testing.assert_array_equal(short.row(i)[0], long.row(i)[0][:3])

    def test_retrieve_gives_empty_rows_for_k_zero(self) -> None:
        """Nothing asked, nothing proposed."""
        assert len(self.retrieve(0).items) == 0

    def test_retrieve_obeys_a_mask_for_all_rows(self) -> None:
        """A constraint that holds for everyone."""
        allowed = np.arange(len(self.world().items)) % 2 == 0
        found = self.retrieve(allowed=allowed)
        assert len(found.items) > 0
        assert allowed[found.items].all()

    def test_retrieve_finds_what_the_whole_list_holds_of_a_mask(self) -> None:
        """The mask is applied before the cut, and changes no order."""
        n = len(self.world().items)
        allowed = np.arange(n) % 3 != 0
        whole, found = self.retrieve(n), self.retrieve(SHORT, allowed)
        for i in range(len(whole)):
            codes, _ = whole.row(i)
            np.testing.assert_array_equal(found.row(i)[0], codes[allowed[codes]][:SHORT])

    def test_retrieve_obeys_a_mask_of_its_own_for_each_row(self) -> None:
        """A constraint of each request's own."""
        queries, n = self.queries(), len(self.world().items)
        allowed = np.random.default_rng(3).random((len(queries), n)) < 0.5
        found = self.retrieve(allowed=allowed)
        rows = [
            retriever(self.fit()).retrieve(queries.take(i, i + 1), SHORT, allowed[i]).row(0)
            for i in range(len(queries))
        ]
        assert all(allowed[i][found.row(i)[0]].all() for i in range(len(found)))
        same(found, Candidates.from_rows(rows))

    def test_retrieve_gives_empty_rows_when_nothing_is_allowed(self) -> None:
        """The strictest constraint."""
        assert len(self.retrieve(allowed=np.zeros(len(self.world().items), bool)).items) == 0

    def test_retrieve_ignores_unknown_items_of_a_history(self) -> None:
        """Items that came after the release."""
        n, now = len(self.world().items), self.world().now
        clean = Queries.single(now, [1, 4], [now - 9e5, now - 5e5], [1.0, 1.0], [0, 0])
        dirty = Queries.single(
            now, [-1, 1, n, 4, n + 99], [now - 1e6, now - 9e5, now - 8e5, now - 5e5, now], [1.0] * 5, [0] * 5
        )
        fitted = retriever(self.fit())
        same(fitted.retrieve(dirty, SHORT), fitted.retrieve(clean, SHORT))

    def test_retrieve_for_nobody_in_particular(self) -> None:
        """No known history: an empty row, or an answer for everyone, as `personal` says."""
        n, now = len(self.world().items), self.world().now
        nobody = joined((Queries.single(now), Queries.single(now, [-1, n], [0.0, 1.0], [1.0, 1.0], [0, 0])))
        lengths = np.diff(retriever(self.fit()).retrieve(nobody, SHORT).ptr)
        assert (lengths == 0).all() if self.personal else (lengths > 0).all()

    # Similar

    def test_similar_gives_well_formed_rows(self) -> None:
        """As for `retrieve`."""
        found = self.similar()
        assert len(found) == len(all_items(self.world()))
        assert len(found.items) > 0
        assert np.diff(found.ptr).max() <= SHORT
        well_formed(found, len(self.world().items))

    def test_similar_never_names_the_item_itself(self) -> None:
        """However long the list."""
        found = self.similar(len(self.world().items))
        for i, code in enumerate(all_items(self.world())):
            assert code not in found.row(i)[0]

    def test_similar_gives_empty_rows_for_unknown_items(self) -> None:
        """Items that came after the release."""
        n = len(self.world().items)
        found = similar(self.fit()).similar(np.array([-1, n, n + 100], np.int32), SHORT)
        assert len(found) == 3
        assert len(found.items) == 0

    def test_similar_answers_a_batch_like_single_items(self) -> None:
        """However many are asked for at once."""
        fitted = similar(self.fit())
        rows = [fitted.similar(np.array([code], np.int32), SHORT).row(0) for code in all_items(self.world())]
        same(Candidates.from_rows(rows), self.similar())

    def test_similar_obeys_a_mask_for_all_rows(self) -> None:
        """A constraint that holds for everyone."""
        allowed = np.arange(len(self.world().items)) % 2 == 0
        found = self.similar(allowed=allowed)
        assert len(found.items) > 0
        assert allowed[found.items].all()

    def test_similar_obeys_a_mask_of_its_own_for_each_row(self) -> None:
        """A constraint of each item's own."""
        items, n = all_items(self.world()), len(self.world().items)
        allowed = np.random.default_rng(3).random((len(items), n)) < 0.5
        found = self.similar(allowed=allowed)
        assert all(allowed[i][found.row(i)[0]].all() for i in range(len(found)))

    def test_similar_gives_empty_rows_for_k_zero_and_for_no_items(self) -> None:
        """Nothing asked, nothing proposed."""
        assert len(self.similar(0).items) == 0
        assert len(similar(self.fit()).similar(np.zeros(0, np.int32), SHORT)) == 0


def announces(fitted: type, ability: type) -> bool:
    """Whether fitted models of a type have an ability."""
    if ability is Extends:  # it has a property, which `issubclass` does not look for
        return hasattr(fitted, "extended") and hasattr(fitted, "n_items")
    return issubclass(fitted, ability)
