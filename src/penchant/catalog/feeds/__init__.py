"""Feeds of items: each dialect reads a file into entries, in the words of the packs' item types."""

from __future__ import annotations

from collections.abc import Mapping

from penchant.catalog.feeds import json_ld, merchant, shopify, sitemap, syndication, tabular, woocommerce
from penchant.catalog.feeds.entry import Dialect, Entry, ItemKind, Options, Read, Refused

DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        merchant.DIALECT,
        shopify.DIALECT,
        woocommerce.DIALECT,
        tabular.DIALECT,
        syndication.RSS,
        syndication.ATOM,
        syndication.JSON_FEED,
        sitemap.DIALECT,
        json_ld.DIALECT,
    )
}
"""Every dialect, by name."""

__all__ = ["DIALECTS", "Dialect", "Entry", "ItemKind", "Options", "Read", "Refused"]
