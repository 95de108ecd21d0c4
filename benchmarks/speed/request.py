"""`make bench-request`: what one request costs inside the process, stage by stage, in small and in large catalogs.

The engine is a real one over a store on disk with a release that has all parts; it is asked in one thread, as a worker
asks it, without HTTP. Processor time of the thread is counted, so that a busy machine does not change the figures much;
what is written to the log beside the request is counted apart.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from made_shop import DOMAIN, NOW, Size, item_id, make, person_id

from penchant.clock import FixedClock, SystemClock
from penchant.dataset import Reader
from penchant.engine import Engine
from penchant.serving import RecommendationRequest
from penchant.serving.live import LiveDomain
from penchant.serving.person import People
from record import write

pipeline = import_module("penchant.placements.pipeline")
retrieval = import_module("penchant.placements.retrieval")
reading = import_module("penchant.ranking.reading")
valuing = import_module("penchant.ranking.value")
recommending = import_module("penchant.serving.recommender")
making = import_module("penchant.serving.made")

SIZES = {
    "small": Size(items=2_000, people=1_000, events=60_000),
    "large": Size(items=100_000, people=5_000, events=300_000),
}
PLACEMENTS = ("home", "also-like", "cart", "category-page")
REQUESTS, WARM, SEED = 60, 12, 3

METHOD = (
    "A made-up shop on disk (`benchmarks/speed/made_shop.py`): small, 2,000 products, 1,000 people, 60,000 events;"
    " large, 100,000, 5,000 and 300,000. A release with twelve models, blends of five lists, heads of up to 100 trees"
    f" over all features of the pack, statistics of items and relevance floors. {REQUESTS} requests for each of"
    f" {', '.join(PLACEMENTS)} by people drawn by chance, after {WARM} to warm up, one after the other in one thread;"
    " BLAS has one thread. Figures are processor milliseconds of that thread, medians over requests, and of `home`"
    " where none is named; a stage has what was spent in it and in no stage inside it. Watching them costs some,"
    " so the totals are of a run of their own, without it."
)
ABOUT = {
    "total_ms": "processor milliseconds of a request; half cost less",
    "total_p90_ms": "nine of ten cost less",
    "beside_ms": "processor milliseconds a request of other threads: whoever asks, and the log of slates",
    "catalog": "looking for changes of the catalog, rules and release",
    "consent": "what the person allows, from the store",
    "history": "ids, traits and history, from the store",
    "reading": "events become interactions",
    "asking": "filters and exclusions of the placement and the request",
    "constraints": "hard constraints",
    "retrieval": "models proposing; all of them",
    "merging": "proposals become candidates; the blend",
    "features": "features of all candidates",
    "heads": "trees",
    "value": "formula, floor, and what each name has to do with it",
    "selection": "pins, caps, quotas, places",
    "chance": "exploration",
    "reasons": "the slate in words",
    "encoding": "the line of the log",
    "rest": "everything else",
}


class Stages:
    """Watches where a thread's processor time goes; inner stages are taken out of outer ones."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.spent: dict[str, float] = {}
        self._open: list[str] = ["rest"]
        self._since = 0.0
        self._thread = 0

    def start(self) -> None:
        """Begin anew, in this thread; what others do for it is not seen."""
        self._thread = threading.get_ident()
        self.spent, self._open, self._since = {}, ["rest"], time.thread_time()

    def stop(self) -> dict[str, float]:
        """Milliseconds by stage since the start."""
        self._turn()
        return {name: 1e3 * seconds for name, seconds in self.spent.items()}

    def _turn(self) -> None:
        now = time.thread_time()
        name = self._open[-1]
        self.spent[name] = self.spent.get(name, 0.0) + now - self._since
        self._since = now

    def of(self, name: str | Callable[[Any], str], call: Callable[..., Any]) -> Callable[..., Any]:
        """A call, watched; its stage may depend on its first argument."""

        def watched(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self._thread:
                return call(*args, **kwargs)
            self._turn()
            self._open.append(name if isinstance(name, str) else name(args[0]))
            try:
                return call(*args, **kwargs)
            finally:
                self._turn()
                self._open.pop()

        return watched


@contextmanager
def watching(stages: Stages, engine: Engine) -> Iterator[None]:
    """Have every stage of the engine's requests watched."""
    models = engine.recommender.view(DOMAIN).parts.models
    named = {id(model): f"retrieval.{name}" for name, model in models.items()}

    def model_of(model: object) -> str:
        return named.get(id(model), "retrieval.other")

    places: list[tuple[Any, str, str | Callable[[Any], str]]] = [
        (LiveDomain, "view", "catalog"),
        (People, "allowed", "consent"),
        (People, "read", "history"),
        (Reader, "queries", "reading"),
        (recommending, "ask", "asking"),
        (pipeline, "_allowed", "constraints"),
        (retrieval.Retrieval, "found", "merging"),
        (reading, "matrix", "features"),
        (valuing, "_told", "heads"),
        (pipeline, "value", "value"),
        (pipeline, "select", "selection"),
        (pipeline, "chance", "chance"),
        (pipeline, "told", "reasons"),
        (making, "logged", "encoding"),
    ]
    for kind in {type(model) for model in models.values()}:
        places += [(kind, call, model_of) for call in ("retrieve", "similar") if hasattr(kind, call)]
    before = [(where, name, getattr(where, name)) for where, name, _ in places]
    for where, name, stage in places:
        setattr(where, name, stages.of(stage, getattr(where, name)))
    try:
        yield
    finally:
        for where, name, call in before:
            setattr(where, name, call)


def requests(items: int, people: int) -> Iterator[RecommendationRequest]:
    """Requests of all placements in turn, of a shop of so many items and people."""
    rng = np.random.default_rng(SEED)
    for n in range(len(PLACEMENTS) * (REQUESTS + WARM)):
        placement, person = PLACEMENTS[n % len(PLACEMENTS)], int(rng.integers(people))
        seeds = [item_id(int(code)) for code in rng.integers(0, items, 3)]
        fields: dict[str, Any] = {}
        if placement == "also-like":
            fields["items"] = seeds[:1]
        elif placement == "cart":
            fields["items"] = seeds
        elif placement == "category-page":
            fields["filter"] = {"field": "category", "under": f"Top {person % 20}"}
        yield RecommendationRequest(
            placement=placement, domain=DOMAIN, user_id=person_id(person), context={"device": "phone"}, **fields
        )


class Watch(FixedClock):
    """Stands at one moment, and measures on the machine's clock, so that time budgets are looked at."""

    _machine = SystemClock()

    def elapsed(self) -> float:
        """Seconds."""
        return self._machine.elapsed()


def measured(folder: Path, items: int, people: int, now: float = NOW) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What requests of a shop cost: figures of all placements, and a row of stages for each."""
    stages, rows = Stages(), []
    with Engine.open(folder, Watch(now)) as engine, threadpool_limits(1):
        asked = list(requests(items, people))
        engine.recommender.recommend(asked[0])
        engine.recommender.close()  # the counts of this hour are there
        for request in asked:
            engine.recommender.recommend(request)
        took: dict[str, list[float]] = {name: [] for name in PLACEMENTS}
        began, mine = time.process_time(), 0.0
        for request in asked[WARM * len(PLACEMENTS) :]:
            at = time.thread_time()
            engine.recommender.recommend(request)
            spent = time.thread_time() - at
            took[request.placement].append(1e3 * spent)
            mine += spent
        engine.flush()
        beside = 1e3 * (time.process_time() - began - mine) / (REQUESTS * len(PLACEMENTS))
        found: dict[str, list[dict[str, float]]] = {name: [] for name in PLACEMENTS}
        with watching(stages, engine):
            for request in asked[WARM * len(PLACEMENTS) :]:
                stages.start()
                engine.recommender.recommend(request)
                found[request.placement].append(stages.stop())
    for name in PLACEMENTS:
        known = dict.fromkeys(stage for one in found[name] for stage in one)
        of = {stage: float(np.median([one.get(stage, 0.0) for one in found[name]])) for stage in known}
        total = {"total_ms": float(np.median(took[name])), "total_p90_ms": float(np.percentile(took[name], 90))}
        rows.append({"items": items, "placement": name, **total, **of})
    home = rows[0]
    figures: dict[str, Any] = {"total_ms": home["total_ms"], "total_p90_ms": home["total_p90_ms"], "beside_ms": beside}
    figures["retrieval"] = sum(value for stage, value in home.items() if stage.startswith("retrieval."))
    figures |= {stage: home[stage] for stage in ABOUT if stage in home and stage not in figures}
    return figures, rows


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="small", help=f"with commas between, of {', '.join(SIZES)}")
    parser.add_argument("--keep", type=Path, help="folder where shops are made, and found again by the next run")
    told = parser.parse_args()
    figures: dict[str, Any] = {}
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        for name in told.sizes.split(","):
            if name not in SIZES:
                parser.error(f"no size {name!r} (have: {', '.join(SIZES)})")
            folder = (told.keep or Path(temporary)) / name
            if not folder.is_dir():
                make(folder, SIZES[name])
            figures[name], more = measured(folder, SIZES[name].items, SIZES[name].people)
            rows += more
    write("request", figures, ABOUT, METHOD, extra={"stages": rows})


if __name__ == "__main__":
    main()
