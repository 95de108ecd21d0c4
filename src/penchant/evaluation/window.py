"""When a domain is judged: global splits by time that follow each other, the same for everyone."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.clock import DAY, iso, parse_time
from penchant.config.settings import Evaluation
from penchant.errors import InvalidRequest

SHARE = 0.1
"""Share of the data's time span that is the test window when nothing is set."""

MOST_DAYS = 14.0
"""Most days of a test window when nothing is set."""

LEAST_TRAINING = 0.5
"""Share of the time span that earlier windows leave to train on."""


@dataclass(frozen=True)
class Windows:
    """Test windows that follow each other, each with the one before it as its validation window.

    Models are fitted once at every edge but the last, strictly on what came before it. Their lists are judged by what
    followed up to the next edge: as the test of one window, and as the validation of the next.

    Attributes:
        edges: Rising moments, Unix seconds, two more than there are test windows: window i is validated on
            `edges[i]` to `edges[i + 1]` and tested on `edges[i + 1]` to `edges[i + 2]`. Ends are not part of a window.
    """

    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the edges."""
        if len(self.edges) < 3 or any(a >= b for a, b in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError("windows need three rising edges at least")

    def __len__(self) -> int:
        """Number of test windows."""
        return len(self.edges) - 2

    @property
    def valid_from(self) -> float:
        """Start of the last validation window."""
        return self.edges[-3]

    @property
    def test_from(self) -> float:
        """Start of the last test window, where its validation window ends."""
        return self.edges[-2]

    @property
    def test_until(self) -> float:
        """End of the last test window."""
        return self.edges[-1]

    @property
    def last(self) -> Windows:
        """The last test window alone."""
        return Windows(self.edges[-3:])

    def later(self, skipped: int) -> Windows:
        """The windows without the first few."""
        return Windows(self.edges[skipped:])

    @property
    def text(self) -> str:
        """For messages: the three moments of the last window, ISO 8601."""
        return f"validation from {iso(self.valid_from)}, test from {iso(self.test_from)} until {iso(self.test_until)}"


def resolve(settings: Evaluation, first: float, last: float) -> Windows:
    """The windows that the settings ask for, in data from `first` to `last`.

    The last test window ends at `test_until` or just behind the last event. It begins at `test_from`, or `test_days`
    before its end; with neither, it is the last 10 % of the time span, at most 14 days. Its validation window
    ends where the test window begins. It begins at `valid_from`, or `valid_days` before; with neither, it is as
    long as the test window, but never more than half of the time before it.

    Earlier windows lie before it, each as long as that validation window, as many as `windows` asks for and as leave
    half of the time span before the first of them.

    Args:
        settings: `[domains.NAME.evaluation]`.
        first: Time of the first event, Unix seconds.
        last: Time of the last event, Unix seconds.

    Raises:
        InvalidRequest: All events bear one time, or a setting is no time, contradicts another or lies outside the
            data; `field` names it.
    """
    valid_from, test_from, test_until = _last(settings, first, last)
    length = test_from - valid_from
    least = first + LEAST_TRAINING * (min(test_until, last) - first)
    earlier: list[float] = []
    while len(earlier) + 1 < settings.windows:
        edge = valid_from - (len(earlier) + 1) * length
        if edge < least:
            break
        earlier.append(edge)
    return Windows((*reversed(earlier), valid_from, test_from, test_until))


def _last(settings: Evaluation, first: float, last: float) -> tuple[float, float, float]:
    if not first < last:
        raise InvalidRequest("evaluation", "events of at least two different times, to split them by time", iso(first))
    _refuse_both(settings)
    test_until = last + 1.0 if settings.test_until is None else _moment("test_until", settings.test_until)
    # Ends are not part of their window: the last event is, so the end lies behind it.
    if test_until <= first:
        raise InvalidRequest("evaluation.test_until", f"after the first event ({iso(first)})", settings.test_until)
    end = min(test_until, last)
    if settings.test_from is not None:
        test_from = _moment("test_from", settings.test_from)
        if not first < test_from < test_until:
            wanted = f"after the first event ({iso(first)}) and before the end of the test ({iso(test_until)})"
            raise InvalidRequest("evaluation.test_from", wanted, settings.test_from)
    elif settings.test_days is not None:
        test_from = _back("test_days", test_until, settings.test_days, first)
    else:
        test_from = end - min(SHARE * (end - first), MOST_DAYS * DAY)
    if settings.valid_from is not None:
        valid_from = _moment("valid_from", settings.valid_from)
        if not first < valid_from < test_from:
            wanted = f"after the first event ({iso(first)}) and before the test ({iso(test_from)})"
            raise InvalidRequest("evaluation.valid_from", wanted, settings.valid_from)
    elif settings.valid_days is not None:
        valid_from = _back("valid_days", test_from, settings.valid_days, first)
    else:
        valid_from = test_from - min(end - test_from, (test_from - first) / 2.0)
    if test_from > last:
        raise InvalidRequest("evaluation.test_from", f"not after the last event ({iso(last)})", iso(test_from))
    return valid_from, test_from, test_until


def _refuse_both(settings: Evaluation) -> None:
    for moment, days in (("test_from", "test_days"), ("valid_from", "valid_days")):
        if getattr(settings, moment) is not None and getattr(settings, days) is not None:
            raise InvalidRequest(f"evaluation.{days}", f"either {moment} or {days}, not both", getattr(settings, days))


def _moment(field: str, text: str) -> float:
    try:
        return parse_time(text)
    except ValueError:
        raise InvalidRequest(f"evaluation.{field}", "an ISO 8601 date or time", text) from None


def _back(field: str, end: float, days: float, first: float) -> float:
    start = end - days * DAY
    if start <= first:
        wanted = f"must be fewer than the {(end - first) / DAY:.1f} days between the first event and {iso(end)}"
        raise InvalidRequest(f"evaluation.{field}", wanted, days)
    return start
