"""The decoder-only Transformer against oracles written out by hand, by position scheme."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close, inputs_of
from torch import Tensor

from bench.checks.contracts import small_batch
from models import build
from models.base import Model, UnsuitableError, state_size
from models.layers.couplings import MARKER, READ, SECOND, WRITTEN
from models.layers.positions import sinusoids
from models.layers.schemes import SCHEMES
from tasks.arithmetic.addition import Addition

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


PLUS, HIDDEN = 13, 8


DIGITS = {str(n): 3 + n for n in range(10)} | {"+": PLUS}


def written(*questions: str) -> tuple[Tensor, Tensor]:
    """Write questions such as 12+345 as ids, padded with zeros: (batch, time), (batch,)."""
    width = max(map(len, questions))
    rows = [[DIGITS[each] for each in question] + [0] * (width - len(question)) for question in questions]
    return torch.tensor(rows), torch.tensor([len(question) for question in questions])


def built(**settings: Any) -> Model:
    torch.manual_seed(0)
    chosen = {"hidden": HIDDEN, "heads": 2, "windowed": 1, "longest": 64, "offset": 2, "delimiter": 1} | settings
    return build("decoder_only", SYMBOLS.source, SYMBOLS.target, **chosen)


def scores(model: Model, source: Tensor, length: Tensor, inputs: Tensor) -> Tensor:
    with torch.no_grad():
        return model(source, length, inputs)


def test_the_sequence_of_a_state_stands_as_written_by_hand() -> None:
    task = Addition(low_first_sum=True)
    model = build("decoder_only", task.source, task.target, positions="coupled", couple="places")
    source, length = written("12+345", "6+7")
    inputs = torch.tensor([[1, 10, 8, 6], [1, 6, 4, 2]])  # START 7 5 3, START 3 1 STOP
    state = model.decoder(inputs, model.begin(source, length))[1]
    assert state.ids.tolist() == [[2, 1, 0, 3, 2, 1, 0, 1, 2, 3], [0, 0, 0, 1, 0, 1, 0, 1, 2, 3]]
    assert state.real.tolist() == [[True] * 6, [False] * 3 + [True] * 3]
    assert state.kinds[0].tolist() == [READ, READ, MARKER, SECOND, SECOND, SECOND, MARKER, WRITTEN, WRITTEN, WRITTEN]


def test_a_plain_target_is_placed_behind_its_own_rows_source() -> None:
    model = built(positions="sinusoidal")
    source, length = torch.tensor([[3, 4, 5], [4, 3, 0]]), torch.tensor([3, 2])
    state = model.decoder(torch.tensor([[1, 3], [1, 4]]), model.begin(source, length))[1]
    assert state.ids.tolist() == [[0, 1, 2, 3, 4], [2, 0, 1, 2, 3]]  # padding comes first and is not seen


def heads_read(model: Model, source: Tensor, length: Tensor, inputs: Tensor) -> Tensor:
    """Return what the heads of the only layer gather at the last step: (heads, hidden / heads) of the first row."""
    gathered: list[Tensor] = []
    attention = model.decoder.blocks[0].self_attention
    hook = attention.output.register_forward_pre_hook(lambda _, given: gathered.append(given[0]))
    scores(model, source, length, inputs)
    hook.remove()
    return gathered[-1][0, -1].unflatten(-1, (attention.heads, -1))


def test_a_changed_token_reaches_just_the_heads_whose_window_holds_it() -> None:
    model = built(positions="windowed", layers=1, heads=4, windowed=3).eval()
    source, length, inputs = torch.tensor([[3, 4, 5]]), torch.tensor([3]), torch.tensor([[1, 3, 4]])
    before = heads_read(model, source, length, inputs)
    places: list[tuple[Tensor, int, list[bool]]] = [  # heads 0, 1 and 2 see 1, 2 and 3 tokens, head 3 all
        (inputs, 2, [True, True, True, True]),
        (inputs, 1, [False, True, True, True]),
        (inputs, 0, [False, False, True, True]),
        (source, 2, [False, False, False, True]),
        (source, 0, [False, False, False, True]),
    ]
    for tensor, place, expected in places:
        kept = int(tensor[0, place])
        tensor[0, place] = 2
        after = heads_read(model, source, length, inputs)
        tensor[0, place] = kept
        changed = (after - before).abs().amax(-1) > 1e-6
        assert changed.tolist() == expected


def test_a_window_of_ids_hides_what_is_further_away_and_shows_what_is_near() -> None:
    model = built(positions="coupled", window=1, layers=1).eval()
    source, length, inputs = torch.tensor([[3, 4, 5, 3, 4]]), torch.tensor([5]), torch.tensor([[1, 3, 4]])
    before = scores(model, source, length, inputs)
    for place in range(5):
        other = source.clone()
        other[0, place] = 2
        changed = (scores(model, other, length, inputs) - before).abs().amax(-1)[0] > 1e-7
        assert changed.tolist() == [abs(place + 1 - step) <= 1 for step in range(3)]


@pytest.mark.parametrize(("sees", "first_changes"), [("past", False), ("all", True)])
def test_the_source_looks_back_only_unless_it_sees_all(sees: str, first_changes: bool) -> None:
    model = built(positions="relative", source_sees=sees).eval()
    source, length = torch.tensor([[3, 4, 5]]), torch.tensor([3])
    with torch.no_grad():
        before, after = (model.begin(each, length).read[1][0] for each in (source, torch.tensor([[3, 4, 3]])))
    changed = (before - after).abs().amax((0, 1, 3)) > 1e-6
    assert changed.tolist() == [first_changes, first_changes, True]


def test_coupled_tables_move_markers_too_and_abacus_does_not() -> None:
    source, length = written("12+345")
    for settings, moved in (({"positions": "abacus"}, False), ({"positions": "coupled", "ids": "absolute"}, True)):
        model = build("decoder_only", Addition().source, Addition().target, couple="places_low", **settings)
        torch.manual_seed(0)
        state = model.decoder(torch.tensor([[1, 9]]), model.begin(source, length))[1]
        (offset,) = state.row[0].tolist()
        assert offset > 0
        assert (state.ids - offset * moved)[0, [2, 6]].tolist() == [0, 0]
        assert (state.ids - offset)[0, [0, 1, 3, 4, 5, 7]].tolist() == [1, 2, 1, 2, 3, 1]


@pytest.mark.parametrize("positions", SCHEMES)
def test_training_draws_places_where_the_scheme_is_random_and_evaluation_never_does(positions: str) -> None:
    model, batch = built(positions=positions, ids="absolute"), small_batch(SYMBOLS)
    assert batch.source is not None
    given = batch.source, batch.source_length, inputs_of(SYMBOLS, batch)
    one, other = (scores(model, *given) for _ in range(2))
    assert torch.equal(one, other) == (positions not in ("randomised", "coupled", "abacus"))
    model.eval()
    one, other = (scores(model, *given) for _ in range(2))
    assert torch.equal(one, other)


@pytest.mark.parametrize("positions", SCHEMES)
def test_stepping_past_what_was_read_at_once_equals_one_pass(positions: str) -> None:
    model, batch = built(positions=positions).eval(), small_batch(SYMBOLS)
    inputs = torch.cat([inputs_of(SYMBOLS, batch), torch.randint(3, 6, (4, 9))], 1)  # longer than any source
    with torch.no_grad():
        state, outputs = model.begin(batch.source, batch.source_length), []
        for piece in inputs.split([1, 4, 1, 2, inputs.shape[1] - 8], 1):
            made, state = model.decoder(piece, state)
            outputs.append(made)
    assert batch.source is not None
    assert_close(torch.cat(outputs, 1), scores(model, batch.source, batch.source_length, inputs))


def added_at_the_start(model: Model, positions: str, time: int) -> Tensor:
    """Return what the scheme adds to the embeddings of so many tokens."""
    if positions == "learned":
        return model.decoder.placement.table.weight[:time]
    return sinusoids(torch.arange(time), HIDDEN) if positions == "sinusoidal" else torch.zeros(time, HIDDEN)


def added_to_score(model: Model, positions: str, layer: int, head: int, distance: int) -> float:
    """Return what the scheme adds to a score, the key being so many tokens before the query."""
    if positions == "alibi":
        return -float(2.0 ** (-4 * (head + 1))) * distance  # of two heads
    return model.decoder.sight.bias[layer, head, 8 - min(distance, 8)].item() if positions == "relative" else 0.0


def written_out(model: Model, positions: str, source: list[int], inputs: list[int]) -> Tensor:
    """Score one row with causal attention as a loop over the whole sequence, source and target."""
    encoder, decoder = model.encoder, model.decoder
    states = torch.cat([encoder.reader(torch.tensor(source)), decoder.reader(torch.tensor(inputs))])
    states = states + added_at_the_start(model, positions, len(states))
    for layer, block in enumerate(decoder.blocks):
        attention, normed = block.self_attention, block.self_norm(states)
        queries, keys, values = attention.input(normed).chunk(3, -1)
        width, gathered = HIDDEN // attention.heads, torch.zeros_like(states)
        for time in range(len(states)):
            for head in range(attention.heads):
                part = slice(head * width, (head + 1) * width)
                products = keys[: time + 1, part] @ queries[time, part] / math.sqrt(width)
                added = [added_to_score(model, positions, layer, head, time - key) for key in range(time + 1)]
                gathered[time, part] = (products + torch.tensor(added)).softmax(0) @ values[: time + 1, part]
        states = states + attention.output(gathered)
        states = states + block.feed_forward(block.forward_norm(states))
    return decoder.readout(decoder.norm(states))[len(source) :]


@pytest.mark.parametrize("positions", ["none", "sinusoidal", "learned", "alibi", "relative"])
def test_it_equals_causal_attention_written_out_over_one_sequence(positions: str) -> None:
    model = built(positions=positions).eval()
    source, inputs = [3, 4, 4, 5, 3, 3, 4], [1, 3, 4, 5]
    with torch.no_grad():
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.5)  # embeddings and biases start too small to be told apart
        expected = written_out(model, positions, source, inputs)
    padded = torch.tensor([[5, 3, 4, 5, 3, 3, 4, 5, 3], [*source, 0, 0]])
    got = scores(model, padded, torch.tensor([9, 7]), torch.tensor([inputs, inputs]))
    assert_close(got[1], expected)


@pytest.mark.parametrize(("couple", "seen_at"), [("order", [0, 1]), ("places", [0, 1, 2, 3, 4])])
def test_markers_are_seen_from_afar_where_places_are_coupled(couple: str, seen_at: list[int]) -> None:
    model = built(positions="coupled", couple=couple, window=1, layers=1).eval()
    source, length, inputs = torch.tensor([[3, 4, 5]]), torch.tensor([3]), torch.tensor([[1, 3, 4, 5, 3]])
    other = torch.tensor([[2, 3, 4, 5, 3]])
    changed = (scores(model, source, length, inputs) - scores(model, source, length, other)).abs().amax(-1)[0] > 1e-7
    assert changed.nonzero().flatten().tolist() == seen_at


def test_the_state_is_the_keys_and_values_of_every_layer() -> None:
    model = built(positions="none", layers=3)
    assert state_size(model.begin(torch.tensor([[3, 4, 5, 4]]), torch.tensor([4]))) == 3 * 2 * 4 * HIDDEN


BAD: list[tuple[dict[str, Any], str]] = [
    ({"positions": "nope"}, "unknown positions 'nope'; choose from: sinusoidal, learned"),
    ({"couple": "sorted"}, "unknown couple 'sorted'; choose from: order, mirror, places, places_low"),
    ({"ids": "both"}, "unknown ids 'both'; choose from: relative, absolute"),
    ({"source_sees": "none"}, "unknown source_sees 'none'; choose from: past, all"),
    ({"hidden": 10, "heads": 4}, "multiple of twice the heads; got 10 and 4"),
    ({"layers": 0}, "got hidden 8, layers 0, heads 2, longest 64"),
    ({"positions": "windowed", "windowed": 3}, "windowed must be 1 to heads, which are 2; got 3"),
    ({"positions": "relative", "clip": 0}, "clip must be 1 or more and window 0 or more; got 0 and 0"),
    ({"positions": "abacus", "offset": -1}, "delimiter and offset must be 0 or more; got 1 and -1"),
]


@pytest.mark.parametrize(("settings", "message"), BAD)
def test_a_bad_setting_is_refused_with_its_value(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        built(**settings)
    assert not isinstance(raised.value, UnsuitableError)


@pytest.mark.parametrize("settings", [{"positions": "abacus"}, {"positions": "coupled", "couple": "places"}])
def test_values_have_no_delimiters_to_count_from(settings: dict[str, Any]) -> None:
    with pytest.raises(UnsuitableError, match="look for delimiters in the source, which needs tokens"):
        build("decoder_only", VALUES.source, VALUES.target, **settings)


def test_a_text_is_refused_and_another_family_named() -> None:
    with pytest.raises(UnsuitableError, match="transformer can read a text"):
        build("decoder_only", TEXT.source, TEXT.target)


@pytest.mark.parametrize("positions", ["learned", "abacus"])
def test_a_place_past_the_table_is_refused_and_says_what_to_set(positions: str) -> None:
    model, batch = built(positions=positions, longest=4), small_batch(SYMBOLS)
    with pytest.raises(ValueError, match=r"set model\.longest above 4"):
        model(batch.source, batch.source_length, inputs_of(SYMBOLS, batch))


def test_a_table_needs_room_for_the_offsets_of_training_only() -> None:
    model, source = built(positions="abacus", longest=8, offset=5), torch.tensor([[3, 5, 3, 5]])
    with pytest.raises(ValueError, match="position 10 is past the learned table"):
        model.begin(source, torch.tensor([4]))
    model.eval().begin(source, torch.tensor([4]))
