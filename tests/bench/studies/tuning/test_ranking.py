"""Which try is better: by score, then by what breaks a tie."""

from __future__ import annotations

import math

from tries import a_try

from bench.studies.tuning.ranking import best, mean_loss


def test_the_score_decides_whichever_way_it_points() -> None:
    low, high = a_try(score=0.2), a_try(score=0.8)
    assert best([low, high], 1) == [high]
    near, far = a_try(score=0.2, metric="nrmse"), a_try(score=0.8, metric="nrmse")
    assert best([far, near], 2) == [near, far]


def test_ties_go_by_tokens_then_nats_then_steps_then_order() -> None:
    plain = a_try(score=0.0)
    tokens = a_try(score=0.0, token_accuracy=0.6)
    assert best([plain, tokens], 1) == [tokens]
    assert best([a_try(nats=0.5), sharper := a_try(nats=0.4)], 1) == [sharper]
    assert best([plain, sooner := a_try(score=0.0, steps_taken=900)], 1) == [sooner]
    assert best([plain, a_try(score=0.0, hidden=128)], 1) == [plain]


def test_what_diverged_or_has_no_number_comes_last() -> None:
    diverged, nothing, poor = a_try(score=0.9, status="diverged"), a_try(score=None), a_try(score=0.0)
    assert best([diverged, nothing, poor], 3) == [poor, nothing, diverged]
    assert mean_loss([a_try(score=0.5), a_try(score=1.0)]) == -0.75
    assert mean_loss([a_try(), diverged]) == mean_loss([a_try(), nothing]) == math.inf
