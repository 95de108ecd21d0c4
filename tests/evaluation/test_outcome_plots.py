"""Plots of heads and objectives."""

from __future__ import annotations

import msgspec
import pytest

from penchant.evaluation import HeadRow, Learned, ObjectiveRow, Outcomes
from penchant.evaluation.outcome_plots import reliability, trade
from penchant.evaluation.page import page
from penchant.ranking import HeadFigures, ReliabilityBin, TradeOff
from sample_report import REPORT

FIGURES = HeadFigures(
    head="p_buy",
    kind="chance",
    rows=300,
    mean_label=0.2,
    mean_predicted=0.21,
    log_loss=0.4,
    log_loss_constant=0.5,
    quantile_loss=None,
    quantile_loss_constant=None,
    auc=0.7,
    ece=0.0123,
    bins=(ReliabilityBin(0.1, 0.2, 150), ReliabilityBin(0.4, 0.4, 150)),
    calibration="isotonic",
    fitted_on=1_000,
    calibrated_on=300,
    trees=20,
)
CURVE = tuple(TradeOff(f, 2.0 + f, 3.0 - f, 0.5, f - 1.0, 0.5 * (1 - f), 0.0) for f in (0.0, 0.5, 1.0))
OUTCOMES = Outcomes(
    learned=Learned(
        origin="slates",
        requests=100,
        rows=1_000,
        of_rows=5_000,
        since="2025-01-01T00:00:00Z",
        until="2025-02-01T00:00:00Z",
        figures_from="2025-01-20T00:00:00Z",
        figures_until="2025-01-28T00:00:00Z",
    ),
    heads=(
        HeadRow(name="p_buy", about="Bought.", days=7.0, serves=True, figures=FIGURES, final_share=0.5),
        HeadRow(name="p_back", about="Sent back.", days=30.0, serves=False, reason="in 3 of 90 rows it <happened>"),
    ),
    objectives=(
        ObjectiveRow(name="revenue", formula="p_buy * price", goal="p_buy", serves="formula", floor=0.5, curve=CURVE),
        ObjectiveRow(name="kept", formula="p_buy * (1 - p_back)", goal="p_buy", serves="sum", reason="without p_back"),
    ),
)


def test_a_point_on_the_diagonal_is_as_far_across_as_up() -> None:
    canvas = reliability(FIGURES)

    assert canvas is not None and len(canvas.marks) == 2
    first, second = canvas.marks
    across, up = canvas.right - canvas.left, canvas.bottom - canvas.top
    assert (second.x - canvas.left) / across == pytest.approx((canvas.bottom - second.y) / up, abs=1e-4)
    assert (canvas.bottom - first.y) / up == pytest.approx(2 * (first.x - canvas.left) / across, abs=1e-4)


def test_a_curve_of_one_point_is_not_drawn() -> None:
    assert reliability(msgspec.structs.replace(FIGURES, bins=FIGURES.bins[:1])) is None
    assert trade(CURVE[:1], 0.0) is None and trade((), None) is None


def test_the_floor_that_serves_stands_out() -> None:
    canvas = trade(CURVE, 0.5)

    assert canvas is not None
    assert [(mark.name, mark.part) for mark in canvas.marks] == [("0", "other"), ("0.5", "winner"), ("1", "other")]
    assert canvas.marks[0].x < canvas.marks[1].x < canvas.marks[2].x
    assert canvas.marks[0].y < canvas.marks[1].y < canvas.marks[2].y


def test_the_page_tells_of_heads_and_objectives() -> None:
    text = page([msgspec.structs.replace(REPORT, outcomes=OUTCOMES)], {}, made=0.0)

    for words in ("1,000 shown items", "drawn from 5,000", "0.0123", "-0.1000", "50.0%", "&lt;happened&gt;"):
        assert words in text
    assert "relevance floor of 0.5" in text and "The sum of features serves: without p_back" in text
    assert text.count("<polyline") > page([REPORT], {}, made=0.0).count("<polyline")


def test_the_page_says_why_there_are_no_heads() -> None:
    nothing = Outcomes(learned=None, reason="there are no events")

    assert "No head was learned: there are no events." in page(
        [msgspec.structs.replace(REPORT, outcomes=nothing)], {}, made=0.0
    )
    assert "shown item" not in page([REPORT], {}, made=0.0).split("<body>")[1].split("</article>")[0]
