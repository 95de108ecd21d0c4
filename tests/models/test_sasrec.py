from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from penchant.clock import FixedClock, SystemClock
from penchant.dataset import Queries
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.models import Run, SASRec, sasrec_training
from penchant.models.sasrec_forward import SASRecWeights
from penchant.models.sasrec_training import Training, train
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed: pip install 'penchant[neural]'"
)
SMALL = SASRec(factors=8, heads=2, length=6, negatives=8, epochs=2, batch=8, least_sequences=10)
CIRCLE = "abcdefgh"


def without_training(ptr, items, n_items, how, clock, progress):
    """Weights as they may come out of a training, but drawn."""
    rng, d, b, h = np.random.default_rng(how.seed), how.factors, how.blocks, 2 * how.factors
    shapes = {
        "items": (n_items, d),
        "places": (how.length, d),
        "norms": (b, 2, 2, d),
        "inward": (b, d, 3 * d),
        "inward_bias": (b, 3 * d),
        "outward": (b, d, d),
        "outward_bias": (b, d),
        "widen": (b, d, h),
        "widen_bias": (b, h),
        "narrow": (b, h, d),
        "narrow_bias": (b, d),
        "last_norm": (2, d),
    }
    return SASRecWeights(**{name: rng.normal(0, 0.4, shape).astype(np.float32) for name, shape in shapes.items()})


class TestSASRecServed(ModelChecks):
    recipe = SMALL

    @pytest.fixture(autouse=True)
    def _drawn(self, monkeypatch):
        monkeypatch.setattr("penchant.models.sasrec.train", without_training)


@needs_torch
class TestSASRecTrained(ModelChecks):
    recipe = msgspec.structs.replace(SMALL, loss="gbce")

    def test_fit_does_not_depend_on_the_number_of_threads(self):
        """But for rounding: torch adds up in another order."""
        one, two = (self.recipe.fit(self.world(), Run(threads=n)).weights.arrays() for n in (1, 2))
        for name in one:
            np.testing.assert_allclose(np.sort(one[name], axis=None), np.sort(two[name], axis=None), atol=1e-3)


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setattr("penchant.models.sasrec.train", without_training)


def asked(data, model, way, seeds=""):
    codes = data.items.codes(list(way))
    times = np.full(len(codes), data.now)
    seeded = data.items.codes(list(seeds))
    queries = Queries.single(data.now, codes, times, [1.0] * len(codes), [0] * len(codes), seeded)
    return [data.items.ids[code] for code in model.retrieve(queries, 5).row(0)[0]]


def round_trips(people=40, steps=30):
    """Everybody walks the same circle, from another start."""
    rows = [
        Row(f"p{p:02d}", CIRCLE[(p + i) % len(CIRCLE)], 10 + p / 100 + i / 1_440)
        for p in range(people)
        for i in range(steps)
    ]
    return dataset(rows)


@pytest.mark.usefixtures("drawn")
def test_the_seed_counts_as_the_newest_step():
    data = tiny_dataset()
    model, ids = SMALL.fit(data, Run()), data.items.ids

    assert asked(data, model, ids[:3], ids[3:4]) == asked(data, model, ids[:4])
    assert asked(data, model, ids[:4]) != asked(data, model, ids[:3])


@pytest.mark.usefixtures("drawn")
def test_items_of_no_sequence_are_not_proposed_and_passed_over():
    data = dataset([*walk("ab", 20), Row("zoe", "lone", 5)])
    model = SMALL.fit(data, Run())

    assert set(asked(data, model, "a")) == {"a", "b"}
    assert asked(data, model, ["a", "lone"]) == asked(data, model, ["a"])
    assert asked(data, model, ["lone"]) == []


def walk(way, people):
    return [Row(f"p{p}", item, 10 + i / 1_440) for p in range(people) for i, item in enumerate(way)]


@pytest.mark.usefixtures("drawn")
def test_too_few_sequences_are_said():
    with pytest.raises(FitFailed, match="sasrec: 3 sequences of two steps or more, 1,000 needed"):
        SASRec().fit(dataset(walk("ab", 3)), Run())


def test_without_the_extra_the_message_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(sasrec_training.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ExtraNotInstalled, match=r"pip install 'penchant\[neural\]'"):
        SMALL.fit(tiny_dataset(), Run())


def test_heads_share_the_embedding_evenly():
    with pytest.raises(msgspec.ValidationError, match="no multiple of heads"):
        msgspec.convert({"factors": 10, "heads": 4}, SASRec)


@pytest.mark.usefixtures("drawn")
def test_who_serves_never_loads_torch(tmp_path):
    data = tiny_dataset()
    state = SMALL.fit(data, Run()).state()
    np.savez(tmp_path / "weights.npz", **state.arrays)
    (tmp_path / "settings.json").write_bytes(msgspec.json.encode(state.settings))
    # A torch that can be found, so that whoever looks for one loads it.
    (tmp_path / "torch.py").write_text("LOADED = True\n", encoding="utf-8")
    script = """
import sys, pathlib, msgspec, numpy as np
folder = pathlib.Path(sys.argv[1])
sys.path[:0] = [str(folder), sys.argv[2]]
from penchant.dataset import Queries
from penchant.models import SASRec, State
arrays = dict(np.load(folder / "weights.npz"))
model = SASRec.fitted.restore(State(arrays, msgspec.json.decode((folder / "settings.json").read_bytes())))
found = model.retrieve(Queries.single(9.0, [1, 4], [1.0, 2.0], [1.0, 1.0], [0, 0]), 5)
sys.stdout.write(f"{len(found.items)} {'torch' in sys.modules}")
"""
    source = str(Path(__file__).parents[2] / "src")

    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), source], capture_output=True, text=True, timeout=120, check=True
    )

    assert told.stdout == "5 False"


HOW = Training(
    factors=16,
    blocks=1,
    heads=2,
    length=10,
    dropout=0.0,
    loss="softmax",
    negatives=4,
    calibration=0.75,
    learning_rate=1e-2,
    batch=16,
    epochs=6,
    patience=6,
    max_seconds=600.0,
    seed=7,
    threads=1,
)


@needs_torch
@pytest.mark.parametrize("loss", ["softmax", "gbce"])
@pytest.mark.parametrize("negatives", [4, 50])
def test_a_circle_is_learned(loss, negatives):
    data = round_trips()
    recipe = SASRec(
        factors=16,
        blocks=1,
        length=10,
        dropout=0.0,
        loss=loss,
        negatives=negatives,
        learning_rate=1e-2,
        batch=16,
        epochs=30,
        patience=30,
        least_sequences=10,
    )

    model = recipe.fit(data, Run())

    assert [asked(data, model, CIRCLE[i - 2 : i])[0] for i in range(2, 8)] == list(CIRCLE[2:8])


@needs_torch
def test_training_ends_with_its_time_and_tells_how_far_it_is():
    class Running(FixedClock):
        def elapsed(self):
            self.advance(1.0)
            return self.at

    told, ptr, items = [], np.arange(0, 401, 10), np.tile(np.arange(5, dtype=np.int32), 80)

    train(ptr, items, 5, replace(HOW, max_seconds=2.0, epochs=1_000), Running(0.0), told.append)

    assert told[-1] == 1.0
    assert len(told) < 5


@needs_torch
def test_training_leaves_torch_as_it_was():
    torch = importlib.import_module("torch")
    ptr, items = np.arange(0, 401, 10), np.tile(np.arange(5, dtype=np.int32), 80)
    torch.manual_seed(1)
    wanted, threads = torch.rand(3), torch.get_num_threads()
    torch.manual_seed(1)

    train(ptr, items, 5, replace(HOW, epochs=1, threads=threads + 1), SystemClock(), lambda share: None)

    assert torch.rand(3).tolist() == wanted.tolist()
    assert torch.get_num_threads() == threads


@needs_torch
def test_long_sequences_are_learned_from_in_pieces():
    windows = sasrec_training._windows(np.array([0, 12]), np.array([12, 14]), 5)

    # Neighbouring pieces share a step: what one ends with is where the next begins.
    assert sorted(windows.tolist()) == [[0, 2], [1, 7], [6, 12], [12, 14]]
