from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from penchant.catalog import Item
from penchant.clock import DAY
from penchant.config.settings import Evaluation
from penchant.errors import NotFound
from penchant.evaluation.advice import SEVERITIES, TOPICS, Advice
from penchant.evaluation.advisor import RULES, advise, aim_named
from penchant.evaluation.support import unsupported
from penchant.events import Role
from penchant.models import ALS, AttributeSimilarity, Popular, PopularByCategory, Recipe, SessionKNN
from penchant.pack import Pack
from penchant.packs import content, learning, product
from penchant.packs.product import Product
from penchant.testing.data import Row, dataset
from sample_report import REPORT

PACKS = (product.PACK, content.PACK, learning.PACK)
RECIPES: dict[str, Recipe] = {
    "popular": Popular(),
    "by-category": PopularByCategory(field="category"),
    "sessions": SessionKNN(window="session", least_sequences=2_000),
    "alike": AttributeSimilarity(attributes=product.PACK.attributes),
    "als": ALS(),
}
CATALOG = [Product(id=f"i{n}", price=5.0, category="shoes") for n in range(20)]
ROWS = [Row(f"p{n % 60}", f"i{n % 19}", 10 + n / 30, price=5.0) for n in range(1_500)]


def advice(
    rows: Sequence[Row] = ROWS, items: Sequence[Item] = CATALOG, now_day: float = 60.5, **more: Any
) -> dict[str, Advice]:
    """Advice by code; of several of one code the last."""
    data = dataset(rows, items, now_day=max(100.0, now_day))
    settings = more.pop("settings", Evaluation())
    found = advise(data, product.PACK, RECIPES, settings, now=now_day * DAY, **more)
    return {one.code: one for one in found}


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_what_a_pack_may_be_wanted_for_names_only_what_it_has(pack: Pack) -> None:
    known = {metric.name for metric in pack.metrics} | {
        "ndcg@10", "recall@20", "hr@10", "mrr@20", "coverage@10", "novelty@10", "diversity@10"
    }  # fmt: skip

    assert len({aim.name for aim in pack.aims}) == len(pack.aims) >= 4
    for aim in pack.aims:
        assert aim.about.endswith(".")
        assert aim.objective in {objective.name for objective in pack.objectives}
        assert aim.metrics and set(aim.metrics) <= known
        assert all(pack.roles(role) for role in aim.roles)
        for wanted in aim.fields:
            assert wanted.why.endswith(".")
            assert set(wanted.fields) <= set(pack.item.__struct_fields__)


def test_the_first_aim_is_taken_when_none_is_named_and_an_unknown_one_is_refused() -> None:
    assert aim_named(product.PACK, None).name == "conversion"
    assert aim_named(product.PACK, "profit").name == "profit"
    with pytest.raises(NotFound, match="revenue"):
        aim_named(product.PACK, "revenues")


def test_advice_comes_by_topic_the_most_urgent_first_and_says_why() -> None:
    found = advise(dataset(ROWS, CATALOG), product.PACK, RECIPES, Evaluation(), now=60.5 * DAY, goal="profit")

    topics = [list(TOPICS).index(one.topic) for one in found]
    assert topics == sorted(topics)
    for topic in TOPICS:
        urgency = [SEVERITIES.index(one.severity) for one in found if one.topic == topic and one.code != "objective"]
        assert urgency == sorted(urgency)
    assert found[0].code == "objective"
    assert all(one.what.endswith(".") and one.why.endswith(".") for one in found)
    assert all(one.todo or one.severity in ("fine", "may") for one in found)
    assert msgspec.json.decode(msgspec.json.encode(found), type=tuple[Advice, ...]) == found


def test_the_goal_says_what_the_catalog_lacks_for_it() -> None:
    profit, revenue = advice(goal="profit"), advice(goal="revenue")

    assert profit["objective"].what.startswith('For the goal "profit" the objective is profit; watch margin@10')
    assert revenue["goal-prices"].what == "100% of 1,500 goals bear a price."
    lacking = [one for one in advise(
        dataset(ROWS, CATALOG), product.PACK, RECIPES, Evaluation(), now=60.5 * DAY, goal="profit"
    ) if one.code == "goal-field"]  # fmt: skip
    assert [(one.severity, one.what) for one in lacking] == [
        ("must", "margin or cost: 0% of 20 items have it."),
        ("fine", "price: 100% of 20 items have it."),
    ]


def test_goals_without_prices_cannot_be_counted_as_money() -> None:
    free = [Row(row.person, row.item, row.day) for row in ROWS]

    assert advice(free, goal="revenue")["goal-prices"].severity == "must"


def test_signals_are_weighed_with_figures() -> None:
    found, few = advice(), advice([Row(f"p{n}", "i1", 10 + n) for n in range(30)])

    assert found["goals"].what == "1,500 goals of 60 people, 25.0 each, in 50 days."
    assert (found["goals"].severity, found["people-with-two"].severity) == ("fine", "fine")
    assert few["goals"].what == "30 goals of 30 people, 1.0 each, in 29 days."
    assert (few["goals"].severity, few["people-with-two"].severity) == ("should", "should")
    assert few["people-with-two"].what.startswith("0% of the people")
    assert few["people-with-two"].todo


def test_what_the_goal_lives_of_and_is_missing_is_named_by_its_events() -> None:
    told = advice()["roles"]

    assert told.severity == "should"
    assert "of strong, weak there is none" in told.why
    assert '"Product Added"' in told.todo and '"Product Viewed"' in told.todo


def test_models_that_the_data_does_not_support_say_so_in_figures() -> None:
    sessions = [Row(f"p{n}", f"i{n % 5 + step}", 10 + n / 10 + step / 1000) for n in range(212) for step in range(2)]
    found = dict(unsupported(dataset(sessions, CATALOG), RECIPES))

    assert found == {"sessions": "212 sessions with two steps or more, 2,000 needed"}
    assert dict(unsupported(dataset(sessions), RECIPES)).keys() == {"sessions", "by-category", "alike"}
    assert dict(unsupported(dataset([Row("ann", "i1", 5, Role.NEGATIVE)], CATALOG), RECIPES)).keys() == RECIPES.keys()


def test_a_report_tells_what_only_a_fit_can_and_what_won() -> None:
    rows = (*REPORT.rows[:-1], msgspec.structs.replace(REPORT.rows[-1], name="als", failed="it went wrong"))
    found = advice(report=msgspec.structs.replace(REPORT, rows=rows))

    assert found["models"].what.startswith("3 of 5 models have the data they need: popular, by-category, alike")
    assert "Best in the last evaluation: blend." in found["models"].why
    assert found["model-unsupported"].what == "als: it went wrong."
    assert "blend has ndcg@10 0.3664, hr@10 0.6595" in found["objective"].why


def test_repeats_are_allowed_where_people_come_back() -> None:
    again = advice()
    never = advice([Row(f"p{n % 60}", f"i{n // 60}", 10 + n / 30) for n in range(1_140)])
    allowed = Evaluation(repeats="allowed")

    assert (again["repeats"].severity, again["repeats"].todo) == (
        "should", 'Set repeats = "allowed" in [domains.test.evaluation].'
    )  # fmt: skip
    assert advice(settings=allowed)["repeats"].severity == "fine"
    assert never["repeats"].what.startswith("0% of the goals")
    assert never["repeats"].severity == "fine"
    assert "rhythm" in again and "rhythm" not in never


def test_what_is_not_collected_is_asked_for() -> None:
    assert {"no-impressions", "no-negatives", "no-interest"} <= advice().keys()
    more = [
        Row("p1", "i1", 20, Role.IMPRESSION),
        Row("p1", "i2", 20, Role.NEGATIVE),
        Row("p1", "i3", 20, Role.WEAK),
    ]
    assert not {"no-impressions", "no-negatives", "no-interest"} & advice([*ROWS, *more]).keys()


def test_what_is_stale_is_told() -> None:
    fresh, late = advice(), advice(now_day=80.0)

    assert fresh["last-event"].severity == "fine"
    assert late["last-event"].severity == "should"
    assert late["last-event"].what == "The last event is 20 days old (1970-03-01)."
    strange = advice([*ROWS, *(Row("p1", f"gone{n}", 20) for n in range(100))])
    assert strange["unknown-items"].what == "6.2% of the events are on 100 items that the catalog does not have."
    assert strange["unknown-items"].severity == "should"
    assert fresh["silent-items"].what == "1 of 20 items (5%) have no event."
    assert fresh["empty-fields"].what == "Mostly empty: brand 0%, group 0%, color 0%, title 0%, description 0%."
    assert advice(items=())["no-catalog"].severity == "must"


def test_without_events_one_thing_is_to_be_done() -> None:
    (only,) = advise(dataset([], CATALOG), product.PACK, RECIPES, Evaluation(), now=0.0)

    assert (only.code, only.severity) == ("no-events", "must")
    assert '"Order Completed"' in only.todo


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_the_smallest_data_gets_advice_for_every_goal(pack: Pack) -> None:
    for rows in ([Row("ann", "x", 10)], [Row("ann", "x", 10, Role.IMPRESSION)], [Row("ann", "x", 9, reversed_day=10)]):
        for aim in pack.aims:
            found = advise(dataset(rows), pack, pack.models, Evaluation(), now=11 * DAY, goal=aim.name)
            assert "nan" not in " ".join(f"{one.what} {one.why} {one.todo}" for one in found).split()


def test_every_rule_says_what_it_is_about() -> None:
    assert all(rule.__doc__ for rule in RULES)
    assert len({rule.__name__ for rule in RULES}) == len(RULES) >= 15
