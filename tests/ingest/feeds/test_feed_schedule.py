"""When feeds are pulled: by their interval, soon again after a failure, by one of several servers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed_site import Answer, Site, Workspace, tsv
from penchant.clock import DAY, SystemClock
from penchant.errors import FeedFailed, InvalidRequest
from penchant.ingest.feeds import FeedSchedule, interval
from penchant.ingest.feeds.due import next_due
from penchant.storage import SQLiteStore

FEED = tsv({"id": "a", "title": "Shoe", "price": "1.00 EUR"})
HOUR = 3_600


@pytest.mark.parametrize(
    ("text", "seconds"), [("1m", 60), ("90s", 90), ("15m", 900), ("1h", HOUR), (" 1d ", 86_400), ("90d", 7_776_000)]
)
def test_an_interval_is_a_number_and_a_letter(text: str, seconds: int) -> None:
    assert interval(text) == seconds


@pytest.mark.parametrize("text", ["", "1", "h", "0h", "-1h", "1.5h", "1w", "30s", "91d", "1h30m", "９h"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidRequest, match="from 1m to 90d"):
        interval(text)


@given(st.floats(1e9, 2e9), st.integers(60, int(90 * DAY)), st.integers(0, 50), st.floats(0, 1e9) | st.none())
def test_the_next_run_is_never_later_than_the_interval_or_what_the_server_asks_for(
    now: float, every: int, failures: int, wait: float | None
) -> None:
    due = next_due("main", now, every, failures=failures, wait=wait)

    assert due is not None
    seconds = due / 1000 - now
    least = max(min(60, every) if failures else every, min(wait or 0.0, DAY))
    assert least - 0.01 <= seconds <= max(every, min(wait or 0.0, DAY)) * 1.05 + 0.01


def test_after_failures_it_is_tried_soon_and_then_less_often() -> None:
    waits = [(next_due("main", 0.0, HOUR, failures=n) or 0) / 60_000 for n in range(1, 9)]

    assert all(
        wanted <= wait <= wanted * 1.05 for wait, wanted in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60), strict=True)
    )


def test_by_hand_alone_means_never_by_itself(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = FEED
    workspace.add()

    assert next_due("main", 0.0, None, failures=3) is None
    assert workspace.feeds.due() == []
    workspace.feeds.run("main")
    assert workspace.feeds.due() == []


def test_a_feed_is_due_at_once_and_then_by_its_interval(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = FEED
    workspace.add(every=HOUR)

    assert [report.added for report in workspace.feeds.run_due()] == [1]
    assert workspace.feeds.run_due() == []
    workspace.clock.advance(HOUR - 1)
    assert workspace.feeds.run_due() == []
    workspace.clock.advance(1 + 0.05 * HOUR)
    assert [report.status for report in workspace.feeds.run_due()] == ["unchanged"]


def test_the_one_that_waits_longest_comes_first_and_a_failure_stops_no_other(workspace: Workspace, site: Site) -> None:
    site["/good.tsv"] = FEED
    workspace.add("/bad.tsv", name="z-first", every=HOUR)
    workspace.clock.advance(1)
    workspace.add("/good.tsv", name="a-second", every=HOUR)

    assert workspace.feeds.due() == ["z-first", "a-second"]
    assert [(r.feed, r.status) for r in workspace.feeds.run_due()] == [("z-first", "refused"), ("a-second", "applied")]


def test_a_server_that_is_away_is_asked_again_soon(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = Answer(status=500)
    workspace.add(every=HOUR)
    workspace.feeds.run_due()

    workspace.clock.advance(64)
    assert [report.status for report in workspace.feeds.run_due()] == ["refused"]
    workspace.clock.advance(64)
    assert workspace.feeds.run_due() == []
    workspace.clock.advance(64)
    site["/feed.tsv"] = FEED
    assert [report.status for report in workspace.feeds.run_due()] == ["applied"]
    workspace.clock.advance(64)
    assert workspace.feeds.run_due() == []


def test_a_feed_that_is_broken_is_pulled_again_by_its_interval(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = "<html>"
    workspace.add(every=HOUR)
    workspace.feeds.run_due()

    workspace.clock.advance(HOUR / 2)
    assert workspace.feeds.run_due() == []
    workspace.clock.advance(HOUR / 2 + 0.05 * HOUR)
    assert len(workspace.feeds.run_due()) == 1


def test_what_the_server_asks_for_is_waited_for(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = Answer(status=429, headers={"Retry-After": "600"})
    workspace.add(every=HOUR)
    workspace.feeds.run_due()

    workspace.clock.advance(599)
    assert workspace.feeds.run_due() == []
    workspace.clock.advance(40)
    assert len(workspace.feeds.run_due()) == 1


def test_a_feed_of_a_domain_that_is_gone_waits(workspace: Workspace, site: Site) -> None:
    workspace.add(every=HOUR)
    del workspace.schemas["shop"]

    assert workspace.feeds.run_due() == []


def test_of_a_feed_that_nobody_gave_back_the_right_runs_out(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = FEED
    workspace.add(every=HOUR)
    now = int(workspace.clock.now() * 1000)
    assert workspace.store.claim_feed("main", now=now, until=now + 2_400_000)  # and then the process is killed

    assert workspace.feeds.run_due() == []
    with pytest.raises(FeedFailed, match="somebody else"):
        workspace.feeds.run("main")
    workspace.clock.advance(2_401)
    assert [report.added for report in workspace.feeds.run_due()] == [1]


# the thread


def test_the_thread_pulls_what_is_due_and_ends_when_it_is_closed(workspace: Workspace, site: Site) -> None:
    ended = threading.Semaphore(0)

    class Told(SQLiteStore):
        def end_feed(self, name: str, **told: Any) -> None:
            super().end_feed(name, **told)
            ended.release()

    site["/feed.tsv"] = FEED
    told = Told(workspace.root / "penchant.db")
    for name in ("one", "two"):
        workspace.add(name=name, every=HOUR)

    with FeedSchedule(workspace.make(store=told), look=0.01):
        assert all(ended.acquire(timeout=20) for _ in range(2))
    told.close()
    statuses = [[report.status for report in workspace.feeds.runs(name)] for name in ("one", "two")]
    assert statuses == [["applied"], ["applied"]]


def test_two_servers_pull_a_feed_once(workspace: Workspace, site: Site) -> None:
    site["/feed.tsv"] = FEED
    workspace.add(every=HOUR)
    other = SQLiteStore(workspace.root / "penchant.db")
    start = threading.Barrier(2)
    reports = []

    def server(feeds: object) -> None:
        start.wait(20)
        reports.extend(feeds.run_due())  # type: ignore[attr-defined]

    threads = [threading.Thread(target=server, args=(f,)) for f in (workspace.feeds, workspace.make(store=other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    other.close()

    assert [report.status for report in reports] == ["applied"]
    assert len(site.requests) == 1


def test_closing_ends_a_run_that_waits_and_the_feed_is_due_again(workspace: Workspace, site: Site) -> None:
    asked, over = threading.Event(), threading.Event()

    def hang(handler: BaseHTTPRequestHandler) -> None:
        asked.set()
        over.wait(20)

    site["/feed.tsv"] = hang
    clock = SystemClock()
    feeds = workspace.make(clock=clock)
    workspace.add(every=HOUR)
    schedule = FeedSchedule(feeds, look=0.01)
    schedule.start()
    assert asked.wait(20)

    began = clock.elapsed()
    schedule.close()
    assert clock.elapsed() - began < 5.0
    over.set()

    [report] = feeds.runs("main")
    assert report.reason == "the run was stopped before its end"
    assert feeds.due() == ["main"]
    assert workspace.items() == {}


def test_a_schedule_that_never_began_can_be_closed(workspace: Workspace) -> None:
    FeedSchedule(workspace.feeds).close()


def test_a_store_that_is_away_does_not_end_the_thread(workspace: Workspace) -> None:
    looks = threading.Semaphore(0)

    class Away(SQLiteStore):
        def feeds(self) -> list[object]:  # type: ignore[override]
            looks.release()
            raise OSError("away")

    away = Away(workspace.root / "penchant.db")
    with FeedSchedule(workspace.make(store=away), look=0.01):
        assert all(looks.acquire(timeout=20) for _ in range(3))
    away.close()
