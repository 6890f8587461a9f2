"""Samples say what the model itself writes, and whether that is what the scored pass says."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from cases import CASES, TRAINED
from torch import Tensor, nn

from bench.probes.samples import TOKENS_KEPT, VALUES_KEPT, Sample, disagreement, sample, telling_lengths
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.protocols import protocol_of
from models import adapted
from models.base import Model
from tasks import Task
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.text.human_numbers import HumanNumbers
from tasks.text.words_toy import WordsToy

STRINGS = Copy(symbols=3, train_lengths=(2, 3, 4, 5), eval_lengths=(2, 3, 4, 5, 6, 8, 12), stop="once")


def family(model: str, kind: str) -> Model:
    return next(case for case in CASES if (case.model, case.kind) == (model, kind)).ready()


def samples(model: Model, task: Task, length: int, count: int = 2) -> list[Sample]:
    answers = protocol_of(task).answers(model, task, length, count, "cpu")
    return [sample(task, length, one, shortened=True) for one in answers]


class Echo(nn.Module):
    """Writes the tokens it was made with, whatever it reads; in one pass it tells them too."""

    def __init__(self, tokens: list[int], size: int) -> None:
        super().__init__()
        self.tokens, self.size = tokens, size

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        steps = [self.tokens[min(step, len(self.tokens) - 1)] for step in range(target_in.shape[1])]
        return nn.functional.one_hot(torch.tensor(steps), self.size).float().expand(len(source), -1, -1)


def test_lengths_inside_at_the_edge_beyond_and_at_twice_are_told_about() -> None:
    assert telling_lengths(STRINGS) == (4, 5, 6, 12)
    assert telling_lengths(replace(STRINGS, train_lengths=(5,))) == (5, 6, 12)
    assert telling_lengths(replace(STRINGS, eval_lengths=(2, 5))) == (4, 5)


def test_of_a_text_every_length_is_told_about_that_names_one() -> None:
    assert telling_lengths(HumanNumbers()) == HumanNumbers().eval_lengths
    assert telling_lengths(WordsToy()) == (max(WordsToy().eval_lengths),)


@pytest.mark.parametrize(
    ("tokens", "written"),
    [
        ([3, 4, 2], ["a", "b", "<stop>"]),
        ([3, 4, 5], ["a", "b", "c", "c", "c", "c"]),  # it never stops: two tokens past the truth are shown
        ([0, 1, 2], ["<pad>", "<start>", "<stop>"]),
    ],
)
def test_a_sample_is_what_the_model_wrote_up_to_its_own_stop(tokens: list[int], written: list[str]) -> None:
    batch = evaluation_set(STRINGS, 3, 1).batch
    (one,) = samples(adapted(Echo(tokens, STRINGS.target.size)), STRINGS, 3, 1)
    assert batch.source is not None
    assert one.written == written
    assert one.given == ["abc"[token - 3] for token in batch.source[0].tolist()]
    assert one.truth == [*one.given, "<stop>"]


def test_a_kept_signal_is_its_end_and_says_where_that_begins() -> None:
    task = Sine(prefix=12, train_lengths=(20,), eval_lengths=(20, 40, 150))
    model = family("gru", "values")
    for length in (20, 40):
        one = samples(model, task, length)[0]
        assert (one.length, one.first, len(one.truth), len(one.written)) == (length, 0, length, length)
    last = samples(model, task, 150)[1]
    assert (last.first, len(last.truth)) == (150 - VALUES_KEPT, VALUES_KEPT)
    whole = evaluation_set(task, 150, 2).batch.target[1, :, 0]
    assert last.truth == pytest.approx(whole[-VALUES_KEPT:].tolist(), abs=1e-3)


def test_a_long_string_is_kept_by_its_start() -> None:
    model, long = family("gru", "symbols"), replace(STRINGS, eval_lengths=(70,))
    (answer,) = protocol_of(long).answers(model, long, 70, 1, "cpu")
    whole, short = (sample(long, 70, answer, shortened=each) for each in (False, True))
    assert len(whole.truth) == 71
    assert [short.given, short.truth, short.written] == [
        part[:TOKENS_KEPT] for part in (whole.given, whole.truth, whole.written)
    ]


def test_a_text_sample_holds_the_words_predicted_at_each_step() -> None:
    case = next(case for case in CASES if (case.model, case.kind) == ("gru", "stream"))
    model, task, length = case.ready(), case.task, max(case.task.eval_lengths)
    (one,) = samples(model, task, length)
    text = protocol_of(task).language(task).stream(length)[:TOKENS_KEPT]
    outputs = model(None, torch.zeros(1, dtype=torch.long), torch.cat([torch.tensor([1]), text[:-1]])[None])
    assert one.given == []
    assert one.truth == [task.text([int(token)]) for token in text]
    assert one.written == [task.text([int(token)]) or "<pad>" for token in outputs[0].argmax(-1)]


class Peek(nn.Module):
    """Gives back the target input that comes next: in one pass that is the truth, in decoding there is none yet."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        later = nn.functional.pad(target_in[:, 1:], (0, 1), value=2)
        return nn.functional.one_hot(later, self.size).float()


def test_decoding_that_is_not_what_the_scored_pass_says_is_said() -> None:
    model = adapted(Peek(STRINGS.target.size))
    assert protocol_of(STRINGS).score(model, STRINGS, 5, 4, "cpu").right == 4
    found = disagreement(5, protocol_of(STRINGS).answers(model, STRINGS, 5, 4, "cpu"))
    assert found == "length 5, example 0: decoding leaves the scored pass at output 0"


class PeekingText(nn.Module):
    """A language model that sees the rest of a chunk."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def begin(self, source: None, source_length: Tensor) -> None:
        return None

    def decoder(self, inputs: Tensor, state: None) -> tuple[Tensor, None]:
        later = nn.functional.pad(inputs[:, 1:], (0, 1), value=2)
        return nn.functional.one_hot(later, self.size).float(), None


def test_a_text_that_is_read_ahead_is_said_too() -> None:
    task = HumanNumbers(train_lengths=(60,), eval_lengths=(60, 90), starts=(1, 61), window=8)
    model = adapted(PeekingText(task.target.size))
    assert protocol_of(task).score(model, task, 90, 0, "cpu").tokens_right > 80
    assert disagreement(90, protocol_of(task).answers(model, task, 90, 1, "cpu")).startswith("length 90, example 0: ")


@pytest.mark.parametrize("case", TRAINED, ids=str)
def test_families_write_what_the_scored_pass_says(case: object) -> None:
    model, task = case.ready(), case.task
    for length in telling_lengths(task):
        assert disagreement(length, protocol_of(task).answers(model, task, length, 4, "cpu")) == ""
