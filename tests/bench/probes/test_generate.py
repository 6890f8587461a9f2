"""A text that a model continues: what is read, what is drawn and how often, what is never drawn."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import pytest
import torch
from cases import SMALL_TASKS, Case, of_kind
from scipy.stats import chisquare
from torch import Tensor, nn

from bench.probes.generate import (
    GREEDY,
    continue_text,
    continued_signal,
    never_written,
    plain_text,
    read_prompt,
)
from bench.spec.errors import RequestError, WorkError
from bench.trial.holdout import held_out
from bench.trial.streams import stream
from models import build
from models.base import Model
from tasks.base import PAD, START, STOP
from tasks.signals.sine import Sine
from tasks.text.corpus import CorpusTask
from tasks.text.human_numbers import HumanNumbers
from tasks.text.vocabulary import Vocabulary, with_stops
from tasks.text.words_toy import WordsToy

NUMBERS, TOY = SMALL_TASKS["stream"], WordsToy()
assert isinstance(NUMBERS, HumanNumbers)
PROMPT = read_prompt(NUMBERS, "twenty one . twenty")
SIZE = TOY.target.size
WORDS = range(3, SIZE)


@dataclass(frozen=True, kw_only=True)
class Sentences(CorpusTask):
    """Sentences of a and b with a stop after each, or without; all else is one unknown symbol."""

    name = "sentences"
    eval_lengths: tuple[int, ...] = (2,)
    stops: bool = True
    strangers: bool = True

    @property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(("a", "b"), is_open=True)

    def training_text(self) -> Tensor:
        sentences = [["a", "b"], ["b", "q" if self.strangers else "a"]]
        words = [word for sentence in sentences for word in sentence]
        return with_stops(self.vocabulary, sentences) if self.stops else self.vocabulary.encode(words)

    def judged_text(self) -> Tensor:
        return self.training_text()

    def split(self, text: str) -> list[str]:
        return text.split()


class Fixed(nn.Module):
    """Gives the same scores at every step, and remembers what it read; its state is how often it was called."""

    def __init__(self, scores: dict[int, float], size: int = SIZE) -> None:
        super().__init__()
        self.scores = torch.full((size,), -3.0)
        for symbol, score in scores.items():
            self.scores[symbol] = score
        self.read: list[int] = []

    def begin(self, source: None, source_length: Tensor) -> int:
        assert source_length.tolist() == [0]
        return 0

    def decoder(self, inputs: Tensor, state: int) -> tuple[Tensor, int]:
        assert inputs.shape == (1, 1)
        assert state == len(self.read)
        self.read.append(int(inputs))
        return self.scores[None, None], state + 1


def generator(seed: int = 0) -> torch.Generator:
    return stream("cpu", seed, "generate")


def reread(model: Model, prompt: list[int], symbols: int) -> list[int]:
    """Read all again for each symbol, in one call from START, and take the most likely word."""
    written: list[int] = []
    for _ in range(symbols):
        with torch.no_grad():
            outputs = model(None, torch.zeros(1, dtype=torch.long), torch.tensor([[START, *prompt, *written]]))
        scores = dict(enumerate(outputs[0, -1].tolist()))
        written.append(max(list(scores)[3:], key=scores.__getitem__))
    return written


@pytest.mark.parametrize("case", of_kind("stream"), ids=str)
@pytest.mark.parametrize("prompt", [[], PROMPT], ids=["no prompt", "prompt"])
def test_greedy_continuation_is_what_reading_all_again_for_each_symbol_gives(case: Case, prompt: list[int]) -> None:
    model = case.ready()
    assert continue_text(model, NUMBERS, prompt, 24, GREEDY, generator()) == reread(model, prompt, 24)


def test_each_symbol_is_read_once_and_in_order_with_the_state_carried() -> None:
    model = Fixed({})
    written = continue_text(model, TOY, [5, 3, 4], 6, 1.0, generator())
    assert len(written) == 6
    assert model.read == [START, 5, 3, 4, *written[:-1]]


@pytest.mark.parametrize(("temperature", "fits"), [(0.7, True), (1.0, False), (0.5, False)])
def test_symbols_come_up_as_often_as_the_softmax_says(temperature: float, fits: bool) -> None:
    scores = {symbol: math.sin(symbol) for symbol in WORDS} | {PAD: 5.0, START: 5.0, STOP: 5.0}
    drawn = Counter(continue_text(Fixed(scores), TOY, [], 5000, temperature, generator()))
    weights = [math.exp(scores[symbol] / 0.7) for symbol in WORDS]
    expected = [5000 * weight / sum(weights) for weight in weights]
    assert set(drawn) == set(WORDS)
    chance = chisquare([drawn[symbol] for symbol in WORDS], expected).pvalue
    assert chance > 0.01 if fits else chance < 1e-6


@pytest.mark.parametrize("model", ["gru", "markov"])
@pytest.mark.parametrize("temperature", [1e-9, 1e-300, 5e-324])
def test_a_temperature_near_zero_is_greedy(model: str, temperature: float) -> None:
    ready = next(case for case in of_kind("stream") if case.model == model).ready()
    greedy = continue_text(ready, NUMBERS, PROMPT, 20, GREEDY, generator())
    assert continue_text(ready, NUMBERS, PROMPT, 20, temperature, generator()) == greedy


def test_one_seed_gives_one_text_and_another_another() -> None:
    model = next(case for case in of_kind("stream") if case.model == "gru").ready()
    first, again, other = (continue_text(model, NUMBERS, PROMPT, 40, 1.0, generator(seed)) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("task", "silent"),
    [
        (TOY, [PAD, START, STOP]),
        (NUMBERS, [PAD, START, STOP]),
        (Sentences(), [PAD, START]),
        (Sentences(stops=False), [PAD, START, STOP]),
        (Sentences(strangers=False), [PAD, START, 5]),
    ],
)
@pytest.mark.parametrize("temperature", [GREEDY, 0.5, 1e300])
def test_what_the_training_text_has_no_use_for_is_never_written(
    task: CorpusTask, silent: list[int], temperature: float
) -> None:
    assert never_written(task) == silent
    model = Fixed(dict.fromkeys(silent, 100.0), task.target.size)
    written = continue_text(model, task, [], 300, temperature, generator())
    assert not set(silent) & set(written)
    if temperature == 1e300:
        assert set(written) == set(range(task.target.size)) - set(silent)


def test_a_text_is_written_in_evaluation_mode() -> None:
    torch.manual_seed(0)
    model = build("gru", None, NUMBERS.target, hidden=16, layers=2, dropout=0.9).train()
    assert continue_text(model, NUMBERS, [], 20, GREEDY, generator()) == reread(model, [], 20)


@pytest.mark.parametrize("score", [math.nan, math.inf])
def test_scores_that_are_no_numbers_are_an_error(score: float) -> None:
    with pytest.raises(WorkError, match="diverged"):
        continue_text(Fixed({4: score}), TOY, [], 3, 1.0, generator())


def test_a_stop_ends_a_line() -> None:
    assert plain_text(Sentences(), [3, 4, STOP, 4, 5, STOP, 3]) == "a b\nb <unknown>\na"
    assert plain_text(Sentences(), []) == ""


@pytest.mark.parametrize(
    ("task", "typed", "line"),
    [
        (
            NUMBERS,
            "one eleventy . Two one eleventy",
            r"human_numbers has no symbol 'eleventy', 'Two'; .* one two three",
        ),
        (TOY, "Mary had some lambs", r"words_toy has no symbol 'some', 'lambs'; it knows 12 tokens: \. <s> Mary The"),
        (Sentences(), "a q <unknown>", r"sentences has no symbol 'q', '<unknown>'; it knows 2 tokens: a b"),
    ],
)
def test_symbols_that_a_task_does_not_have_are_all_named(task: CorpusTask, typed: str, line: str) -> None:
    with pytest.raises(RequestError, match=line):
        read_prompt(task, typed)


def test_what_is_typed_is_what_is_printed() -> None:
    for task, typed in ((NUMBERS, "nineteen thousand . one"), (TOY, "<s> Mary had"), (Sentences(), "b a"), (TOY, "")):
        assert plain_text(task, read_prompt(task, typed)) == typed


def test_a_signal_that_training_never_read_is_continued_by_itself() -> None:
    task = Sine(prefix=12, train_lengths=(10,), eval_lengths=(10,), spread=0.2)
    model = build("gru", task.source, task.target, hidden=8)
    one, again = (continued_signal(model, task, 30, "cpu", generator()) for _ in range(2))
    assert one == again
    assert [len(part) for part in (one.given, one.truth, one.written)] == [12, 30, 30]
    drawn = generator()
    while True:
        batch = task.sample(torch.tensor([30]), 30, drawn)
        if held_out(batch).all():
            break
    assert one.truth == pytest.approx(batch.target[0, :, 0].tolist(), rel=1e-3)
