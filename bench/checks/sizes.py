"""How many parameters a family has, and the setting `hidden` with which it comes nearest to a number of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task, load_plugin
from models import build
from models.base import Model, Space, UnsuitableError
from tasks.base import Task

REFUSED = 256  # sizes in a row that a family may refuse: it may want multiples of twice its heads
DRAWS = {nn.init.normal_, nn.init.uniform_, nn.init.kaiming_uniform_, torch.Tensor.normal_, torch.Tensor.uniform_}
NEAR = 0.1  # a size that is further off than this share is worth a note

Count = Callable[[int], int | None]  # parameters at a size, None where the family refuses it


def parameters_of(name: str, source: Space | None, target: Space) -> int | None:
    """Return how many parameters of a family, as it is by default, training changes on these spaces.

    None: it is fitted and not trained, or these spaces do not suit it.
    """
    try:
        return trained_parameters(lambda: build(name, source, target))
    except UnsuitableError:
        return None


class Matching:
    """Sizes specs for one number of parameters, counting what training would change; counts are remembered.

    Nothing is drawn, and a text is read for its vocabulary alone.
    """

    def __init__(self, parameters: int, catalogue: Catalogue) -> None:
        self.parameters = parameters
        self.catalogue = catalogue
        self.tasks: dict[str, Task] = {}
        self.counts: dict[str, int | None] = {}
        for plugin in catalogue.plugins:
            load_plugin(plugin)

    def hidden(self, spec: Spec) -> int | None:
        """Return the size nearest to the number of parameters; None for a family that has no sizes to choose from."""
        if "hidden" not in self.catalogue.find("model", spec.model).settings:
            return None
        try:
            return nearest(self.parameters, lambda hidden: self.count(spec, {"hidden": hidden}))
        except UnsuitableError:
            return None  # the pair cannot run, and is said to when it is checked

    def notes(self, specs: Iterable[Spec]) -> list[str]:
        """Return a line for each family of sized specs that is not near the number."""
        far: dict[str, dict[str, list[str]]] = {}
        for spec in specs:
            try:
                found = self.count(spec, {})
            except UnsuitableError:
                continue
            if found and abs(found - self.parameters) > NEAR * self.parameters:
                far.setdefault(spec.model, {}).setdefault(f"{spec.column} has {found:,} on ", []).append(spec.row)
        lines = []
        for model, actual in far.items():
            each = "; ".join(has + ", ".join(rows) for has, rows in actual.items())
            lines.append(f"{model} has no size within {100 * NEAR:.0f} % of {self.parameters:,} parameters: {each}")
        return lines

    def count(self, spec: Spec, changes: dict[str, int]) -> int | None:
        """Count the trained parameters of a spec's model with some settings changed.

        None: the family refuses the settings, or is fitted and not trained.
        """
        settings = {**spec.model_settings, **changes}
        asked = f"{spec.task} {dict(spec.task_settings)}"
        task = self.tasks.get(asked) or self.tasks.setdefault(asked, build_task(spec.task, spec.task_settings))
        key = f"{spec.model} {sorted(settings.items())} {task.source} {task.target}"
        if key not in self.counts:
            self.counts[key] = trained_parameters(lambda: build_model(spec.model, task, settings))
        return self.counts[key]


def trained_parameters(make: Callable[[], Model]) -> int | None:
    """Count the parameters of a model that training changes; None as `shaped`, and where it is fitted, not trained."""
    model = shaped(make)
    if model is None or not model.trainable:
        return None
    return sum(each.numel() for each in model.parameters() if each.requires_grad)


class Undrawn(TorchFunctionMode):
    """Draws nothing into tensors that hold nothing: for that torch would import its compiler, which takes a second."""

    def __torch_function__(
        self, function: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Call a function of torch, but for what is not done."""
        named = kwargs or {}
        drawn = (*args, *named.values())[0] if function in DRAWS else None
        return drawn if drawn is not None and drawn.is_meta else function(*args, **named)


def shaped(make: Callable[[], Model]) -> Model | None:
    """Build a model for its shapes, None where its settings are refused; torch's global generator stays as it was.

    On the meta device tensors hold nothing, so that large models cost no more than small ones; a family that cannot be
    built there is built in memory.
    """
    with torch.random.fork_rng(devices=[]):
        for device in ("meta", "cpu"):
            try:
                with Undrawn(), torch.device(device):
                    return make()
            except UnsuitableError:
                raise
            except RequestError as error:
                if isinstance(error.__cause__, ValueError):
                    return None
            except Exception:  # a plug-in may fail in any way, and is told so when its pair is checked
                continue
    return None


def nearest(parameters: int, count: Count) -> int | None:
    """Return the size whose count, which grows with the size, is nearest to a number; None where there is none."""

    def accepted(size: int) -> int | None:
        return next((each for each in range(size, size + REFUSED) if count(each) is not None), None)

    def reaches(size: int) -> bool:
        found = accepted(size)
        return found is None or (count(found) or 0) >= parameters

    most = 1
    while not reaches(most) and most < parameters:
        most *= 2
    if not reaches(most):
        return None  # more units than parameters are wanted, and still too few: the count does not depend on the size
    first = 1 + bisect_left(range(1, most), True, key=reaches)  # the least size from which on there are enough
    sizes = [size for size in (first - 1, accepted(first)) if size]
    return min(sizes, key=lambda size: (abs((count(size) or 0) - parameters), size), default=None)
