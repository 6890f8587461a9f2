"""Read heads with weights set by hand, decoded greedily; when they are soft and when they are hard."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
import torch
from cases import assert_close
from torch import Tensor

from models import build
from models.base import Model
from models.read_heads import HeadsDecoder
from tasks.base import BOS, EOS, FIRST_TOKEN, Symbols

SYMBOLS, LONG = 6, 200


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def one_head(start: str, way: str, shift: str, source: int = SYMBOLS, **settings: object) -> Model:
    """Build a model whose only head does the one thing always, and which writes what that head reads."""
    settings |= {"hidden": 4, "embedding": 2, "starts": start, "ways": way, "shifts": shift}
    model = build("read_heads", Symbols(source), Symbols(SYMBOLS), **settings)
    decoder = model.decoder
    with torch.no_grad():
        for each in (decoder.commander.weight, decoder.commander.keys, decoder.gate.weight):
            each.zero_()
        decoder.gate.bias.copy_(torch.tensor([0.0, 40.0]))
    return model.eval()


def decoded(model: Model, source: Tensor, length: Tensor, steps: int) -> list[list[int]]:
    """Decode greedily, up to each row's end."""
    state, token, written = model.begin(source, length), torch.full((len(source), 1), BOS), []
    with torch.no_grad():
        for _ in range(steps):
            outputs, state = model.decoder(token, state)
            token = outputs.argmax(-1)
            written.append(token[:, 0].tolist())
    return [[*row[: row.index(EOS)], EOS] for row in map(list, zip(*written, strict=True))]


def drawn(symbols: int = SYMBOLS) -> tuple[Tensor, Tensor, list[list[int]]]:
    """Draw long and short sources -> them, their lengths, and the same as lists."""
    length = torch.tensor([LONG, LONG, 120, 1])
    source = torch.randint(FIRST_TOKEN, FIRST_TOKEN + symbols, (4, LONG))
    return source, length, [row[:steps].tolist() for row, steps in zip(source, length, strict=True)]


def test_a_hand_set_head_copies() -> None:
    source, length, rows = drawn()
    assert decoded(one_head("begin", "stay", "right"), source, length, LONG + 1) == [[*row, EOS] for row in rows]


def test_a_hand_set_head_reverses() -> None:
    source, length, rows = drawn()
    expected = [[*row[::-1], EOS] for row in rows]
    assert decoded(one_head("end", "stay", "left"), source, length, LONG + 1) == expected


def test_a_head_that_jumps_and_shifts_does_both_in_a_step() -> None:
    source, length, rows = drawn()
    model = one_head("begin", "end", "left")
    state = model.begin(source, length)
    outputs, _ = model.decoder(torch.full((4, 1), BOS), state)
    assert outputs[:, 0].argmax(-1).tolist() == [row[-1] for row in rows]


def test_a_hand_set_head_sorts_by_content_and_coverage() -> None:
    model = one_head("begin", "content", "none")
    commander, table = model.decoder.commander, model.decoder.source_embedding.weight
    begin, end = FIRST_TOKEN + SYMBOLS, FIRST_TOKEN + SYMBOLS + 1
    with torch.no_grad():
        commander.queries.weight[:2] = -torch.eye(2)  # it forgets what it read
        commander.queries.bias[:2] = torch.tensor([1.0, 0.0])  # and asks for the first number of an embedding
        commander.keys[0] = torch.eye(2)
        commander.bias[0, 0, -1] = 6.0  # u is 1 but for e^-60
        table[:, 0] = -4.0 * torch.arange(len(table))
        table[begin, 0], table[end, 0] = -1000.0, -50.0
    source, length, rows = drawn()
    assert decoded(model, source, length, LONG + 1) == [[*sorted(row), EOS] for row in rows]


def test_a_hand_set_head_scans_past_blanks() -> None:
    model, blank = one_head("begin", "next", "none", SYMBOLS + 1), FIRST_TOKEN + SYMBOLS
    commander, table = model.decoder.commander, model.decoder.source_embedding.weight
    with torch.no_grad():
        commander.queries.weight[2:] = -torch.eye(2)
        commander.queries.bias[2:] = torch.tensor([1.0, 0.0])
        commander.keys[1] = torch.eye(2)
        table[:, 0] = 5.0
        table[blank, 0] = -5.0
    source, length, rows = drawn(SYMBOLS + 1)
    expected = [[*(token for token in row if token != blank), EOS] for row in rows]
    assert decoded(model, source, length, LONG + 1) == expected


@pytest.mark.parametrize(
    ("start", "expected"), [("begin", [0, 0, 0]), ("end", [6, 4, 3]), ("after", [3, 0, 1]), ("before", [3, 4, 1])]
)
def test_heads_start_at_an_end_or_at_the_first_delimiter(start: str, expected: list[int]) -> None:
    source = torch.tensor([[3, 4, 5, 3, 5], [3, 4, 3, 0, 0], [5, 4, 0, 0, 0]])
    for delimiter, places in ((2, expected), (-1, {"after": [0, 0, 0], "before": [6, 4, 3]}.get(start, expected))):
        model = one_head(start, "stay", "none", delimiter=delimiter)
        state = model.begin(source, torch.tensor([5, 3, 2]))
        assert model.decoder.trace(state)["place of head 1"].tolist() == places
        state = model.train().begin(source, torch.tensor([5, 3, 2]))
        assert model.decoder.trace(state)["place of head 1"].tolist() == places
        assert torch.equal(state.heads.weights.sum(-1), torch.ones(3, 1))


def wandering(**settings: object) -> tuple[Model, tuple[Tensor, Tensor, Tensor]]:
    """Build a model whose heads go every way, and draw what it reads: more steps than are taken at once."""
    settings = {"hidden": 8, "embedding": 8, "ways": "stay stay next content next content", **settings}
    model = build("read_heads", Symbols(4), Symbols(3), shifts="right left none none free free", **settings)
    with torch.no_grad():
        model.decoder.commander.weight.mul_(5)
        model.decoder.commander.queries.weight.normal_(0, 0.3)
    source, inputs = torch.randint(3, 7, (16, 12)), torch.randint(3, 6, (16, 70))
    return model, (source, torch.randint(1, 13, (16,)), inputs)


def test_hard_heads_are_the_same_as_shares_and_by_their_places() -> None:
    model, given = wandering(soft_steps=0, noise=0.0)
    with torch.no_grad():
        in_training = model(*given)
        assert_close(in_training, model.eval()(*given))
        state = model.begin(*given[:2])
        for token in given[2][:, :20].split(1, 1):
            _, state = model.decoder(token, state)
    assert state.heads.covered.sum(-1).float().mean() > 2.5  # places that a head was at


def test_heads_are_soft_in_the_first_passes_of_training_alone() -> None:
    model, given = wandering(soft_steps=2, noise=0.0)
    decoder = model.decoder
    assert isinstance(decoder, HeadsDecoder)
    soft, later = model(*given), []
    model.eval()
    with torch.no_grad():
        judged = model(*given)
        assert torch.equal(judged, model(*given))
    model.train()
    assert int(decoder.passes) == 1  # those of evaluation are not counted
    later = [model(*given) for _ in range(3)]
    assert torch.equal(later[0], soft)
    assert not torch.allclose(soft, judged, atol=1e-3)
    assert_close(later[1], judged)
    assert_close(later[2], judged)


def test_how_far_training_is_goes_with_the_weights() -> None:
    model, given = wandering(soft_steps=1, noise=0.0)
    other = deepcopy(model)
    model(*given)
    other.load_state_dict(model.state_dict())
    assert_close(other(*given), model(*given))
    assert int(other.decoder.passes) == 2


def test_noise_is_drawn_in_training_alone() -> None:
    model, given = wandering(soft_steps=0, noise=0.5)
    with torch.no_grad():
        one, other = (model(*given) for _ in range(2))
        assert not torch.allclose(one, other)
        model.eval()
        assert torch.equal(model(*given), model(*given))


def test_outputs_are_log_probabilities_none_below_the_uniform_share() -> None:
    model, given = wandering()
    for outputs in (model(*given), model.eval()(*given)):
        assert_close(outputs.exp().sum(-1), torch.ones(16, 70))
        assert float(outputs.detach().exp().min()) >= 0.0099 / 6


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"starts": "begin middle"}, "unknown word 'middle' in starts; choose from: begin, end, after, before"),
        ({"ways": "stay run"}, "unknown word 'run' in ways; choose from: stay, begin, end, content, next, free"),
        ({"shifts": "up"}, "unknown word 'up' in shifts; choose from: left, none, right, free"),
        ({"starts": "begin end"}, "starts, ways and shifts need a word for each head; got 2, 6, 6"),
        ({"starts": "", "ways": "", "shifts": ""}, "starts, ways and shifts need a word for each head; got 0, 0, 0"),
        ({"embedding": 0}, "sizes must be 1 or more; got hidden 64, embedding 0"),
        (
            {"soft_steps": -1},
            "delimiter must be -1 or more, soft_steps and noise 0 or more; got delimiter -1, soft_steps -1, noise 0.1",
        ),
    ],
)
def test_a_wrong_setting_of_read_heads_is_named(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        build("read_heads", Symbols(5), Symbols(5), **settings)
