"""What surrounds a stack or a tape: choices, controller, traces, endless room."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from torch import Tensor, nn

from bench.checks.contracts import small_batch
from models import build
from models.base import Model, UnsuitableError
from models.layers.memory import Choice, Controller, Machine
from models.stack_rnn import Stack
from models.tape_rnn import Tape
from tasks import Symbols
from tasks.base import EOS

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


CELL, SURE = 3, 1000.0  # a score so high that softmax takes that action whole


FAMILIES = ("stack_rnn", "tape_rnn")


LEFT, STAY, RIGHT = range(3)


SOFT = Choice(1.0, 0.0, False)


every_family = pytest.mark.parametrize("name", FAMILIES)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def built(name: str, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, SYMBOLS.source, SYMBOLS.target, **({"hidden": 8} | settings))


@pytest.mark.parametrize("store", [Stack(CELL, SOFT), Tape(CELL, SOFT, sharpen=False), Tape(CELL, SOFT, sharpen=True)])
def test_gradients_are_those_of_finite_differences(store: Any) -> None:
    slots, place = (part.double() for part in store.room(*store.start(2), 4))
    commands = [torch.randn(2, len(store.lean), dtype=torch.double, requires_grad=True) for _ in range(4)]

    def shown(*sent: Tensor) -> Tensor:
        state, found = (slots, place), []
        for each in sent:
            state = store.act(each, *state)
            found.append(store.show(*state))
        return torch.stack(found)

    assert torch.autograd.gradcheck(shown, commands)


def test_the_controller_is_torchs_gru_cell_on_input_and_memory() -> None:
    width, hidden, commands = 5, 6, 7
    ours, theirs = Controller(width, CELL, hidden, torch.zeros(commands)), nn.GRUCell(width + CELL, hidden)
    rows = 3 * hidden
    theirs.load_state_dict(
        {
            "weight_ih": torch.cat([ours.input.weight[:rows], ours.shown.weight], 1),
            "bias_ih": ours.input.bias[:rows],
            "weight_hh": ours.recurrent.weight,
            "bias_hh": ours.recurrent.bias,
        }
    )
    nn.init.normal_(ours.input.weight[rows:])
    inputs, shown, state = torch.randn(4, 2, width), torch.randn(4, CELL), torch.randn(4, hidden)
    for time, driven in enumerate(ours.drive(inputs, torch.zeros(commands), None)):
        after, sent = ours(*driven, shown, state)
        expected = theirs(torch.cat([inputs[:, time], shown], 1), state)
        assert_close(after, expected)
        read = inputs[:, time] @ ours.input.weight[rows:].T + ours.input.bias[rows:]
        assert_close(sent, read + expected @ ours.command.weight.T)


@every_family
def test_at_first_every_symbol_leads_to_the_same_actions_in_the_first_step(name: str) -> None:
    machine: Machine = built(name).encoder.machine
    controller, hidden, cell = machine.controller, machine.controller.hidden, machine.store.size
    (_, commands), *_ = controller.drive(torch.randn(6, 1, hidden), machine.store.idle, None)
    assert_close(commands[:, :-cell], commands[:1, :-cell].expand(6, -1))
    assert (commands[:, -cell:].std(0) > 0.1).all()
    moves = commands[0, 2:5].softmax(0)
    assert name == "stack_rnn" or moves[RIGHT] > 0.9


@pytest.mark.parametrize("settings", [{}, {"hard": True}])
@every_family
def test_padded_steps_change_neither_controller_nor_memory(name: str, settings: dict[str, Any]) -> None:
    machine: Machine = built(name, **settings).eval().encoder.machine
    nn.init.normal_(machine.controller.input.weight)  # any command might come at any step
    nn.init.normal_(machine.controller.command.weight)
    inputs, active = torch.randn(3, 40, 8), torch.arange(40) < torch.tensor([[6], [1], [0]])
    with torch.no_grad():
        _, (hidden, slots, place) = machine(inputs, 0, machine.start(3), active)
        for row, length in enumerate((6, 1, 0)):
            alone = machine.start(1)
            if length:
                _, alone = machine(inputs[row : row + 1, :length], 0, alone)
            torch.testing.assert_close(hidden[row], alone.hidden[0], rtol=0, atol=1e-6)
            reached = alone.slots.shape[1]
            torch.testing.assert_close(slots[row, :reached], alone.slots[0], rtol=0, atol=1e-6)
            assert not slots[row, reached:].any()
            assert_close(place[row, ..., : alone.place.shape[-1]] if place.ndim > 1 else place[row], alone.place[0])


@every_family
def test_a_row_is_read_up_to_a_stop_symbol_behind_its_last_symbol(name: str) -> None:
    model, read = built(name), list[Tensor]()
    model.encoder.reader.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    source = torch.tensor([[3, 4, 5], [5, 4, 3]])
    model.encoder(source, torch.tensor([3, 1]))
    assert read[0].tolist()[0] == [3, 4, 5, EOS]
    assert read[0].tolist()[1][:2] == [5, EOS]


def shares(choice: Choice, scores: list[float]) -> list[float]:
    return choice(torch.tensor([scores]))[0].tolist()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_a_choice_is_the_softmax_at_its_temperature(temperature: float) -> None:
    scores = [0.3, -1.0, 2.0]
    raised = [math.exp(score / temperature) for score in scores]
    found = shares(Choice(temperature, 0.0, False), scores)
    assert found == pytest.approx([each / sum(raised) for each in raised], rel=1e-5)


def test_a_hard_choice_takes_the_best_action_whole_in_evaluation_only() -> None:
    soft, hard = Choice(1.0, 0.0, False), Choice(1.0, 0.0, True)
    for scores in ([0.3, -1.0, 0.4], [5.0, -math.inf, 0.0]):
        assert shares(hard, scores) == shares(soft, scores)
        best = scores.index(max(scores))
        assert shares(hard.eval(), scores) == [float(place == best) for place in range(3)]
        hard.train()


def test_noise_is_added_in_training_only_and_has_its_size() -> None:
    scores, noisy = torch.zeros(20_000, 2), Choice(1.0, 0.5, False)
    first, second = noisy(scores), noisy(scores)
    assert not torch.equal(first, second)
    apart = first.log().diff(dim=1)  # the difference of two noises
    assert apart.std().item() == pytest.approx(0.5 * math.sqrt(2), rel=0.05)
    assert torch.equal(noisy.eval()(scores), torch.full_like(scores, 0.5))


@every_family
def test_the_settings_of_the_choice_reach_the_model(name: str) -> None:
    batch = small_batch(SYMBOLS)
    inputs = inputs_of(SYMBOLS, batch)

    def outputs(train: bool, **settings: Any) -> Tensor:
        model = built(name, **settings).train(train)
        for weight in (model.encoder.machine.controller.input.weight, model.encoder.machine.controller.command.weight):
            nn.init.normal_(weight, generator=torch.Generator().manual_seed(1))
        return model(batch.source, batch.source_length, inputs).detach()

    for train in (False, True):
        usual = outputs(train)
        assert torch.equal(usual, outputs(train, noise=0.5)) != train
        assert torch.equal(usual, outputs(train, hard=True)) == train
        assert not torch.equal(usual, outputs(train, temperature=2.0))


@every_family
def test_the_memory_has_room_for_all_that_any_number_of_steps_can_reach(name: str) -> None:
    model = built(name)
    batch = small_batch(SYMBOLS)
    assert batch.source is not None
    state = model.begin(batch.source, batch.source_length)
    read = batch.source.shape[1] + 1
    first = model.encoder.machine.start(1).slots.shape[1]
    assert state.slots.shape[1] == first + read
    for steps in (1, 7):
        read += steps
        _, state = model.decoder(torch.full((len(batch.source), steps), 3), state)
        assert state.slots.shape[1] == first + read


@every_family
def test_traces_are_one_number_a_row_within_reach(name: str) -> None:
    model = built(name).eval()
    batch = small_batch(SYMBOLS)
    inputs = inputs_of(SYMBOLS, batch)
    state = model.begin(batch.source, batch.source_length)
    names = {"stack_rnn": {"depth"}, "tape_rnn": {"read head", "write head"}}[name]
    for one in inputs.unbind(1):
        _, state = model.decoder(one[:, None], state)
        trace = model.decoder.trace(state)
        assert set(trace) == names
        for values in trace.values():
            assert values.shape == (len(inputs),)
            assert ((values >= 0) & (values < state.slots.shape[1])).all()


@every_family
def test_the_size_follows_hidden_and_the_cell_follows_it_unless_it_is_set(name: str) -> None:
    space, sizes = Symbols(8), []
    for hidden in (32, 76, 110):
        model = build(name, space, space, hidden=hidden)
        assert model.encoder.machine.store.size == hidden // 2
        sizes.append(sum(each.numel() for each in model.parameters()))
    assert sizes == [pytest.approx(goal, rel=0.12) for goal in (10_000, 50_000, 100_000)]
    assert build(name, space, space, cell=5).encoder.machine.store.size == 5


@every_family
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"temperature": 0.0}, "temperature must be above 0; got 0.0"),
        ({"temperature": math.inf}, "temperature must be above 0; got inf"),
        ({"noise": -1.0}, "noise must be 0 or more; got -1.0"),
        ({"hidden": 1}, "got 1 and 0"),
        ({"cell": -1}, "got 8 and -1"),
    ],
)
def test_a_bad_setting_is_named(name: str, setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        built(name, **setting)


@every_family
@pytest.mark.parametrize("task", [VALUES, TEXT], ids=["values", "text"])
def test_other_data_are_unsuitable(name: str, task: Any) -> None:
    with pytest.raises(UnsuitableError, match=name):
        build(name, task.source, task.target)
