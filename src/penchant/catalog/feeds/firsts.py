"""Where each id of a feed stood first."""

from __future__ import annotations

from hashlib import blake2b


class Firsts:
    """Ids taken so far, each with its place.

    Keeps 64 bits of a hash instead of the id, so that memory is bounded by the number of ids and not by their length
    (about 100 bytes each). Two of a million ids are confused once in 40 million feeds.
    """

    def __init__(self) -> None:
        self._places: dict[int, int] = {}

    def take(self, id: str, place: int) -> int | None:
        """Take an id.

        Returns:
            None when it was free; the place of the first entry when it was not.
        """
        key = int.from_bytes(blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        first = self._places.setdefault(key, place)
        return None if first == place else first
