"""`make bench-ingest`: events a second with an acknowledgement that means "on disk", on SQLite and PostgreSQL.

Everything runs through a real `penchant serve` on a real socket, beside a bare server of the same framework without a
store, and beside the store without a server, in one run.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent / "tests")]
from load import Loaded, load, post

from penchant.config import read_environment
from penchant.events import Event
from penchant.storage import open_store
from postgres_server import cluster, own_schema
from record import write

PENCHANT = str(Path(sys.executable).parent / "penchant")
ACCEPTED = b'"accepted"'

METHOD = (
    "Closed loop on one machine: singles are `POST /v1/track` from 64 keep-alive connections, batches `POST /v1/batch`"
    " of 100 messages from 8. Each event has an id of its own, a person of 5,000, an item of 2,000, price, quantity,"
    " page context and both times; every answer is read and must say accepted, and the log must hold as many events as"
    " were acknowledged. An answer leaves after the commit (SQLite WAL with synchronous=FULL; PostgreSQL with fsync and"
    " synchronous_commit on). The client is one Python process on the same cores as the server (and PostgreSQL), so"
    " rates are those of the whole. The ceiling is the same framework and server with the same routes, JSON and"
    " answers, and no store; `store alone` is `Store.append` of ready events without HTTP, in groups of 64 (as singles"
    " come) and of 800 (as batches come). Rounds are interleaved over the stores; figures are medians over the rounds."
)

ABOUT = {
    "singles_per_s": "single events a second, each acknowledged after fsync",
    "singles_p50_ms": "half the single acknowledgements are faster",
    "singles_p99_ms": "99 of 100 single acknowledgements are faster",
    "batch_events_per_s": "events a second in batches of 100",
    "batch_p50_ms": "half the batches are acknowledged faster",
    "batch_p99_ms": "99 of 100 batches are acknowledged faster",
    "ceiling_singles_per_s": "single requests a second of the bare server without a store",
    "ceiling_batch_events_per_s": "events a second in batches of 100 of the bare server without a store",
    "store_singles_per_s": "events a second of the store alone, in groups of 64",
    "store_batch_events_per_s": "events a second of the store alone, in groups of 800",
    "requests_until_seen": "requests between an acknowledged purchase and the first answer that knows it",
}


def messages(round_: str) -> Iterator[dict[str, Any]]:
    """Messages of a shop without end."""
    chance = random.Random(round_)
    number = 0
    while True:
        person, item = chance.randrange(5_000), chance.randrange(2_000)
        yield {
            "type": "track",
            "event": "Product Viewed",
            "messageId": f"{round_}-{number:08d}",
            "userId": f"customer-{person}",
            "anonymousId": f"device-{person}",
            "timestamp": "2026-01-05T10:20:30.123Z",
            "sentAt": "2026-01-05T10:20:31.000Z",
            "properties": {"product_id": f"sku-{item}", "price": 19.9, "quantity": 1, "category": "Shoes > Running"},
            "context": {
                "library": {"name": "analytics.js", "version": "2.1"},
                "page": {"url": f"https://shop.example/p/{item}", "path": f"/p/{item}", "title": "A product"},
                "locale": "de-DE",
            },
        }
        number += 1


def singles(round_: str, key: str) -> Iterator[bytes]:
    """Requests of one event."""
    for message in messages(round_):
        yield post("/v1/track", json.dumps(message).encode(), key)


def batches(round_: str, key: str) -> Iterator[bytes]:
    """Requests of 100 events."""
    source = messages(round_)
    while True:
        body = {"sentAt": "2026-01-05T10:20:31.000Z", "batch": [next(source) for _ in range(100)]}
        yield post("/v1/batch", json.dumps(body).encode(), key)


def ready_made(requests: Iterator[bytes], count: int, *, again: bool) -> Iterator[bytes]:
    """The same requests, made beforehand, so that making them costs nothing while the clock runs."""
    made = [next(requests) for _ in range(min(count, 500) if again else count)]
    return itertools.cycle(made) if again else iter(made)


@contextmanager
def running(*command: str, port: int) -> Iterator[int]:
    """A server process that answers on a port, until the block ends."""
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/health/live")
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.05)
            finally:
                connection.close()
        else:
            sys.exit(f"{command[0]} did not start")
        yield port
    finally:
        server.terminate()
        server.wait(30)


def measured(port: int, key: str, round_: str, options: argparse.Namespace, *, again: bool = False) -> dict[str, float]:
    """Singles, then batches, against a server; `again` sends a few requests over and over."""
    found: dict[str, float] = {}
    for kind, make, connections, per, most in (
        ("singles", singles, 64, 1, 12_000),
        ("batch", batches, 8, 100, 450),
    ):
        requests = ready_made(make(f"{round_}-{kind}", key), int(most * (options.warm + options.seconds)), again=again)
        result = load(
            port, requests, connections=connections, warm_s=options.warm, run_s=options.seconds, wanted=ACCEPTED
        )
        if result.wrong:
            sys.exit(f"{kind}: {result.wrong[0]!r}")
        found |= rates(kind, result, per)
        found["answered"] = found.get("answered", 0) + result.answered * per
    return found


def rates(kind: str, result: Loaded, per: int) -> dict[str, float]:
    """Events a second and percentiles of one run."""
    name = "singles_per_s" if kind == "singles" else "batch_events_per_s"
    return {
        name: len(result.latencies) * per / result.seconds,
        f"{kind}_p50_ms": float(np.percentile(result.latencies, 50)) * 1000,
        f"{kind}_p99_ms": float(np.percentile(result.latencies, 99)) * 1000,
    }


def ready_event(message_id: str, person: int, item: int) -> Event:
    """An event such as the messages become."""
    return Event(
        "shop",
        "alone",
        message_id,
        0,
        "Product Viewed",
        f"customer-{person}",
        f"device-{person}",
        1_767_608_430_123,
        1_767_608_431_000,
        f"sku-{item}",
        1.0,
        19.9,
        properties={"category": "Shoes > Running"},
        context={"page": {"path": f"/p/{item}", "title": "A product"}, "locale": "de-DE"},
    )


def store_alone(url: str, folder: Path, round_: str, seconds: float) -> dict[str, float]:
    """Events a second of the store without a server."""
    store = open_store(url, folder)
    found = {}
    try:
        for name, size in (("store_singles_per_s", 64), ("store_batch_events_per_s", 800)):
            groups = [
                [ready_event(f"{round_}-{size}-{g}-{n}", (g * 7 + n) % 5_000, n % 2_000) for n in range(size)]
                for g in range(int(150_000 * seconds / size))
            ]
            began, done = time.perf_counter(), 0
            for group in groups:
                store.append(group)
                done += size
                if time.perf_counter() - began > seconds:
                    break
            found[name] = done / (time.perf_counter() - began)
    finally:
        store.close()
    return found


def held(url: str, folder: Path) -> int:
    """Events in the log."""
    store = open_store(url, folder)
    try:
        return store.count()["events"]
    finally:
        store.close()


def requests_until_seen(port: int, key: str) -> int:
    """Buys what an answer shows, and counts the answers until it is gone."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {key}"}

    def ask(path: str, body: dict[str, Any], method: str = "POST") -> Any:
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{path} answered {answer.status}: {text[:400]!r}")
        return json.loads(text)

    items = [{"id": f"seen-{n}", "title": f"Product {n}", "category": "Shoes", "stock": 9} for n in range(40)]
    ask("/v1/items", {"domain": "shop", "items": items}, "PUT")
    worst = 0
    for person in range(50):
        wanted = {"placement": "home", "domain": "shop", "user_id": f"buyer-{person}", "n": 5}
        bought = ask("/v1/recommendations", wanted)["items"][0]["id"]
        event = {
            "type": "track", "event": "Order Completed", "messageId": f"seen-{person}", "userId": f"buyer-{person}",
            "properties": {"order_id": f"o{person}", "products": [{"product_id": bought, "price": 5, "quantity": 1}]},
        }  # fmt: skip
        ask("/v1/track", event)
        between = 0
        while bought in [item["id"] for item in ask("/v1/recommendations", wanted)["items"]] and between < 100:
            between += 1
        worst = max(worst, between)
    connection.close()
    return worst


def workspace(folder: Path, url: str) -> str:
    """A workspace over a store; the key for its server, as Basic authorization."""
    folder.mkdir()
    text = f'[storage]\nurl = "{url}"\n[limits]\nserver_rate = 1000000\n[domains.shop]\npack = "product"\n'
    (folder / "penchant.toml").write_text(text)
    made = subprocess.run(
        [PENCHANT, "keys", "create", "--kind", "sk", "--json", "--config", str(folder)], capture_output=True, check=True
    )
    return base64.b64encode(f"{json.loads(made.stdout)['key']}:".encode()).decode()


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all servers")
    parser.add_argument("--seconds", type=float, default=8.0, help="seconds of each measurement")
    parser.add_argument("--warm", type=float, default=2.0, help="seconds before each that do not count")
    parser.add_argument("--store", choices=["sqlite", "postgres"], action="append", help="only this store")
    options = parser.parse_args()
    stores = options.store or ["sqlite", "postgres"]
    told = read_environment().get("PENCHANT_TEST_POSTGRES")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {"sqlite": "sqlite:///penchant.db"}
        if "postgres" in stores:
            server = told or stack.enter_context(cluster()).url
            urls["postgres"] = stack.enter_context(own_schema(server))
        keys = {name: workspace(folder / name, urls[name]) for name in stores}
        seen: dict[str, list[dict[str, float]]] = {name: [] for name in stores}
        for round_ in range(options.rounds):
            bare = [sys.executable, str(HERE / "bare_server.py"), "18474"]
            with running(*bare, port=18_474) as port:
                bound = measured(port, "eDo=", f"c{round_}", options, again=True)
            ceiling = {f"ceiling_{key}": value for key, value in bound.items() if key.endswith("_per_s")}
            for name in stores:
                before = held(urls[name], folder / name)
                command = [PENCHANT, "serve", "--config", str(folder / name), "--port", "18475"]
                with running(*command, port=18_475) as port:
                    found = measured(port, keys[name], f"r{round_}", options)
                    found["requests_until_seen"] = requests_until_seen(port, keys[name]) if round_ == 0 else 0
                if (kept := held(urls[name], folder / name) - before) < found["answered"]:
                    sys.exit(f"{name}: {found['answered']:,.0f} events were acknowledged, the log has {kept:,}")
                found |= store_alone(urls[name], folder / name, f"r{round_}", options.seconds / 2)
                seen[name].append({**found, **ceiling})
                line = ", ".join(f"{k} {v:,.1f}" for k, v in seen[name][-1].items())
                print(f"round {round_ + 1}, {name}: {line}", file=sys.stderr)
    figures = {
        name: {key: statistics.median(one[key] for one in rounds) for key in ABOUT} for name, rounds in seen.items()
    }
    for name, rounds in seen.items():
        figures[name]["requests_until_seen"] = int(max(one["requests_until_seen"] for one in rounds))
    write("ingest", {**figures, "rounds": options.rounds, "load": os.getloadavg()[0]}, ABOUT, METHOD)


if __name__ == "__main__":
    main()
