from __future__ import annotations

import numpy as np

from penchant.models.hashing import keys_of
from penchant.models.words import WordCounts, pieces


def test_words_are_counted_in_lower_case_without_numbers():
    found = WordCounts.of(("Red red SHOE 2024", "", "a shoe, a T20"))

    assert found.words == ("red", "shoe")
    assert found.counts.toarray().tolist() == [[2, 1], [0, 0], [0, 1]]


def test_no_texts_hold_no_words():
    found = WordCounts.of(())

    assert found.words == ()
    assert found.counts.shape == (0, 0)


def test_only_the_first_words_of_a_long_text_count():
    found = WordCounts.of(("word " * 2_000 + "late",))

    assert found.words == ("word",)
    assert found.counts[0, 0] == 2_000


def test_pieces_are_runs_of_three_and_four_characters():
    keys, held = pieces(["abc", "ab"])

    # <abc> and <ab>, in the order of the pieces.
    assert keys.tolist() == keys_of(["<ab", "<ab>", "<abc", "ab>", "abc", "abc>", "bc>"]).tolist()
    assert held.toarray().tolist() == [[1, 0, 1, 0, 1, 1, 1], [1, 1, 0, 1, 0, 0, 0]]


def test_a_piece_that_a_word_repeats_counts_twice():
    keys, held = pieces(["papapa"])

    assert held[0, np.flatnonzero(keys == keys_of(["pap"]))[0]] == 2


def test_of_a_very_long_word_only_the_beginning_counts():
    assert pieces(["x" * 40])[1].sum() == pieces(["x" * 5_000])[1].sum()
