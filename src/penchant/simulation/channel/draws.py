"""Numbers of the kinds of draws, so that no two share their luck."""

from __future__ import annotations

COMES = 101
HOUR = 102
ORGANIC = 103
OFFER = 104
CHOICE = 105
PATIENCE = 106
BACKGROUND = 107
RUNS_ON = 108
LIKES = 109
SHARES = 110
STAYS = 111
