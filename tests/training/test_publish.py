from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.evaluation import Outcomes
from penchant.features import Statistics
from penchant.models import Retriever, Run, Similar, State
from penchant.packs.product import PACK
from penchant.ranking import FittedHead, Head, Outcome, Rows, fit_head
from penchant.slate import Candidates
from penchant.storage import ITEM_SPACE, Manifest, Releases, unpack_text
from penchant.testing import tiny_dataset, tiny_queries
from penchant.training import Counted, FittedModels, LearnedHeads, fit, publish
from penchant.training.ranks import Ranks

NOON = 1_795_262_400.0


@pytest.fixture(scope="module")
def data() -> Dataset:
    return tiny_dataset()


@pytest.fixture(scope="module")
def fitted(data: Dataset) -> FittedModels:
    return fit(data, PACK.models, Run(), FixedClock(0.0))


def released(releases: Releases, data: Dataset, fitted: FittedModels) -> Manifest:
    return publish(releases, data, PACK, fitted, None, now=NOON, config="c0ffee", version="0.1", keep=3)


def test_the_models_of_a_release_answer_as_the_fitted_ones_do(
    tmp_path: Path, data: Dataset, fitted: FittedModels
) -> None:
    released(Releases(tmp_path), data, fitted)
    release, refused = Releases(tmp_path).load("test")
    queries, items = tiny_queries(data), np.arange(-1, len(data.items) + 1, dtype=np.int32)

    assert release is not None and refused == []
    assert {*fitted.models, *fitted.failed} == set(PACK.models) and len(fitted.models) > 5
    assert set(release.parts) == {ITEM_SPACE, *fitted.models}
    for name, model in fitted.models.items():
        part = release.parts[name]
        assert part.kind == PACK.models[name].kind
        again = PACK.models[name].fitted.restore(State(dict(part.arrays), dict(part.settings)))
        if isinstance(model, Retriever) and isinstance(again, Retriever):
            equal(again.retrieve(queries, 5), model.retrieve(queries, 5))
        if isinstance(model, Similar) and isinstance(again, Similar):
            equal(again.similar(items, 5), model.similar(items, 5))


def equal(got: Candidates, wanted: Candidates) -> None:
    np.testing.assert_array_equal(got.ptr, wanted.ptr)
    np.testing.assert_array_equal(got.items, wanted.items)
    np.testing.assert_array_equal(got.scores, wanted.scores)


def test_a_release_carries_the_items_its_models_speak_of(tmp_path: Path, data: Dataset, fitted: FittedModels) -> None:
    released(Releases(tmp_path), data, fitted)
    release, _ = Releases(tmp_path).load("test")

    assert release is not None
    assert tuple(unpack_text(release.parts[ITEM_SPACE].arrays)) == data.items.ids


@pytest.mark.parametrize("version", [None, 0, 41])
def test_a_release_says_which_catalog_its_models_were_fitted_on(
    tmp_path: Path, data: Dataset, fitted: FittedModels, version: int | None
) -> None:
    told = {"now": NOON, "config": "c0ffee", "version": "0.1", "keep": 3}
    publish(Releases(tmp_path), data, PACK, fitted, None, catalog=version, **told)  # type: ignore[arg-type]
    release, _ = Releases(tmp_path).load("test")

    assert release is not None
    assert release.parts[ITEM_SPACE].settings.get("catalog") == version


def test_a_release_says_what_it_was_made_of(tmp_path: Path, data: Dataset, fitted: FittedModels) -> None:
    failed = replace(fitted, failed={"als": "no goals"}, seconds={"popular": 0.12345})
    manifest = released(Releases(tmp_path), data, failed)

    assert (manifest.domain, manifest.pack, manifest.config, manifest.version) == ("test", "product", "c0ffee", "0.1")
    assert manifest.created == "2026-11-21T12:00:00Z"
    assert manifest.evidence == {
        "data": {"people": len(data.people), "items": len(data.items), "interactions": len(data.interactions)},
        "fit_s": {"popular": 0.123},
        "failed": {"als": "no goals"},
        "not_served": [name for name in PACK.models if name not in {*fitted.models, "als"}],
        "not_judged": None,
        "evaluation": None,
        "heads": None,
        "objectives": None,
    }


def test_a_release_serves_as_soon_as_it_is_published(tmp_path: Path, data: Dataset, fitted: FittedModels) -> None:
    releases = Releases(tmp_path)
    names = [released(releases, data, replace(fitted, models={})).id for _ in range(4)]

    assert releases.order("test") == names[:0:-1]


def test_heads_statistics_and_floors_are_parts_of_a_release(
    tmp_path: Path, data: Dataset, fitted: FittedModels
) -> None:
    rng = np.random.default_rng(1)
    values = rng.random((800, 2)).astype(np.float32)
    label = (rng.random(800) < values[:, 0]).astype(np.float32)
    rows = Rows(("a", "b"), values, label, np.ones(800, np.float32), np.arange(800, dtype=np.int32), np.zeros(800))
    head = fit_head(Head("p_buy", Outcome("Bought.", "chance", "reached")), rows, rows, Run())
    ranks = Ranks.learn(values[:, 0], np.full(800, 60.0, np.float32))
    statistics = Statistics.of_interactions(data.interactions, len(data.items))
    learned = LearnedHeads(
        {"p_buy": head},
        {"p_buy": ranks},
        {"sold": 0.25},
        statistics,
        ("home", "cart"),
        True,
        Outcomes(learned=None),
        ("p_sold",),
    )
    releases = Releases(tmp_path)
    told = {"now": NOON, "config": "c0ffee", "version": "0.1", "keep": 3}
    manifest = publish(
        releases,
        data,
        PACK,
        fitted,
        None,
        learned=learned,
        counted=Counted(7, 1_000),
        **told,  # type: ignore[arg-type]
    )
    release, _ = releases.load("test")

    assert release is not None
    part = release.parts["head:p_buy"]
    again = FittedHead.restore(State(dict(part.arrays), dict(part.settings)))
    np.testing.assert_array_equal(again.predict(values), head.predict(values))
    np.testing.assert_allclose(Ranks.read(part.settings["ranks"]).knots, ranks.knots, atol=1e-4)
    assert release.parts["statistics"].settings == {"seq": 7, "slates": 1_000, "until": 1_000}
    kept = Statistics.from_arrays(release.parts["statistics"].arrays)
    np.testing.assert_array_equal(kept.total, statistics.total)
    told = {"floors": {"sold": 0.25}, "placements": ["home", "cart"], "chains": ["p_sold"]}
    assert release.parts["objectives"].settings == told
    assert manifest.evidence["heads"]["learned"] is None and not manifest.evidence["objectives"]
