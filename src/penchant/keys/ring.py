"""The keys that open this server now."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Sequence

from penchant.clock import Clock
from penchant.errors import KeyRejected, StorageError
from penchant.keys.key import LONGEST_KEY, Key, digest, id_of

FRESH = 1.0
"""Seconds that keys are believed; a revoked key stops within them."""
EARLY = 5.0
"""Readings a second at most for keys that are not at hand, so that keys nobody has cannot load the store."""
GRACE = 600.0
"""Seconds that the last keys hold while the store cannot be read."""

_NOBODY = bytes(32)


class KeyRing:
    """Keeps the store's keys at hand and finds one by its text. May be used from several threads."""

    def __init__(self, load: Callable[[], Sequence[Key]], clock: Clock) -> None:
        """Read nothing yet.

        Args:
            load: All keys, also expired and revoked ones; may block, and may raise StorageError.
            clock: Tells the time.
        """
        self._load, self._clock = load, clock
        self._reading = threading.Lock()
        self._by_id: dict[str, Key] = {}
        self._read: float | None = None
        """When keys were last read, on the clock that never runs backwards."""
        self._tried: float | None = None
        """When that was last tried."""
        self._broken: StorageError | None = None
        self._early, self._early_at = EARLY, clock.elapsed()
        self.version = 0
        """A number that grows whenever the keys change; what was worked out from them holds until then."""

    def find(self, value: str) -> Key:
        """The key of a text; a new one is found, and a revoked one is not, within a second.

        Args:
            value: What the caller sent.

        Raises:
            KeyRejected: It is unknown, expired or revoked: one answer for all.
            StorageError: The store cannot be read: not for long, or it may know this key.
        """
        if self.stale():
            self.refresh(FRESH)
        key = self._match(value)
        if key is None and len(value) <= LONGEST_KEY and self._may_read_early():
            self.refresh()
            key = self._match(value)
        if key is None and self._broken is not None:
            raise self._unreadable()  # it may be a new key: a client must come again, not give up
        if key is None or not key.works(self._clock.now()):
            raise KeyRejected("the key opens nothing here: it is unknown, expired or revoked")
        return key

    def known(self, value: str) -> Key | None:
        """The key of a text if it is at hand and works; reads nothing, so it may be called where nothing may block."""
        key = self._match(value)
        return key if key is not None and key.works(self._clock.now()) else None

    def named(self, id: str) -> Key | None:
        """The key of an id if it is at hand and works; reads nothing."""
        key = self._by_id.get(id)
        return key if key is not None and key.works(self._clock.now()) else None

    def stale(self) -> bool:
        """Whether the keys must be read again before they are believed."""
        return self._tried is None or self._clock.elapsed() - self._tried >= FRESH

    def empty(self) -> bool:
        """Whether no key works at all; reads them when they are stale."""
        if self.stale():
            self.refresh(FRESH)
        return not any(key.works(self._clock.now()) for key in self._by_id.values())

    def refresh(self, age: float = 0.0) -> None:
        """Read the keys again, unless somebody did within the last `age` seconds.

        Raises:
            StorageError: They cannot be read, and the last ones are too old to be believed.
        """
        with self._reading:
            now = self._clock.elapsed()
            if self._tried is None or now - self._tried >= age:
                self._tried = now
                try:
                    found = {key.id: key for key in self._load()}
                except StorageError as error:
                    self._broken = error
                else:
                    self._broken, self._read = None, now
                    if found != self._by_id:
                        self._by_id = found
                        self.version += 1
            if self._broken is not None and (self._read is None or now - self._read >= GRACE):
                raise self._unreadable()

    def _unreadable(self) -> StorageError:
        assert self._broken is not None
        return StorageError(self._broken.url, self._broken.reason)  # a new one for each who hears it

    def _may_read_early(self) -> bool:
        with self._reading:
            now = self._clock.elapsed()
            self._early = min(EARLY, self._early + (now - self._early_at) * EARLY)
            self._early_at = now
            if self._early < 1:
                return False
            self._early -= 1
            return True

    def _match(self, value: str) -> Key | None:
        if len(value) > LONGEST_KEY:
            return None
        # The same work is done for a key that nobody has. The id is found by a hash that tells nothing of the key;
        # whether it is the key is compared in constant time.
        sent = digest(value)
        key = self._by_id.get(id_of(sent))
        same = hmac.compare_digest(_NOBODY if key is None else key.digest, sent)
        return key if same else None
