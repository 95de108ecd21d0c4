"""From the lake's events to interactions: roles, persons, sessions and baskets, as one Ibis expression.

DuckDB runs it on one machine; the same expression is what a cluster would run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from penchant.events import Role, Signal

SESSION_GAP_MINUTES = 30
"""A pause this long ends a session, as web analytics has it."""

LINES_OF_ORDERS = (Role.GOAL, Role.REVERSAL)
"""Roles whose events may be lines of an order."""

COLUMNS = ("person", "item", "time", "weight", "role", "quantity", "price", "basket", "session")


def with_roles(events: Any, signals: Sequence[Signal]) -> Any:
    """Events about items that the pack reads, with `role` and `weight`; the others are left out.

    Args:
        events: Ibis table in the lake's columns.
        signals: The pack's signals.
    """
    table = ibis.memtable(
        pa.table(
            {
                "signal": [s.event for s in signals],
                "role": pa.array([int(s.role) for s in signals], pa.int8()),
                "weight": pa.array([s.weight for s in signals], pa.float64()),
                "least": pa.array([s.min_progress for s in signals], pa.float64()),
                "below": pa.array([s.max_progress for s in signals], pa.float64()),
            }
        )
    )
    progress = events.progress.fill_null(1.0)
    joined = events.join(
        table, [events["name"] == table["signal"], progress >= table["least"], progress < table["below"]]
    )
    return joined.filter(joined["item"].notnull()).drop("signal", "least", "below")


def with_persons(events: Any, persons: Mapping[str, str]) -> Any:
    """Events with `person`: the identity behind the actor, which is the actor itself when nothing links it.

    Args:
        events: Ibis table with `actor`.
        persons: Actor to person.
    """
    if not persons:
        return events.mutate(person=events["actor"])
    table = ibis.memtable(pa.table({"linked": list(persons), "owner": list(persons.values())}))
    joined = events.left_join(table, events["actor"] == table["linked"])
    return joined.mutate(person=joined["owner"].fill_null(joined["actor"])).drop("linked", "owner")


def with_sessions(events: Any) -> Any:
    """Events with `session`, a number that grows along (person, time)."""
    along = ibis.window(group_by=["person"], order_by=["time", "seq"])
    pause = events["time"] - events["time"].lag().over(along)
    fresh = (pause.isnull() | (pause > SESSION_GAP_MINUTES * 60_000)).cast("int64")
    marked = events.mutate(fresh=fresh)
    everyone = ibis.window(order_by=["person", "time", "seq"], preceding=None, following=0)
    return marked.mutate(session=marked["fresh"].sum().over(everyone) - 1).drop("fresh")


def with_lines_joined(events: Any) -> Any:
    """Goals (and reversals) of one order that name one item become one row, with their pieces added up.

    A shop that writes a line twice into an order sold it once, in two pieces.
    """
    of_order = events["role"].isin([int(role) for role in LINES_OF_ORDERS])
    key = ibis.ifelse(of_order, events["order_id"], ibis.null("string")).fill_null(events["seq"].cast("string"))
    keyed = events.mutate(line_key=key)
    grouped = keyed.group_by(["person", "item", "role", "line_key"]).agg(
        time=keyed["time"].min(),
        seq=keyed["seq"].min(),
        weight=keyed["weight"].max(),
        quantity=keyed["quantity"].fill_null(1.0).sum(),
        price=keyed["price"].mean(),
        order_id=keyed["order_id"].min(),
        session=keyed["session"].min(),
    )
    return grouped.drop("line_key")


def with_baskets(rows: Any) -> Any:
    """Rows with `basket`: goals of one order, or without orders of one session; -1 for all other rows."""
    goal = rows["role"] == int(Role.GOAL)
    key = ibis.ifelse(
        goal,
        rows["person"] + ibis.literal("|") + rows["order_id"].fill_null(rows["session"].cast("string")),
        ibis.null("string"),
    )
    keyed = rows.mutate(basket_key=key)
    number = ibis.dense_rank().over(ibis.window(order_by=["basket_key"]))
    return keyed.mutate(basket=ibis.ifelse(keyed["basket_key"].isnull(), -1, number)).drop("basket_key")


def interactions(events: Any, signals: Sequence[Signal], persons: Mapping[str, str]) -> Any:
    """The interactions of one domain, not yet ordered, with text ids.

    Args:
        events: Ibis table in the lake's columns.
        signals: The pack's signals.
        persons: Actor to person.

    Returns:
        An Ibis table with `COLUMNS` and `seq`.
    """
    return with_baskets(with_lines_joined(with_sessions(with_persons(with_roles(events, signals), persons))))
