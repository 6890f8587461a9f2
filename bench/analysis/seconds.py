"""How long a training took, told alike wherever it is shown."""

from __future__ import annotations

from bench.records.schema import SCORED
from bench.records.store import Record


def training_seconds(record: Record) -> float:
    """Return the seconds of training: those of a processor where it was trained on one and the record has them.

    What else ran on the machine, or that the run stood still for a while, is not in these. NaN for what was not trained
    here.
    """
    if record["status"] == SCORED:
        return float("nan")
    timing, elsewhere = record["timing"], record["device"] != "cpu"
    return timing["train_seconds"] if elsewhere else timing.get("train_cpu_seconds", timing["train_seconds"])
