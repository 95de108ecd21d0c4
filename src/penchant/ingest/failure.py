"""Messages that could not be taken, as they are kept until somebody mends or drops them."""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Collection, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import msgspec

from penchant.config.settings import Limits
from penchant.errors import EventRejected
from penchant.events import REASONS
from penchant.events.event import is_id
from penchant.ingest.sender import Sender
from penchant.storage import FailedRow, FailureKind

KINDS: Mapping[str, FailureKind] = MappingProxyType(
    {
        **REASONS,
        "key_scope": "key_scope",
        "consent": "consent",
        "unknown_item": "unknown_item",
        "internal": "internal",
    }
)
"""The kind of failure that each reason belongs to."""

_SECRETS = ("writeKey", "identity_token", "identityToken", "ip")
_SECRET = re.compile(rb'("(?:writeKey|identity_token|identityToken|ip)")(\s*:\s*)"(?:[^"\\]|\\.)*"?')
_DEEPEST = 50
_RETOLD = ("sentAt", "receivedAt")
_TRAITS = ("traits", "previousId")


def kind_of(reason: str) -> FailureKind:
    """What kind of failure a reason is."""
    return KINDS.get(reason, "schema")


def failed_message(message: object, sender: Sender, at: int, error: EventRejected, limits: Limits) -> FailedRow:
    """A message that was refused.

    What nobody proved is not kept: where the sender may not speak for the message's user id and there is an anonymous
    id, user id and traits are left out, so that a replay takes no more than the message itself would have given.

    Args:
        message: As it came.
        sender: Who sent it.
        at: When, milliseconds.
        error: What is wrong with it.
        limits: How much of it is kept.
    """
    kind = kind_of(error.reason)
    message = _without_secrets(message)
    if kind != "key_scope":
        message = _believed(message, sender)
    body, sentence = encoded(message), error.message
    most = limits.message_kb * 1024
    if len(body) > most:
        body, sentence = body[:most], f"{sentence}; only its first {limits.message_kb} KB are kept"
    told = message if isinstance(message, dict) else {}
    number = message_id(told)
    return FailedRow(
        id=_name(sender.source, number, encoded({k: v for k, v in told.items() if k not in _RETOLD}) if told else body),
        at=at,
        domain=sender.domain,
        source=sender.source,
        message_id=number,
        user_id=_id(told.get("userId")) or _actor(told.get("actor")),
        anonymous_id=_id(told.get("anonymousId")),
        kind=kind,
        reason=error.reason,
        field=_safe(error.field),
        message=_safe(sentence),
        body=body,
    )


def failed_bytes(
    body: bytes, sender: Sender, at: int, kind: FailureKind, error: EventRejected, limits: Limits
) -> FailedRow:
    """A body that holds no messages, as it came, but for keys and network addresses in it."""
    kept, sentence = _SECRET.sub(rb'\1\2""', body), error.message
    if len(kept) > limits.message_kb * 1024:
        kept = kept[: limits.message_kb * 1024]
        sentence = f"{sentence}; only its first {limits.message_kb} KB are kept"
    return FailedRow(
        id=_name(sender.source, None, body),
        at=at,
        domain=sender.domain,
        source=sender.source,
        message_id=None,
        user_id=None,
        anonymous_id=None,
        kind=kind,
        reason=error.reason,
        field=_safe(error.field),
        message=_safe(sentence),
        body=kept,
    )


def refused_by_consent(message_id: str, source: str, domain: str, at: int) -> FailedRow:
    """A message about a person who does not allow it: that it came, and nothing of what it said."""
    return FailedRow(
        id=_name(source, message_id, b""),
        at=at,
        domain=domain,
        source=source,
        message_id=None,
        user_id=None,
        anonymous_id=None,
        kind="consent",
        reason="consent",
        field="",
        message="the person does not allow analytics; nothing of the message was kept",
        body=None,
    )


def is_statement(message: object) -> bool:
    """Whether this is an xAPI statement rather than a message in Segment's form."""
    return isinstance(message, dict) and "verb" in message and "type" not in message


def message_id(message: Mapping[str, Any]) -> str | None:
    """The id that a message or a statement bears, when it is one."""
    if is_statement(message):
        told = _id(message.get("id"))
        return None if told is None else told.lower()
    return _id(message.get("messageId"))


def encoded(message: object) -> bytes:
    """A message as JSON; what JSON cannot say stays readable, though it can no longer be replayed as it is."""
    try:
        body = msgspec.json.encode(message)
        # This encoder writes null for numbers that are none, and a replay must not take those for nothing.
        if b"null" not in body:
            return body
    except (ValueError, TypeError, OverflowError, RecursionError):
        pass
    try:
        return json.dumps(message, separators=(",", ":")).encode()
    except (ValueError, TypeError, RecursionError):
        # What is not the message itself must not be taken for it by a replay: the mark at its end makes it no JSON.
        return json.dumps(_told(message, 0)).encode() + b" \xe2\x80\xa6"


def readable(body: bytes | None) -> tuple[Any, str | None]:
    """A kept body for people: as JSON, or as text where it is none."""
    if body is None:
        return None, None
    try:
        return msgspec.json.decode(body), None
    except (ValueError, RecursionError):
        return None, body.decode("utf-8", "replace")


def place_of(error: BaseException) -> str:
    """Where an error arose and of which class it is: what may be logged of it, as its text may quote a message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _believed(message: object, sender: Sender) -> object:
    if not isinstance(message, dict) or message.get("anonymousId") in (None, ""):
        return message
    user = message.get("userId")
    if user in (None, "") or sender.may_speak_for(str(user).strip()):
        return message
    return _without(message, ("userId", *_TRAITS))


def _without_secrets(message: object) -> object:
    """A message without the key, the token and the network address in it: none is written down, not even here."""
    return _without(message, _SECRETS) if isinstance(message, dict) else message


def _without(message: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    kept = {key: value for key, value in message.items() if key not in names}
    context = kept.get("context")
    if isinstance(context, dict):
        kept["context"] = {key: value for key, value in context.items() if key not in names}
    return kept


def _told(value: object, depth: int) -> object:
    """A value with everything replaced that JSON has no form for."""
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {str(key): _told(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_told(inner, depth + 1) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 1_000:
        return f"a number of {value.bit_length()} bits"
    return value if value is None or isinstance(value, bool | int | float | str) else type(value).__name__


def _name(source: str, message_id: str | None, body: bytes) -> str:
    """The same message of the same source has the same id."""
    text = f"{source}\0{message_id or ''}\0".encode("utf-8", "replace")
    return blake2b(text + body, digest_size=8).hexdigest()


def _id(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 600:
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if is_id(text) else None


def _actor(actor: object) -> str | None:
    """The person of an xAPI statement."""
    if not isinstance(actor, dict):
        return None
    account = actor.get("account")
    if isinstance(account, dict):
        return _id(account.get("name"))
    told = next((actor[name] for name in ("mbox", "mbox_sha1sum", "openid") if name in actor), None)
    return _id(told.removeprefix("mailto:") if isinstance(told, str) else told)


def _safe(text: str, most: int = 1_000) -> str:
    text = text if len(text) <= most else text[: most - 1] + "…"
    return text.encode("utf-8", "replace").decode().replace("\0", "�")
