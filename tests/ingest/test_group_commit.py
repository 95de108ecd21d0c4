"""Many at once: one sync for all that waits, and nobody pays for a neighbour."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from penchant.errors import Overloaded, PenchantError, StorageError
from penchant.ingest import Collector, Sender, Verdict
from penchant.storage import SQLiteStore

View = Callable[..., dict[str, Any]]
SenderOf = Callable[..., Sender]
SECONDS = 20.0


class Held:
    """Holds the store's next append until it is let go."""

    def __init__(self, faulty: Any) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self._append = faulty.append
        self.sizes: list[int] = []
        faulty.append = self.append

    def append(self, events: Any, **beside: Any) -> Any:
        self.sizes.append(len(events))
        self.reached.set()
        assert self.go.wait(SECONDS)
        return self._append(events, **beside)


def test_two_hundred_threads_have_every_accepted_message_in_the_log_once(
    collector: Collector, faulty: Any, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    def send(number: int) -> list[Verdict]:
        # Every other one is sent by two threads at once.
        return collector.collect(
            [view(f"m{number // 2 if number % 4 < 2 else number}-{at}") for at in range(3)], sender()
        )

    with ThreadPoolExecutor(200) as pool:
        verdicts = [verdict for answer in pool.map(send, range(400)) for verdict in answer]

    accepted = [v.message_id for v in verdicts if v.status == "accepted"]
    assert len(accepted) == len(set(accepted)) == store.count()["events"]
    assert {v.message_id for v in verdicts if v.status == "duplicate"} <= set(accepted)
    assert len(verdicts) == 1_200
    assert faulty.appends < 400


def test_what_waits_is_written_together_and_answered_in_order(
    collector: Collector, faulty: Any, sender: SenderOf, view: View
) -> None:
    held = Held(faulty)
    answered: list[str] = []

    for number in range(10):
        collector.submit([view(f"m{number}")], sender(), lambda _, n=number: answered.append(f"m{n}"))  # type: ignore[misc]
        assert held.reached.wait(SECONDS)
    assert answered == []
    held.go.set()
    collector.flush()

    assert held.sizes == [1, 9]
    assert answered == [f"m{n}" for n in range(10)]


def test_a_large_request_is_not_held_back_by_small_ones_nor_they_by_it(
    collector: Collector, faulty: Any, sender: SenderOf, view: View
) -> None:
    held = Held(faulty)
    collector.submit([view("first")], sender(), lambda _: None)
    assert held.reached.wait(SECONDS)
    for request, size in (("a", 1), ("b", 5_200), ("c", 1)):
        collector.submit([view(f"{request}{at}") for at in range(size)], sender(), lambda _: None)
    held.go.set()
    collector.flush()

    assert held.sizes == [1, 1, 5_200, 1]


def test_too_much_is_shed_and_taken_again_when_there_is_room(
    open_collector: Callable[..., Collector], faulty: Any, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector, held = open_collector(queue=100), Held(faulty)
    answers: list[Any] = []

    collector.submit([view(f"big{at}") for at in range(150)], sender(), answers.append)  # whatever its size
    assert held.reached.wait(SECONDS)
    with pytest.raises(Overloaded) as shed:
        collector.submit([view("m1")], sender(), answers.append)
    with pytest.raises(Overloaded):
        collector.fail_bytes(b"{", sender())
    assert shed.value.retry_after == 1
    held.go.set()
    collector.flush()
    collector.submit([view("m1")], sender(), answers.append)
    collector.flush()

    assert [len(answer) for answer in answers] == [150, 1]
    assert (store.count()["events"], collector.waiting) == (151, 0)


def test_shedding_ends_only_when_the_queue_is_well_below_its_limit(
    open_collector: Callable[..., Collector], faulty: Any, sender: SenderOf, view: View
) -> None:
    collector, held = open_collector(queue=100), Held(faulty)
    collector.submit([view("first")], sender(), lambda _: None)
    assert held.reached.wait(SECONDS)
    collector.submit([view(f"a{at}") for at in range(80)], sender(), lambda _: None)

    with pytest.raises(Overloaded):
        collector.submit([view(f"b{at}") for at in range(20)], sender(), lambda _: None)
    with pytest.raises(Overloaded):  # there is room for one, but the queue sheds
        collector.submit([view("c")], sender(), lambda _: None)

    held.go.set()
    collector.flush()
    assert collector.collect([view("c")], sender())[0].status == "accepted"


def test_closing_answers_everything_and_takes_nothing_more(
    collector: Collector, faulty: Any, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    held = Held(faulty)
    answers: list[Any] = []
    for number in range(5):
        collector.submit([view(f"m{number}")], sender(), answers.append)
    held.go.set()

    collector.close()

    assert len(answers) == store.count()["events"] == 5
    with pytest.raises(Overloaded):
        collector.collect([view("m9")], sender())
    collector.flush()
    collector.close()


def test_a_collector_nobody_used_has_no_thread(collector: Collector) -> None:
    before = threading.active_count()

    collector.flush()
    collector.close()

    assert threading.active_count() == before


# faults


def many(collector: Collector, requests: list[list[dict[str, Any]]], sender: Sender, held: Held) -> list[Any]:
    """Submits requests so that all but the first are one group; the answers, in order."""
    answers: list[Any] = [None] * len(requests)
    collector.submit([], sender, lambda _: None)
    for at, messages in enumerate(requests):
        collector.submit(messages, sender, lambda answer, at=at: answers.__setitem__(at, answer))  # type: ignore[misc]
        if at == 0:
            assert held.reached.wait(SECONDS)
    held.go.set()
    collector.flush()
    return answers


@pytest.mark.parametrize("error", [RuntimeError("ann"), StorageError("", "no value", refused=True)])
def test_one_poisonous_message_fails_alone(
    collector: Collector,
    faulty: Any,
    store: SQLiteStore,
    sender: SenderOf,
    view: View,
    error: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    faulty.poison, faulty.error = "poison", error
    requests = [[view("m0")], [view("m1"), view("m2", item="poison"), view("m3")], [view("m4")]]

    with caplog.at_level(logging.ERROR):
        answers = many(collector, requests, sender(), Held(faulty))

    assert [[v.status for v in answer] for answer in answers] == [
        ["accepted"], ["accepted", "failed", "accepted"], ["accepted"],
    ]  # fmt: skip
    assert [(row.message_id, row.kind, row.reason) for row in store.failed()] == [("m2", "internal", "internal")]
    assert "ann" not in caplog.text
    faulty.poison = None
    assert collector.collect([view("m2", item="poison")], sender())[0].status == "accepted"


@pytest.mark.parametrize("reason", ["database or disk is full", "the connection is closed"])
def test_an_error_of_the_store_itself_is_told_to_all_and_not_tried_again(
    collector: Collector, faulty: Any, store: SQLiteStore, sender: SenderOf, view: View, reason: str
) -> None:
    faulty.faults = {2: StorageError("sqlite:///x", reason)}

    answers = many(collector, [[view("m0")], [view("m1")], [view("m2")]], sender(), Held(faulty))

    assert [type(answer) for answer in answers] == [list, StorageError, StorageError]
    assert (faulty.appends, store.count()["events"], store.count()["failed"]) == (2, 1, 0)
    assert collector.collect([view("m1"), view("m2")], sender())[0].status == "accepted"


@pytest.mark.parametrize("error", [RuntimeError("x"), StorageError("", "full"), StorageError("", "odd", refused=True)])
@pytest.mark.parametrize("nth", range(1, 8))
def test_a_fault_at_the_nth_write_leaves_each_message_wholly_in_or_out(
    collector: Collector, faulty: Any, store: SQLiteStore, sender: SenderOf, view: View, nth: int, error: Exception
) -> None:
    # The store fails for good at some call, in the middle of whatever is tried after an error.
    faulty.faults = dict.fromkeys(range(nth, 100), error)
    faulty.poison = "poison"
    order = {"type": "track", "event": "Order Completed", "messageId": "o", "userId": "ann", "anonymousId": "f"}
    lines = {"properties": {"products": [{"sku": "a"}, {"sku": "b"}]}}
    requests = [[view("m0")], [{**order, **lines}, view("m1", item="poison"), view("m2", item=None)], [view("m3")]]

    answers = many(collector, requests, sender(), Held(faulty))

    kept = {event.message_id for event in store.find("web", ["m0", "m1", "m2", "m3", "o"])}
    for messages, answer in zip(requests, answers, strict=True):
        if isinstance(answer, PenchantError):
            continue  # it is to be sent again
        for message, verdict in zip(messages, answer, strict=True):
            assert (message["messageId"] in kept) == (verdict.status == "accepted")
    assert len(store.find("web", ["o"])) in (0, 2)
    assert ("o" in kept) == bool(store.links())

    faulty.faults, faulty.poison = {}, None
    again = [verdict.status for messages in requests for verdict in collector.collect(messages, sender())]
    assert again.count("failed") == 1
    assert store.count()["events"] == 5
    assert {row.message_id for row in store.failed()} >= {"m2"}


def test_an_answer_that_cannot_be_given_does_not_cost_the_next_one_theirs(
    collector: Collector, sender: SenderOf, view: View
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("nobody listens")

    collector.submit([view("m1")], sender(), broken)

    assert collector.collect([view("m2")], sender())[0].status == "accepted"
