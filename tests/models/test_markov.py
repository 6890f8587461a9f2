"""Markov: its probabilities against plain dictionaries and by hand, its state, what it may know."""

from __future__ import annotations

import itertools
import math
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cases import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from ngrams import Dictionaries
from numpy.typing import NDArray
from torch import Tensor

from models import build
from models.base import UnsuitableError, state_size
from models.markov import SMOOTHINGS
from tasks.base import BOS, EOS, FIRST_TOKEN, PAD, Symbols, Values

NIETZSCHE = Path(__file__).resolve().parents[3] / "shared" / "data" / "nietzsche.txt"
NONE = torch.zeros(1, dtype=torch.long)
LETTERS = "abrcd"
Chances = Callable[[tuple[int, ...]], list[float]]
every_smoothing = pytest.mark.parametrize("smoothing", SMOOTHINGS)


def ids(text: Sequence[int]) -> Tensor:
    """Shift letters 0, 1 and so on to symbols of a text (1, time)."""
    return torch.tensor(text)[None] + FIRST_TOKEN


def spelled(text: str) -> Tensor:
    return ids([LETTERS.index(letter) for letter in text])


def fitted(target: Tensor, count: int, mask: Tensor | None = None, **chosen: Any) -> Any:
    model = build("markov", None, Symbols(count), **chosen)
    model.fit(
        None, torch.zeros(len(target)), target, torch.ones_like(target, dtype=torch.bool) if mask is None else mask
    )
    return model


def inputs_of(text: Tensor) -> Tensor:
    return torch.cat([torch.full_like(text[:, :1], BOS), text[:, :-1]], 1)


def exact(model: Any, inputs: Tensor) -> NDArray[np.float64]:
    """Return the probabilities after each input of one lane (1, time), before they are rounded to float32."""
    rows = model.read(inputs.numpy(), model.begin(None, NONE).numpy())
    return model.probabilities(rows[0, 1:])


def cost(model: Any, text: Tensor) -> Tensor:
    """Nats of each symbol of a text (1, time) -> (time,)."""
    outputs = model(None, NONE, inputs_of(text))
    return -outputs.double().gather(2, text[..., None])[0, :, 0]


def texts(letters: int = 4, least: int = 1, most: int = 60) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, letters - 1), min_size=least, max_size=most)


def assert_as_dictionaries(model: Any, segments: list[list[int]], read: list[int]) -> None:
    oracle, discounts = Dictionaries(segments, model.size, model.order, model.smoothing), {}
    found = exact(model, torch.tensor([[BOS, *read]]))
    for place, chances in enumerate(found):
        context = tuple(read[max(0, place - model.order) : place])
        assert chances.tolist() == pytest.approx(oracle.chances(context, discounts), abs=1e-9)


@every_smoothing
@pytest.mark.parametrize("order", range(5))
@pytest.mark.parametrize(("letters", "length"), [(3, 50), (4, 150), (6, 400)])
def test_probabilities_are_those_of_plain_dictionaries(smoothing: str, order: int, letters: int, length: int) -> None:
    random = np.random.default_rng(length + order)
    skewed = random.permutation(np.arange(1, letters + 1)) / (letters * (letters + 1) / 2)
    text = ids(random.choice(letters, length, p=skewed).tolist())
    model = fitted(text, letters + 1, order=order, smoothing=smoothing)  # one letter never occurs
    unseen = random.integers(FIRST_TOKEN, FIRST_TOKEN + letters + 1, 40).tolist()
    assert_as_dictionaries(model, text.tolist(), text[0, : min(length, 80)].tolist() + unseen)


@every_smoothing
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(texts(3, 0, 25), min_size=1, max_size=4), hidden=st.sets(st.integers(0, 24)), order=st.integers(0, 3)
)
def test_what_the_mask_hides_is_not_counted_and_parts_the_text(
    smoothing: str, rows: list[list[int]], hidden: set[int], order: int
) -> None:
    shown = [[place < len(row) and place not in hidden for place in range(25)] for row in rows]
    target = torch.tensor([row + [2] * (25 - len(row)) for row in rows]) + FIRST_TOKEN
    segments: list[list[int]] = [[]]
    for symbols, real in zip(target.tolist(), shown, strict=True):
        for symbol, is_real in zip(symbols, real, strict=True):
            segments = [*segments[:-1], [*segments[-1], symbol]] if is_real else [*segments, []]
        segments.append([])
    if not any(map(any, shown)):
        with pytest.raises(ValueError, match="nothing to count"):
            fitted(target, 3, torch.tensor(shown), order=order, smoothing=smoothing)
        return
    model = fitted(target, 3, torch.tensor(shown), order=order, smoothing=smoothing)
    assert_as_dictionaries(model, segments, target[0].tolist())


@every_smoothing
@settings(max_examples=100, deadline=None)
@given(text=texts(), read=st.lists(st.integers(0, 8), max_size=20), order=st.integers(0, 6))
def test_probabilities_sum_to_one_after_anything(smoothing: str, text: list[int], read: list[int], order: int) -> None:
    model = fitted(ids(text), 6, order=order, smoothing=smoothing)
    outputs = model(None, NONE, torch.tensor([[BOS, *read]]))
    assert outputs.dtype == torch.float32
    assert outputs.isfinite().all()
    assert outputs.double().exp().sum(-1).sub(1).abs().max() < 1e-6
    assert outputs[..., [PAD, BOS]].exp().eq(0).all()
    assert_close(outputs.softmax(-1), outputs.exp())
    assert outputs[..., EOS:].gt(-200).all()  # whatever can be a target has a real chance


@every_smoothing
@settings(max_examples=30, deadline=None)
@given(text=texts(3, 10), order=st.integers(0, 5), cuts=st.lists(st.integers(0, 8), min_size=1, max_size=9))
def test_any_steps_and_any_company_give_the_same(smoothing: str, text: list[int], order: int, cuts: list[int]) -> None:
    model = fitted(ids(text), 3, order=order, smoothing=smoothing)
    random = np.random.default_rng(sum(cuts))
    lanes = torch.from_numpy(random.integers(PAD, FIRST_TOKEN + 3, (3, sum(cuts))))
    whole = model(None, torch.zeros(3), lanes)
    state, stepped = model.begin(None, torch.zeros(3)), []
    for piece in lanes.split(cuts, 1):
        outputs, state = model.decoder(piece, state)
        stepped.append(outputs)
    assert torch.equal(torch.cat(stepped, 1), whole)
    assert state.shape == (3, order + 1)
    assert state.dtype == torch.long
    assert state_size(state) == 0
    for lane in range(3):
        assert torch.equal(model(None, NONE, lanes[lane : lane + 1])[0], whole[lane])


def after(model: Any, context: str) -> dict[str, float]:
    read = torch.cat([NONE[None] + BOS, spelled(context)], 1) if context else NONE[None] + BOS
    return dict(zip(("pad", "start", "stop", *LETTERS), exact(model, read)[-1].tolist(), strict=True))


@every_smoothing
def test_without_context_it_is_the_unigram(smoothing: str) -> None:
    model = fitted(spelled("abracadabra"), 5, order=0, smoothing=smoothing)
    counts = {"stop": 0, "a": 5, "b": 2, "r": 2, "c": 1, "d": 1}  # two ones and two twos: a discount of 2 / (2 + 4)
    if smoothing == "kneser_ney":
        expected = {each: (n - (1 / 3 if n else 0) + 5 / 3 / 6) / 11 for each, n in counts.items()}
    else:
        expected = {each: (n + 5 / 6) / (11 + 5) for each, n in counts.items()}
    for context in ("", "a", "cd"):
        assert after(model, context) == pytest.approx({"pad": 0, "start": 0, **expected})


def test_one_symbol_of_context_is_the_bigram() -> None:
    model = fitted(spelled("abracadabra"), 5, order=1)
    # how many different symbols stand before each: 4 before a (r, c, d and the start), else 1, so a half is taken off
    alone = {"stop": 0.0, "a": 3.5, "b": 0.5, "r": 0.5, "c": 0.5, "d": 0.5}
    alone = {each: (n + 2.5 / 6) / 8 for each, n in alone.items()}
    # pairs: ac ad ca da once, ab br ra twice: 4 / (4 + 6) is taken off each
    expected = {each: (3 * 0.4 * chance) / 4 for each, chance in alone.items()}
    for each, count in {"b": 2, "c": 1, "d": 1}.items():
        expected[each] += (count - 0.4) / 4
    assert after(model, "a") == pytest.approx({"pad": 0, "start": 0, **expected})
    assert after(model, "ra") == after(model, "a")
    assert after(model, "") == pytest.approx({"pad": 0, "start": 0, **alone})
    assert after(model, "b")["r"] == pytest.approx((2 - 0.4) / 2 + 0.4 / 2 * alone["r"])


def test_witten_bell_leaves_more_after_contexts_with_more_successors() -> None:
    model = fitted(spelled("abracadabra"), 5, order=1, smoothing="witten_bell")
    assert after(model, "a")["b"] == pytest.approx((2 + 3 * after(model, "")["b"]) / (4 + 3))
    assert after(model, "b")["r"] == pytest.approx((2 + 1 * after(model, "")["r"]) / (2 + 1))


def test_with_nothing_taken_off_it_is_the_maximum_likelihood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.markov.discounts", lambda counts: np.zeros(3))
    model = fitted(spelled("abracadabra"), 5, order=1)
    nothing = dict.fromkeys(("pad", "start", "stop", *LETTERS), 0.0)
    assert after(model, "a") == pytest.approx(nothing | {"b": 1 / 2, "c": 1 / 4, "d": 1 / 4})
    assert after(model, "b") == pytest.approx(nothing | {"r": 1})
    model = fitted(spelled("abracadabra"), 5, order=0)
    assert after(model, "") == pytest.approx(
        nothing | {"a": 5 / 11, "b": 2 / 11, "r": 2 / 11, "c": 1 / 11, "d": 1 / 11}
    )


@every_smoothing
@settings(max_examples=30, deadline=None)
@given(text=texts(3, 20), other=texts(3, 20))
def test_it_knows_the_fitted_text_alone(smoothing: str, text: list[int], other: list[int]) -> None:
    read = inputs_of(ids(text + other))
    model = fitted(ids(text), 3, smoothing=smoothing)
    alone = model(None, NONE, read)
    assert torch.equal(model(None, NONE, read), alone)  # what it reads it does not count
    both = ids(text + other)
    head = torch.arange(both.shape[1])[None] < len(text)
    assert torch.equal(fitted(both, 3, head, smoothing=smoothing)(None, NONE, read), alone)
    model.fit(None, NONE, ids(other), torch.ones(1, len(other), dtype=torch.bool))
    assert torch.equal(model(None, NONE, read), fitted(ids(other), 3, smoothing=smoothing)(None, NONE, read))


@every_smoothing
@pytest.mark.parametrize("pattern", ["a", "ab", "aab", "abac", "aaaab", "abracadabra", "abcdabdc"])
def test_reading_further_back_never_harms_on_a_text_that_repeats_itself(smoothing: str, pattern: str) -> None:
    text = spelled(pattern * 60)
    nats = [cost(fitted(text, 5, order=order, smoothing=smoothing), text).mean().item() for order in range(8)]
    assert all(longer <= shorter for shorter, longer in itertools.pairwise(nats)), nats
    assert nats[-1] < 0.1


@pytest.mark.slow
@pytest.mark.skipif(not NIETZSCHE.exists(), reason=f"the corpus is not at {NIETZSCHE}")
@every_smoothing
def test_five_letters_foretell_nietzsche_better_than_one(smoothing: str) -> None:
    text = NIETZSCHE.read_text(encoding="utf-8").lower()
    letters = sorted(set(text))
    every = ids([letters.index(letter) for letter in text])
    seen, held = every[:, : len(text) * 4 // 5], every[:, len(text) * 4 // 5 :]
    nats = {
        order: cost(fitted(seen, len(letters), order=order, smoothing=smoothing), held).mean().item()
        for order in (1, 5, 6)
    }
    assert 2.3 < nats[1] < 3.565 * math.log(2) < 2.5  # the whole file's own bigram is 3.565 bits
    assert nats[5] < nats[1] - 0.8
    assert nats[6] < nats[1] - 0.8


@pytest.mark.parametrize("model", [build("markov", None, Symbols(4)), fitted(ids([0, 1, 2]), 4, order=5)])
def test_it_has_no_parameters_and_survives_a_pickle(model: Any) -> None:
    read = torch.tensor([[BOS, 3, 4, 5, 3, 4]])
    assert list(model.parameters()) == list(model.buffers()) == []
    assert torch.equal(pickle.loads(pickle.dumps(model))(None, NONE, read), model(None, NONE, read))


def test_before_the_fit_all_that_can_be_written_is_alike() -> None:
    chances = build("markov", None, Symbols(4))(None, NONE, torch.tensor([[BOS, 3, 4]])).exp()
    assert_close(chances, torch.tensor([0, 0, *[1 / 5] * 5]).expand(1, 3, -1))


@pytest.mark.parametrize(
    ("source", "target", "chosen", "kind", "message"),
    [
        (None, Symbols(3), {"order": -1}, ValueError, "order must be 0 or more; got -1"),
        (
            None,
            Symbols(3),
            {"smoothing": "none"},
            ValueError,
            "unknown smoothing 'none'; choose from: kneser_ney, witten",
        ),
        (Symbols(3), Symbols(3), {}, UnsuitableError, "markov reads its own text only: a language model"),
        (None, Values(1), {}, UnsuitableError, "markov counts tokens; this task writes real values"),
        (Values(1), Values(1), {}, UnsuitableError, "markov counts tokens; this task writes real values"),
    ],
)
def test_what_it_cannot_take_is_said_in_one_line(
    source: Any, target: Any, chosen: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message) as raised:
        build("markov", source, target, **chosen)
    assert type(raised.value) is kind
    assert "\n" not in str(raised.value)
