"""The demo brand: one shop, one channel, one academy, as the text of a penchant.toml."""

from __future__ import annotations

_DOMAINS = """\
# A brand with three sites. Each is a domain of its own: nothing learned on one is used on another.

[domains.shop]
pack = "product"

[domains.shop.evaluation]
test_days = 7
valid_days = 7
repeats = "allowed"      # people look again at what they looked at, and buy socks again

[domains.channel]
pack = "content"
region = "DE"

[domains.channel.evaluation]
test_days = 7
valid_days = 7
repeats = "new-only"

[domains.academy]
pack = "learning"
region = "DE"

[domains.academy.evaluation]
test_days = 14
valid_days = 7
repeats = "new-only"
"""

_PEOPLE = ("id", "event", "time", "user_id", "anonymous_id", "item")

_COLUMNS = {
    ("shop", "items"): (
        "id", "title", "url", "category", "brand", "group", "color", "price", "currency", "margin", "stock",
        "replenishable",
    ),
    ("shop", "events"): (*_PEOPLE, "quantity", "price", "currency", "order"),
    ("channel", "items"): (
        "id", "title", "url", "kind", "topics", "genre", "format", "creator", "length_s", "language", "published",
        "available_from", "available_until", "regions",
    ),
    ("channel", "events"): (*_PEOPLE, "progress"),
    ("academy", "items"): (
        "id", "title", "url", "series", "position", "prerequisites", "topic", "level", "length_s", "explains",
        "jurisdictions", "expires",
    ),
    ("academy", "events"): (*_PEOPLE, "progress"),
}  # fmt: skip
"""Columns of each file that its import takes; they bear the names of the fields."""

_ENDINGS = {"items": "jsonl", "events": "parquet"}


def configuration(data: str = "data") -> str:
    """The penchant.toml of a workspace with the three worlds.

    Args:
        data: Folder that holds what `write` wrote, `<data>/<domain>/items.jsonl` and `events.parquet`; relative paths
            count from the folder of penchant.toml.

    Returns:
        TOML text.
    """
    return _DOMAINS + "".join(_import(data, domain, kind, names) for (domain, kind), names in _COLUMNS.items())


def _import(data: str, domain: str, kind: str, names: tuple[str, ...]) -> str:
    columns = "".join(f'{name} = "{name}"\n' for name in names)
    return (
        f'\n[[imports]]\nname = "{domain}-{kind}"\ndomain = "{domain}"\nkind = "{kind}"\n'
        f'path = "{data}/{domain}/{kind}.{_ENDINGS[kind]}"\n\n[imports.columns]\n{columns}'
    )
