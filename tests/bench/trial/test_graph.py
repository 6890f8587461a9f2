"""What records on a GPU, its calls to torch.cuda acted out by stand-ins that note them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from tape import Tape

import bench.trial.graph
from bench.trial.graph import CudaRecorder, Replays, recorder_of


class Card:
    """Stands for torch.cuda: one card with one generator, streams by name, graphs by tape."""

    def __init__(self) -> None:
        self.default_generators = [Noting()]
        self.mode, self.told, self.fails = 0, list[str](), False
        self.main = self.current = Side(self.told)

    def Stream(self, device: str) -> Any:  # noqa: N802  # the name that torch.cuda has
        return Side(self.told)

    def init(self) -> None:
        pass

    def current_stream(self, device: str) -> Any:
        return self.current

    def default_stream(self, device: str) -> Any:
        return self.main

    def set_stream(self, stream: Any) -> None:
        self.told.append("stream set back")

    @contextmanager
    def stream(self, stream: Any) -> Iterator[None]:
        self.told.append("apart")
        yield

    def graph_pool_handle(self) -> int:
        return 1

    def get_sync_debug_mode(self) -> int:
        return self.mode

    def set_sync_debug_mode(self, mode: Any) -> None:
        self.mode = mode

    def CUDAGraph(self) -> Any:  # noqa: N802  # the name that torch.cuda has
        return Graph()

    @contextmanager
    def graph(self, graph: Any, pool: int, stream: Any) -> Iterator[None]:
        assert self.mode == 0
        if self.fails:
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        with graph.tape:
            yield


class Noting(torch.Generator):
    """A processor's generator that knows of graphs."""

    def clone_state(self) -> torch.Generator:
        return torch.Generator().set_state(self.get_state())

    def graphsafe_set_state(self, state: torch.Generator) -> torch.Generator:
        return self.set_state(state.get_state())


class Side:
    """A stream."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def wait_stream(self, other: Any) -> None:
        self.told.append("waits")


class Graph:
    """A graph by tape, whose first replay is already done."""

    def __init__(self) -> None:
        self.tape, self.known, self.fresh = Tape(), list[Any](), True

    def register_generator_state(self, generator: torch.Generator) -> None:
        self.known.append(generator)

    def replay(self) -> None:
        if not self.fresh:
            self.tape.replay()
        self.fresh = False


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    made = Card()
    for name in [name for name in dir(made) if name[0] != "_" and hasattr(torch.cuda, name)]:
        monkeypatch.setattr(torch.cuda, name, getattr(made, name))
    return made


def drawn(generator: torch.Generator, given: list[torch.Tensor]) -> torch.Tensor:
    return torch.randint(1000, (4,), generator=generator) + given[0]


def test_work_goes_apart_then_is_rehearsed_then_recorded(card: Card) -> None:
    generator, plain = Noting(), torch.Generator()
    generator.manual_seed(1)
    plain.manual_seed(1)
    replays: Replays[torch.Tensor] = Replays(CudaRecorder("cuda:0", [generator]), "it is done")
    for number in range(6):
        given = [torch.tensor([number])]
        assert torch.equal(replays("kind", lambda some: drawn(generator, some), given), drawn(plain, given))
        assert card.mode == 0
    assert card.told == ["waits", "apart", "waits"] * 2
    assert len(replays.recorded) == 1


def test_beside_the_usual_stream_work_is_recorded_where_it_is_done(card: Card) -> None:
    """Two that are replayed at once on streams of their own share no workspace that a library keeps for a stream."""
    assert CudaRecorder("cuda:0").stream is not card.main
    card.current = Side(card.told)
    assert CudaRecorder("cuda:0").stream is card.current


def test_a_failure_leaves_draws_and_stream_as_they_were(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    generator, plain = Noting(), torch.Generator()
    generator.manual_seed(1)
    plain.manual_seed(1)
    replays: Replays[torch.Tensor] = Replays(CudaRecorder("cuda:0", [generator]), "it is done")
    card.fails = True
    for number in range(5):
        given = [torch.tensor([number])]
        assert torch.equal(replays("kind", lambda some: drawn(generator, some), given), drawn(plain, given))
    assert card.told[-1] == "stream set back"
    assert capsys.readouterr().err.startswith(
        "note: it is done without CUDA graphs: CUDA error: operation not permitted"
    )


def test_a_wait_in_the_rehearsal_is_not_drawn_twice(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    generator, plain = Noting(), torch.Generator()
    generator.manual_seed(1)
    plain.manual_seed(1)

    def waits(given: list[torch.Tensor]) -> torch.Tensor:
        found = drawn(generator, given)
        if card.mode:
            raise RuntimeError("called a synchronizing CUDA operation")
        return found

    replays: Replays[torch.Tensor] = Replays(CudaRecorder("cuda:0", [generator]), "it is done")
    for number in range(4):
        given = [torch.tensor([number])]
        assert torch.equal(replays("kind", waits, given), drawn(plain, given))
    assert card.mode == 0
    assert "synchronizing" in capsys.readouterr().err


def test_only_a_gpu_records(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    assert recorder_of("cpu") is None
    assert recorder_of("meta") is None
    assert isinstance(recorder_of("cuda:0"), CudaRecorder)
    monkeypatch.setenv(bench.trial.graph.SWITCH, "0")
    assert recorder_of("cuda:0") is None
