"""Consent at collection: who does not allow analytics has nothing collected."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from penchant.events import Consent
from penchant.ingest.message import Message
from penchant.people import Rules, decide, known

_PURPOSE = "analytics"


class Consents(Protocol):
    """The part of a store that knows what people said."""

    def consents(self, actors: Sequence[str]) -> dict[str, list[Consent]]:
        """What the person of each of these actors allowed and forbade, under any id."""
        ...


def obey(requests: Sequence[Sequence[Message]], store: Consents, default: Rules) -> None:
    """Refuse the messages of people who do not allow analytics.

    What was said before a request came counts as a whole, the latest word of each person. What a request says itself
    counts from its moment on: messages of the same request that happened before it are taken.

    Args:
        requests: Messages by request, in the order they came; those that are refused are changed.
        store: Knows what was said before.
        default: What holds for people who said nothing.
    """
    live = [message for messages in requests for message in messages if message.events]
    actors = {actor for message in live for actor in _ids(message)}
    actors.update(actor for message in live for link in message.links for actor in (link.a, link.b))
    said = store.consents(sorted(actors)) if actors else {}
    allowed = default.get(_PURPOSE, True)
    if allowed and not said and not any(message.denied or message.consents for message in live):
        return
    before = _Statements(said, _neighbours(live))
    for messages in requests:
        own = [consent for message in messages for consent in message.consents]
        for message in messages:
            if message.events and (message.denied or not _allows(message, before, own, default)):
                message.refuse()
        before.add(own)


class _Statements:
    """What was said so far, by whom."""

    def __init__(self, said: Mapping[str, Collection[Consent]], near: Mapping[str, set[str]]) -> None:
        self._said = {actor: list(consents) for actor, consents in said.items()}
        self._near = near

    def add(self, consents: Iterable[Consent]) -> None:
        """What a request said, for the requests after it."""
        for consent in consents:
            self._said.setdefault(consent.actor, []).append(consent)

    def about(self, message: Message) -> list[Consent]:
        """What the person of a message said."""
        person, *device = _ids(message)
        found = [consent for actor in (person, *self._joined(person)) for consent in self._said.get(actor, ())]
        # What another person said on the same device is not this person's word.
        found += (consent for actor in device for consent in self._said.get(actor, ()) if consent.actor == actor)
        return found

    def _joined(self, actor: str) -> Collection[str]:
        """Ids that links of this very group join with this one; a device of several people is nobody's."""
        users = [other for other in self._near.get(actor, ()) if known(other)]
        return users if known(actor) or len(users) == 1 else ()


def _allows(message: Message, before: _Statements, own: Sequence[Consent], default: Rules) -> bool:
    said = before.about(message)
    if own:
        ids, time = _ids(message), message.events[0].time
        said += (consent for consent in own if consent.actor in ids and consent.at <= time)
    return decide(said, default).get(_PURPOSE, True) if said else default.get(_PURPOSE, True)


def _ids(message: Message) -> tuple[str, ...]:
    """Who a message is about: the known id first."""
    first = message.events[0]
    if first.user_id is None:
        return (f"anon:{first.anonymous_id}",)
    if first.anonymous_id is None:
        return (f"user:{first.user_id}",)
    return (f"user:{first.user_id}", f"anon:{first.anonymous_id}")


def _neighbours(messages: Iterable[Message]) -> dict[str, set[str]]:
    near: dict[str, set[str]] = {}
    for message in messages:
        for link in message.links:
            near.setdefault(link.a, set()).add(link.b)
            near.setdefault(link.b, set()).add(link.a)
    return near
