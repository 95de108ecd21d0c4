from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from penchant.evaluation import Counts, Estimate, Report, Row
from penchant.evaluation.choices import choices
from penchant.models import Blend, Share
from penchant.pack import Pack, Placement, Source, Task
from penchant.packs.product import PACK

MIXED = Blend(shares=(Share(model="als", weight=0.6), Share(model="popular", weight=0.4)))


def report(task: Task, winner: str | None, *rows: str) -> Report:
    counts: dict[str, Any] = dict.fromkeys(Counts.__struct_fields__, 1)
    return Report(
        domain="shop",
        pack="product",
        valid_from="",
        test_from="",
        test_until="",
        repeats="allowed",
        counts=Counts(**counts),
        rows=tuple(Row(name=n, kind=n, baseline=False, metrics={"ndcg@10": Estimate(0.5, 0.4, 0.6)}) for n in rows),
        winner=winner,
        winner_reason=f"{winner} won {task}",
        blend=MIXED,
        task=task,
    )


@pytest.fixture
def pack() -> Pack:
    def place(name: str, learns: Task | None) -> Placement:
        return Placement(name=name, about="P.", sources=(Source(model="blend"),), learns=learns)

    return replace(PACK, placements=(place("home", "next"), place("near", "together"), place("editors", None)))


def test_a_placement_has_the_winner_and_the_blend_of_its_own_task(pack: Pack) -> None:
    main = report("next", "blend", "blend", "popular")
    also = report("together", "basket", "basket")
    found = choices(msgspec.structs.replace(main, also=(also,)), pack)

    assert set(found) == {"home", "near"}  # what learns nothing is not judged
    assert (found["home"].winner, found["home"].blend, found["home"].reason) == ("blend", MIXED, "blend won next")
    assert found["home"].ndcg == Estimate(0.5, 0.4, 0.6)
    assert found["near"].blend == Blend(shares=(Share(model="basket", reads="seeds", weight=1.0),))


def test_a_winner_that_read_the_history_is_asked_for_it_in_tasks_about_items_too(pack: Pack) -> None:
    main = report("next", "als", "als")
    also = report("together", "als (history)", "als (history)")
    found = choices(msgspec.structs.replace(main, also=(also,)), pack)

    alone = Blend(shares=(Share(model="als", reads="person", weight=1.0),))
    assert (found["home"].blend, found["near"].blend) == (alone, alone)


def test_where_nobody_could_be_called_the_winner_the_mixture_serves(pack: Pack) -> None:
    assert choices(report("next", None, "als"), pack)["home"].blend == MIXED


def test_a_task_that_was_not_judged_gives_no_blend_and_says_so(pack: Pack) -> None:
    near = choices(report("next", "blend", "blend"), pack)["near"]

    assert (near.winner, near.blend, near.ndcg) == (None, None, None)
    assert near.reason == 'the data has nothing to judge "together" by, so no blend was learned for it'
