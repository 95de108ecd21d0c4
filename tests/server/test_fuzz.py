"""Requests that nobody thought of, made from the OpenAPI document, with each kind of key: no error of ours, no answer
without a key, and no answer that the document does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)

from live_server import SECONDS, serving
from penchant.config import FILE_NAME
from penchant.engine import Engine
from penchant.keys import Kind

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW, MANY = 80, 20_000
"""Requests with each kind of key."""
MOST_AT_ONCE = 100
"""Tries of one operation in a row."""


@dataclass(frozen=True)
class Target:
    """A server, its document, and a key of each kind."""

    client: httpx.Client
    schema: schemathesis.BaseSchema
    keys: dict[Kind, str]


WORKSPACE = """
[domains.shop]
pack = "product"

[sources.web]
domain = "shop"
"""
ITEMS = [{"id": f"shoe-{n}", "title": "Shoe", "category": "Shoes", "price": 9.0 + n, "stock": n} for n in range(9)]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A small workspace by the machine's clock: one that stands still would never give requests back to a key."""
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / FILE_NAME).write_text(WORKSPACE, encoding="utf-8")
    with Engine.open(folder, None, {}) as engine:
        engine.put_items("shop", ITEMS)
        keys = {kind: engine.create_key(kind)[0] for kind in Kind}
        with serving(engine) as client:
            schema = schemathesis.openapi.from_dict(client.get("/schema").json())
            schema.config.update(base_url=str(client.base_url))
            yield Target(client, schema, keys)


def fuzzed(target: Target, wanted: int) -> dict[Kind, Counter[int]]:
    """Send requests to every operation, each with every key; how often each status came."""
    found: dict[Kind, Counter[int]] = {kind: Counter() for kind in Kind}
    session = requests.Session()
    session.trust_env = False

    def send(case: Case) -> None:
        for kind, key in target.keys.items():
            headers = {"Authorization": f"Bearer {key}"}
            response = case.call(session=session, headers=headers, timeout=SECONDS)
            found[kind][response.status_code] += 1
            # What comes without a key, or with a wrong one, does not depend on the key it had before.
            checks = [*CHECKS, ignored_auth] if kind is Kind.ADMIN else CHECKS
            case.validate_response(response, checks=checks, headers=headers, transport_kwargs={"session": session})

    ways = [(operation, mode) for operation in operations(target) for mode in modes(operation)]
    chosen = settings(
        max_examples=min(-(-wanted // len(ways)), MOST_AT_ONCE),
        derandomize=wanted == FEW,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    # Tries that come out alike are made once, and some operations have few to offer: so rounds are added.
    while found[Kind.ADMIN].total() < wanted:
        for operation, mode in ways:
            chosen(given(case=operation.as_strategy(generation_mode=mode))(send))()
    return found


def operations(target: Target) -> list[APIOperation[Any, Any, Any, Any]]:
    return [result.ok() for result in target.schema.get_all_operations()]


def modes(operation: APIOperation[Any, Any, Any, Any]) -> list[GenerationMode]:
    """Right requests, and wrong ones where there is something to be wrong."""
    some = operation.body or operation.path_parameters or operation.query
    return list(GenerationMode) if some else [GenerationMode.POSITIVE]


def test_no_request_breaks_the_server_or_passes_without_a_key(target: Target) -> None:
    found = fuzzed(target, FEW)

    for statuses in found.values():
        assert statuses.total() >= FEW
        assert statuses[200] > 0
        assert not {status for status in statuses if status >= 500}


@pytest.mark.slow
def test_nor_do_twenty_thousand_with_each_key(target: Target, record_property: Callable[[str, object], None]) -> None:
    found = fuzzed(target, MANY)

    for kind, statuses in found.items():
        record_property(kind.value, dict(statuses))
        assert statuses.total() >= MANY
        assert not {status for status in statuses if status >= 500}
