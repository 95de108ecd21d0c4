"""What a browser key may filter by: anybody can read it in a page, and ask with it what nobody meant to be asked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from penchant.errors import InvalidRequest, NotAllowed
from penchant.keys import Scope

MOST_PARTS = 64
"""Tests and joints of one filter; each looks at every item."""
MOST_VALUES = 1_000
"""Values of all its lists."""
_MOMENT = ("region", "context.")
"""What a request says itself, so that nothing is learned from it."""


def check_browser_filter(filter: Any, *, proved: bool, private: Collection[str] = (), path: str = "filter") -> None:
    """Check the filter of a request that came with a browser key, before anything is done for it.

    Which items pass a test against a trait tells what the trait is. Without an identity token anybody who knows, or
    shares, an anonymous id could read what is known of the person behind it, one test after the other. In the same way
    a test of what an item costs tells what it costs.

    Args:
        filter: Plain JSON, of which nothing is known but that it is not nested without end.
        proved: An identity token names the person.
        private: Fields that a browser's key is told nothing of.
        path: Where it stands in the body, for messages.

    Raises:
        NotAllowed: It compares with what is known of a person who is not proved, or tests a private field.
        InvalidRequest: It is larger than a page needs.
    """
    parts = values = 0
    waiting = [filter]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            values += sum(not isinstance(inner, dict | list) for inner in one)
            waiting += [inner for inner in one if isinstance(inner, dict | list)]
        elif isinstance(one, dict):
            parts += not one.keys() <= {"seed", "person", "now"}
            if "person" in one and not proved and not str(one["person"]).startswith(_MOMENT):
                raise NotAllowed(
                    Scope.RECOMMEND,
                    f"{path}: a browser key (pk_) compares with what is known of a person with that person's identity "
                    "token alone; see docs/keys.md",
                )
            for name in (one.get("field"), one.get("seed")):
                if isinstance(name, str) and name.partition(".")[0] in private:
                    raise NotAllowed(
                        Scope.RECOMMEND,
                        f"{path}: a browser key (pk_) cannot ask for {name.partition('.')[0]}; ask with a server's key"
                        " (sk_), or say it in the placement's own filter",
                    )
            waiting += [inner for inner in one.values() if isinstance(inner, dict | list)]
    if parts > MOST_PARTS:
        raise InvalidRequest(path, f"of a browser key must have at most {MOST_PARTS} parts", parts)
    if values > MOST_VALUES:
        raise InvalidRequest(path, f"of a browser key must have at most {MOST_VALUES:,} values", values)
