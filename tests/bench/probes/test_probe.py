"""What is kept of a trained model: the first batch's mask, counted padding, the state's size, traces."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from cases import CASES, SMALL_TASKS, inputs_of

from bench.probes.probe import PADDED, Probes, mask_of_first_batch, padding_counted, probe
from bench.probes.samples import kept_traces
from bench.spec.spec import Spec
from bench.trial.batches import draw
from bench.trial.build import build_model, build_task
from bench.trial.evaluation_sets import validation_set
from bench.trial.holdout import held_out
from bench.trial.streams import stream
from bench.trial.trial import run_trial
from models import adapted
from tasks.base import PAD, STOP
from tasks.strings.copy import Copy

STRINGS = SMALL_TASKS["symbols"]
SETTINGS = {"symbols": 4, "train_lengths": (2, 3, 4), "eval_lengths": (3, 4, 9, 30)}
SPEC = Spec("variable_copy", "gru", SETTINGS, {"hidden": 8}, steps=2, batch=4, examples=4, patience=0, warmup=0)


def probed(spec: Spec) -> Probes:
    return probe(run_trial(spec, 0, "cpu", lambda _: None), spec, "cpu")


def test_a_trained_model_is_looked_at_without_a_change() -> None:
    outcome = run_trial(SPEC, 0, "cpu", lambda _: None)
    before = {name: value.clone() for name, value in outcome.model.state_dict().items()}
    first, again = (probe(outcome, SPEC, "cpu") for _ in range(2))
    assert first == again
    assert [one.length for one in first.samples] == [3, 3, 4, 4, 9, 9]
    assert (first.state, first.facts, first.disagreement, first.traces) == (8, None, "", [])
    assert all(torch.equal(value, before[name]) for name, value in outcome.model.state_dict().items())


def test_what_a_model_cannot_write_is_left_out_of_the_samples() -> None:
    table = {"hidden": 8, "heads": 2, "positions": "learned", "longest": 7}  # trained on 5 steps, two more are decoded
    kept = probed(replace(SPEC, model="transformer", model_settings=table))
    assert [one.length for one in kept.samples] == [3, 3, 4, 4]
    assert probed(replace(SPEC, model="transformer", model_settings=table | {"longest": 6})).samples != kept.samples


def test_the_mask_of_the_first_batch_counts_each_real_token_of_the_rows_that_are_not_held_out() -> None:
    task = Copy(train_lengths=(2, 5), eval_lengths=(5,), stop="once")
    mask = mask_of_first_batch(task, Spec("copy", "gru", batch=64), 3, 20)
    batch = draw(task, 64, stream("cpu", 3, "train"))
    held = held_out(batch)
    assert held is not None
    assert mask["width"] == 6
    assert mask["lengths"] == batch.target_length[:20].tolist()
    assert mask["counted"] == [0 if out else n for n, out in zip(mask["lengths"], held.tolist(), strict=False)]
    assert 0 in mask["counted"]


def test_a_trivial_baseline_reads_a_text_as_one_row_however_short_it_is() -> None:
    task = build_task("words_toy", {})
    spec = Spec("words_toy", "markov", batch=1000)
    assert len(mask_of_first_batch(task, spec, 0, 8, fitted=True)["lengths"]) == 1
    with pytest.raises(ValueError, match="too short"):
        mask_of_first_batch(task, spec, 0, 8)


class Peek(torch.nn.Module):
    """Gives back the target input that comes next: in one pass that is the truth, in decoding there is none yet."""

    def forward(self, source: torch.Tensor, source_length: torch.Tensor, target_in: torch.Tensor) -> torch.Tensor:
        later = torch.nn.functional.pad(target_in[:, 1:], (0, 1), value=STOP)
        return torch.nn.functional.one_hot(later, 7).float()


def test_a_score_that_decoding_does_not_bear_out_is_kept_with_the_model() -> None:
    kept = probe(replace(run_trial(SPEC, 0, "cpu", lambda _: None), model=adapted(Peek())), SPEC, "cpu")
    assert kept.disagreement == "length 3, example 0: decoding leaves the scored pass at output 0"


class Padder(torch.nn.Module):
    """Answers one symbol, but padding behind a stop symbol and behind padding."""

    def forward(self, source: torch.Tensor, source_length: torch.Tensor, target_in: torch.Tensor) -> torch.Tensor:
        answers = torch.where((target_in == STOP) | (target_in == PAD), PAD, 4)
        return torch.nn.functional.one_hot(answers, STRINGS.target.size).float()


@pytest.mark.parametrize("name", ["gru", "majority", "padder"])
def test_counted_padding_is_every_cell_of_the_batch(name: str) -> None:
    made = {case.model: case.ready() for case in CASES if case.kind == "symbols" and case.model == name}
    model, batch = made.get(name, adapted(Padder())), validation_set(STRINGS, PADDED)
    with torch.no_grad():
        answers = model(batch.source, batch.source_length, inputs_of(STRINGS, batch)).argmax(-1).tolist()
    counts = {"symbols": 0, "symbols_right": 0, "cells": 0, "cells_right": 0}
    for answer, target, length in zip(answers, batch.target.tolist(), batch.target_length.tolist(), strict=True):
        for place, (one, other) in enumerate(zip(answer, target, strict=True)):
            counts["cells"] += 1
            counts["cells_right"] += one == other
            counts["symbols"] += place < length
            counts["symbols_right"] += place < length and one == other
    assert padding_counted(model, STRINGS, "cpu") == counts
    assert 0 < counts["symbols"] < counts["cells"]
    padding = counts["cells"] - counts["symbols"]
    assert counts["cells_right"] - counts["symbols_right"] == (padding if name == "padder" else 0)
    assert len(batch.target) == PADDED


def test_only_strings_have_padding_to_count() -> None:
    for kind in ("values", "stream"):
        case = next(case for case in CASES if (case.model, case.kind) == ("gru", kind))
        assert padding_counted(case.ready(), case.task, "cpu") is None


@pytest.mark.parametrize("model", ["location_attention", "stack_rnn", "tape_rnn"])
def test_traces_are_of_one_example_inside_and_one_far_beyond(model: str) -> None:
    traces = probed(replace(SPEC, model=model)).traces
    assert [trace.length for trace in traces] == [4, 30]
    for trace in traces:
        assert len(trace.source) == trace.length
        assert len(trace.written) == trace.length + 1
        assert trace.series
        assert all(len(series) == trace.length + 1 for series in trace.series.values())


def test_families_without_a_trace_keep_none() -> None:
    task = build_task("variable_copy", {"eval_lengths": [20]})
    assert kept_traces(build_model("gru", task, {"hidden": 4}), task, "cpu") == []
