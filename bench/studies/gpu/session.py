"""What a session on a GPU left in its folder: what the machine is, how fast steps are, and what it trained.

The files are those of tests/support/gpu_session.py, its records unpacked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

FACTS = ("card", "torch", "cuda", "cores")


@dataclass(frozen=True, order=True)
class Way:
    """How steps were taken: on a core ("cpu"), call by call ("plain") or by CUDA graph; by how many at once."""

    name: str
    seeds: int = 1
    processes: int = 1


CORE, PLAIN, GRAPH = Way("cpu"), Way("plain"), Way("graph")


@dataclass(frozen=True)
class Session:
    """What was found on a machine: facts by name, and steps a second by family and way, of one size of batch."""

    folder: Path
    facts: dict[str, str]
    rates: dict[tuple[str, Way], float]

    @property
    def families(self) -> list[str]:
        """The families that a graph was timed of, the fastest first."""
        timed = {family: rate for (family, way), rate in self.rates.items() if way == GRAPH}
        return sorted(timed, key=lambda family: -timed[family])

    @property
    def ways(self) -> list[Way]:
        """The ways of several at once, fewest first."""
        found = {way for _, way in self.rates if way not in (CORE, PLAIN, GRAPH)}
        return sorted(found, key=lambda way: (way.processes, way.seeds))

    @property
    def runs(self) -> list[Path]:
        """The folders of what it trained, by suite."""
        return sorted(path.parent for path in self.folder.glob("*/records"))

    def gain(self, family: str, way: Way, over: Way) -> float | None:
        """Return how many times the steps a second of another way; None where one was not timed."""
        rates = self.rates.get((family, way)), self.rates.get((family, over))
        return rates[0] / rates[1] if rates[0] and rates[1] else None


def read_session(folder: Path, batch: int = 64) -> Session:
    """Read a session's folder, of its rates those of one size of batch; a KeyError where the report lacks a fact."""
    said = dict(line.split(": ", 1) for line in (folder / "report.txt").read_text().splitlines() if ": " in line)
    rates = {}
    for line in (folder / "rates.jsonl").read_text().splitlines():
        found = json.loads(line)
        asked = found["asked"]
        if "rate" in found and asked["batch"] == batch:
            way = Way(asked["way"], asked["seeds"], asked.get("processes", 1))
            rates[asked["family"], way] = found["rate"]
    return Session(folder, {name: said[name] for name in FACTS}, rates)
