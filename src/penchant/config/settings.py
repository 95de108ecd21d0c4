"""What penchant.toml may say: every key, its type, its bounds and its default, once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

MOST_WORKERS = 64
"""Processes that one `penchant serve` begins."""

Name = Annotated[
    str,
    Meta(
        pattern=r"\A[a-z][a-z0-9_-]{0,62}\Z",
        description="a name of lower-case letters, digits, - and _ that starts with a letter (at most 63)",
    ),
]
Text = Annotated[str, Meta(min_length=1)]
Moment = Annotated[str, Meta(description="a moment as in 2026-11-01 or 2026-11-01T08:00:00Z", extra={"moment": True})]
Language = Annotated[
    str,
    Meta(pattern=r"\A[a-z]{2,3}(-[a-z0-9]{2,8})*\Z", description="a language as in en, de or pt-br, in small letters"),
]
ReasonText = Annotated[str, Meta(min_length=1, max_length=200)]
Days = Annotated[float, Meta(gt=0)]
Length = Annotated[
    str, Meta(pattern=r"\A[1-9]\d{0,5}[smhd]\Z", description="a length of time as in 90s, 30m, 6h or 1d")
]


class _Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, and no key that is not declared."""


class Storage(_Settings, frozen=True, kw_only=True):
    """`[storage]`: where things lie; relative paths count from the folder of penchant.toml.

    Attributes:
        url: Operational store, `sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/DATABASE`; `${NAME}` is taken from
            the environment, so that a password need not stand in the file.
        lake: Folder of the Parquet lake.
        releases: Folder of releases.
        rejected: Folder for the rows that imports refused.
    """

    url: Annotated[
        str,
        Meta(
            pattern=r"\A(sqlite:///[^:?]+|postgres(ql)?://.+)\Z",
            description="sqlite:///FILE or postgresql://HOST/DATABASE",
        ),
    ] = "sqlite:///penchant.db"
    lake: Text = "lake"
    releases: Text = "releases"
    rejected: Text = "rejected"


class Server(_Settings, frozen=True, kw_only=True):
    """`[server]`.

    Attributes:
        host: Address to listen on.
        port: TCP port; 0 picks a free one.
        open: Answer without keys; only on loopback, to try things out.
        origins: Pages whose browsers may ask, as in `https://shop.example`; `*` is every page.
        workers: Processes that answer; each takes a core and memory of its own.
    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    open: bool = False
    origins: tuple[Text, ...] = ("*",)
    workers: Annotated[int, Meta(ge=1, le=MOST_WORKERS)] = 1


class Limits(_Settings, frozen=True, kw_only=True):
    """`[limits]`: what one request may bring, and how much is taken at once.

    Attributes:
        body_mb: Largest request body, unpacked.
        batch: Most messages in one batch.
        message_kb: Largest message.
        bulk_mb: Largest body of a bulk change of items, unpacked.
        depth: Deepest nesting of a message.
        text: Longest text in a message, in characters.
        public_rate: Requests a second of each `pk_` key; more are answered with 429.
        server_rate: Requests a second of each other key.
        queue: Messages that may wait for the disk; more are answered with 503.
        failed: Failed messages kept.
        failed_days: Days they are kept.
        old_days: Events older than this are marked `old`.
    """

    body_mb: Annotated[int, Meta(ge=1, le=64)] = 4
    batch: Annotated[int, Meta(ge=1, le=100_000)] = 2_500
    bulk_mb: Annotated[int, Meta(ge=1, le=1_024)] = 64
    message_kb: Annotated[int, Meta(ge=1, le=1_024)] = 64
    depth: Annotated[int, Meta(ge=4, le=100)] = 20
    text: Annotated[int, Meta(ge=100, le=1_000_000)] = 16_384
    public_rate: Annotated[int, Meta(ge=1)] = 2_000
    server_rate: Annotated[int, Meta(ge=1)] = 20_000
    queue: Annotated[int, Meta(ge=100)] = 50_000
    failed: Annotated[int, Meta(ge=100)] = 100_000
    failed_days: Days = 90.0
    old_days: Days = 30.0


class ConsentDefaults(_Settings, frozen=True, kw_only=True):
    """`[consent]`: what holds for people who have said nothing.

    Attributes:
        analytics: Their events may be collected.
        personalization: What they did may shape what they see, and models may learn from it.
        email: They may be written to.
        ads: They may be shown personal ads.
    """

    analytics: bool = True
    personalization: bool = True
    email: bool = False
    ads: bool = False


class SourceSettings(_Settings, frozen=True, kw_only=True):
    """`[sources.NAME]`: one sender of events; each domain has one of its own name without being told.

    Attributes:
        domain: The domain its events belong to.
        item_ids: Properties that hold the item's id, the strongest first; the vocabulary's order when empty.
        page_views: A page or screen that names an item counts as a view of it.
        user_ids: `signed`: a browser key speaks for a known person only with an identity token, and without one its
            events count for the anonymous id; `trusted`: whatever user id it sends is believed.
        unknown_items: `keep` events about items the catalog does not have, or let them `fail`.
        consent: Purpose of each of the site's consent categories, by the category's name.
    """

    domain: Name
    item_ids: tuple[Text, ...] = ()
    page_views: bool = False
    user_ids: Literal["signed", "trusted"] = "signed"
    unknown_items: Literal["keep", "fail"] = "keep"
    consent: dict[str, Literal["analytics", "personalization", "email", "ads"]] = {}


class Training(_Settings, frozen=True, kw_only=True):
    """`[training]`.

    Attributes:
        threads: Most threads a fit may use.
        seed: Seed of all randomness.
        keep: Releases kept per domain.
    """

    threads: Annotated[int, Meta(ge=1, le=256)] = 2
    seed: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 7
    keep: Annotated[int, Meta(ge=2, le=100)] = 5


class Evaluation(_Settings, frozen=True, kw_only=True):
    """`[domains.NAME.evaluation]`: the global temporal split.

    A window starts at a moment (`test_from`, `valid_from`) or a length in days before its end (`test_days`,
    `valid_days`), not both; the validation window ends where the test window starts.

    Attributes:
        valid_from: Start of the validation window; choices are made on it.
        test_from: Start of the test window; models reported are fitted on everything before.
        test_until: End of the test window; the end of the data when missing.
        test_days: Length of the test window.
        valid_days: Length of the validation window.
        windows: Test windows that follow each other, the last one reported and the earlier ones beside it; fewer where
            the data does not allow that many.
        repeats: `allowed`: what a person already had may be recommended and counts; `new-only`: it is taken out of
            list and target.
        max_people: Most people judged, drawn with the training seed; bounds the time an evaluation takes.
    """

    valid_from: Moment | None = None
    test_from: Moment | None = None
    test_until: Moment | None = None
    test_days: Days | None = None
    valid_days: Days | None = None
    windows: Annotated[int, Meta(ge=1, le=12)] = 3
    repeats: Literal["allowed", "new-only"] = "new-only"
    max_people: Annotated[int, Meta(ge=10)] = 20_000


class FreshnessSettings(_Settings, frozen=True, kw_only=True):
    """`[domains.NAME.freshness]`: how old what serves may be; `penchant schedule` trains by it.

    Attributes:
        train: A release is due for training at this age; the pack's own goal when missing.
        stale: At this age it is stale, and an alarm is raised; twice `train` when missing.
        events: It is due as soon as so many events came after it, however young it is; only age counts when missing.
        least: It is never due for its events before this age.
    """

    train: Length | None = None
    stale: Length | None = None
    events: Annotated[int, Meta(ge=1)] | None = None
    least: Length = "1h"


class Feeds(_Settings, frozen=True, kw_only=True):
    """`[feeds]`: how feeds are pulled; which feeds there are, `penchant feeds` knows.

    Attributes:
        pull: The server pulls feeds when they are due.
        private: Hosts that feeds may be pulled from although their address is private, as in `pim.internal` or
            `127.0.0.1:8080`.
        most_mb: Largest feed, unpacked.
        seconds: Longest time that pulling one may take.
    """

    pull: bool = True
    private: tuple[Text, ...] = ()
    most_mb: Annotated[int, Meta(ge=1, le=10_000)] = 512
    seconds: Annotated[int, Meta(ge=1, le=86_400)] = 600


class ObjectiveSettings(_Settings, frozen=True, kw_only=True):
    """`[domains.NAME.objectives.OBJECTIVE]`: a formula of the domain's own; any other key is a constant it names.

    Of an objective that the pack ships, its constants and `loss` alone may be set.

    Attributes:
        formula: Value of showing an item, over heads, number fields of items, features and constants.
        about: One sentence: what a higher value means.
        goal: Head that relevance means; that of the pack's first objective when missing.
        loss: Share of NDCG@10 that the formula may cost against ranking by `goal` alone.
        version: To be raised with every change, so that records tell which one was in force.
    """

    formula: Text
    about: str = ""
    goal: Text | None = None
    loss: Annotated[float, Meta(ge=0, le=1)] = 0.03
    version: Annotated[int, Meta(ge=1)] = 1


class Domain(_Settings, frozen=True, kw_only=True):
    """`[domains.NAME]`: one site's use of a pack.

    Attributes:
        pack: `product`, `content` or `learning`, or one found through the entry point `penchant.packs`.
        objective: Which objective ranks, the pack's or the domain's own; the pack's first when missing.
        region: Default region of a request, for rights and sellable regions.
        segments: Traits of people by whose values what is popular is counted, as in `["age_band", "language"]`.
        attributes: Free fields of items that can be filtered by, and what each holds.
        objectives: `[domains.NAME.objectives.OBJECTIVE]`: constants of the pack's, and formulas of its own.
        models: `[domains.NAME.models.MODEL]`: hyper-parameters over the pack's own; with `kind`, a model of its own.
        evaluation: How this domain is judged.
        freshness: How old its releases may be.
        explore: Share of places that is left to chance in placements that learn, so that more is learned than what is
            shown anyway; the pack's when missing, and 0 leaves nothing to chance anywhere in the domain.
        language: Language of reasons where a request names none.
        reasons: `[domains.NAME.reasons.LANGUAGE]`: what reasons say, by code.
    """

    pack: Name
    objective: Name | None = None
    region: Text | None = None
    segments: Annotated[tuple[Text, ...], Meta(max_length=5)] = ()
    attributes: dict[str, Literal["text", "tags", "number", "flag", "time"]] = {}
    objectives: dict[Name, dict[str, Any]] = {}
    models: dict[str, dict[str, Any]] = {}
    evaluation: Evaluation = Evaluation()
    freshness: FreshnessSettings = FreshnessSettings()
    explore: Annotated[float, Meta(ge=0, le=0.2)] | None = None
    language: Language = "en"
    reasons: dict[Language, dict[str, ReasonText]] = {}


class PlacementSettings(_Settings, frozen=True, kw_only=True):
    """`[placements.NAME]`: a placement of a domain, from one the pack ships. What is left out is as there.

    Attributes:
        domain: The domain it belongs to.
        like: The pack's placement it starts from; its own name when missing.
        about: One sentence for people who choose placements.
        size: Items when the request does not say.
        objective: Objective over the domain's.
        budget_ms: Time for one answer.
        caps: Most items of one value, by field: `{ brand = 3 }`.
        filter: Only items that this filter lets through are shown: `{ field = "price", range = [5, 500] }`.
        needs: What a request must bring: `person`, `item`.
        sources: Retrievers, whose candidates are merged, as in docs/placements.md.
        constraints: Names of the pack's constraints that hold here.
        fallback: Models tried in turn for what is still empty.
        fills: Whether the fallback chain fills what sources leave empty.
        learns: The task it is judged by, and its blend is learned for; `none` for an answer that is no guess.
        order: How items stand of which no event tells anything: `{ by = ["-rating"], turns = "category" }`.
        diversity: Keeps the slate from being all of one kind: `{ field = "topics", weight = 0.2 }`, or `none`.
        freshness: How items lose worth as they grow old: `{ field = "published", half_life_days = 7 }`, or `none`.
        explore: Share of its places that is left to chance, over the domain's.
    """

    domain: Name
    like: Name | None = None
    about: Text | None = None
    size: Annotated[int, Meta(ge=1, le=200)] | None = None
    objective: Name | None = None
    budget_ms: Annotated[int, Meta(ge=1, le=60_000)] | None = None
    caps: dict[str, Annotated[int, Meta(ge=1)]] = {}
    filter: dict[str, Any] | None = None
    needs: tuple[Literal["person", "item"], ...] | None = None
    sources: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1, max_length=20)] | None = None
    constraints: tuple[Name, ...] | None = None
    fallback: tuple[Name, ...] | None = None
    fills: bool | None = None
    learns: Literal["next", "new", "again", "together", "following", "none"] | None = None
    order: dict[str, Any] | None = None
    diversity: dict[str, Any] | Literal["none"] | None = None
    freshness: dict[str, Any] | Literal["none"] | None = None
    explore: Annotated[float, Meta(ge=0, le=0.2)] | None = None


class Value(_Settings, frozen=True, kw_only=True, tag_field="column", tag="value"):
    """A constant in a mapping: `{ value = "Order Completed" }`.

    The tag is how msgspec tells it from `Sql`; in the file the one key says which of the two it is.

    Attributes:
        value: The constant.
    """

    value: str | int | float | bool


class Sql(_Settings, frozen=True, kw_only=True, tag_field="column", tag="sql"):
    """An expression in a mapping, in DuckDB's SQL over the file's columns: `{ sql = "num(Quantity) * -1" }`.

    Attributes:
        sql: The expression.
    """

    sql: Text


Column = Text | Value | Sql


class Exclusion(_Settings, frozen=True, kw_only=True):
    """Rows to leave out on purpose; they are counted under `reason` and are no errors.

    Attributes:
        reason: Words for the report.
        sql: True for rows to leave out.
    """

    reason: Text
    sql: Text


class ExperimentSettings(_Settings, frozen=True, kw_only=True):
    """`[experiments.NAME]`: some people are shown another placement in place of the one that is asked for.

    Attributes:
        domain: The domain it belongs to.
        placement: What requests ask for; one experiment at a time for each.
        arms: Weight of each placement that fills it, by name: `{ home = 1, home-by-profit = 1 }`.
        share: Share of the people who take part; the others see the placement as it is. It may grow, and who takes part
            goes on to.
        salt: A word that luck depends on; the name of the domain when missing. Another one draws anew.
    """

    domain: Name
    placement: Name
    arms: Annotated[dict[Name, Annotated[float, Meta(gt=0)]], Meta(min_length=2, description="at least two placements")]
    share: Annotated[float, Meta(ge=0, le=1)] = 1.0
    salt: Text | None = None


class Import(_Settings, frozen=True, kw_only=True):
    """`[[imports]]`: one file (or glob) and how its columns map to events or items.

    Attributes:
        name: Name of the import; it is also the source of its events.
        domain: Where the rows go.
        kind: `events` or `items`.
        path: File or glob; relative paths count from the folder of penchant.toml, `${NAME}` is taken from the
            environment.
        format: By the file's ending when missing.
        query: SQL over the view `input` (the file) for what a column mapping alone cannot say.
        columns: Field = column name, constant, or expression. Events: event, time, user_id, anonymous_id, id, item,
            quantity, price, currency, order, progress, slate, position. Items: the fields of the pack's item type.
        exclude: Rows to leave out on purpose.
        timezone: Zone of times that carry none.
        separator: Separator of list values in items, such as topics, when the column is text.
    """

    name: Name
    domain: Name
    kind: Literal["events", "items"] = "events"
    path: Text
    format: Literal["parquet", "csv", "jsonl"] | None = None
    query: Text | None = None
    columns: dict[str, Column]
    exclude: tuple[Exclusion, ...] = ()
    timezone: Text = "UTC"
    separator: Text = "|"


class Settings(_Settings, frozen=True, kw_only=True):
    """All of penchant.toml.

    Attributes:
        storage: Where things lie.
        server: How the server listens.
        limits: What one request may bring.
        consent: What holds for people who have said nothing.
        training: How models are fitted.
        domains: The sites, by name; at least one.
        sources: Senders of events, by name, beside one for each domain.
        feeds: How feeds are pulled.
        placements: Slots, by name, over those the packs ship.
        experiments: Who is shown which placement, by name.
        imports: Files to take events and items from.
    """

    storage: Storage = Storage()
    server: Server = Server()
    limits: Limits = Limits()
    consent: ConsentDefaults = ConsentDefaults()
    training: Training = Training()
    domains: Annotated[dict[Name, Domain], Meta(min_length=1, description="a table with at least one [domains.NAME]")]
    sources: dict[Name, SourceSettings] = {}
    feeds: Feeds = Feeds()
    placements: dict[Name, PlacementSettings] = {}
    experiments: dict[Name, ExperimentSettings] = {}
    imports: tuple[Import, ...] = ()
