"""Whatever breaks: the answer is 200 and in time, says what is missing, and shows nothing that may not be shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest import mock

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from demo_workspace import NOW, Demo
from fault_injection import FAULTS, HANGS_S
from fault_matrix import in_process, over_http, run
from fault_world import Site, site
from live_server import serving
from penchant.catalog import ItemTable
from penchant.keys import Kind
from penchant.pack import Constraint, Facts
from penchant.placements import pipeline

MOST_HANGING = 40
"""More than an event loop has threads."""
EACH = 12
"""Requests under each fault: enough to meet most placements; `make faults` asks a hundred thousand."""


@pytest.fixture(scope="module")
def broken(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Three sites that change all the time, and that can be broken."""
    loud = logging.getLogger("penchant")
    before, loud.level = loud.level, logging.CRITICAL
    try:
        with site(demo.folder, NOW, tmp_path_factory.mktemp("faults") / "workspace") as made:
            yield made
    finally:
        loud.level = before


def test_where_nothing_is_broken_nothing_is_said_and_nothing_wrong_is_shown(broken: Site) -> None:
    block = run(broken, (), 3 * EACH, in_process(broken), seed=1)

    assert (block.non_200, block.violations) == ([], [])
    assert block.items > EACH and block.changes > 0


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_answered_and_lets_nothing_pass(broken: Site, fault: str) -> None:
    # Some faults show only once the catalog has changed, which a fast machine's first requests are too early for.
    for seed in range(2, 12):
        block = run(broken, (fault,), EACH, in_process(broken), seed=seed)

        assert (block.non_200, block.violations) == ([], [])
        # How loaded the machine of a test is, nobody knows; what hangs here hangs for longer.
        assert max(block.ms) < HANGS_S * 1000.0 / 2
        if block.named[fault]:
            return
    pytest.fail(f"nothing was said of {fault}")


def test_routes_that_hang_on_the_store_leave_recommendations_their_threads(broken: Site) -> None:
    key, _ = broken.other.create_key(Kind.ADMIN)
    home = {"placement": "home", "domain": "shop"}
    with serving(broken.engine, key=key) as client:
        assert client.post("/v1/recommendations", json=home).status_code == 200
        with broken.store.waiting({"failed"}, HANGS_S), ThreadPoolExecutor(MOST_HANGING) as hanging:
            begun = [threading.Event() for _ in range(MOST_HANGING)]

            def hang(number: int) -> int:
                with httpx.Client(base_url=client.base_url, auth=client.auth, timeout=2 * HANGS_S) as other:
                    begun[number].set()
                    return other.get("/v1/failed").status_code

            asked = [hanging.submit(hang, number) for number in range(MOST_HANGING)]
            assert all(one.wait(HANGS_S) for one in begun)
            answers = [client.post("/v1/recommendations", json=home).status_code for _ in range(10)]
            assert not any(one.done() for one in asked)
            broken.store.let_go()

    assert set(answers) == {200}
    assert {one.result() for one in asked} == {200}


def test_every_note_that_names_a_fault_is_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")
    stems = {note.partition(":")[0].strip() for fault in FAULTS.values() for note in fault.says}

    assert len(stems) > 10
    assert {stem for stem in stems if f"`{stem}" not in page} == set()


def test_what_constraints_would_let_pass_is_seen(broken: Site) -> None:
    def everything(constraint: Constraint, table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
        return np.ones(len(table), bool)

    with mock.patch.object(pipeline, "allowed_by", everything):
        block = run(broken, (), 4 * EACH, in_process(broken), seed=4)

    assert {text.partition(": ")[0] for text in block.violations} > {"home"}


@pytest.mark.parametrize("faults", [("store-hangs", "models-raise"), ("changes-down", "values-raise")])
def test_two_at_once_over_a_real_server(broken: Site, faults: tuple[str, str]) -> None:
    key, _ = broken.other.create_key(Kind.ADMIN)
    with serving(broken.engine, key=key) as client:
        assert client.post("/v1/recommendations", json={"placement": "home", "domain": "shop"}).status_code == 200
        block = run(broken, faults, EACH, over_http(client), seed=3, threads=2)

    assert (block.non_200, block.violations) == ([], [])
    assert all(block.named[name] > 0 for name in faults)
