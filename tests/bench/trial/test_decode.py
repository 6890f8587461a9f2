"""Teacher-forced exact match equals real greedy generation, and evaluation reads no target."""

from __future__ import annotations

import pytest
import torch
from cases import CASES, Case, inputs_of
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import draw
from bench.trial.decode import free_running, lengths_with_stop
from bench.trial.evaluate import evaluate, score_symbols, score_values
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.metrics import SPANS, Places
from bench.trial.streams import stream
from bench.trial.train import train
from models import build
from models.base import Model
from tasks import Batch, Task
from tasks.base import STOP
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.strings.reverse import Reverse

EASY = Copy(symbols=2, train_lengths=(1, 2, 3, 4), eval_lengths=(1, 2, 3, 4, 5, 6), stop="once")
UNSTOPPED = Copy(symbols=2, train_lengths=(1, 2, 3, 4), eval_lengths=(1, 2, 3, 4, 5, 6), stop="none")
MIRRORED = Reverse(symbols=2, train_lengths=(1, 2, 3, 4), eval_lengths=(1, 2, 3, 4, 5, 6), stop="once")
FAMILIES = [case for case in CASES if case.kind == "symbols"]
STEPS = 60
ALREADY: dict[str, Model] = {}


def task_for(case: Case) -> Task:
    """Choose the easy copy, but where a family would never be right (a majority never stops), or always."""
    return {"majority": UNSTOPPED, "transducer": MIRRORED}.get(case.model, EASY)


def trained(case: Case) -> Model:
    """Train briefly, once for all tests, so that some strings come out right and some wrong."""
    task = task_for(case)
    if str(case) not in ALREADY:
        torch.manual_seed(3)
        model = build(case.model, task.source, task.target, **case.settings)
        budget = {"steps": STEPS, "batch": 32, "learning_rate": 1e-2, "warmup": 5, "eval_every": STEPS, "fits": 64}
        train(model, task, Spec(task.name, case.model, **budget), 1, "cpu", lambda look: None)
        ALREADY[str(case)] = model.eval()
    return ALREADY[str(case)]


def mixed_batch(task: Task) -> Batch:
    """Draw strings of training lengths and longer ones."""
    length = torch.tensor([1, 2, 3, 4, 5, 6] * 30)
    return task.sample(length, 6, stream("cpu", "generation"))


def forced_right(model: Model, task: Task, batch: Batch) -> Tensor:
    """Whether every argmax after the true prefix is right, each row."""
    outputs = model(batch.source, batch.source_length, inputs_of(task, batch))
    return (task.correct(outputs, batch.target) | ~batch.target_mask).all(1)


def generated_right(model: Model, task: Task, batch: Batch) -> list[bool]:
    """Whether greedy decoding gives the target and stops where it does, each row as Python lists."""
    decoded = free_running(model, task, batch, batch.target.shape[1] + 3)
    ends = lengths_with_stop(decoded) if task is not UNSTOPPED else batch.target_length
    answers = [row[:end] for row, end in zip(decoded.tolist(), ends.tolist(), strict=True)]
    targets = [row[:n] for row, n in zip(batch.target.tolist(), batch.target_length.tolist(), strict=True)]
    return [answer == target for answer, target in zip(answers, targets, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("case", FAMILIES, ids=str)
def test_teacher_forced_exact_match_is_greedy_generation_example_by_example(case: Case) -> None:
    model, task = trained(case), task_for(case)
    batch = mixed_batch(task)
    with torch.no_grad():
        forced, generated = forced_right(model, task, batch).tolist(), generated_right(model, task, batch)
        score = score_symbols(model, task, batch, True, "cpu")
    assert forced == generated
    assert score.right == sum(generated)
    assert 0 < sum(generated) < len(generated)


def written_at_true_length(model: Model, task: Task, batch: Batch, row: int) -> list[int]:
    """Decode one row greedily with the true length forced: never a stop before it, and nothing after it."""
    assert batch.source is not None
    one = Batch(
        *(part[row : row + 1] for part in (batch.source, batch.source_length, batch.target, batch.target_length))
    )
    state, symbol, written = model.begin(one.source, one.source_length), task.first_input(one), []
    for _ in range(int(one.target_length) - 1):
        outputs, state = model.decoder(symbol[:, None], state)
        scores = outputs[0, 0].tolist()
        scores[STOP] = float("-inf")
        symbol = torch.tensor([scores.index(max(scores))])
        written.append(int(symbol))
    return [*written, STOP]


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in FAMILIES if case.model != "majority"], ids=str)
def test_stopped_wrong_are_the_strings_that_are_right_once_the_true_length_is_forced(case: Case) -> None:
    model, task, batch = trained(case), EASY, mixed_batch(EASY)
    with torch.no_grad():
        right = generated_right(model, task, batch)
        targets = [row[:n] for row, n in zip(batch.target.tolist(), batch.target_length.tolist(), strict=True)]
        forced = [written_at_true_length(model, task, batch, row) == target for row, target in enumerate(targets)]
        score = score_symbols(model, task, batch, True, "cpu")
    assert all(f for f, r in zip(forced, right, strict=True) if r)
    assert score.stopped_wrong == sum(forced) - sum(right)


def test_errors_by_place_are_the_shares_of_wrong_symbols_in_each_span() -> None:
    case = next(case for case in FAMILIES if case.model == "gru")
    model, batch = trained(case), mixed_batch(EASY)
    with torch.no_grad():
        outputs = model(batch.source, batch.source_length, inputs_of(EASY, batch))
        score = score_symbols(model, EASY, batch, True, "cpu")
    wrong = (outputs.argmax(-1) != batch.target).tolist()
    for time, found in enumerate(score.errors_at):  # seven steps, so that each is a span of its own
        real = [row for row, length in enumerate(batch.target_length.tolist()) if time < length]
        assert found == pytest.approx(sum(wrong[row][time] for row in real) / len(real), rel=1e-3)
    assert len(score.errors_at) == 7


def test_a_long_target_has_at_most_so_many_spans_and_padding_alone_has_no_error() -> None:
    places = Places(100, "cpu")
    assert len(places.means()) == SPANS
    assert set(places.means()) == {None}
    places.add(torch.arange(100) < 50, torch.ones(100))
    assert places.means() == (1.0,) * 12 + (0.0,) * 12


@pytest.mark.slow
@pytest.mark.parametrize("case", FAMILIES, ids=str)
def test_generation_reads_no_target(case: Case) -> None:
    model, task = trained(case), task_for(case)
    batch = mixed_batch(task)
    nonsense = Batch(batch.source, batch.source_length, torch.full_like(batch.target, 4), batch.target_length // 2)
    with torch.no_grad():
        decoded = free_running(model, task, batch, 9)
        assert torch.equal(free_running(model, task, nonsense, 9), decoded)
        assert len(set(map(tuple, decoded.tolist()))) > 1 or case.model == "majority"


def test_generation_of_values_reads_no_target() -> None:
    case = next(case for case in CASES if (case.model, case.kind) == ("gru", "values"))
    model, batch = case.ready(), draw(case.task, 4, stream("cpu", "generation"))
    nonsense = Batch(batch.source, batch.source_length, batch.target + 7, batch.target_length)
    with torch.no_grad():
        assert torch.equal(free_running(model, case.task, batch, 5), free_running(model, case.task, nonsense, 5))


def test_generation_runs_on_past_the_targets_length() -> None:
    case = next(case for case in FAMILIES if case.model == "gru")
    model = trained(case)
    with torch.no_grad():
        assert free_running(model, EASY, mixed_batch(EASY), 30).shape == (180, 30)


def test_a_length_ends_at_the_first_stop_and_a_row_without_one_at_the_width() -> None:
    decoded = torch.tensor([[3, 2, 4, 2], [2, 2, 2, 2], [3, 4, 5, 3], [0, 1, 3, 2]])
    assert lengths_with_stop(decoded).tolist() == [2, 1, 4, 4]


def test_values_are_scored_by_their_free_running_continuation() -> None:
    task = Sine(prefix=12, train_lengths=(10,), eval_lengths=(10,))
    model = build("gru", task.source, task.target, hidden=8).eval()
    batch = draw(task, 5, stream("cpu", "generation"))
    with torch.no_grad():
        score = score_values(model, task, batch, True, "cpu")
        state = model.begin(batch.source, batch.source_length)
        assert batch.source is not None
        value, squares = batch.source[:, -1:], []
        for time in range(10):
            value, state = model.decoder(value, state)
            squares.append(((value[:, 0, 0] - batch.target[:, time, 0]) ** 2 / 0.5).mean().item())
    assert score.nrmse == pytest.approx((sum(squares) / 10) ** 0.5, rel=1e-4)
    assert score.tokens == 50
    assert score.next_step_nrmse != pytest.approx(score.nrmse, rel=1e-3)


def test_evaluation_is_in_evaluation_mode_on_the_lengths_own_set() -> None:
    model = build("gru", EASY.source, EASY.target, hidden=8, layers=2, dropout=0.9)
    scores = [evaluate(model, EASY, 6, 32, "cpu") for _ in range(2)]
    assert scores[0] == scores[1]
    chosen = evaluation_set(EASY, 6, 32)
    assert scores[0].examples == len(chosen.batch.target)
    assert scores[0].tokens == 7 * scores[0].examples
