"""A recurrent controller with a memory of slots: what families share that differ in how their memory is moved."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import EOS, Decoder, Encoder, Memory, Seq2Seq, Space, embedding_of
from models.registry import Family

Held = tuple[Tensor, Tensor]  # slots and place
EMPTY = -1.0  # every number of an empty slot, at the edge of what a written one can hold


class Store(nn.Module):
    """A memory that is commanded at every step.

    size: how many numbers a slot holds; the last so many of a command are the value to be written, those before choose
        what is done
    lean (commands,): what the bias of the commands starts with besides
    idle (commands,): the command of a padded step, -inf or 0, which leaves the memory as it is
    Slots are (batch, slots, size), in numbers relative to an empty slot's; place says where the memory is read.
    """

    size: int
    lean: Tensor
    idle: Tensor
    start: Callable[[int], Held]  # the memory of so many rows before the first step
    room: Callable[[Tensor, Tensor, int], Held]  # with as many slots more as so many steps can reach
    show: Callable[[Tensor, Tensor], Tensor]  # what the controller sees, (batch, size)
    act: Callable[[Tensor, Tensor, Tensor], Held]  # after one step of commands (batch, commands)
    trace: Callable[[Tensor, Tensor], dict[str, Tensor]]  # what a picture shows, each (batch,)


class Choice(nn.Module):
    """A choice between a few actions, made soft: softmax(scores / temperature); the last dimension holds the actions.

    noise: the standard deviation of what is added to each score in training only, so that a choice that must hold
    against it is made sharply. hard: in evaluation the best action is taken whole; training is soft all the same.
    """

    def __init__(self, temperature: float, noise: float, hard: bool) -> None:
        super().__init__()
        if not 0 < temperature < math.inf:
            raise ValueError(f"temperature must be above 0; got {temperature}")
        if not 0 <= noise < math.inf:
            raise ValueError(f"noise must be 0 or more; got {noise}")
        self.temperature = temperature
        self.noise = noise
        self.hard = hard

    def forward(self, scores: Tensor) -> Tensor:
        """Return the share of each action: scores (.., actions) -> (.., actions), none below 0, 1 in all."""
        if self.hard and not self.training:
            return F.one_hot(scores.argmax(-1), scores.shape[-1]).to(scores.dtype)
        if self.noise and self.training:
            scores = scores + self.noise * torch.randn_like(scores)
        return (scores / self.temperature).softmax(-1)


class MachineState(NamedTuple):
    """The controller's hidden (batch, hidden) and its memory: slots (batch, slots, size), place as the store has it."""

    hidden: Tensor
    slots: Tensor
    place: Tensor


class Controller(nn.Module):
    """A GRU cell that reads its input and what the memory shows (Cho et al. 2014, arXiv 1406.1078).

    r, z = sigmoid(U [x; m] + W h), n = tanh(U [x; m] + r * (W h)), h = (1 - z) * n + z * h; its commands to the memory
    are linear in the new h and in x. With the same weights this is torch.nn.GRUCell on [x; m].
    """

    def __init__(self, width: int, size: int, hidden: int, lean: Tensor) -> None:
        super().__init__()
        self.hidden, commands = hidden, len(lean)
        self.input = nn.Linear(width, 3 * hidden + commands)
        self.shown = nn.Linear(size, 3 * hidden, bias=False)
        self.recurrent = nn.Linear(hidden, 3 * hidden)
        self.command = nn.Linear(hidden, commands, bias=False)
        for gate in self.recurrent.weight.data.chunk(3):
            nn.init.orthogonal_(gate)
        with torch.no_grad():
            self.input.bias[3 * hidden :] += lean
            self.input.weight[3 * hidden : -size] = 0  # else tokens are told apart by what is done, not what is kept

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
        """Take one step from what drives it, shown (batch, size), hidden (batch, hidden) -> hidden and commands."""
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
        self.controller = Controller(hidden, store.size, hidden, store.lean)
        self.phases = nn.Parameter(torch.randn(2, hidden))

    def start(self, batch: int) -> MachineState:
        """Return the state before anything was read."""
        hidden = self.phases.new_zeros(batch, self.controller.hidden)
        return MachineState(hidden, *self.store.start(batch))

    def forward(
        self, inputs: Tensor, phase: int, state: MachineState, active: Tensor | None = None
    ) -> tuple[Tensor, MachineState]:
        """Step through inputs (batch, time, hidden) while reading (phase 0) or writing (1), idle where not active.

        -> the controller's hidden beside what the memory shows after each step (batch, time, hidden + size); the state
        """
        hidden, width = state.hidden, self.controller.hidden + self.store.size
        # At once: small tensors kept between large ones waste memory.
        outputs = inputs.new_empty(*inputs.shape[:2], width)
        slots, place = self.store.room(state.slots, state.place, inputs.shape[1])
        shown = self.store.show(slots, place)
        driven = self.controller.drive(inputs + self.phases[phase], self.store.idle, active)
        for step, (gates, commands) in enumerate(driven):
            hidden, commands = self.controller(gates, commands, shown, hidden)
            slots, place = self.store.act(commands, slots, place)
            shown = self.store.show(slots, place)
            outputs[:, step] = torch.cat([hidden, shown], 1)
        return outputs, MachineState(hidden, slots, place)


class MachineEncoder(Encoder):
    """Reads the source and an end of sequence behind each row's last token; the memory's final is the machine's state.

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
        ended = F.pad(source, (0, 1)).scatter(1, source_length[:, None], EOS)
        active = torch.arange(ended.shape[1], device=source.device) <= source_length[:, None]
        start = self.machine.start(len(source))
        return Memory(source_length, final=self.machine(self.reader(ended), 0, start, active)[1])


class MachineDecoder(Decoder):
    """Goes on from the encoder's state with the same memory; writes from the hidden state and what the memory shows."""

    pairwise = False

    def __init__(self, space: Space, machine: Machine, width: int) -> None:
        super().__init__()
        self.reader = embedding_of(space, width)
        self.machine = machine
        self.readout = nn.Linear(width + machine.store.size, space.size)

    def begin(self, memory: Memory) -> MachineState:
        """Return the state that the encoder left."""
        return MachineState(*memory.final)

    def forward(self, inputs: Tensor, state: MachineState) -> tuple[Tensor, MachineState]:
        """Read inputs (batch, time) -> outputs (batch, time, size) and the state after them."""
        outputs, state = self.machine(self.reader(inputs), 1, state)
        return self.readout(outputs), state

    def trace(self, state: MachineState) -> dict[str, Tensor]:
        """Return what a picture shows of a state, each (batch,)."""
        return self.machine.store.trace(state.slots, state.place)


@dataclass(frozen=True, kw_only=True)
class MachineFamily(Family):
    """A GRU controller with a memory that reads the source and an end marker, then writes with the same memory.

    cell: how many numbers a slot of the memory holds, 0 for half of hidden
    temperature, noise, hard: of the choices of what is done, see `Choice`
    """

    hidden: int = 32
    cell: int = 0
    temperature: float = 1.0
    noise: float = 0.0
    hard: bool = False

    def __post_init__(self) -> None:
        if self.hidden < 2 or self.cell < 0:
            raise ValueError(
                f"hidden must be 2 or more, cell 0 (half of hidden) or more; got {self.hidden} and {self.cell}"
            )

    @abstractmethod
    def store(self, size: int, choice: Choice) -> Store:
        """Return the memory, its slots holding so many numbers."""

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose encoder and decoder around one machine."""
        source = self.require_strings(source, target)
        choice = Choice(self.temperature, self.noise, self.hard)
        machine = Machine(self.store(self.cell or self.hidden // 2, choice), self.hidden)
        return Seq2Seq(MachineEncoder(source, machine, self.hidden), MachineDecoder(target, machine, self.hidden))
