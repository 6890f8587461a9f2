"""What trackio's own file holds after a run."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest
from harness import SHORT, TINY, in_subprocess, records_in

RUN = ("run", *TINY, "--tasks", "copy", "--models", "gru,majority", *SHORT, "--set", "train.eval_every=1")


@pytest.mark.slow
def test_its_file_holds_the_curve_of_every_record(tmp_path: Path) -> None:
    pytest.importorskip("trackio")
    done = in_subprocess(*RUN, "--seeds", 2, "--jobs", 2, "--track", "trackio", "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "Trackio" not in done.out
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    with sqlite3.connect(tmp_path / "trackio" / "lengthwise.db") as file:
        for name, step, metrics in file.execute("select run_name, step, metrics from metrics order by id"):
            found[name].append(json.loads(metrics) | {"step": step})
    records = records_in(tmp_path).values()
    assert len(records) == len(found) == 4
    for made in records:
        told = found[f"{made['task']}/{made['model']}/seed{made['seed']}"]
        curve = [(point["step"], point["loss"]) for point in told if "loss" in point]
        assert curve == [(point["step"], pytest.approx(point["loss"])) for point in made["curve"]]
        shares = {str(point["length"]): point["exact_match_by_length"] for point in told if "length" in point}
        wanted = {length: score["right"] / score["examples"] for length, score in made["by_length"].items()}
        assert shares == pytest.approx(wanted)
