"""The open loop of `make bench-serving`: constant arrivals, and latency from when a request was meant to leave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from open_loop import OpenLoop, whole
from serving_run import Asking, bounds, kept

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n" + b'{"degraded":[]}'


@contextmanager
def server(answers: Iterator[bytes | float]) -> Iterator[int]:
    """A server of one thread; a number in place of an answer is seconds in which nobody is answered."""
    listener = socket.create_server(("127.0.0.1", 0))
    turn = threading.Lock()

    def serve(connection: socket.socket) -> None:
        with connection:
            while connection.recv(1 << 16):
                with turn:
                    answer = next(answers)
                    if isinstance(answer, float):
                        time.sleep(answer)
                        answer = _ANSWER
                if not answer:
                    return
                connection.sendall(answer)

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=listen, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()


def answers(at: int, one: bytes | float) -> Iterator[bytes | float]:
    """Good answers, and another one at a place."""
    n = 0
    while True:
        yield one if n == at else _ANSWER
        n += 1


def loop(port: int) -> OpenLoop:
    """A loop of one request."""
    return OpenLoop([whole("/v1/recommendations", "{}", "key")], [port])


def test_whoever_waits_behind_a_stall_is_counted_too() -> None:
    with server(answers(20, 0.4)) as port:
        told = loop(port).run(100.0, 0.0, 1.0)
    assert (told["sent"], told["errors"], len(told["ms"])) == (100, 0, 100)
    # Some forty requests were meant to leave while nobody was answered; a closed loop would have seen one.
    assert sum(ms > 50.0 for ms in told["ms"]) >= 25
    assert max(told["ms"]) >= 400.0


def test_what_arrives_while_it_warms_up_does_not_count() -> None:
    with server(answers(-1, _ANSWER)) as port:
        told = loop(port).run(50.0, 0.4, 0.4)
    assert (told["sent"], len(told["ms"]), told["complete"]) == (20, 20, True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503"),
        (b"", "closed"),
    ],
)
def test_what_is_no_answer_is_an_error(answer: bytes, said: str) -> None:
    with server(answers(5, answer)) as port:
        told = loop(port).run(50.0, 0.0, 0.4)
    assert told["errors"] == 1
    assert said in told["first_error"]


def test_an_answer_that_left_a_source_out_is_counted() -> None:
    late = b'HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\n{"degraded":["late:a"]}'
    with server(answers(3, late)) as port:
        told = loop(port).run(50.0, 0.0, 0.4)
    assert (told["late"], told["errors"]) == (1, 0)


class _Site(Asking):
    """Serves so many requests a second and no more."""

    def __init__(self, most: float) -> None:
        self.most, self.tried = most, [0.0]

    def at(self, rate: float, *, warm_s: float, run_s: float) -> dict[str, float]:
        self.tried.append(rate)
        return {"rate": rate, "errors": 0, "p99_ms": 10.0 if rate <= self.most else 500.0, "late": 0.0}


@pytest.mark.parametrize("most", [3.0, 37.0, 333.0, 1_500.0])
def test_the_knee_is_found_to_within_a_twentieth(most: float) -> None:
    site = _Site(most)
    low, high = bounds([site.at(rate, warm_s=0, run_s=0) for rate in (50.0, 100.0, 200.0, 400.0)])
    found = site.knee(low=low, high=high, run_s=0.0)
    assert found <= most
    assert found >= 0.9 * most
    assert len(site.tried) < 16


def test_a_rate_counts_as_served_only_without_errors_and_late_sources() -> None:
    good = {"errors": 0, "p99_ms": 20.0, "late": 0.0}
    assert kept(good)
    assert not kept({**good, "errors": 1})
    assert not kept({**good, "p99_ms": 50.0})
    assert not kept({**good, "late": 0.02})
