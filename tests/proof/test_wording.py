from __future__ import annotations

from datetime import UTC, datetime

from penchant.packs.content import PACK as CONTENT
from penchant.packs.product import PACK as PRODUCT
from penchant.proof.lived import world_of
from penchant.proof.question import STREAM
from penchant.proof.shared import TOGETHER
from penchant.proof.wording import PLAIN
from penchant.simulation.channel.telling import EVENTS

EVENT = {
    "id": "channel-1",
    "event": "Content Completed",
    "time": datetime(2026, 1, 2, tzinfo=UTC),
    "user_id": "viewer-00042",
    "anonymous_id": "device-viewer-00042",
    "item": "item-00001",
    "progress": 1.0,
}


def test_a_world_that_speaks_for_itself_is_told_as_it_is():
    told = PLAIN.message(EVENT)
    assert (told["event"], told["userId"]) == ("Content Completed", "viewer-00042")
    assert PLAIN.placement("feed") == "feed"


def test_in_a_shops_words_what_is_completed_is_bought_by_the_same_person_who_shops():
    told = TOGETHER[STREAM].message(EVENT)
    assert (told["event"], told["userId"]) == ("Order Completed", "person-00042")
    assert TOGETHER["shop"].person("shopper-00042") == "person-00042"


def test_every_event_of_the_channel_has_the_role_in_a_shop_that_it_has_at_home():
    def roles(pack):
        return {signal.event: signal.role for signal in pack.signals}

    for event in EVENTS:
        said = TOGETHER[STREAM].events.get(event, event)
        # Content Progressed is a goal only from 90 %; a shop knows no shares.
        assert event == "Content Progressed" or roles(PRODUCT)[said] == roles(CONTENT)[event], event


def test_content_in_a_shops_words_is_a_product_with_its_topic_and_creator():
    fields = world_of(STREAM, 1, 60, {}).catalog()[0]
    product = PRODUCT.item(**{**TOGETHER[STREAM].item(fields), "released": None, "expires": None})
    product.check()
    assert product.category == f"Content > {fields['topics'][0]}"
    assert product.brand == fields["creator"]
    assert fields["format"] in product.labels
