from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.models import State
from penchant.models.hashing import keys_of
from penchant.models.text import TextEncoder

THINGS = ("shoe", "boot", "sock", "mug", "plate", "spoon", "lamp", "chair", "table", "shelf", "clock", "scarf")
MAKES = ("red", "blue", "green", "wooden", "steel", "cotton", "small", "large", "painted", "folding")
TEXTS = tuple(f"{make} {thing}" for make in MAKES for thing in THINGS)


def fit(texts, words=1_000, dims=8, share=0.25):
    return TextEncoder.fit(texts, words, None, dims, share, seed=7)


def column(encoder, word):
    return int(encoder.words.find(keys_of([word]))[0][0])


def cosine(encoder, one, other):
    rows, points = encoder.encode((one, other))
    return float((rows[0] @ rows[1].T).toarray()[0, 0] + points[0] @ points[1])


def test_rare_words_weigh_more_than_common_ones():
    encoder = fit(("Red running shoe", "red running sock", "RED hat", "red 2024"))

    row = encoder.encode(("red running",))[0].toarray()[0]

    # Four texts hold "red", two "running": log(1 + 4/4) and log(1 + 4/2), and the row has length 1.
    assert row[column(encoder, "running")] / row[column(encoder, "red")] == pytest.approx(np.log(3) / np.log(2))
    assert np.linalg.norm(row) == pytest.approx(1.0)


def test_a_word_of_one_text_or_none_counts_less():
    encoder = fit(("red shoe", "red sock"))

    row = encoder.encode(("red shoe brandnew",))[0].toarray()[0]

    assert row[column(encoder, "shoe")] / row[column(encoder, "red")] == pytest.approx(0.7 * np.log(3) / np.log(2))
    assert row[column(encoder, "brandnew")] == pytest.approx(row[column(encoder, "shoe")])


def test_a_word_said_twice_weighs_more_but_not_twice():
    encoder = fit(("tea milk", "tea milk"))

    row = encoder.encode(("tea tea milk",))[0].toarray()[0]

    assert row[column(encoder, "tea")] / row[column(encoder, "milk")] == pytest.approx(1 + np.log(2.0))


def test_the_vocabulary_is_bounded_and_keeps_the_most_frequent():
    encoder = fit(("bb cc dd", "bb cc", "bb dd", "bb"), words=1)

    assert encoder.words.keys.tolist() == keys_of(["bb"]).tolist()


def test_two_new_texts_share_a_word_nobody_knew():
    encoder = fit(TEXTS)

    assert cosine(encoder, "zyxxy", "zyxxy quvvu") > cosine(encoder, "zyxxy", "quvvu")


def test_a_small_catalog_has_words_alone():
    encoder = fit(TEXTS[:40])

    rows, points = encoder.encode(TEXTS[:3])

    assert (encoder.dims, encoder.share, points.shape) == (0, 0.0, (3, 0))
    np.testing.assert_allclose(rows.multiply(rows).sum(axis=1), 1.0, rtol=1e-6)


def test_a_catalog_without_words_can_be_encoded():
    encoder = fit(("", "2024", ""))

    rows, points = encoder.encode(("", "new"))

    assert (rows.nnz, points.size) == (1, 0)


def test_forms_of_one_word_are_near_though_they_share_no_word():
    encoder = fit(TEXTS, dims=20)

    alike = {thing: cosine(encoder, "shoes", thing) for thing in THINGS}

    assert alike["shoe"] == pytest.approx(0.25, abs=0.01)
    assert alike["shoe"] > 2 * max(alike[thing] for thing in THINGS if thing != "shoe")


def test_words_and_what_a_text_is_about_have_their_shares():
    encoder = fit(TEXTS, share=0.25)

    rows, points = encoder.encode(TEXTS)

    np.testing.assert_allclose(rows.multiply(rows).sum(axis=1), 0.75, rtol=1e-5)
    np.testing.assert_allclose((points**2).sum(axis=1), 0.25, rtol=1e-5)


@settings(max_examples=25)
@given(st.lists(st.sampled_from([*TEXTS, "", "unheard of", "shoes shoes", "ab"]), max_size=8))
def test_a_text_is_encoded_alike_alone_and_among_others(texts):
    encoder = fit(TEXTS)
    rows, points = encoder.encode(texts)

    for i, text in enumerate(texts):
        row, point = encoder.encode((text,))
        assert (row != rows[i]).nnz == 0
        np.testing.assert_array_equal(point[0], points[i])


def test_an_encoder_comes_back_from_its_state():
    encoder = fit(TEXTS)
    state = encoder.state()

    again = TextEncoder.restore(State(state.arrays, msgspec.json.decode(msgspec.json.encode(state.settings))))

    for got, wanted in zip(again.encode(("red shoes",)), encoder.encode(("red shoes",)), strict=True):
        assert abs(got - wanted).sum() == 0
