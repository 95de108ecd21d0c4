"""The shape of a pack: what one kind of recommendation problem declares, and nothing that runs.

A pack is one frozen `PACK = Pack(...)`, found through the entry point `penchant.packs`. It reads no clock, no
store, no environment.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.catalog import Attribute, Item, ItemTable
from penchant.dataset import Queries
from penchant.events import Role, Signal
from penchant.features import Feature
from penchant.models import Recipe
from penchant.ranking import Head, Objective
from penchant.slate import Codes, Offsets


@dataclass(frozen=True)
class Facts:
    """What a constraint may know of one request.

    Attributes:
        queries: The request, a batch of one.
        region: Region code, as the catalog writes it, or None.
        context: What else the request said.
        person: What is known of the person: traits by name, `region`, and what the request's context says, as
            `context.NAME`. Traits are looked up only where something asks for them.
        unread: What of the person could not be read now: `history`, `traits`.
    """

    queries: Queries
    region: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()

    @property
    def now(self) -> float:
        """The moment of the request, Unix seconds."""
        return float(self.queries.now[0])


def nothing(facts: Facts) -> Hashable:
    """What a constraint reads of a request that looks at nothing but the moment."""
    return None


@dataclass(frozen=True)
class Kept:
    """What a constraint depends on that does not look at the person: while that stays, its answer does too.

    Attributes:
        times: Time fields of items. As the moment passes one of their values (`value <= now`) the answer may change,
            and at no other moment.
        asks: What it reads of the request beside the moment.
    """

    times: tuple[str, ...] = ()
    asks: Callable[[Facts], Hashable] = nothing


@dataclass(frozen=True)
class Constraint:
    """A hard rule. It is applied before ranking, so that slots fill, and again last of all.

    Attributes:
        name: Its name in placements and traces.
        about: What it keeps out, in a sentence.
        allow: Which rows of the table may be shown, shape (n_items,).
        needs_person: It reads `Facts.person`, so that traits are looked up for it.
        kept: What it depends on beside the catalog, so that its answer may be kept; None where it looks at the person
            or at their history.
        anyone: With `needs_person`, which rows may be shown whoever the person is. It is asked where traits cannot be
            read; where it is missing, nothing passes then.
    """

    name: str
    about: str
    allow: Callable[[ItemTable, Facts], NDArray[np.bool_]]
    needs_person: bool = False
    kept: Kept | None = None
    anyone: Callable[[ItemTable, Facts], NDArray[np.bool_]] | None = None


Task = Literal["next", "new", "again", "together", "following"]
"""What a placement is judged by on past data, and its blend is learned for.

`next`: what a person reaches a goal on, repeats among it. `new`: the same without what they had before. `again`: what
they had a goal on before, alone. `together`: given one item of a basket, the others of it. `following`: given the item
a person is at inside a session, what they turn to next.
"""

ABOUT_ITEMS: tuple[Task, ...] = ("together", "following")
"""Tasks whose requests name an item."""

REFERENCE = "reference"
"""Name of the release's part that holds how its training period looked, for `penchant drift`."""
BLEND = "blend"
"""Source name of the learned blend: in each placement, that of the placement's own task."""
HEAD = "head:"
"""What names of a release's parts that are heads begin with."""
STATISTICS = "statistics"
"""Name of the release's part that holds what is known of items."""
OBJECTIVES = "objectives"
"""Name of the release's part that holds relevance floors, chains that serve, and the codes of placements."""
EDITORIAL = "editorial"
"""Source name of editorial lists: rules with the action `list`."""
CURATED = "curated"
"""Source name of curated sets: rules with the action `set`, and items that say themselves which sets they are of."""
CHOSEN = "chosen"
"""Source name of what people said they like: items with the values they chose; it fades as their history grows."""
SEGMENT = "segment"
"""Source name of what is popular where, on what device and at what hours a request is made; it fades likewise."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One retriever of a placement.

    Attributes:
        model: Name of one of the pack's models, or one of five that are no models: `blend`, the domain's learned blend
            of them, which proposes nothing in a release that was not judged; `editorial`, the items of editorial
            lists; `curated`, the other items of curated sets; `chosen`, items with what the person said they like;
            `segment`, what is popular where and when the request is made. The last four need no release, and all of
            them but `segment` no event.
        reads: `person` proposes from the history; `seeds` from the items the request is about (when it names none,
            from the person's latest items); `both` adds the two.
        k: Candidates to fetch.
        weight: Share in relevance; higher counts more.
        slots: Places of a slate kept for this source's own best, when it has any.
        differs: A category field; only items that differ in it from what the request is about are taken: what goes
            with shoes is no other shoe.
        shares: A tags field, for `curated` alone: items that share a value of it with what the request is about are
            one set with it.
        first: Its items stand first, in its own order, whatever their value.
        reason: Code and text told when this source proposed the item.
    """

    model: str
    reads: Literal["person", "seeds", "both"] = "person"
    k: int = 200
    weight: float = 1.0
    slots: int = 0
    differs: str = ""
    shares: str = ""
    first: bool = False
    reason: tuple[str, str] | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How items stand of which no event tells anything.

    A field with a minus before its name stands highest (or newest) first, one without it lowest first; items that lack
    a field stand behind those that have it.

    Attributes:
        first: Fields that count before all else, turns included.
        by: Fields that count then, the most important first.
        turns: A category field whose values take turns: the best of each, then the second of each; none when empty.
        means: Fields that are means, each with the one that tells of how many: a mean of few is drawn to that of all.
    """

    first: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    turns: str = ""
    means: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field it names, without signs."""
        named = (*self.first, *self.by, self.turns, *(name for pair in self.means for name in pair))
        return tuple(dict.fromkeys(name.removeprefix("-") for name in named if name))


NO_ORDER = Order()
"""As the catalog has them."""


class Diversity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far a slate is kept from being all of one kind.

    Attributes:
        field: A text or tags field of items; items that share a value of it are of one kind.
        weight: Share of the choice that variety has beside value: 0 leaves the slate as value has it. No place goes to
            an item that is worth less than the best that would fit there by more than `weight / (1 - weight)` of what
            the best candidate is worth.
    """

    field: str
    weight: Annotated[float, Meta(ge=0, le=0.5)] = 0.2


class Ageing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How items lose worth as they grow old.

    Attributes:
        field: A time field of items: since when each is there.
        half_life_days: Days after which half of what age can take is taken.
        least: What the value of the oldest is multiplied by; 1 leaves all as they are.
        by: A text field whose values may age otherwise, as `format`.
        half_lives: Days by value of that field; `half_life_days` for all that are not named.
    """

    field: str
    half_life_days: Annotated[float, Meta(gt=0)]
    least: Annotated[float, Meta(ge=0, le=1)] = 0.5
    by: str = ""
    half_lives: dict[str, Annotated[float, Meta(gt=0)]] = {}


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """A named slot on a surface, as data.

    Attributes:
        name: As in `also-like`.
        about: One sentence for people who choose placements.
        needs: What a request must bring: `person`, `item`.
        sources: Retrievers, whose candidates are merged.
        constraints: Names of the pack's constraints that hold here.
        filter: A filter on item fields; what it does not let through is not shown, as with a hard constraint.
        caps: Most items of one value, by field.
        fallback: Models tried in turn for what is still empty; after the last, the catalog itself answers.
        fills: Whether the fallback chain fills what sources leave empty. Where it does not, fewer items are better than
            something else: what was begun, what is bought again.
        objective: The pack's first objective when empty.
        size: Items when the request does not say.
        budget_ms: Time for one answer.
        learns: What it is judged by on past data, and what the source `blend` is learned for here; None for a placement
            whose answer is no guess (bestsellers, editors' picks).
        order: How items stand of which no event tells anything; the pack's when None.
        diversity: How far the slate is kept from being all of one kind; None leaves it as value has it.
        freshness: How items lose worth as they grow old; None leaves age to what ranks.
        explore: Share of its places that is left to chance; the domain's where it learns, and 0 elsewhere, when None.
    """

    name: str
    about: str
    sources: tuple[Source, ...]
    needs: tuple[Literal["person", "item"], ...] = ()
    constraints: tuple[str, ...] = ()
    filter: dict[str, Any] | None = None
    caps: dict[str, int] = {}
    fallback: tuple[str, ...] = ("popular-week", "popular")
    fills: bool = True
    objective: str = ""
    size: int = 10
    budget_ms: int = 100
    learns: Task | None = None
    order: Order | None = None
    diversity: Diversity | None = None
    freshness: Ageing | None = None
    explore: float | None = None


@dataclass(frozen=True)
class Judged:
    """Lists and what really followed, as a metric sees them.

    Attributes:
        lists: Item codes, shape (n, k), best first; -1 is an empty place.
        queries: The n requests the lists answer.
        target_ptr: Target offsets, shape (n + 1,).
        targets: Item codes that followed.
        target_values: Money (price times pieces) of each target; NaN where unknown.
        table: The catalog.
        returned_ptr: Offsets of `returned`, shape (n + 1,).
        returned: Item codes that the goal was reached with, which was wholly taken back later; none is a target. None
            where nobody looked.
        begun_ptr: Offsets of `begun`, shape (n + 1,).
        begun: Item codes that anything spoke for afterwards, the targets among them. None where nobody looked.
    """

    lists: Codes
    queries: Queries
    target_ptr: Offsets
    targets: Codes
    target_values: NDArray[np.float32]
    table: ItemTable
    returned_ptr: Offsets | None = None
    returned: Codes | None = None
    begun_ptr: Offsets | None = None
    begun: Codes | None = None

    def row_of(self, ptr: Offsets) -> NDArray[np.int64]:
        """The row of each entry that these offsets divide."""
        return np.repeat(np.arange(len(self.lists)), np.diff(ptr))

    def shown(self, k: int, ptr: Offsets, items: Codes) -> NDArray[np.bool_]:
        """Which of these items, divided by `ptr` into rows, stand in the first k places of their row's list."""
        found: NDArray[np.bool_] = (self.lists[self.row_of(ptr), :k] == items[:, None]).any(axis=1)
        return found


@dataclass(frozen=True)
class Metric:
    """A number a domain is judged by.

    Attributes:
        name: Column name, as in `revenue@10`.
        about: One sentence with the unit.
        better: Which way is better.
        compute: One value a row of `lists`, float64; NaN where the metric says nothing.
    """

    name: str
    about: str
    better: Literal["higher", "lower"]
    compute: Callable[[Judged], NDArray[np.float64]]


@dataclass(frozen=True)
class Wanted:
    """Fields of items that something needs.

    Attributes:
        fields: Any of them does.
        why: What they are needed for, in a sentence.
    """

    fields: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Aim:
    """What an owner may want of a domain, and what reaching for it takes.

    Attributes:
        name: As people ask for it, as in `revenue`.
        about: One sentence.
        objective: The pack's objective that fits.
        metrics: Metrics of a report to watch, the most telling first.
        fields: What the catalog must tell.
        roles: What events must tell.
        priced: Whether goals need prices.
    """

    name: str
    about: str
    objective: str
    metrics: tuple[str, ...]
    fields: tuple[Wanted, ...] = ()
    roles: tuple[Role, ...] = ()
    priced: bool = False


@dataclass(frozen=True)
class Freshness:
    """How old what serves a domain may be, unless its owner says otherwise.

    Attributes:
        train: A release is due for training at this age, as in `6h` or `1d`.
        about: Why, in a sentence.
    """

    train: str = "1d"
    about: str = ""


@dataclass(frozen=True)
class Pack:
    """What differs between recommending products, content and learning.

    Attributes:
        name: As in `[domains.shop] pack = "product"`.
        about: One sentence.
        item: The item type.
        signals: How events are read; several may name one event when their progress ranges differ.
        goal: One sentence: the outcome the domain exists for.
        attributes: What makes two items alike.
        models: Recipes by name, with this pack's settings; `placements` and `baselines` refer to the names.
        baselines: Models that every report shows and a winner must beat.
        features: Features objectives and heads may use.
        objectives: Formulas; the first is the default.
        constraints: Hard rules placements may name.
        placements: What ships.
        metrics: The domain's own numbers, beside the ranking metrics that every domain has.
        aims: What owners may want, the usual one first; `penchant advise` weighs them against the data.
        heads: Outcomes that are learned; formulas name them.
        freshness: How old a release may be.
        order: How items stand of which no event tells anything.
        texts: What reasons say in other languages: by language, and in it by code.
        explore: Share of places that is left to chance in placements that learn, unless a domain says otherwise.
    """

    name: str
    about: str
    item: type[Item]
    signals: tuple[Signal, ...]
    goal: str
    attributes: tuple[Attribute, ...]
    models: Mapping[str, Recipe]
    baselines: tuple[str, ...]
    features: tuple[Feature, ...]
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...]
    placements: tuple[Placement, ...]
    metrics: tuple[Metric, ...]
    aims: tuple[Aim, ...] = ()
    heads: tuple[Head, ...] = ()
    freshness: Freshness = Freshness()
    order: Order = NO_ORDER
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    explore: float = 0.0

    @cached_property
    def telling(self) -> tuple[Feature, ...]:
        """Features whose reasons may be told: one that reads a private field of items would tell of it."""
        private = {*self.item.private, "attributes"}
        return tuple(
            one for one in self.features if not private.intersection(name.partition(".")[0] for name in one.reads)
        )

    @cached_property
    def said(self) -> Mapping[tuple[str, str], tuple[str, str]]:
        """The reason that the first source with one gives for a model, by the model's name and what is read of it."""
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for placement in self.placements:
            for source in placement.sources:
                for reads in ("person", "seeds") if source.reads == "both" else (source.reads,):
                    if source.reason:
                        found.setdefault((source.model, reads), source.reason)
        return found

    def roles(self, *wanted: Role) -> tuple[str, ...]:
        """Event names this pack reads with one of the wanted roles."""
        return tuple(dict.fromkeys(s.event for s in self.signals if s.role in wanted))
