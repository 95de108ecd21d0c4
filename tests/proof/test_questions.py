from __future__ import annotations

import pytest

from penchant.engine import Engine
from penchant.proof import QUESTIONS
from penchant.proof.run import PACKS, START, world_of
from penchant.proof.site import WorldClock, configure, opened

ARMS = {(q.site, arm.name): (q.site, arm) for q in QUESTIONS for arm in (q.right, q.wrong)}


@pytest.mark.parametrize("site_and_arm", ARMS.values(), ids=[name for _, name in ARMS])
def test_every_arm_is_a_configuration_that_opens(site_and_arm, tmp_path):
    site, arm = site_and_arm
    configure(tmp_path, {site: PACKS[site]}, arm)
    with opened(tmp_path, WorldClock(START), arm) as engine:
        assert isinstance(engine, Engine)
        objective = engine.domains[site].objective
        assert objective in [o.name for o in engine.domains[site].pack.objectives]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_its_world_tells_what_it_measures_with_its_mechanism_on_and_off(question):
    for off in ({}, question.off):
        world = world_of(question.site, 1, 60, off)
        assert world.catalog()
        assert world.available().shape == (len(world.ids),)


def test_the_arms_of_a_question_differ_in_one_thing():
    for question in QUESTIONS:
        right, wrong = question.right, question.wrong
        assert right.config != wrong.config or right.placement is not wrong.placement, question.name
