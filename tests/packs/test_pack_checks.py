"""The public checks pass a sound pack and catch each fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import msgspec
import numpy as np
import pytest

from penchant.catalog import Attribute, Item
from penchant.errors import FormulaWrong
from penchant.events import Role, Signal
from penchant.features import category_affinity, freshness
from penchant.models import AttributeSimilarity, PersonalTop, Popular
from penchant.pack import Constraint, Metric, Pack, Placement, Source, Task
from penchant.ranking import Head, Objective, Outcome, Term
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
    heads=(Head("p_done", Outcome("It is done.", "chance", "reached", roles=(Role.GOAL,))),),
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


def formula(text: str, **changes: Any) -> Pack:
    return replace(SOUND, objectives=(replace(SOUND.objectives[0], formula=text, **changes),))


def head(*more: Head, **changes: Any) -> Pack:
    outcome = {key: changes.pop(key) for key in [*changes] if key in Outcome.__dataclass_fields__}
    first = SOUND.heads[0]
    return replace(SOUND, heads=(replace(first, outcome=replace(first.outcome, **outcome), **changes), *more))


def learns(task: Task, reads: Literal["person", "seeds"] = "person", **changes: Any) -> Pack:
    return home(learns=task, sources=(Source(model="blend", reads=reads),), **changes)


UNHAD = Constraint("all", "Nothing they had.", lambda table, facts: ~facts.queries.touched(len(table), Role.GOAL))
FIRST = replace(SOUND.heads[0], name="p_first")
THEN = Head("p_then", Outcome("Then.", "chance", "reached", roles=(Role.GOAL,), given="p_first"))
FORMULAS, HEADS = "test_formulas_can_be_worked_out", "test_heads_are_sound"
LEARN_ASK = "test_placements_that_learn_ask_for_what_they_learn"
LEARN_TELL = "test_placements_learn_what_their_requests_tell"
LEARN_SHOW = "test_placements_learn_what_they_may_show"

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
    "a feature without a unit": (
        feature(SOUND.features[0].compute, unit=""),
        "test_features_keep_their_range",
    ),
    "a feature beyond its range": (
        feature(lambda batch: np.full(len(batch.candidates.items), 2.0, np.float32)),
        "test_features_keep_their_range",
    ),
    "a term that is no feature": (objective(Term("profit", 1.0)), "test_objectives_name_features"),
    "a term twice": (objective(Term("relevance", 1.0), Term("relevance", 0.5)), "test_objectives_name_features"),
    "a term with a space": (objective(Term("kind of", 1.0)), "test_formulas_print"),
    "a formula that is none": (formula("p_done +"), FORMULAS),
    "a formula of what nobody predicts": (formula("p_sale * fresh"), FORMULAS),
    "a formula of no head": (formula("fresh * 2"), FORMULAS),
    "a constant that nothing names": (formula("p_done", constants=(("cost", 1.0),)), FORMULAS),
    "a constant called like a head": (formula("p_done", constants=(("p_done", 1.0),)), FORMULAS),
    "a goal that is no head": (formula("p_done", goal="p_sale"), FORMULAS),
    "a head called like a feature": (head(name="fresh"), FORMULAS),
    "two heads of one name": (replace(SOUND, heads=SOUND.heads * 2), "test_names_are_unique"),
    "a head without a sentence": (head(about=""), "test_everything_says_what_it_is"),
    "a head of a feature that is not there": (head(features=("colour",)), HEADS),
    "a head bound by what it does not read": (head(rising=("fresh",), without=("fresh",)), HEADS),
    "a head that rises and falls": (head(rising=("fresh",), falling=("fresh",)), HEADS),
    "a head that hangs on nothing": (head(given="p_sale"), "test_heads_are_sound"),
    "a head that hangs on itself": (head(given="p_done"), HEADS),
    "a head that counts no role": (head(roles=()), HEADS),
    "a head that counts what nobody reads": (head(events=("Order Completed",)), HEADS),
    "a head that is never final": (head(days=0.0), HEADS),
    "a chain of what is not there": (head(of=("p_first", "p_then")), HEADS),
    "a chain of one": (head(THEN, of=("p_then",)), HEADS),
    "a chain of steps that do not follow": (head(THEN, replace(THEN, name="p_last"), of=("p_then", "p_last")), HEADS),
    "a chain of chains": (
        head(FIRST, THEN, replace(THEN, name="p_both", of=("p_first", "p_then")), of=("p_first", "p_both")),
        HEADS,
    ),
    "a chain that reads": (head(FIRST, THEN, of=("p_first", "p_then"), falling=("fresh",)), HEADS),
    "a feature of one value": (
        feature(lambda batch: np.zeros(1, np.float32)),
        "test_features_give_a_value_for_each_candidate",
    ),
    "a feature in float64": (
        feature(lambda batch: np.zeros(len(batch.candidates.items))),
        "test_features_give_a_value_for_each_candidate",
    ),
    "a feature that knows the batch": (
        feature(lambda batch: np.full(len(batch.candidates.items), len(batch.queries), np.float32)),
        "test_features_answer_a_batch_like_single_requests",
    ),
    "a feature that needs a candidate": (
        feature(lambda batch: np.full(len(batch.candidates.items), batch.candidates.scores.max())),
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
    "a blend that learned nothing": (home(sources=(Source(model="blend"),)), LEARN_ASK),
    "a lesson that nobody asks for": (home(learns="new"), LEARN_ASK),
    "a task about items that reads people": (learns("together", needs=("item",)), LEARN_TELL),
    "a task about items without any": (learns("following", "seeds"), LEARN_TELL),
    "a task about people that reads items": (learns("next", "seeds", needs=("item",)), LEARN_TELL),
    "a task about people on an item's page": (learns("next", needs=("item",)), LEARN_TELL),
    "new items among which is everything": (learns("new"), LEARN_SHOW),
    "repeats that may not be shown": (replace(learns("again"), constraints=(UNHAD,)), LEARN_SHOW),
    "no place for a slot": (
        home(sources=(Source(model="habit", slots=10),)),
        "test_placements_have_sound_numbers",
    ),
}


@pytest.mark.parametrize(
    "sound",
    [
        learns("next"),
        learns("again"),
        learns("following", "seeds", needs=("item",)),
        replace(learns("new"), constraints=(UNHAD,)),
    ],
    ids=lambda pack: pack.placements[0].learns,
)
def test_what_a_placement_learns_passes_where_it_fits(sound: Pack) -> None:
    class Sound(PackChecks):
        pack = sound
        items = TestThings.items

    for check in (LEARN_ASK, LEARN_TELL, LEARN_SHOW):
        getattr(Sound(), check)()


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_caught(fault: str) -> None:
    broken, check = FAULTS[fault]

    class Broken(PackChecks):
        pack = broken

    with pytest.raises((AssertionError, ValueError, IndexError, KeyError, FormulaWrong)):
        getattr(Broken(), check)()


def test_a_model_that_breaks_is_caught() -> None:
    class Breaks(Popular, frozen=True):
        def fit(self, data: Any, run: Any) -> Any:
            raise ZeroDivisionError

    class Broken(PackChecks):
        pack = replace(SOUND, models={"popular": Breaks()})

    with pytest.raises(ZeroDivisionError):
        Broken().test_models_fit_or_say_what_is_missing()
