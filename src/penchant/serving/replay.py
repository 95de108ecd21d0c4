"""Slates that were served, as the log has them; and why an item was not on one: the request is asked again.

What was logged is what was shown. What is asked again is answered by the catalog, the rules and the consent of now, and
says so; the history goes up to the moment, and the release is the one that served, as long as it is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from penchant.clock import iso
from penchant.errors import InvalidRequest, NotFound
from penchant.placements import Record, Texts, WhyNot, codes_of
from penchant.serving.logged import Asked, LoggedSlate, read_logged
from penchant.serving.made import Made
from penchant.serving.recommender import Recommender
from penchant.serving.request import RecommendationRequest
from penchant.serving.setup import DomainSetup
from penchant.serving.slate_log import SlateLog
from penchant.serving.switch import Pinned
from penchant.slate import Reason
from penchant.storage import Releases, SlateRow

MOST_ASKED = 20
"""Most items that one call asks after."""
_EXPLORED = "explored"
_NOW = "asked again of the catalog, the rules, the placement and the consent as they are now"


class TracedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a slate as it was shown.

    Attributes:
        id: The item.
        position: Place, from 1.
        value: By the objective.
        source: Who proposed it.
        propensity: Chance that it came to stand there.
        relevance: The sources' blended score; None where none proposed it.
        heads: What heads said of it.
        reasons: What was told of it, with the texts of now.
    """

    id: str
    position: int
    value: float
    source: tuple[str, ...]
    propensity: float
    relevance: float | None
    heads: dict[str, float]
    reasons: tuple[Reason, ...]


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a slate, asked again.

    Attributes:
        release: The release that was asked.
        shown: Items of the slate.
        same: How many of them the new answer has too; chance aside.
        notes: What may be otherwise than it was.
        items: Why each item that was asked after is not there.
    """

    release: str | None
    shown: int
    same: int
    notes: tuple[str, ...]
    items: tuple[WhyNot, ...]


class TracedSlate(msgspec.Struct, frozen=True, kw_only=True):
    """A slate as the log has it.

    Attributes:
        slate_id: Its id.
        placement: Which slot.
        domain: Domain name.
        release: The release that served.
        at: When, ISO 8601.
        items: In order.
        user_id: Whose it was; absent where nobody was named, it may not be kept, or the key may not see people.
        anonymous_id: The same.
        objective: What ordered it, name and version; None in lines of before.
        by: Whether its formula gave the values, or the sum that stands in for it.
        experiment: Arm by experiment.
        degraded: What did not work.
        asked: What was asked for; None in lines of before.
        rules: What rules did, when they did something.
        why_not: Why other items are not on it.
    """

    slate_id: str
    placement: str
    domain: str
    release: str | None
    at: str
    items: tuple[TracedItem, ...]
    user_id: str | msgspec.UnsetType = msgspec.UNSET
    anonymous_id: str | msgspec.UnsetType = msgspec.UNSET
    objective: str | None = None
    by: str | None = None
    experiment: dict[str, str] = {}
    degraded: tuple[str, ...] = ()
    asked: Asked | None = None
    rules: Record | None = None
    why_not: Replayed | msgspec.UnsetType = msgspec.UNSET


class Replay:
    """Reads slates, and asks their requests again. Safe to call from several threads."""

    def __init__(
        self,
        recommender: Recommender,
        log: SlateLog,
        releases: Releases,
        beside: Callable[[str, Releases], Recommender],
    ) -> None:
        """Take the parts.

        Args:
            recommender: What answers now.
            log: The log of slates.
            releases: A workspace's releases.
            beside: Makes a recommender of one domain on other releases.
        """
        self._recommender, self._log, self._releases, self._beside = recommender, log, releases, beside
        self._loading = threading.Lock()

    def get(
        self,
        slate_id: str,
        *,
        domain: str | None = None,
        people: bool = True,
        language: str | None = None,
        why_not: Sequence[str] = (),
    ) -> TracedSlate:
        """A slate as it was served.

        Args:
            slate_id: Its id.
            domain: The one domain whose slates may be seen; None for any.
            people: Whether it may be said whose it was.
            language: Language of the reasons.
            why_not: Ids of items of which to say why they are not on it.

        Raises:
            NotFound: The log has no such slate, or it is of another domain.
            InvalidRequest: Items are asked after, and the request cannot be asked again.
            StorageError: The store cannot be read.
        """
        row = self._log.row(slate_id)
        if row is None or domain not in (None, row.domain):
            raise NotFound("slate", slate_id)
        try:
            slate = read_logged(row.body)
        except msgspec.DecodeError:
            raise NotFound("slate", slate_id) from None
        traced = self._traced(slate, row, language, people=people)
        if not why_not:
            return traced
        return msgspec.structs.replace(traced, why_not=self._replayed(slate, row, why_not))

    def _traced(self, slate: LoggedSlate, row: SlateRow, language: str | None, *, people: bool) -> TracedSlate:
        english, texts = self._texts(slate.domain)
        table = texts.table(language)
        heads = {} if slate.ranked is None else slate.ranked.heads

        def told(reason: str | Reason) -> Reason:
            code, said = (reason, english.get(reason, "")) if isinstance(reason, str) else (reason.code, reason.text)
            return Reason(code, table.get(code, said))

        items = tuple(
            TracedItem(
                id=item.id,
                position=item.position,
                value=item.value,
                source=item.source,
                propensity=item.propensity,
                relevance=item.relevance,
                heads={name: said for name, column in heads.items() if (said := column[at]) is not None},
                reasons=tuple(map(told, item.reasons)),
            )
            for at, item in enumerate(slate.items)
        )
        kind, _, name = (row.actor or "").partition(":")
        unset = msgspec.UNSET
        return TracedSlate(
            slate_id=slate.slate_id,
            placement=slate.placement,
            domain=slate.domain,
            release=slate.release,
            at=iso(row.at / 1000.0),
            items=items,
            user_id=name if people and kind == "user" else unset,
            anonymous_id=name if people and kind == "anon" else unset,
            objective=None if slate.ranked is None else slate.ranked.objective,
            by=None if slate.ranked is None else slate.ranked.by,
            experiment=slate.experiment,
            degraded=slate.degraded,
            asked=slate.asked,
            rules=slate.rules,
        )

    def _texts(self, domain: str) -> tuple[dict[str, str], Texts]:
        """English texts by code, and those of other languages; none of a domain that is no longer configured."""
        if domain not in self._recommender.tallies:
            return {}, Texts()
        setup = self._recommender.view(domain).setup
        return codes_of(setup.pack, setup.placements.values()), setup.texts

    # asked again

    def _replayed(self, slate: LoggedSlate, row: SlateRow, ids: Sequence[str]) -> Replayed:
        asked, notes = slate.asked, [_NOW]
        if asked is None:
            raise InvalidRequest(
                "why-not", "what was asked for is not in this line of the log, an older version wrote it"
            )
        if asked.unkept:
            notes.append("whose it was, and what else was asked, is not kept: the person does not allow analytics")
        if asked.excluded:
            notes.append(f"of {asked.excluded:,} excluded items the first {len(asked.exclude)} are kept")
        notes += [f"then {note}; now it is waited for" for note in slate.degraded if note.startswith("late:")]
        request = _request(slate, asked, row.actor)
        setup, placement = self._recommender.find(request)
        was = setup.as_served(slate.placement, slate.experiment)
        if was is None:
            notes.append("the placement that filled it is gone; it is asked as others are answered now")
        placement = was or placement

        def made(recommender: Recommender) -> tuple[Made, tuple[WhyNot, ...]]:
            found = recommender.replay(request, setup, placement, row.at / 1000.0, asked.beside)
            return found, recommender.why_not(found, ids)

        if self._recommender.view(setup.name).release == slate.release:
            again, why = made(self._recommender)
        else:
            with self._loading:  # one at a time: a release takes memory
                again, why = self._of_release(setup, slate.release, made, notes)
        new = set(again.slate.degraded) - set(slate.degraded)
        notes += [note for note in again.slate.degraded if note in new]
        shown = {item.id for item in slate.items if _EXPLORED not in item.source}
        same = sum(item.id in shown for item in again.slate.items)
        return Replayed(
            release=again.slate.release,
            shown=len(slate.items),
            same=same,
            notes=tuple(notes),
            items=tuple(_as_it_was(one, slate) for one in why),
        )

    def _of_release(
        self,
        setup: DomainSetup,
        release: str | None,
        made: Callable[[Recommender], tuple[Made, tuple[WhyNot, ...]]],
        notes: list[str],
    ) -> tuple[Made, tuple[WhyNot, ...]]:
        """Asked of the release that served, or, where that is gone, of the one that serves."""
        pinned = Pinned(self._releases)
        pinned.pin(setup.name, release, (0, 0))
        before = self._beside(setup.name, pinned)
        try:
            if before.view(setup.name).release == release:
                return made(before)
        finally:
            before.close()
        now = self._recommender.view(setup.name).release
        notes.append(f"the release {release} is gone; asked of {now or 'none'}")
        return made(self._recommender)


def _request(slate: LoggedSlate, asked: Asked, actor: str | None) -> RecommendationRequest:
    """The request of a slate, as far as it is kept."""
    kind, _, name = (actor or "").partition(":")
    context: dict[str, Any] = dict(asked.context)
    if asked.device is not None:
        context.setdefault("device", asked.device)
    return RecommendationRequest(
        placement=slate.placement,
        domain=slate.domain,
        user_id=name if kind == "user" else None,
        anonymous_id=name if kind == "anon" else None,
        items=asked.items,
        n=asked.n or None,
        filter=asked.filter,
        exclude=asked.exclude,
        boost=asked.boost,
        after=asked.after,
        region=asked.region,
        context=context,
        personalized=asked.personalized,
    )


def _as_it_was(one: WhyNot, slate: LoggedSlate) -> WhyNot:
    """What the new answer says of an item, held against what was shown."""
    for item in slate.items:
        if item.id == one.id:
            return WhyNot(id=one.id, stage="shown", why=f"it stood at place {item.position}", position=item.position)
    if one.stage != "shown":
        return one
    if any(item.position == one.position and _EXPLORED in item.source for item in slate.items):
        why = f"its place, {one.position}, was left to chance"
        return msgspec.structs.replace(one, stage="chance", why=why, position=None)
    why = f"asked again it stands at place {one.position}: what kept it out then holds no longer"
    return msgspec.structs.replace(one, stage="shown_now", why=why)
