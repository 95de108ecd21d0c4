from __future__ import annotations

from typing import Any

import pytest

from penchant.errors import EventRejected
from penchant.events.xapi_form import check_statement, seconds

GOOD: dict[str, Any] = {
    "id": "7ccd3322-e1a5-411a-a67d-6a735c76f119",
    "actor": {"objectType": "Agent", "name": "Ann", "mbox": "mailto:ann@b.example"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en-US": "passed"}},
    "object": {
        "objectType": "Activity",
        "id": "urn:uuid:f1",
        "definition": {
            "type": "http://adlnet.gov/expapi/activities/lesson",
            "name": {"en-US": "One"},
            "extensions": {"http://a.b/x": None},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 5, "min": 0, "max": 10},
        "success": True,
        "completion": False,
        "response": "a",
        "duration": "P1DT2H",
        "extensions": {"http://a.b/x": None},
    },
    "context": {
        "registration": "7ccd3322-e1a5-411a-a67d-6a735c76f119",
        "instructor": {"mbox": "mailto:bo@b.example"},
        "team": {"objectType": "Group", "member": [{"mbox": "mailto:bo@b.example"}]},
        "contextActivities": {"parent": {"id": "http://a.b/p"}, "other": [{"id": "http://a.b/o"}]},
        "language": "en",
        "statement": {"objectType": "StatementRef", "id": "7ccd3322-e1a5-411a-a67d-6a735c76f119"},
        "extensions": {"http://a.b/y": {"z": None}},
    },
    "timestamp": "2026-11-21T19:00:00.123Z",
    "stored": "2026-11-21T19:00:01Z",
    "authority": {"account": {"homePage": "http://a.b", "name": "lrs"}},
    "version": "1.0.3",
    "attachments": [],
}


def test_a_right_statement_passes() -> None:
    assert check_statement(GOOD) is GOOD
    check_statement({key: GOOD[key] for key in ("actor", "verb", "object")})


@pytest.mark.parametrize(
    "target",
    [
        {"objectType": "Agent", "mbox": "mailto:a@b.c"},
        {"objectType": "Group", "member": [{"mbox": "mailto:a@b.c"}]},
        {"objectType": "StatementRef", "id": "7ccd3322-e1a5-411a-a67d-6a735c76f119"},
        {"objectType": "SubStatement", "actor": {}, "verb": {}, "object": {}},
    ],
)
def test_an_object_may_be_more_than_an_activity(target: dict[str, Any]) -> None:
    check_statement({**GOOD, "object": target})


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"id": "42"}, "bad_id", "id"),
        ({"id": "7ccd3322e1a5411aa67d6a735c76f119"}, "bad_id", "id"),
        ({"id": None}, "bad_type", "id"),
        ({"extra": 1}, "unknown_field", "extra"),
        ({"actor": {}}, "bad_id", "actor"),
        ({"actor": {"mbox": "mailto:a@b.c", "openid": "http://a.b"}}, "bad_id", "actor"),
        ({"actor": {"mbox": "a@b.c"}}, "bad_id", "actor.mbox"),
        ({"actor": {"mbox": ["mailto:a@b.c"]}}, "bad_type", "actor.mbox"),
        ({"actor": {"mbox_sha1sum": "abc"}}, "bad_id", "actor.mbox_sha1sum"),
        ({"actor": {"openid": "ann"}}, "bad_iri", "actor.openid"),
        ({"actor": {"account": {"name": "a"}}}, "missing", "actor.account.homePage"),
        ({"actor": {"account": {"homePage": "a.b", "name": "a"}}}, "bad_iri", "actor.account.homePage"),
        ({"actor": {"account": {"homePage": "http://a.b", "name": 7}}}, "bad_type", "actor.account.name"),
        ({"actor": {"objectType": "Group"}}, "missing", "actor.member"),
        ({"actor": {"objectType": "Group", "member": [{}]}}, "bad_id", "actor.member.0"),
        ({"actor": {"objectType": "Robot", "mbox": "mailto:a@b.c"}}, "bad_type", "actor.objectType"),
        ({"actor": "ann"}, "bad_type", "actor"),
        ({"verb": {"display": {"en": "did"}}}, "missing", "verb.id"),
        ({"verb": {"id": "passed"}}, "bad_iri", "verb.id"),
        ({"verb": {"id": "http://a.b/v", "display": "did"}}, "bad_type", "verb.display"),
        ({"verb": {"id": "http://a.b/v", "name": "did"}}, "unknown_field", "verb.name"),
        ({"object": {"definition": {}}}, "missing", "object.id"),
        ({"object": {"id": "m1"}}, "bad_iri", "object.id"),
        ({"object": {"id": "http://a.b", "objectType": "Thing"}}, "bad_type", "object.objectType"),
        ({"object": {"id": "http://a.b", "definition": {"type": "lesson"}}}, "bad_iri", "object.definition.type"),
        ({"object": {"id": "http://a.b", "definition": {"name": "One"}}}, "bad_type", "object.definition.name"),
        (
            {"object": {"id": "http://a.b", "definition": {"extensions": {"x": 1}}}},
            "bad_iri",
            "object.definition.extensions",
        ),
        ({"object": {"objectType": "StatementRef", "id": "x"}}, "bad_id", "object.id"),
        ({"object": {"objectType": "SubStatement"}}, "missing", "object.actor"),
        ({"result": {"success": "yes"}}, "bad_type", "result.success"),
        ({"result": {"score": {"scaled": 1.01}}}, "bad_number", "result.score.scaled"),
        ({"result": {"score": {"scaled": -1.01}}}, "bad_number", "result.score.scaled"),
        ({"result": {"score": {"scaled": True}}}, "bad_number", "result.score.scaled"),
        ({"result": {"score": {"raw": float("nan")}}}, "bad_number", "result.score.raw"),
        ({"result": {"score": {"min": 5, "max": 5}}}, "bad_number", "result.score.min"),
        ({"result": {"score": {"raw": 11, "max": 10}}}, "bad_number", "result.score.raw"),
        ({"result": {"score": {"grade": "A"}}}, "unknown_field", "result.score.grade"),
        ({"result": {"duration": "90 minutes"}}, "bad_time", "result.duration"),
        ({"result": {"extensions": {"progress": 50}}}, "bad_iri", "result.extensions"),
        ({"result": {"response": 7}}, "bad_type", "result.response"),
        ({"context": {"registration": "r1"}}, "bad_id", "context.registration"),
        ({"context": {"contextActivities": {"next": []}}}, "unknown_field", "context.contextActivities.next"),
        (
            {"context": {"contextActivities": {"parent": [{"id": "p"}]}}},
            "bad_iri",
            "context.contextActivities.parent.0.id",
        ),
        ({"context": {"instructor": {}}}, "bad_id", "context.instructor"),
        ({"context": {"platform": None}}, "bad_type", "context.platform"),
        ({"timestamp": 1_795_291_200}, "bad_time", "timestamp"),
        ({"timestamp": "today"}, "bad_time", "timestamp"),
        ({"version": "2.0.0"}, "bad_type", "version"),
        ({"attachments": {}}, "bad_type", "attachments"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(EventRejected) as caught:
        check_statement({**GOOD, **change})

    assert (caught.value.reason, caught.value.field) == (reason, field)


@pytest.mark.parametrize("field", ["actor", "verb", "object"])
def test_actor_verb_and_object_must_be_there(field: str) -> None:
    with pytest.raises(EventRejected) as caught:
        check_statement({key: value for key, value in GOOD.items() if key != field})

    assert (caught.value.reason, caught.value.field) == ("missing", field)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT0S", 0),
        ("PT1H30M", 5_400),
        ("PT1M30.5S", 90.5),
        ("P2W", 1_209_600),
        ("P1D", 86_400),
        ("P1Y", 31_557_600),
        ("P1M", 2_629_800),
    ],
)
def test_durations_are_iso_8601(text: str, expected: float) -> None:
    assert seconds(text, "d") == expected


@pytest.mark.parametrize("text", ["", "P", "PT", "P1", "1H", "PT1H1H", "P1WT1H", "-PT1S", "PT" + "1" * 300 + "S"])
def test_other_texts_are_no_durations(text: str) -> None:
    with pytest.raises(EventRejected):
        seconds(text, "d")
