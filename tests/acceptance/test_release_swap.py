"""One server under requests: a release takes over, and one that does badly goes back; no request is lost."""

from __future__ import annotations

from collections.abc import Callable

from asking import Asking, published, somebody
from live_server import serving
from penchant.engine import Engine
from penchant.keys import Kind


def test_a_release_takes_over_under_requests_and_one_that_does_badly_goes_back(
    open_demo: Callable[[str], Engine],
) -> None:
    engine = open_demo("workspace")
    key, person, now = engine.create_key(Kind.SERVER)[0], somebody(engine), engine.clock.now()
    first = engine.releases.order("shop")[0]
    engine.recommender.warm()
    engine.switch.start()
    with serving(engine) as client, Asking(str(client.base_url), key, person) as asking:
        asking.until(first, 60)
        second = published(engine.releases, now).id
        asking.until(second, 60)
        third = published(engine.releases, now, spoiled=True).id
        asking.until(third)
        # It answers, and so badly that it is not left to it.
        asking.until(second, 70)

    assert asking.statuses == {200}
    assert asking.order == [first, second, third, second]
    last, refusal = engine.switch.last("shop"), engine.releases.refusal("shop", third)
    assert last is not None and (last.release, last.outcome) == (third, "rolled back")
    assert refusal is not None and "rolled back: degraded" in refusal.why
    assert engine.releases.order("shop")[0] == second
