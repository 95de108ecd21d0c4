"""Models of a release are read where they lie: processes on one machine share their arrays."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from penchant.events import Role
from penchant.features import Statistics
from penchant.models import ALS, SLIST, Fitted, ItemKNN
from penchant.models.als import FittedALS
from penchant.models.factors import ItemFactors
from penchant.models.item_knn import FittedItemKNN
from penchant.models.item_weights import ItemWeights
from penchant.models.neighbours import Neighbours
from penchant.models.slist import FittedSLIST
from penchant.pack import STATISTICS
from penchant.packs.product import PACK
from penchant.serving.loaded import load
from penchant.storage import ITEM_SPACE, Part, Releases, pack_text

ITEMS, DIMS, NEAR, BLOCK = 20_000, 48, 100, 2_000
LARGE = 64 * 1024
CHILD = """
import sys
import numpy as np
from pathlib import Path
from penchant.packs.product import PACK
from penchant.serving.loaded import load
from penchant.storage import Releases
print("begun", flush=True)
sys.stdin.readline()
releases = Releases(Path(sys.argv[1]))
held = load("shop", PACK, releases)
assert held.release and not held.notes, held.notes
# All pages are looked at, as requests do it in time.
total = sum(float(a.view(np.uint8).sum()) for p in releases.load("shop")[0].parts.values() for a in p.arrays.values())
print("loaded", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Releases with one of 25 MB, of arrays made up."""
    rng = np.random.default_rng(7)
    factors = rng.standard_normal((ITEMS, DIMS)).astype(np.float32)
    neighbours = Neighbours(
        np.arange(ITEMS + 1) * NEAR,
        rng.integers(0, ITEMS, ITEMS * NEAR, np.int32),
        rng.random(ITEMS * NEAR, np.float32),
    )
    cells = BLOCK * NEAR
    columns = np.sort(rng.integers(0, BLOCK, (BLOCK, NEAR), np.int32), axis=1).ravel()
    weights = sparse.csr_matrix(
        (rng.random(cells, np.float32), columns, np.arange(BLOCK + 1, dtype=np.int32) * NEAR), shape=(BLOCK, BLOCK)
    )
    models: dict[str, Fitted] = {
        "als": FittedALS(ALS(factors=DIMS), ItemFactors.of(factors, np.ones(ITEMS, bool)), np.eye(DIMS)),
        "item-knn": FittedItemKNN(ItemKNN(), neighbours),
        "slist": FittedSLIST(SLIST(), ItemWeights.of(np.arange(BLOCK, dtype=np.int32), ITEMS, [weights])),
    }
    statistics = Statistics.of(
        rng.integers(0, ITEMS, 3 * ITEMS), rng.random(3 * ITEMS) * 1e6, np.full(3 * ITEMS, int(Role.WEAK)), ITEMS
    )
    parts = {ITEM_SPACE: Part("items", pack_text([f"p{code}" for code in range(ITEMS)]))}
    for name, model in models.items():
        state = model.state()
        parts[name] = Part(PACK.models[name].kind, state.arrays, state.settings)
    parts[STATISTICS] = Part(STATISTICS, statistics.arrays(), {"seq": 0, "slates": 0})
    made = tmp_path_factory.mktemp("releases")
    Releases(made).publish("shop", "product", parts, now=0.0, config="", version="0", evidence={})
    return made


def arrays_in(root: object) -> Iterator[NDArray[Any]]:
    """Every array that can be reached from an object."""
    seen: set[int] = set()
    wait: list[object] = [root]
    while wait:
        one = wait.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            yield one
        wait += gc.get_referents(one)


def mapped(array: NDArray[Any]) -> bool:
    base: object = array
    while isinstance(base, np.ndarray):
        if isinstance(base, np.memmap) and base.filename is not None:
            return True
        base = base.base
    return False


def test_large_arrays_of_models_and_statistics_are_maps_of_their_files(folder: Path) -> None:
    held = load("shop", PACK, Releases(folder))
    large = [array for array in arrays_in((held.models, held.statistics)) if array.nbytes >= LARGE]

    assert set(held.models) == {"als", "item-knn", "slist"} and held.notes == ()
    # Vectors, their columns, places and ceilings; two of neighbours; two of weights; two of counts.
    assert len(large) >= 10
    assert [(array.shape, array.dtype) for array in large if not mapped(array)] == []
    assert not any(array.flags.writeable for array in large)


def test_factors_of_an_older_release_answer_the_same(folder: Path) -> None:
    release = Releases(folder).read("shop", Releases(folder).order("shop")[0])
    part = release.parts["als"]
    new = ("place", "ceilings", "head_columns", "head_rest", "head_rows")
    assert set(new) <= set(part.arrays)
    model = load("shop", PACK, Releases(folder)).models["als"]
    assert isinstance(model, FittedALS)
    older = type(model.state())({n: a for n, a in part.arrays.items() if n not in new}, dict(part.settings))
    before = FittedALS.restore(older)

    people = np.random.default_rng(3).standard_normal((5, DIMS)).astype(np.float32)
    for one in people[:, None]:
        now, then = model.items.top(one, 20), before.items.top(one, 20)
        assert now.items.tolist() == then.items.tolist() and now.scores.tolist() == then.scores.tolist()
    heads, worked_out = model.items.items.heads, before.items.items.heads
    assert heads is not None and worked_out is not None
    assert heads.rows.flags.f_contiguous and np.array_equal(heads.rows, worked_out.rows)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="tells memory by /proc")
def test_two_processes_hold_one_release_once(folder: Path) -> None:
    release = Releases(folder).read("shop", Releases(folder).order("shop")[0])
    size = sum(array.nbytes for part in release.parts.values() for array in part.arrays.values())
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", CHILD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(2)
        ]
        try:
            for child in children:
                assert heard(child) == "begun"
            before = [own(child.pid) for child in children]
            for child in children:
                tell(child)
            for child in children:
                assert heard(child) == "loaded"
            grown = [own(child.pid) - was for child, was in zip(children, before, strict=True)]
            for child in children:
                tell(child)
        finally:
            for child in children:
                child.kill()

    # The ids as texts, and what importing and reading leaves behind; not the arrays.
    assert size > 25e6
    assert max(grown) < 0.25 * size, grown


def heard(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def tell(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def own(pid: int) -> int:
    """Bytes of memory that no other process shares."""
    rows = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines())
    told = {row[0]: int(row[1]) * 1024 for row in rows if row[-1] == "kB"}
    return told["Private_Clean:"] + told["Private_Dirty:"]
