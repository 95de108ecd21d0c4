"""What reasons say in other languages."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "alike": "ähnlich wie das, was du dir angesehen hast",
        "also_bought": "wer das gewählt hat, hat auch dies gewählt",
        "also_looked": "wird oft zusammen mit dem angesehen, was du gesehen hast",
        "bestseller": "diese Woche ein Bestseller",
        "bought_before": "das hast du schon einmal gekauft",
        "bought_together": "wird zusammen gekauft",
        "brand": "von einer Marke, die du magst",
        "category": "aus einer Kategorie, die du dir ansiehst",
        "chosen_by_you": "du hast gesagt, dass du das magst",
        "due": "das könntest du gerade wieder brauchen",
        "goes_with_it": "passt dazu",
        "habit": "gehört zu dem, was du am meisten kaufst",
        "looked_with_it": "wird oft zusammen damit angesehen",
        "new_arrival": "neu im Shop",
        "on_sale": "gerade im Angebot",
        "other_variant": "eine andere Ausführung von dem, was du dir angesehen hast",
        "picked": "vom Shop ausgewählt",
        "popular_here": "viele in einer Lage wie deiner wählen es",
        "price_band": "in der Preisklasse, die du dir ansiehst",
        "the_look": "gehört dazu",
    }
}
