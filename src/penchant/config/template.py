"""The penchant.toml that `penchant init` writes."""

from __future__ import annotations

from msgspec import inspect

from penchant.config.settings import Name
from penchant.config.shape import fits
from penchant.config.wording import described
from penchant.errors import InvalidRequest

_NAME = inspect.type_info(Name)

_TEMPLATE = """\
# penchant.toml: what this workspace is. `penchant check` reads it and tells every mistake at once, with its line.
# Lines that begin with "#" and a letter or bracket are settings that are switched off; those shown with "=" and
# a value have it as their default, unless it says otherwise. All keys: docs/configuration.md.
# Each key can be set from outside too: PENCHANT_SERVER__PORT=8080 sets port in [server].

[storage]
# Relative paths count from the folder of this file.
#url = "sqlite:///penchant.db"    # the operational store; PostgreSQL: docs/storage.md
#lake = "lake"                    # events and items as Parquet
#releases = "releases"            # what training made
#rejected = "rejected"            # rows that imports refused, with the reasons

[server]
#host = "127.0.0.1"
#port = 8000           # 0 picks a free one
#open = false          # true answers without keys, on loopback only; `penchant keys create` makes keys
#origins = ["*"]       # pages whose browsers may ask, such as "https://shop.example"
#workers = 1           # processes that answer, about one for each core

# What one request may bring, and how much is taken at once: docs/configuration.md lists all of it.
[limits]
#body_mb = 4
#batch = 2500
#public_rate = 2000    # requests a second of each browser key

# What holds for people who have said nothing.
[consent]
#analytics = true
#personalization = true
#email = false
#ads = false

[training]
#threads = 2
#seed = 7
#keep = 5              # releases kept per domain

# One block for each site. A pack says what kind of problem it is: "product", "content" or "learning".
[domains.{name}]
pack = "{pack}"
#region = "DE"                 # region of a request that names none (example)
#language = "en"               # of reasons, where a request names none

# What reasons say, by language and code (example); docs/explanations.md.
#[domains.{name}.reasons.en]          # (example)
#alike = "more like this"    # (example)

# A sender of events, when it differs from what is usual (example); keys name their source.
#[sources.web]                        # (example)
#domain = "{name}"                    # (example)
#item_ids = ["sku", "product_id"]    # properties that hold the item's id, the strongest first (example)
#page_views = true                   # a page that names an item is a view of it (example)

# Free fields of items that can be filtered by, and what each holds (example).
#[domains.{name}.attributes]
#grip = "number"       # (example)

# How feeds are pulled; `penchant feeds add` adds one.
[feeds]
#pull = true
#private = []          # hosts that may have a private address, such as "pim.internal"
#most_mb = 512
#seconds = 600

# How models are judged: on what came last. Without these lines the last tenth of the data, at most 14 days.
[domains.{name}.evaluation]
#test_days = 14        # (example)
#valid_days = 14       # (example)
#repeats = "new-only"  # "allowed": what a person already had may be recommended, and counts
#max_people = 20000

# How old what serves may be: `penchant schedule` trains by it. Without these lines the pack's own goal.
[domains.{name}.freshness]
#train = "1d"          # (example)
#stale = "2d"          # at this age an alarm is raised (example)
#events = 100000       # due after so many new events, however young (example)
#least = "1h"          # but never before this age

# A model's settings over those of the pack (example).
#[domains.{name}.models.popular-week]
#half_life_days = 14.0

# A placement of one's own, from one that the pack ships (example); without `like`, over the one of its own name.
#[placements.similar-few]
#domain = "{name}"
#like = "similar"
#size = 8
#budget_ms = 50

# Half of the people see another placement in place of the one that is asked for (example).
#[experiments.fewer]
#domain = "{name}"
#placement = "similar"
#arms = {{ similar = 1, similar-few = 1 }}

# Files to import: `penchant import` reads them, and maps columns to fields (examples).
#[[imports]]
#name = "{name}-items"
#domain = "{name}"
#kind = "items"
#path = "data/items.csv"
#columns.id = "item_id"
#columns.title = "name"

#[[imports]]
#name = "{name}-events"
#domain = "{name}"
#kind = "events"
#path = "data/events-*.parquet"
#columns.event = {{ value = "Product Viewed" }}    # a constant; {{ sql = "..." }} is an expression
#columns.time = "happened_at"
#columns.user_id = "customer"
#columns.item = "item_id"
"""


def template(name: str, pack: str = "product") -> str:
    """The commented file for a workspace with one domain.

    Args:
        name: Name of the domain.
        pack: Its pack.

    Raises:
        InvalidRequest: A name is none that the configuration takes.
    """
    for field, value in (("name", name), ("pack", pack)):
        if not fits(value, _NAME):
            raise InvalidRequest(field, f"must be {described(_NAME)}", value)
    return _TEMPLATE.format(name=name, pack=pack)
