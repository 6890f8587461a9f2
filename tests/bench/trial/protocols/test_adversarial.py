"""Adversarial sets and their scores."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task
from bench.trial.evaluation_sets import adversarial_set
from bench.trial.holdout import held_out
from bench.trial.protocols import protocol_of
from bench.trial.protocols.text import whole_lines
from bench.trial.trial import run_trial
from models import adapted
from tasks import Task
from tasks.base import STOP
from tasks.strings.variable_copy import VariableCopy

TASK = VariableCopy(symbols=4, train_lengths=(2, 3, 4), eval_lengths=(3, 4, 9, 30))


class Answering(nn.Module):
    """Gives the source back (what copy asks for), but does not stop where it is `late`, or never writes one symbol."""

    def __init__(self, wrong: int | None = None, late: bool = False) -> None:
        super().__init__()
        self.wrong, self.late = wrong, late

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        padded = nn.functional.pad(source, (0, target_in.shape[1] - source.shape[1]))
        answer = padded.scatter(1, source_length[:, None], 3 if self.late else STOP)
        if self.wrong is not None:
            answer = answer.masked_fill(padded == self.wrong, 3)
        scores = nn.functional.one_hot(answer, 7).float()
        scores[..., STOP] += 0.1  # the next best, so that a symbol too many is all that is wrong
        return scores


def scores_of(model: nn.Module, task: Task, examples: int) -> dict[int, dict[str, dict[str, int]]]:
    protocol = protocol_of(task)
    found = {n: protocol.adversarial(adapted(model), task, n, examples, "cpu") for n in task.eval_lengths}
    return {length: kinds for length, kinds in found.items() if kinds}


def test_a_perfect_answer_is_right_on_every_kind_at_every_length() -> None:
    scores = scores_of(Answering(), TASK, 6)
    assert set(scores) == set(TASK.eval_lengths)
    assert set(scores[30]) == set(TASK.adversarial_kinds)
    for kinds in scores.values():
        assert all(counts["right"] == counts["examples"] and not counts["stopped_wrong"] for counts in kinds.values())


def test_a_wrong_stop_and_wrong_content_are_told_apart() -> None:
    late = scores_of(Answering(late=True), TASK, 6)[9]
    assert all(counts["right"] == 0 and counts["stopped_wrong"] == counts["examples"] for counts in late.values())
    wrong = scores_of(Answering(wrong=5), TASK, 400)[9]["one_symbol"]
    assert wrong == {"examples": 4, "right": 3, "stopped_wrong": 0}  # of the four symbols, one


def test_examples_are_distinct_and_at_training_lengths_held_out() -> None:
    for kind in TASK.adversarial_kinds:
        for length in (3, 4, 9):
            batch = adversarial_set(TASK, kind, length, 50)
            if batch is None:
                continue
            assert batch.source is not None
            rows = [tuple(row) for row in batch.source.tolist()]
            assert len(set(rows)) == len(rows) <= 50
            held = held_out(batch)
            assert held is not None
            assert length > 4 or bool(held.all())


def test_a_kind_without_a_held_out_example_is_left_out() -> None:
    missing = [
        (kind, length)
        for kind in TASK.adversarial_kinds
        for length in (2, 3, 4)
        if adversarial_set(TASK, kind, length, 8) is None
    ]
    assert missing  # of four strings of one symbol, none may be held out
    task = VariableCopy(symbols=4, train_lengths=(2, 3, 4), eval_lengths=(2, 3, 4))
    scores = scores_of(Answering(), task, 8)
    assert all(kind not in scores.get(length, {}) for kind, length in missing)


def test_the_same_set_is_drawn_every_time_and_kinds_differ() -> None:
    first = adversarial_set.__wrapped__(TASK, "palindrome", 30, 5)
    again = adversarial_set.__wrapped__(TASK, "palindrome", 30, 5)
    other = adversarial_set.__wrapped__(TASK, "odd_one", 30, 5)
    assert first is not None
    assert again is not None
    assert other is not None
    assert torch.equal(first.source, again.source)
    assert not torch.equal(first.source, other.source)


def test_lines_behind_boundaries_are_counted_among_all_lines() -> None:
    settings = {"train_lengths": [120], "eval_lengths": [120, 330], "starts": [1, 190], "window": 8}
    task = build_task("human_numbers", settings)
    torch.manual_seed(0)
    model = build_model("gru", task, {"hidden": 8})
    found = scores_of(model, task, 1)[330]
    assert {kind: counts["examples"] for kind, counts in found.items()} == {"tens": 12, "hundreds": 2}


def test_whole_lines_are_those_without_a_wrong_symbol() -> None:
    right = torch.tensor([True, True, False, True, True, True])
    ends = torch.tensor([False, True, False, True, False, False])
    assert whole_lines(right, ends).tolist() == [True, False, True]


def trial(model: str, **changes: Any) -> Any:
    task = {"symbols": 4, "train_lengths": [2, 3, 4], "eval_lengths": [3, 4, 9, 30]}
    usual = {"steps": 2, "batch": 4, "examples": 4, "patience": 0, "warmup": 0}
    return run_trial(
        Spec("variable_copy", model, task, {"hidden": 8}, **{**usual, **changes}), 0, "cpu", lambda _: None
    )


def test_a_trial_gives_adversarial_scores_where_asked() -> None:
    assert trial("gru").evaluation.adversarial == {}
    found = trial("gru", adversarial=3).evaluation.adversarial
    assert set(found[9]) == set(TASK.adversarial_kinds)
    assert all(1 <= counts["examples"] <= 3 for counts in found[9].values())
