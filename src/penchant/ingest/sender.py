"""Who sends messages, and what may be believed of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from penchant.events import Reading


@dataclass(frozen=True)
class Sender:
    """The sender of a request, as its key and its identity token show it.

    Attributes:
        source: Name of the source; message ids are unique within it.
        domain: The domain its events belong to.
        reading: How its messages are read.
        trusted: May speak for any user id; False for keys that everybody can read.
        user: The one user id that an identity token proved; None without a token.
        unknown_items: What becomes of events about items that the catalog does not have.
    """

    source: str
    domain: str
    reading: Reading
    trusted: bool = True
    user: str | None = None
    unknown_items: Literal["keep", "fail"] = "keep"

    def may_speak_for(self, user: str) -> bool:
        """Whether this sender is believed to speak for a user id."""
        return user == self.user if self.user is not None else self.trusted
