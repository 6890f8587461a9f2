"""How a text is cut for training and for evaluation, against slices in plain Python."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from cases import SMALL_TASKS
from tiny import JUDGED, Piece, Tiny, as_pieces, cut

from bench.probes.probe import mask_of_first_batch
from bench.spec.spec import Spec
from bench.trial.batches import Step
from bench.trial.protocols import protocol_of
from bench.trial.protocols.text import in_order
from tasks.base import START
from tasks.text.human_numbers import HumanNumbers
from tasks.text.language import pieces

TASK = Tiny()
TEXT = TASK.training_text().tolist()
NUMBERS = SMALL_TASKS["stream"]


def steps_of(task: Tiny, count: int, batch: int, seed: int = 1) -> list[Step]:
    return list(itertools.islice(protocol_of(task).batches(task, Spec("tiny", "", batch=batch), seed, "cpu"), count))


def pieces_of(steps: list[Step]) -> list[Piece]:
    return [piece for step in steps for piece in as_pieces(step.inputs, step.batch.target)]


@pytest.mark.parametrize("mode", ["chunks", "windows"])
@pytest.mark.parametrize(("window", "stride"), [(1, 0), (4, 0), (4, 1), (4, 3), (4, 9), (5, 5), (len(TEXT), 0)])
def test_training_pieces_are_the_slices_at_every_stride(window: int, stride: int, mode: str) -> None:
    task = Tiny(train_lengths=(window,), stride=stride, mode=mode)
    inputs, target, counted = task.training_pieces()
    assert as_pieces(inputs, target) == cut(TEXT, window, stride or window)
    assert counted.tolist() == [mode == "chunks" or place == window - 1 for place in range(window)]
    assert [START in read for read, _ in as_pieces(inputs, target)] == [True] + [False] * (len(inputs) - 1)


@pytest.mark.parametrize("batch", [1, 3, 5])
@pytest.mark.parametrize("stride", [0, 1, 3])
def test_an_epoch_reads_every_window_once_but_those_that_fill_no_batch(stride: int, batch: int) -> None:
    task = Tiny(mode="windows", stride=stride)
    whole = cut(TEXT, 4, stride or 4)
    assert len(set(whole)) == len(whole)  # so that a window read twice would be seen
    epoch = len(whole) // batch
    steps = steps_of(task, 2 * epoch, batch)
    first, second = pieces_of(steps[:epoch]), pieces_of(steps[epoch:])
    for read in (first, second):
        assert set(read) <= set(whole)
        assert set(Counter(read).values()) == {1}
        assert len(read) == epoch * batch > len(whole) - batch
    assert first != second
    assert first != whole[: len(first)]


def test_windows_count_their_last_position_and_chunks_all_in_the_same_order() -> None:
    chunks, windows = (steps_of(Tiny(mode=mode, stride=1), 9, 4) for mode in ("chunks", "windows"))
    assert pieces_of(chunks) == pieces_of(windows)
    assert not any(step.carries for step in (*chunks, *windows))
    for chunk, window in zip(chunks, windows, strict=True):
        assert chunk.weight.tolist() == [[True] * 4] * 4
        assert window.weight.tolist() == [[False] * 3 + [True]] * 4
        assert window.batch.target_length.tolist() == [4] * 4
        assert window.batch.source is None


def test_the_seed_alone_names_the_order_of_windows() -> None:
    task = Tiny(mode="chunks", stride=1)
    assert pieces_of(steps_of(task, 20, 3, 7)) == pieces_of(steps_of(task, 20, 3, 7))
    assert pieces_of(steps_of(task, 20, 3, 7)) != pieces_of(steps_of(task, 20, 3, 8))


@pytest.mark.parametrize(("batch", "window"), [(1, 4), (2, 4), (3, 5), (2, 20)])
def test_lanes_are_contiguous_slices_of_the_text_one_behind_the_other(batch: int, window: int) -> None:
    read = [START, *TEXT]
    steps = steps_of(Tiny(train_lengths=(window,)), 200, batch)
    firsts = [index for index, step in enumerate(steps) if not step.carries]
    assert firsts[0] == 0
    offsets = set()
    for first, after in itertools.pairwise(firsts):
        epoch = steps[first:after]
        lanes = torch.cat([step.inputs for step in epoch], 1).tolist()
        targets = torch.cat([step.batch.target for step in epoch], 1).tolist()
        length = len(lanes[0])
        (offset,) = [place for place in range(window) if read[place : place + length] == lanes[0]][:1]
        offsets.add(offset)
        for lane in range(batch):
            place = offset + lane * length
            assert lanes[lane] == read[place : place + length]
            assert targets[lane] == read[place + 1 : place + 1 + length]
        left = len(read) - 1 - offset - batch * length
        assert 0 <= left < batch * window  # nothing that would fill a step more is left out
        assert all(bool(step.weight.all()) for step in epoch)
    spare = len(TEXT) - batch * window
    assert offsets == set(range(min(window, spare + 1)))


def test_what_is_kept_of_the_first_batch_is_what_its_mask_counts() -> None:
    mask = mask_of_first_batch(Tiny(mode="windows"), Spec("tiny", "", batch=5), 1, 3)
    assert mask == {"width": 4, "lengths": [4, 4, 4], "counted": [1, 1, 1]}


def test_a_text_with_fewer_windows_than_a_batch_is_refused() -> None:
    count = len(cut(TEXT, 4, 4))
    assert len(steps_of(Tiny(mode="chunks"), 1, count)) == 1
    with pytest.raises(ValueError, match=f"a text of {count} windows is too short for batches of {count + 1}"):
        steps_of(Tiny(mode="chunks"), 1, count + 1)


def test_a_piece_longer_than_its_text_is_refused() -> None:
    assert len(pieces(torch.tensor([START, 3, 4, 5]), 3, 3)[0]) == 1
    with pytest.raises(ValueError, match="a text of 3 tokens has no piece of 4"):
        pieces(torch.tensor([START, 3, 4, 5]), 4, 4)


@pytest.mark.parametrize("length", range(1, len(JUDGED) + 3))
def test_the_second_half_of_every_piece_of_the_judged_text_is_scored(length: int) -> None:
    text = TASK.judged_text().tolist()
    inputs, target, counted = TASK.excerpts(length)
    if length >= len(text):  # the whole text, scored throughout
        assert as_pieces(inputs, target) == cut(text, len(text), 1)
        assert counted.all()
        return
    assert as_pieces(inputs, target) == cut(text, length, length)
    contexts = [place + 1 for place, scored in enumerate(counted.tolist()) if scored]  # symbols read, START too
    assert contexts == [context for context in range(1, length + 1) if context > length / 2]


@pytest.mark.parametrize("length", range(1, len(JUDGED) + 3))
def test_in_windows_the_last_symbol_of_pieces_every_half_length_is_scored(length: int) -> None:
    text = TASK.judged_text().tolist()
    inputs, target, counted = replace(TASK, mode="windows").excerpts(length)
    if length >= len(text):
        assert as_pieces(inputs, target) == cut(text, len(text), 1)
        assert counted.all()
        return
    assert as_pieces(inputs, target) == cut(text, length, max(1, length // 2))
    assert counted.tolist() == [False] * (length - 1) + [True]


@pytest.mark.parametrize("mode", ["chunks", "stream"])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 8])
def test_no_symbol_is_scored_twice_and_about_half_of_them_once(length: int, mode: str) -> None:
    text = Tiny(judged="abcdefghijklmnopqrstuvwxyz", training="abcdefghijklmnopqrstuvwxyz.", mode=mode)
    _, target, counted = text.excerpts(length)
    scored = target[:, counted].flatten().tolist()
    assert len(set(scored)) == len(scored) == (26 // length) * (length - length // 2)


def test_human_numbers_reads_whole_texts_as_a_stream_and_windows_of_them_in_other_modes() -> None:
    for length in NUMBERS.eval_lengths:
        text = NUMBERS.stream(length).tolist()
        inputs, target, counted = NUMBERS.excerpts(length)
        assert as_pieces(inputs, target) == cut(text, len(text), 1)
        assert counted.all()
        for mode, step in (("chunks", 8), ("windows", 1)):
            inputs, target, counted = replace(NUMBERS, mode=mode).excerpts(length)
            assert as_pieces(inputs, target) == cut(text, 8, step)
            assert counted.tolist() == [mode == "chunks" or place == 7 for place in range(8)]


ROWS, WINDOW = 3, 8


def epochs(count: int) -> Iterator[list[Step]]:
    """Yield the steps of each epoch; one begins where no state is carried."""
    feed = in_order(NUMBERS, Spec("human_numbers", "", batch=ROWS), 1, "cpu")
    steps = [next(feed)]
    for step in feed:
        if not step.carries:
            yield steps
            count -= 1
            if not count:
                return
            steps = []
        steps.append(step)


def test_rows_are_contiguous_pieces_of_the_numbers_and_targets_come_one_later() -> None:
    text = [START, *NUMBERS.stream(60).tolist()]
    offsets = set()
    for steps in epochs(12):
        assert [step.carries for step in steps] == [False] + [True] * (len(steps) - 1)
        inputs = torch.cat([step.inputs for step in steps], 1).flatten().tolist()  # row behind row
        targets = torch.cat([step.batch.target for step in steps], 1).flatten().tolist()
        starts = [at for at in range(WINDOW) if text[at : at + len(inputs)] == inputs]
        assert any(text[at + 1 : at + 1 + len(targets)] == targets for at in starts)
        assert len(text) - len(inputs) <= WINDOW + ROWS * WINDOW  # all of it is read but an end
        offsets.update(starts[:1])
    assert len(offsets) > 3


def test_every_symbol_of_a_window_counts() -> None:
    for step in next(epochs(1)):
        assert step.inputs.shape == step.weight.shape == (ROWS, WINDOW)
        assert step.weight.all()
        assert step.batch.source is None


def test_no_text_that_is_evaluated_as_unseen_is_trained_on() -> None:
    task = HumanNumbers()
    trained = task.text(task.stream(7999).tolist())
    lines = set(trained.split(" . "))
    for last in task.eval_lengths[1:]:
        assert not lines & set(task.text(task.stream(last).tolist()).split(" . "))


def test_a_text_too_short_for_its_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="is too short for 64 rows of 8"):
        next(in_order(NUMBERS, Spec("human_numbers", "", batch=64), 1, "cpu"))
