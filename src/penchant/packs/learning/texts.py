"""What reasons say in other languages."""

from __future__ import annotations

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "alike": "nah an dem, woran du gearbeitet hast",
        "alike_to_it": "nah daran",
        "chosen_by_you": "du hast gesagt, dass du das lernen möchtest",
        "level": "auf deinem Niveau",
        "next_in_series": "der nächste Schritt einer Reihe, die du begonnen hast",
        "on_path": "kommt auf dem Weg als Nächstes",
        "picked": "von den Lehrenden ausgewählt",
        "popular": "viele Lernende schließen es ab",
        "same_path": "wer dasselbe gelernt hat wie du, nahm auch dies",
        "topic": "zu einem Thema, an dem du arbeitest",
        "within_reach": "für dich weder zu leicht noch zu schwer",
    }
}
