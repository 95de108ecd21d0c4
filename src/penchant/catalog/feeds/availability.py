"""Whether a product can be had, in the words of feeds and of schema.org."""

from __future__ import annotations

import re
from typing import Literal

from penchant.catalog.feeds.wrong import shown

Availability = Literal["in_stock", "out_of_stock", "preorder", "backorder"]

_WORDS: dict[str, Availability] = {
    "instock": "in_stock",
    "available": "in_stock",
    "availablefororder": "in_stock",
    "limitedavailability": "in_stock",
    "limitedstock": "in_stock",
    "lowstock": "in_stock",
    "onlineonly": "in_stock",
    "instoreonly": "in_stock",
    "outofstock": "out_of_stock",
    "notinstock": "out_of_stock",
    "notavailable": "out_of_stock",
    "unavailable": "out_of_stock",
    "soldout": "out_of_stock",
    "discontinued": "out_of_stock",
    "reserved": "out_of_stock",
    "preorder": "preorder",
    "presale": "preorder",
    "comingsoon": "preorder",
    "backorder": "backorder",
    "onbackorder": "backorder",
    "availableonbackorder": "backorder",
    "madetoorder": "backorder",
}


def read_availability(text: str) -> Availability:
    """Read `in stock`, `in_stock`, `In Stock`, `https://schema.org/InStock` and their like.

    Raises:
        ValueError: The word is not known.
    """
    word = re.sub(r"[\s_\-]+", "", text.strip().rpartition("/")[2]).casefold()
    if word not in _WORDS:
        raise ValueError(f"{shown(text)} is no availability (have: in_stock, out_of_stock, preorder, backorder)")
    return _WORDS[word]
