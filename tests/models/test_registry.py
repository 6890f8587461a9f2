"""Families by name: settings as fields, plain modules and functions as families, what a family says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import MODELS, Family, build, register
from models.base import Forwarding, Model, Space, Stepping, UnsuitableError
from models.layers.recurrent import RecurrentFamily
from tasks.base import Symbols, Values


@pytest.fixture(autouse=True)
def _registry_restored() -> Iterator[None]:
    before = dict(MODELS)
    yield
    MODELS.clear()
    MODELS.update(before)


class Net(nn.Module):
    """What a user writes: a plain module with `forward` alone."""

    paper = "Nobody 1900"

    def __init__(self, source: Any, target: Any, *, hidden: int = 4, deep: bool = False) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(source.size, hidden), nn.Linear(hidden, target.size)
        self.deep = deep

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        return self.head(self.embed(target_in))


def test_a_plain_module_class_is_a_family_whose_settings_are_its_keywords() -> None:
    assert register("net")(Net) is Net
    family = MODELS["net"]
    assert [(each.name, each.default) for each in fields(family)] == [("hidden", 4), ("deep", False)]
    assert (family.name, family.paper, family.__module__, family.__doc__) == (
        "net",
        "Nobody 1900",
        __name__,
        Net.__doc__,
    )
    model = build("net", Symbols(3), Symbols(2), hidden=6, deep=True)
    assert isinstance(model, Forwarding)
    assert model.module.deep is True
    assert model(torch.tensor([[3]]), torch.tensor([1]), torch.tensor([[1, 3]])).shape == (1, 2, 5)
    assert sum(each.numel() for each in model.parameters()) == 6 * 6 + 6 * 5 + 5
    with pytest.raises(TypeError, match="hiden"):
        family(hiden=3)
    with pytest.raises(FrozenInstanceError):
        family().hidden = 3  # type: ignore[attr-defined, misc]  # which is what must fail


@pytest.mark.parametrize(("source", "target"), [(None, Symbols(3)), (Values(1), Values(1))])
def test_a_module_with_forward_alone_is_unsuitable_for_texts_and_signals(source: Any, target: Any) -> None:
    register("net")(Net)
    with pytest.raises(UnsuitableError, match="net "):
        build("net", source, target)


def test_a_mistake_in_a_module_is_not_taken_for_unsuitable_data() -> None:
    @register("broken")
    class Broken(Net):
        def __init__(self, source: Any, target: Any) -> None:
            super().__init__(source, target.sise)

    with pytest.raises(AttributeError, match="sise"):
        build("broken", Symbols(3), Symbols(3))


def test_a_function_is_a_family_too_and_what_it_returns_may_have_steps() -> None:
    class Steps(nn.Module):
        def begin(self, source: Tensor | None, source_length: Tensor) -> tuple[()]:
            return ()

        def decoder(self, inputs: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()]]:
            return inputs[..., None].expand(-1, -1, 5).double(), state

    @register("made")
    def made(source: Space | None, target: Space, *, times: int) -> nn.Module:
        return Steps()

    (times,) = fields(MODELS["made"])
    assert times.default is MISSING
    with pytest.raises(TypeError, match="times"):
        build("made", None, Symbols(2))
    assert isinstance(build("made", None, Symbols(2), times=2), Stepping)


def test_a_dataclass_of_settings_is_built_and_adapted() -> None:
    @register("family")
    @dataclass(frozen=True, kw_only=True)
    class Mine(Family):
        hidden: int = 8

        def build(self, source: Space | None, target: Space) -> nn.Module:
            assert source is not None
            return Net(source, target, hidden=self.hidden)

    assert isinstance(build("family", Symbols(3), Symbols(3)), Forwarding)
    assert MODELS["family"](hidden=3) == Mine(hidden=3) != Mine()
    with pytest.raises(ValueError, match="a model 'family' exists already"):
        register("family")(Mine)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_family_is_a_frozen_dataclass_with_defaults_and_builds_a_model(name: str) -> None:
    family = MODELS[name]
    assert issubclass(family, Family)
    assert family.name == name
    for each in fields(family):
        assert each.default is not MISSING
    for source, target in ((Symbols(3), Symbols(3)), (None, Symbols(3)), (Values(1), Values(1))):
        try:
            model = build(name, source, target)
        except UnsuitableError:
            continue
        assert isinstance(model, Model)
        break
    else:
        pytest.fail("no data suit it")


def test_a_field_that_is_not_init_is_no_setting_until_a_family_declares_it_anew() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Wide(RecurrentFamily):
        hidden: int = field(default=9, init=False)
        start: str = "torch"

    assert (Wide().hidden, Wide(start="own").start, Wide().tied) == (9, "own", False)
    with pytest.raises(TypeError, match="hidden"):
        Wide(hidden=3)
    with pytest.raises(TypeError, match="tied"):
        Wide(tied=True)
