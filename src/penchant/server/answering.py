"""Threads for what is answered whatever the store does; a route that hangs on it takes none of them.

All other routes share the event loop's threads, of which there are few: some that wait for a store that hangs would
leave none for recommendations, which wait for it only so long.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = ThreadPoolExecutor(min(32, (os.cpu_count() or 1) + 4), thread_name_prefix="penchant-answers")


async def answering(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what comes to its end by itself, also while the store hangs, in one of these threads."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, partial(do, *args, **kwargs))
