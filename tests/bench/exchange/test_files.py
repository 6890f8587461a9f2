"""Exported examples: the very sets that families are judged on, each example named, in files that any program reads."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from harness import in_process, one_line

from bench.exchange.examples import judged_sets, training_set
from bench.exchange.files import about, as_jsonl, as_npz
from bench.exchange.rows import row_of
from bench.spec.catalogue import Catalogue
from bench.trial.evaluation_sets import adversarial_set, evaluation_set
from bench.trial.holdout import held_out
from bench.trial.protocols import protocol_of

LENGTHS = (1, 20, 25)


def lines_of(content: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the header and the examples of a file of lines."""
    header, *examples = (json.loads(line) for line in content.decode().splitlines())
    return header, examples


def test_lines_are_the_sets_that_a_row_is_judged_on() -> None:
    _, spec, task = row_of(Catalogue(), "copy(1-20)", "extrapolate")
    sets = judged_sets(task, spec, LENGTHS)
    header, examples = lines_of(as_jsonl(task, about(task, spec, sets, "test"), sets))
    assert header["evaluation_hash"] == protocol_of(task).fingerprint(task, spec.examples, spec.adversarial)
    assert (header["row"], header["task"], header["task_version"]) == ("copy(1-20)", "copy", task.version)
    assert {(each["length"], each["set"]) for each in header["sets"]} == {
        (each["length"], each["set"]) for each in examples
    }
    assert len({example["id"] for example in examples}) == len(examples)
    random = [example for example in examples if (example["length"], example["set"]) == (20, "random")]
    expected = evaluation_set(task, 20, spec.examples).batch
    assert expected.source is not None
    assert len(random) == len(expected.target) == spec.examples
    for row, example in enumerate(random):
        assert " ".join(example["source"]) == task.text(expected.source[row].tolist())
        assert example["target"] == [*example["source"], "<stop>"]
    kinds = {example["set"] for example in examples if example["length"] == 25} - {"random"}
    assert kinds == {kind for kind in task.adversarial_kinds if adversarial_set(task, kind, 25, 1) is not None}


def test_arrays_hold_the_same_as_lines() -> None:
    _, spec, task = row_of(Catalogue(), "addition(reversed)", "quick")
    sets = judged_sets(task, spec, [2, 8])
    _, examples = lines_of(as_jsonl(task, {}, sets))
    with np.load(io.BytesIO(as_npz(task, {"row": spec.row}, sets))) as arrays:
        assert json.loads(str(arrays["about"])) == {"row": "addition(reversed)"}
        assert arrays["id"].tolist() == [example["id"] for example in examples]
        assert arrays["length"].tolist() == [example["length"] for example in examples]
        names = arrays["tokens"].tolist()
        for row, example in enumerate(examples):
            written = arrays["target"][row, : arrays["target_length"][row]]
            assert [names[token] for token in written] == example["target"]
            assert not arrays["target"][row, arrays["target_length"][row] :].any()


def test_signals_are_numbers() -> None:
    _, spec, task = row_of(Catalogue(), "sine", "quick")
    sets = judged_sets(task, spec, [50])
    _, examples = lines_of(as_jsonl(task, {}, sets))
    assert len(examples[0]["target"]) == 50
    assert all(isinstance(value, float) for value in examples[0]["source"] + examples[0]["target"])
    with np.load(io.BytesIO(as_npz(task, {}, sets))) as arrays:
        assert arrays["target"].shape == (len(examples), 50, 1)
        assert arrays["tokens"].size == 0


def test_training_examples_are_none_that_are_held_out_and_hang_on_the_seed() -> None:
    _, _, task = row_of(Catalogue(), "copy(1-20)")
    first, again, other = (training_set(task, 3000, seed) for seed in (0, 0, 1))
    assert len(first.batch.target) == 3000
    held = held_out(first.batch)
    assert held is not None
    assert not held.any()
    assert set(first.batch.source_length.tolist()) == set(range(1, 21))
    assert first.digest == again.digest != other.digest


def test_the_command_writes_a_file_and_says_what_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = in_process(capsys, "export", "parity", "--length", "5,40")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(" sets: parity-test.jsonl\n")
    header, examples = lines_of((tmp_path / "parity-test.jsonl").read_bytes())
    assert done.out.startswith(f"{len(examples):,} examples in {len(header['sets'])} sets")
    done = in_process(capsys, "export", "copy(1-20)", "--split", "train", "--count", 50, "--format", "npz")
    assert done.out == "50 examples in 1 set: copy(1-20)-train.npz\n"


def test_a_place_where_nothing_can_be_written_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "export", "copy", "--length", "2", "--out", "/dev/null/file")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "cannot write '/dev/null/file'" in done.err


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("export", "copied"), "unknown task 'copied'"),
        (("export", "copy", "--suite", "fast"), "unknown suite 'fast'; choose from: extrapolate, "),
        (("export", "parity", "--suite", "quick"), "unknown row 'parity'; choose from: addition(reversed), "),
        (("export", "copy", "--length", "ten"), "--length must be whole numbers, such as 10,20; got 'ten'"),
        (("export", "copy", "--length", "10,21"), "length 21 is not evaluated on copy; choose from: 2, 3, "),
        (("export", "copy", "--count", "7"), "--count and --seed are of --split train"),
        (("export", "copy", "--split", "train", "--length", "7"), "--length is of --split test"),
        (("export", "human_numbers"), "human_numbers is a text, which is predicted token by token"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(
    asked: tuple[object, ...],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    one_line(in_process(capsys, *asked), said)
    assert list(tmp_path.iterdir()) == []
