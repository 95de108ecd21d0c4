"""WooCommerce's product CSV: simple products, and variations that take from their parent what they do not say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from penchant.catalog.feeds.attributes import free_attributes
from penchant.catalog.feeds.cells import Cells, Told, category_path
from penchant.catalog.feeds.columns import column_of
from penchant.catalog.feeds.entry import Dialect, Entry, Options, Refused
from penchant.catalog.feeds.firsts import Firsts
from penchant.catalog.feeds.merchant_words import read_gtin
from penchant.catalog.feeds.offer import read_offer
from penchant.catalog.feeds.option_words import field_of_option
from penchant.catalog.feeds.prose import one_line, plain_text
from penchant.catalog.feeds.spool import Spool
from penchant.catalog.feeds.table import read_table
from penchant.catalog.feeds.unpacked import unpacked
from penchant.catalog.feeds.wrong import Wrong, shown
from penchant.errors import FeedFailed

NAME = "woocommerce"
_LINE = "#line"
"""Key under which a row that waits keeps its line; no column is called so."""
_GTIN = ("gtin, upc, ean, or isbn", "meta: _global_unique_id", "meta: _gtin", "meta: hwp_product_gtin")
_COST = ("cost of goods", "meta: _wc_cog_cost", "meta: _cogs_total_value")
_ATTRIBUTE = re.compile(r"attribute (\d+) name")
_INHERITED = frozenset(
    ["name", "short description", "categories", "tags", "brands", "images", "visibility in catalog", "is featured?"]
)
_COMMA = re.compile(r"(?<!\\),")
_PHP = re.compile(r"[aOsbid]:\d+[:;]")


def read_woocommerce(file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    """Read WooCommerce's export. Parents and variations that come before theirs wait on disk.

    Raises:
        FeedFailed: It is no such export, or breaks off.
    """
    told = Told(options, NAME)
    table = read_table(unpacked(file, NAME), NAME, options.encoding)
    words = [" ".join(column.casefold().split()) for column in table.columns]
    if "type" not in words or not {"id", "sku"} & set(words):
        raise FeedFailed(NAME, "read", 'the table has no columns "Type" and "ID" or "SKU"; export it in English')
    own_id = column_of("id", options.columns, table.columns, NAME)
    shop = _Shop(
        told,
        dict(zip(reversed(words), reversed(table.columns), strict=True)),
        None if own_id is None else words[own_id],
    )
    with Spool(NAME) as parents, Spool(NAME) as waiting:
        for line, row, problem in table.rows:
            values: dict[str, str] = {}
            for word, text in zip(words, row, strict=False):
                if text and not text.isspace():
                    values.setdefault(word, text)
            if problem:
                id = values.get("id", values.get("sku", "")).strip()
                yield Refused(line, id[:200], "", problem)
                continue
            kind = _kind(values)
            if kind == "parent":
                parents.keep(_names(values), values)
            elif kind == "variation":
                parent = parents.find(_parent(values))
                if parent is None:
                    waiting.keep((), values | {_LINE: str(line)})
                else:
                    yield shop.read(line, values, parent)
            elif kind == "product":
                yield shop.read(line, values, None)
        for values in waiting.every():
            yield shop.read(int(values[_LINE]), values, parents.find(_parent(values)))


def _kind(values: Mapping[str, str]) -> str:
    """What a row tells of: a `product`, a `variation`, their `parent`, or `nothing` that can be bought by itself."""
    types = [name.strip().casefold() for name in values.get("type", "simple").split(",")]
    if any(name.endswith("variation") for name in types):
        return "variation"
    if any(name.startswith("variable") for name in types):
        return "parent"
    return "nothing" if "grouped" in types else "product"


def _names(values: Mapping[str, str]) -> tuple[str, ...]:
    """What variations may call a parent."""
    id, sku = values.get("id", "").strip(), values.get("sku", "").strip()
    return (*([f"id:{id}"] if id else []), *([sku] if sku else []))


def _parent(values: Mapping[str, str]) -> str:
    return re.sub(r"^id:\s+", "id:", values.get("parent", "").strip())


class _Shop:
    """Makes entries of rows."""

    def __init__(self, told: Told, spelled: Mapping[str, str], id_word: str | None) -> None:
        self._told, self._spelled = told, spelled
        self._ids = (id_word,) if id_word else ("id", "sku")
        self._firsts = Firsts()

    def read(self, line: int, values: Mapping[str, str], parent: Mapping[str, str] | None) -> Entry | Refused:
        """One product or variation."""
        inherited = {word: text for word, text in (parent or {}).items() if word in _INHERITED}
        cells = Cells({word: (text,) for word, text in {**inherited, **values}.items()}, self._told, self._spelled)
        id = ""
        try:
            id = cells.id(*self._ids)
            if parent is None and _kind(values) == "variation":
                name = values.get("parent", "").strip()
                reason = f"its parent {shown(name)} is not in the file" if name else "a variation without a parent"
                raise Wrong(cells.word("parent"), reason)
            fields = _fields(cells, values, parent)
        except Wrong as wrong:
            return Refused(line, id, wrong.word, wrong.reason)
        first = self._firsts.take(id, line)
        if first is not None:
            return Refused(line, id, cells.word(self._ids[0]), f"the id stands already in line {first}")
        return Entry(line, id, "product", fields)


def _fields(cells: Cells, values: Mapping[str, str], parent: Mapping[str, str] | None) -> dict[str, Any]:
    categories = [path for text in _list(cells.raw("categories")) if (path := category_path(text))]
    images = re.split(r",\s+(?=https?:|/)|,(?=https?:)", cells.raw("images") or "")
    prose = values.get("description") or (parent or {}).get("description") or cells.raw("short description") or ""
    # The export writes newlines as \n.
    description = plain_text(prose.replace("\\r", "").replace("\\n", "\n"))
    fields: dict[str, Any] = {
        "title": cells.line("name"),
        "description": description,
        "url": cells.link("external url"),
        "image": cells.only("images", images[0]).link("images"),
        "category": categories[0] if categories else None,
        "brand": next(iter(_list(cells.raw("brands"))), None),
        "gtin": read_gtin(cells.line(*_GTIN)),
        "labels": list(dict.fromkeys(_list(cells.raw("tags")))),
    }
    if parent is not None:
        fields["group"] = (parent.get("id") or parent.get("sku") or "").strip()[:200]
    dates = (cells.moment("date sale price starts"), cells.moment("date sale price ends", end=True))
    spelled = (cells.word("regular price"), cells.word("sale price"), cells.word("cost of goods"))
    fields |= read_offer(
        cells.money("regular price"), cells.money("sale price"), cells.money(*_COST), dates=dates, words=spelled
    )
    fields |= _supply(cells, parent)
    if not _is_shown(cells, parent):
        fields["active"] = False
    pairs = [("sku", cells.line("sku") or ""), *(("categories", path) for path in categories[1:])]
    pairs += [("featured", "yes")] if cells.flag("is featured?") else []
    for name, texts in _attributes(values, parent).items():
        field = field_of_option(name)
        if field and len(texts) == 1 and not fields.get(field):
            fields[field] = texts[0]
        else:
            pairs += [(name, text) for text in texts]
    for word, text in values.items():
        if word.startswith("meta: ") and not word.startswith("meta: _") and not _PHP.match(text):
            pairs.append((cells.word(word).partition(":")[2].strip(), one_line(text)))
    fields["attributes"] = free_attributes(pairs)
    return {field: value for field, value in fields.items() if value not in (None, "", [], {})}


def _list(text: str | None) -> list[str]:
    """Values between commas; a name's own comma has a backslash before it."""
    parts = (one_line(part.replace("\\,", ",")) for part in _COMMA.split(text or ""))
    return [part for part in parts if part]


def _attributes(values: Mapping[str, str], parent: Mapping[str, str] | None) -> dict[str, list[str]]:
    """Values by name; of a parent only what the variation does not choose among."""
    own = _named(values)
    if parent is None:
        return own
    chosen = {name.casefold() for name in own}
    return {name: texts for name, texts in _named(parent).items() if name.casefold() not in chosen} | own


def _named(values: Mapping[str, str]) -> dict[str, list[str]]:
    named = {}
    for word, name in values.items():
        if found := _ATTRIBUTE.fullmatch(word):
            named[one_line(name)] = _list(values.get(f"attribute {found[1]} value(s)"))
    return named


def _supply(cells: Cells, parent: Mapping[str, str] | None) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    text = (cells.raw("stock") or "").casefold()
    source = cells
    if text == "parent" and parent is not None:
        source = Cells({word: (text,) for word, text in parent.items()}, cells.told, {})
        text = (source.raw("stock") or "").casefold()
    if text and text != "parent":
        fields["stock"] = source.count("stock")
    allowed = (source.raw("backorders allowed?") or "0").casefold() not in ("0", "no", "false")
    word = (cells.raw("in stock?") or "").casefold()
    if word in ("1", "yes", "true"):
        fields["availability"] = "backorder" if allowed and fields.get("stock") == 0 else "in_stock"
    elif word in ("0", "no", "false"):
        fields["availability"] = "out_of_stock"
    elif word:
        fields["availability"] = cells.availability("in stock?")
    return fields


def _is_shown(cells: Cells, parent: Mapping[str, str] | None) -> bool:
    published = (cells.raw("published") or "1", (parent or {}).get("published", "1").strip())
    hidden = (cells.raw("visibility in catalog") or "").casefold() == "hidden"
    return not hidden and all(text.casefold() in ("1", "yes", "true") for text in published)


DIALECT = Dialect(NAME, "WooCommerce's product export: simple products and variations.", ("product",), read_woocommerce)
