from __future__ import annotations

import msgspec

from penchant.evaluation import Choice, Counts, Estimate, Report, Row, Tried, Turn
from penchant.models import Blend, Share

REPORT = Report(
    domain="shop",
    pack="product",
    valid_from="2011-10-28T00:00:00Z",
    test_from="2011-11-18T00:00:00Z",
    test_until="2011-12-10T00:00:00Z",
    repeats="allowed",
    counts=Counts(
        train_rows=100,
        train_goals=80,
        people_warm=12,
        people_judged=10,
        people_cold=3,
        items=40,
        targets=25,
        unknown_target_share=0.01,
        repeats_share=0.4,
        valid_people_judged=9,
    ),
    rows=(
        Row(
            name="blend",
            kind="blend",
            baseline=False,
            metrics={"ndcg@10": Estimate(0.36641, 0.3506, 0.3825), "revenue@10": Estimate(0.26, 0.25, 0.27)},
            on_repeats={"ndcg@10": Estimate(0.5, 0.4, 0.6)},
            valid=0.34,
            fit_s=2.04,
            seconds=1.0,
        ),
        Row(
            name="personal-top",
            kind="personal-top",
            baseline=True,
            metrics={"ndcg@10": Estimate(0.3508, 0.3352, 0.3669)},
            valid=0.33,
            fit_s=0.01,
            seconds=0.3,
        ),
        Row(name="alike", kind="alike", baseline=False, failed='no item has a value in "category"'),
    ),
    winner="blend",
    winner_reason="blend leads on validation",
    against_baseline=Estimate(0.0156, 0.0091, 0.0216),
    against={"personal-top": Estimate(0.0156, 0.0091, 0.0216)},
    blend=Blend(shares=(Share(model="personal-top", weight=0.7), Share(model="als", weight=0.3))),
    windows=(
        Turn(
            test_from="2011-11-18T00:00:00Z",
            test_until="2011-12-10T00:00:00Z",
            people_judged=10,
            means={"blend": 0.36641, "personal-top": 0.3508},
            winner="blend",
        ),
    ),
    placements={"home": Choice(task="next", winner="blend", reason="blend leads on validation")},
    settings={"als": {"factors": 32}},
    tried=(Tried(name="als", settings={"factors": 32}, value=0.3, seconds=2.0),),
)


def test_a_report_is_json_and_back():
    whole = msgspec.structs.replace(REPORT, also=(msgspec.structs.replace(REPORT, task="together"),))

    assert msgspec.json.decode(msgspec.json.encode(whole), type=Report) == whole


def test_rows_are_found_by_name():
    assert REPORT.row("alike") is REPORT.rows[2]
    assert REPORT.row("nobody") is None
