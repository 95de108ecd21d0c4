from __future__ import annotations

import pytest

from penchant.server.public_notes import public_note


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("unknown item: x", "unknown item: x"),
        ("after: unknown slate: s1; what was shown before may come again", None),
        ("no release: trained on nothing yet", None),
        ("not personalized: this person does not allow it", None),
        ("late:basket", None),
        ("source:als: ValueError: margin 0.37 of user:ann", "source:als"),
        ("constraint:margin-floor: KeyError: 'cost'", "constraint:margin-floor"),
        ("rule:bury-low-margin: ValueError: 3", "rule"),
        ("rule bury-low-margin is left out: filter.range: must be above 0.2", "rule"),
        ("release refused: the part als is damaged", "release refused"),
        ("model als cannot take in what is new: ValueError: 3", "model als cannot take in what is new"),
        ("statistics: not brought up to date: OSError", "statistics"),
    ],
)
def test_a_browser_is_told_that_something_failed_and_not_on_what(note: str, told: str | None) -> None:
    assert public_note(note) == (note if told is None else told)
