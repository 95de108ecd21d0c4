"""The public checks pass a sound pack and catch each fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from penchant.catalog import Attribute, Item
from penchant.events import Role, Signal
from penchant.features import category_affinity, freshness
from penchant.models import AttributeSimilarity, PersonalTop, Popular
from penchant.pack import Constraint, Metric, Pack, Placement, Source
from penchant.ranking import Objective, Term
from penchant.testing import PackChecks


class Thing(Item, frozen=True, kw_only=True):
    kind: str | None = None
    out: float | None = None


class Lossy(Item, frozen=True, kw_only=True, omit_defaults=False):
    kind: str | None = None
    out: float | None = None
    sizes: Any = ()  # JSON gives a list back


LIKE = (Attribute("kind", "category"),)
SOUND = Pack(
    name="things",
    about="Things.",
    item=Thing,
    signals=(Signal("Content Completed", Role.GOAL, 1.0), Signal("Content Hidden", Role.NEGATIVE, -1.0)),
    goal="A thing done.",
    attributes=LIKE,
    models={"popular": Popular(), "habit": PersonalTop(), "alike": AttributeSimilarity(attributes=LIKE)},
    baselines=("popular",),
    features=(
        category_affinity("kind_affinity", "kind", "The liking of its kind."),
        freshness("fresh", "out", "How new it is.", half_life_days=7.0),
    ),
    objectives=(Objective("done", 1, "Likely done.", (Term("relevance", 1.0), Term("kind_affinity", 0.5))),),
    constraints=(Constraint("all", "Nothing at all.", lambda table, facts: np.ones(len(table), bool)),),
    placements=(
        Placement(name="home", about="The start.", sources=(Source(model="habit"),), constraints=("all",), fallback=()),
    ),
    metrics=(Metric("none", "Always 0.", "lower", lambda judged: np.zeros(len(judged.lists))),),
)
HOME = SOUND.placements[0]


class TestThings(PackChecks):
    pack = SOUND
    items = (Thing(id="a", kind="x", out=0.0), Thing(id="b", kind="y"))


def home(**changes: Any) -> Pack:
    return replace(SOUND, placements=(msgspec.structs.replace(HOME, **changes),))


def signals(*more: Signal) -> Pack:
    return replace(SOUND, signals=(*SOUND.signals, *more))


def feature(compute: Callable[..., Any], **changes: Any) -> Pack:
    return replace(SOUND, features=(replace(SOUND.features[0], compute=compute, **changes), SOUND.features[1]))


def constraint(allow: Callable[..., Any]) -> Pack:
    return replace(SOUND, constraints=(replace(SOUND.constraints[0], allow=allow),))


def objective(*terms: Term) -> Pack:
    return replace(SOUND, objectives=(Objective("done", 1, "Likely done.", terms),))


FAULTS: dict[str, tuple[Pack, str]] = {
    "two features of one name": (replace(SOUND, features=SOUND.features * 2), "test_names_are_unique"),
    "two placements of one name": (replace(SOUND, placements=(HOME, HOME)), "test_names_are_unique"),
    "a model called catalog": (
        replace(SOUND, models={**SOUND.models, "catalog": Popular()}),
        "test_models_take_no_name_that_means_something_else",
    ),
    "a baseline that is no model": (replace(SOUND, baselines=("als",)), "test_baselines_are_models"),
    "no baseline": (replace(SOUND, baselines=()), "test_baselines_are_models"),
    "no sentence": (home(about=""), "test_everything_says_what_it_is"),
    "no goal": (replace(SOUND, signals=SOUND.signals[1:]), "test_one_signal_is_a_goal"),
    "a dislike that weighs for": (
        signals(Signal("Content Skipped", Role.NEGATIVE, 0.5)),
        "test_every_weight_fits_its_role",
    ),
    "a look that weighs nothing": (
        signals(Signal("Content Viewed", Role.WEAK, 0.0)),
        "test_every_weight_fits_its_role",
    ),
    "a look that outweighs the goal": (
        signals(Signal("Content Viewed", Role.WEAK, 2.0)),
        "test_every_weight_fits_its_role",
    ),
    "a signal under an alias": (
        signals(Signal("Article Viewed", Role.WEAK, 0.1)),
        "test_signals_are_called_as_the_log_calls_them",
    ),
    "one event read twice": (
        signals(Signal("Content Completed", Role.WEAK, 0.1, min_progress=0.5)),
        "test_one_event_is_read_one_way",
    ),
    "an item that loses something in JSON": (replace(SOUND, item=Lossy), "test_items_come_back_from_json"),
    "likeness by a field that is not there": (
        replace(SOUND, attributes=(Attribute("colour", "category"),)),
        "test_what_is_read_of_an_item_is_a_field_of_it",
    ),
    "a feature of a field that is not there": (
        feature(SOUND.features[0].compute, reads=("colour",)),
        "test_what_is_read_of_an_item_is_a_field_of_it",
    ),
    "a term that is no feature": (objective(Term("profit", 1.0)), "test_objectives_name_features"),
    "a term twice": (objective(Term("relevance", 1.0), Term("relevance", 0.5)), "test_objectives_name_features"),
    "a term with a space": (objective(Term("kind of", 1.0)), "test_formulas_print"),
    "a feature of one value": (
        feature(lambda queries, candidates, table: np.zeros(1, np.float32)),
        "test_features_give_a_value_for_each_candidate",
    ),
    "a feature in float64": (
        feature(lambda queries, candidates, table: np.zeros(len(candidates.items))),
        "test_features_give_a_value_for_each_candidate",
    ),
    "a feature that knows the batch": (
        feature(lambda queries, candidates, table: np.full(len(candidates.items), len(queries), np.float32)),
        "test_features_answer_a_batch_like_single_requests",
    ),
    "a feature that needs a candidate": (
        feature(lambda queries, candidates, table: np.full(len(candidates.items), candidates.scores.max())),
        "test_features_work_on_nothing",
    ),
    "a constraint of numbers": (
        constraint(lambda table, facts: np.ones(len(table))),
        "test_constraints_judge_every_row",
    ),
    "a constraint that needs an item": (
        constraint(lambda table, facts: np.ones(len(table), bool) & (table.ids[0] != "")),
        "test_constraints_judge_every_row",
    ),
    "a metric of one value": (
        replace(SOUND, metrics=(replace(SOUND.metrics[0], compute=lambda judged: np.zeros(1)),)),
        "test_metrics_judge_every_list",
    ),
    "a fallback that is no model": (home(fallback=("als",)), "test_placements_check_out"),
    "a source that cannot": (home(sources=(Source(model="habit", reads="seeds"),)), "test_placements_check_out"),
    "no place for a slot": (
        home(sources=(Source(model="habit", slots=10),)),
        "test_placements_have_sound_numbers",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_caught(fault: str) -> None:
    broken, check = FAULTS[fault]

    class Broken(PackChecks):
        pack = broken

    with pytest.raises((AssertionError, ValueError, IndexError)):
        getattr(Broken(), check)()


def test_a_model_that_breaks_is_caught() -> None:
    class Breaks(Popular, frozen=True):
        def fit(self, data: Any, run: Any) -> Any:
            raise ZeroDivisionError

    class Broken(PackChecks):
        pack = replace(SOUND, models={"popular": Breaks()})

    with pytest.raises(ZeroDivisionError):
        Broken().test_models_fit_or_say_what_is_missing()
