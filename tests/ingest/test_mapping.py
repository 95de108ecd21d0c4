from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penchant.errors import ImportFailed
from penchant.ingest import ImportReport

Run = Callable[..., ImportReport]
VIEWS = {"event": {"value": "Product Viewed"}, "time": "time", "user_id": "user", "item": "item"}


def test_columns_are_found_whatever_their_case(run: Run, sink: Any) -> None:
    run("a.csv", "USER,Item,tIME\nann,shoe,2020-01-01\n", columns=VIEWS)

    assert sink.told("user_id", "item") == [("ann", "shoe")]


def test_names_and_comments_in_sql_do_not_break_the_statement(run: Run, sink: Any) -> None:
    run(
        "a.csv",
        'user,time,"it""em, x"\nann,2020-01-01,shoe\n',
        columns={**VIEWS, "item": {"sql": '"it""em, x" -- the item'}},
        exclude=[{"reason": "it's", "sql": "user = 'bob' -- never"}],
    )

    assert sink.told("item") == ["shoe"]


def test_num_reads_text_as_a_number_and_what_is_none_as_missing(run: Run, sink: Any) -> None:
    data = "user,item,time,n\nann,a,2020-01-01,-3\nann,b,2020-01-01,many\n"

    run("a.csv", data, columns={**VIEWS, "quantity": {"sql": "abs(num(n))"}})

    assert sink.told("item", "quantity") == [("a", 3.0), ("b", None)]


def test_the_first_rule_that_holds_counts(run: Run) -> None:
    rules = [
        {"reason": "bob", "sql": "user = 'bob'"},
        {"reason": "socks", "sql": "item = 'sock'"},
        {"reason": "x", "sql": "NULL"},
    ]

    report = run(
        "a.csv", "user,item,time\nbob,sock,never\nann,sock,never\nann,cap,2020-01-01\n", columns=VIEWS, exclude=rules
    )

    assert report.excluded == {"bob": 1, "socks": 1, "x": 0}
    assert (report.stored, report.rejected) == (1, {})


def test_a_message_names_the_problem_and_not_the_whole_statement(run: Run) -> None:
    with pytest.raises(ImportFailed) as caught:
        run("a.csv", "user,item,time\nann,a,2020-01-01\n", columns={**VIEWS, "quantity": {"sql": "abs(item)"}})

    assert "columns.quantity.sql: Binder Error: No function matches" in caught.value.reason
    assert "LINE" not in caught.value.reason
    assert "Candidate" not in caught.value.reason
