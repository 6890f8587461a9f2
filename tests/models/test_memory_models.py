"""The stack and the tape against Python's lists, and what surrounds them: choices, controller, traces, endless room."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from torch import Tensor, nn

from bench.checks.contracts import small_batch
from models import build
from models.base import Model, UnsuitableError
from models.layers.choices import Choice
from models.layers.ends import STOP
from models.layers.memory import Controller, Machine
from models.stack_rnn import Stack
from models.tape_rnn import Tape
from tasks import Symbols

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))
CELL, SURE = 3, 1000.0  # a score so high that softmax takes that action whole
FAMILIES = ("stack_rnn", "tape_rnn")
PUSH, POP, KEEP = range(3)
LEFT, STAY, RIGHT = range(3)
SOFT = Choice(1.0, 0.0, False)
every_family = pytest.mark.parametrize("name", FAMILIES)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def built(name: str, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, SYMBOLS.source, SYMBOLS.target, **({"hidden": 8} | settings))


def surely(action: int, actions: int) -> Tensor:
    return SURE * nn.functional.one_hot(torch.tensor(action), actions)


def written(value: list[float]) -> Tensor:
    """The command that writes this value: tanh is taken of it, and it is stored relative to an empty cell."""
    return (torch.tensor(value) - 1).atanh()


def drawn_value(source: random.Random) -> list[float]:
    return [source.uniform(0.05, 1.95) for _ in range(CELL)]


@pytest.mark.parametrize("hard", [False, True])
def test_a_driven_stack_is_a_list(hard: bool) -> None:
    rows, source, stack = 5, random.Random(1), Stack(CELL, Choice(1.0, 0.0, hard)).eval()
    lists: list[list[list[float]]] = [[] for _ in range(rows)]
    cells, depth = stack.start(rows)
    popped_empty = 0
    for _ in range(60):
        commands = []
        for items in lists:
            action, value = source.choice([PUSH, PUSH, POP, POP, KEEP]), drawn_value(source)
            commands.append(torch.cat([surely(action, 3), written(value)]))
            popped_empty += action == POP and not items
            if action == PUSH:
                items.insert(0, value)
            elif action == POP and items:
                items.pop(0)
        cells, depth = stack.act(torch.stack(commands), *stack.room(cells, depth, 1))
        assert stack.trace(cells, depth)["depth"].tolist() == [len(items) for items in lists]
        for row, items in enumerate(lists):
            assert_close(cells[row, : len(items)], torch.tensor(items).view(-1, CELL))
            assert not cells[row, len(items) :].any()
            assert_close(stack.show(cells, depth)[row], torch.tensor(items[0] if items else [0.0] * CELL))
    assert popped_empty > 10


def test_a_soft_stack_is_the_weighted_sum_of_three_stacks() -> None:
    stack = Stack(CELL, SOFT)
    cells, depth = torch.rand(2, 4, CELL), torch.tensor([0.1, 2.0])
    commands = torch.randn(2, 3 + CELL)
    after, deep = stack.act(commands, *stack.room(cells, depth, 1))
    assert after.shape == (2, 5, CELL)
    for row in range(2):
        scores = [math.exp(score) for score in commands[row, :3].tolist()]
        push, pop, keep = (score / sum(scores) for score in scores)
        old = [*cells[row], torch.zeros(CELL), torch.zeros(CELL)]
        pushed = [torch.tanh(commands[row, 3:]) + 1, *old]
        for place in range(5):
            assert_close(after[row, place], push * pushed[place] + pop * old[place + 1] + keep * old[place])
        assert deep[row].item() == pytest.approx(max(0.0, depth[row].item() + push - pop))


def tape_command(write: bool, moves: tuple[int, int], value: list[float], sharpness: tuple[float, ...]) -> Tensor:
    gate = surely(0 if write else 1, 2)
    return torch.cat([gate, surely(moves[0], 3), surely(moves[1], 3), torch.tensor(sharpness), written(value)])


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("sharpen", [False, True])
def test_a_driven_tape_is_a_turing_machines(sharpen: bool, hard: bool) -> None:
    rows, source, tape = 4, random.Random(2), Tape(CELL, Choice(1.0, 0.0, hard), sharpen=sharpen).eval()
    tapes: list[dict[int, list[float]]] = [{} for _ in range(rows)]
    places = [[1, 1] for _ in range(rows)]
    cells, heads = tape.start(rows)
    at_edge = 0
    for time in range(60):
        commands = []
        for row in range(rows):
            write, value = source.random() < 0.7, drawn_value(source)
            moves = source.choices([LEFT, STAY, RIGHT], [3, 2, 3 + time % 2], k=2)
            sharpness = (source.uniform(-2, 2), source.uniform(-2, 2)) if sharpen else ()
            commands.append(tape_command(write, (moves[0], moves[1]), value, sharpness))
            if write:
                tapes[row][places[row][0]] = value
            at_edge += sum(place == 0 and move == LEFT for place, move in zip(places[row], moves, strict=True))
            places[row] = [max(0, place + move - 1) for place, move in zip(places[row], moves, strict=True)]
        cells, heads = tape.act(torch.stack(commands), *tape.room(cells, heads, 1))
        traced = tape.trace(cells, heads)
        assert traced["write head"].tolist() == [place[0] for place in places]
        assert traced["read head"].tolist() == [place[1] for place in places]
        for row in range(rows):
            full = [tapes[row].get(place, [0.0] * CELL) for place in range(cells.shape[1])]
            assert_close(cells[row], torch.tensor(full))
            assert_close(tape.show(cells, heads)[row], torch.tensor(full[places[row][1]]))
    assert at_edge > 10


@pytest.mark.parametrize("sharpen", [False, True])
def test_a_soft_tape_is_its_formula_cell_by_cell(sharpen: bool) -> None:
    tape, count = Tape(CELL, SOFT, sharpen=sharpen), 5
    cells, heads = torch.rand(1, count, CELL), torch.rand(1, 2, count).softmax(-1)
    commands = torch.randn(1, len(tape.lean))
    after, turned = tape.act(commands, *tape.room(cells, heads, 1))
    numbers = commands[0].tolist()
    gate = math.exp(numbers[0]) / (math.exp(numbers[0]) + math.exp(numbers[1]))
    value = [math.tanh(number) + 1 for number in numbers[-CELL:]]
    for place in range(count):
        share = gate * heads[0, 0, place].item()
        for number in range(CELL):
            old = cells[0, place, number].item()
            assert after[0, place, number].item() == pytest.approx(old * (1 - share) + share * value[number], rel=1e-4)
    assert not after[0, count].any()
    for head in range(2):
        raised = [math.exp(score) for score in numbers[2 + 3 * head : 5 + 3 * head]]
        expected = [0.0] * (count + 1)
        for place, weight in enumerate(heads[0, head].tolist()):
            for move, share in enumerate(raised):
                expected[max(0, place + move - 1)] += weight * share / sum(raised)
        if sharpen:
            power = 1 + math.log1p(math.exp(numbers[8 + head]))
            powers = [weight**power for weight in expected]
            expected = [each / sum(powers) for each in powers]
        assert turned[0, head].tolist() == pytest.approx(expected, rel=1e-4)


def test_sharpening_holds_for_a_head_that_is_spread_over_thousands_of_cells() -> None:
    tape = Tape(CELL, SOFT, sharpen=True)
    heads = torch.full((1, 2, 4000), 1 / 4000)
    commands = torch.zeros(1, len(tape.lean))
    commands[:, 8:10] = 40.0
    _, turned = tape.act(commands, torch.zeros(1, 4000, CELL), heads)
    assert turned.isfinite().all()
    assert_close(turned.sum(-1), torch.ones(1, 2))


@pytest.mark.parametrize("store", [Stack(CELL, SOFT), Tape(CELL, SOFT, sharpen=False), Tape(CELL, SOFT, sharpen=True)])
def test_gradients_are_those_of_finite_differences(store: Any) -> None:
    cells, place = (part.double() for part in store.room(*store.start(2), 4))
    commands = [torch.randn(2, len(store.lean), dtype=torch.double, requires_grad=True) for _ in range(4)]

    def shown(*sent: Tensor) -> Tensor:
        state, found = (cells, place), []
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
    controller, hidden, cell = machine.controller, machine.controller.hidden, machine.store.cell
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
        _, (hidden, cells, place) = machine(inputs, 0, machine.start(3), active)
        for row, length in enumerate((6, 1, 0)):
            alone = machine.start(1)
            if length:
                _, alone = machine(inputs[row : row + 1, :length], 0, alone)
            torch.testing.assert_close(hidden[row], alone.hidden[0], rtol=0, atol=1e-6)
            reached = alone.cells.shape[1]
            torch.testing.assert_close(cells[row, :reached], alone.cells[0], rtol=0, atol=1e-6)
            assert not cells[row, reached:].any()
            assert_close(place[row, ..., : alone.place.shape[-1]] if place.ndim > 1 else place[row], alone.place[0])


@every_family
def test_a_row_is_read_up_to_a_stop_symbol_behind_its_last_symbol(name: str) -> None:
    model, read = built(name), list[Tensor]()
    model.encoder.reader.register_forward_pre_hook(lambda _, given: read.append(given[0]))
    source = torch.tensor([[3, 4, 5], [5, 4, 3]])
    model.encoder(source, torch.tensor([3, 1]))
    assert read[0].tolist()[0] == [3, 4, 5, STOP]
    assert read[0].tolist()[1][:2] == [5, STOP]


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
    first = model.encoder.machine.start(1).cells.shape[1]
    assert state.cells.shape[1] == first + read
    for steps in (1, 7):
        read += steps
        _, state = model.decoder(torch.full((len(batch.source), steps), 3), state)
        assert state.cells.shape[1] == first + read


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
            assert ((values >= 0) & (values < state.cells.shape[1])).all()


@every_family
def test_the_size_follows_hidden_and_the_cell_follows_it_unless_it_is_set(name: str) -> None:
    space, sizes = Symbols(8), []
    for hidden in (32, 76, 110):
        model = build(name, space, space, hidden=hidden)
        assert model.encoder.machine.store.cell == hidden // 2
        sizes.append(sum(each.numel() for each in model.parameters()))
    assert sizes == [pytest.approx(goal, rel=0.12) for goal in (10_000, 50_000, 100_000)]
    assert build(name, space, space, cell=5).encoder.machine.store.cell == 5


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
