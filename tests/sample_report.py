"""A report with everything a report can have, for those who show reports. Its numbers are made up."""

from __future__ import annotations

from penchant.evaluation.interval import Estimate
from penchant.evaluation.report import Choice, Counts, Report, Row, Tried, Turn
from penchant.models import Blend, Share

MEANS = {
    "blend": (0.3664, 0.41),
    "personal-top": (0.3508, 0.22),
    "tifu-knn": (0.3489, 0.31),
    "als": (0.2711, 0.38),
    "item-knn": (0.2602, 0.47),
    "popular-week": (0.1105, 0.01),
    "popular": (0.0914, 0.008),
}
"""NDCG@10 and coverage by model."""

BASELINES = ("personal-top", "popular-week", "popular")

COUNTS = Counts(
    train_rows=412_301,
    train_goals=389_112,
    people_warm=1_240,
    people_judged=1_000,
    people_cold=310,
    items=3_805,
    targets=14_210,
    unknown_target_share=0.013,
    repeats_share=0.41,
    valid_people_judged=980,
    requests=1_000,
)

BLEND = Blend(by="score", shares=(Share(model="personal-top", weight=0.6), Share(model="als", weight=0.4)))


def near(mean: float, width: float = 0.015) -> Estimate:
    return Estimate(mean, max(mean - width, 0.0), mean + width)


def row(name: str, scale: float = 1.0, **more: object) -> Row:
    mean, coverage = MEANS[name]
    metrics = {
        "ndcg@10": near(mean * scale),
        "recall@20": near(mean * 0.9),
        "hr@10": near(mean * 1.8),
        "mrr@20": near(mean * 1.2),
        "coverage@10": near(coverage, 0.004),
        "novelty@10": near(11.7 - 4 * mean, 0.2),
        "popularity-lift@10": near(1.8 - mean),
        "revenue@10": near(mean * 0.7),
        "returned@10": near(0.021, 0.004),
    }
    return Row(name=name, kind=name, baseline=name in BASELINES, metrics=metrics, valid=mean * 0.97, **more)  # type: ignore[arg-type]


def full(name: str) -> Row:
    mean = MEANS[name][0]
    return row(
        name,
        on_repeats={"ndcg@10": near(mean * 1.4), "recall@20": near(mean)},
        on_new={"ndcg@10": near(mean * 0.2), "recall@20": near(mean * 0.1)},
        on_cold_items={"ndcg@10": near(mean * 0.05, 0.002)},
        on_cold_people={"ndcg@10": near(mean * 0.3), "recall@20": near(mean * 0.2)},
        fit_s=3.1 * mean,
        seconds=1.0,
    )


FAILED = Row(name="session-knn", kind="session-knn", baseline=False, failed="212 sessions, 2,000 needed")

TOGETHER = Report(
    domain="shop",
    pack="product",
    valid_from="2011-10-28T00:00:00Z",
    test_from="2011-11-18T00:00:00Z",
    test_until="2011-12-10T00:00:00Z",
    repeats="allowed",
    counts=COUNTS,
    rows=(row("item-knn", 0.7), row("popular", 0.5)),
    winner="item-knn",
    winner_reason="item-knn leads on validation (0.1900) and holds on test",
    against_baseline=Estimate(0.1364, 0.12, 0.15),
    task="together",
)

REPORT = Report(
    domain="shop",
    pack="product",
    valid_from="2011-10-28T00:00:00Z",
    test_from="2011-11-18T00:00:00Z",
    test_until="2011-12-10T00:00:00Z",
    repeats="allowed",
    counts=COUNTS,
    rows=(*(full(name) for name in MEANS), FAILED),
    winner="blend",
    winner_reason="blend leads on validation (0.3554) and holds on test: +0.0156 [+0.0091, +0.0216] NDCG@10 against the"
    " best baseline, personal-top",
    against_baseline=Estimate(0.0156, 0.0091, 0.0216),
    against={name: near(MEANS["blend"][0] - mean) for name, (mean, _) in MEANS.items() if name != "blend"},
    blend=BLEND,
    task="next",
    windows=tuple(
        Turn(
            test_from=f"2011-{month:02}-18T00:00:00Z",
            test_until=f"2011-{month + 1}-09T00:00:00Z",
            people_judged=900 + 10 * month,
            means={name: m * (0.9 + month / 100) for name, (m, _) in MEANS.items() if (month, name) != (9, "als")},
            winner="blend" if month > 9 else "personal-top",
            against_baseline=Estimate(0.0156, 0.0091, 0.0216) if month > 9 else None,
        )
        for month in (9, 10, 11)
    ),
    also=(TOGETHER,),
    placements={
        "home": Choice(task="next", winner="blend", reason="blend won", blend=BLEND, ndcg=near(0.3664)),
        "bought-together": Choice(
            task="together", winner="item-knn", reason="item-knn won on baskets",
            blend=Blend(shares=(Share(model="item-knn", reads="seeds", weight=0.75), Share(model="als", weight=0.25))),
            ndcg=near(0.18),
        ),
        "buy-again": Choice(task="again", winner=None, reason="nobody could be judged"),
    },
    settings={"als": {"factors": 128, "alpha": 5.0}},
    tried=(
        Tried(name="als", settings={}, value=0.251, seconds=4.0),
        Tried(name="item-knn", settings={}, value=0.24, seconds=2.0),
        Tried(name="als", settings={"factors": 128}, value=0.27, seconds=9.0),
        Tried(name="als", settings={"factors": 256}, seconds=3.0, failed="too little data"),
        Tried(name="tifu-knn", settings={"decay": 0.9}, value=0.34, seconds=6.0),
        Tried(name="tifu-knn", settings={"decay": 0.8}, value=0.338, seconds=6.0),
    ),
)  # fmt: skip
