"""`make bench-heads`: heads on real data, against what one would try first.

Online Retail: will this customer buy this item within 30 days? Against a logistic regression on recency and frequency.
KuaiRand: how much of a video is taken in, as a rank among videos as long? Against the mean of its duration bucket.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE))
from protocol import interval
from rich.console import Console
from sets import DAY, RETAIL, at

from penchant.catalog import Item, ItemTable
from penchant.dataset import Dataset, IdMap, Interactions, Shown
from penchant.events import Role
from penchant.models import Run
from penchant.packs.content import PACK as CONTENT
from penchant.packs.content.items import Content
from penchant.packs.product import PACK as PRODUCT
from penchant.packs.product.items import Product
from penchant.ranking import FittedHead, HeadFigures, Rows, fit_head, judge_head
from penchant.ranking.figures import calibration_error, log_losses, quantile_losses
from penchant.training.rows import Builder, counted
from record import data_folder, write

Floats = NDArray[np.float64]
PAUSE = 1_800.0
SEED = 7

WITHIN = 30.0
"""Days within which a purchase counts."""
LATEST, POPULAR = 60, 40
"""Candidates of a customer: items bought last, and the most bought of the last 28 days."""
ASKED = {"fit": 140, "later": 400, "test": 1_500}
"""Most customers of each cut, drawn."""
CUTS = {
    "fit": [at("2011-03-01") + 7 * DAY * week for week in range(24)],
    "later": [at("2011-08-18") + 6 * DAY * step for step in range(4)],
    "test": [at("2011-10-10"), at("2011-11-09")],
}
"""What follows a cut of one stage is known before the next stage but one."""

SPLITS = (at("2022-04-27", -8), at("2022-05-04", -8), at("2022-05-06", -8))
"""Of KuaiRand: rows are fitted from the first moment to the second, calibrated on to the third, and judged after."""
SHOWN = {"fit": 60_000, "later": 25_000, "test": 40_000}
BUCKETS = (0.0, 7, 12, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600)
"""Duration buckets, seconds."""

LOG = """
SELECT user_id AS person, video_id AS item, time_ms / 1000.0 AS time, least(play_time_ms / 1000.0, 3600) AS played,
       duration_ms / 1000.0 AS length, long_view = 1 AS long, is_like = 1 OR is_follow = 1 OR is_forward = 1 AS liked
FROM '{folder}/kuairand-pure-slice/log_standard_4_25_to_5_08.parquet' WHERE play_time_ms > 0 AND duration_ms > 0
ORDER BY person, time, item
"""

METHOD = (
    "Online Retail: at some moments of 2011 customers drawn by chance are asked about the last"
    f" {LATEST} different items he bought and the {POPULAR} most bought of the last 28 days; the label is a purchase"
    " within 30 days. Trees are grown on 24 weekly moments from 1 Mar, stopped and calibrated on four from 18 Aug to 5"
    " Sep, judged on 10 Oct and 9 Nov. The peer is a logistic regression, fitted by Newton's method on the same rows,"
    " those of calibration among them, on the log"
    " of the days since and of the times that he bought the item, whether he ever did, and the log of the days since"
    " and of the number of all his purchases. KuaiRand: every video that began to play, by the completion head of the"
    " content pack; the label is the rank of the share played among training rows of its duration bucket. Rows of 27"
    " Apr to 3 May are fitted, of 4 and 5 May calibrated on, later ones judged. Peers: the mean of the bucket; and,"
    " beyond what was asked for, the bucket's mean moved by what the video and the person were above it, shrunk. All"
    " heads are fitted with the packs' features as the kernel gives them, as of each row's moment. Differences are head"
    " minus peer, below 0 where the head is better, over the same rows; intervals: 95 %, bootstrap over people."
)


@dataclass(frozen=True)
class Stage:
    """Rows of one stage and whose they are."""

    rows: Rows
    person: NDArray[np.int32]


def dataset(pack: str, table: dict[str, Any], items: dict[str, Item | None], role: Any, weight: Any) -> Dataset:
    """Rows sorted by person and then time."""
    people, person = np.unique(table["person"], return_inverse=True)
    ids, item = np.unique(table["item"].astype(str), return_inverse=True)
    n, time = len(item), np.asarray(table["time"], np.float64)
    fresh = (np.diff(person, prepend=-1) != 0) | (np.diff(time, prepend=-np.inf) > PAUSE)
    untold = np.full(n, np.nan, np.float32)
    session = (np.cumsum(fresh) - 1).astype(np.int32)
    rows = Interactions(
        person=person.astype(np.int32),
        item=item.astype(np.int32),
        time=time,
        weight=np.asarray(weight, np.float32),
        role=np.asarray(role, np.int8),
        quantity=np.ones(n, np.float32),
        price=np.asarray(table.get("price", untold), np.float32),
        basket=np.where(role == int(Role.GOAL), session, -1).astype(np.int32),
        session=session,
        reversed_at=np.asarray(table.get("undone", np.full(n, np.inf)), np.float64),
        progress=np.asarray(table.get("progress", untold), np.float32),
        seconds=np.asarray(table.get("played", untold), np.float32),
        event=np.full(n, -1, np.int16),
    )
    names = ids.tolist()
    catalog = ItemTable(names, [items.get(name) for name in names])
    return Dataset(pack, IdMap([str(p) for p in people]), IdMap(names), rows, catalog, float(time.max()) + 1)


def shown(person: Any, time: Any, sizes: Any, items: Any) -> Shown:
    """Requests by time, of which nothing more is known."""
    n, m = len(person), len(items)
    return Shown(
        person=np.asarray(person, np.int32),
        time=np.asarray(time, np.float64),
        placement=np.full(n, -1, np.int16),
        device=np.full(n, -1, np.int8),
        ptr=np.append(0, np.cumsum(sizes)).astype(np.int64),
        items=np.asarray(items, np.int32),
        position=np.ones(m, np.int16),
        relevance=np.full(m, np.nan, np.float32),
        propensity=np.full(m, np.nan, np.float32),
        seed_ptr=np.zeros(n + 1, np.int64),
        seeds=np.zeros(0, np.int32),
        slates=("",) * n,
        personal=np.ones(n, bool),
    )


def rows_of(builder: Builder, asked: Shown, label: Any) -> Stage:
    """Rows with features as of their moment."""
    made, row = builder.build(asked), asked.row_of
    if made.failed:
        sys.exit(f"features failed: {dict(made.failed)}")
    ones = np.ones(len(row), np.float32)
    label = np.asarray(label, np.float32)
    rows = Rows(made.names, made.values, label, ones, row.astype(np.int32), asked.time[row])
    return Stage(rows, asked.person[row])


# Online Retail


def retail(folder: Path) -> dict[str, Any]:
    """Purchase within 30 days, against recency and frequency."""
    db = duckdb.connect()
    db.execute("SET threads = 2")
    table = db.sql(f"SELECT * FROM ({RETAIL.format(folder=folder)}) ORDER BY person, time, item").fetchnumpy()
    table = {name: np.ma.filled(np.ma.asarray(one, one.dtype), np.inf if name == "undone" else None)
             for name, one in table.items() if name in ("person", "item", "time", "undone")}  # fmt: skip
    prices = db.sql(
        f"SELECT StockCode, median(UnitPrice) FROM '{folder}/online-retail/transactions.parquet'"
        f" WHERE Quantity > 0 AND UnitPrice > 0 AND epoch(InvoiceDate) < {CUTS['fit'][0]} GROUP BY 1"
    ).fetchall()
    items: dict[str, Item | None] = {str(code): Product(id=str(code), price=float(price)) for code, price in prices}
    n = len(table["time"])
    data = dataset("product", table, items, np.full(n, int(Role.GOAL)), np.ones(n))
    builder = Builder(data, PRODUCT.features, counted(data, None, logged=False), ())
    rng = np.random.default_rng(SEED)
    stages = {name: _joined([_cut(data, builder, cut, ASKED[name], rng) for cut in cuts])
              for name, cuts in CUTS.items()}  # fmt: skip
    head = next(one for one in PRODUCT.heads if one.name == "p_purchase")
    fitted = fit_head(head, stages["fit"].rows, stages["later"].rows, Run(seed=SEED))
    test = stages["test"]
    plain = [_recency(data, stage) for stage in (stages["fit"], stages["later"], test)]
    label = np.concatenate([stages["fit"].rows.label, stages["later"].rows.label]).astype(np.float64)
    weights = newton(np.concatenate(plain[:2]), label)
    peer = 1 / (1 + np.exp(-_with_one(plain[2]) @ weights))
    own, y = _said(fitted, test.rows), test.rows.label.astype(np.float64)
    mean, low, high = interval(log_losses(own, y) - log_losses(peer, y), test.person)
    return {
        **_head(judge_head(fitted, test.rows), stages),
        "peer_log_loss": float(log_losses(peer, y).mean()),
        "peer_ece": calibration_error(peer, y, np.ones(len(y))),
        "difference": mean,
        "low": low,
        "high": high,
    }


def _cut(data: Dataset, builder: Builder, cut: float, most: int, rng: np.random.Generator) -> Stage:
    rows = data.interactions
    before, after = rows.time < cut, (rows.time >= cut) & (rows.time < cut + WITHIN * DAY)
    known = np.unique(rows.person[before])
    people = np.sort(rng.choice(known, min(most, len(known)), replace=False))
    lately = before & (rows.time >= cut - 28 * DAY)
    popular = np.argsort(-np.bincount(rows.item[lately], minlength=len(data.items)), kind="stable")[:POPULAR]
    bought = set(zip(rows.person[after].tolist(), rows.item[after].tolist(), strict=True))
    ptr, items, sizes = data.ptr, [], []
    for person in people.tolist():
        own = rows.item[ptr[person] : ptr[person + 1]][before[ptr[person] : ptr[person + 1]]]
        latest = dict.fromkeys(own[::-1].tolist())
        mine = list(dict.fromkeys([*list(latest)[:LATEST], *popular.tolist()]))
        items += mine
        sizes.append(len(mine))
    asked = shown(people, np.full(len(people), cut), sizes, items)
    owner = asked.person[asked.row_of].tolist()
    return rows_of(builder, asked, [pair in bought for pair in zip(owner, items, strict=True)])


def _recency(data: Dataset, stage: Stage) -> Floats:
    """The peer's inputs: of the pair, and of the person."""
    had = stage.rows.of(["bought_before", "bought_days"]).astype(np.float64)
    rows, never = data.interactions, np.isnan(had[:, 1])
    out = np.zeros((len(never), 5))
    # `bought_before` is told as log(1 + times), `bought_days` as log(1 + days).
    out[:, 0], out[:, 1], out[:, 2] = np.where(never, 0, had[:, 1]), np.where(never, 0, had[:, 0]), never
    key = stage.person.astype(np.int64) * 10_000_000_000 + stage.rows.time.astype(np.int64)
    pairs, back = np.unique(key, return_inverse=True)
    told = np.zeros((len(pairs), 2))
    for place, pair in enumerate(pairs.tolist()):
        person, cut = divmod(pair, 10_000_000_000)
        times = rows.time[data.ptr[person] : data.ptr[person + 1]]
        times = times[times < cut]
        told[place] = np.log1p((cut - times[-1]) / DAY), np.log1p(len(times))
    out[:, 3:] = told[back]
    return out


def newton(x: Floats, y: Floats, ridge: float = 1e-3) -> Floats:
    """Logistic regression by Newton's method, the first weight for a column of ones."""
    x = _with_one(x)
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) + ridge * weights
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + ridge * np.eye(x.shape[1]), gradient)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def _with_one(x: Floats) -> Floats:
    return np.column_stack([np.ones(len(x)), x])


# KuaiRand


def kuairand(folder: Path) -> dict[str, Any]:
    """Completion as a rank within the duration bucket, against the bucket's mean."""
    db = duckdb.connect()
    db.execute("SET threads = 2")
    table = {k: np.ma.getdata(v) for k, v in db.sql(LOG.format(folder=folder)).fetchnumpy().items()}
    share = np.minimum(table["played"] / table["length"], 1.0)
    table["progress"] = share
    events = _events(table)
    items = _videos(db, folder, table)
    data = dataset("content", events, items, events["role"], events["weight"])
    builder = Builder(data, CONTENT.features, counted(data, None, logged=False), ())
    person = np.unique(table["person"], return_inverse=True)[1]
    item = data.items.codes(table["item"].astype(str).tolist())
    bucket = np.searchsorted(BUCKETS, table["length"], side="right") - 1
    time = table["time"]
    fit = (time >= SPLITS[0]) & (time < SPLITS[1])
    rank = _ranks(share, bucket, fit)
    rng = np.random.default_rng(SEED)
    edges = {"fit": SPLITS[:2], "later": SPLITS[1:], "test": (SPLITS[2], np.inf)}
    stages, at_ = {}, {}
    for name, (start, end) in edges.items():
        there = np.flatnonzero((time >= start) & (time < end))
        drawn = rng.choice(there, min(SHOWN[name], len(there)), replace=False)
        drawn = drawn[np.argsort(time[drawn], kind="stable")]
        asked = shown(person[drawn], time[drawn], np.ones(len(drawn), int), item[drawn])
        stages[name], at_[name] = rows_of(builder, asked, rank[drawn]), drawn
    head = next(one for one in CONTENT.heads if one.name == "completion")
    fitted = fit_head(head, stages["fit"].rows, stages["later"].rows, Run(seed=SEED))
    test = stages["test"]
    own, y = _said(fitted, test.rows), test.rows.label.astype(np.float64)
    before = fit | ((time >= SPLITS[1]) & (time < SPLITS[2]))
    means = np.bincount(bucket[before], rank[before], len(BUCKETS)) / np.maximum(
        np.bincount(bucket[before], minlength=len(BUCKETS)), 1
    )
    peer = means[bucket[at_["test"]]]
    over = rank - means[bucket]
    moves = _above(item, over, before) + _above(person, over, before)
    moved = np.clip(peer + moves[at_["test"]], 0, 1)
    mean, low, high = interval(quantile_losses(own, y) - quantile_losses(peer, y), test.person)
    more = interval(quantile_losses(own, y) - quantile_losses(moved, y), test.person)
    return {
        **_head(judge_head(fitted, test.rows), stages),
        "peer_quantile_loss": float(quantile_losses(peer, y).mean()),
        "difference": mean,
        "low": low,
        "high": high,
        "moved_quantile_loss": float(quantile_losses(moved, y).mean()),
        "moved_difference": more[0],
        "moved_low": more[1],
        "moved_high": more[2],
    }


def _events(table: dict[str, Any]) -> dict[str, Any]:
    """What players would have told: that it began, and in the end how it went."""
    n = len(table["time"])
    untold = np.full(n, np.nan)
    long, liked = table["long"].astype(bool), table["liked"].astype(bool)
    left = (table["played"] < 10) & (table["progress"] < 0.9) & ~long & ~liked
    role = np.where(long, int(Role.GOAL), np.where(liked, int(Role.STRONG), int(Role.NEGATIVE)))
    weight = np.where(long, 1.0, np.where(liked, 0.6, -0.3))
    ended = long | liked | left
    both = {
        "person": np.concatenate([table["person"], table["person"][ended]]),
        "item": np.concatenate([table["item"], table["item"][ended]]),
        "time": np.concatenate([table["time"], (table["time"] + table["played"])[ended]]),
        "progress": np.concatenate([untold, table["progress"][ended]]),
        "played": np.concatenate([untold, table["played"][ended]]),
        "role": np.concatenate([np.full(n, int(Role.WEAK)), role[ended]]),
        "weight": np.concatenate([np.full(n, 0.2), weight[ended]]),
    }
    order = np.lexsort((both["time"], both["person"]))
    return {name: column[order] for name, column in both.items()}


def _videos(db: duckdb.DuckDBPyConnection, folder: Path, table: dict[str, Any]) -> dict[str, Item | None]:
    found = db.sql(
        "SELECT video_id, author_id, coalesce(tag, ''), video_type, upload_type, epoch(upload_dt::TIMESTAMP)"
        f" FROM '{folder}/kuairand-pure-slice/video_features_basic.parquet'"
    ).fetchall()
    length = dict(zip(table["item"].tolist(), table["length"].tolist(), strict=True))
    made: dict[str, Item | None] = {}
    for video, author, tags, kind, form, published in found:
        told = None if published is None else np.datetime64(int(published), "s").item()
        made[str(video)] = Content(
            id=str(video),
            kind="video",
            topics=tuple(tag for tag in tags.split(",") if tag),
            genre=kind,
            format=form,
            creator=str(author),
            length_s=length.get(video),
            published=None if told is None else told.replace(tzinfo=UTC),
        )
    return made


def _ranks(share: Floats, bucket: NDArray[np.int64], fit: NDArray[np.bool_]) -> Floats:
    """Middle rank of each share among fitted rows of its bucket, 0 to 1."""
    out = np.zeros(len(share))
    for one in np.unique(bucket):
        mine, known = bucket == one, np.sort(share[fit & (bucket == one)])
        low, high = np.searchsorted(known, share[mine], "left"), np.searchsorted(known, share[mine], "right")
        out[mine] = 0.5 * (low + high) / max(len(known), 1)
    return out


def _above(code: NDArray[np.int32], over: Floats, before: NDArray[np.bool_], shrinkage: float = 20.0) -> Floats:
    """How far above its bucket's mean a video or a person was before, shrunk."""
    n = int(code.max()) + 1
    total, count = np.bincount(code[before], over[before], n), np.bincount(code[before], minlength=n)
    moved: Floats = (total / (count + shrinkage))[code]
    return moved


# Both


def _joined(parts: list[Stage]) -> Stage:
    return Stage(Rows.joined([part.rows for part in parts]), np.concatenate([part.person for part in parts]))


def _said(fitted: FittedHead, rows: Rows) -> Floats:
    return fitted.predict(rows.of(fitted.features)).astype(np.float64)


def _head(figures: HeadFigures, stages: dict[str, Stage]) -> dict[str, Any]:
    told = {name: getattr(figures, name) for name in
            ("rows", "mean_label", "mean_predicted", "log_loss", "log_loss_constant", "quantile_loss",
             "quantile_loss_constant", "auc", "ece", "trees")}  # fmt: skip
    people = len(np.unique(stages["test"].person))
    return {"people": people, "fitted_on": figures.fitted_on, **{k: v for k, v in told.items() if v is not None}}


ABOUT = {
    "people": "people judged",
    "fitted_on": "rows the trees were grown on",
    "rows": "rows judged",
    "mean_label": "mean of what followed",
    "mean_predicted": "mean prediction",
    "log_loss": "of the head, in nats a row",
    "log_loss_constant": "of the best constant in hindsight",
    "peer_log_loss": "of recency and frequency",
    "quantile_loss": "of the head, pinball loss at the median",
    "quantile_loss_constant": "of the best constant in hindsight",
    "peer_quantile_loss": "of the duration bucket's mean",
    "moved_quantile_loss": "of that mean, moved by what the video and the person were above it",
    "difference": "head minus peer in that loss; below 0 the head is better",
    "low": "lower end of its 95 % interval",
    "high": "upper end of it",
    "moved_difference": "head minus the moved mean",
    "moved_low": "lower end of its 95 % interval",
    "moved_high": "upper end of it",
    "auc": "chance that a row where it happened stands above one where it did not",
    "ece": "calibration error of the head, 15 bins of equal mass",
    "peer_ece": "calibration error of recency and frequency",
    "trees": "trees of the head",
}


def main() -> None:
    """Measure and write."""
    folder = data_folder()
    if folder is None:
        sys.exit("no PENCHANT_DATA: there is nothing to measure on")
    figures = {}
    for name, measured in (("online-retail", retail), ("kuairand", kuairand)):
        figures[name] = measured(folder)
        Console(stderr=True).print(name, figures[name])
    write("heads", figures, ABOUT, METHOD)


if __name__ == "__main__":
    main()
