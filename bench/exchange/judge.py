"""Judges answers that another program wrote, on the sets and by the rules that families here are judged by."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from bench.exchange.answers import Answered
from bench.exchange.examples import RANDOM, content, parts_of
from bench.records.decode import checked
from bench.records.key import hashed, settings_hash, sources_of
from bench.records.provenance import commit, versions
from bench.records.schema import ELSEWHERE, SCHEMA, SCORED, Record
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.metrics import ErrorByPosition, Score, Tally, finite
from bench.trial.protocols import protocol_of
from tasks.base import EOS, PAD, Batch, Task

KEPT = 2  # answers of each length that stay in the record, to be looked at


def score_strings(found: Answered) -> Score:
    """Count what is right, what only ends wrong, and tokens that are right at their place.

    The end of an answer is its EOS. One that is right as far as it goes, or goes on behind a right one, only ends
    wrong. Where the truth has no EOS, its length is told to everybody: what is behind it does not count.
    """
    batch = found.examples.batch
    tally, mask = Tally(batch.target.shape[1], "cpu"), batch.target_mask
    written, real = aligned(found.written, batch)
    wrong = (written != batch.target) & mask
    tally.add(wrong, mask, (wrong & real & (batch.target != EOS)).any(1))
    return tally.score(found.examples.unseen)


def aligned(answers: Sequence[Sequence[float]], batch: Batch) -> tuple[Tensor, Tensor]:
    """Lay answers out as targets are, EOS behind them where targets have one: tokens, which of them were written."""
    written, real = torch.full_like(batch.target, PAD), torch.zeros_like(batch.target, dtype=torch.bool)
    stops = (batch.target == EOS).any(1).tolist()
    for row, (answer, stop) in enumerate(zip(answers, stops, strict=True)):
        whole = [*answer, EOS] if stop else [*answer]
        whole = whole[: written.shape[1]]
        written[row, : len(whole)] = torch.tensor(whole, dtype=written.dtype)
        real[row, : len(answer)] = True
    return written, real


def score_values(task: Task, found: Answered) -> Score:
    """Count continuations within the tolerance and measure their error; each has a number a step."""
    truth = found.examples.batch.target
    for name, answer in zip(found.examples.ids(), found.written, strict=True):
        if len(answer) != truth.shape[1]:
            raise RequestError(f"the answer to {name!r} has {len(answer)} numbers; {truth.shape[1]} are asked for")
    continued = torch.tensor(found.written, dtype=truth.dtype)[..., None]
    errors = task.loss(continued, truth).double()
    by_position = ErrorByPosition(truth.shape[1], "cpu")
    by_position.add(errors.sum(0), torch.full_like(errors[0], len(errors)))
    tolerance: float = task.tolerance  # type: ignore[attr-defined]  # every real-valued task has one
    right, tokens_right = (errors.mean(1).sqrt() <= tolerance).sum(), task.correct(continued, truth).sum()
    errors_at = tuple(None if mean is None else finite(math.sqrt(mean)) for mean in by_position.means())
    nrmse = finite(math.sqrt(float(errors.mean())))
    unseen = found.examples.unseen
    return Score(len(truth), int(right), errors.numel(), int(tokens_right), 0, unseen, errors_at, nrmse)


def scored_record(
    task: Task, spec: Spec, name: str, seed: int, answered: Sequence[Answered], catalogue: Catalogue
) -> Record:
    """Return the record of answers under a name and a seed, of their own status; nothing was trained for it here.

    A length without answers counts as not judged, with nothing right.
    """
    protocol, (head, dirty) = protocol_of(task), commit()
    return checked(
        {
            "schema": SCHEMA,
            **asked(spec, name, seed, answered, catalogue),
            "task_version": task.version,
            "status": SCORED,
            "kind": protocol.kind(task),
            "train_lengths": list(task.train_lengths),
            "inside_lengths": list(task.inside_lengths),
            **scores(task, spec, answered),
            "evaluation_hash": protocol.fingerprint(task, spec.examples, spec.adversarial),
            "commit": head,
            "dirty": dirty,
            "versions": versions(),
            "samples": samples(task, answered),
            **NOTHING_TRAINED,
        }
    )


def asked(spec: Spec, name: str, seed: int, answered: Sequence[Answered], catalogue: Catalogue) -> dict[str, object]:
    """Return what was asked and of whom; the key hangs on the answers, since no source here made them.

    The only source is that of the task, which all seeds of a program share: they stand in one row.
    """
    written = hashlib.blake2b(repr([each.written for each in answered]).encode(), digest_size=16).hexdigest()
    sources = sources_of(spec, catalogue)
    settings = settings_hash(spec, seed, sources)
    return {
        "key": hashed(settings, written),
        "spec_hash": settings,
        "sources": sources.parts["task"],
        "task": spec.row,
        "model": name,
        "family": name,
        "seed": seed,
        "spec": spec.asked | {"model": name, "column": name, "model_settings": {}},
    }


def scores(task: Task, spec: Spec, answered: Sequence[Answered]) -> dict[str, object]:
    """Judge all sets -> the score of each length, and the counts of the adversarial sets where there are any."""
    random, kinds = dict[int | None, dict[str, object]](), dict[str, dict[str, Any]]()
    for found in answered:
        score = score_of(task, found)
        if found.examples.kind == RANDOM:
            random[found.examples.length] = part(score)
        else:
            counts = {name: getattr(score, name) for name in ("examples", "right", "stopped_wrong")}
            kinds.setdefault(str(found.examples.length), {})[found.examples.kind] = counts
    every = {length: random.get(length) or unanswered(spec.examples) for length in sorted(task.eval_lengths)}
    by_length = {str(length): each | {"chance": task.chance(length)} for length, each in every.items()}
    return {"by_length": by_length, **({"adversarial": kinds} if kinds else {})}


NOTHING_TRAINED: Mapping[str, object] = {
    "parameters": 0,
    "state": 0,
    "steps": 0,
    "curve": [],
    "first_batch": {"width": 1, "lengths": [], "counted": []},
    "device": ELSEWHERE,
    "threads": 1,
    "timing": {"train_seconds": 0, "look_seconds": [], "evaluation_seconds": 0, "tokens_per_second": None},
}


def score_of(task: Task, found: Answered) -> Score:
    """Judge the answers to a set."""
    return score_values(task, found) if found.examples.batch.target.is_floating_point() else score_strings(found)


def part(score: Score) -> dict[str, object]:
    """Return a score as a record has it."""
    found = asdict(score)
    del found["rule"]
    return found


def unanswered(examples: int) -> dict[str, object]:
    """Return what stands for a length that has no answers."""
    nothing = Score(examples, 0, 0, 0, 0, True, (None,), rule="skipped")
    return asdict(nothing) | {"tokens": None, "tokens_right": None}


def samples(task: Task, answered: Sequence[Answered]) -> list[dict[str, object]]:
    """Return the first answers of each length beside the truth."""
    found: list[dict[str, object]] = []
    for each in answered:
        for row in range(min(KEPT, len(each.written)) if each.examples.kind == RANDOM else 0):
            given, truth = parts_of(each.examples, row)
            own = torch.tensor(each.written[row], dtype=truth.dtype).reshape(-1, *truth.shape[1:])
            shown = {"given": given, "truth": truth, "written": own}
            parts = {key: content(task, value) for key, value in shown.items()}
            found.append({"length": each.examples.length, "first": 0, **parts})
    return found
