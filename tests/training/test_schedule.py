"""The schedule: who is trained, when, by whom, and what follows when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from penchant.clock import FixedClock
from penchant.training import Attempts, Freshness, Schedule, Trained, Turns

DAY = 86_400.0
Trains = Callable[[str], str | None]


class Site:
    """Two domains that are trained once a day."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.turns = FixedClock(100 * DAY), Turns(folder)
        self.made = {"shop": 90 * DAY, "news": 90 * DAY}
        self.calls: list[str] = []
        self.told: list[Trained] = []

    def look(self, domain: str) -> Freshness:
        due = self.clock.now() - self.made[domain] >= DAY
        return Freshness(domain=domain, state="due" if due else "fresh", why="old")

    def train(self, domain: str) -> str | None:
        self.calls.append(domain)
        self.made[domain] = self.clock.now()
        return None

    def schedule(self, train: Trains | None = None) -> Schedule:
        return Schedule(["shop", "news"], self.look, train or self.train, self.turns, self.clock, self.told.append)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def outcomes(done: list[Trained]) -> list[tuple[str, str]]:
    return [(one.domain, one.outcome) for one in done]


def test_what_is_due_is_trained_once_and_what_is_fresh_is_left_alone(site: Site) -> None:
    schedule = site.schedule()

    assert outcomes(schedule.once()) == [("shop", "trained"), ("news", "trained")]
    assert schedule.once() == []
    site.clock.advance(DAY)
    assert outcomes(schedule.once()) == [("shop", "trained"), ("news", "trained")]
    assert site.calls == ["shop", "news"] * 2


def test_a_failure_is_told_and_does_not_keep_the_next_domain_from_its_turn(site: Site) -> None:
    def train(domain: str) -> str | None:
        if domain == "shop":
            return "no events at all"
        return site.train(domain)

    done = site.schedule(train).once()

    assert outcomes(done) == [("shop", "failed"), ("news", "trained")]
    assert done[0].why == "no events at all"
    assert site.told == done


def test_what_a_training_raises_is_a_failure_whose_text_is_not_told(site: Site) -> None:
    def train(domain: str) -> str | None:
        raise ValueError("ann@example.org")

    done = site.schedule(train).once()

    assert [one.why for one in done] == ["ValueError", "ValueError"]


def test_after_each_failure_the_next_try_is_twice_as_far_until_one_does_well(site: Site) -> None:
    tried: list[float] = []
    broken = True

    def train(domain: str) -> str | None:
        if domain == "shop":
            tried.append(site.clock.now())
        return "broken" if broken and domain == "shop" else site.train(domain)

    schedule = site.schedule(train)
    for _ in range(40):
        schedule.once()
        site.clock.advance(100.0)
    assert [round(at - tried[0]) for at in tried] == [0, 300, 900, 2_100]
    assert site.turns.read("shop").failed == 4

    broken = False
    site.clock.advance(DAY)
    schedule.once()
    assert site.turns.read("shop") == Attempts()


def test_the_wait_after_failures_has_an_end() -> None:
    assert Attempts(1, "", 1_000.0).again == 1_300.0
    assert Attempts(500, "", 1_000.0).again == 1_000.0 + 6 * 3_600.0


def test_failures_are_remembered_by_the_next_process(site: Site) -> None:
    site.schedule(lambda domain: "broken").once()

    done = site.schedule().once()

    assert outcomes(done) == [("shop", "waits"), ("news", "waits")]
    assert "broken" in done[0].why and "5m" in done[0].why
    assert site.calls == []


def test_two_schedules_never_train_one_domain_at_once(site: Site) -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow(domain: str) -> str | None:
        inside.set()
        assert leave.wait(20.0)
        return site.train(domain)

    first = Schedule(["shop"], site.look, slow, site.turns, site.clock)
    thread = threading.Thread(target=first.once)
    thread.start()
    try:
        assert inside.wait(20.0)
        assert outcomes(site.schedule().once()) == [("shop", "elsewhere"), ("news", "trained")]
    finally:
        leave.set()
        thread.join(20.0)
    assert sorted(site.calls) == ["news", "shop"]


def test_what_was_trained_while_one_waited_for_the_turn_is_not_trained_again(site: Site) -> None:
    looks = 0

    def look(domain: str) -> Freshness:
        nonlocal looks
        looks += 1
        return Freshness(domain=domain, state="due" if looks == 1 else "fresh", why="")

    assert Schedule(["shop"], look, site.train, site.turns, site.clock).once() == []
    assert site.calls == []


def test_a_store_that_is_away_ends_nothing(site: Site) -> None:
    def look(domain: str) -> Freshness:
        if domain == "shop":
            raise OSError("away")
        return site.look(domain)

    done = Schedule(["shop", "news"], look, site.train, site.turns, site.clock).once()

    assert outcomes(done) == [("shop", "failed"), ("news", "trained")]


def test_it_looks_again_and_again_until_it_is_told_to_stop(site: Site) -> None:
    stop = threading.Event()

    def train(domain: str) -> str | None:
        site.calls.append(domain)
        if len(site.calls) == 5:
            stop.set()
        return None  # never fresh: each look trains

    site.schedule(train).run(stop, every_s=0.001)

    assert site.calls == ["shop", "news", "shop", "news", "shop"]


def test_a_training_that_was_told_to_end_is_no_failure(site: Site) -> None:
    stop = threading.Event()

    def train(domain: str) -> str | None:
        stop.set()
        return "killed"

    assert outcomes(site.schedule(train).once(stop)) == [("shop", "stopped")]
    assert site.turns.read("shop") == Attempts()


def test_attempts_that_cannot_be_read_are_none(site: Site, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "attempts.json").write_text("{", encoding="utf-8")

    assert site.turns.read("shop") == Attempts()
