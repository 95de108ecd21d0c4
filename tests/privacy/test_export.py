"""What is held on a person is told in full."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest

from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.privacy import person
from penchant.serving import RecommendationRequest


def exported(place: Any, actor: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in place.privacy.export(actor)]


@pytest.mark.parametrize("actor", ["user:ann-CANARY", "anon:phone-CANARY"])
def test_whichever_id_is_asked_for_all_that_is_held_is_told(place: Any, actor: str) -> None:
    lines = exported(place, actor)

    assert Counter(line["record"] for line in lines) == {
        "person": 1,
        "link": 2,
        "trait": 3,
        "consent": 2,
        "event": 3,
        "slate": 2,
        "failed": 3,
        "refused": 3,
        "release": 2,
        "end": 1,
    }
    assert lines[-1]["lines"] == len(lines) - 1
    assert lines[0]["ids"] == ["anon:phone-CANARY", "user:ann-CANARY"]


def test_no_row_of_any_table_that_names_the_person_is_missing(place: Any) -> None:
    told = Counter(line["record"] for line in exported(place, "user:ann-CANARY"))
    # A trait that says nothing of CANARY is hers by its id, and a link by one of its ends: every row has an id in it.
    held = {table: len(rows) for table, rows in place.rows_with("CANARY").items() if table != "member"}

    assert held == {table: told[table] for table in ("event", "link", "trait", "consent", "slate", "failed")}


def test_every_value_of_a_row_is_told(place: Any) -> None:
    text = b"".join(place.privacy.export("user:ann-CANARY")).decode()
    lines = [msgspec.json.decode(line) for line in text.splitlines()]

    for event in (line for line in lines if line["record"] == "event"):
        assert set(event) >= {field.name for field in msgspec.structs.fields(person.Event)}
    assert [line["session"] for line in lines if line["record"] == "event"] == [None, None, "s-CANARY"]
    assert next(line["context"] for line in lines if line["record"] == "event") == {"page": {"url": "/?who=CANARY"}}
    assert [line["value"] for line in lines if line["record"] == "trait"] == ["CANARY town", None, "CANARY city"]
    assert {line["undone"] for line in lines if line["record"] == "link"} == {None, 30}
    assert [line.get("body") for line in lines if line["record"] == "failed"] == ['{"price": "CANARY"}', None, None]
    assert [line.get("body_base64") for line in lines if line["record"] == "failed"] == [None, "//5DQU5BUlk=", None]
    assert [line["kind"] for line in lines if line["record"] == "failed"] == ["schema"] * 3


def test_releases_that_were_trained_before_the_person_came_are_not_told(place: Any) -> None:
    lines = [line for line in exported(place, "user:ann-CANARY") if line["record"] == "release"]

    assert [(line["domain"], line["release"][-2:]) for line in lines] == [("channel", ".1"), ("shop", ".2")]


def test_nothing_of_anybody_else_is_told(place: Any) -> None:
    assert "bob" not in b"".join(place.privacy.export("user:ann-CANARY")).decode()


def test_a_long_life_is_read_page_by_page(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = exported(place, "user:ann-CANARY")
    monkeypatch.setattr(person, "PAGE", 2)

    assert exported(place, "user:ann-CANARY") == whole


def test_of_somebody_unknown_it_is_told_that_nothing_is_held(place: Any) -> None:
    lines = exported(place, "user:nobody")

    assert [line["record"] for line in lines] == ["person", "end"]
    assert set(lines[0]["held"].values()) == {0}


@pytest.mark.parametrize("actor", ["ann", "user:", "mail:ann", "anon:" + "x" * 201])
def test_what_is_no_id_is_refused_before_anything_is_told(place: Any, actor: str) -> None:
    with pytest.raises(InvalidRequest, match="as in user:42"):
        place.privacy.export(actor)


def test_what_was_asked_and_how_items_were_ranked_is_told_and_goes_with_the_person(engine: Engine) -> None:
    shoe = engine.recommender.view("shop").parts.table.ids[0]
    request = RecommendationRequest(
        placement="also-like", domain="shop", user_id="ann", items=[shoe], region="DE", context={"device": "phone"}
    )
    slate = engine.recommend(request)
    engine.flush()
    lines = [msgspec.json.decode(line) for line in engine.privacy.export("user:ann")]
    [told] = [line["body"] for line in lines if line["record"] == "slate"]

    assert told["asked"] == {"items": [shoe], "device": "phone", "region": "DE", "n": 10}
    assert told["ranked"]["objective"].startswith("conversion@")
    assert [item["id"] for item in told["items"]] == [item.id for item in slate.items]
    assert all({"relevance", "propensity", "position"} <= item.keys() for item in told["items"])

    engine.privacy.erase("user:ann")
    assert engine.store.slate(slate.slate_id) is None
    assert engine.store.slates_of(["user:ann"]) == []
