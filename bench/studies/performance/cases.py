"""What the page on speed is about: every family on `copy`, and what stands beside a loop that others would write."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bench.probes.performance.measurement import Case
from bench.spec.catalogue import Catalogue
from bench.spec.errors import choose_from
from bench.suites.recipes import recipe

COUNTERPARTS = {"elman": "RNN", "rnn": "RNN", "irnn": "RNN(relu)", "gru": "GRU", "gru_cell": "GRU", "lstm": "LSTM"}
MIXED = ("rnn", "gru", "lstm")  # beside torch.nn where lengths are mixed, too
SYMBOLS = {"symbols": 8, "stop": "once"}
FAMILIES, LENGTHS, LONG, NOTEBOOK = "families", "lengths", "long", "notebook"  # the page's tables


def cases(families: Collection[str] = ()) -> list[Case]:
    """Return what is timed, of all families or of some."""
    known = list(Catalogue().entries["model"])
    for name in families:
        if name not in known:
            raise choose_from("model", name, known)
    return [case for case in all_cases(known) if not families or case.spec.model in families]


def all_cases(known: Collection[str]) -> Iterator[Case]:
    """Yield every case, table by table; families that cannot take the task are found out where they are built.

    Sizes are those of the default recipes, so that a tuned one does not move what is timed.
    """
    for name in sorted(known):
        yield Case(FAMILIES, recipe("copy", name, tuned=False), COUNTERPARTS.get(name, ""))
    for name in MIXED:
        yield Case(LENGTHS, recipe("variable_copy", name, tuned=False), COUNTERPARTS[name])
    at_40 = {**SYMBOLS, "train_lengths": (40,)}
    yield Case(LONG, recipe("reverse", "lstm", settings={"hidden": 256}, chosen=at_40, batch=128), "LSTM")
    blind = {"hidden": 200, "decoder": "blind"}
    yield Case(NOTEBOOK, recipe("variable_copy", "rnn", settings=blind, batch=32), "notebook")
