"""Which traces of memories the page shows: one example inside training and one far beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.records.schema import TracePart
from bench.studies.extrapolation.families import Family
from bench.views.charts.panel import Drawing
from bench.views.charts.signals import memory_panels


@dataclass(frozen=True)
class Memory:
    """The traces to be shown of a family on a task."""

    task: str
    model: str
    traces: list[TracePart]

    def drawing(self, name: str) -> Drawing:
        """Return its picture."""
        return Drawing(f"memory-{name}", f"{self.model} on {self.task}", memory_panels(self.traces))


def memories(found: Mapping[str, Sequence[Family]]) -> list[Memory]:
    """Return of each family with traces the tasks where its horizon is farthest and nearest; found: by task."""
    by_model: dict[str, list[tuple[float, Memory]]] = {}
    for task, every in found.items():
        for family in every:
            if traces := first_traces(family):
                memory = Memory(task, family.model, traces)
                by_model.setdefault(family.model, []).append((-family.row["l99_ratio"], memory))
    chosen = []
    for _, kept in sorted(by_model.items()):
        ordered = sorted(kept, key=lambda each: (each[0], each[1].task))
        ends = ordered[:1] if ordered[0][0] == ordered[-1][0] else [ordered[0], ordered[-1]]
        chosen += [memory for _, memory in ends]
    return chosen


def first_traces(family: Family) -> list[TracePart]:
    """Return the shortest and the longest trace of the first seed that has any with a number in it."""
    for record in family.records:
        known = [trace for trace in record.get("traces", []) if any(map(len, trace["series"].values()))]
        if known:
            ordered = sorted(known, key=lambda trace: trace["length"])
            return ordered[:1] if len(ordered) == 1 else [ordered[0], ordered[-1]]
    return []
