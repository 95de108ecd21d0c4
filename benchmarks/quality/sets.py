"""The shared data sets as folds: one global split in time each, or the split the set's own kind allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
from protocol import Fold

DAY = 86_400.0
MOST = {"valid": 1_500, "test": 6_000}
"""People (or next clicks) asked for at most, drawn with a seed."""

Domain = Literal["product", "content", "learning"]


@dataclass(frozen=True)
class Scenario:
    """One permanent question to all systems; its id never changes its meaning.

    Attributes:
        id: As in results.
        domain: Pack it belongs to.
        about: What is asked, and how the set is split.
        modes: `all` (repeats allowed), `new` (what a person had is taken out), or `next` (sessions).
        sql: Rows `person, item, time (s), goal, basket`, in any order, and `undone` (s) where purchases can be taken
            back: such a row is learned from until then, and is never a target. `{folder}` is the data.
        items: Rows `item, text, label`, or nothing.
        valid: Start of the validation window, seconds.
        test: Its end and the start of the test window.
        until: End of the test window.
        sessions: A person is a session, and every next click is asked for.
    """

    id: str
    domain: Domain
    about: str
    modes: tuple[str, ...]
    sql: str
    valid: float
    test: float
    until: float
    items: str = ""
    sessions: bool = False


def at(day: str, hours: float = 0.0) -> float:
    """Midnight UTC of a day, in seconds, moved by hours."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() + hours * 3_600


RETAIL = """
WITH lines AS (
    SELECT CustomerID AS person, StockCode AS item, InvoiceNo AS invoice, Quantity AS q, UnitPrice AS price,
           epoch(InvoiceDate) AS t
    FROM '{folder}/online-retail/transactions.parquet'
    WHERE CustomerID IS NOT NULL AND regexp_full_match(StockCode, '[0-9]{{5}}[A-Za-z]*')
), back AS (
    SELECT person, item, abs(q) AS q, t FROM lines WHERE starts_with(invoice, 'C') OR q < 0
), buys AS (
    SELECT person, item, invoice, min(t) AS time, sum(q) AS q
    FROM lines WHERE NOT starts_with(invoice, 'C') AND q > 0 AND price > 0 GROUP BY ALL
), marked AS (
    -- What is sent back is set against the latest purchases before it.
    SELECT *, sum(q) OVER (PARTITION BY person, item ORDER BY time DESC, invoice ROWS UNBOUNDED PRECEDING) AS upto
    FROM buys
), sent AS (
    SELECT marked.person, marked.item, marked.invoice, sum(back.q) AS q, max(back.t) AS last
    FROM marked JOIN back ON marked.person = back.person AND marked.item = back.item AND back.t >= marked.time
    GROUP BY ALL
)
SELECT marked.person, marked.item, marked.time, true AS goal, marked.invoice AS basket,
       CASE WHEN marked.upto <= sent.q THEN sent.last END AS undone
FROM marked LEFT JOIN sent USING (person, item, invoice)
"""

KUAIRAND = """
WITH log AS (
    SELECT user_id AS person, video_id AS item, greatest(time_ms / 1000.0, {start}) AS time, long_view = 1 AS goal
    FROM '{folder}/kuairand-pure-slice/log_standard_4_25_to_5_08.parquet'
), history AS (
    SELECT user_id, last_time_ms, long_watch_seq, len(watch_seq) AS n, unnest(watch_seq) AS item,
           generate_subscripts(watch_seq, 1) AS place
    FROM '{folder}/kuairand-pure-slice/user_history_before_4_25.parquet'
)
SELECT person, item, time, goal, NULL AS basket FROM log
UNION ALL
SELECT user_id, item, least(last_time_ms / 1000.0, {start}) - 3600.0 * (n - place) - 1,
       list_contains(long_watch_seq, item), NULL
FROM history
""".replace("{start}", str(at("2022-04-25", -8)))

MOVIES = """
SELECT userId AS person, movieId AS item, "timestamp" AS time, rating >= 4 AS goal, NULL AS basket
FROM '{folder}/movielens-latest-small/ratings.parquet'
"""

MOVIES_LAST = """
WITH rated AS (
    SELECT *, row_number() OVER (PARTITION BY userId ORDER BY "timestamp" DESC, movieId) AS back
    FROM '{folder}/movielens-latest-small/ratings.parquet' WHERE rating >= 4
)
SELECT userId AS person, movieId AS item, true AS goal, NULL AS basket,
       CASE WHEN back <= 5 THEN 2e9 WHEN back <= 10 THEN 1.9e9 ELSE "timestamp" END - back AS time
FROM rated
"""

BOOKS = """
WITH rated AS (
    SELECT DISTINCT user_id AS person, book_id AS item
    FROM '{folder}/goodbooks-10k-v1/ratings.parquet' WHERE rating >= 4
), ordered AS (
    SELECT *, row_number() OVER (PARTITION BY person ORDER BY hash(person * 10007 + item)) AS place,
           count(*) OVER (PARTITION BY person) AS n
    FROM rated
)
SELECT person, item, true AS goal, NULL AS basket,
       place + CASE WHEN place > .8 * n THEN 2000 WHEN place > .7 * n THEN 1000 ELSE 0 END AS time
FROM ordered
"""

MSWEB = """
WITH visits AS (
    SELECT 'a' || case_id AS person, vroot_id AS item, case_id % 10 = 0 AS held, 1000 AS moment
    FROM '{folder}/msweb/train_visits.parquet'
    UNION ALL
    SELECT 'b' || case_id, vroot_id, true, 2000 FROM '{folder}/msweb/test_visits.parquet'
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY person ORDER BY hash(person || '/' || item)) AS place,
           count(*) OVER (PARTITION BY person) AS n
    FROM visits
)
SELECT person, item, true AS goal, NULL AS basket,
       place + CASE WHEN held AND place > n / 2 THEN moment ELSE 0 END AS time
FROM placed
"""

JOURNEY = """
SELECT household_id AS person, product_id AS item, epoch(transaction_timestamp) AS time, true AS goal,
       basket_id AS basket
FROM '{folder}/complete-journey/transactions_sample.parquet'
"""

CLOTHES = """
SELECT "session ID" AS person, "page 2 (clothing model)" AS item,
       epoch(make_timestamp("year", "month", "day", 0, 0, 0)) + "order" AS time, true AS goal, NULL AS basket
FROM '{folder}/eshop-clothing-clickstream/clicks.parquet'
"""

OULAD = """
SELECT id_student AS person, id_site AS item, ("date" + 20) * 86400 AS time, true AS goal,
       id_student || '/' || "date" AS basket
FROM '{folder}/oulad/student_vle_AAA_2013J_first_days.parquet'
"""

MOODLE = """
WITH opened AS (
    SELECT "user" AS person, "Event.context" AS item, epoch(timecreated) AS time,
           lag("Event.context") OVER (PARTITION BY "user" ORDER BY timecreated, "Event.context") AS before
    FROM '{folder}/moodle-la-course/events.parquet' WHERE NOT starts_with("Event.context", 'Course:')
)
SELECT person, item, time, true AS goal, person || '/' || floor(time / 86400) AS basket
FROM opened WHERE before IS DISTINCT FROM item
"""

SCENARIOS = (
    Scenario(
        "online-retail", "product", "A gift shop's year, what is bought next; test 18 Nov to 9 Dec 2011.",
        ("all", "new"), RETAIL, at("2011-10-28"), at("2011-11-18"), at("2011-12-10"),
        "SELECT StockCode AS item, max(Description) AS text, '' AS label"
        " FROM '{folder}/online-retail/transactions.parquet' GROUP BY StockCode",
    ),
    Scenario(
        "complete-journey", "product", "A sample of grocery lines, what a household buys next; test Dec 2017.",
        ("all", "new"), JOURNEY, at("2017-11-01"), at("2017-12-01"), at("2018-01-02"),
        "SELECT product_id AS item, product_type AS text, product_category AS label"
        " FROM '{folder}/complete-journey/products.parquet'",
    ),
    Scenario(
        "clothing-sessions", "product", "Each next click of a session in a clothes shop; test Aug 2008.",
        ("next",), CLOTHES, at("2008-07-20"), at("2008-08-01"), at("2008-08-14"), sessions=True,
    ),
    Scenario(
        "kuairand", "content", "Short videos watched long, all that was shown is seen; test 7 and 8 May 2022.",
        ("new",), KUAIRAND, at("2022-05-05", -8), at("2022-05-07", -8), at("2022-05-10", -8),
        "SELECT video_id AS item, coalesce(tag, '') AS text, author_id AS label"
        " FROM '{folder}/kuairand-pure-slice/video_features_basic.parquet'",
    ),
    Scenario(
        "movielens-time", "content", "Films rated 4 or more; one split in time, very few warm people.",
        ("new",), MOVIES, at("2016-03-22"), at("2017-06-21"), at("2019-01-01"),
        "SELECT movieId AS item, title AS text, genres AS label FROM '{folder}/movielens-latest-small/movies.parquet'",
    ),
    Scenario(
        "movielens-last5", "content", "Each person's last five films rated 4 or more: it leaks over time.",
        ("new",), MOVIES_LAST, 1.85e9, 1.95e9, 2.1e9,
        "SELECT movieId AS item, title AS text, genres AS label FROM '{folder}/movielens-latest-small/movies.parquet'",
    ),
    Scenario(
        "goodbooks", "content", "Books rated 4 or more, no times: a fifth of each reader's, drawn by a hash.",
        ("new",), BOOKS, 1000.0, 2000.0, 4000.0,
        "SELECT id AS item, title AS text, authors AS label FROM '{folder}/goodbooks-10k-v1/books.parquet'",
    ),
    Scenario(
        "msweb", "content", "Areas of a site, other people than those learned from: half of what each visited.",
        ("new",), MSWEB, 1000.0, 2000.0, 4000.0,
        "SELECT vroot_id AS item, title AS text, '' AS label FROM '{folder}/msweb/areas.parquet'",
    ),
    Scenario(
        "oulad", "learning", "Materials opened in the first days of a course; test days 0 to 2.",
        ("all", "new"), OULAD, 18 * DAY, 20 * DAY, 24 * DAY,
        "SELECT id_site AS item, activity_type AS text, activity_type AS label FROM '{folder}/oulad/vle.parquet'",
    ),
    Scenario(
        "moodle", "learning", "Resources opened in a course (generated data); test 16 to 27 Oct 2019.",
        ("all", "new"), MOODLE, at("2019-10-10"), at("2019-10-16"), at("2019-11-01"),
    ),
)  # fmt: skip
"""All of them. Times of sets that have none are made up: what is learned from, then validation, then test."""


def folds(scenario: Scenario, folder: Path, seed: int = 7) -> dict[str, Fold]:
    """The validation fold and the test fold."""
    db = duckdb.connect()
    db.execute("SET threads = 2")
    query = scenario.sql.format(folder=folder)
    table = db.sql(f"SELECT * FROM ({query}) ORDER BY person, time, item").fetchnumpy()
    texts: dict[Any, tuple[str, str]] = {}
    if scenario.items:
        for item, text, label in db.sql(scenario.items.format(folder=folder)).fetchall():
            texts[str(item)] = (str(text or ""), str(label or ""))
    moments = {"valid": (scenario.valid, scenario.test), "test": (scenario.test, scenario.until)}
    make: Callable[..., Fold] = _sessions if scenario.sessions else _people
    undone = np.ma.filled(np.ma.asarray(table.pop("undone", np.full(len(table["time"]), np.inf)), np.float64), np.inf)
    made = {}
    for stage, (cut, until) in moments.items():
        # A purchase that will be taken back later is not known to be one yet.
        real = (table["time"] < cut) & (undone >= cut) | (table["time"] >= cut) & np.isinf(undone)
        made[stage] = make({k: column[real] for k, column in table.items()}, texts, cut, until, MOST[stage], seed)
    return made


def _coded(table: dict[str, Any], known: Any, texts: dict[Any, tuple[str, str]]) -> dict[str, Any]:
    """What both kinds share: the rows known before the moment, as codes."""
    people, person = np.unique(table["person"][known], return_inverse=True)
    items, item = np.unique(table["item"][known], return_inverse=True)
    basket = np.ma.filled(np.ma.asarray(table["basket"][known]).astype(str), "")
    said = [texts.get(str(name), ("", "")) for name in items]
    return {
        "people": people,
        "items": items,
        "person": person.astype(np.int32),
        "item": item.astype(np.int32),
        "time": np.asarray(table["time"][known], np.float64),
        "goal": np.asarray(table["goal"][known], bool),
        "basket": np.unique(basket, return_inverse=True)[1].astype(np.int64),
        "n_people": len(people),
        "n_items": len(items),
        "texts": np.array([text for text, _ in said] if texts else [], str),
        "labels": np.array([label for _, label in said] if texts else [], str),
    }


def _code(values: Any, names: Any) -> Any:
    """Where each value stands among sorted names, -1 for those that do not."""
    place = np.minimum(np.searchsorted(names, values), len(names) - 1)
    return np.where(names[place] == values, place, -1)


def _people(table: dict[str, Any], texts: Any, cut: float, until: float, most: int, seed: int) -> Fold:
    table = {name: np.asarray(np.ma.getdata(column)) for name, column in table.items()} | {"basket": table["basket"]}
    known = table["time"] < cut
    base = _coded(table, known, texts)
    later = (table["time"] >= cut) & (table["time"] < until) & table["goal"].astype(bool)
    person, item = _code(table["person"][later], base["people"]), _code(table["item"][later], base["items"])
    warm = np.zeros(base["n_people"], bool)
    warm[base["person"][base["goal"]]] = True
    fine = (person >= 0) & (item >= 0)
    person, item = person[fine], item[fine]
    fine = warm[person]
    n = base["n_items"]
    keys = np.unique(person[fine].astype(np.int64) * n + item[fine])
    asked = np.unique(keys // n)
    if len(asked) > most:
        asked = np.sort(np.random.default_rng(seed).choice(asked, most, replace=False))
        keys = keys[np.isin(keys // n, asked)]
    seen = np.unique(base["person"].astype(np.int64) * n + base["item"])
    none = np.zeros(0, np.int64)
    del base["people"], base["items"]
    return Fold(
        **base,
        now=cut,
        asked=asked,
        prefix_ptr=none,
        prefix=none,
        target_ptr=np.append(np.searchsorted(keys // n, asked), len(keys)),
        target=keys % n,
        repeat=np.isin(keys, seen),
        group=asked,
    )


def _sessions(table: dict[str, Any], texts: Any, cut: float, until: float, most: int, seed: int) -> Fold:
    table = {name: np.asarray(np.ma.getdata(column)) for name, column in table.items()} | {"basket": table["basket"]}
    base = _coded(table, table["time"] < cut, texts)
    later = (table["time"] >= cut) & (table["time"] < until)
    item, session = _code(table["item"][later], base["items"]), table["person"][later]
    item, session = item[item >= 0], session[item >= 0]
    first = np.flatnonzero(np.r_[True, session[1:] != session[:-1]])
    start = np.repeat(first, np.diff(np.append(first, len(item))))
    # Every click but a session's first is asked for, given what came before; a click on the same page is no step.
    steps = np.flatnonzero((np.arange(len(item)) > start) & (item != np.roll(item, 1)))
    sessions = np.unique(session[steps])
    rng = np.random.default_rng(seed)
    rng.shuffle(sessions)
    per_session = np.bincount(np.searchsorted(np.sort(sessions), session[steps]), minlength=len(sessions))
    order = np.searchsorted(np.sort(sessions), sessions)
    chosen = sessions[: max(1, int(np.searchsorted(np.cumsum(per_session[order]), most)))]
    steps = steps[np.isin(session[steps], chosen)]
    parts = [item[a:b] for a, b in zip(start[steps], steps, strict=True)]
    del base["people"], base["items"]
    return Fold(
        **base,
        now=cut,
        asked=np.arange(len(steps)),
        prefix_ptr=np.concatenate([[0], np.cumsum([len(part) for part in parts])]),
        prefix=np.concatenate(parts),
        target_ptr=np.arange(len(steps) + 1),
        target=item[steps],
        repeat=np.zeros(len(steps), bool),
        group=session[steps],
    )
