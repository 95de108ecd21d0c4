from __future__ import annotations

import logging

import msgspec
import numpy as np
import pytest

from penchant.catalog import Attribute, Item, ItemTable
from penchant.errors import ExtraNotInstalled, FitFailed
from penchant.models import AttributeSimilarity, Run, State, sentence
from penchant.models.sentence import SentenceEncoder
from penchant.testing import dataset

TITLE = (Attribute("title", "text"),)
VECTORS = {"[UNK]": (0, 0, 0), "couch": (3, 0, 0), "sofa": (2.9, 0.4, 0), "drill": (0, 2, 0), "saw": (0, 2, 0.3)}
ITEMS = [Item(id=word, title=word) for word in ("couch", "sofa", "drill", "saw")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sentence model of five tokens, as model2vec keeps one."""
    model2vec = pytest.importorskip("model2vec", reason="model2vec is not installed: pip install 'penchant[text]'")
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    level = tokenizers.models.WordLevel({token: i for i, token in enumerate(VECTORS)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(level)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    path = tmp_path_factory.mktemp("sentence")
    return write(model2vec, tokenizer, path / "five", 1.0), write(model2vec, tokenizer, path / "other", 2.0)


def write(model2vec, tokenizer, path, scale):
    vectors = np.array([*VECTORS.values()], np.float32) * scale
    model2vec.StaticModel(vectors, tokenizer).save_pretrained(path)
    return str(path)


def alike(folder, about=0.5):
    recipe = AttributeSimilarity(attributes=TITLE, encoder="sentence", sentence_model=folder, about=about)
    return recipe.fit(dataset([], ITEMS), Run())


def near(model, code):
    return model.similar(np.array([code], np.int32), 5).row(0)


def new(model, title):
    code = model.n_items
    return code, model.extended(np.array([code], np.int32), ItemTable(["new"], [Item(id="new", title=title)]), code + 1)


def test_texts_that_mean_the_same_are_alike_without_a_word_in_common(folder):
    codes, scores = near(alike(folder[0]), 0)

    # Half of the similarity is the cosine of (3, 0, 0) and (2.9, 0.4, 0).
    assert codes.tolist() == [1]
    assert scores.tolist() == pytest.approx([0.5 * 2.9 / np.hypot(2.9, 0.4)])


def test_new_items_are_encoded_by_the_same_model(folder):
    state = alike(folder[0]).state()
    restored = AttributeSimilarity.fitted.restore(
        State(state.arrays, msgspec.json.decode(msgspec.json.encode(state.settings)))
    )

    code, model = new(restored, "sofa couch")

    assert near(model, code)[0][:2].tolist() == [0, 1]
    assert model.notes == ()


def test_texts_without_a_known_token_mean_nothing(folder):
    assert not SentenceEncoder.load(folder[0]).encode(("", "unheard")).any()


@pytest.mark.parametrize("which", ["gone", "another"])
def test_without_the_model_of_the_fit_new_items_are_known_by_all_else(folder, which, caplog):
    state = alike(folder[0]).state()
    state.settings["encoder"]["0"]["sentence"]["model"] = folder[1] if which == "another" else folder[0] + "-gone"
    restored = AttributeSimilarity.fitted.restore(state)

    with caplog.at_level(logging.WARNING):
        code, model = new(restored, "sofa sofa")
        _, model = new(model, "couch")

    assert near(model, code)[0].tolist() == [1]
    assert near(model, 0)[0].tolist() == [5, 1]
    assert len(model.notes) == 1
    assert ("is not the one of the fit" if which == "another" else "cannot be read") in model.notes[0]
    assert len(caplog.records) == 1


def test_a_model_that_cannot_be_read_is_no_fit(folder):
    with pytest.raises(FitFailed, match=r"alike: sentence model .*-gone cannot be read"):
        alike(folder[0] + "-gone")


def test_without_the_extra_the_message_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(sentence.importlib.util, "find_spec", lambda name: None)
    recipe = AttributeSimilarity(attributes=TITLE, encoder="sentence", sentence_model="any")

    with pytest.raises(ExtraNotInstalled, match=r"pip install 'penchant\[text\]'"):
        recipe.fit(dataset([], ITEMS), Run())


def test_a_sentence_encoder_needs_a_model():
    with pytest.raises(msgspec.ValidationError, match="needs sentence_model"):
        msgspec.convert({"attributes": [TITLE[0]], "encoder": "sentence"}, AttributeSimilarity)
