"""An experiment as people meet it: some see another placement in place of the one they ask for, always the same one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_workspace import Demo
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.errors import ConfigError, InvalidRequest
from penchant.placements import PlacementSpec, Rule
from penchant.serving import RecommendationRequest, Recommender, SlateLog, read_logged, recommend_all
from penchant.slate import Slate

ARMS = """
[placements.popular-few]
domain = "shop"
like = "popular"
size = 3

[experiments.fewer]
domain = "shop"
placement = "popular"
arms = { popular = 1, popular-few = 1 }
"""
SHOWN = {"popular": 10, "popular-few": 3}


@pytest.fixture
def engine(demo: Demo, tmp_path: Path) -> Iterator[Engine]:
    with demo.open(tmp_path / "workspace") as engine:
        yield engine


def told(engine: Engine, text: str = ARMS) -> Engine:
    file = engine.workspace.root / FILE_NAME
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
    assert engine.reload() == ()
    return engine


def ask(engine: Engine, person: str | None, placement: str = "popular", **more: object) -> Slate:
    request = RecommendationRequest(placement=placement, domain="shop", user_id=person, **more)  # type: ignore[arg-type]
    return engine.recommend(request)


def test_people_see_the_placement_of_their_arm_and_the_answer_says_which(engine: Engine) -> None:
    slates = [ask(told(engine) if not n else engine, f"u{n}") for n in range(30)]

    arms = [slate.experiment["fewer"] for slate in slates]
    assert set(arms) == {"popular", "popular-few"}
    assert [len(slate.items) for slate in slates] == [SHOWN[arm] for arm in arms]
    assert {slate.placement for slate in slates} == {"popular"}


def test_somebody_sees_the_same_arm_every_time(engine: Engine) -> None:
    told(engine)

    for n in range(5):
        assert ask(engine, f"u{n}").experiment == ask(engine, f"u{n}", n=5).experiment


def test_whoever_is_not_named_takes_part_in_nothing(engine: Engine) -> None:
    slate = ask(told(engine), None)

    assert (slate.experiment, len(slate.items)) == ({}, 10)


def test_a_placement_that_is_asked_for_by_its_own_name_is_no_part_of_it(engine: Engine) -> None:
    assert ask(told(engine), "u1", "popular-few").experiment == {}


def test_a_share_leaves_the_others_as_they_are(engine: Engine) -> None:
    told(engine, ARMS + "share = 0.3\n")
    slates = [ask(engine, f"u{n}") for n in range(200)]

    inside = [slate for slate in slates if slate.experiment]
    assert 30 < len(inside) < 90
    assert {len(slate.items) for slate in slates if not slate.experiment} == {10}


def test_the_log_names_the_arm_and_why_not_asks_it_again(engine: Engine) -> None:
    told(engine)
    few = next(name for n in range(30) if ask(engine, name := f"u{n}").experiment["fewer"] == "popular-few")
    fourth = ask(engine, None).items[3].id
    slate = ask(engine, few)
    engine.flush()

    (row,) = [
        row
        for batch in engine.store.slates("shop", after=0, until=2**62)
        for row in batch
        if row.slate_id == slate.slate_id
    ]
    assert read_logged(row.body).experiment == {"fewer": "popular-few"}
    again = engine.replay.get(slate.slate_id, why_not=[fourth]).why_not
    assert again.shown == again.same == 3
    assert [one.id for one in again.items] == [fourth]


def test_the_next_page_of_a_slate_goes_on_in_its_arm(engine: Engine) -> None:
    told(engine)
    for n in range(10):
        first = ask(engine, f"u{n}")
        engine.flush()
        second = ask(engine, f"u{n}", after=first.slate_id)

        assert second.experiment == first.experiment
        assert not {item.id for item in first.items} & {item.id for item in second.items}
        assert len(second.items) == SHOWN[first.experiment["fewer"]]


def test_rules_of_the_slot_hold_in_every_arm(engine: Engine) -> None:
    told(engine)
    pinned = ask(engine, None).items[7].id
    engine.curation.put("shop", Rule(action="pin", items=(pinned,), placements=("popular",)), by="test")

    assert {ask(engine, f"u{n}").items[0].id for n in range(10)} == {pinned}


def test_a_slate_names_no_arm_that_did_not_fill_it(engine: Engine) -> None:
    told(engine)
    few = next(name for n in range(30) if ask(engine, name := f"u{n}").experiment["fewer"] == "popular-few")
    setup, recommender = engine.recommender.view("shop").setup, engine.recommender
    request = RecommendationRequest(placement="popular", domain="shop", user_id=few)
    # A page whose blocks were looked at before and after the file was changed.
    visit, (wanted,) = recommender.visit(setup, ((request, setup.placements["popular"]),))

    assert recommender.fill(visit, wanted).slate.experiment == {}
    assert setup.tried(request, setup.placements["popular-few"]) == {"fewer": "popular-few"}


def test_what_a_request_lacks_is_told_of_the_placement_that_was_asked_for(engine: Engine) -> None:
    told(engine, ARMS.replace("popular", "also-like"))

    with pytest.raises(InvalidRequest, match='placement "also-like" needs at least one item'):
        for n in range(20):
            ask(engine, f"u{n}", "also-like")


def test_lists_for_many_are_those_of_their_arms_in_their_order(engine: Engine) -> None:
    told(engine)
    people = [f"user:u{n}" for n in range(20)]
    lists = list(recommend_all(engine.recommender, RecommendationRequest(placement="popular", domain="shop"), people))

    assert [one.actor for one in lists] == people
    for one in lists:
        assert one.slate.experiment == ask(engine, one.actor.removeprefix("user:")).experiment
        assert len(one.slate.items) == SHOWN[one.slate.experiment["fewer"]]


def test_an_experiment_that_ends_is_followed_without_a_new_start(engine: Engine) -> None:
    file = told(engine).workspace.root / FILE_NAME
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("[experiments.fewer]")], encoding="utf-8")
    assert engine.reload() == ()

    assert ask(engine, "u1").experiment == {}


def test_a_release_that_was_made_ready_before_a_change_obeys_it_when_it_takes_over(engine: Engine) -> None:
    recommender, log = engine.recommender, SlateLog(engine.store)
    comes = Recommender(dict(engine.domains), engine.store, engine.releases, engine.clock, log, engine.consent)
    comes.warm()
    before = recommender.serving("shop")
    told(engine)
    assert ask(engine, "u1").experiment

    recommender.adopt("shop", comes.serving("shop"))
    assert ask(engine, "u1").experiment
    file = engine.workspace.root / FILE_NAME
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("[experiments.fewer]")], encoding="utf-8")
    engine.reload()
    recommender.adopt("shop", before)  # as a roll-back does
    assert ask(engine, "u1").experiment == {}
    log.close()


def test_an_arm_that_is_changed_in_the_store_to_show_more_lets_the_experiment_rest(engine: Engine) -> None:
    told(engine)
    engine.slots.put("shop", "popular-few", PlacementSpec(like="popular", constraints=()), by="test")
    slate = ask(engine, "u1")

    assert (slate.experiment, len(slate.items)) == ({}, 10)
    assert any(note.startswith('experiment fewer rests: "popular-few" lacks constraints') for note in slate.degraded)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (ARMS.replace("popular-few = 1", "popular-fwe = 1"), 'no placement "popular-fwe"; did you mean "popular-few"?'),
        (ARMS.replace('placement = "popular"', 'placement = "populer"'), 'no placement "populer"'),
        (ARMS.replace("{ popular = 1, popular-few = 1 }", "{ popular = 1 }"), "at least two placements"),
        (ARMS.replace("popular-few = 1", "popular-few = 0"), "must be a number more than 0"),
        (ARMS.replace('"shop"\nplacement', '"shp"\nplacement'), 'no domain "shp"'),
        (ARMS.replace("size = 3", "constraints = []"), 'may not fill it: "popular-few" lacks constraints of "popular"'),
        (ARMS.replace("size = 3", 'filter = { field = "price", range = [1, 2] }'), "has another filter"),
        (ARMS.replace("size = 3", 'needs = ["person"]'), 'needs more of a request than "popular": person'),
        (ARMS + ARMS[ARMS.index("[exp") :].replace("fewer", "again"), 'is filled by the experiment "fewer" already'),
    ],
)
def test_what_cannot_be_tried_is_told_with_its_line(engine: Engine, text: str, wrong: str) -> None:
    with pytest.raises(ConfigError) as raised:
        told(engine, text)

    assert wrong in str(raised.value)
    assert "penchant.toml:" in str(raised.value)
