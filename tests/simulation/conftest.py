from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.simulation import World, academy, shop, stream

NOW = 1_780_012_345.0
"""A Friday, a little before midnight UTC."""

SEED = 7


@pytest.fixture(scope="session")
def now() -> float:
    return NOW


@pytest.fixture(scope="session")
def shop_world() -> World:
    return shop(SEED, NOW)


@pytest.fixture(scope="session")
def stream_world() -> World:
    return stream(SEED, NOW)


@pytest.fixture(scope="session")
def academy_world() -> World:
    return academy(SEED, NOW)


def _rows(world: World) -> list[dict[str, Any]]:
    """Events as dicts with `time` in Unix seconds."""
    names = world.events.schema.names
    others = [name for name in names if name != "time"]
    columns = [world.events[name].to_pylist() for name in others]
    times = (np.array(world.events["time"].cast("int64")) / 1000).tolist()
    return [{"time": at, **dict(zip(others, row, strict=True))} for at, *row in zip(times, *columns, strict=True)]


@pytest.fixture(scope="session")
def shop_rows(shop_world: World) -> list[dict[str, Any]]:
    return _rows(shop_world)


@pytest.fixture(scope="session")
def stream_rows(stream_world: World) -> list[dict[str, Any]]:
    return _rows(stream_world)


@pytest.fixture(scope="session")
def academy_rows(academy_world: World) -> list[dict[str, Any]]:
    return _rows(academy_world)


def _people(world: World) -> list[str]:
    """One name a person: the known id wherever one of the person's devices ever showed it."""
    users, devices = world.events["user_id"].to_pylist(), world.events["anonymous_id"].to_pylist()
    link = {device: user for user, device in zip(users, devices, strict=True) if user is not None}
    return [link.get(device, device) for device in devices]


def _ndcg(scores: np.ndarray, relevant: np.ndarray) -> float:
    top = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    discount = 1 / np.log2(np.arange(2, 12))
    gained = (np.take_along_axis(relevant, top, axis=1) * discount).sum(axis=1)
    ideal = np.cumsum(discount)[np.minimum(relevant.sum(axis=1), 10).astype(int) - 1]
    return float((gained / ideal).mean())


@pytest.fixture(scope="session")
def contest() -> Callable[[World, str], tuple[float, float]]:
    """NDCG@10 of popularity and of cosine neighbours for what people first did in the last week."""

    def run(world: World, event: str) -> tuple[float, float]:
        code = {item["id"]: i for i, item in enumerate(world.items)}
        names, person = np.unique(_people(world), return_inverse=True)
        item = np.array([code[x] for x in world.events["item"].to_pylist()])
        late = np.array(world.events["time"].cast("int64")) / 1000 >= NOW - 7 * DAY
        wanted = np.array([x == event for x in world.events["event"].to_pylist()])
        had, then = (np.zeros((len(names), len(code)), np.float32) for _ in range(2))
        had[person[wanted & ~late], item[wanted & ~late]] = 1
        then[person[wanted & late], item[wanted & late]] = 1
        then[had > 0] = 0
        judged = (had.sum(axis=1) > 0) & (then.sum(axis=1) > 0)
        assert judged.sum() > 300
        together = had.T @ had
        size = np.sqrt(np.diag(together))
        alike = together / (np.outer(size, size) + 1)
        np.fill_diagonal(alike, 0)
        mine = had[judged]
        popular = np.where(mine > 0, -np.inf, had.sum(axis=0))
        neighbours = np.where(mine > 0, -np.inf, mine @ alike)
        return _ndcg(popular, then[judged]), _ndcg(neighbours, then[judged])

    return run
