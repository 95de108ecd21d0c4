from __future__ import annotations

import pytest

from penchant.engine import Engine
from penchant.proof import QUESTIONS
from penchant.proof.lived import PACKS, START, world_of
from penchant.proof.question import SITES
from penchant.proof.shared import PLACEMENTS
from penchant.proof.site import WorldClock, configure, opened

ARMS = {(q.site, arm.name): (q.site, arm) for q in QUESTIONS for arm in (q.right, q.wrong)}


@pytest.mark.parametrize("site_and_arm", ARMS.values(), ids=[name for _, name in ARMS])
def test_every_arm_is_a_configuration_that_opens(site_and_arm, tmp_path):
    site, arm = site_and_arm
    worlds = SITES[site][:1] if arm.shared else SITES[site]
    more = arm.tables + (PLACEMENTS if arm.shared else "")
    configure(tmp_path, {world: PACKS[world] for world in worlds}, arm, more)
    with opened(tmp_path, WorldClock(START), arm) as engine:
        assert isinstance(engine, Engine)
        for world in worlds:
            objective = engine.domains[world].objective
            assert objective in [o.name for o in engine.domains[world].pack.objectives]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
@pytest.mark.parametrize("off", [False, True])
def test_its_worlds_have_what_it_asks_for_with_its_mechanism_on_and_off(question, off):
    for site in SITES[question.site]:
        world = world_of(site, 1, 60, dict(question.factors(off=off)))
        assert world.catalog()
        assert world.available().shape == (len(world.ids),)
        assert world.now == world.start == START


def test_turning_a_mechanism_off_leaves_what_a_question_has_turned_up():
    question = next(q for q in QUESTIONS if q.name == "with against without exploration")
    assert question.factors(off=False) == (("arrivals", 3.0),)
    assert question.factors(off=True) == (("arrivals", 0.0),)


def test_the_arms_of_a_question_differ_in_one_thing():
    for question in QUESTIONS:
        right, wrong = question.right, question.wrong
        told = [(arm.config, arm.placement, arm.shared) for arm in (right, wrong)]
        assert told[0] != told[1], question.name


def test_arms_of_one_name_are_one_arm():
    named = {}
    for question in QUESTIONS:
        for arm in (question.right, question.wrong):
            assert named.setdefault(arm.name, arm) == arm


def test_every_measure_of_a_site_with_several_worlds_says_which():
    for question in QUESTIONS:
        for measure in question.measures:
            assert bool(measure.world) == (len(SITES[question.site]) > 1), (question.name, measure)
