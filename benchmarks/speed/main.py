"""`make bench-main`: import, training and answers of the skeleton, as a user would run them.

Everything runs through the installed `penchant` command and a real server on a real socket.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from record import ROOT, Measured, Peak, data_folder, run, write

PENCHANT = str(Path(sys.executable).parent / "penchant")

METHOD = (
    "import: a generated Parquet file (50,000 people, 20,000 items, ids of 12 to 14 characters, 90 days in time order)"
    " through `penchant import` into a new SQLite store, fsync at every batch. train: `penchant train --no-evaluate` on"
    " Online Retail, dataset included. recommend: one client, one connection, one request after the other to the"
    " placement `home` for drawn customers of Online Retail, wall time of each, after 200 to warm up."
)

ABOUT = {
    "import_rows": "events in the generated file",
    "import_rows_per_s": "events a second, file to durable store",
    "import_peak_mb": "peak memory of `penchant import`",
    "train_s": "seconds of `penchant train --no-evaluate` on Online Retail",
    "train_peak_mb": "peak memory of it",
    "recommend_p50_ms": "half the answers are faster",
    "recommend_p99_ms": "99 of 100 answers are faster",
    "recommend_peak_mb": "peak memory of the server",
}

CONFIG = """
[domains.shop]
pack = "product"

[[imports]]
name = "generated"
domain = "shop"
path = "events.parquet"
[imports.columns]
id = "id"
event = "event"
time = "time"
user_id = "user_id"
item = "item"
quantity = "quantity"
price = "price"
"""


def generate(path: Path, rows: int, seed: int = 1) -> None:
    """Write a file of shop events, in pieces, so that making it needs little memory."""
    rng = np.random.default_rng(seed)
    names = pa.array(["Product Viewed", "Product Added", "Order Completed"])
    writer: pq.ParquetWriter | None = None
    start = np.datetime64("2026-01-01", "ms").astype(np.int64)
    step = 90 * 86_400_000 / rows
    for first in range(0, rows, 500_000):
        n = min(500_000, rows - first)
        people = (rng.zipf(1.2, n) % 50_000).astype(str)
        items = (rng.zipf(1.3, n) % 20_000).astype(str)
        table = pa.table(
            {
                "id": pa.array(np.char.add("message-", np.arange(first, first + n).astype(str))),
                "event": names.take(pa.array(rng.choice(3, n, p=[0.8, 0.12, 0.08]))),
                "time": pa.array((start + (np.arange(first, first + n) * step)).astype(np.int64), pa.timestamp("ms")),
                "user_id": pa.array(np.char.add("customer-", people)),
                "item": pa.array(np.char.add("product-", items)),
                "quantity": pa.array(rng.integers(1, 4, n).astype(np.float64)),
                "price": pa.array(np.round(rng.lognormal(3, 0.7, n), 2)),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def bench_import(folder: Path, rows: int) -> tuple[float, float]:
    """Rows a second and peak megabytes of importing a generated file."""
    folder.mkdir()
    (folder / "penchant.toml").write_text(CONFIG)
    generate(folder / "events.parquet", rows)
    measured = run(PENCHANT, "import", "--json", "--config", str(folder))
    report = json.loads(measured.stdout)[0]
    if report["stored"] != rows:
        sys.exit(f"{report['stored']} of {rows} rows were stored")
    return rows / report["seconds"], measured.peak_mb


def online_retail(folder: Path, data: Path) -> Measured:
    """Import and train Online Retail in a workspace; what training took."""
    folder.mkdir()
    text = (ROOT / "examples" / "online-retail" / "penchant.toml").read_text()
    (folder / "penchant.toml").write_text(text)
    env = {"PENCHANT_DATA": str(data)}
    run(PENCHANT, "import", "--json", "--config", str(folder), env=env)
    trained = run(PENCHANT, "train", "--no-evaluate", "--json", "--config", str(folder), env=env)
    # Answers are timed as they would be served: from a judged release, whose blend asks several models.
    run(PENCHANT, "train", "--json", "--config", str(folder), env=env)
    return trained


def bench_recommend(folder: Path, data: Path, requests: int) -> tuple[float, float, float]:
    """p50 and p99 milliseconds of an answer over a socket, and peak megabytes of the server."""
    people = pq.read_table(data / "online-retail" / "transactions.parquet", columns=["CustomerID"])["CustomerID"]
    ids = sorted({str(p) for p in people.drop_null().to_pylist()})
    port = 18_473
    made = run(
        PENCHANT, "keys", "create", "--kind", "sk", "--json", "--config", str(folder), env={"PENCHANT_DATA": str(data)}
    )
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {json.loads(made.stdout)['key']}"}
    server = subprocess.Popen(
        [PENCHANT, "serve", "--config", str(folder), "--port", str(port)],
        env={**os.environ, "PENCHANT_DATA": str(data)},
        stderr=subprocess.DEVNULL,
    )
    peak = Peak(server.pid)
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for _ in range(300):
            try:
                connection.request("GET", "/health/ready")
                connection.getresponse().read()
                break
            except OSError:
                connection.close()
                time.sleep(0.1)
        chance = random.Random(1)
        times = []
        for number in range(requests + 200):
            body = json.dumps({"placement": "home", "user_id": chance.choice(ids)})
            began = time.perf_counter()
            connection.request("POST", "/v1/recommendations", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if number >= 200:
                times.append((time.perf_counter() - began) * 1000)
            if answer.status != 200 or len(json.loads(text)["items"]) != 10:
                sys.exit(f"answer {answer.status}: {text[:500]!r}")
        connection.close()
    finally:
        server.terminate()
        server.wait(10)
    return float(np.percentile(times, 50)), float(np.percentile(times, 99)), peak.stop()


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000, help="events to import")
    parser.add_argument("--requests", type=int, default=2_000, help="recommendations to ask for")
    options = parser.parse_args()
    data = data_folder()
    figures: dict[str, float | int | None] = dict.fromkeys(ABOUT)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if data is None or not (ROOT / "examples" / "online-retail").is_dir():
            print("no PENCHANT_DATA: training and answers on Online Retail are not measured", file=sys.stderr)
        else:
            trained = online_retail(folder / "retail", data)
            figures["train_s"], figures["train_peak_mb"] = trained.seconds, trained.peak_mb
            p50, p99, peak = bench_recommend(folder / "retail", data, options.requests)
            figures["recommend_p50_ms"], figures["recommend_p99_ms"], figures["recommend_peak_mb"] = p50, p99, peak
        figures["import_rows"] = options.rows
        figures["import_rows_per_s"], figures["import_peak_mb"] = bench_import(folder / "import", options.rows)
    write("main", figures, ABOUT, METHOD)


if __name__ == "__main__":
    main()
