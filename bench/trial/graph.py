"""CUDA graphs: what is done again and again on a GPU is recorded once and replayed, one launch in place of thousands.

What is recorded reads and writes the same memory at every replay, so whatever changes from time to time is copied into
place before: tensors that are passed in `given`, a learning rate that lies in a tensor. Random numbers go on from
replay to replay as they would have without. Shapes are fixed, so each set of shapes is recorded by itself.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, Protocol, TypeVar

import torch
from torch import Tensor

SWITCH = "LENGTHWISE_GRAPHS"  # 0 switches graphs off
MOST = 64  # recordings, each of which keeps memory; what comes later is done without
Made = TypeVar("Made")


class Recorder(Protocol):
    """Records what is done on a device."""

    def apart(self, work: Callable[[], Made]) -> Made:
        """Do some work where it does not disturb what is recorded."""

    def rehearsed(self, work: Callable[[], Made]) -> Made:
        """Do some work; RuntimeError where it waits for the device, which no graph can."""

    def record(self, work: Callable[[], Made]) -> tuple[Callable[[], None], Made]:
        """Record some work without doing it -> what does it, and what is then made anew by each time."""


class Replays(Generic[Made]):
    """Does work of a few kinds again and again: by itself at first, then by replay.

    The first time of a kind makes what is made once (an optimiser's averages, a library's workspace); the second is the
    rehearsal; the third is recorded. What a recording makes is good until the next one is replayed. Work that cannot be
    recorded is done without, which one line says.
    """

    def __init__(self, recorder: Recorder | None, what: str) -> None:
        self.recorder, self.what = recorder, what
        self.times = Counter[Hashable]()
        self.recorded = dict[Hashable, tuple[Callable[[], None], list[Tensor], Made]]()

    def __call__(self, kind: Hashable, work: Callable[[list[Tensor]], Made], given: Sequence[Tensor] = ()) -> Made:
        """Do the work of a kind with the given tensors, which are of the same shapes every time -> what it makes."""
        if self.recorder is None:
            return work(list(given))
        self.times[kind] += 1
        if kind not in self.recorded:
            if self.times[kind] == 1 or len(self.recorded) == MOST:
                return self.recorder.apart(lambda: work(list(given)))
            places = [each.detach().clone(memory_format=torch.contiguous_format) for each in given]
            try:
                if self.times[kind] == 2:
                    return self.recorder.rehearsed(lambda: work(places))
                replay, made = self.recorder.record(lambda: work(places))
            except RuntimeError as error:
                self.without(error)
                return work(list(given))
            self.recorded[kind] = replay, places, made
        replay, places, made = self.recorded[kind]
        copy_into(places, given)
        replay()
        return made

    def without(self, error: RuntimeError) -> None:
        """Go on without recordings, and say why."""
        self.recorder = None
        reason = str(error).strip().split("\n")[0]
        print(f"note: {self.what} without CUDA graphs: {reason}", file=sys.stderr)


def copy_into(places: Sequence[Tensor], given: Sequence[Tensor]) -> None:
    """Copy tensors into their places, those of a type at once."""
    for kind in dict.fromkeys(each.dtype for each in places):
        chosen = [(place, each) for place, each in zip(places, given, strict=True) if place.dtype == kind]
        torch._foreach_copy_([place for place, _ in chosen], [each.detach() for _, each in chosen])


class CudaRecorder:
    """Records on an NVIDIA GPU, on the stream that is current, or on one of its own beside the usual one.

    What a library keeps for a stream, such as the workspace of matrix products, is in the recording: two that are
    replayed at once, each on a stream of its own, must have been recorded there.

    generators: those that the work draws from besides torch's own
    """

    def __init__(self, device: str, generators: Sequence[torch.Generator] = ()) -> None:
        torch.cuda.init()  # before which there are no generators
        self.device, self.generators = device, list(generators)
        self.own = torch.cuda.default_generators[torch.device(device).index or 0]
        current = torch.cuda.current_stream(device)
        usual = current == torch.cuda.default_stream(device)  # on which nothing can be recorded
        self.stream = torch.cuda.Stream(device) if usual else current
        self.pool = torch.cuda.graph_pool_handle()

    def apart(self, work: Callable[[], Made]) -> Made:
        """See `Recorder`: gradients accumulate on the stream where they did so first, so all work is on this one."""
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            made = work()
        torch.cuda.current_stream(self.device).wait_stream(self.stream)
        return made

    def rehearsed(self, work: Callable[[], Made]) -> Made:
        """See `Recorder`."""
        before = [each.clone_state() for each in (self.own, *self.generators)]
        mode = torch.cuda.get_sync_debug_mode()
        with warnings.catch_warnings(action="ignore"):  # that not every wait is noticed
            torch.cuda.set_sync_debug_mode("error")
        try:
            return self.apart(work)
        except RuntimeError:
            self.restore(before)
            raise
        finally:
            torch.cuda.set_sync_debug_mode(mode)

    def record(self, work: Callable[[], Made]) -> tuple[Callable[[], None], Made]:
        """See `Recorder`; what a failure leaves half recorded, generators and the stream, is put right."""
        before = [each.clone_state() for each in (self.own, *self.generators)]
        current, graph = torch.cuda.current_stream(self.device), torch.cuda.CUDAGraph()
        with warnings.catch_warnings(action="ignore"):  # later versions of torch register generators by themselves
            for generator in self.generators:
                graph.register_generator_state(generator)
        try:
            with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
                made = work()
        except RuntimeError:
            torch.cuda.set_stream(current)
            self.restore(before)
            raise
        return graph.replay, made

    def restore(self, before: Sequence[torch.Generator]) -> None:
        """Let the generators go on from states that they had."""
        for generator, state in zip((self.own, *self.generators), before, strict=True):
            generator.graphsafe_set_state(state)


def recorder_of(device: str | torch.device, generators: Sequence[torch.Generator] = ()) -> Recorder | None:
    """Return what records on a device; None where nothing does."""
    if torch.device(device).type != "cuda" or os.environ.get(SWITCH) == "0":
        return None
    return CudaRecorder(str(device), generators)
