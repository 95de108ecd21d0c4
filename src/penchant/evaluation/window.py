"""When a domain is judged: one global split by time, the same for everyone."""

from __future__ import annotations

from dataclasses import dataclass

from penchant.clock import DAY, iso, parse_time
from penchant.config.settings import Evaluation
from penchant.errors import InvalidRequest

SHARE = 0.1
"""Share of the data's time span that is the test window when nothing is set."""

MOST_DAYS = 14.0
"""Most days of a test window when nothing is set."""


@dataclass(frozen=True)
class Window:
    """Two windows that follow each other; each begins where the training data of its models ends.

    Attributes:
        valid_from: Start of the validation window, Unix seconds.
        test_from: End of the validation window and start of the test window, Unix seconds.
        test_until: End of the test window, Unix seconds; not part of it.
    """

    valid_from: float
    test_from: float
    test_until: float

    @property
    def text(self) -> str:
        """For messages: the three moments, ISO 8601."""
        return f"validation from {iso(self.valid_from)}, test from {iso(self.test_from)} until {iso(self.test_until)}"


def resolve(settings: Evaluation, first: float, last: float) -> Window:
    """The windows that the settings ask for, in data from `first` to `last`.

    The test window ends at `test_until` or just behind the last event. It begins at `test_from`, or `test_days`
    before its end; with neither, it is the last 10 % of the time span, at most 14 days. The validation window
    ends where the test window begins. It begins at `valid_from`, or `valid_days` before; with neither, it is as
    long as the test window, but never more than half of the time before it.

    Args:
        settings: `[domains.NAME.evaluation]`.
        first: Time of the first event, Unix seconds.
        last: Time of the last event, Unix seconds.

    Raises:
        InvalidRequest: All events bear one time, or a setting is no time, contradicts another or lies outside the
            data; `field` names it.
    """
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
    return Window(valid_from, test_from, test_until)


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
