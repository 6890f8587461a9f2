"""Measures cases: all in turn, in one run."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from bench.probes.performance.measurement import Case, Measurement, Product, Row
from bench.probes.performance.own import Trained
from bench.probes.performance.peers import Peer, peer_of
from bench.probes.performance.rates import Work, in_turn, one_thread, product
from bench.probes.performance.work import needed_operations, one_step, peak, shares
from bench.records.provenance import instruction_set
from bench.trial.denormals import flushed
from models import UnsuitableError
from models.layers import kernels

STEPS, EXAMPLES = 3, 256
LARGE = (1024, 1024, 1024)
OF_STEPS = ((56, 64, 256), (56, 128, 128), (56, 128, 512), (112, 256, 1024))  # rows, state, gates
LONG_ENOUGH = 2e8  # operations of a product timed at once

Watch = Callable[[str], None]  # is told what is done next


@dataclass(frozen=True)
class Contenders:
    """A case, and all that is timed for it; a peer where it has one."""

    case: Case
    own: Trained
    torch: Trained
    peer: Peer | None

    def works(self, name: str) -> dict[str, Work]:
        """Return what is timed, by names that begin with this one."""
        found: dict[str, Work] = {
            f"{name} step": self.own.train,
            f"{name} torch": self.torch.train,
            f"{name} evaluation": partial(self.own.evaluate, EXAMPLES),
        }
        return found if self.peer is None else found | {f"{name} peer": self.peer.train}


def contenders(case: Case) -> Contenders | None:
    """Return what is timed for a case, None where the family cannot take the task, or is not trained."""
    try:
        own, other = (Trained(case.spec, STEPS, compiled) for compiled in (True, False))
    except UnsuitableError:
        return None
    return Contenders(case, own, other, peer_of(case.peer, own) if case.peer else None) if own.model.trainable else None


def measure(cases: Sequence[Case], rounds: int, watch: Watch = lambda said: None) -> Measurement:
    """Measure every case that can be trained, as where jobs are run but on one thread; watch: is told of each."""
    with one_thread(), flushed():
        return measured(cases, rounds, watch)


def measured(cases: Sequence[Case], rounds: int, watch: Watch) -> Measurement:
    """Measure every case that can be trained."""
    found = [each for each in map(contenders, cases) if each is not None]
    works: dict[str, Work] = {}
    for shape in (LARGE, *OF_STEPS):
        times = often(shape)
        works |= {f"{shape} {body}": product(*shape, times, body == "own") for body in ("own", "torch")}
    for number, each in enumerate(found):
        works |= {name: told(work, name, each, watch) for name, work in each.works(str(number)).items()}
    least = in_turn(works, rounds)
    rates = [product_of(shape, least) for shape in (LARGE, *OF_STEPS)]
    rows = [row_of(each, str(number), least, watch) for number, each in enumerate(found)]
    return Measurement(
        processor=processor(),
        instruction_set=instruction_set(),
        torch=str(torch.__version__),
        kernels=kernels.library() is not None,
        rounds=rounds,
        steps=STEPS,
        examples=EXAMPLES,
        products=rates,
        rows=rows,
    )


def told(work: Work, name: str, each: Contenders, watch: Watch) -> Work:
    """Return work that is announced before it is done."""
    what = f"{each.case.spec.row} {each.case.spec.column}: {name.partition(' ')[2]}"

    def announced() -> object:
        watch(what)
        return work()

    return announced


def often(shape: tuple[int, int, int]) -> int:
    """Return how often a product is done, so that it can be timed."""
    return max(1, round(LONG_ENOUGH / (2.0 * math.prod(shape))))


def product_of(shape: tuple[int, int, int], least: Mapping[str, float]) -> Product:
    """Return what a product took by the kernels in C and by torch."""
    operations = often(shape) * 2.0 * math.prod(shape)
    return Product(*shape, operations / least[f"{shape} own"], operations / least[f"{shape} torch"])


def row_of(each: Contenders, name: str, least: dict[str, float], watch: Watch) -> Row:
    """Return a case's row: its times, and what is measured without a clock."""
    case, own, peer = each.case, each.own, each.peer
    watch(f"{case.spec.row} {case.spec.column}: operations and memory")
    return Row(
        table=case.table,
        task=case.spec.row,
        model=case.spec.column,
        hidden=own.hidden,
        batch=case.spec.batch,
        tokens=own.tokens(),
        seconds=least[f"{name} step"] / STEPS,
        torch_seconds=least[f"{name} torch"] / STEPS,
        operations=needed_operations(each.torch),
        step_bytes=peak(partial(one_step, own)),
        evaluation_seconds=least[f"{name} evaluation"],
        evaluation_bytes=peak(partial(own.evaluate, EXAMPLES)),
        peer=case.peer,
        peer_tokens=0.0 if peer is None else peer.tokens(),
        peer_seconds=0.0 if peer is None else least[f"{name} peer"] / STEPS,
        shares=shares(own),
    )


def processor() -> str:
    """Return the processor's name as the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
