"""What reasons say, by language: codes stay, texts change.

A text is a constant. Nothing of an item, a person or a number is ever put into one, so none can tell what is private.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from penchant.pack import Pack, Placement
from penchant.placements.reasons import by_kind
from penchant.placements.told import CHOSEN, POPULAR, PROMOTED
from penchant.slate import Reason, Slate

ENGLISH = "en"
"""The language that reasons are written in, and that answers where another one has no text."""

SHIPPED: Mapping[str, Mapping[str, str]] = {
    "de": {
        "ahead": "andere sind gerade dort angekommen",
        "alike": "ähnlich wie das, dem du dich zugewandt hast",
        "alike_to_it": "dem sehr ähnlich",
        "chosen": "von der Redaktion ausgewählt",
        "chosen_after": "wird oft nach dem gewählt, dem du dich zuletzt zugewandt hast",
        "chosen_after_it": "wird oft danach gewählt",
        "chosen_together": "wird oft zusammen damit gewählt",
        "chosen_with_yours": "wird oft zusammen mit dem gewählt, was du gewählt hast",
        "goes_with": "passt zu dem, was du gewählt hast",
        "popular": "viele wählen es",
        "promoted": "von der Redaktion hervorgehoben",
        "similar_taste": "von Menschen mit ähnlichem Geschmack gewählt",
        "trending": "gerade öfter gewählt als zuvor",
    }
}
"""Texts of the reasons that every pack has; a pack's own stand before them."""


def reasons_of(pack: Pack, placements: Iterable[Placement] = ()) -> tuple[Reason, ...]:
    """Every reason that an answer may have, in English: general ones, of features, of sources.

    Args:
        pack: The pack.
        placements: Further ones than those it ships.
    """
    features = (one.reason for one in pack.telling if one.reason is not None)
    sources = (source for placement in (*pack.placements, *placements) for source in placement.sources)
    told = (Reason(*source.reason) for source in sources if source.reason)
    return tuple(dict.fromkeys((*by_kind(), POPULAR, CHOSEN, PROMOTED, *features, *told)))


def codes_of(pack: Pack, placements: Iterable[Placement] = ()) -> dict[str, str]:
    """Every code that an answer may have, with its English text; where there are several, that of a source."""
    return {reason.code: reason.text for reason in reasons_of(pack, placements)}


@dataclass(frozen=True)
class Texts:
    """Texts of one domain.

    Attributes:
        tables: By language, in lower case, and in it by code.
        default: The language of requests that name none.
    """

    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    default: str = ENGLISH

    @classmethod
    def of(cls, pack: Pack, own: Mapping[str, Mapping[str, str]], default: str = ENGLISH) -> Texts:
        """What ships, with what a domain says over it.

        Args:
            pack: The domain's pack.
            own: By language and code.
            default: The language of requests that name none.
        """
        tables: dict[str, dict[str, str]] = {}
        for told in (SHIPPED, pack.texts, own):
            for language, texts in told.items():
                tables.setdefault(language.lower(), {}).update(texts)
        return cls(tables, default)

    def table(self, language: str | None = None) -> Mapping[str, str]:
        """Texts by code in a language, or in the nearest one there is: of `de-AT` those of `de`, where it has none."""
        wanted = (language or self.default).lower()
        parts = wanted.split("-")
        found: dict[str, str] = {}
        for length in range(1, len(parts) + 1):
            found |= self.tables.get("-".join(parts[:length]), {})
        return found if found or parts[0] == ENGLISH else self.tables.get(ENGLISH, {})

    def said(self, slate: Slate, language: str | None = None) -> Slate:
        """A slate with its reasons in a language; what that has no text for stays in English."""
        table = self.table(language)
        if not table:
            return slate
        english = self.tables.get(ENGLISH, {})
        replace = msgspec.structs.replace

        def told(reason: Reason) -> Reason:
            text = table.get(reason.code) or english.get(reason.code)
            return reason if text is None else Reason(reason.code, text)

        return replace(slate, items=tuple(replace(i, reasons=tuple(map(told, i.reasons))) for i in slate.items))
