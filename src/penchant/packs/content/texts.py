"""What reasons say in other languages."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "alike": "ähnlich wie das, dem du dich zugewandt hast",
        "also_followed": "wird oft zusammen mit dem gewählt, dem du dich zugewandt hast",
        "begun": "das hast du begonnen",
        "chosen_by_you": "du hast gesagt, dass du das magst",
        "creator": "von jemandem, dem du folgst",
        "format": "in einer Form, die du magst",
        "fresh": "neu",
        "goes_on": "setzt fort, was gespielt wurde",
        "language": "in deiner Sprache",
        "length": "so lang, wie du es magst",
        "much_seen": "diese Woche viel gesehen",
        "next_episode": "die nächste Folge einer Serie, der du folgst",
        "picked": "von der Redaktion ausgewählt",
        "popular": "viele sehen es bis zum Ende",
        "popular_here": "viele in einer Lage wie deiner wählen es",
        "rising": "gerade wenden sich ihm mehr Menschen zu",
        "similar_taste": "Menschen mit ähnlichem Geschmack haben sich ihm zugewandt",
        "topic": "über das, dem du folgst",
        "trending": "mehr Menschen als zuvor wenden sich ihm zu",
    }
}
