from __future__ import annotations

import msgspec
import pytest

from penchant.serving import MOST_ITEMS, RecommendationRequest


def read(text: str) -> RecommendationRequest:
    return msgspec.json.decode(text, type=RecommendationRequest)


def test_a_placement_is_enough() -> None:
    assert read('{"placement": "home"}') == RecommendationRequest(placement="home")


@pytest.mark.parametrize(
    ("ids", "actor"),
    [
        ("", None),
        (', "user_id": "42"', "user:42"),
        (', "anonymous_id": "f3"', "anon:f3"),
        (', "user_id": "42", "anonymous_id": "f3"', "user:42"),
    ],
)
def test_the_known_id_is_the_stronger(ids: str, actor: str | None) -> None:
    assert read('{"placement": "home"' + ids + "}").actor == actor


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ("", "placement"),
        ('"placement": ""', "$.placement"),
        ('"placement": "home", "n": 0', "$.n"),
        (f'"placement": "home", "n": {MOST_ITEMS + 1}', "$.n"),
        ('"placement": "home", "n": 1.5', "$.n"),
        ('"placement": "home", "user_id": ""', "$.user_id"),
        ('"placement": "home", "user_id": 42', "$.user_id"),
        ('"placement": "home", "items": ["a", ""]', "$.items[1]"),
        ('"placement": "home", "items": "a"', "$.items"),
        ('"placement": "home", "filter": []', "$.filter"),
        ('"placement": "home", "context": {"a": []}', "$.context"),
        ('"placement": "home", "personalized": "no"', "$.personalized"),
        ('"placement": "home", "size": 3', "size"),
    ],
)
def test_a_wrong_request_is_refused_with_the_field(fields: str, place: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        read("{" + fields + "}")

    assert place in str(caught.value)


def test_the_longest_slate_may_be_asked_for() -> None:
    assert read(f'{{"placement": "home", "n": {MOST_ITEMS}}}').n == MOST_ITEMS
