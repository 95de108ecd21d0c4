"""What `penchant serve` is measured beside: services that a team would write in a day, with `implicit` and FastAPI.

    python serving_peers.py fit FOLDER
    python serving_peers.py precomputed|als PORT FOLDER

`precomputed`: a dict of lists that were worked out beforehand. `als`: factors; the person's latest events are read from
the store's file, folded in, and all items are scored. Neither logs, looks at stock or rules, ranks, or explains.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import implicit
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from scipy import sparse

SIZE, HISTORY, FACTORS = 20, 200, 64


class Asked(BaseModel):
    """A request, as far as it is read."""

    user_id: str
    placement: str = "home"


def fit(folder: Path) -> None:
    """Fit on what penchant's models were fitted on, and work lists out for everybody in it."""
    done = folder / "peers-model.npz"
    if done.exists():
        return
    with np.load(folder / "peers.npz") as told:
        person, item, items = told["person"], told["item"], int(told["items"])
    x = sparse.csr_matrix((np.ones(len(person), np.float32), (person, item)), shape=(int(person.max()) + 1, items))
    x.sum_duplicates()
    model = implicit.als.AlternatingLeastSquares(factors=FACTORS, iterations=15, num_threads=2, random_state=7)
    model.fit(x, show_progress=False)
    every = np.arange(x.shape[0])
    lists = [model.recommend(some, x[some], N=SIZE)[0] for some in np.array_split(every, max(1, len(every) // 500))]
    popular = np.argsort(-np.asarray(x.sum(axis=0)).ravel())[:SIZE]
    np.savez(done, items=model.item_factors, people=model.user_factors, lists=np.concatenate(lists), popular=popular)


def precomputed(folder: Path) -> FastAPI:
    """A dict of lists."""
    with np.load(folder / "peers-model.npz") as told:
        lists = {f"u{code}": [f"p{item}" for item in row] for code, row in enumerate(told["lists"].tolist())}
        popular = [f"p{item}" for item in told["popular"].tolist()]
    app = FastAPI()

    @app.post("/v1/recommendations")
    def recommend(asked: Asked) -> dict[str, Any]:
        found = lists.get(asked.user_id, popular)
        return {"items": [{"id": item, "position": place} for place, item in enumerate(found, 1)]}

    return app


def als(folder: Path) -> FastAPI:
    """Factors, at request time."""
    model = implicit.als.AlternatingLeastSquares(factors=FACTORS, num_threads=1, random_state=7)
    with np.load(folder / "peers-model.npz") as told:
        model.item_factors, model.user_factors = told["items"], told["people"]
    items = len(model.item_factors)
    local = threading.local()
    app = FastAPI()

    @app.post("/v1/recommendations")
    def recommend(asked: Asked) -> dict[str, Any]:
        if not hasattr(local, "store"):
            local.store = sqlite3.connect(f"file:{folder / 'penchant.db'}?mode=ro", uri=True)
        rows = local.store.execute(
            "SELECT item FROM event WHERE actor = ? AND domain = 'shop' ORDER BY time DESC LIMIT ?",
            (f"user:{asked.user_id}", HISTORY),
        ).fetchall()
        codes = np.unique([int(item[1:]) for (item,) in rows]).astype(np.int32)
        x = sparse.csr_matrix((np.ones(len(codes), np.float32), codes, [0, len(codes)]), shape=(1, items))
        found, scores = model.recommend(0, x, N=SIZE, recalculate_user=True)
        told = zip(found.tolist(), scores.tolist(), strict=True)
        return {"items": [{"id": f"p{i}", "position": n, "value": s} for n, (i, s) in enumerate(told, 1)]}

    return app


def main() -> None:
    """Fit, or serve one."""
    what, *rest = sys.argv[1:]
    if what == "fit":
        fit(Path(rest[0]))
        return
    port, folder = int(rest[0]), Path(rest[1])
    app = {"precomputed": precomputed, "als": als}[what](folder)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
