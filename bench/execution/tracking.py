"""Tracking: what the runner reports goes on to trackers as well; records know nothing of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from bench.execution.cell import Cell
from bench.execution.runner import Report
from bench.execution.trackers import EXACT, KINDS, LOSS, Tracker
from bench.records.store import record_name
from bench.spec.errors import RequestError


def run_name(cell: Cell) -> str:
    """Name a cell's run task/model/seed, in characters that every file system takes."""
    return record_name(cell.spec.row, cell.spec.column, cell.seed).removesuffix(".json").replace("--", "/")


class Trackers:
    """Passes what the runner reports on to trackers; one that fails is left out from there on, said in one line."""

    def __init__(self, names: Iterable[str], out: Path, say: Callable[[str], None]) -> None:
        self.say = say
        self.active: dict[str, Tracker] = {}
        self.reached: dict[str, int] = {}  # by run that goes on: the last step that was told
        self.ended: set[str] = set()
        for name in dict.fromkeys(names):
            try:
                self.active[name] = KINDS[name](out)
            except RequestError:  # what it needs is not installed
                raise
            except Exception as error:
                self._leave_out(name, error)

    def __enter__(self) -> Trackers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for run in list(self.reached):
            self._end(run, failed=True)

    def listen(self, report: Report) -> None:
        """Take one report of a running cell; a look that comes after the record is in the record's curve."""
        run = run_name(report.cell)
        if not self.active or run in self.ended:
            return
        if report.kind == "look":
            self._look(report.cell, run, report.payload.step, report.payload.loss, report.payload.exact)
        elif report.kind == "failed":
            if run in self.reached:
                self._end(run, failed=True)
            self.ended.add(run)
        else:
            self._done(report.cell, run, report.payload)
            self.ended.add(run)

    def _done(self, cell: Cell, run: str, record: Mapping[str, Any]) -> None:
        for look in record["curve"]:
            if look["step"] > self.reached.get(run, 0):
                self._look(cell, run, look["step"], look["loss"], look["exact"])
        if run not in self.reached:
            self._begin(cell, run)
        exact = {
            int(length): score["right"] / score["examples"]
            for length, score in sorted(record["by_length"].items(), key=lambda item: int(item[0]))
        }
        self._tell(lambda tracker: tracker.lengths(run, exact))
        self._end(run, failed=False)

    def _look(self, cell: Cell, run: str, step: int, loss: float | None, exact: float | None) -> None:
        if step <= self.reached.get(run, 0):  # its worker died: the cell is trained anew
            self._end(run, failed=True)
        if run not in self.reached:
            self._begin(cell, run)
        self.reached[run] = step
        told = {LOSS: loss, EXACT: exact}
        values = {name: value for name, value in told.items() if value is not None and math.isfinite(value)}
        self._tell(lambda tracker: tracker.look(run, step, values))

    def _begin(self, cell: Cell, run: str) -> None:
        self.reached[run] = 0
        self._tell(lambda tracker: tracker.begin(run, cell))

    def _end(self, run: str, failed: bool) -> None:
        del self.reached[run]
        self._tell(lambda tracker: tracker.end(run, failed))

    def _tell(self, deed: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self.active.items()):
            try:
                deed(tracker)
            except Exception as error:  # whatever a library raises: the work goes on
                self.active.pop(name)
                self._leave_out(name, error)

    def _leave_out(self, name: str, error: Exception) -> None:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        self.say(f"tracker {name} failed and is left out from here on: {reason}")
