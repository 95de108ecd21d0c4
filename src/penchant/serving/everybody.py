"""Everybody a domain has heard of, each once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penchant.catalog import Audience
from penchant.errors import InvalidRequest
from penchant.people import Rules, decide, profile
from penchant.storage import Store

_PIECE = 500


def everybody(files: Iterable[Path], persons: Mapping[str, str]) -> list[str]:
    """People with an event, by the name that stands for all their ids, sorted.

    Args:
        files: The domain's Parquet files of the lake.
        persons: Actor to person, for every actor that is one person with another.
    """
    found: set[str] = set()
    for file in files:
        for batch in pq.ParquetFile(file).iter_batches(columns=["actor"]):
            told = pc.unique(batch.column(0)).to_pylist()
            found.update(persons.get(actor, actor) for actor in told if actor is not None)
    return sorted(found)


def listed(path: Path, persons: Mapping[str, str]) -> list[str]:
    """People whom a file names, an id a line: `user:42`, `anon:f3`, or `42` for the first; each once, in its order.

    Raises:
        InvalidRequest: It cannot be read as such.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidRequest("--people", f"cannot be read: {why}", str(path)) from None
    names = [line.strip() for line in lines if line.strip()]
    actors = [name if name.startswith(("user:", "anon:")) else f"user:{name}" for name in names]
    for number, actor in enumerate(actors):
        if not 5 < len(actor) <= 205:
            raise InvalidRequest("--people", f"line {number + 1}: an id must have 1 to 200 characters", names[number])
    return list(dict.fromkeys(persons.get(actor, actor) for actor in actors))


def among(
    actors: Iterable[str],
    store: Store,
    *,
    audience: Audience | None = None,
    allowing: str | None = None,
    rules: Rules,
    now: float,
) -> Iterator[str]:
    """Those of some people who are in an audience and allow something.

    Args:
        actors: The people.
        store: What is known of them.
        audience: A filter on traits; everybody when None.
        allowing: A purpose of consent, as `email`; whatever they allow when None.
        rules: What holds for people who have said nothing.
        now: Unix seconds.
    """
    waiting = iter(actors)
    while some := list(islice(waiting, _PIECE)):
        said: Mapping[str, Sequence[Any]] = store.consents(some) if allowing is not None else {}
        for actor in some:
            if allowing is not None and not decide(said.get(actor, ()), rules)[allowing]:
                continue
            if audience is None or audience.holds(_traits(store, actor), now):
                yield actor


def _traits(store: Store, actor: str) -> dict[str, Any]:
    facts = profile(store.traits(store.actors(actor)))
    return {name: msgspec.json.decode(fact.value) for name, fact in facts.items()}
