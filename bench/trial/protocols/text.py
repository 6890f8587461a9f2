"""Text: language models, which read a text in order and predict each token from those before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, cast

import torch
from torch import Tensor

from bench.spec.spec import Spec
from bench.trial.batches import Step
from bench.trial.decode import shortfall
from bench.trial.evaluation_sets import tensors_hash
from bench.trial.losses import shift_right
from bench.trial.metrics import Counts, ErrorByPosition, Score, finite, read
from bench.trial.protocols.base import Answer, Protocol, register
from bench.trial.streams import stream
from models.base import Model, State, detach
from tasks.base import BOS, Batch, Task
from tasks.text.corpus import CorpusTask
from tasks.text.language import Language, after_start

CHUNK = 256  # tokens read at once, and probabilities computed at once: these bound memory and change no result
CELLS = 8_000_000
ANSWERED = 60  # tokens from a text's start of which `answers` tells
SMALL = 12  # tokens of a piece in a small batch


@register("text")
class Text(Protocol):
    """A text is read with its state carried; an evaluated length names an excerpt, not a size of examples."""

    continues: ClassVar[bool] = True

    def kind(self, task: Task) -> str:
        """Return "text" for a corpus, whose tokens count each by itself, "stream" for a text of lines."""
        return "text" if isinstance(task, CorpusTask) else "stream"

    def batches(self, task: Task, spec: Spec, seed: int, device: str) -> Iterator[Step]:
        """Yield windows of the training text, in order with the state carried or shuffled, as the task's mode says."""
        text = self.language(task)
        return (in_order if text.mode == "stream" else shuffled)(text, spec, seed, device)

    def fitting_batch(self, task: Task, spec: Spec, seed: int, device: str) -> Step:
        """Return the whole training text as one row."""
        batch = rows_of_text(self.language(task).training_text().to(device)[None])
        return Step(batch, shift_right(batch.target, task.first_input(batch)), batch.target_mask)

    def forward(self, model: Model, task: Task, step: Step, state: State) -> tuple[Tensor, State]:
        """Read on from the state of the step before, cut from its graph, or from a fresh one."""
        before = detach(state) if step.carries else model.begin(None, step.batch.source_length)
        return model.decoder(step.inputs, before)

    def validate(self, model: Model, task: Task, device: str) -> None:
        """Return nothing: a text is watched by its loss alone."""
        return

    def score(self, model: Model, task: Task, length: int, examples: int, device: str, first: int = 0) -> Score:
        """Score the excerpts that a task reads at a length, each from a fresh state.

        An example is a line, right when all its tokens are, where the task has a separator; else it is a counted token.
        """
        model.eval()
        text = self.language(task)
        inputs, target, counted = (part.to(device) for part in text.excerpts(length))
        steps = inputs.shape[1]
        rows = max(1, CELLS // (min(steps, CHUNK) * task.target.size))
        errors, nats = ErrorByPosition(steps, device), torch.zeros((), dtype=torch.float64, device=device)
        right = []
        for some_inputs, some_target in zip(inputs.split(rows), target.split(rows), strict=True):
            found, losses = read_and_score(model, task, some_inputs, some_target)
            errors.add((~found).sum(0) * counted, counted * len(found))
            nats += (losses.sum(0, dtype=torch.float64) * counted).sum()
            right.append(found)
        found, line, counted, nats = read(torch.cat(right), target[0], counted, nats)
        scored = found[:, counted]
        tokens, tokens_right = scored.numel(), int(scored.sum())
        examples, examples_right = tokens, tokens_right
        if text.separator is not None:
            lines = whole_lines(scored[0], line == text.separator)
            examples, examples_right = len(lines), int(lines.sum())
        mean = finite(float(nats) / tokens)
        unseen = not text.seen(length)
        return Score(examples, examples_right, tokens, tokens_right, 0, unseen, errors.means(), nats=mean)

    def adversarial(self, model: Model, task: Task, length: int, examples: int, device: str) -> dict[str, Counts]:
        """Score the lines of a text that stand behind a boundary, whatever their number."""
        text = self.language(task)
        boundaries = text.boundaries(length)
        if not boundaries:
            return {}
        assert text.separator is not None
        model.eval()
        inputs, target, _ = (part.to(device) for part in text.excerpts(length))
        found, first = read(read_and_score(model, task, inputs, target)[0][0], target[0])
        right = whole_lines(found, first == text.separator)
        return {
            kind: {"examples": int(chosen.sum()), "right": int((right & chosen).sum()), "stopped_wrong": 0}
            for kind, chosen in boundaries.items()
        }

    def fingerprint(self, task: Task, examples: int, adversarial: int = 0) -> str:
        """Hash the evaluated texts and, where they are read in pieces, what each piece begins with."""
        text = self.language(task)
        if text.separator is not None:
            return tensors_hash(text.stream(length) for length in task.eval_lengths)
        cut = [text.excerpts(length) for length in task.eval_lengths]
        starts = (part for excerpts in cut for part in (excerpts.inputs[:, 0], excerpts.counted))
        return tensors_hash((text.stream(max(task.eval_lengths)), *starts))

    def examples(self, task: Task, length: int, count: int) -> list[str]:
        """Return the start of the text."""
        return [task.text(self.language(task).stream(length)[:ANSWERED].tolist())]

    def answers(self, model: Model, task: Task, length: int, count: int, device: str) -> list[Answer]:
        """Return what is predicted of a text's start, one token read at a time."""
        text = self.language(task).stream(length)[:ANSWERED].to(device)
        inputs = shift_right(text[None], text.new_full((1,), BOS))
        model.eval()
        with torch.no_grad():
            outputs = torch.cat([found for _, found in read_through(model, inputs)], 1)
            state, written = model.begin(None, inputs.new_zeros(1)), []
            for token in inputs.split(1, 1):
                found, state = model.decoder(token, state)
                written.append(found[:, 0].argmax(-1))
        own = torch.stack(written, 1)
        missing = shortfall(outputs, own, own)[0]  # each step has read the truth
        return [Answer(text[:0].cpu(), text.cpu(), own[0].cpu(), missing.cpu())]

    def state(self, model: Model, task: Task, device: str) -> State:
        """Return the state after two windows of text."""
        text = self.language(task)
        read = text.training_text()[None, : 2 * text.window].to(device)
        with torch.no_grad():
            return model.decoder(read, model.begin(None, torch.zeros_like(read[:, 0])))[1]

    def small_batch(self, task: Task, rows: int) -> Batch:
        """Return a few short pieces of the training text."""
        text = self.language(task).training_text()
        width = min(SMALL, len(text) // rows)
        if width < 2:
            raise ValueError(f"its training text has {len(text)} tokens, too few to train on")
        return rows_of_text(text[: rows * width].view(rows, width))

    def language(self, task: Task) -> Language:
        """Return the task as what it is; `data` says so."""
        return cast("Language", task)

    def named_lengths(self, task: Task) -> tuple[int, ...]:
        """Return the lengths that name a text each; of a corpus there is one, whose whole the last length reads."""
        return (max(task.eval_lengths),) if isinstance(task, CorpusTask) else task.eval_lengths


def rows_of_text(text: Tensor) -> Batch:
    """Return pieces of a text (rows, time) as a batch without a source."""
    length = torch.full((len(text),), text.shape[1], device=text.device)
    return Batch(None, torch.zeros_like(length), text, length)


def in_order(task: Language, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield windows in order: each row a contiguous piece, state carried, a random offset each epoch (stateful TBPTT).

    Truncated back-propagation through time: Williams and Peng 1990.
    """
    window = task.window
    text = after_start(task.training_text()).to(device)
    spare = len(text) - 1 - spec.batch * window
    if spare < 0:
        raise ValueError(f"a text of {len(text)} tokens is too short for {spec.batch} rows of {window}")
    offsets = stream("cpu", seed, "train")
    length = torch.full((spec.batch,), window, device=device)
    while True:
        offset = int(torch.randint(min(window, spare + 1), (), generator=offsets))
        windows = (len(text) - offset - 1) // (spec.batch * window)
        span = spec.batch * windows * window
        inputs = text[offset : offset + span].view(spec.batch, -1)
        targets = text[offset + 1 : offset + 1 + span].view(spec.batch, -1)
        for index, first in enumerate(range(0, windows * window, window)):
            batch = Batch(None, torch.zeros_like(length), targets[:, first : first + window], length)
            yield Step(batch, inputs[:, first : first + window], batch.target_mask, carries=index > 0)


def shuffled(task: Language, spec: Spec, seed: int, device: str) -> Iterator[Step]:
    """Yield windows in a new random order each epoch, each read from a fresh state (stateless)."""
    inputs, target, counted = (part.to(device) for part in task.training_pieces())
    if len(inputs) < spec.batch:
        raise ValueError(f"a text of {len(inputs)} windows is too short for batches of {spec.batch}")
    orders = stream("cpu", seed, "train")
    length = torch.full((spec.batch,), task.window, device=device)
    weight = counted.expand(spec.batch, -1)
    while True:
        order = torch.randperm(len(inputs), generator=orders).to(device)
        for rows in order[: len(inputs) // spec.batch * spec.batch].split(spec.batch):
            yield Step(Batch(None, torch.zeros_like(length), target[rows], length), inputs[rows], weight)


def read_through(model: Model, inputs: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Read texts (rows, time) from a fresh state with the state carried -> (first step, outputs (rows, some, size))."""
    state = model.begin(None, inputs.new_zeros(len(inputs)))
    for first in range(0, inputs.shape[1], CHUNK):
        outputs, state = model.decoder(inputs[:, first : first + CHUNK], state)
        yield first, outputs


def read_and_score(model: Model, task: Task, inputs: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Read texts (rows, time) -> whether each next token was predicted, and its cross-entropy in nats (rows, time)."""
    right, losses = [], []
    with torch.no_grad():
        for first, outputs in read_through(model, inputs):
            truth = target[:, first : first + outputs.shape[1]]
            right.append(task.correct(outputs, truth))
            losses.append(task.loss(outputs, truth))
    return torch.cat(right, 1), torch.cat(losses, 1)


def whole_lines(right: Tensor, ends: Tensor) -> Tensor:
    """Say of each line whether all its tokens are right, the separator too: right, ends (time,) -> (lines,)."""
    line = ends.long().cumsum(0) - ends.long()
    wrong = torch.zeros(int(line[-1]) + 1, dtype=torch.long, device=right.device).index_add(0, line, (~right).long())
    return wrong == 0
