"""A head as it is declared: which outcome of showing an item it predicts, and from what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from penchant.events import Role


@dataclass(frozen=True)
class Outcome:
    """What may follow when an item is shown to a person.

    Attributes:
        about: One sentence.
        kind: `chance`: it happens or not, label 0 or 1. `share`: how much of it, label 0 to 1. `amount`: any number
            from 0, such as seconds.
        reads: How it is read off what followed on the same item:
            `reached`: an event of one of `roles` came within `days`;
            `reversed`: the goal that followed was taken back within `days` of it;
            `taken_in`: the share that was watched or read, as a quantile within its duration bucket; background play
            is discounted, an exit within 10 seconds is 0;
            `left`: it was begun and left within 10 seconds;
            `seconds`: seconds of attention;
            `came_back`: the person had another session 1 to `days` days later;
            `gained`: how much better checks went than they were expected to before, from 0.
        roles: For `reached`: events that count.
        events: Names of events that count, where a role says too little; empty for all of the roles.
        days: How long after it was shown (of `reversed`: after the goal) it counts; then the label is final.
        given: Name of the head on whose outcome this one is conditional, as a return is on a purchase. When that one is
            `reached`, rows are all moments at which it came true, whatever led there, and `days` count from them; else
            rows are those of items shown where it was above 0. Empty: all items shown.
    """

    about: str
    kind: Literal["chance", "share", "amount"]
    reads: Literal["reached", "reversed", "taken_in", "left", "seconds", "came_back", "gained"]
    roles: tuple[Role, ...] = ()
    events: tuple[str, ...] = ()
    days: float = 7.0
    given: str = ""


@dataclass(frozen=True)
class Head:
    """A calibrated prediction of one outcome, declared by a pack.

    Attributes:
        name: As formulas call it, as in `p_purchase`.
        outcome: What it predicts; of a chain, what it is judged by.
        features: Names of the features it reads; all of the pack's when empty. `relevance` may be among them.
        without: Features it must not read, as what would make a return look like a wish.
        rising: Features whose growth can only raise it, by monotone constraint.
        falling: Features whose growth can only lower it.
        settings: Of the trees, where they differ from the usual: `trees`, `depth`, `rate`, `least_rows`.
        of: Names of heads of which this one is the product, each given the one before; it is a chain then: it is not
            learned, and serves when all of them do. Empty for a head that is learned.
    """

    name: str
    outcome: Outcome
    features: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    of: tuple[str, ...] = ()
