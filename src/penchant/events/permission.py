"""Permission: what a message says of consent, in the forms that consent tools and tag managers send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from penchant.errors import EventRejected
from penchant.events.reading import Reading
from penchant.events.statement import PURPOSES, Purpose

_BY_NAME: Mapping[str, Purpose] = {
    **{purpose: purpose for purpose in PURPOSES},
    # Google's consent mode.
    "analytics_storage": "analytics",
    "personalization_storage": "personalization",
    "ad_storage": "ads",
    "ad_user_data": "ads",
    "ad_personalization": "ads",
}
NONE: frozenset[Purpose] = frozenset()
"""No purpose."""

_WORDS = {"granted": True, "denied": False}


def stated(context: Mapping[str, Any], properties: Mapping[str, Any], reading: Reading) -> dict[Purpose, bool]:
    """What a message that is about consent says for each purpose; where it says both, it forbids.

    Read are the message's context, and properties that bear the name of a purpose, or one of Google's consent mode.

    Raises:
        EventRejected: A purpose is neither allowed nor forbidden.
    """
    said: dict[Purpose, bool] = {}
    told = [("properties.", name, value) for name, value in properties.items() if name in _BY_NAME]
    for place, category, value in (*_in_context(context), *told):
        purpose = _purpose(category, reading)
        if purpose is None or value is None:
            continue
        granted = _granted(value)
        if granted is None:
            raise EventRejected("bad_type", f"{place}{category}"[:200], "must be true, false, granted or denied", value)
        said[purpose] = granted and said.get(purpose, True)
    return said


def denied(context: Mapping[str, Any], reading: Reading) -> frozenset[Purpose]:
    """Purposes that the consent in a message's context forbids; what cannot be read there forbids nothing."""
    if "consent" not in context and "consentManagement" not in context:
        return NONE
    return frozenset(
        purpose
        for _, category, value in _in_context(context)
        if (purpose := _purpose(category, reading)) is not None and _granted(value) is False
    )


def _in_context(context: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    """Each category that the context tells of, with its place before it and what was said after it."""
    consent = context.get("consent")
    if isinstance(consent, dict):
        for category, value in consent.items():
            if category in _BY_NAME:
                yield "context.consent.", category, value
        preferences = consent.get("categoryPreferences")
        if isinstance(preferences, dict):
            for category, value in preferences.items():
                yield "context.consent.categoryPreferences.", category, value
    managed = context.get("consentManagement")
    if isinstance(managed, dict):
        for key, value in (("allowedConsentIds", True), ("deniedConsentIds", False)):
            categories = managed.get(key)
            if isinstance(categories, list):
                for category in categories:
                    if isinstance(category, str):
                        yield f"context.consentManagement.{key}.", category, value


def _purpose(category: str, reading: Reading) -> Purpose | None:
    return reading.consent.get(category) or _BY_NAME.get(category) or _BY_NAME.get(category.strip().lower())


def _granted(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
