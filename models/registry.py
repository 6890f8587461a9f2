"""Families by name: what a family is, and how one is registered and built."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, make_dataclass
from typing import Any, ClassVar, TypeVar, cast

from torch import nn

from models.base import Model, Space, UnsuitableError, adapted, steps

DECLARED = ("paper", "inductive_bias", "inductive_biases")  # what a family may say of itself


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """A family's settings are its fields; `build` makes its model for two spaces.

    paper: where the family is from, in a line
    inductive_bias: what structure it brings along before it has seen an example, in words
    inductive_biases: the same where a setting decides, by "setting=value"
    """

    name: ClassVar[str] = ""  # that it is registered by
    paper: ClassVar[str] = ""
    inductive_bias: ClassVar[str] = ""
    inductive_biases: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def build(self, source: Space | None, target: Space) -> nn.Module:
        """Build the model, its weights drawn from torch's global generator; source None for a language model.

        Data that the family cannot take raise UnsuitableError.
        """

    def require_strings(self, source: Space | None, target: Space) -> Space:
        """Return the source's space; raise UnsuitableError unless source and target are of tokens."""
        if source is None or not source.discrete or not target.discrete:
            raise UnsuitableError(f"{self.name} reads a source of tokens and writes tokens; this task has other data")
        return source

    def require_choices(self, **choices: Iterable[str]) -> None:
        """Raise ValueError unless each of these settings is one of its choices."""
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"unknown {name} {getattr(self, name)!r}; choose from: {', '.join(known)}")

    def require_sizes(self, *names: str) -> None:
        """Raise ValueError unless each of these settings is 1 or more."""
        if any(getattr(self, name) < 1 for name in names):
            shown = ", ".join(f"{name} {getattr(self, name)}" for name in names)
            raise ValueError(f"sizes must be 1 or more; got {shown}")


@dataclass(frozen=True, kw_only=True)
class PlainFamily(Family):
    """A family made by `register` of an nn.Module class, or of a function that returns one; fields: its keywords."""

    make: ClassVar[Callable[..., nn.Module]]

    def build(self, source: Space | None, target: Space) -> nn.Module:
        """Call it; one with `forward` alone suits tasks of strings."""
        settings = {each.name: getattr(self, each.name) for each in fields(self)}
        try:
            module = self.make(source, target, **settings)
        except (AttributeError, TypeError) as error:
            if source is not None:
                raise
            raise UnsuitableError(f"{self.name} cannot be built without a source: {error}") from error
        if (source is None or not target.discrete) and not steps(module):
            raise UnsuitableError(f"{self.name} has `forward` alone; this task needs `begin` and `decoder`")
        return module


MODELS: dict[str, type[Family]] = {}
Registered = TypeVar("Registered", bound=Callable[..., Any])


def register(name: str) -> Callable[[Registered], Registered]:
    """Add the decorated family under this name; a name that is taken raises ValueError.

    An nn.Module class, or a function, that takes the two spaces and its settings as keywords is a family too:
    called as make(source, target, **settings), with source None for a language model.
    """

    def add(registered: Registered) -> Registered:
        if name in MODELS:
            raise ValueError(f"a model {name!r} exists already; give yours another name")
        family = registered if is_dataclass(registered) else plain_family(registered)
        MODELS[name] = cast("type[Family]", family)
        MODELS[name].name = name
        return registered

    return add


def plain_family(make: Callable[..., nn.Module]) -> type[Family]:
    """Return the family of an nn.Module class or of a function: its keyword-only arguments are the settings."""
    keywords = [each for each in inspect.signature(make).parameters.values() if each.kind is each.KEYWORD_ONLY]
    settings = [
        (each.name, each.annotation, field(default=MISSING if each.default is each.empty else each.default))
        for each in keywords
    ]
    said = {
        word: value for word, value in vars(make).items() if word in ("paper", "inductive_bias", "inductive_biases")
    }
    said |= {"make": staticmethod(make), "__doc__": make.__doc__, "__module__": make.__module__}
    return make_dataclass(make.__name__, settings, bases=(PlainFamily,), namespace=said, frozen=True, kw_only=True)


def build(name: str, source: Space | None, target: Space, /, **settings: Any) -> Model:
    """Build the model of a family by name, ready for the harness."""
    return adapted(MODELS[name](**settings).build(source, target))
