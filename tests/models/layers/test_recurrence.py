"""Both bodies of the recurrence give what torch.nn's layers give, row by row, in value and gradient."""

from __future__ import annotations

from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.layers import kernels, recurrence_compiled, recurrence_torch
from models.layers.recurrence import Lookup, recur

ROWS, TIME, WIDTH, IDS = 7, 9, 6, 11
NETS = {"tanh": nn.RNN, "relu": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
BODIES = [
    pytest.param(recurrence_torch, id="torch"),
    pytest.param(
        recurrence_compiled,
        id="compiled",
        marks=pytest.mark.skipif(kernels.library() is None, reason="no C compiler here, or it is switched off"),
    ),
]


def net_of(kind: str, hidden: int) -> nn.RNNBase:
    nonlinearity = {"nonlinearity": kind} if NETS[kind] is nn.RNN else {}
    return NETS[kind](WIDTH, hidden, batch_first=True, **nonlinearity)


def by_torch(net: nn.RNNBase, inputs: Tensor, state: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """Each row alone, cut to its length, by torch.nn -> outputs and final state as `recur` gives them."""
    outputs, finals = [], []
    for row, steps in enumerate(length.tolist()):
        start = state[:, row : row + 1]
        given = (start[:1].contiguous(), start[1:].contiguous()) if isinstance(net, nn.LSTM) else start.contiguous()
        out, final = net(inputs[row : row + 1, :steps], given)
        outputs.append(F.pad(out[0], (0, 0, 0, inputs.shape[1] - steps)))
        finals.append(torch.cat(final) if isinstance(net, nn.LSTM) else final)
    return torch.stack(outputs), torch.cat(finals, 1)


def by_recur(
    kind: str, net: nn.RNNBase, inputs: Tensor | Lookup, state: Tensor, length: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The same by `recur`, from the weights of torch.nn's layer."""
    from_input, recurrent, input_bias, recurrent_bias = net.all_weights[0]
    if kind != "gru":
        return recur(kind, inputs, (from_input, input_bias + recurrent_bias), recurrent, state, length)
    gates, content = recurrent_bias.split([2 * net.hidden_size, net.hidden_size])
    driven = from_input, input_bias + F.pad(gates, (0, len(content)))
    return recur(kind, inputs, driven, recurrent, state, length, content)


@pytest.fixture(params=BODIES)
def body(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The body that `recur` uses in a test."""
    compiled = request.param is recurrence_compiled
    monkeypatch.setattr(kernels, "suit", lambda *_: compiled)
    return request.param


@pytest.mark.parametrize("looked_up", [False, True])
@pytest.mark.parametrize("hidden", [1, 37, 64])
@pytest.mark.parametrize("kind", NETS)
def test_values_and_gradients_are_those_of_torchs_layers(
    kind: str, hidden: int, looked_up: bool, body: ModuleType
) -> None:
    torch.manual_seed(hidden)
    net, table = net_of(kind, hidden), nn.Parameter(torch.randn(IDS, WIDTH))
    ids, dense = torch.randint(IDS, (ROWS, TIME)), torch.randn(ROWS, TIME, WIDTH, requires_grad=True)
    state = torch.randn(1 + (kind == "lstm"), ROWS, hidden, requires_grad=True)
    length = torch.tensor([9, 1, 4, 9, 7, 4, 2])
    given = [table if looked_up else dense, state, *net.parameters()]
    expected = by_torch(net, table[ids] if looked_up else dense, state, length)
    found = by_recur(kind, net, Lookup(ids, table) if looked_up else dense, state, length)
    pulls = [torch.randn_like(each) for each in expected]
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)
    ours, theirs = (
        torch.autograd.grad([(value * pull).sum() for value, pull in zip(values, pulls, strict=True)], given)
        for values in (found, expected)
    )
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("length", [None, torch.full((ROWS,), TIME)])
@pytest.mark.parametrize("kind", NETS)
def test_tokens_of_whole_rows_are_read_alike(kind: str, length: Tensor | None, body: ModuleType) -> None:
    torch.manual_seed(4)
    net, table = net_of(kind, 16), nn.Parameter(torch.randn(IDS, WIDTH))
    ids, state = torch.randint(IDS, (ROWS, TIME)), torch.randn(1 + (kind == "lstm"), ROWS, 16, requires_grad=True)
    given = [table, state, *net.parameters()]
    found = by_recur(kind, net, Lookup(ids, table), state, length)
    expected = by_torch(net, table[ids], state, torch.full((ROWS,), TIME))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)
    ours, theirs = (torch.autograd.grad(sum(each.square().sum() for each in both), given) for both in (found, expected))
    for mine, reference in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, reference, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", [*NETS, "linear"])
def test_one_call_is_step_after_step_and_a_row_is_the_same_alone(kind: str, body: ModuleType) -> None:
    torch.manual_seed(1)
    gates = {"lstm": 4, "gru": 3}.get(kind, 1)
    weights = torch.randn(gates * 16, WIDTH) / 3, torch.randn(gates * 16)
    recurrent = torch.randn(gates * 16, 16) / 4
    inputs, state = torch.randn(ROWS, TIME, WIDTH), torch.randn(1 + (kind == "lstm"), ROWS, 16)
    outputs, final = recur(kind, inputs, weights, recurrent, state)
    stepped, now = [], state
    for step in range(TIME):
        out, now = recur(kind, inputs[:, step : step + 1], weights, recurrent, now)
        stepped.append(out)
    torch.testing.assert_close(torch.cat(stepped, 1), outputs, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(now, final, atol=1e-6, rtol=1e-5)
    alone = recur(kind, inputs[2:3, :5], weights, recurrent, state[:, 2:3])
    length = torch.full((ROWS,), TIME).index_fill(0, torch.tensor(2), 5)
    together = recur(kind, inputs, weights, recurrent, state, length)
    torch.testing.assert_close(alone[0][0], together[0][2, :5], atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(alone[1][:, 0], together[1][:, 2], atol=1e-6, rtol=1e-5)
    assert not together[0][2, 5:].any()


def test_a_length_past_the_end_is_the_end(body: ModuleType) -> None:
    inputs, state = torch.randn(3, 4, WIDTH), torch.zeros(1, 3, 5)
    weights, recurrent = (torch.randn(5, WIDTH), None), torch.randn(5, 5)
    whole = recur("tanh", inputs, weights, recurrent, state)
    longer = recur("tanh", inputs, weights, recurrent, state, torch.tensor([4, 9, 4]))
    for ours, theirs in zip(longer, whole, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_nothing_is_kept_and_nothing_changes_without_a_gradient(body: ModuleType) -> None:
    torch.manual_seed(2)
    net, inputs, state = net_of("lstm", 16), torch.randn(4, 6, WIDTH), torch.randn(2, 4, 16)
    length = torch.tensor([6, 2, 5, 1])
    trained = by_recur("lstm", net, inputs, state, length)
    with torch.no_grad():
        judged = by_recur("lstm", net, inputs, state, length)
    for ours, theirs in zip(judged, trained, strict=True):
        assert not ours.requires_grad
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("huge", [1e4, 1e30, float("inf")])
@pytest.mark.parametrize("kind", ["tanh", "lstm", "gru"])
def test_gates_saturate_and_nan_is_not_swallowed(kind: str, huge: float, body: ModuleType) -> None:
    net, state = net_of(kind, 16), torch.zeros(1 + (kind == "lstm"), 1, 16)
    with torch.no_grad():
        gates = len(net.weight_ih_l0)
        for weight in (net.weight_ih_l0, net.weight_hh_l0, net.bias_hh_l0):
            weight.zero_()
        for sign in (1.0, -1.0):
            net.bias_ih_l0.fill_(sign * huge)
            inputs = torch.zeros(1, 3, WIDTH)
            found, expected = by_recur(kind, net, inputs, state, None), by_torch(net, inputs, state, torch.tensor([3]))
            torch.testing.assert_close(found[0], expected[0], atol=1e-6, rtol=1e-5)
        net.bias_ih_l0.fill_(float("nan"))
        assert by_recur(kind, net, inputs, state, None)[0].isnan().all()
    assert gates == len(net.bias_ih_l0)


def test_an_id_outside_the_table_is_an_error(body: ModuleType) -> None:
    for wrong in (-1, IDS):
        ids = torch.full((2, IDS), wrong)
        with pytest.raises(IndexError, match="out of range"):
            recur(
                "tanh", Lookup(ids, torch.randn(IDS, 3)), (torch.randn(4, 3), None), torch.eye(4), torch.zeros(1, 2, 4)
            )


def test_going_back_twice_is_an_error_or_right(body: ModuleType) -> None:
    drive = torch.randn(2, 3, 4, requires_grad=True)
    weights = torch.eye(4), None
    outputs, _ = recur("tanh", drive, weights, torch.eye(4), torch.zeros(1, 2, 4))
    (first,) = torch.autograd.grad(outputs.sum(), drive, retain_graph=True)
    if body is recurrence_compiled:
        with pytest.raises(RuntimeError, match="goes back once"):
            torch.autograd.grad(outputs.sum(), drive)
    else:
        assert torch.equal(first, torch.autograd.grad(outputs.sum(), drive)[0])


def test_gradients_are_right_in_double_precision() -> None:
    torch.manual_seed(3)
    state, length = torch.randn(1, 3, 4, dtype=torch.float64, requires_grad=True), torch.tensor([5, 2, 3])
    drive = torch.randn(3, 5, 12, dtype=torch.float64, requires_grad=True)
    recurrent = torch.randn(12, 4, dtype=torch.float64, requires_grad=True)
    bias = torch.randn(4, dtype=torch.float64, requires_grad=True)

    def run(*given: Tensor) -> tuple[Tensor, Tensor]:
        moved, weights, start, damped = given
        return recurrence_torch.Recurrence.apply("gru", moved, weights, start, length, None, damped, True)

    assert torch.autograd.gradcheck(run, (drive, recurrent, state, bias))
