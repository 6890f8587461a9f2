"""Progress on the terminal: a line a pair with what is left and the best accuracy so far; plain lines elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bench.execution.executor import Event, Failed, Finished, NotStarted, Tried, Validated
from bench.execution.job import Job, each_seed
from bench.records.store import Record


class Display:
    """Shows a run; `listen` takes what the executor tells. jobs: those to do; finished: how many were done before."""

    def __init__(self, console: Console, jobs: Sequence[Job], finished: int) -> None:
        self.console = console
        self.finished = finished
        self.left = Counter(job.pair for job, _ in each_seed(jobs))
        self.total = finished + self.left.total()
        self.unstarted = 0
        self.best: dict[str, float] = {}
        self.lines: dict[tuple[str, str], TaskID] = {}
        self.progress = Progress(
            TextColumn("{task.description:<42}", markup=False),
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
        self.all = self.progress.add_task("all jobs", total=self.total, completed=self.finished, best="")
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def listen(self, event: Event) -> None:
        """Take one event of a run."""
        if isinstance(event, NotStarted):
            self.unstarted += 1
            return
        job, name = event.job, event.job.name(event.seed)
        if isinstance(event, Validated):
            point = event.point
            if point.exact is not None:
                self.best[name] = max(self.best.get(name, 0.0), point.exact)
            best = f"{100 * self.best[name]:.1f} %" if name in self.best else f"loss {point.loss:.3f}"
            if job.pair not in self.lines:
                self.lines[job.pair] = self.progress.add_task(" ".join(job.pair), total=job.spec.steps, best=best)
            self.progress.update(self.lines[job.pair], completed=point.step, best=best)
            return
        self.finished += 1
        self.left[job.pair] -= 1
        self.progress.update(self.all, completed=self.finished)
        if job.pair in self.lines and not self.left[job.pair]:
            self.progress.remove_task(self.lines.pop(job.pair))
        line = f"[{self.finished}/{self.total}] {name}: {ended_in_words(event)}"
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)


def ended_in_words(event: Finished | Tried | Failed) -> str:
    """Say in a few words how a seed ended."""
    if isinstance(event, Failed):
        return f"FAILED, {event.reason}"
    return in_words(event.record) if isinstance(event, Finished) else tried_in_words(event)


def tried_in_words(event: Tried) -> str:
    """Say in a few words how a training ended that was judged inside its training lengths alone."""
    training, score = event.trial.training, event.trial.score
    said = f"{training.status}, {training.steps} steps, {training.seconds:.0f} s, held-out"
    if score.nrmse is not None:
        return f"{said} NRMSE {score.nrmse:.4f}"
    if score.nats is not None:
        return f"{said} token accuracy {100 * score.tokens_right / score.tokens:.2f} %, {score.nats:.3f} nats"
    return f"{said} exact match {100 * score.right / score.examples:.1f} %"


def in_words(record: Record) -> str:
    """Say in a few words how a training ended."""
    said = f"{record['status']}, {record['steps']} steps, {record['timing']['train_seconds']:.0f} s"
    if failed := record.get("failed"):
        said += f", {len(failed)} of {len(failed) + len(record['by_length'])} lengths not evaluated"
    if record.get("disagreement"):
        said += f", {record['disagreement']}"
    nats = record["by_length"][max(record["by_length"], key=int)].get("nats")
    if nats is not None:
        return f"{said}, {nats:.3f} nats"
    scores = [record["by_length"].get(str(length)) for length in record["inside_lengths"]]
    shares = [score["right"] / score["examples"] for score in scores if score]
    return f"{said}, exact match in distribution {100 * sum(shares) / len(shares):.1f} %" if shares else said
