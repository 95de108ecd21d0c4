"""What every handler may reach."""

from __future__ import annotations

from typing import Any

from litestar.datastructures import State

from penchant.engine import Engine


def engine_of(state: State) -> Engine:
    """The engine this server serves."""
    engine: Any = state.engine
    assert isinstance(engine, Engine)
    return engine
