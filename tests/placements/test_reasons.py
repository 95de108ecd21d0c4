from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.features import Batch, Feature, Statistics
from penchant.pack import Placement, Source
from penchant.placements.reasons import reasons, recognised
from penchant.ranking import Objective, Valued
from penchant.slate import Candidates, Reason

OBJECTIVE = Objective("conversion", 1, "More.", ())


def told(shares: dict[str, float], terms: dict[str, float]) -> list[str]:
    place = Placement(
        name="p",
        about="P.",
        sources=(
            Source(model="alike", reason=("alike", "like it")),
            Source(model="taste", reason=("taste", "your taste")),
            Source(model="also", reason=("alike", "like it")),
            Source(model="silent"),
        ),
    )
    features = [
        Feature(name, "share", (), "About.", lambda *_: np.zeros(0, np.float32), reason)
        for name, reason in {"fresh": Reason("fresh", "new"), "mute": None}.items()
    ]
    # Asked of the second of two candidates.
    valued = Valued(np.zeros(2, np.float32), {name: column(share) for name, share in terms.items()}, {})
    moved = recognised(OBJECTIVE, valued, (), features, two(), [1])
    [found] = reasons([1], place, {name: column(share) for name, share in shares.items()}, moved)
    return [reason.code for reason in found]


def column(share: float) -> NDArray[np.float32]:
    """Nothing for the first candidate."""
    return np.array([0.0, share], np.float32)


def two() -> Batch:
    """One request with two candidates."""
    found = Candidates(np.array([0, 2], np.int64), np.array([0, 1], np.int32), np.zeros(2, np.float32))
    return Batch(Queries.single(0.0), found, ItemTable(["a", "b"], [None, None]), Statistics.empty())


def test_the_strongest_reason_comes_first() -> None:
    assert told({"alike": 0.1, "taste": 0.5}, {"fresh": 0.3}) == ["taste", "fresh", "alike"]


def test_what_moved_little_or_down_is_not_told() -> None:
    assert told({"alike": 0.049, "taste": 0.05}, {"fresh": -0.5}) == ["taste"]


def test_what_has_no_sentence_stays_silent() -> None:
    assert told({"silent": 1.0}, {"mute": 1.0, "relevance": 1.0}) == []


def test_one_reason_is_told_once() -> None:
    assert told({"alike": 0.4, "also": 0.9}, {"fresh": 0.5}) == ["alike", "fresh"]


def test_the_reason_of_what_stands_first_leads_however_small_its_share() -> None:
    place = Placement(
        name="p",
        about="P.",
        sources=(Source(model="a", reason=("a", "a")), Source(model="picks", first=True, reason=("picked", "picked"))),
    )

    def told(share: float) -> list[str]:
        shares = {"a": np.array([0.9], np.float32), "picks": np.array([share], np.float32)}
        return [reason.code for reason in reasons([0], place, shares)[0]]

    assert (told(0.001), told(0.0)) == (["picked", "a"], ["a"])


def test_there_are_no_more_than_three() -> None:
    place = Placement(name="p", about="P.", sources=tuple(Source(model=m, reason=(m, m)) for m in "abcde"))
    shares = {m: np.array([0.5], np.float32) for m in "abcde"}

    assert [r.code for r in reasons([0], place, shares)[0]] == ["a", "b", "c"]
