"""Preferences: what people say they like, checked against the catalog, and the questions that find it out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import numpy as np

from penchant.catalog import ItemTable, Question, Schema, questions
from penchant.clock import Clock
from penchant.errors import InvalidRequest, NotFound, choices, nearest
from penchant.events import Event, Role, Trait
from penchant.pack import Pack
from penchant.people import ITEMS, TAKEN_BACK, Likes, Value, likes_of, profile, trait_of
from penchant.serving.live import View
from penchant.storage import Fate, Store

SOURCE = "api"
"""Source of what people say here."""
MOST = 100
"""Values of one field, and items, at most."""

_SPEAKS = (Role.GOAL, Role.STRONG, Role.WEAK)
_DAYS = 28.0
_MANY = 5_000
"""Names among which the nearest is still looked for."""
_ASKABLE = ("category", "tags", "number")


class Preferred(Protocol):
    """A domain, as far as preferences need to know it."""

    @property
    def pack(self) -> Pack:
        """What makes two of its items alike."""
        ...

    @property
    def schema(self) -> Schema:
        """Columns of its items."""
        ...


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What one person likes in one domain.

    Attributes:
        domain: Domain name.
        likes: Values by field; of numbers a number, or a range of two ends, of which None is open.
        items: Ids of single items.
    """

    domain: str
    likes: dict[str, tuple[Value, ...]] = {}
    items: tuple[str, ...] = ()


class Preferences:
    """Keeps what people like as traits of theirs, so that it is exported, merged and erased with them.

    What was said here is obeyed by the next request. Safe to call from several threads.
    """

    def __init__(
        self,
        store: Store,
        domains: Mapping[str, Preferred],
        view: Callable[[str], View],
        clock: Clock,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        """Take the parts.

        Args:
            store: Where traits are kept.
            domains: By name.
            view: A domain as it stands now.
            clock: Tells when.
            token: Gives random text, for the ids of messages.
        """
        self._store, self._domains, self._view = store, domains, view
        self._clock, self._token = clock, token
        self._asked: dict[str, tuple[ItemTable, tuple[Question, ...]]] = {}

    def questions(self, domain: str) -> tuple[Question, ...]:
        """What to ask somebody of whom nothing is known; worked out anew when the catalog changed.

        Raises:
            NotFound: No such domain.
        """
        pack = self._domain(domain).pack
        view = self._view(domain)
        table = view.parts.table
        kept = self._asked.get(domain)
        if kept is None or kept[0] is not table:
            kept = self._asked[domain] = (table, questions(table, pack.attributes, self._liked(view)))
        return kept[1]

    def choose(
        self, domain: str, actor: str, likes: Mapping[str, Sequence[object]], items: Sequence[str] | None = None
    ) -> Preference:
        """Keep what a person likes; fields that are not named stay as they are, and an empty list takes one back.

        Args:
            domain: Domain name.
            actor: Whose word it is, as `user:42` or `anon:f3`.
            likes: Values by field.
            items: Ids of single items; None leaves them as they are.

        Raises:
            NotFound: No such domain.
            InvalidRequest: A field is none that can be liked, no item has a value, or the person was erased.
            StorageError: Nothing was kept.
        """
        setup = self._domain(domain)
        table = self._view(domain).parts.table
        told: dict[str, list[Any]] = {}
        for field, values in likes.items():
            self._check_field(setup, field)
            if len(values) > MOST:
                raise InvalidRequest(f"likes.{field}", f"must have at most {MOST} values")
            told[field] = [_checked(table, field, value, f"likes.{field}[{i}]") for i, value in enumerate(values)]
        if items is not None:
            if len(items) > MOST:
                raise InvalidRequest("items", f"must have at most {MOST} ids")
            for i, item in enumerate(items):
                if (row := table.row(item)) < 0 or not table.present[row]:
                    raise InvalidRequest(f"items[{i}]", _none("item", item, table.ids), item)
            told[ITEMS] = list(items)
        if not told:
            raise InvalidRequest("likes", "must name a field, or items")
        self._keep(domain, actor, {field: values or None for field, values in told.items()})
        return self.chosen(domain, actor)

    def chosen(self, domain: str, actor: str, *, alone: bool = False) -> Preference:
        """What a person likes.

        Args:
            domain: Domain name.
            actor: Any of their ids.
            alone: Look at what was said under this one id, and not at what other ids of the person said.

        Raises:
            NotFound: No such domain.
        """
        self._domain(domain)
        likes = dict(self._likes(domain, actor, alone))
        items = tuple(item for item in likes.pop(ITEMS, ()) if isinstance(item, str))
        return Preference(domain=domain, likes=likes, items=items)

    def forget(self, domain: str, actor: str, *, alone: bool = False) -> Preference:
        """Take back everything that a person said they like; what is left, which is nothing.

        Args:
            domain: Domain name.
            actor: Any of their ids.
            alone: Take back what was said under this one id alone.

        Raises:
            NotFound: No such domain.
            InvalidRequest: The person was erased.
            StorageError: Nothing was changed.
        """
        self._domain(domain)
        said = self._likes(domain, actor, alone)
        if said:
            self._keep(domain, actor, dict.fromkeys(said))
        return self.chosen(domain, actor, alone=alone)

    def _likes(self, domain: str, actor: str, alone: bool) -> Likes:
        actors = [actor] if alone else self._store.actors(actor)
        facts = profile(self._store.traits(actors))
        begins = trait_of(domain, "")
        return likes_of(
            domain, {name: msgspec.json.decode(fact.value) for name, fact in facts.items() if name.startswith(begins)}
        )

    def _keep(self, domain: str, actor: str, told: Mapping[str, list[Any] | None]) -> None:
        now = int(self._clock.now() * 1000)
        traits = {trait_of(domain, field): values for field, values in told.items()}
        said = [
            Trait(actor, name, TAKEN_BACK if values is None else msgspec.json.encode(values), now, SOURCE)
            for name, values in traits.items()
        ]
        kind, _, bare = actor.partition(":")
        user, anonymous = (bare, None) if kind == "user" else (None, bare)
        event = Event(
            domain,
            SOURCE,
            f"{SOURCE}-{self._token()}",
            0,
            "Person Identified",
            user,
            anonymous,
            now,
            now,
            properties={"traits": traits},
        )
        [fate] = self._store.append([event], traits=said)
        if fate is Fate.ERASED:
            raise InvalidRequest("user_id" if user else "anonymous_id", "was erased")

    def _domain(self, name: str) -> Preferred:
        if name not in self._domains:
            raise NotFound("domain", name, self._domains)
        return self._domains[name]

    def _liked(self, view: View) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """What people did with each item of late, shape (n_items,)."""
        liked = np.zeros(len(view.parts.table))
        statistics = view.counted.statistics
        counted = statistics.snapshot(self._clock.now()).of(_SPEAKS, _DAYS) if len(statistics) else np.zeros(0)
        n = min(len(liked), len(counted))
        liked[:n] = counted[:n]
        return liked

    @staticmethod
    def _check_field(setup: Preferred, field: str) -> None:
        """Refuse what is no field that somebody can like values of."""
        able = {one.field for one in setup.pack.attributes if one.kind != "text" and one.asked}
        able |= {
            path for path, kind in setup.schema.columns.items() if path.startswith("attributes.") and kind in _ASKABLE
        }
        if field not in able:
            raise InvalidRequest(f"likes.{field}", _none("field to like", field, able), field)


def _checked(table: ItemTable, field: str, value: object, place: str) -> object:
    """A value that some item has, as it is kept.

    Raises:
        InvalidRequest: None has it, or it is of another kind than the field.
    """
    if table.schema.column(field) == "number":
        [read] = likes_of("", {trait_of("", field): [value]}).get(field, (None,))
        if read is None or isinstance(read, str):
            raise InvalidRequest(place, "must be a number, or a range of two numbers of which one may be null", value)
        if isinstance(read, tuple) and None not in read and read[0] > read[1]:  # type: ignore[operator]
            raise InvalidRequest(place, "must have its lower end first", value)
        return list(read) if isinstance(read, tuple) else read
    if not isinstance(value, str):
        raise InvalidRequest(place, "must be text", value)
    column = table.tags(field)
    known = column.below(value) if field in table.schema.kind.paths else [column.find(value)]
    if not any(code >= 0 for code in known):
        raise InvalidRequest(place, _none(field, value, column.names), value)
    return value


def _none(kind: str, name: str, have: Collection[str]) -> str:
    """What to say of a name that nothing bears."""
    near = nearest(name, have) if len(have) <= _MANY else None
    told = f" (have: {choices(have)})" if len(have) <= _MANY and kind != "item" else ""
    hint = f'; did you mean "{near}"?' if near else ""
    return f"must be one that there is: no {kind} is called that{hint}{told}"
