from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import parse_time
from penchant.errors import EventRejected
from penchant.events import (
    REASONS,
    VERBS,
    Event,
    Reading,
    canonical,
    statement_digest,
    statement_id,
    translate_statement,
    validate,
)

NOW = int(parse_time("2026-11-21T20:00:00Z") * 1000)
ACADEMY = Reading("academy", "lms")
ID = "7ccd3322-e1a5-411a-a67d-6a735c76f119"
ADL = "http://adlnet.gov/expapi/verbs/"
VIDEO = "https://w3id.org/xapi/video/"
EXT = f"{VIDEO}extensions/"


def statement(verb: str = f"{ADL}completed", **change: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "actor": {"account": {"homePage": "https://bank.example", "name": "ann"}},
        "verb": {"id": verb, "display": {"en": "did"}},
        "object": {"id": "https://academy.example/modules/m1", "definition": {"name": {"en": "One"}}},
        "timestamp": "2026-11-21T19:00:00Z",
        **change,
    }


def activity(type_iri: str, **definition: Any) -> dict[str, Any]:
    return {"id": "https://academy.example/modules/m1", "definition": {"type": type_iri, **definition}}


def one(verb: str = f"{ADL}completed", *, reading: Reading = ACADEMY, **change: Any) -> Event:
    (event,) = translate_statement(statement(verb, **change), reading, received=NOW).events
    validate(event)
    return event


def test_a_statement_becomes_an_event() -> None:
    event = one()

    assert (event.domain, event.source, event.message_id, event.line) == ("academy", "lms", ID, 0)
    assert (event.name, event.user_id, event.anonymous_id) == ("Module Completed", "ann", None)
    assert (event.item, event.time, event.received) == ("https://academy.example/modules/m1", NOW - 3_600_000, NOW)
    assert event.properties == {
        "verb": f"{ADL}completed",
        "statement": statement_digest(statement()),
        "activity": "https://academy.example/modules/m1",
    }


@pytest.mark.parametrize(
    ("actor", "user"),
    [
        ({"mbox": "mailto:ann@bank.example"}, "ann@bank.example"),
        ({"mbox_sha1sum": "a" * 40}, "a" * 40),
        ({"openid": "https://ann.example/"}, "https://ann.example/"),
        ({"objectType": "Agent", "name": "Ann", "account": {"homePage": "http://a.b", "name": "7"}}, "7"),
    ],
)
def test_the_person_is_the_account_or_what_stands_for_it(actor: dict[str, Any], user: str) -> None:
    assert one(actor=actor).user_id == user


def test_a_group_is_no_person() -> None:
    members = [{"mbox": "mailto:a@b.c"}]
    for group in ({"objectType": "Group", "member": members}, {"objectType": "Group", "mbox": "mailto:g@b.c"}):
        with pytest.raises(EventRejected) as caught:
            one(actor=group)
        assert caught.value.reason == "no_person"


ARTICLE, CLIP = "http://activitystrea.ms/schema/1.0/article", f"{VIDEO}activity-type/video"
COURSE, LESSON = "https://w3id.org/xapi/cmi5/activitytype/course", "http://adlnet.gov/expapi/activities/lesson"


@pytest.mark.parametrize(
    ("verb", "type_iri", "name"),
    [
        (f"{ADL}launched", LESSON, "Module Started"),
        (f"{ADL}initialized", LESSON, "Module Started"),
        (f"{ADL}initialized", CLIP, "Video Playback Started"),
        (f"{ADL}attempted", LESSON, "Module Started"),
        (f"{ADL}progressed", LESSON, "Module Progressed"),
        (f"{ADL}completed", LESSON, "Module Completed"),
        (f"{ADL}completed", CLIP, "Video Content Completed"),
        (f"{ADL}completed", "https://w3id.org/xapi/acrossx/activities/video", "Video Content Completed"),
        (f"{ADL}completed", COURSE, "Series Completed"),
        (f"{ADL}completed", ARTICLE, "Content Completed"),
        (f"{ADL}passed", LESSON, "Module Completed"),
        (f"{ADL}mastered", LESSON, "Module Completed"),
        (f"{ADL}failed", LESSON, "Module Failed"),
        (f"{ADL}terminated", LESSON, "Module Exited"),
        (f"{ADL}terminated", CLIP, "Video Playback Exited"),
        (f"{ADL}answered", "http://adlnet.gov/expapi/activities/cmi.interaction", "Quiz Answered"),
        (f"{ADL}experienced", LESSON, "Module Viewed"),
        (f"{ADL}experienced", ARTICLE, "Content Viewed"),
        ("https://w3id.org/xapi/adb/verbs/read", LESSON, "Module Viewed"),
        ("https://w3id.org/xapi/adb/verbs/bookmarked", ARTICLE, "Content Liked"),
        ("https://w3id.org/xapi/acrossx/verbs/watched", CLIP, "Content Viewed"),
        ("https://w3id.org/xapi/acrossx/verbs/liked", LESSON, "Content Liked"),
        ("https://w3id.org/xapi/acrossx/verbs/disliked", LESSON, "Content Hidden"),
        ("https://w3id.org/xapi/adl/verbs/abandoned", LESSON, "Module Abandoned"),
        (
            "https://w3id.org/xapi/adl/verbs/satisfied",
            "https://w3id.org/xapi/cmi5/activitytype/block",
            "Series Completed",
        ),
        ("https://w3id.org/xapi/adl/verbs/waived", LESSON, "Module Completed"),
        (f"{ADL}registered", COURSE, "Series Started"),
        ("https://adlnet.gov/expapi/verbs/completed/", LESSON, "Module Completed"),
    ],
)
def test_a_verb_is_an_event_by_what_it_is_about(verb: str, type_iri: str, name: str) -> None:
    assert one(verb, object=activity(type_iri)).name == name


def test_every_verb_is_a_word_of_the_vocabulary() -> None:
    for verb in VERBS:
        for kind in ("module", "series", "content", "video"):
            assert canonical(verb.of(kind)) == verb.of(kind)


def test_a_verb_that_is_not_known_is_refused() -> None:
    with pytest.raises(EventRejected) as caught:
        one("http://adlnet.gov/expapi/verbs/voided")

    assert (caught.value.reason, caught.value.field) == ("unknown_event", "verb.id")


def test_the_result_is_kept_and_a_score_is_no_progress() -> None:
    event = one(
        f"{ADL}passed",
        result={"score": {"scaled": 0.9, "raw": 18, "max": 20}, "success": True, "duration": "PT1M30.5S"},
    )

    assert (event.progress, event.dwell) == (None, 90.5)
    assert event.properties["score"] == 0.9
    assert (event.properties["score_raw"], event.properties["score_max"], event.properties["success"]) == (18, 20, True)


def test_a_score_with_a_range_is_scaled() -> None:
    assert one(result={"score": {"raw": 15, "min": 10, "max": 20}}).properties["score"] == 0.5
    assert "score" not in one(result={"score": {"raw": 15}}).properties


@pytest.mark.parametrize(("percent", "share"), [(50, 0.5), (0, 0), (100, 1), (101, None), ("50", None), (None, None)])
def test_cmi5_tells_progress_in_percent(percent: object, share: float | None) -> None:
    told = {"extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": percent}}

    event = one(f"{ADL}progressed", result=told)

    assert event.progress == share
    assert event.properties["extensions"] == told["extensions"]


def watched(verb: str, result: dict[str, Any], length: float | None = 100) -> tuple[Event, ...]:
    context = {
        "registration": "B51BF5E4-A0D6-4D1B-9C05-0D4B1C0D6E2F",
        "contextActivities": {"category": [{"id": "https://w3id.org/xapi/video"}]},
        "extensions": {f"{EXT}session-id": "s1", **({f"{EXT}length": length} if length is not None else {})},
    }
    extensions = {f"{EXT}{name}": value for name, value in result.items()}
    told = statement(verb, object=activity(CLIP), context=context, result={"extensions": extensions})
    return translate_statement(told, ACADEMY, received=NOW).events


def test_a_paused_video_tells_where_it_is_and_what_was_watched() -> None:
    # 0 to 20 and 10 to 30 overlap; with 50 to 60 that is 40 of 100 seconds.
    (event,) = watched(
        f"{VIDEO}verbs/paused", {"time": 60, "progress": 0.6, "played-segments": "0[.]20[,]50[.]60[,]10[.]30"}
    )

    assert (event.name, event.playhead, event.length, event.session) == ("Video Playback Paused", 60, 100, "s1")
    assert event.progress == 0.4


@pytest.mark.parametrize(
    ("result", "length", "progress"),
    [
        ({"played-segments": "0[.]20", "progress": 0.6}, None, 0.6),
        ({"played-segments": "0[.]200"}, 100, 1.0),
        ({"played-segments": ""}, 100, 0.0),
        ({"played-segments": "0[.]", "progress": 0.6}, 100, 0.6),
        ({"played-segments": "a[.]b"}, 100, None),
        ({"played-segments": [[0, 5]], "progress": 1.005}, 100, 1.0),
        ({"progress": "much"}, 100, None),
    ],
)
def test_progress_is_the_union_of_what_was_played_or_what_is_told(
    result: dict[str, Any], length: float | None, progress: float | None
) -> None:
    assert watched(f"{VIDEO}verbs/paused", result, length)[0].progress == progress


def test_a_video_that_plays_from_its_start_begins_and_later_goes_on() -> None:
    assert [e.name for e in watched(f"{VIDEO}verbs/played", {"time": 0.2})] == ["Video Content Started"]
    assert [e.name for e in watched(f"{VIDEO}verbs/played", {"time": 12})] == ["Video Playback Resumed"]


def test_a_jump_tells_where_from_and_where_to() -> None:
    events = watched(f"{VIDEO}verbs/seeked", {"time-from": 12, "time-to": 80})

    assert [(e.line, e.name, e.playhead, e.item) for e in events] == [
        (0, "Video Playback Seek Started", 12, "https://academy.example/modules/m1"),
        (1, "Video Playback Seek Completed", 80, "https://academy.example/modules/m1"),
    ]
    assert len({e.message_id for e in events}) == 1


def test_the_time_of_a_whole_session_is_not_counted_again() -> None:
    assert one(f"{ADL}terminated", result={"duration": "PT10M"}).dwell is None
    assert one(f"{ADL}experienced", result={"duration": "PT10H"}).dwell == 1800


def test_what_a_statement_stands_in_is_kept() -> None:
    registration = "b51bf5e4-a0d6-4d1b-9c05-0d4b1c0d6e2f"
    event = one(
        context={
            "registration": registration,
            "contextActivities": {"parent": {"id": "http://a.b/course"}, "grouping": [{"id": "http://a.b/all"}]},
            "language": "de",
            "platform": "App",
        }
    )

    assert event.session == registration
    assert (event.properties["parent"], event.properties["grouping"]) == (["http://a.b/course"], ["http://a.b/all"])
    assert event.context == {"locale": "de", "app": {"name": "App"}}


@pytest.mark.parametrize(
    ("names", "item"),
    [
        ((), "https://academy.example/modules/m1"),
        (("product_id",), "https://academy.example/modules/m1"),
        (("object.id.last",), "m1"),
        (("definition.extensions.http://a.b/sku",), "M-1"),
        (("definition.extensions.http://a.b/none", "object.id.last"), "m1"),
    ],
)
def test_a_source_says_what_of_a_statement_is_the_item(names: tuple[str, ...], item: str) -> None:
    told = activity(LESSON, extensions={"http://a.b/sku": "M-1"})

    assert one(object=told, reading=Reading("academy", "lms", item_ids=names)).item == item


def test_a_statement_without_the_id_its_source_asks_for_is_refused() -> None:
    reading = Reading("academy", "lms", item_ids=("definition.extensions.http://a.b/sku",))

    with pytest.raises(EventRejected) as caught:
        one(reading=reading)
    assert caught.value.reason == "no_item"


def test_the_item_of_a_question_is_what_it_belongs_to() -> None:
    question = {
        "id": "http://a.b/q1",
        "definition": {"type": "http://adlnet.gov/expapi/activities/cmi.interaction", "interactionType": "choice"},
    }
    event = one(
        f"{ADL}answered",
        object=question,
        context={"contextActivities": {"parent": [{"id": "http://a.b/m1"}]}},
        result={"success": False, "response": "b"},
    )

    assert (event.item, event.properties["activity"]) == ("http://a.b/m1", "http://a.b/q1")
    assert (event.properties["success"], event.properties["response"]) == (False, "b")


def test_a_series_is_no_item() -> None:
    assert one(object=activity(COURSE)).item is None


def test_something_that_is_no_activity_cannot_be_completed() -> None:
    for target in ({"objectType": "Agent", "mbox": "mailto:a@b.c"}, {"objectType": "StatementRef", "id": ID}):
        with pytest.raises(EventRejected) as caught:
            one(object=target)
        assert caught.value.reason == "no_item"


def test_a_statement_without_id_gets_one_from_its_content() -> None:
    told = statement()
    del told["id"]

    first = statement_id(told, NOW)

    assert statement_id({**told, "stored": "2026-11-21T20:00:01Z"}, NOW + 1) == first
    assert statement_id({**told, "timestamp": "2026-11-21T19:00:01Z"}, NOW) != first
    (event,) = translate_statement(told, ACADEMY, received=NOW).events
    assert event.message_id == first
    assert statement_id({"id": ID.upper()}, NOW) == ID


def test_without_id_and_time_the_moment_of_receipt_tells_statements_apart() -> None:
    told = statement()
    del told["id"], told["timestamp"]

    assert statement_id(told, NOW) == statement_id(told, NOW) != statement_id(told, NOW + 1)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"stored": "2026-11-21T20:00:00Z", "authority": {"mbox": "mailto:lrs@b.c"}, "version": "1.0.0"}, True),
        ({"timestamp": "2026-11-21T20:00:00+01:00"}, True),
        ({"verb": {"id": f"{ADL}completed", "display": {"de": "tat"}}}, True),
        ({"object": {"id": "https://academy.example/modules/m1"}}, True),
        ({"id": "00000000-0000-4000-8000-000000000000"}, True),
        ({"timestamp": "2026-11-21T19:00:01Z"}, False),
        ({"verb": {"id": f"{ADL}passed"}}, False),
        ({"object": {"id": "https://academy.example/modules/m2"}}, False),
        ({"result": {"success": True}}, False),
        ({"result": {"extensions": {"http://a.b/version": 2}}}, False),
    ],
)
def test_the_digest_tells_contents_apart_and_no_more(change: dict[str, Any], same: bool) -> None:
    assert (statement_digest({**statement(), **change}) == statement_digest(statement())) == same


def test_one_activity_with_or_without_a_list_is_the_same() -> None:
    alone, listed = (
        {"contextActivities": {"parent": value}} for value in ({"id": "http://a.b"}, [{"id": "http://a.b"}])
    )

    assert statement_digest(statement(context=alone)) == statement_digest(statement(context=listed))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
extensions = st.dictionaries(
    st.sampled_from([*(f"{EXT}{n}" for n in ("time", "length", "played-segments", "session-id", "progress"))]),
    json_values,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "id": json_values,
            "actor": json_values | st.just({"mbox": "mailto:a@b.c"}),
            "verb": json_values | st.sampled_from([{"id": verb.iri} for verb in VERBS]),
            "object": json_values | st.just(activity(CLIP)) | st.fixed_dictionaries({"id": json_values}),
            "result": json_values | st.fixed_dictionaries({"extensions": extensions}),
            "context": json_values | st.fixed_dictionaries({"extensions": extensions}),
            "timestamp": json_values,
        },
    )
    | json_values
)
def test_whatever_comes_is_translated_or_refused_and_nothing_else(change: object) -> None:
    told = {**statement(), **change} if isinstance(change, dict) else change
    try:
        said = translate_statement(told, ACADEMY, received=NOW)
    except EventRejected as error:
        assert error.reason in REASONS
        assert error.field
    else:
        for event in said.events:
            validate(event)
