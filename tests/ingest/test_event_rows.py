from __future__ import annotations

from penchant.config import EVENT_FIELDS
from penchant.ingest.event_rows import FIELDS


def test_the_configuration_knows_the_same_fields_as_the_importer() -> None:
    assert {field.name for field in FIELDS} == set(EVENT_FIELDS)


def test_an_event_and_its_time_are_required() -> None:
    assert [field.name for field in FIELDS if field.required] == ["event", "time"]
