"""Progress on the terminal: a line a pair with what is left and the best accuracy so far; plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bench.execution.cell import Cell
from bench.execution.runner import Report


class Display:
    """Shows a run; `listen` takes what the runner reports."""

    def __init__(self, console: Console, cells: list[Cell], finished: int) -> None:
        self.console = console
        self.total = len(cells)
        self.finished = finished
        self.best: dict[str, float] = {}
        self.lines: dict[tuple[str, str], TaskID] = {}
        self.left: dict[tuple[str, str], int] = {}
        for cell in cells:
            self.left[self.pair(cell)] = self.left.get(self.pair(cell), 0) + 1
        self.progress = Progress(
            TextColumn("{task.description:<42}"),
            BarColumn(24),
            TextColumn("{task.completed:.0f}/{task.total:.0f} steps"),
            TextColumn("best {task.fields[best]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Display:
        self.progress.start()
        self.all = self.progress.add_task("[bold]all cells", total=self.total, completed=self.finished, best="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    @staticmethod
    def pair(cell: Cell) -> tuple[str, str]:
        """The pair that a cell belongs to."""
        return cell.spec.row, cell.spec.column

    def listen(self, report: Report) -> None:
        """Take one report of a running cell."""
        cell, pair = report.cell, self.pair(report.cell)
        if report.kind == "look":
            self._look(cell, report)
            return
        self.finished += 1
        self.left[pair] -= 1
        self.progress.update(self.all, completed=self.finished)
        if pair in self.lines and not self.left[pair]:
            self.progress.remove_task(self.lines.pop(pair))
        self.console.print(
            f"[{self.finished}/{self.total}] {cell.name}: {outcome(report)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def _look(self, cell: Cell, report: Report) -> None:
        pair, look = self.pair(cell), report.payload
        if look.exact is not None:
            self.best[cell.name] = max(self.best.get(cell.name, 0.0), look.exact)
        best = f"{100 * self.best[cell.name]:.1f} %" if cell.name in self.best else f"loss {look.loss:.3f}"
        if pair not in self.lines:
            self.lines[pair] = self.progress.add_task(" ".join(pair), total=cell.spec.steps, best=best)
        self.progress.update(self.lines[pair], completed=look.step, best=best)


def outcome(report: Report) -> str:
    """Say in a few words how a cell ended."""
    if report.kind == "failed":
        return f"FAILED, {report.payload}"
    record = report.payload
    said = f"{record['status']}, {record['steps']} steps, {record['timing']['train_seconds']:.0f} s"
    if record["kind"] == "text":
        nats = record["by_length"][max(record["by_length"], key=int)]["nats"]
        return said if nats is None else f"{said}, {nats:.3f} nats"
    inside = [
        record["by_length"][str(length)] for length in record["inside_lengths"] if str(length) in record["by_length"]
    ]
    if inside:
        said += f", exact inside {100 * sum(s['right'] / s['examples'] for s in inside) / len(inside):.1f} %"
    return said
