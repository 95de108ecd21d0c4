"""What reasons say in other languages."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "alike": "nah an dem, was du gelernt hast",
        "chosen_by_you": "du hast gesagt, dass du das lernen möchtest",
        "level": "auf deinem Niveau",
        "next_in_series": "der nächste Schritt einer Reihe, die du begonnen hast",
        "on_path": "kommt als Nächstes auf deinem Weg",
        "picked": "von den Lehrenden ausgewählt",
        "popular": "viele Lernende schließen es ab",
        "same_path": "Lernende auf deinem Weg nahmen es als Nächstes",
        "topic": "zu einem Thema, an dem du arbeitest",
        "within_reach": "für dich weder zu leicht noch zu schwer",
    }
}
