"""The next page of a slate: what its earlier pages showed is read from the log of slates, page by page.

Nothing is kept for it: each page of the log names the one before it, so a slate's id is all that a client needs to go
on, on any server over the same store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from penchant.errors import InvalidRequest, StorageError

MOST_PAGES = 50
"""Pages of one slate; whoever asks for more is answered with an empty one."""


@dataclass(frozen=True)
class Earlier:
    """What was shown before a page.

    Attributes:
        items: Ids, in the order they stood.
        ended: There are as many pages as there may be.
        notes: What is not known, for `degraded`.
    """

    items: tuple[str, ...] = ()
    ended: bool = False
    notes: tuple[str, ...] = ()


NOTHING_EARLIER = Earlier()


class _Item(msgspec.Struct, frozen=True):
    id: str


class _Asked(msgspec.Struct, frozen=True):
    after: str | None = None


class _Page(msgspec.Struct, frozen=True):
    """What of a line of the log is needed here."""

    placement: str
    domain: str
    items: tuple[_Item, ...]
    asked: _Asked | None = None


_DECODER = msgspec.json.Decoder(_Page)


def earlier(find: Callable[[str], bytes | None], after: str, domain: str, placement: str) -> Earlier:
    """What a slate and the pages before it showed.

    A slate that the log does not have is no error, as an unknown item is none: the answer is then what it would be
    without, and says so.

    Args:
        find: The line of a slate id; None for none.
        after: Id of the last page.
        domain: Whose page is asked for.
        placement: The same.

    Raises:
        InvalidRequest: It is a slate of another placement.
    """
    pages: list[_Page] = []
    wanted: str | None = after
    notes: tuple[str, ...] = ()
    while wanted is not None and len(pages) < MOST_PAGES:
        try:
            body = find(wanted)
            page = None if body is None else _DECODER.decode(body)
        except StorageError as error:
            notes = (f"after: {error.public}; what was shown before may come again",)
            break
        except msgspec.DecodeError:
            page = None
        if page is None:
            notes = (f"after: unknown slate: {wanted}; what was shown before may come again",)
            break
        if (page.domain, page.placement) != (domain, placement):
            told = f'"{page.placement}" of the domain "{page.domain}"'
            raise InvalidRequest("after", f'is a slate of {told}, not of "{placement}" of "{domain}"', after)
        pages.append(page)
        wanted = None if page.asked is None else page.asked.after
    items = dict.fromkeys(item.id for page in reversed(pages) for item in page.items)
    ended = len(pages) >= MOST_PAGES
    if ended:
        notes = (*notes, f"after: a slate has at most {MOST_PAGES} pages")
    return Earlier(tuple(items), ended, notes)
