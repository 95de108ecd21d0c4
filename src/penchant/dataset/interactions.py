"""From the lake's events to interactions: roles, persons, sessions and baskets, as one Ibis expression.

DuckDB runs it on one machine; the same expression is what a cluster would run. How far people watched, and what became
of orders, is worked out by `watched` and `settle` on arrays, as for a single request.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import ibis
import pyarrow as pa

from penchant.dataset.orders import ALL
from penchant.events import PLAYER, Role, Signal

SESSION_GAP_MINUTES = 30
"""A pause this long ends a session, as web analytics has it."""

LINES_OF_ORDERS = (Role.GOAL, Role.REVERSAL)
"""Roles whose events may be lines of an order."""

COLUMNS = (
    *("person", "item", "time", "weight", "role", "quantity", "price", "basket", "session"),
    *("progress", "seconds", "event"),
    *("order", "corrects"),
)
"""Columns of interactions; by the last two orders are settled."""

_LATER_COLUMNS = {"dwell": "float64", "playhead": "float64", "length": "float64", "session": "string"}
"""Columns that the lake's oldest files lack."""


def complete(events: Any) -> Any:
    """Events with every column that is asked for; what the files lack is null.

    Args:
        events: Ibis table of the lake's files, whenever they were written.
    """
    return events.mutate(
        **{name: ibis.null(kind) for name, kind in _LATER_COLUMNS.items() if name not in events.columns}
    )


def of_viewings(events: Any) -> Any:
    """Which events belong to a viewing: they tell where the player is, or what it does in which session."""
    told = events["playhead"].notnull() | (events["session"].notnull() & events["name"].isin(list(PLAYER)))
    return told & events["item"].notnull()


def of_whole_orders(events: Any, signals: Sequence[Signal]) -> Any:
    """Which events take back a whole order."""
    returns = [s.event for s in signals if s.role is Role.REVERSAL]
    return events["name"].isin(returns) & events["item"].isnull() & events["order_id"].notnull()


def with_whole_orders(events: Any, signals: Sequence[Signal], people: Callable[[Any], Any]) -> Any:
    """Events beside which the return of a whole order stands as the return of all pieces of each of its lines.

    Args:
        events: Ibis table in the lake's columns.
        signals: The pack's signals.
        people: Gives events their `person`.
    """
    goals = events["name"].isin([s.event for s in signals if s.role is Role.GOAL])
    goals = events.filter(goals & events["item"].notnull() & events["order_id"].notnull())
    lines = people(goals).select(owner="person", of="order_id", line="item", at="time")
    whole = people(events.filter(of_whole_orders(events, signals)))
    found = whole.join(
        lines,
        [whole["person"] == lines["owner"], whole["order_id"] == lines["of"], lines["at"] <= whole["time"]],
    )
    found = found.mutate(item=found["line"], quantity=ibis.literal(ALL)).select(*events.columns).distinct()
    return events.union(found)


def with_attention(events: Any, viewings: Any = None) -> Any:
    """Events with `progress`, the share of the item taken in by then, and `seconds`, of attention; null where untold.

    What an event itself says of progress goes before what is known of its viewing. Of the seconds that played, no more
    count than the event says were spent with it: a player that runs in the background has nobody's attention.

    Args:
        events: Ibis table in the lake's columns, complete.
        viewings: See `with_roles`.
    """
    if viewings is None:
        events = events.mutate(viewing=ibis.null("int64"), watched=ibis.null("float64"))
    else:
        events = events.left_join(viewings, events["seq"] == viewings["seq"]).drop("seq_right")
        events = events.mutate(progress=events["progress"].fill_null(events["share"])).drop("share")
    played = events["watched"].fill_null(events["progress"] * events["length"])
    dwell = events["dwell"]
    return events.mutate(seconds=ibis.ifelse(dwell.isnull() | (played < dwell), played, dwell))


def of_attention(events: Any, viewings: Any, signals: Sequence[Signal]) -> Any:
    """What all events tell of attention, whether a signal reads them or not: a player tells far more than is read.

    Args:
        events: Ibis table in the lake's columns, complete, with `person`.
        viewings: See `with_roles`.
        signals: The pack's signals; what only shows an item says nothing of attention.
    """
    shows = [s.event for s in signals if s.role is Role.IMPRESSION]
    events = with_attention(events, viewings)
    told = events["progress"].notnull() | events["seconds"].notnull()
    kept = events.filter(events["item"].notnull() & events["name"].notin(shows) & told)
    return kept.select("person", "item", "time", "seq", "progress", "seconds", "length")


def of_impressions(events: Any, signals: Sequence[Signal]) -> Any:
    """What senders say was shown: items with their slate and place, as far as they tell.

    Args:
        events: Ibis table in the lake's columns, complete, with `person`.
        signals: The pack's signals.
    """
    shows = [s.event for s in signals if s.role is Role.IMPRESSION]
    kept = events.filter(events["item"].notnull() & events["name"].isin(shows))
    return kept.select("person", "item", "time", "seq", "slate", "position")


def with_roles(events: Any, signals: Sequence[Signal], viewings: Any = None) -> Any:
    """Events about items that the pack reads, with `role`, `weight`, `corrects` and `viewing`; the others are left out.

    Args:
        events: Ibis table in the lake's columns.
        signals: The pack's signals.
        viewings: Ibis table of `seq`, `viewing`, `watched` (seconds) and `share` of all players' events; None without
            any.
    """
    table = ibis.memtable(
        pa.table(
            {
                "signal": [s.event for s in signals],
                "role": pa.array([int(s.role) for s in signals], pa.int8()),
                "weight": pa.array([s.weight for s in signals], pa.float64()),
                "least": pa.array([s.min_progress for s in signals], pa.float64()),
                "below": pa.array([s.max_progress for s in signals], pa.float64()),
                "untold": pa.array([s.reads_untold for s in signals], pa.bool_()),
                "limit": pa.array([s.max_seconds for s in signals], pa.float64()),
                "corrects": pa.array([s.corrects for s in signals], pa.bool_()),
            }
        )
    )
    events = with_attention(events, viewings)
    reads = [events["name"] == table["signal"]]
    # Most packs read their events one way, however far they go; then no row is asked.
    if any((signal.min_progress, signal.max_progress) != (0.0, 1.01) or not signal.reads_untold for signal in signals):
        progress = events["progress"]
        within = (progress >= table["least"]) & (progress < table["below"])
        reads.append(ibis.ifelse(progress.isnull(), table["untold"], within))
    if any(signal.max_seconds < math.inf for signal in signals):
        reads.append((table["limit"] == math.inf) | (events["watched"] < table["limit"]).fill_null(False))
    joined = events.filter(events["item"].notnull()).join(table, reads)
    return joined.drop("signal", "least", "below", "untold", "limit", "watched")


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


def without(events: Any, excluded: Collection[str], only: Collection[str] | None) -> Any:
    """Events of the people that may be learned from.

    Args:
        events: Ibis table with `person`.
        excluded: People that are left out.
        only: When given, all others are left out too.
    """
    if excluded:
        out = ibis.memtable(pa.table({"person": pa.array(excluded, pa.string())}))
        events = events.anti_join(out, "person")
    if only is not None:
        kept = ibis.memtable(pa.table({"person": pa.array(only, pa.string())}))
        events = events.semi_join(kept, "person")
    return events


def with_sessions(events: Any) -> Any:
    """Events with `session`, a number that grows along (person, time)."""
    along = ibis.window(group_by=["person"], order_by=["time", "seq"])
    pause = events["time"] - events["time"].lag().over(along)
    fresh = (pause.isnull() | (pause > SESSION_GAP_MINUTES * 60_000)).cast("int64")
    marked = events.mutate(fresh=fresh)
    everyone = ibis.window(order_by=["person", "time", "seq"], preceding=None, following=0)
    return marked.mutate(session=marked["fresh"].sum().over(everyone) - 1).drop("fresh")


def with_viewings_folded(events: Any) -> Any:
    """Of the events of one viewing that say the same (role and weight), the first: players repeat themselves."""
    along = ibis.window(group_by=["person", "item", "viewing", "role", "weight"], order_by=["time", "seq"])
    numbered = events.mutate(nth=ibis.row_number().over(along))
    return numbered.filter(numbered["viewing"].isnull() | (numbered["nth"] == 0)).drop("nth")


def with_lines_joined(events: Any) -> Any:
    """Lines of one order and moment that name one item become one row, with their pieces added up.

    A shop that writes a line twice into an order sold it once, in two pieces.
    """
    of_order = events["role"].isin([int(role) for role in LINES_OF_ORDERS])
    key = events["order_id"] + ibis.literal("|") + events["time"].cast("string")
    key = ibis.ifelse(of_order, key, ibis.null("string"))
    keyed = events.mutate(
        line_key=key.fill_null(events["seq"].cast("string")),
        # A correction that tells no number leaves it as it was.
        quantity=ibis.ifelse(events["corrects"], events["quantity"], events["quantity"].fill_null(1.0)),
    )
    grouped = keyed.group_by(["person", "item", "role", "corrects", "line_key"]).agg(
        time=keyed["time"].min(),
        seq=keyed["seq"].min(),
        weight=keyed["weight"].max(),
        quantity=keyed["quantity"].sum(),
        price=keyed["price"].mean(),
        order_id=keyed["order_id"].min(),
        session=keyed["session"].min(),
        progress=keyed["progress"].max(),
        seconds=keyed["seconds"].max(),
        event=keyed["name"].min(),
    )
    return grouped.drop("line_key")


def with_baskets(rows: Any) -> Any:
    """Rows with `basket` and `order`, numbers that agree; -1 for rows in none.

    A basket is the goals of one order, or without orders of one session; returns have their order's number too.
    """
    goal = rows["role"] == int(Role.GOAL)
    ordered = rows["role"].isin([int(role) for role in LINES_OF_ORDERS]) & rows["order_id"].notnull()
    session = ibis.ifelse(goal, rows["session"].cast("string"), ibis.null("string"))
    key = rows["person"] + ibis.literal("|") + ibis.ifelse(ordered, rows["order_id"], session)
    keyed = rows.mutate(basket_key=key)
    number = ibis.dense_rank().over(ibis.window(order_by=["basket_key"]))
    return keyed.mutate(
        basket=ibis.ifelse(goal, number, -1),
        order=ibis.ifelse(ordered, number, -1),
    ).drop("basket_key", "order_id")


def interactions(events: Any, signals: Sequence[Signal], people: Callable[[Any], Any], viewings: Any = None) -> Any:
    """The interactions of one domain, not yet ordered, with text ids; orders are not yet settled.

    Args:
        events: Ibis table in the lake's columns, complete.
        signals: The pack's signals.
        people: Gives events their `person`, and leaves those out whose events must not be used.
        viewings: See `with_roles`.

    Returns:
        An Ibis table with `COLUMNS` and `seq`.
    """
    read = with_sessions(people(with_roles(events, signals, viewings)))
    if viewings is not None:
        read = with_viewings_folded(read)
    return with_baskets(with_lines_joined(read))
