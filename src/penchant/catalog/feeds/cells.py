"""What one entry of a feed says, word by word, read as a dialect asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from penchant.catalog.feeds.availability import Availability, read_availability
from penchant.catalog.feeds.entry import Options
from penchant.catalog.feeds.moments import read_interval, read_moment, time_zone
from penchant.catalog.feeds.money import Money, read_money, read_number
from penchant.catalog.feeds.prose import CONTROL, one_line, plain_text
from penchant.catalog.feeds.wrong import Wrong, shown
from penchant.errors import FeedFailed

LONGEST_ID = 200
LONGEST_LINE = 10_000
"""Characters of a text in one line; longer ones are cut."""
_YES = frozenset(("1", "true", "yes", "y", "t", "on", "ja", "oui", "si", "sí", "sim", "tak"))
_NO = frozenset(("0", "false", "no", "n", "f", "off", "nein", "nee", "nej", "non", "não", "nie"))
_WEB = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#][!-~]*)?")
T = TypeVar("T")


class Told:
    """What a feed's options say, checked once.

    Attributes:
        currency: Of prices that name none.
        zone: Of times without an offset.
        url: For relative links.
    """

    def __init__(self, options: Options, feed: str) -> None:
        """Check the options.

        Raises:
            FeedFailed: The currency is not three letters, or the time zone is not known.
        """
        currency = options.currency
        if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise FeedFailed(feed, "read", f"the currency must be three letters, got {shown(currency)}")
        self.currency = currency.upper() if currency else None
        self.url = options.url
        try:
            self.zone: tzinfo = time_zone(options.timezone)
        except ValueError as error:
            raise FeedFailed(feed, "read", str(error)) from None


class Cells:
    """One entry's values by word.

    Every method takes words and returns what the first of them that is told says, or None. What cannot be read raises
    `Wrong` with the word as the feed spells it.
    """

    def __init__(self, values: Mapping[str, Sequence[str]], told: Told, spelled: Mapping[str, str]) -> None:
        """Wrap one entry.

        Args:
            values: Everything told, by word; without empty texts.
            told: The feed's options.
            spelled: How the feed spells its words.
        """
        self.told = told
        self._values, self._spelled = values, spelled

    def only(self, word: str, text: str) -> Cells:
        """Another entry in which one word says something else, and no other says anything."""
        return Cells({word: (text,)} if text.strip() else {}, self.told, self._spelled)

    def every(self, word: str) -> list[str]:
        """All that a word says."""
        return list(self._values.get(word, ()))

    def has(self, word: str) -> bool:
        """Whether the feed has such a word, be it empty here."""
        return word in self._spelled

    def word(self, word: str) -> str:
        """A word as the feed spells it."""
        return self._spelled.get(word, word)

    def raw(self, *words: str) -> str | None:
        """The text as it stands, without the white space around it."""
        found = self._first(words)
        return None if found is None else found[1].strip()

    def line(self, *words: str) -> str | None:
        """A text in one line."""
        found = self._first(words)
        return one_line(found[1][:LONGEST_LINE]) or None if found else None

    def prose(self, *words: str) -> str | None:
        """A text in many lines, without HTML."""
        found = self._first(words)
        return plain_text(found[1]) or None if found else None

    def id(self, *words: str) -> str:
        """An id as `checked_id` wants it.

        Raises:
            Wrong: There is none, or it cannot be one.
        """
        found = self._first(words)
        if found is None:
            raise Wrong(self.word(words[0]), "the entry has no id")
        return checked_id(found[1].strip(), self.word(found[0]))

    def path(self, *words: str) -> str | None:
        """A category path, as `Shoes > Running`."""
        text = self.line(*words)
        return category_path(text) if text else None

    def money(self, *words: str) -> Money | None:
        """A price."""
        return self._read(words, lambda text: read_money(text, self.told.currency))

    def number(self, *words: str) -> float | None:
        """A number."""
        return self._read(words, read_number)

    def count(self, *words: str) -> int | None:
        """Pieces; fewer than none are none, as when more was sold than there was."""

        def read(text: str) -> int:
            number = read_number(text)
            if not number.is_integer() or abs(number) >= 2**53:
                raise ValueError(f"{shown(text)} is not a number of pieces")
            return max(int(number), 0)

        return self._read(words, read)

    def flag(self, *words: str) -> bool | None:
        """Yes or no."""

        def read(text: str) -> bool:
            word = text.strip().casefold()
            if word not in _YES and word not in _NO:
                raise ValueError(f"{shown(text)} is neither yes nor no")
            return word in _YES

        return self._read(words, read)

    def moment(self, *words: str, end: bool = False) -> str | None:
        """A date or time; `end`: a date alone is its day's end."""
        return self._read(words, lambda text: read_moment(text, self.told.zone, end=end))

    def interval(self, *words: str) -> tuple[str, str] | None:
        """Two times with a `/` between them."""
        return self._read(words, lambda text: read_interval(text, self.told.zone))

    def availability(self, *words: str) -> Availability | None:
        """Whether it can be had."""
        return self._read(words, read_availability)

    def link(self, *words: str) -> str | None:
        """An address; a relative one is of the feed's own place."""
        return self._read(words, lambda text: read_link(text, self.told.url))

    def _read(self, words: Sequence[str], read: Callable[[str], T]) -> T | None:
        found = self._first(words)
        if found is None:
            return None
        try:
            return read(found[1])
        except ValueError as error:
            raise Wrong(self.word(found[0]), str(error)) from None

    def _first(self, words: Sequence[str]) -> tuple[str, str] | None:
        for word in words:
            if texts := self._values.get(word):
                return word, texts[0]
        return None


def checked_id(id: str, word: str) -> str:
    """An id of 1 to 200 characters without control characters.

    Raises:
        Wrong: It is not; `word` is said to be.
    """
    if not id:
        raise Wrong(word, "the entry has no id")
    if len(id) > LONGEST_ID:
        raise Wrong(word, f"the id is longer than {LONGEST_ID} characters")
    if CONTROL.search(id):
        raise Wrong(word, "the id has a control character")
    return id


def read_link(text: str, base: str = "") -> str:
    """An address of the web, made whole.

    Raises:
        ValueError: It is none; a script in a link would run on the pages that show it.
    """
    text = "".join(text.split()) if "\n" in text or "\t" in text else text.strip()
    text = text.replace("&amp;", "&").replace(" ", "%20")
    if _WEB.fullmatch(text):
        return text  # most are such, and taking one apart is slow
    try:
        link = urljoin(base, text) if base and not text.startswith(("https://", "http://")) else text
        scheme = urlsplit(link).scheme
    except ValueError:
        raise ValueError(f"{shown(text)} is not an address") from None
    if scheme not in ("http", "https", "") or CONTROL.search(link):
        raise ValueError(f"{shown(text)} is not an address of the web")
    return link


def category_path(text: str) -> str | None:
    """A path with ` > ` between its steps; None when it has no step."""
    steps = [step.strip() for step in text.split(">")]
    return " > ".join(step for step in steps if step) or None
