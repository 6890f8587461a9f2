"""Lengths past training that are judged on fewer strings, or on none; and that their intervals stay honest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import binom
from torch import Tensor, nn

from bench.analysis.frame import RULED
from bench.analysis.statistics import wilson
from bench.spec.spec import Spec
from bench.trial.evaluation_sets import adversarial_set, evaluation_set
from bench.trial.looks import HELD, LOST, Looks, ending
from bench.trial.metrics import Score
from bench.trial.protocols import protocol_of
from bench.trial.protocols.strings import Strings
from bench.trial.trial import Evaluation, evaluate_trained
from models import adapted
from tasks.strings.copy import Copy

LENGTHS = (3, 6, 8, 10, 12, 14)
TASK = Copy(symbols=5, train_lengths=(3,), eval_lengths=LENGTHS)
SPEC = Spec("copy", "", examples=600, adversarial=4)


class Copier(nn.Module):
    """Copies a share of the strings of each length, chosen by their first symbols; counts those that it reads."""

    def __init__(self, shares: dict[int, float]) -> None:
        super().__init__()
        self.shares, self.read = shares, dict.fromkeys(LENGTHS, 0)

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        length = int(source_length.max())
        self.read[length] += len(source)
        outputs = nn.functional.one_hot(nn.functional.pad(source, (0, 1), value=2), 8).float()[:, : target_in.shape[1]]
        place = (source[:, :3] * torch.tensor([1, 5, 25])).sum(1) % 100
        return torch.where((place < 100 * self.shares[length])[:, None, None], outputs, -outputs)


def evaluated(*shares: float, **asked: Any) -> tuple[Evaluation, dict[int, int]]:
    """Evaluate a model with these shares right at each length -> what came of it, and how many strings it read."""
    model = Copier(dict(zip(LENGTHS, shares, strict=True)))
    return evaluate_trained(TASK, adapted(model), replace(SPEC, **asked), "cpu"), model.read


def judged(found: Evaluation) -> dict[int, tuple[int, int, str]]:
    return {length: (score.examples, score.right, score.rule) for length, score in found.scores.items()}


def test_lost_lengths_are_judged_on_few_strings_and_those_behind_two_of_them_on_none() -> None:
    found, read = evaluated(1, 0.6, 0, 0, 0, 0)
    scores = judged(found)
    assert scores[3][0] == scores[3][1] == len(evaluation_set(TASK, 3, 600).batch.target)
    assert scores[6][0] == 600
    assert scores[8] == (HELD, 0, "lost")  # the length before gave no reason to look at few first
    assert scores[10] == (LOST, 0, "lost")
    assert scores[12] == scores[14] == (LOST, 0, "skipped")
    assert read[12] == read[14] == 0
    assert found.adversarial[12] == found.adversarial[14] == found.adversarial[10]
    assert all(counts["right"] == 0 for counts in found.adversarial[10].values())
    assert found.scores[12].errors_at == (None,)


def test_held_lengths_are_judged_on_enough_strings() -> None:
    scores = judged(evaluated(1, 1, 1, 0.5, 1, 1)[0])
    assert scores[6] == scores[8] == scores[12] == (HELD, HELD, "held")
    assert scores[10][0] == 600
    assert scores[10][2] == ""


def test_a_length_at_which_anything_is_right_is_judged_on_all_strings_and_begins_anew() -> None:
    found, read = evaluated(0.2, 0, 0.05, 0, 0, 0)
    scores = judged(found)
    assert scores[6] == (LOST, 0, "lost")
    assert scores[8][0] == 600
    assert [scores[length][2] for length in (10, 12, 14)] == ["lost", "lost", "skipped"]
    assert read[8] >= 600


def test_adversarial_strings_that_are_right_keep_the_next_length_from_being_skipped() -> None:
    looks, score = Looks((3,), True), Score(32, 0, 9, 0, 0, True, (1.0,))
    right = {"one": {"examples": 4, "right": 1, "stopped_wrong": 0}}
    none = {"one": {"examples": 4, "right": 0, "stopped_wrong": 0}}
    for length, kinds in ((6, none), (8, right), (10, none)):
        looks.saw(length, score, kinds)
        assert looks.unjudged(length + 1) is None
    looks.saw(12, score, none)
    assert looks.unjudged(14) == (replace(score, rule="skipped", errors_at=(None,)), none)


def test_an_exhaustive_evaluation_judges_all_and_agrees_where_both_did() -> None:
    shares = (1, 1, 0.3, 0, 0, 0)
    whole, read = evaluated(*shares, exhaustive=True)
    assert all(score.rule == "" for score in whole.scores.values())
    assert all(whole.scores[length].examples == 600 for length in LENGTHS[1:])
    assert min(read.values()) > 0
    few = evaluated(*shares)[0]
    assert few.scores[8] == whole.scores[8]
    assert few.fingerprint == whole.fingerprint
    for length in LENGTHS:
        assert (few.scores[length].right == 0) == (whole.scores[length].right == 0)


@pytest.mark.parametrize(
    ("right", "examples", "rule"),
    [(0, LOST, "lost"), (0, LOST - 1, ""), (1, LOST, ""), (LOST, LOST, ""), (HELD, HELD, "held"), (HELD - 1, HELD, "")],
)
def test_a_look_ends_it_only_where_nothing_or_all_of_many_is_right(right: int, examples: int, rule: str) -> None:
    assert ending(right, examples) == rule


def coverage(examples: int, look: int, share: float) -> tuple[float, float]:
    """Return how often Wilson's interval holds the share, exactly: after all strings, and after a first look's rule."""

    def holds(right: Any, count: float) -> Any:
        low, high = wilson(right, np.full(np.shape(right), count))
        return (low <= share) & (share <= high)

    right = np.arange(examples + 1)
    chance, covers = binom.pmf(right, examples, share), holds(right, examples)
    reached = chance.copy()
    rest = binom.pmf(np.arange(examples - look + 1), examples - look, share)
    found = 0.0
    for seen in {0, look}:
        if ending(seen, look):
            ends = binom.pmf(seen, look, share)
            reached[seen : seen + len(rest)] -= ends * rest
            found += ends * holds(RULED * seen, RULED * look)
    return float(chance @ covers), float(found + reached @ covers)


@pytest.mark.parametrize(("examples", "look"), [(128, LOST), (512, LOST), (512, HELD), (300, HELD), (1024, HELD)])
def test_intervals_cover_within_a_point_as_often_as_where_all_strings_are_judged(examples: int, look: int) -> None:
    grid = np.concatenate([np.linspace(0.0005, 0.2, 400), np.linspace(0.2, 0.8, 61), np.linspace(0.8, 0.9995, 400)])
    whole, ended = np.array([coverage(examples, look, share) for share in grid]).T
    assert (ended >= np.minimum(whole, 0.95) - 0.01).all()
    assert ended.mean() >= 0.95 - 0.002


def test_adversarial_kinds_judged_together_are_judged_as_apart() -> None:
    model, protocol = adapted(Copier(dict.fromkeys(LENGTHS, 0.5))), Strings()
    together = protocol.adversarial(model, TASK, 10, 16, "cpu")
    assert len(together) > 1
    for kind, counts in together.items():
        batch = adversarial_set(TASK, kind, 10, 16)
        assert batch is not None
        score = protocol.score_batch(model, TASK, batch, True, "cpu")
        assert counts == {"examples": score.examples, "right": score.right, "stopped_wrong": score.stopped_wrong}


@pytest.mark.parametrize("first", [1, 5, 32, 99])
def test_a_score_does_not_depend_on_how_many_strings_are_looked_at_first(first: int) -> None:
    model = adapted(Copier(dict.fromkeys(LENGTHS, 0.5)))
    assert protocol_of(TASK).score(model, TASK, 10, 99, "cpu", first) == protocol_of(TASK).score(
        model, TASK, 10, 99, "cpu"
    )
