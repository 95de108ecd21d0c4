"""Questions for new people: entropies worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Attribute, Item, ItemTable, Question, questions
from penchant.catalog.questions import MOST_ANSWERS, MOST_QUESTIONS, entropy, words
from penchant.packs.content import Content
from penchant.packs.product import Product

BY = (
    Attribute("category", "category", 3.0),
    Attribute("brand", "category", 1.0),
    Attribute("color", "category", 0.3),
    Attribute("group", "category", 1.0, asked=False),
    Attribute("price", "number", 1.5),
    Attribute("title", "text", 1.0),
)


def table(*items: Item) -> ItemTable:
    return ItemTable([item.id for item in items], items)


def goods(n: int, **fields: list[object]) -> ItemTable:
    """Products p0, p1 … whose fields go round through these values."""
    told = [{name: values[i % len(values)] for name, values in fields.items()} for i in range(n)]
    return table(*(Product(id=f"p{i}", **one) for i, one in enumerate(told)))  # type: ignore[arg-type]


def told(found: tuple[Question, ...]) -> list[tuple[str, list[object], float]]:
    return [(one.field, [option.value for option in one.options], one.bits) for one in found]


def test_entropy_is_that_of_the_weights_by_cell() -> None:
    assert entropy(np.array([0, 0, 1, 1]), np.ones(4)) == 1.0
    assert entropy(np.array([0, 1, 2]), np.array([2.0, 1.0, 1.0])) == 1.5
    assert entropy(np.array([0, 0]), np.ones(2)) == 0.0


def test_the_question_that_tells_most_is_asked_first_and_what_it_tells_is_not_asked_again() -> None:
    # Four categories tell 2 bits; brands go with them, so they add nothing; three colours tell log2(3) more, of
    # which 0.3 counts, which is enough.
    found = questions(
        goods(48, category=["A", "B", "C", "D"], brand=["x", "y", "x", "y"], color=["red", "blue", "green"]), BY
    )

    assert told(found) == [
        ("category", ["A", "B", "C", "D"], 2.0),
        ("color", ["blue", "green", "red"], round(float(np.log2(3)), 3)),
    ]
    assert [option.items for option in found[0].options] == [12, 12, 12, 12]


def test_codes_that_mean_nothing_to_people_and_words_are_not_asked_about() -> None:
    assert questions(goods(40, group=["g1", "g2"], title=["one", "two"]), BY) == ()


def test_items_that_are_liked_weigh_more() -> None:
    made = goods(12, category=["A", "A", "B"], brand=["x", "y", "x", "y"])
    liked = np.array([0.0, 0.0, 3.0] * 4)

    # Evenly: 8 A and 4 B tell 0.918 bits, brands 1. By weight: 8 A weigh 8, 4 B weigh 16: 0.918 again; brands 12 : 12.
    first, second = questions(made, BY), questions(made, BY, liked)
    assert [one.field for one in first] == ["brand", "category"]
    assert [option.value for option in first[1].options] == ["A", "B"]
    assert [option.value for option in second[1].options] == ["B", "A"]


def test_an_answer_must_have_a_few_items() -> None:
    items = [Product(id=f"p{n}", brand="x" if n < 6 else "y") for n in range(12)]
    items += [Product(id="q1", brand="rare"), Product(id="q2", brand="rare")]

    assert [option.value for option in questions(table(*items), BY)[0].options] == ["x", "y"]


def test_of_many_values_the_heaviest_are_answers() -> None:
    items = [Product(id=f"p{n}-{i}", brand=f"b{n:02}") for n in range(12) for i in range(20 - n)]
    found = questions(table(*items), BY)

    assert [option.value for option in found[0].options] == [f"b{n:02}" for n in range(MOST_ANSWERS)]


def test_paths_are_cut_where_they_tell_most() -> None:
    paths: list[object] = ["All > Shoes > Run", "All > Shoes > Walk", "All > Hats", "All > Socks"]
    [found] = questions(goods(40, category=paths), BY)

    assert [(option.value, option.label) for option in found.options] == [
        ("All > Hats", "Hats"),
        ("All > Shoes > Run", "Run"),
        ("All > Shoes > Walk", "Walk"),
        ("All > Socks", "Socks"),
    ]
    deep: list[object] = [f"{top} > {n}" for n in range(20) for top in ("Shoes", "Hats", "Socks")]
    [found] = questions(goods(60, category=deep), BY)
    assert [option.value for option in found.options] == ["Hats", "Shoes", "Socks"]


def test_numbers_are_asked_about_in_round_ranges_of_much_the_same_weight() -> None:
    [found] = questions(goods(400, price=[float(n) for n in range(1, 101)]), BY)

    assert (found.kind, found.label) == ("ranges", "Price")
    assert [(option.value, option.label) for option in found.options] == [
        ((None, 25.0), "up to 25"),
        ((25.0, 50.0), "25 to 50"),
        ((50.0, 75.0), "50 to 75"),
        ((75.0, None), "from 75"),
    ]
    assert [option.items for option in found.options] == [96, 100, 100, 104]


def test_few_numbers_are_answers_as_they_are() -> None:
    found = questions(goods(30, price=[1.0, 2.0, 3.0]), BY)

    assert [(option.value, option.label) for option in found[0].options] == [(1.0, "1"), (2.0, "2"), (3.0, "3")]


def test_several_tags_of_one_item_are_a_cell_of_their_own() -> None:
    kinds: list[tuple[str, ...]] = [("yoga",), ("run",), ("yoga", "run"), ()]
    items = [Content(id=f"c{n}", topics=kinds[n % 4]) for n in range(16)]
    [found] = questions(table(*items), (Attribute("topics", "tags", 1.0),))

    assert (found.bits, [(option.value, option.items) for option in found.options]) == (2.0, [("run", 8), ("yoga", 8)])


def test_what_is_switched_off_or_gone_counts_for_nothing() -> None:
    items = [Product(id=f"p{n}", brand="x" if n % 2 else "y", active=n % 2 == 1) for n in range(20)]

    assert questions(table(*items), BY) == ()
    assert questions(ItemTable([], []), BY) == ()


@pytest.mark.parametrize(
    ("field", "said"),
    [("category", "Category"), ("length_s", "Length (seconds)"), ("age_group", "Age group"), ("attributes.fit", "Fit")],
)
def test_fields_are_told_in_words(field: str, said: str) -> None:
    assert words(field) == said


@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "B > C", "B", None]), st.sampled_from(["x", "y", "z"]), st.floats(0.0, 1e6)),
        max_size=60,
    )
)
def test_any_catalog_gives_few_questions_with_few_answers_and_always_the_same(
    rows: list[tuple[str | None, str, float]],
) -> None:
    made = table(*(Product(id=f"p{n}", category=a, brand=b, price=c) for n, (a, b, c) in enumerate(rows)))
    found = questions(made, BY)

    assert found == questions(made, BY)
    assert len(found) <= MOST_QUESTIONS
    assert all(2 <= len(one.options) <= MOST_ANSWERS and one.bits > 0 for one in found)
