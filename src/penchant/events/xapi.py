"""Statements of xAPI 1.0.3, with cmi5's verbs and the video profile, become events."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from penchant.errors import EventRejected
from penchant.events.attention import MOST_ATTENTION
from penchant.events.bounds import BOUNDS, Bounds, check_bounds
from penchant.events.event import Event
from penchant.events.reading import Reading
from penchant.events.sender_clock import when
from penchant.events.translated import Translated
from penchant.events.values import as_id, moment
from penchant.events.verbs import activity_of, find_verb
from penchant.events.vocabulary import find
from penchant.events.xapi_form import check_statement, listed, seconds
from penchant.events.xapi_video import FROM_START, viewing

WHOLE_ID, LAST_PART = "object.id", "object.id.last"
"""Names in `item_ids`: the activity's id, and the last part of its path."""

_EXTENSION = "definition.extensions."
_SEEKED = "Video Playback Seek Completed"
_QUESTION = "cmi.interaction"
_SCORE = {"raw": "score_raw", "min": "score_min", "max": "score_max"}
_ABOUT = ("definition", "display", "attachments", "stored", "authority", "version")


def translate_statement(statement: object, reading: Reading, *, received: int, bounds: Bounds = BOUNDS) -> Translated:
    """Read one statement; it becomes one event, and a jump within a video becomes two: where from, and where to.

    Properties keep the result (`score` from -1 to 1, `success`, `completion`, `response`), the ids of the activities
    around it, all extensions, and as `statement` the digest of its content.

    Args:
        statement: The decoded JSON.
        reading: How its source is read; its `item_ids` may name `object.id`, `object.id.last` (the last part of the
            id's path) and `definition.extensions.IRI`. The item is the whole id of the object when they name none.
        received: When it came in, milliseconds since the epoch.
        bounds: How large it may be, and how old before it is marked.

    Raises:
        EventRejected: With the first thing that is wrong; `unknown_event` for a verb that is not known.
    """
    if not isinstance(statement, dict):
        raise EventRejected("bad_type", "statement", "must be an object", statement)
    check_bounds(statement, bounds)
    told = check_statement(statement)
    verb = find_verb(told["verb"]["id"])
    if verb is None:
        raise EventRejected("unknown_event", "verb.id", "must be a verb that is known", told["verb"]["id"])
    result, context, target = told.get("result", {}), told.get("context", {}), told["object"]
    definition = target.get("definition", {}) if _is_activity(target) else {}
    around = {name: _ids(context, name) for name in ("parent", "grouping", "category")}
    activity = activity_of(definition.get("type"), around["category"])
    extensions = {**context.get("extensions", {}), **result.get("extensions", {})}

    seen = viewing(extensions)
    name = verb.of(activity)
    if name == "Video Playback Resumed" and seen.playhead is not None and seen.playhead < FROM_START:
        name = "Video Content Started"
    properties = {"verb": told["verb"]["id"], "statement": statement_digest(told), **_said(result)}
    if _is_activity(target):
        properties["activity"] = target["id"]
    if "type" in definition:
        properties["activity_type"] = definition["type"]
    properties |= {key: list(ids) for key, ids in around.items() if ids}
    if "registration" in context:
        properties["registration"] = context["registration"]
    if extensions:
        properties["extensions"] = extensions
    clock = when({"timestamp": told.get("timestamp")}, received, bounds.old)
    dwell = None
    # A session's end tells the whole session's time, of which the statements before told parts.
    if "duration" in result and not name.endswith("Exited"):
        dwell = min(seconds(result["duration"], "result.duration"), MOST_ATTENTION)
    event = Event(
        domain=reading.domain,
        source=reading.source,
        message_id=statement_id(told, received),
        line=0,
        name=name,
        user_id=_person(told["actor"]),
        anonymous_id=None,
        time=clock.time,
        received=received,
        item=_item(target, reading, around["parent"], name),
        progress=seen.progress,
        dwell=dwell,
        playhead=seen.playhead,
        length=seen.length,
        session=seen.session or context.get("registration"),
        told=clock.told,
        clock=clock.mark,
        properties=properties,
        context=_context(context),
    )
    if name != _SEEKED:
        return Translated((event,))
    # One statement tells both ends of a jump.
    there = structs.replace(event, line=1, playhead=seen.to, progress=None, properties={}, context={})
    return Translated((structs.replace(event, name="Video Playback Seek Started", playhead=seen.since), there))


def statement_id(statement: Mapping[str, Any], received: int) -> str:
    """The id of a statement, in lower case; one without gets one from its content, so that a retry has the same.

    When it has no timestamp either, the moment of receipt counts as content.
    """
    given = statement.get("id")
    if isinstance(given, str):
        return given.lower()
    told = statement_digest(statement) + ("" if "timestamp" in statement else str(received))
    return str(UUID(bytes=hashlib.sha256(told.encode()).digest()[:16], version=5))


def statement_digest(statement: Mapping[str, Any]) -> str:
    """A digest of what a statement says: another digest under the same id is a conflict.

    Left out is what xAPI 1.0.3 (Data 2.2, immutability) lets differ: who stored it and when, its version, attachments,
    the words for verb and activity. Of a time, the moment counts.
    """
    told = {key: _told(value) for key, value in statement.items() if key != "id" and key not in _ABOUT}
    if isinstance(statement.get("timestamp"), str):
        told["timestamp"] = moment(statement, "timestamp")
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def _told(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _activities(each) if key == "contextActivities" else each if key == "extensions" else _told(each)
            for key, each in value.items()
            if key not in _ABOUT
        }
    return [_told(each) for each in value] if isinstance(value, list) else value


def _activities(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: [_told(each) for each in listed(value, name)] for name in value}


def _person(actor: Mapping[str, Any]) -> str:
    if actor.get("objectType", "Agent") != "Agent":
        raise EventRejected("no_person", "actor", "must be one person")
    if "account" in actor:
        return as_id(actor["account"]["name"], "actor.account.name")
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in actor:
            return as_id(actor[name].removeprefix("mailto:"), f"actor.{name}")
    raise EventRejected("no_person", "actor", "needs an account, mbox, mbox_sha1sum or openid")


def _is_activity(target: Mapping[str, Any]) -> bool:
    return bool(target.get("objectType", "Activity") == "Activity")


def _item(target: Mapping[str, Any], reading: Reading, parents: tuple[str, ...], name: str) -> str | None:
    """The item a statement is about; a question's is the activity it belongs to."""
    term = find(name)
    if term is None or term.shape != "item":
        return None
    if not _is_activity(target):
        raise EventRejected("no_item", "object", "must be an activity", target["objectType"])
    whole, definition = target["id"], target.get("definition", {})
    if parents and definition.get("type", "").endswith(_QUESTION):
        whole, definition = parents[0], {}
    named = [key for key in reading.item_ids if key in (WHOLE_ID, LAST_PART) or key.startswith(_EXTENSION)]
    for key in named or (WHOLE_ID,):
        if key == WHOLE_ID:
            return as_id(whole, "object.id")
        if key == LAST_PART:
            return as_id(re.split("[?#]", whole)[0].rstrip("/").rpartition("/")[2], "object.id")
        value = definition.get("extensions", {}).get(key.removeprefix(_EXTENSION))
        if value is not None and value != "":
            return as_id(value, f"object.{key}")
    raise EventRejected("no_item", f"object.{named[0]}", f'"{name}" needs an item id')


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if "language" in context:
        kept["locale"] = context["language"]
    if "platform" in context:
        kept["app"] = {"name": context["platform"]}
    return kept


def _ids(context: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(activity["id"] for activity in listed(context.get("contextActivities", {}), name))


def _said(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result as properties; a score without `scaled` is worked out where its range is told."""
    said = {key: result[key] for key in ("success", "completion", "response", "duration") if key in result}
    score = result.get("score", {})
    said |= {name: score[key] for key, name in _SCORE.items() if key in score}
    if "scaled" in score:
        said["score"] = score["scaled"]
    elif {"raw", "min", "max"} <= score.keys():
        said["score"] = (score["raw"] - score["min"]) / (score["max"] - score["min"])
    return said
