"""Stock changes by the thousand while two servers answer: nothing is shown that was sold out, once that was said."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.clock import SystemClock
from penchant.engine import Engine
from penchant.keys import Kind

SECONDS = 6.0
AT_ONCE = 20


class Stock:
    """What the servers were told, and have acknowledged, of each item."""

    def __init__(self, items: list[str]) -> None:
        self._lock = threading.Lock()
        self._in_stock = dict.fromkeys(items, True)
        self._turns = dict.fromkeys(items, 0)

    def about_to(self, items: list[str], in_stock: bool) -> None:
        """From now on either may be true of them."""
        with self._lock:
            for item in items:
                self._turns[item] += 1
                if in_stock:
                    self._in_stock[item] = True

    def acknowledged(self, items: list[str], in_stock: bool) -> None:
        with self._lock:
            for item in items:
                self._in_stock[item] = in_stock

    def sold_out(self) -> dict[str, int]:
        """Items that are surely sold out, with how often anything was said of them."""
        with self._lock:
            return {item: self._turns[item] for item, there in self._in_stock.items() if not there}

    def unchanged(self, item: str, turns: int) -> bool:
        with self._lock:
            return self._turns[item] == turns


@contextmanager
def servers(demo: Demo, folder: Path) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two servers over one workspace, as two workers are."""
    place = demo.copy(folder)
    with Engine.open(place, environment={}) as first, Engine.open(place, environment={}) as second:
        key, _ = first.create_key(Kind.ADMIN)
        with serving(first, key=key) as one, serving(second, key=key) as other:
            yield one, other


@pytest.mark.parametrize("start", [0, 1])
def test_nothing_sold_out_is_shown_after_its_acknowledgement(demo: Demo, tmp_path: Path, start: int) -> None:
    items = sorted(name for name, fields in demo.items["shop"].items() if fields.get("stock"))
    stock, stop = Stock(items), threading.Event()
    wrong: list[str] = []
    counted = {"changes": 0, "answers": 0, "sold out": 0}
    clock = SystemClock()

    with servers(demo, tmp_path / "workspace") as workers:

        def change(part: int) -> None:
            chance, mine = random.Random(part), items[part::3]
            with httpx.Client(base_url=workers[start].base_url, auth=workers[start].auth, timeout=20) as client:
                while not stop.is_set():
                    drawn, there = chance.sample(mine, AT_ONCE), chance.random() < 0.5
                    stock.about_to(drawn, there)
                    changes = [{"id": item, "stock": 5 if there else 0} for item in drawn]
                    answer = client.post("/v1/stock/shop", json={"changes": changes})
                    if answer.status_code != 200 or "rejected" in answer.text:
                        wrong.append(f"a change was answered {answer.status_code}: {answer.text[:200]}")
                        return
                    stock.acknowledged(drawn, there)
                    counted["changes"] += len(drawn)

        def ask(number: int) -> None:
            worker = workers[number % 2]
            asked: list[dict[str, Any]] = [
                {"placement": "home", "user_id": f"flood-{number}", "n": 50},
                {"placement": "bestsellers", "n": 50},
                {"placement": "also-like", "items": [items[number]], "n": 50},
            ]
            with httpx.Client(base_url=worker.base_url, auth=worker.auth, timeout=20) as client:
                while not stop.is_set():
                    before = stock.sold_out()
                    counted["sold out"] += len(before)
                    body = {**asked[counted["answers"] % 3], "domain": "shop"}
                    answer = client.post("/v1/recommendations", json=body)
                    if answer.status_code != 200:
                        wrong.append(f"answered {answer.status_code}: {answer.text[:200]}")
                        return
                    shown = {item["id"] for item in answer.json()["items"]}
                    late = [item for item in shown & before.keys() if stock.unchanged(item, before[item])]
                    wrong.extend(f"{item} was shown, sold out" for item in late)
                    counted["answers"] += 1

        threads = [threading.Thread(target=change, args=(n,)) for n in range(3)]
        threads += [threading.Thread(target=ask, args=(n,)) for n in range(2)]
        for thread in threads:
            thread.start()
        end = clock.elapsed() + SECONDS
        while clock.elapsed() < end and not wrong and not stop.wait(0.05):
            pass
        stop.set()
        for thread in threads:
            thread.join(30)

    assert wrong == []
    assert counted["changes"] > 200 and counted["answers"] > 20 and counted["sold out"] > 20
