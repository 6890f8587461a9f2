"""Lengths that a model refuses are known, and said, before it is trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from harness import Pretender, in_process, pretend
from torch import Tensor, nn

from bench.checks.reach import refused_lengths
from bench.spec.spec import Spec
from bench.suites.suites import SUITES
from bench.trial.build import build_task
from models import MODELS
from models.base import Space
from models.registry import plain_family

LENGTHS = {"train_lengths": (3,), "eval_lengths": (3, 4, 6, 200)}
TABLE = {"hidden": 8, "heads": 2, "positions": "learned"}
LISTED = [spec for spec in SUITES["extrapolate"].specs if "learned" in spec.model_settings.values()]


class Strange(nn.Module):
    """Refuses what it can see of the inputs, or reads what tensors without contents have not."""

    def __init__(self, reads: bool) -> None:
        super().__init__()
        self.reads, self.readout = reads, nn.Embedding(8, 6)

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        if self.reads and int(target_in.max()) > 100:
            raise ValueError("no such token")
        if target_in.shape[1] > 5:
            raise ValueError("five steps\nand no more")
        return self.readout(target_in)


@pytest.mark.parametrize(
    ("model", "longest", "refused"),
    [
        ("transformer", 4, [6, 200]),
        ("transformer", 6, [200]),
        ("transformer", 200, []),
        ("decoder_only", 14, [200]),
    ],
)
def test_lengths_past_a_table_of_positions_are_refused(model: str, longest: int, refused: list[int]) -> None:
    spec = Spec("copy", model, LENGTHS, TABLE | {"longest": longest})
    lengths, reason = refused_lengths(spec, build_task("copy", LENGTHS))
    assert lengths == refused
    assert reason.endswith(f" is past the learned table; set model.longest above {longest}" if refused else "")


@pytest.mark.parametrize(("reads", "expected"), [(False, ([6, 200], "five steps")), (True, ([], ""))])
def test_what_cannot_be_seen_without_contents_is_no_refusal(
    reads: bool, expected: tuple[list[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange(source: Space, target: Space) -> nn.Module:
        return Strange(reads)

    monkeypatch.setitem(MODELS, "strange", plain_family(strange))
    drawn = torch.get_rng_state()
    assert refused_lengths(Spec("copy", "strange", LENGTHS), build_task("copy", LENGTHS)) == expected
    assert torch.equal(torch.get_rng_state(), drawn)


@pytest.mark.parametrize("spec", LISTED, ids=lambda spec: f"{spec.row} {spec.column}")
def test_tables_of_a_suite_hold_all_its_lengths(spec: Spec) -> None:
    assert refused_lengths(spec, build_task(spec.task, spec.task_settings)) == ([], "")


def test_a_run_says_so_before_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in: Pretender = pretend(monkeypatch)
    sets = [part for name, value in (TABLE | {"longest": 12}).items() for part in ("--set", f"model.{name}={value}")]
    asked = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "transformer", *sets, "--out", tmp_path)
    done = in_process(capsys, *asked, "--set", "task.eval_lengths=10,12,13,100")
    assert (done.code, len(stand_in.jobs)) == (0, 1)
    (line,) = [line for line in done.out.splitlines() if "cannot be evaluated at length 13, 100: position " in line]
    assert line.startswith("copy(eval_lengths=10,12,13,100) transformer(")
