"""Teacher-forced exact match equals real greedy generation, and generation reads no target."""

from __future__ import annotations

import pytest
import torch
from cases import CASES, Case, inputs_of
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import draw, rows_of
from bench.trial.decode import free_running, lengths_with_stop, shortfall
from bench.trial.protocols import protocol_of
from bench.trial.protocols.strings import Strings
from bench.trial.streams import stream
from bench.trial.train import train
from models import build
from models.base import Model, adapted
from tasks import Batch
from tasks.base import BOS, EOS
from tasks.strings.copy import Copy

TASK = Copy(symbols=2, train_lengths=(1, 2, 3, 4), eval_lengths=(1, 2, 3, 4, 5, 6), stop="once")
FAMILIES = [case for case in CASES if case.kind == "symbols"]
every_family = pytest.mark.parametrize("case", FAMILIES, ids=str)
STEPS, WIDTH = 30, 7
CLOSE = 1e-4  # scores closer than this may change places by rounding
ALREADY: dict[str, Model] = {}


def trained(case: Case) -> Model:
    """Train briefly, once for all tests, so that what is written depends on the source; what comes out is no matter."""
    if str(case) not in ALREADY:
        torch.manual_seed(3)
        model = build(case.model, TASK.source, TASK.target, **case.settings)
        budget = {"steps": STEPS, "batch": 32, "learning_rate": 1e-2, "warmup": 5, "eval_every": STEPS, "fits": 64}
        train(model, TASK, Spec(TASK.name, case.model, **budget), 1, "cpu", lambda _: None)
        ALREADY[str(case)] = model.eval()
    return ALREADY[str(case)]


def mixed_batch() -> Batch:
    """Draw strings of training lengths and longer ones."""
    return TASK.sample(torch.tensor([1, 2, 3, 4, 5, 6] * 30), WIDTH - 1, stream("cpu", "generation"))


def half_right(model: Model) -> Batch:
    """Draw strings; the truth of every second one is what the model writes, the others begin with something else.

    None whose scores are nearly tied.
    """
    batch = mixed_batch()
    decoded = free_running(model, TASK, batch, WIDTH)
    own, ends = torch.arange(len(decoded)) % 2 == 0, lengths_with_stop(decoded)
    length = torch.where(own, ends, batch.target_length)
    strange = batch.target.index_copy(1, torch.tensor([0]), torch.where(decoded[:, :1] == 3, 4, 3))
    target = torch.where(own[:, None], decoded, strange)
    target = target.masked_fill(torch.arange(WIDTH) >= length[:, None], 0)
    batch = Batch(batch.source, batch.source_length, target, length)
    best = model(batch.source, batch.source_length, inputs_of(TASK, batch)).topk(2).values
    clear = (best[..., 0] - best[..., 1] > CLOSE).all(1)
    assert clear.double().mean() > 0.5
    return rows_of(batch, clear)


def forced_right(model: Model, batch: Batch) -> list[bool]:
    """Whether every argmax after the true prefix is right, each row."""
    outputs = model(batch.source, batch.source_length, inputs_of(TASK, batch))
    return (TASK.correct(outputs, batch.target) | ~batch.target_mask).all(1).tolist()


def generated_right(model: Model, batch: Batch) -> list[bool]:
    """Whether greedy decoding writes the target, its EOS included, each row as Python lists."""
    decoded = free_running(model, TASK, batch, batch.target.shape[1] + 3).tolist()
    rows = zip(decoded, batch.target.tolist(), batch.target_length.tolist(), strict=True)
    return [written[:length] == target[:length] for written, target, length in rows]


@pytest.mark.slow
@every_family
def test_teacher_forced_exact_match_is_greedy_generation_example_by_example(case: Case) -> None:
    model = trained(case)
    with torch.no_grad():
        batch = half_right(model)
        forced, generated = forced_right(model, batch), generated_right(model, batch)
        score = Strings().score_batch(model, TASK, batch, True, "cpu")
    assert forced == generated
    assert score.right == sum(generated)
    assert len(generated) / 4 < sum(generated) < len(generated) * 3 / 4


def written_at_true_length(model: Model, batch: Batch) -> list[list[int]]:
    """Decode greedily with each row's true length forced: never an EOS before it, and nothing after it."""
    state, token, written = model.begin(batch.source, batch.source_length), TASK.first_input(batch), []
    for _ in range(int(batch.target_length.max()) - 1):
        outputs, state = model.decoder(token[:, None], state)
        scores = outputs[:, 0].tolist()
        for row in scores:
            row[EOS] = float("-inf")
        token = torch.tensor([row.index(max(row)) for row in scores])
        written.append(token.tolist())
    rows = zip(*written, strict=True)
    return [[*row[: length - 1], EOS] for row, length in zip(rows, batch.target_length.tolist(), strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in FAMILIES if case.model != "majority"], ids=str)
def test_stopped_wrong_are_the_strings_that_are_right_once_the_true_length_is_forced(case: Case) -> None:
    model, batch = trained(case), mixed_batch()
    with torch.no_grad():
        right = forced_right(model, batch)
        targets = [row[:n] for row, n in zip(batch.target.tolist(), batch.target_length.tolist(), strict=True)]
        forced = [
            written == target for written, target in zip(written_at_true_length(model, batch), targets, strict=True)
        ]
        score = Strings().score_batch(model, TASK, batch, True, "cpu")
    assert all(f for f, r in zip(forced, right, strict=True) if r)
    assert score.stopped_wrong == sum(forced) - sum(right)


@pytest.mark.slow
@every_family
def test_generation_reads_no_target(case: Case) -> None:
    model, batch = trained(case), mixed_batch()
    nonsense = Batch(batch.source, batch.source_length, torch.full_like(batch.target, 4), batch.target_length // 2)
    with torch.no_grad():
        assert torch.equal(free_running(model, TASK, nonsense, 9), free_running(model, TASK, batch, 9))


def test_generation_of_values_reads_no_target() -> None:
    case = next(case for case in CASES if (case.model, case.kind) == ("gru", "values"))
    model, batch = case.ready(), draw(case.task, 4, stream("cpu", "generation"))
    nonsense = Batch(batch.source, batch.source_length, batch.target + 7, batch.target_length)
    with torch.no_grad():
        assert torch.equal(free_running(model, case.task, batch, 5), free_running(model, case.task, nonsense, 5))


def test_generation_runs_on_past_the_targets_length() -> None:
    model = next(case for case in FAMILIES if case.model == "gru").ready()
    with torch.no_grad():
        assert free_running(model, TASK, mixed_batch(), 30).shape == (180, 30)


def test_a_model_without_a_decoder_writes_what_the_same_one_with_a_decoder_writes() -> None:
    class Whole(torch.nn.Module):
        def __init__(self, model: Model) -> None:
            super().__init__()
            self.model = model

        def forward(self, *inputs: Tensor) -> Tensor:
            return self.model(*inputs)

    model, batch = next(case for case in FAMILIES if case.model == "lstm").ready(), mixed_batch()
    with torch.no_grad():
        written = free_running(model, TASK, batch, 7)
        assert torch.equal(free_running(adapted(Whole(model).eval()), TASK, batch, 7), written)


def test_a_length_ends_at_the_first_stop_and_a_row_without_one_at_the_width() -> None:
    decoded = torch.tensor([[3, 2, 4, 2], [2, 2, 2, 2], [3, 4, 5, 3], [0, 1, 3, 2]])
    assert lengths_with_stop(decoded).tolist() == [2, 1, 4, 4]


def test_shortfall_is_measured_up_to_where_decoding_leaves_the_truth() -> None:
    scores = torch.tensor([[[0.0, 4.0], [2.0, 0.0], [0.0, 8.0]]])
    truth = torch.tensor([[1, 0, 1]])
    assert shortfall(scores, truth, truth).tolist() == [[0, 0, 0]]
    assert shortfall(scores, torch.tensor([[1, 1, 0]]), truth).tolist() == [[0, 1, 0]]  # it has left by the third
    assert shortfall(scores, torch.tensor([[1, 0, 0]]), truth).tolist() == [[0, 0, 1]]
    small = scores / 10  # scores below 1 are measured as they are
    assert shortfall(small, torch.tensor([[0, 0, 1]]), truth).tolist() == [[pytest.approx(0.4), 0, 0]]


def test_texts_are_read_from_their_beginning() -> None:
    case = next(case for case in CASES if (case.model, case.kind) == ("gru", "stream"))
    (answer,) = protocol_of(case.task).answers(case.ready(), case.task, 90, 1, "cpu")
    with torch.no_grad():
        outputs, _ = case.ready().decoder(torch.tensor([[BOS]]), case.ready().begin(None, torch.zeros(1).long()))
    assert answer.written[0] == outputs.argmax()
