"""Why a message is refused: the closed set of reasons, each with the kind of failure it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

ReasonKind = Literal["size", "parse", "schema", "clock"]
"""What is wrong: too much of it, no JSON, not the form it must have, or its time."""

REASONS: Mapping[str, ReasonKind] = MappingProxyType(
    {
        "too_large": "size",
        "too_deep": "size",
        "too_long": "size",
        "too_many_keys": "size",
        "bad_json": "parse",
        "bad_text": "parse",
        "bad_type": "schema",
        "unknown_type": "schema",
        "unknown_event": "schema",
        "missing": "schema",
        "unknown_field": "schema",
        "no_person": "schema",
        "no_item": "schema",
        "no_purpose": "schema",
        "bad_id": "schema",
        "bad_iri": "schema",
        "bad_number": "schema",
        "bad_currency": "schema",
        "bad_time": "clock",
    }
)
"""The reasons that `EventRejected` bears when it comes from here; docs/events.md has a line on each."""
