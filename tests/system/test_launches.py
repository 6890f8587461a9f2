"""What a training step launches on a GPU, counted on the meta device: small models are as fast as launches let them.

A ceiling is a tenth above what was counted when it was set; a step that gets dearer shows here. nn.RNN, nn.LSTM and
nn.GRU count step by step, where cuDNN is one launch forward and one back: theirs are upper bounds.
"""

from __future__ import annotations

from itertools import islice

import pytest
from cases import SETTINGS
from meta import META, Dispatched, like_a_gpu

from bench.spec.spec import Spec
from bench.trial.build import build_task
from bench.trial.protocols import protocol_of
from bench.trial.step import PlainSteps
from bench.trial.trial import new_model
from models import MODELS

STRINGS = {"symbols": 8, "train_lengths": tuple(range(1, 11)), "eval_lengths": (10, 20)}
TEXT = {"train_lengths": (60,), "eval_lengths": (60,), "starts": (1,), "window": 10, "mode": "windows"}
CEILINGS = {
    "asentmax": 695,
    "bucketed_bias": 317,
    "char_loop": 460,
    "decoder_only": 375,
    "delta_net": 1020,
    "deque_rnn": 4150,
    "elman": 220,
    "grid_rotary": 461,
    "gru": 950,
    "gru_cell": 790,
    "irnn": 420,
    "linear_rnn": 170,
    "location_attention": 1305,
    "looped_transformer": 485,
    "lru": 540,
    "lstm": 940,
    "lstm_attention": 985,
    "min_gru": 400,
    "pd_ssm": 840,
    "pointer": 545,
    "read_heads": 3495,
    "rnn": 420,
    "rotary_ssm": 1295,
    "selective_ssm": 765,
    "stack_rnn": 2405,
    "tape_rnn": 3610,
    "transducer": 540,
    "transformer": 515,
    "xlstm": 1605,
}
DRAWN = 40  # of a batch of strings


def counted(family: str) -> tuple[int, int]:
    """Count what drawing a batch launches, and what training on it does: ten symbols, one layer as a rule."""
    settings = SETTINGS.get(family, [{}])[0]
    given = ("human_numbers", TEXT) if family == "pointer" else ("variable_copy", STRINGS)
    spec = Spec(given[0], family, given[1], settings, batch=4)
    task = build_task(spec.task, spec.task_settings)
    model = new_model(task, spec, 0, "cpu").to(META)
    model.train()
    with like_a_gpu():
        steps, batches = PlainSteps(model, task, spec), protocol_of(task).batches(task, spec, 0, META)
        steps(next(batches), None, 1.0)
        with Dispatched() as drawn:
            (batch,) = islice(batches, 1)
        with Dispatched() as trained:
            steps(batch, None, 1.0)
    return drawn.launches.total(), trained.launches.total()


def test_ceilings_are_of_families() -> None:
    """A family that somebody adds needs none."""
    assert CEILINGS.keys() <= MODELS.keys()


@pytest.mark.parametrize("family", sorted(CEILINGS))
def test_a_step_launches_no_more_than_it_did(family: str) -> None:
    drawn, trained = counted(family)
    assert drawn <= DRAWN
    assert 0.6 * CEILINGS[family] <= trained <= CEILINGS[family], "set the ceiling a tenth above the count"
