"""A person is planted in every place a workspace has, through the real engine and a served process, then erased: no
byte of any file knows of them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.keys import Kind
from postgres_server import ask

SECONDS = 60.0
CANARY = "qzCANARYzq"
USER, PHONE, OTHER = f"{CANARY}user", f"{CANARY}phone", f"{CANARY}other"
COMMAND = (sys.executable, "-c", "from penchant.cli import main; main()")

CONFIGURATION = """
[storage]
url = "{url}"

[domains.shop]
pack = "product"

[domains.channel]
pack = "content"

[[imports]]
name = "products"
domain = "shop"
kind = "items"
path = "data/products.csv"
columns.id = "id"
columns.title = "title"

[[imports]]
name = "orders"
domain = "shop"
path = "data/orders.csv"
columns.event = {{ value = "Product Viewed" }}
columns.time = "time"
columns.user_id = "customer"
columns.anonymous_id = "device"
columns.item = "item"
"""


def write_workspace(folder: Path, url: str) -> None:
    """A brand of two domains with files to import; some rows are Ann's, and some of those are wrong."""
    (folder / "data").mkdir(parents=True)
    (folder / FILE_NAME).write_text(CONFIGURATION.format(url=url), encoding="utf-8")
    products = "".join(f"p{number},Product {number}\n" for number in range(8))
    (folder / "data" / "products.csv").write_text(f"id,title\n{products}", encoding="utf-8")
    rows = [f"2025-10-0{1 + n % 7}T10:00:00Z,c{n % 20},,p{n % 8},x" for n in range(120)]
    rows += [f"2025-10-03T11:00:00Z,{USER},,p1,x", f"2025-10-03T12:00:00Z,,{PHONE},p2,x"]
    rows += [f"never,{USER},,p1,x", f"later,,{PHONE},p1,y", f"2025-10-03,{USER},p1"]
    (folder / "data" / "orders.csv").write_text("\n".join(["time,customer,device,item,note", *rows, ""]))


@contextmanager
def served(folder: Path, log: Path) -> Iterator[tuple[str, Callable[[], None]]]:
    """A server in a process of its own: its address, and how to stop it; what it says goes into a file."""
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    words = [*COMMAND, "serve", "--port", "0", "--config", str(folder)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment)
    # Reading has no time limit of its own: the process that says nothing is ended, and the reading with it.
    watch = threading.Timer(3 * SECONDS, process.kill)
    watch.start()
    assert process.stderr is not None
    said: list[str] = []

    def stop() -> None:
        process.terminate()
        said.append(process.communicate(timeout=SECONDS)[1] if process.stderr else "")
        log.write_text("".join(said), encoding="utf-8")

    try:
        for line in process.stderr:
            said.append(line)
            if line.startswith("Serving on "):
                break
        assert said and said[-1].startswith("Serving on "), said
        yield said[-1].split()[2], stop
    finally:
        process.kill()
        process.communicate()
        watch.cancel()


def message(number: int, kind: str = "track", **fields: Any) -> dict[str, Any]:
    return {"type": kind, "messageId": f"{CANARY}m{number}", "event": "Product Viewed", **fields}


def viewed(item: str, **more: Any) -> dict[str, Any]:
    return {"properties": {"product_id": item, **more}}


PLANTED: list[dict[str, Any]] = [
    message(1, anonymousId=PHONE, **viewed("p1", note=f"{CANARY}property")),
    message(2, "identify", userId=USER, anonymousId=PHONE, traits={"city": f"{CANARY}trait", "age": 4}),
    message(3, "alias", userId=USER, previousId=OTHER),
    message(4, "page", userId=USER, name="Home", context={"page": {"url": f"https://shop/?{CANARY}context"}}),
    message(5, userId=USER, **viewed("p2", price=-5, note=f"{CANARY}failed")),
    message(6, userId=USER, anonymousId=PHONE, **viewed("p3", order_id=f"{CANARY}order")),
    message(7, "identify", userId=USER, context={"consent": {"categoryPreferences": {"ads": True}}}),
]


def plant(client: httpx.Client) -> None:
    """Everything a person can leave by HTTP, in two domains."""
    answer = client.post("/v1/batch", params={"source": "shop"}, json={"batch": PLANTED}).json()
    assert [event["status"] for event in answer["events"]] == ["accepted"] * 4 + ["failed"] + ["accepted"] * 2
    clip = {"content_asset_id": "clip7", "session_id": f"{CANARY}session"}
    watched = message(8, userId=USER, properties=clip) | {"event": "Content Viewed"}
    assert client.post("/v1/batch", params={"source": "channel"}, json={"batch": [watched]}).status_code == 200
    client.put(f"/v1/people/user:{USER}/consent", json={"email": True}).raise_for_status()
    client.patch(f"/v1/people/user:{USER}/traits", json={"plan": f"{CANARY}plan"}).raise_for_status()
    client.delete(f"/v1/people/user:{USER}/links/user:{OTHER}").raise_for_status()
    client.post(f"/v1/people/user:{USER}/links", json={"other": f"user:{OTHER}"}).raise_for_status()
    # Wrong requests, whose errors must not be logged with what stood in them.
    assert client.get(f"/v1/people/{USER}").status_code == 400
    assert client.post("/v1/batch", content=f'{{"batch": "{CANARY}').status_code == 400
    recommend(client)


def recommend(client: httpx.Client) -> None:
    for person in ({"user_id": USER}, {"anonymous_id": PHONE}):
        client.post("/v1/recommendations", json={"placement": "home", "domain": "shop", **person}).raise_for_status()


def files_with(*folders: Path) -> list[str]:
    """Every file with the canary in its bytes or its name; what goes away meanwhile has nothing."""
    found = []
    for path in (path for folder in folders for path in sorted(folder.rglob("*"))):
        try:
            if CANARY in path.name or (path.is_file() and CANARY.encode() in path.read_bytes()):
                found.append(str(path))
        except FileNotFoundError:
            continue
    return found


def cluster_of(url: str) -> list[Path]:
    """The folder of the PostgreSQL cluster, where it is on this machine."""
    host = parse_qs(urlsplit(url).query).get("host", [""])[0]
    return [Path(host)] if host.startswith("/") and (Path(host) / "data").is_dir() else []


def tables_with(url: str) -> list[str]:
    """Every table of a PostgreSQL schema with the canary in any column, text or bytes."""
    columns = ask(
        url, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    found = []
    for table, column in columns:
        wanted = f"position('{CANARY}' in encode(convert_to({column}::text, 'UTF8'), 'escape')) > 0"
        as_hex = f"position('{CANARY.encode().hex()}' in {column}::text) > 0"
        if ask(url, f"SELECT 1 FROM {table} WHERE {wanted} OR {as_hex} LIMIT 1"):
            found.append(table)
    return sorted(set(found))


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def test_what_is_erased_is_in_no_byte_of_any_file(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = "sqlite:///penchant.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    folder, beside = tmp_path / "workspace", [] if kind == "sqlite" else cluster_of(url)
    write_workspace(folder, url)
    log = folder / "serve.log"
    with Engine.open(folder, environment={}, imports=True) as engine:
        reports = engine.import_data()
        assert {report.name: sum(report.rejected.values()) for report in reports} == {"products": 0, "orders": 3}
        key, _ = engine.create_key(Kind.ADMIN)
    # The files that were imported are the operator's own and no part of what is kept.
    for path in (folder / "data").iterdir():
        path.unlink()

    with served(folder, log) as (address, stop):
        with httpx.Client(base_url=address, auth=(key, ""), timeout=SECONDS, trust_env=False) as client:
            plant(client)
            with Engine.open(folder, environment={}) as engine:
                for domain in engine.domains:
                    engine.train(domain, judge=domain == "shop")
            recommend(client)
            text = client.get(f"/v1/people/anon:{PHONE}/export").text

            places = {Path(name).relative_to(folder).parts[0] for name in files_with(folder)}
            assert {"lake", "rejected"} <= places
            assert "releases" not in places
            exported = set(re.findall(rf"{CANARY}\w+", text))
            assert exported >= {f"{CANARY}{what}" for what in NAMES}
            assert {json.loads(line)["record"] for line in text.splitlines()} == {
                *("person", "link", "trait", "consent", "event", "slate", "failed", "refused", "release", "end")
            }

            refused = erase_while_clicking(client)

            shown = client.get(f"/v1/people/user:{USER}").json()
            assert (shown["erased"], set(shown["held"].values())) == (True, {0})
            assert refused
            assert files_with(folder, *beside) == []
        stop()

    assert log.stat().st_size > 0
    assert files_with(folder, *beside) == []
    if kind == "postgres":
        assert tables_with(url) == []
    with Engine.open(folder, environment={}) as engine:
        assert engine.store.check() == []
        assert engine.store.count()["events"] == 120
        engine.train("shop", judge=False)
    assert files_with(folder, *beside) == []


NAMES = (
    *("user", "phone", "other", "property", "trait", "context", "failed", "order", "session", "plan"),
    *(f"m{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8)),
)
"""Everything that was planted, without the canary's own name."""


def erase_while_clicking(client: httpx.Client) -> bool:
    """Erase the person while events and requests of theirs still come; whether any came after it was done."""
    erased, enough, started = threading.Event(), threading.Event(), threading.Event()
    failures: list[str] = []

    def click() -> None:
        number, after = 100, 0
        while after < 5 and not failures:
            after += erased.is_set()
            number += 1
            batch = [message(number, userId=USER, anonymousId=PHONE, **viewed("p1", note=f"{CANARY}late"))]
            answer = client.post("/v1/batch", params={"source": "shop"}, json={"batch": batch})
            if answer.status_code != 200:
                failures.append(answer.text)
            recommend(client)
            started.set()
        enough.set()

    thread = threading.Thread(target=click)
    thread.start()
    assert started.wait(SECONDS)
    try:
        receipt = client.delete(f"/v1/people/user:{USER}").raise_for_status().json()
    finally:
        erased.set()
        thread.join(SECONDS)
    assert failures == []
    assert receipt["state"] == "done"
    assert (receipt["removed"]["refused"], len(receipt["ids"])) == (3, 4)
    assert receipt["removed"]["lake"] > 0
    assert CANARY not in json.dumps(receipt)
    return enough.is_set()
