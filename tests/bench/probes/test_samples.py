"""Kept samples say what the model itself writes, and weights that were kept say the same again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from cases import CASES
from harness import in_process

from bench.execution.cell import is_fresh, make_cells, run_cell
from bench.probes.samples import SYMBOLS_KEPT, VALUES_KEPT, kept_samples, sample, telling_lengths, text_sample
from bench.records.checkpoints import checkpoint_path, load
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial.decode import free_running
from bench.trial.evaluation_sets import evaluation_set
from bench.trial.streams import stream
from models.base import Model
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.text.human_numbers import HumanNumbers

STRINGS = Copy(symbols=3, train_lengths=(2, 3, 4, 5), eval_lengths=(2, 3, 4, 5, 6, 8, 12), stop="once")
SPEC = Spec("copy", "gru", {"train_lengths": (2, 3), "eval_lengths": (2, 3, 6)}, {"hidden": 8}, steps=4, eval_every=2)


def family(model: str, kind: str) -> Model:
    return next(case for case in CASES if (case.model, case.kind) == (model, kind)).ready().eval()


class Echo:
    """A decoder that writes the symbols it was made with, whatever it reads."""

    def __init__(self, symbols: list[int], size: int) -> None:
        self.symbols, self.size = symbols, size

    def begin(self, source: object, source_length: torch.Tensor) -> int:
        return 0

    def decoder(self, inputs: torch.Tensor, state: int) -> tuple[torch.Tensor, int]:
        symbol = torch.tensor([[self.symbols[min(state, len(self.symbols) - 1)]]])
        return torch.nn.functional.one_hot(symbol, self.size).float(), state + 1


def test_lengths_inside_at_the_edge_beyond_and_at_twice_are_told_about() -> None:
    assert telling_lengths(STRINGS) == [4, 5, 6, 12]
    assert telling_lengths(replace(STRINGS, train_lengths=(5,))) == [5, 6, 12]
    assert telling_lengths(replace(STRINGS, eval_lengths=(2, 5))) == [4, 5]


@pytest.mark.parametrize(
    ("symbols", "written"),
    [
        ([3, 4, 2], ["a", "b", "<stop>"]),
        ([3, 4, 5], ["a", "b", "c", "c", "c", "c"]),  # it never stops: two symbols past the truth are shown
        ([0, 1, 2], ["<pad>", "<start>", "<stop>"]),
    ],
)
def test_a_sample_is_what_the_model_wrote_up_to_its_own_stop(symbols: list[int], written: list[str]) -> None:
    batch = evaluation_set(STRINGS, 3, 1).batch
    one = sample(Echo(symbols, STRINGS.target.size), STRINGS, batch, 0, 3, "cpu")
    assert batch.source is not None
    assert one.written == written
    assert one.given == ["abc"[symbol - 3] for symbol in batch.source[0].tolist()]
    assert one.truth == [*one.given, "<stop>"]


def test_a_model_without_a_decoder_writes_what_the_same_one_with_a_decoder_writes() -> None:
    model = family("lstm", "symbols")
    whole = lambda *inputs: model(*inputs)  # noqa: E731
    batch = STRINGS.sample(torch.tensor([2, 5, 3]), 5, stream("cpu", "whole"))
    with torch.no_grad():
        assert torch.equal(free_running(whole, STRINGS, batch, 7), free_running(model, STRINGS, batch, 7))


def test_a_kept_signal_is_its_end_and_says_where_that_begins() -> None:
    task = Sine(prefix=12, train_lengths=(20,), eval_lengths=(20, 40, 150))
    samples = kept_samples(family("gru", "values"), task, "cpu")
    assert [(one.length, one.first, len(one.truth), len(one.written)) for one in samples if one.length >= 20][::2] == [
        (20, 0, 20, 20),
        (40, 0, 40, 40),
    ]
    longest = replace(task, eval_lengths=(20, 150))
    last = kept_samples(family("gru", "values"), longest, "cpu")[-1]
    assert (last.first, len(last.truth)) == (150 - VALUES_KEPT, VALUES_KEPT)
    whole = evaluation_set(longest, 150, 2).batch.target[1, :, 0]
    assert last.truth == pytest.approx(whole[-VALUES_KEPT:].tolist(), abs=1e-3)


def test_a_text_sample_holds_the_words_foreseen_at_each_place() -> None:
    case = next(case for case in CASES if (case.model, case.kind) == ("gru", "stream"))
    model, task = case.ready().eval(), case.task
    length = max(task.eval_lengths)
    one = text_sample(model, task, length, "cpu")
    text = task.stream(length)[:SYMBOLS_KEPT]
    state, expected, symbol = model.begin(None, torch.zeros(1, dtype=torch.long)), [], torch.tensor([[1]])
    with torch.no_grad():
        for truth in text:
            outputs, state = model.decoder(symbol, state)
            expected.append(task.text([int(outputs.argmax())]) or "<pad>")
            symbol = truth.view(1, 1)
    assert one.truth == [task.text([int(symbol)]) for symbol in text]
    assert one.written == expected
    assert isinstance(HumanNumbers(), type(task))


def test_weights_that_were_kept_give_the_records_own_samples(tmp_path: Path) -> None:
    (cell,) = make_cells([SPEC], [5], Catalogue(), checkpoint=True)
    made = run_cell(cell, tmp_path / "records", "cpu", lambda look: None)
    model = load(tmp_path, cell, "cpu")
    assert model is not None
    task = Copy(train_lengths=(2, 3), eval_lengths=(2, 3, 6))
    again = kept_samples(model, task, "cpu")
    assert [one.written for one in again] == [one["written"] for one in made["samples"]]


def test_weights_of_other_settings_or_damaged_ones_are_not_used(tmp_path: Path) -> None:
    (cell,) = make_cells([SPEC], [5], Catalogue(), checkpoint=True)
    run_cell(cell, tmp_path / "records", "cpu", lambda look: None)
    path = checkpoint_path(tmp_path, cell)
    assert load(tmp_path, replace(cell, spec=replace(SPEC, examples=7)), "cpu") is not None  # the judge alone differs
    assert load(tmp_path, replace(cell, spec=replace(SPEC, steps=5)), "cpu") is None
    assert load(tmp_path, replace(cell, sources="other code"), "cpu") is None
    assert load(tmp_path, replace(cell, seed=6), "cpu") is None
    assert is_fresh(cell, tmp_path / "records")
    path.write_bytes(path.read_bytes()[:100])
    assert load(tmp_path, cell, "cpu") is None
    path.unlink()
    assert not is_fresh(cell, tmp_path / "records")
    assert is_fresh(replace(cell, checkpoint=False), tmp_path / "records")


def test_a_checkpoint_holds_nothing_that_runs(tmp_path: Path) -> None:
    (cell,) = make_cells([SPEC], [5], Catalogue(), checkpoint=True)
    checkpoint_path(tmp_path, cell).parent.mkdir()
    torch.save({"key": cell, "weights": {}}, checkpoint_path(tmp_path, cell))  # a pickled object of ours
    assert load(tmp_path, cell, "cpu") is None


def test_show_uses_the_weights_that_a_run_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--set", "task.train_lengths=3", "--steps", 5)
    run = in_process(
        capsys, "run", "--tasks", "copy", "--models", "gru", "--seeds", 1, "--jobs", 1, *asked,
        "--out", tmp_path, "--checkpoint",
    )  # fmt: skip
    assert run.code == 0, run.err
    first = in_process(capsys, "show", "copy", "--model", "gru", "--length", 3, *asked, "--out", tmp_path)
    other = in_process(capsys, "show", "copy", "--model", "gru", "--length", 3, *asked, "--out", tmp_path / "none")
    assert first.out.startswith("weights of gru")
    assert other.out.startswith("training gru")
    assert first.out.splitlines()[1:] == other.out.splitlines()[1:]
