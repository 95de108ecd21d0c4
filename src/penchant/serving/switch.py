"""Releases take over from each other while requests go on.

A new release is loaded beside the one that serves, asked golden requests, and only then takes over: by one assignment,
so that no request waits, and those under way end on the release they began with. It is watched for a while; if errors,
degraded answers or fallbacks jump, the release of before takes over again. A release that was found wanting is marked
in the store's folder, so that no other server tries it, nor this one after a restart.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from penchant.clock import Clock, iso
from penchant.errors import ArtifactError, PenchantError
from penchant.serving.golden import compare, golden, seeds_of
from penchant.serving.recommender import Recommender, Serving
from penchant.serving.tally import LEAST, MOST, Counts, jumped
from penchant.serving.warming import warm_up
from penchant.storage import Release, Releases, Store

LOOK_S = 0.5
"""Seconds between two looks at which release should serve."""
WATCH_S = 3_600.0
"""Seconds after which a release is trusted, however few its answers."""
_log = logging.getLogger("penchant.serving")

Token = tuple[int, int]


class Pinned(Releases):
    """A workspace's releases as one domain's recommender may see them: those that were chosen for it, and no other."""

    def __init__(self, releases: Releases) -> None:
        """Pin nothing: the pointers on disk hold."""
        super().__init__(releases.folder)
        self._pins: dict[str, tuple[str | None, Token]] = {}

    def pin(self, domain: str, name: str | None, token: Token) -> None:
        """Let this release be the one that serves, whatever the pointer on disk says; None for none."""
        self._pins[domain] = (name, token)

    def token(self, domain: str) -> Token:
        """That of the pin, where there is one."""
        pin = self._pins.get(domain)
        return super().token(domain) if pin is None else pin[1]

    def load(self, domain: str) -> tuple[Release | None, list[ArtifactError]]:
        """The pinned release.

        Raises:
            ArtifactError: It is damaged.
        """
        pin = self._pins.get(domain)
        if pin is None:
            return super().load(domain)
        return (None if pin[0] is None else self.read(domain, pin[0])), []


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the last release that came.

    Attributes:
        release: Its name; None for none.
        outcome: `serves`; `refused` before it served; `rolled back` after.
        at: When, ISO 8601.
        why: Why not; empty when it serves.
        golden: Golden requests that it was asked; 0 where a person chose it.
        seconds: From when it was seen until it served or was refused.
    """

    release: str | None
    outcome: str
    at: str
    why: str = ""
    golden: int = 0
    seconds: float = 0.0


@dataclass
class _Domain:
    """Where one domain stands."""

    token: Token
    release: str | None
    last: Switched | None = None
    before: Serving | None = None
    """What served before, while the new release is watched."""
    before_release: str | None = None
    counts: Counts = field(default_factory=Counts)
    since: float = 0.0
    judged: int = 0


class Switch:
    """Follows the pointers on disk for a recommender. A context manager; does nothing until it is started."""

    def __init__(
        self,
        recommender: Recommender,
        pinned: Pinned,
        store: Store,
        clock: Clock,
        beside: Callable[[str, Releases], Recommender],
        *,
        look_s: float = LOOK_S,
    ) -> None:
        """Take the parts.

        Args:
            recommender: What answers; made on `pinned`.
            pinned: Its releases, with nothing pinned.
            store: Where slates are logged.
            clock: What time it is.
            beside: Makes a recommender of one domain on other releases.
            look_s: Seconds between two looks.
        """
        self._recommender, self._pinned, self._store, self._clock = recommender, pinned, store, clock
        self._beside, self._look_s = beside, look_s
        self._releases = Releases(pinned.folder)
        self._domains: dict[str, _Domain] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="penchant-releases", daemon=True)

    def __enter__(self) -> Switch:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def start(self) -> None:
        """Hold what serves now, and follow from here on in a thread."""
        self.hold()
        self._thread.start()

    def hold(self) -> None:
        """Hold what serves now: from here on no request loads a release."""
        for name in self._recommender.tallies:
            # In this order: a release that comes in between is seen by the next look.
            token = self._releases.token(name)
            release = self._recommender.view(name).release
            self._pinned.pin(name, release, token)
            self._domains[name] = _Domain(token, release)

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def last(self, domain: str) -> Switched | None:
        """What became of the last release that came; None when none did."""
        found = self._domains.get(domain)
        return None if found is None else found.last

    def look(self) -> None:
        """Look once at every domain: let a release that came take over, and one that does badly go.

        The catalog is looked at too, so that what a site without requests has seen of it does not grow old.
        """
        for name, domain in self._domains.items():
            try:
                self._recommender.view(name)
                self._watch(name, domain)
                if (token := self._releases.token(name)) != domain.token:
                    self._follow(name, domain, token)
            except PenchantError as error:  # the folder or the store may be away: what serves, serves on
                _log.warning("releases of %s cannot be followed: %s", name, type(error).__name__)

    def _run(self) -> None:
        while not self._stop.wait(self._look_s):
            try:
                self.look()
            except Exception as error:
                _log.error("releases could not be looked at", exc_info=error)

    def _follow(self, name: str, domain: _Domain, token: Token) -> None:
        order = self._releases.order(name)
        target = next((one for one in order if self._releases.refusal(name, one) is None), None)
        if target is None or target == domain.release:  # what serves is better than nothing
            domain.token = token
            return
        begun = self._clock.elapsed()
        by_hand = self._releases.by_hand(name)
        comes, asked, wrong = self._tried(name, target, token, check=not by_hand)
        seconds = round(self._clock.elapsed() - begun, 3)
        if comes is None or wrong:
            why = "; ".join(wrong)
            domain.token = token
            domain.last = self._told(target, "refused", why, asked, seconds)
            _log.warning("release %s of %s refused: %s", target, name, why)
            self._releases.refuse(name, target, why, now=self._clock.now())
            return
        before, counts = self._recommender.serving(name), self._recommender.tallies[name].counts
        self._recommender.adopt(name, comes.serving(name))
        domain.before, domain.before_release = (None, None) if by_hand else (before, domain.release)
        domain.counts, domain.since, domain.judged = counts, self._clock.elapsed(), 0
        domain.token, domain.release = token, target
        domain.last = self._told(target, "serves", "", asked, seconds)
        _log.info("release %s of %s serves", target, name)

    def _tried(
        self, name: str, target: str, token: Token, *, check: bool
    ) -> tuple[Recommender | None, int, tuple[str, ...]]:
        """A recommender on a release, how many golden requests it was asked, and what is wrong with it."""
        releases = Pinned(self._releases)
        releases.pin(name, target, token)
        comes = self._beside(name, releases)
        # What serves has the catalog already: only what the release itself holds is read.
        comes.begin_as(name, self._recommender)
        view = comes.warm()[name]
        if view.release != target:
            return None, 0, tuple(note for note in view.notes if note.startswith("release refused")) or ("unreadable",)
        if self._recommender.serving(name).statistics.before is not None:  # as it was itself before it was asked
            warm_up(comes, name, self._store, self._clock)
        if not check:
            return comes, 0, ()
        requests = golden(name, view.setup.placements, self._store, self._clock, seeds_of(self._recommender, name))
        verdict = compare(requests, self._recommender, comes, self._clock)
        return comes, verdict.asked, verdict.wrong

    def _watch(self, name: str, domain: _Domain) -> None:
        """Judge a release that took over: at 50 answers, and whenever they have doubled since."""
        if domain.before is None:
            return
        counts = self._recommender.tallies[name].counts
        if counts.answers >= 2 * domain.judged:
            why = jumped(domain.counts, counts)
            if why is not None:
                self._go_back(name, domain, why)
                return
            domain.judged = counts.answers if counts.answers >= LEAST else 0
        if counts.answers >= MOST or self._clock.elapsed() - domain.since >= WATCH_S:
            domain.before = domain.before_release = None

    def _go_back(self, name: str, domain: _Domain, why: str) -> None:
        assert domain.before is not None
        left = domain.release
        domain.before.live.view()  # the catalog went on meanwhile: no request waits for what it missed
        self._recommender.adopt(name, domain.before)
        domain.release, domain.before, domain.before_release = domain.before_release, None, None
        domain.last = self._told(left, "rolled back", why, 0, 0.0)
        _log.warning("release %s of %s rolled back: %s", left, name, why)
        if left is not None:
            self._releases.refuse(name, left, f"rolled back: {why}", now=self._clock.now())

    def _told(self, release: str | None, outcome: str, why: str, asked: int, seconds: float) -> Switched:
        at = iso(self._clock.now())
        return Switched(release=release, outcome=outcome, at=at, why=why, golden=asked, seconds=seconds)
