"""Training steps a second of several processes on one GPU together, one or several seeds in each.

    python tests/support/gpu_crowd.py FILE --device cuda --seconds 60

Beside tests/support/gpu_rates.py, in whose file it adds its lines: what these say is why `run` takes so many `--jobs`.
"""

from __future__ import annotations

import json
import multiprocessing
import queue
import sys
import time
from collections.abc import Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from gpu_rates import BATCHES, read_options, timed

from bench.execution.device import prepared
from bench.execution.executor import Resources

FAMILIES = ("gru", "transformer", "location_attention")
CROWDS = ((8, 1), (1, 8), (1, 16), (4, 4), (8, 4), (4, 8))  # processes, and seeds in each
PATIENCE = 60.0  # seconds that the slowest of a crowd is waited for


def member(
    device: str, seconds: float, seeds: int, families: Sequence[str], together: Barrier, told: Queue[tuple[str, float]]
) -> None:
    """Time each family in turn, when all members are ready to; tell its rate."""

    def ready() -> None:
        together.wait(PATIENCE)

    with prepared(Resources(device)):
        for family in families:
            told.put((family, timed(family, BATCHES[0], device, seconds, seeds, ready)["rate"]))


def crowd(processes: int, seeds: int, device: str, seconds: float, families: Sequence[str]) -> dict[str, float]:
    """Time families in so many processes at once -> steps a second of all of them together, by family."""
    context = multiprocessing.get_context("spawn")
    together, told = context.Barrier(processes), context.Queue()
    asked = (device, seconds, seeds, families, together, told)
    members = [context.Process(target=member, args=asked, daemon=True) for _ in range(processes)]
    for each in members:
        each.start()
    found = dict.fromkeys(families, 0.0)
    try:
        for _ in range(processes * len(families)):
            family, rate = told.get(timeout=PATIENCE)
            found[family] += rate
    finally:
        for each in members:
            each.terminate()
    return found


def main() -> int:
    """Time one crowd after the other, as long as there is time."""
    options = read_options(60.0, 1.0)
    until, longest = time.monotonic() + options.seconds, 0.0
    for processes, seeds in CROWDS:
        begun = time.monotonic()
        if begun + longest > until:
            break
        asked = {"batch": BATCHES[0], "way": "graph", "seeds": seeds, "processes": processes}
        try:
            found: dict[str, float] = crowd(processes, seeds, options.device, options.each, FAMILIES)
            told = [{"asked": {"family": family, **asked}, "rate": rate} for family, rate in found.items()]
        except queue.Empty:
            told = [{"asked": {"family": family, **asked}, "error": "a process was lost"} for family in FAMILIES]
        with options.file.open("a") as file:
            file.writelines(json.dumps(each) + "\n" for each in told)
        longest = max(longest, time.monotonic() - begun)
    return 0


if __name__ == "__main__":
    sys.exit(main())
