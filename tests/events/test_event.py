from __future__ import annotations

from typing import Any

import msgspec
import pytest

from penchant.errors import EventRejected
from penchant.events import Event, validate

GOOD = Event("shop", "web", "m1", 0, "Product Viewed", "ann", None, 1000, 1000, "shoe", 1.0, 9.5, "EUR")


def test_a_right_event_passes() -> None:
    validate(GOOD)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"user_id": None}, "no_person", "userId"),
        ({"user_id": ""}, "bad_id", "userId"),
        ({"item": "x" * 201}, "bad_id", "item"),
        ({"slate": ""}, "bad_id", "slate"),
        ({"time": -1}, "bad_time", "time"),
        ({"price": -0.01}, "bad_number", "price"),
        ({"price": float("nan")}, "bad_number", "price"),
        ({"quantity": 0}, "bad_number", "quantity"),
        ({"progress": 1.01}, "bad_number", "progress"),
        ({"position": 0}, "bad_number", "position"),
        ({"currency": "euro"}, "bad_currency", "currency"),
    ],
)
def test_the_first_wrong_field_is_named(change: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(EventRejected) as caught:
        validate(msgspec.structs.replace(GOOD, **change))

    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_the_actor_is_the_stronger_id() -> None:
    assert GOOD.actor == "user:ann"
    assert msgspec.structs.replace(GOOD, user_id=None, anonymous_id="f3").actor == "anon:f3"
