"""`make bench-catalog`: a million items in, stock changes in floods, and what a second worker shows meanwhile.

Loading runs through the installed `penchant` command; changes and answers through two real `penchant serve` on real
sockets over one SQLite store.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import itertools
import json
import multiprocessing
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
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
from load import load, post

from penchant.catalog import About, ItemTable, Schema, parse_filter
from penchant.packs.product import Product
from record import Peak, run, write

PENCHANT = str(Path(sys.executable).parent / "penchant")
WATCHED, BATCH = 100, 100

METHOD = (
    "Load: a generated Parquet file of 1,000,000 products (title, description of about 30 words, category path, brand,"
    " group, colour, size, price, stock, rating, picture and page address) through `penchant import` into a new SQLite"
    " store (WAL, synchronous=FULL), then into the memory of a server. Changes: two `penchant serve` over that store;"
    " 4 connections send `POST /v1/stock/shop` with 100 changes each to the first, in a closed loop, every change of a"
    " drawn item and acknowledged after the commit. Meanwhile a checker sells out and restocks items of its own through"
    " the first server and after each acknowledgement asks the second for a slate that could hold all of them: an item"
    " shown that is sold out, or hidden that is in stock, is a violation. Filter: parse and mask of `brand in 3, price"
    " range, category under, stock above 0` over 100,000 products in process, median of 300. Client, servers and store"
    " share the machine's cores."
)

ABOUT = {
    "items": "products in the generated file",
    "load_items_per_s": "products a second, file to durable store",
    "load_peak_mb": "peak memory of `penchant import`",
    "serve_load_s": "seconds until a server over this catalog is ready",
    "serve_peak_mb": "peak memory of that server, once it has answered",
    "changes_per_s": "stock changes a second, each acknowledged after fsync, while a second worker answers",
    "changes_p99_ms": "99 of 100 calls of 100 changes are acknowledged faster",
    "checks": "times that the second worker was asked right after an acknowledgement",
    "violations": "sold-out items shown, or items in stock hidden, after the acknowledgement",
    "answer_p50_ms": "half the second worker's answers under the flood are faster",
    "answer_p99_ms": "99 of 100 of them are faster",
    "filter_ms": "parse and mask over 100,000 products",
}

CONFIG = """
[limits]
server_rate = 1000000

[domains.shop]
pack = "product"

[[imports]]
name = "products"
domain = "shop"
kind = "items"
path = "products.parquet"
[imports.columns]
"""

FILTER = {
    "all": [
        {"field": "brand", "in": ["Brand 3", "Brand 7", "Brand 11"]},
        {"field": "price", "range": [10, 60]},
        {"field": "category", "under": "Department 4"},
        {"field": "pieces", "range": [1, None]},
    ]
}


def generate(path: Path, rows: int, seed: int = 1) -> list[str]:
    """Write a file of products, in pieces; its columns."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word{n}" for n in range(5_000)])
    writer: pq.ParquetWriter | None = None
    for first in range(0, rows, 50_000):
        n = min(50_000, rows - first)
        number = np.arange(first, first + n).astype(str)
        watched = np.arange(first, first + n) < WATCHED
        places = rng.integers(0, 20, n).astype(str), rng.integers(0, 30, n).astype(str)
        category = np.char.add(np.char.add("Department ", places[0]), np.char.add(" > Shelf ", places[1]))
        drawn = words[rng.zipf(1.3, (n, 30)) % len(words)]
        table = pa.table(
            {
                "id": np.char.add("sku-", number),
                "title": np.char.add("Product ", np.char.add(number, np.char.add(" ", drawn[:, 0]))),
                "description": [" ".join(row) for row in drawn.tolist()],
                "category": np.where(watched, "Watched", category),
                "brand": np.char.add("Brand ", rng.integers(0, 500, n).astype(str)),
                "group": np.char.add("group-", (np.arange(first, first + n) // 4).astype(str)),
                "color": rng.choice(["black", "white", "red", "blue", "green"], n),
                "size": rng.choice(["S", "M", "L", "XL"], n),
                "price": np.round(rng.lognormal(3.2, 0.6, n), 2),
                "stock": rng.integers(1, 50, n),
                "rating": np.round(rng.uniform(1, 5, n), 1),
                "url": np.char.add("https://shop.example/p/", number),
                "image": np.char.add("https://img.shop.example/p/", np.char.add(number, "/front.jpg")),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    return list(table.column_names)


def bench_load(folder: Path, rows: int) -> dict[str, float]:
    """Items a second and peak megabytes of an import."""
    columns = generate(folder / "products.parquet", rows)
    (folder / "penchant.toml").write_text(CONFIG + "".join(f'{name} = "{name}"\n' for name in columns))
    measured = run(PENCHANT, "import", "--json", "--config", str(folder))
    report = json.loads(measured.stdout)[0]
    if report["stored"] != rows:
        sys.exit(f"{report['stored']} of {rows} items were stored: {report['rejected']}")
    return {"load_items_per_s": rows / report["seconds"], "load_peak_mb": measured.peak_mb}


class Asking:
    """One connection that asks and must be answered."""

    def __init__(self, port: int, key: str) -> None:
        """Connect."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Content-Type": "application/json", "Authorization": f"Basic {key}"}

    def __call__(self, path: str, body: dict[str, Any]) -> Any:
        """Post, and read the answer."""
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            sys.exit(f"{path} answered {answer.status}: {text[:400]!r}")
        return json.loads(text)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@contextmanager
def served(folder: Path, port: int, key: str) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A server that has answered once, and the seconds until then."""
    began = time.perf_counter()
    server = subprocess.Popen(
        [PENCHANT, "serve", "--config", str(folder), "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(2_000):
            try:
                ask = Asking(port, key)
                ask("/v1/recommendations", {"placement": "popular"})
                ask.close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            sys.exit("the server did not start")
        yield server, time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(60)


def changes(key: str, rows: int, seed: int) -> Iterator[bytes]:
    """Requests of 100 stock changes of drawn items, save those that the checker watches."""
    chance = random.Random(seed)
    made = []
    for _ in range(2_000):
        drawn = [{"id": f"sku-{chance.randrange(WATCHED, rows)}", "stock": chance.randrange(20)} for _ in range(BATCH)]
        made.append(post("/v1/stock/shop", json.dumps({"changes": drawn}).encode(), key))
    return itertools.cycle(made)


def flood(told: Any, port: int, key: str, rows: int, seconds: float) -> None:
    """Send changes for some seconds, in a process of its own; tells changes a second and p99 milliseconds."""
    result = load(port, changes(key, rows, 1), connections=4, warm_s=1.0, run_s=seconds, wanted=b'"changed"')
    wrong = [answer for answer in result.wrong if b'"unchanged"' not in answer]
    if wrong:
        told.send(wrong[0].decode(errors="replace"))
        return
    p99 = float(np.percentile(result.latencies, 99)) * 1000
    told.send((len(result.latencies) * BATCH / result.seconds, p99))


def checked(change: Asking, ask: Asking, going: Any) -> tuple[int, int, list[float]]:
    """Sell out and restock watched items until the flood is over; checks, violations, milliseconds of the answers."""
    chance = random.Random(2)
    in_stock = dict.fromkeys((f"sku-{n}" for n in range(WATCHED)), True)
    wanted = {
        "placement": "popular", "domain": "shop", "n": WATCHED, "filter": {"field": "category", "eq": "Watched"},
    }  # fmt: skip
    checks, violations, times = 0, 0, []
    while going():
        drawn = chance.sample(sorted(in_stock), 10)
        change("/v1/stock/shop", {"changes": [{"id": name, "stock": 0 if in_stock[name] else 5} for name in drawn]})
        in_stock |= {name: not in_stock[name] for name in drawn}
        began = time.perf_counter()
        shown = {item["id"] for item in ask("/v1/recommendations", wanted)["items"]}
        times.append((time.perf_counter() - began) * 1000)
        checks += 1
        violations += len(shown ^ {name for name, there in in_stock.items() if there})
    return checks, violations, times


def bench_changes(folder: Path, rows: int, rounds: int, seconds: float) -> dict[str, float]:
    """Changes a second on one server while another answers."""
    made = run(PENCHANT, "keys", "create", "--kind", "sk", "--json", "--config", str(folder))
    key = base64.b64encode(f"{json.loads(made.stdout)['key']}:".encode()).decode()
    seen: list[tuple[float, float, int, int, list[float]]] = []
    with ExitStack() as stack:
        server, load_s = stack.enter_context(served(folder, 18_481, key))
        peak = Peak(server.pid)
        stack.enter_context(served(folder, 18_482, key))
        change, ask = Asking(18_481, key), Asking(18_482, key)
        names = [f"sku-{n}" for n in range(WATCHED)]
        change("/v1/stock/shop", {"changes": [{"id": name, "stock": 5} for name in names]})
        for _ in range(rounds):
            change("/v1/stock/shop", {"changes": [{"id": name, "stock": 5} for name in names]})
            told, tells = multiprocessing.Pipe(duplex=False)
            flooding = multiprocessing.Process(target=flood, args=(tells, 18_481, key, rows, seconds))
            flooding.start()
            checks, violations, times = checked(change, ask, flooding.is_alive)
            flooding.join()
            found = told.recv()
            if isinstance(found, str):
                sys.exit(f"a change was not taken: {found}")
            seen.append((*found, checks, violations, times))
            print(f"{found[0]:,.0f} changes/s, p99 {found[1]:.0f} ms, {checks} checks", file=sys.stderr)
        change.close()
        ask.close()
        peak_mb = peak.stop()
    times = [one for *_, found in seen for one in found]
    return {
        "serve_load_s": load_s,
        "serve_peak_mb": peak_mb,
        "changes_per_s": statistics.median(one[0] for one in seen),
        "changes_p99_ms": statistics.median(one[1] for one in seen),
        "checks": sum(one[2] for one in seen),
        "violations": sum(one[3] for one in seen),
        "answer_p50_ms": float(np.percentile(times, 50)),
        "answer_p99_ms": float(np.percentile(times, 99)),
    }


def bench_filter(rows: int = 100_000) -> float:
    """Milliseconds of a filter, from JSON to mask."""
    chance = random.Random(3)
    schema = Schema.of(Product)
    items = [
        Product(
            id=f"sku-{n}",
            category=f"Department {chance.randrange(20)} > Shelf {chance.randrange(30)}",
            brand=f"Brand {chance.randrange(500)}",
            price=round(chance.lognormvariate(3.2, 0.6), 2),
            stock=chance.randrange(50),
        )
        for n in range(rows)
    ]
    table = ItemTable.stream(schema, [items])
    times = []
    for _ in range(300):
        began = time.perf_counter()
        parse_filter(FILTER, schema).mask(table, About())
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000, help="products to load")
    parser.add_argument("--rounds", type=int, default=3, help="floods")
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of each flood")
    options = parser.parse_args()
    figures: dict[str, Any] = {"items": options.items, "filter_ms": bench_filter()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures |= bench_load(folder, options.items)
        figures |= bench_changes(folder, options.items, options.rounds, options.seconds)
    write("catalog", {key: figures[key] for key in ABOUT}, ABOUT, METHOD)


if __name__ == "__main__":
    main()
