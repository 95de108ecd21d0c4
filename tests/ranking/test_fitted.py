from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from penchant.errors import FitFailed
from penchant.models import Run
from penchant.ranking import Chain, FittedHead, Head, Heads, Outcome, Rows, fit_head, judge_head, with_chains
from penchant.ranking.fitted import LEAST_CHANCE, LEAST_EACH, Kind

NAMES = ("wish", "price", "noise", "unknown")
N = 6_000


def world(kind: Kind = "chance", n: int = N, seed: int = 1) -> Rows:
    """Rows in which wishes raise and prices lower what follows; `unknown` says nothing, `noise` means nothing."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, 4)).astype(np.float32)
    values[rng.random((n, 4)) < 0.1] = np.nan
    values[:, 3] = np.nan
    level = np.nan_to_num(values[:, 0]) - np.nan_to_num(values[:, 1]) - 1
    chance = 1 / (1 + np.exp(-level))
    label = {
        "chance": rng.random(n) < chance,
        "share": rng.beta(4 * chance, 4 * (1 - chance)),
        "amount": rng.gamma(2.0, 30 * chance),
    }[kind]
    weight = rng.choice([0.5, 1.0], n).astype(np.float32)
    return Rows(NAMES, values, label.astype(np.float32), weight, np.arange(n, dtype=np.int32), np.arange(n) * 1.0)


def head(kind: Kind = "chance", name: str = "p_goal", **more: object) -> Head:
    return Head(name, Outcome("It happened.", kind, "reached"), settings={"trees": 20, "depth": 3}, **more)  # type: ignore[arg-type]


@cache
def fitted(kind: Kind = "chance", name: str = "p_goal", **more: object) -> FittedHead:
    return fit_head(head(kind, name, **more), world(kind), world(kind, 3_000, 2), Run())


KINDS: tuple[Kind, ...] = ("chance", "share", "amount")


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_tells_more_than_a_constant_and_at_the_right_level(kind: Kind) -> None:
    figures = judge_head(fitted(kind), world(kind, 3_000, 3))

    mean = figures.mean_label
    assert mean is not None and figures.ece is not None
    assert figures.mean_predicted == pytest.approx(mean, rel=0.1)
    assert figures.ece < (0.03 if kind != "amount" else 0.12)
    assert (figures.rows, figures.fitted_on, figures.calibrated_on) == (3_000, N, 3_000)
    assert figures.calibration == "curve"
    assert sum(one.rows for one in figures.bins) == 3_000
    assert [one.predicted for one in figures.bins] == sorted(one.predicted for one in figures.bins)
    if kind != "amount":
        assert figures.log_loss is not None and figures.log_loss_constant is not None
        assert figures.log_loss < 0.95 * figures.log_loss_constant
    if kind != "chance":
        assert figures.quantile_loss is not None and figures.quantile_loss_constant is not None
        assert figures.quantile_loss < 0.9 * figures.quantile_loss_constant
    assert (figures.auc is not None) == (kind == "chance")


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_comes_back_from_data_to_the_bit(kind: Kind) -> None:
    made, values = fitted(kind), world(kind, 500, 4).values

    again = FittedHead.restore(made.state())

    assert again.predict(values).tobytes() == made.predict(values).tobytes()
    assert (again.state().settings, again.trees) == (made.state().settings, made.trees)
    assert again.state().arrays["trees"].tobytes() == made.state().arrays["trees"].tobytes()


def test_the_same_rows_and_seed_give_the_same_bytes_whatever_the_threads() -> None:
    one, two = (fit_head(head(), world(), world(n=3_000, seed=2), Run(threads=n)) for n in (1, 2))

    assert one.state().arrays["trees"].tobytes() == two.state().arrays["trees"].tobytes()
    other = fit_head(head(), world(), world(n=3_000, seed=2), Run(seed=8))
    assert other.state().arrays["trees"].tobytes() != one.state().arrays["trees"].tobytes()


def test_a_row_is_predicted_alike_alone_and_among_others() -> None:
    made, values = fitted(), world(n=200, seed=4).values

    assert (
        np.concatenate([made.predict(values[i : i + 1]) for i in range(200)]).tobytes()
        == made.predict(values).tobytes()
    )


def test_a_rising_feature_never_lowers_and_a_falling_one_never_raises() -> None:
    made = fitted(rising=("noise",), falling=("wish",))
    grid = np.linspace(-3, 3, 61).astype(np.float32)
    for start in world(n=20, seed=5).values:
        row = np.repeat(start[None, :], len(grid), axis=0)
        row[:, 2] = grid
        assert (np.diff(made.predict(row)) >= 0).all()
        row[:, 2], row[:, 0] = start[2], grid
        assert (np.diff(made.predict(row)) <= 0).all()


def test_a_head_reads_the_features_it_names_in_its_own_order() -> None:
    made = fitted(features=("price", "wish", "noise"), without=("noise",))

    assert made.features == ("price", "wish")
    values = world(n=50, seed=4)
    assert made.predict(values.of(made.features)).shape == (50,)


def test_infinities_are_as_if_nothing_could_be_said() -> None:
    rows = world()
    rows.values[::7, 2] = np.inf

    assert np.isfinite(fit_head(head(), rows, Rows.none(NAMES), Run()).predict(rows.values)).all()


def test_nothing_asked_is_nothing_said() -> None:
    made = fitted()

    assert made.predict(np.zeros((0, 4), np.float32)).shape == (0,)
    figures = judge_head(made, Rows.none(NAMES))
    assert (figures.rows, figures.mean_label, figures.ece, figures.auc, figures.bins) == (0, None, None, None, ())


def test_without_later_rows_a_head_is_calibrated_on_what_trees_of_other_rows_say() -> None:
    made = fit_head(head(), world(), Rows.none(NAMES), Run())

    assert (made.calibration.method, made.trees, made.calibrated_on) == ("curve", 20, 0)


def test_the_level_of_an_amount_is_right_without_later_rows() -> None:
    rows = world("amount")
    made = fit_head(head("amount"), rows, Rows.none(NAMES), Run())

    assert made.calibration.method == "factor"
    assert np.average(made.predict(rows.values), weights=rows.weight) == pytest.approx(made.mean, rel=0.02)


def test_rows_without_weight_or_label_do_not_count() -> None:
    rows = world()
    rows.weight[: N // 2] = 0
    half = rows.take(np.arange(N // 2, N))
    broken = rows.take(np.arange(N))
    broken.label[: N // 2] = np.nan

    one, two = (fit_head(head(), some, Rows.none(NAMES), Run()) for some in (half, broken))

    assert one.state().arrays["trees"].tobytes() == two.state().arrays["trees"].tobytes()


@pytest.mark.parametrize(
    ("n", "yes", "said"),
    [
        (LEAST_CHANCE - 1, 50, "there are 99 rows with a known outcome; it takes 100"),
        (1_200, LEAST_EACH - 1, "in 19 of 1,200 rows it happened; to learn what makes a difference takes 20 of each"),
        (1_200, 1_200, "in 0 of 1,200 rows it did not happen; to learn what makes a difference takes 20 of each"),
    ],
)
def test_too_little_to_learn_from_is_told_in_words(n: int, yes: int, said: str) -> None:
    rows = world(n=n)
    rows.label[:] = np.arange(n) < yes

    with pytest.raises(FitFailed) as caught:
        fit_head(head(), rows, Rows.none(NAMES), Run())

    assert str(caught.value) == f"p_goal: {said}"


def test_an_amount_that_never_differs_is_not_learned() -> None:
    rows = world("amount")
    rows.label[:] = 30

    with pytest.raises(FitFailed, match="the outcome is 30 in all 6,000 rows"):
        fit_head(head("amount"), rows, Rows.none(NAMES), Run())


def test_a_feature_that_the_rows_lack_is_named() -> None:
    with pytest.raises(FitFailed, match="its rows have no feature mood"):
        fitted(features=("wish", "mood"))


def test_a_chain_says_the_product_of_its_parts_alone_and_together() -> None:
    opened, bought = fitted(name="opened"), fitted(name="bought", features=("price", "noise"))
    outcome = Outcome("Sold.", "chance", "reached")
    sold = Head("sold", outcome, of=("opened", "bought"))
    made = with_chains({"opened": opened, "bought": bought}, [sold])
    chain, rows = made["sold"], world(n=700, seed=6)

    wanted = opened.predict(rows.of(opened.features)) * bought.predict(rows.of(bought.features))
    assert isinstance(chain, Chain) and set(chain.features) == set(opened.features)
    assert chain.predict(rows.of(chain.features)).tobytes() == wanted.tobytes()
    for names in (("sold",), ("sold", "bought")):
        group = Heads(made, [names]).group(names)
        assert group is not None and group.joined
        told = group.predict(rows.of(group.features))
        assert set(told) == set(names) and told["sold"].tobytes() == wanted.tobytes()
    figures = judge_head(chain, rows)
    assert (figures.head, figures.calibration, figures.fitted_on) == ("sold", "product", N)
    assert figures.trees == opened.trees + bought.trees and figures.mean_predicted is not None


def test_a_chain_that_lacks_a_part_or_is_not_wanted_is_not_made() -> None:
    sold = Head("sold", Outcome("Sold.", "chance", "reached"), of=("opened", "bought"))
    both = {"opened": fitted(name="opened"), "bought": fitted(name="bought")}

    assert set(with_chains({"opened": both["opened"]}, [sold])) == {"opened"}
    assert set(with_chains(both, [sold], ())) == {"opened", "bought"}
    assert set(with_chains(both, [sold], ("sold",))) == {"opened", "bought", "sold"}
    # A release of before the head became a chain holds it as it was learned.
    assert with_chains({**both, "sold": both["opened"]}, [sold])["sold"] is both["opened"]


def test_heads_that_are_asked_together_say_what_each_says_alone() -> None:
    apart = {
        "p_goal": fitted(),
        "p_share": fitted("share", "p_share", features=("wish", "noise")),
        "seconds": fitted("amount", "seconds", features=("unknown", "price", "wish")),
    }
    heads = Heads(apart, [("p_goal", "seconds"), apart, ("p_goal",), ()])
    rows = world(n=700, seed=6)

    for names in (("p_goal", "seconds"), tuple(apart)):
        group = heads.group(names)
        assert group is not None and group.joined
        assert "unknown" not in group.features  # nothing can be asked of it
        told = group.predict(rows.of(group.features))
        for name in names:
            assert told[name].tobytes() == apart[name].predict(rows.of(apart[name].features)).tobytes()
        assert all(len(one) == 0 for one in group.predict(np.zeros((0, len(group.features)), np.float32)).values())
    alone = heads.group(("p_goal",))
    assert alone is not None and alone.joined
    assert alone.predict(rows.of(alone.features))["p_goal"].tobytes() == apart["p_goal"].predict(rows.values).tobytes()
    assert heads.group(("p_share",)) is None
    assert (list(heads), len(heads), heads["p_goal"]) == (list(apart), 3, apart["p_goal"])
