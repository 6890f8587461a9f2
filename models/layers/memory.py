"""A recurrent controller with a memory of cells: what families share that differ in how their memory is moved.

A store is an nn.Module with
    cell: int                        how many numbers a cell holds
    lean: Tensor (commands,)         what the bias of the commands, which it is sent at each step, starts with besides
    idle: Tensor (commands,)         the command of a padded step, -inf or 0, which leaves the memory as it is
    start(batch) -> cells, place     the memory before the first step
    room(cells, place, steps)        -> cells and place with as many cells more as so many steps can reach
    show(cells, place)               -> (batch, cell), what the controller sees
    act(commands, cells, place)      commands (batch, commands) -> cells and place after one step
    trace(cells, place)              what a picture shows, each (batch,)
The last `cell` numbers of a command are the value to be written; those before choose what is done.
There cells is (batch, cells, cell), in numbers relative to an empty cell's, and place says where the memory is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Decoder, Encoder, Memory, Seq2Seq, Space, UnsuitableError
from models.layers.choices import Choice
from models.layers.embedding import embedding_of
from models.layers.ends import STOP

Store = Any  # an nn.Module as above
EMPTY = -1.0  # every number of an empty cell, at the edge of what a written one can hold


class MachineState(NamedTuple):
    """The controller's hidden (batch, hidden) and its memory: cells (batch, cells, cell), place as the store has it."""

    hidden: Tensor
    cells: Tensor
    place: Tensor


class Controller(nn.Module):
    """A GRU cell that reads its input and what the memory shows (Cho et al. 2014, arXiv 1406.1078).

    r, z = sigmoid(U [x; m] + W h), n = tanh(U [x; m] + r * (W h)), h = (1 - z) * n + z * h; its commands to the memory
    are linear in the new h and in x. With the same weights this is torch.nn.GRUCell on [x; m].
    """

    def __init__(self, width: int, cell: int, hidden: int, lean: Tensor) -> None:
        super().__init__()
        self.hidden, commands = hidden, len(lean)
        self.input = nn.Linear(width, 3 * hidden + commands)
        self.shown = nn.Linear(cell, 3 * hidden, bias=False)
        self.recurrent = nn.Linear(hidden, 3 * hidden)
        self.command = nn.Linear(hidden, commands, bias=False)
        for gate in self.recurrent.weight.data.chunk(3):
            nn.init.orthogonal_(gate)
        with torch.no_grad():
            self.input.bias[3 * hidden :] += lean
            self.input.weight[3 * hidden : -cell] = 0  # else symbols are told apart by what is done, not what is kept

    def drive(self, inputs: Tensor, idle: Tensor, active: Tensor | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield what each step adds to the gates (batch, 3 hidden) and to the commands (batch, commands).

        inputs (batch, time, width). Where active (batch, time) is False, z is 1 and the commands are idle: these steps
        change nothing, and cost no masks in the loop.
        """
        driven = self.input(inputs)
        if active is not None:
            gates = idle.new_zeros(3, self.hidden)
            gates[1] = torch.inf
            driven = torch.where(active[..., None], driven, torch.cat([gates.flatten(), idle]))
        return zip(*(part.unbind(1) for part in driven.split([3 * self.hidden, len(idle)], -1)), strict=True)

    def forward(self, gates: Tensor, commands: Tensor, shown: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Take one step from what drives it, shown (batch, cell), hidden (batch, hidden) -> hidden and commands."""
        ahead = torch.addmm(gates, shown, self.shown.weight.T)
        back = self.recurrent(hidden)
        opened = torch.sigmoid(ahead[:, : 2 * self.hidden] + back[:, : 2 * self.hidden])
        reset, keep = opened.chunk(2, 1)
        content = torch.tanh(torch.addcmul(ahead[:, 2 * self.hidden :], reset, back[:, 2 * self.hidden :]))
        hidden = torch.lerp(content, hidden, keep)
        return hidden, torch.addmm(commands, hidden, self.command.weight.T)


class Machine(nn.Module):
    """A controller and its store, stepped together; encoder and decoder share one, told apart by a learned phase."""

    def __init__(self, store: Store, hidden: int) -> None:
        super().__init__()
        self.store = store
        self.controller = Controller(hidden, store.cell, hidden, store.lean)
        self.phases = nn.Parameter(torch.randn(2, hidden))

    def start(self, batch: int) -> MachineState:
        """Return the state before anything was read."""
        hidden = self.phases.new_zeros(batch, self.controller.hidden)
        return MachineState(hidden, *self.store.start(batch))

    def forward(
        self, inputs: Tensor, phase: int, state: MachineState, active: Tensor | None = None
    ) -> tuple[Tensor, MachineState]:
        """Step through inputs (batch, time, hidden) while reading (phase 0) or writing (1), idle where not active.

        -> the controller's hidden beside what the memory shows after each step (batch, time, hidden + cell); the state
        """
        hidden, width = state.hidden, self.controller.hidden + self.store.cell
        outputs = inputs.new_empty(
            *inputs.shape[:2], width
        )  # at once: small tensors kept between large ones waste memory
        cells, place = self.store.room(state.cells, state.place, inputs.shape[1])
        shown = self.store.show(cells, place)
        driven = self.controller.drive(inputs + self.phases[phase], self.store.idle, active)
        for step, (gates, commands) in enumerate(driven):
            hidden, commands = self.controller(gates, commands, shown, hidden)
            cells, place = self.store.act(commands, cells, place)
            shown = self.store.show(cells, place)
            outputs[:, step] = torch.cat([hidden, shown], 1)
        return outputs, MachineState(hidden, cells, place)


class MachineEncoder(Encoder):
    """Reads the source and a stop symbol behind each row's last symbol; the memory's final is the machine's state.

    Embeddings start with a norm of sqrt(width), unlike those of recurrent families: of smaller ones, the values that
    the memory is first given are too much alike to be told apart, and reversing is not learnt.
    """

    pairwise = False

    def __init__(self, space: Space, machine: Machine, width: int) -> None:
        super().__init__()
        self.reader = embedding_of(space, width)
        self.machine = machine

    def forward(self, source: Tensor, source_length: Tensor) -> Memory:
        """Read source (batch, source_time), source_length (batch,) -> Memory."""
        ended = F.pad(source, (0, 1)).scatter(1, source_length[:, None], STOP)
        active = torch.arange(ended.shape[1], device=source.device) <= source_length[:, None]
        start = self.machine.start(len(source))
        return Memory(source_length, final=self.machine(self.reader(ended), 0, start, active)[1])


class MachineDecoder(Decoder):
    """Goes on from the encoder's state with the same memory; writes from the hidden state and what the memory shows."""

    pairwise = False
    traced = True

    def __init__(self, space: Space, machine: Machine, width: int) -> None:
        super().__init__()
        self.reader = embedding_of(space, width)
        self.machine = machine
        self.readout = nn.Linear(width + machine.store.cell, space.size)

    def begin(self, memory: Memory) -> MachineState:
        """Return the state that the encoder left."""
        return MachineState(*memory.final)

    def forward(self, inputs: Tensor, state: MachineState) -> tuple[Tensor, MachineState]:
        """Read inputs (batch, time) -> outputs (batch, time, size) and the state after them."""
        outputs, state = self.machine(self.reader(inputs), 1, state)
        return self.readout(outputs), state

    def trace(self, state: MachineState) -> dict[str, Tensor]:
        """Return what a picture shows of a state, each (batch,)."""
        return self.machine.store.trace(state.cells, state.place)


def build(
    name: str,
    store: Callable[[int, Choice], Store],
    source: Space | None,
    target: Space,
    *,
    hidden: int,
    cell: int,
    choice: Choice,
) -> Seq2Seq:
    """Compose encoder and decoder around one machine with a store of store(cell, choice); cell 0 is half of hidden."""
    if source is None or not source.discrete or not target.discrete:
        raise UnsuitableError(
            f"{name} reads a string of symbols to its end and writes symbols; this task has other data"
        )
    if hidden < 2 or cell < 0:
        raise ValueError(f"hidden must be 2 or more, cell 0 (half of hidden) or more; got {hidden} and {cell}")
    machine = Machine(store(cell or hidden // 2, choice), hidden)
    return Seq2Seq(MachineEncoder(source, machine, hidden), MachineDecoder(target, machine, hidden))
