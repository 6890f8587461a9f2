"""What a training step needs and what it takes: operations in matrix products, memory, and where its time goes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.profiler_util import EventList
from torch.backends import mkldnn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from bench.probes.performance.measurement import PARTS
from bench.probes.performance.own import Trained
from bench.trial.batches import Step, each_part, rows_of
from bench.trial.losses import masked_mean
from models.layers import kernels

ENOUGH = 16  # rows of a length, from which on operations grow evenly with rows
PRODUCTS = {f"aten::{name}" for name in ("mm", "addmm", "addmm_", "bmm", "baddbmm", "addbmm", "mv", "mkldnn_rnn_layer")}
PRODUCTS |= {"LinearMap", "LinearMapBackward"}  # in C
FUSED = "scaled_dot_product"  # in the names of torch's attention, most of which is products
KERNELS = ("Recurrence", "ScaledDotProduct", "AdditiveScores", "Dropped")  # operations whose body is C
OPTIMISER = ("Optimizer.", "aten::_fused_adam", "aten::_foreach_norm", "aten::linalg_vector_norm")


def product_in_place(into: Any, left: Any, right: Any, **others: Any) -> int:
    """Count the operations of `addmm_`, of which torch's own counter knows nothing."""
    return int(2 * left[0] * left[1] * right[1])


IN_PLACE: dict[Any, Any] = {torch.ops.aten.addmm_: product_in_place}


def needed_operations(own: Trained) -> float:
    """Return the operations, in the mean over steps, of the matrix products that a step needs: of real tokens alone.

    Counted by torch as it runs its own body forward and back, on rows of one length at a time; rows without weight are
    left out. A product and a sum are two.
    """
    known: dict[tuple[int, ...], tuple[float, float]] = {}
    return sum(of_step(own, step.needed, known) for step in own.batches()) / own.steps


def of_step(own: Trained, step: Step, known: dict[tuple[int, ...], tuple[float, float]]) -> float:
    """Count a step; known: what was found of rows by their lengths: for a batch however large, and a row more."""
    lengths = torch.stack([step.batch.source_length, step.batch.target_length], 1)
    kinds, rows = lengths.unique(dim=0, return_counts=True)
    if len(kinds) == 1:
        return counted(own, of_lengths(step, kinds[0].tolist()))
    once = more = 0.0
    for kind, count in zip(kinds.tolist(), rows.tolist(), strict=True):
        if tuple(kind) not in known:
            few, many = (counted(own, of_lengths(step, kind, count)) for count in (ENOUGH, 2 * ENOUGH))
            known[tuple(kind)] = 2 * few - many, (many - few) / ENOUGH
        once, more = max(once, known[tuple(kind)][0]), more + count * known[tuple(kind)][1]
    return once + more


def of_lengths(step: Step, kind: Sequence[int], count: int = 0) -> Step:
    """Return a step's rows of a source's and a target's length, unpadded; count: as many, some of them repeated."""
    source, target = kind
    chosen = ((step.batch.source_length == source) & (step.batch.target_length == target)).nonzero()[:, 0]
    if count:
        chosen = chosen.repeat(count)[:count]
    batch = each_part(lambda part: part.clone(), rows_of(step.batch, chosen))
    batch = replace(batch, source=None if batch.source is None else batch.source[:, :source])
    batch = replace(batch, target=batch.target[:, :target])
    return replace(step, batch=batch, inputs=step.inputs[chosen, :target], weight=step.weight[chosen, :target])


def counted(own: Trained, step: Step) -> float:
    """Count the operations of a step's matrix products, forward and back, by torch's own bodies."""
    counter = FlopCounterMode(display=False, custom_mapping=IN_PLACE)
    own.model.train()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what mkldnn would do on a GPU
        with kernels.switched_off(), mkldnn.flags(enabled=False), sdpa_kernel(SDPBackend.MATH), counter:
            loss_of(own, step).backward()
    own.model.zero_grad(set_to_none=True)
    return float(counter.get_total_flops())


def loss_of(own: Trained, step: Step) -> Tensor:
    """Return a step's loss."""
    outputs, _ = own.protocol.forward(own.model, own.task, step, None)
    return masked_mean(own.task.loss(outputs, step.batch.target), step.weight)


def peak(work: Callable[[], object]) -> int:
    """Return the most bytes that torch holds at once for some work, beside what it held before."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        work()
    held = most = 0
    for event in sorted(memory_events(found), key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most


def memory_events(found: Any) -> list[Any]:
    """Return the events of memory that a profile has, an allocation or a release each."""
    return [event for event in found.profiler.kineto_results.events() if event.name() == "[memory]"]


def shares(own: Trained, rounds: int = 5) -> dict[str, float]:
    """Return where the time of a round's steps goes, as shares by PARTS; the rest, "python", is the profiler's too.

    Of several rounds the fastest counts, which others disturbed least.
    """
    return min((profiled(own) for _ in range(rounds)), key=lambda found: found[0])[1]


def profiled(own: Trained) -> tuple[float, dict[str, float]]:
    """Take a round's steps under the profiler -> seconds, and shares of them by PARTS."""
    with profile(activities=[ProfilerActivity.CPU]) as found:
        started = time.perf_counter()
        own.train()
        whole = time.perf_counter() - started
    taken = dict.fromkeys(PARTS, 0.0)
    events: EventList = found.key_averages()
    for event in events:
        taken[part_of(event.key)] += event.self_cpu_time_total / 1e6 / whole
    taken["python"] = max(0.0, 1 - sum(map(taken.__getitem__, PARTS[:-1])))
    return whole, taken


def part_of(name: str) -> str:
    """Return which part of a step an event of the profiler belongs to."""
    if name in PRODUCTS or FUSED in name:
        return "products"
    if name.removesuffix("Backward") in KERNELS:
        return "kernels"
    if name.startswith(OPTIMISER):
        return "optimiser"
    return "pointwise" if name.startswith("aten::") else "python"


def one_step(own: Trained) -> None:
    """Take a round's first step alone."""
    own.model.zero_grad(set_to_none=True)
    steps, own.steps = own.steps, 1
    try:
        own.train()
    finally:
        own.steps = steps
