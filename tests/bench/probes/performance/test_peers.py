"""The loops beside ours learn, read the same strings, and are timed in turn."""

from __future__ import annotations

import pytest

from bench.probes.performance.own import Trained
from bench.probes.performance.peers import LAYERS, Notebook, padded, peer_of
from bench.probes.performance.rates import in_turn, one_thread, product
from bench.suites.recipes import recipe


def own(row: str = "variable_copy", model: str = "rnn", **settings: object) -> Trained:
    return Trained(recipe(row, model, settings={"hidden": 16, **settings}, batch=16), steps=3)


@pytest.mark.parametrize("name", ["notebook", *LAYERS])
def test_a_peer_learns(name: str) -> None:
    peer = peer_of(name, own("copy"))
    first = peer.train()
    for _ in range(15):
        last = peer.train()
    assert sum(last) < 0.9 * sum(first)


def test_ours_learns_on_the_same_steps_each_round() -> None:
    ours = own("copy")
    assert sum(ours.train()) > sum(ours.train())
    first, second = (list(ours.batches()) for _ in range(2))
    assert all(bool((a.batch.target == b.batch.target).all()) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", ["notebook", *LAYERS])
@pytest.mark.parametrize("row", ["copy", "variable_copy"])
def test_a_peers_step_has_as_many_tokens_as_ours(name: str, row: str) -> None:
    ours = own(row)
    peer = peer_of(name, ours)
    assert peer.tokens() == ours.tokens()
    assert len(peer.train()) == len(ours.train()) == ours.steps


def test_the_notebook_reads_our_strings() -> None:
    ours = own()
    loader = Notebook(ours).loader
    for (source, target), step in zip(loader, ours.batches(), strict=True):
        assert step.batch.source is not None
        width = source.shape[1]
        real = source.sum(-1).bool()
        assert bool((source.argmax(-1)[real] == step.batch.source[:, :width][real]).all())
        assert bool((target == step.batch.target[:, : target.shape[1]]).all())
        assert real.sum(1).tolist() == step.batch.source_length.tolist()


def test_strings_are_padded_to_the_longest_of_a_batch() -> None:
    ours = own()
    pairs = Notebook(ours).strings
    source, target = padded([pairs[index] for index in range(16)])
    assert source.shape[1] == max(len(pairs[index][0]) for index in range(16))
    assert target.shape[1] == max(len(pairs[index][1]) for index in range(16))


def test_works_are_done_in_turn_and_the_first_round_only_warms_up() -> None:
    done: list[str] = []
    with one_thread():
        least = in_turn({name: lambda name=name: done.append(name) for name in "ab"}, rounds=2)
    assert done == ["a", "b"] * 3
    assert list(least) == ["a", "b"]
    assert all(0 <= seconds < 1 for seconds in least.values())


def test_a_product_can_be_repeated() -> None:
    assert product(2, 3, 4, repeats=5)() is None
