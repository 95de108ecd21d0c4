"""The form an xAPI 1.0.3 statement must have; one that has another is refused with its whole batch."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from penchant.errors import EventRejected
from penchant.events.values import moment

_STATEMENT = frozenset(
    ("id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version", "attachments")
)
_RESULT = frozenset(("score", "success", "completion", "response", "duration", "extensions"))
_SCORE = frozenset(("scaled", "raw", "min", "max"))
_CONTEXT = frozenset(
    (
        *("registration", "instructor", "team", "contextActivities", "revision"),
        *("platform", "language", "statement", "extensions"),
    )
)
_ACTIVITIES = frozenset(("parent", "grouping", "category", "other"))
_OBJECTS = frozenset(("Activity", "Agent", "Group", "StatementRef", "SubStatement"))
_IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_MBOX = re.compile(r"mailto:[^@\s]+@[^@\s]+")
_DURATION = re.compile(
    r"P(?=[\dT])(?:(\d+(?:\.\d+)?)W|(?:(\d+(?:\.\d+)?)Y)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?)",
    re.ASCII,
)
_UNITS = (604_800.0, 31_557_600.0, 2_629_800.0, 86_400.0, 3_600.0, 60.0, 1.0)


def check_statement(statement: object) -> dict[str, Any]:
    """Check one statement's form.

    Returns:
        The statement.

    Raises:
        EventRejected: With the first thing that is wrong.
    """
    told = _object(statement, "statement")
    _no_nulls(told)
    _only(told, _STATEMENT, "")
    if "id" in told:
        _uuid(told["id"], "id")
    check_actor(_needed(told, "actor", "actor"), "actor")
    _check_verb(_needed(told, "verb", "verb"))
    _check_object(_needed(told, "object", "object"))
    if "result" in told:
        _check_result(_object(told["result"], "result"))
    if "context" in told:
        _check_context(_object(told["context"], "context"))
    for field in ("timestamp", "stored"):
        if field in told:
            if not isinstance(told[field], str):
                raise EventRejected("bad_time", field, "must be an ISO 8601 time", told[field])
            moment(told, field)
    if "authority" in told:
        check_actor(told["authority"], "authority")
    if "version" in told and not _text(told["version"], "version").startswith("1.0"):
        raise EventRejected("bad_type", "version", "must be 1.0.x", told["version"])
    if "attachments" in told and not isinstance(told["attachments"], list):
        raise EventRejected("bad_type", "attachments", "must be a list", told["attachments"])
    return told


def check_actor(value: object, field: str) -> None:
    """An agent or a group with exactly one identifier; a group may instead have members.

    Raises:
        EventRejected: It has another form.
    """
    actor = _object(value, field)
    kind = actor.get("objectType", "Agent")
    if kind not in ("Agent", "Group"):
        raise EventRejected("bad_type", f"{field}.objectType", "must be Agent or Group", kind)
    have = [name for name in _IDENTIFIERS if name in actor]
    if kind == "Group" and not have:
        members = actor.get("member")
        if not isinstance(members, list) or not members:
            raise EventRejected("missing", f"{field}.member", "a group without an id needs members")
        for at, member in enumerate(members):
            check_actor(member, f"{field}.member.{at}")
        return
    if len(have) != 1:
        raise EventRejected("bad_id", field, "must have exactly one of mbox, mbox_sha1sum, openid, account", have)
    (name,) = have
    place = f"{field}.{name}"
    if name == "account":
        account = _object(actor[name], place)
        _only(account, ("homePage", "name"), f"{place}.")
        check_iri(_needed(account, "homePage", f"{place}.homePage"), f"{place}.homePage")
        _text(_needed(account, "name", f"{place}.name"), f"{place}.name")
    elif name == "openid":
        check_iri(actor[name], place)
    elif not (_MBOX if name == "mbox" else _SHA1).fullmatch(_text(actor[name], place)):
        raise EventRejected("bad_id", place, "must be mailto:NAME@HOST" if name == "mbox" else "must be a SHA-1")


def check_iri(value: object, field: str) -> str:
    """An IRI with a scheme.

    Raises:
        EventRejected: It is none.
    """
    if not isinstance(value, str) or not _IRI.fullmatch(value):
        raise EventRejected("bad_iri", field, "must be an IRI with a scheme", value)
    return value


def seconds(duration: str, field: str) -> float:
    """An ISO 8601 duration in seconds; a year counts as 365.25 days, a month as a twelfth of it.

    Raises:
        EventRejected: It is none.
    """
    found = _DURATION.fullmatch(duration) if len(duration) < 200 else None
    if found is None:
        raise EventRejected("bad_time", field, "must be an ISO 8601 duration, as in PT1H30M", duration)
    return sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part)


def _check_verb(value: object) -> None:
    verb = _object(value, "verb")
    _only(verb, ("id", "display"), "verb.")
    check_iri(_needed(verb, "id", "verb.id"), "verb.id")
    if "display" in verb:
        _languages(verb["display"], "verb.display")


def _check_object(value: object) -> None:
    told = _object(value, "object")
    kind = told.get("objectType", "Activity")
    if not isinstance(kind, str) or kind not in _OBJECTS:
        raise EventRejected("bad_type", "object.objectType", f"must be one of {', '.join(sorted(_OBJECTS))}", kind)
    if kind in ("Agent", "Group"):
        check_actor(told, "object")
    elif kind == "StatementRef":
        _uuid(_needed(told, "id", "object.id"), "object.id")
    elif kind == "Activity":
        _check_activity(told, "object")
    else:
        for field in ("actor", "verb", "object"):
            _object(_needed(told, field, f"object.{field}"), f"object.{field}")


def _check_activity(value: object, field: str) -> None:
    told = _object(value, field)
    _only(told, ("objectType", "id", "definition"), f"{field}.")
    check_iri(_needed(told, "id", f"{field}.id"), f"{field}.id")
    if "definition" not in told:
        return
    definition = _object(told["definition"], f"{field}.definition")
    for name in ("type", "moreInfo"):
        if name in definition:
            check_iri(definition[name], f"{field}.definition.{name}")
    for name in ("name", "description"):
        if name in definition:
            _languages(definition[name], f"{field}.definition.{name}")
    _extensions(definition, f"{field}.definition")


def _check_result(result: dict[str, Any]) -> None:
    _only(result, _RESULT, "result.")
    for name in ("success", "completion"):
        if name in result and not isinstance(result[name], bool):
            raise EventRejected("bad_type", f"result.{name}", "must be true or false", result[name])
    if "response" in result:
        _text(result["response"], "result.response")
    if "duration" in result:
        seconds(_text(result["duration"], "result.duration"), "result.duration")
    if "score" in result:
        _check_score(_object(result["score"], "result.score"))
    _extensions(result, "result")


def _check_score(score: dict[str, Any]) -> None:
    _only(score, _SCORE, "result.score.")
    for name, value in score.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
            raise EventRejected("bad_number", f"result.score.{name}", "must be a number", value)
    if not -1 <= score.get("scaled", 0) <= 1:
        raise EventRejected("bad_number", "result.score.scaled", "must be between -1 and 1", score["scaled"])
    low, high = score.get("min", -1e15), score.get("max", 1e15)
    if low >= high:
        raise EventRejected("bad_number", "result.score.min", "must be less than max", low)
    if not low <= score.get("raw", low) <= high:
        raise EventRejected("bad_number", "result.score.raw", "must lie between min and max", score["raw"])


def _check_context(context: dict[str, Any]) -> None:
    _only(context, _CONTEXT, "context.")
    if "registration" in context:
        _uuid(context["registration"], "context.registration")
    for name in ("instructor", "team"):
        if name in context:
            check_actor(context[name], f"context.{name}")
    for name in ("revision", "platform", "language"):
        if name in context:
            _text(context[name], f"context.{name}")
    if "contextActivities" in context:
        activities = _object(context["contextActivities"], "context.contextActivities")
        _only(activities, _ACTIVITIES, "context.contextActivities.")
        for name in activities:
            for at, activity in enumerate(listed(activities, name)):
                _check_activity(activity, f"context.contextActivities.{name}.{at}")
    _extensions(context, "context")


def listed(activities: Mapping[str, Any], name: str) -> list[Any]:
    """The activities of one kind; 0.9 wrote one without a list, and 1.0.3 still takes it."""
    value = activities.get(name, [])
    return value if isinstance(value, list) else [value]


def _extensions(told: Mapping[str, Any], field: str) -> None:
    if "extensions" in told:
        for key in _object(told["extensions"], f"{field}.extensions"):
            check_iri(key, f"{field}.extensions")


def _languages(value: object, field: str) -> None:
    for text in _object(value, field).values():
        _text(text, field)


def _object(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EventRejected("bad_type", field, "must be an object", value)
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise EventRejected("bad_type", field, "must be text", value)
    return value


def _needed(told: Mapping[str, Any], name: str, field: str) -> object:
    if name not in told:
        raise EventRejected("missing", field, "must be there")
    return told[name]


def _uuid(value: object, field: str) -> UUID:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise EventRejected("bad_id", field, "must be a UUID", value)
    return UUID(value)


def _only(told: Mapping[str, Any], known: Collection[str], place: str) -> None:
    for name in told:
        if name not in known:
            raise EventRejected("unknown_field", f"{place}{name}"[:200] or "statement", "is no field of xAPI 1.0.3")


def _no_nulls(statement: Mapping[str, Any]) -> None:
    """Null stands nowhere but in extensions."""
    for field, value in _outside_extensions(statement, ""):
        if value is None:
            raise EventRejected("bad_type", field[:200] or "statement", "must not be null")


def _outside_extensions(told: object, place: str) -> Iterator[tuple[str, object]]:
    inner: Any = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in inner:
        if name != "extensions":
            yield f"{place}{name}", value
            yield from _outside_extensions(value, f"{place}{name}.")
